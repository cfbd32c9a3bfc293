"""`rtcheck app` as a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from rtcheck.errors import UsageError
from rtcheck.ui import launch

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_without_streamlit_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(launch.importlib.util, "find_spec", lambda name: None if name == "streamlit" else object())
    with pytest.raises(UsageError, match=r"^the app needs streamlit; pip install 'rtcheck\[app\]'$"):
        launch.launch(8501)


@pytest.mark.slow
def test_a_port_in_use_is_one_line_and_exit_code_3():
    pytest.importorskip("streamlit")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "-m", "rtcheck", "app", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 3
    assert run.stderr.startswith(f"rtcheck: port {port} can't be used")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_does_not_exist(port):
    pytest.importorskip("streamlit")
    with pytest.raises(UsageError, match="1 to 65535"):
        launch.launch(port)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_it_serves_this_machine_and_ends_cleanly(number):
    pytest.importorskip("streamlit")
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "rtcheck", "app", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background ignores Ctrl-C, and so would what it starts.
        preexec_fn=None if os.name == "nt" else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        assert "ok" in _health(f"http://127.0.0.1:{port}/_stcore/health")
        server.send_signal(number)
        out, err = server.communicate(timeout=20)
    finally:
        server.kill()
    assert server.returncode == 0, err
    assert out == ""
    assert f"rtcheck: http://127.0.0.1:{port} " in err
    assert "Traceback" not in err
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0  # the server itself is gone too


def _health(url: str) -> str:
    for _ in range(150):
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} didn't answer")
