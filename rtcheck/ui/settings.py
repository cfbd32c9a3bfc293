"""How the server is run: on this machine alone, telling nobody anything.

The one source of these settings. `launch` gives them as flags, so that they hold whatever the working directory;
``.streamlit/config.toml`` of the checkout is `config_toml`, and a test keeps it so.
"""

from __future__ import annotations

import json
from collections import defaultdict

ADDRESS = "127.0.0.1"
#: Largest file that is taken, in MB; a CT series with plan and dose is well below.
MAX_UPLOAD_MB = 1024
#: Most that the files of one patient may have together, in MB.
MAX_TOTAL_MB = 2048

Setting = str | int | bool | list[str]

SETTINGS: dict[str, Setting] = {
    "browser.gatherUsageStats": False,
    "browser.serverAddress": ADDRESS,
    "client.showErrorDetails": "none",  # tracebacks carry paths and patient data
    "client.showErrorLinks": False,  # they hand the message to a search engine
    "client.toolbarMode": "viewer",
    "runner.magicEnabled": False,
    "server.address": ADDRESS,  # unset means every interface
    "server.allowedHosts": [ADDRESS, "localhost"],  # against DNS rebinding
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": MAX_UPLOAD_MB,
    "server.showEmailPrompt": False,
    "server.xsrfCookieSameSite": "strict",
    # The default is red, which here means a fault. One for each theme, or the browser's choice of a dark page is lost.
    "theme.dark.primaryColor": "#2487ad",
    "theme.light.primaryColor": "#0b6285",
}


def flags() -> list[str]:
    """The settings as arguments of ``streamlit run``; a list gives its flag once per item."""
    return [
        f"--{name}={_flag_text(item)}"
        for name, value in SETTINGS.items()
        for item in (value if isinstance(value, list) else [value])
    ]


def config_toml() -> str:
    """The settings as the text of ``.streamlit/config.toml``."""
    sections: dict[str, list[str]] = defaultdict(list)
    for name, value in SETTINGS.items():
        section, _, option = name.rpartition(".")
        sections[section].append(f"{option} = {json.dumps(value)}")  # JSON's scalars and lists are TOML's
    parts = [f"[{section}]\n" + "\n".join(lines) + "\n" for section, lines in sections.items()]
    return "# Written from rtcheck/ui/settings.py; tests/ui/test_settings.py keeps it equal.\n\n" + "\n".join(parts)


def _flag_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
