"""``rtcheck app``: the browser front end as a server of this machine."""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rtcheck.errors import UsageError
from rtcheck.ui.settings import ADDRESS, flags

#: What the page needs beyond rtcheck itself.
NEEDED = ("streamlit", "plotly", "pandas")
#: How long the server has to end by itself.
ENDING_S = 5.0


def launch(port: int = 8501) -> int:
    """Run the front end until Ctrl-C, and print its address on stderr.

    Parameters
    ----------
    port : int
        On this machine alone.

    Returns
    -------
    int
        0 after Ctrl-C or SIGTERM.

    Raises
    ------
    UsageError
        Where the ``app`` extra isn't installed, the port isn't free, or the server ends by itself.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"the app needs {', '.join(missing)}; pip install 'rtcheck[app]'")
    _assert_free(port)
    print(f"rtcheck: http://{ADDRESS}:{port} (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201
    # What the server says isn't data: stdout stays empty.
    with subprocess.Popen(command(port), stdin=subprocess.DEVNULL, stdout=sys.stderr) as server:
        try:
            with _sigterm_as_interrupt():
                code = server.wait()
        except KeyboardInterrupt:
            _end(server)
            return 0
    if code > 0:
        raise UsageError(f"the app's server ended with code {code}; its message stands above")
    return 0


def command(port: int) -> list[str]:
    """The command that runs the server: every setting as a flag, and no modules from the working directory (``-P``)."""
    script = Path(__file__).with_name("script.py")
    return [sys.executable, "-P", "-m", "streamlit", "run", str(script), *flags(), f"--server.port={port}"]


def _assert_free(port: int) -> None:
    if not 1 <= port <= 65535:
        raise UsageError(f"port {port} doesn't exist; ports are 1 to 65535")
    with socket.socket() as probe:
        if sys.platform != "win32":  # there the option lets two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise UsageError(f"port {port} can't be used ({error.strerror}); choose another with --port") from error


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end the server too, not this process alone."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(server: subprocess.Popen[bytes]) -> None:
    """In a terminal Ctrl-C reached the server as well; otherwise it is asked to end, and ended."""
    server.terminate()
    try:
        server.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        server.kill()
