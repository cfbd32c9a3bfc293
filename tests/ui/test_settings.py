"""One source of truth: the flags, the checkout's config.toml, and what this Streamlit knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")

import rtcheck.ui
from rtcheck.ui.settings import ADDRESS, SETTINGS, config_toml, flags

ROOT = Path(__file__).parents[2]


def test_config_toml_is_the_settings():
    assert (ROOT / ".streamlit" / "config.toml").read_text() == config_toml()


def test_config_toml_says_what_the_flags_say():
    assert dict(_flat(tomllib.loads(config_toml()))) == SETTINGS


def _flat(read: dict[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in read.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def test_streamlit_knows_every_setting_and_warns_of_none(tmp_path):
    script = (
        "import sys, json; from streamlit import config; "
        "print(json.dumps({name: config.get_option(name) for name in json.loads(sys.argv[1])}))"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STREAMLIT_")}
    run = subprocess.run(
        [sys.executable, "-c", script, json.dumps(list(SETTINGS))],
        cwd=ROOT,
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == SETTINGS
    assert run.stderr == ""


def test_flags_are_accepted_and_hold_anywhere(tmp_path):
    run = subprocess.run(
        [sys.executable, "-P", "-m", "streamlit", "config", "show", *flags()],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    said = {line.strip() for line in run.stdout.splitlines()}
    assert {f'address = "{ADDRESS}"', 'showErrorDetails = "none"', 'xsrfCookieSameSite = "strict"'} <= said
    assert {"gatherUsageStats = false", "allowedHosts = [", f'"{ADDRESS}",', '"localhost",'} <= said
    assert run.stderr == ""


def test_the_server_listens_to_this_machine_alone():
    assert SETTINGS["server.address"] == "127.0.0.1"
    assert SETTINGS["browser.gatherUsageStats"] is False


def test_no_module_hides_one_of_python():
    # Streamlit puts the script's folder first on the path.
    modules = {path.stem for path in Path(rtcheck.ui.__file__).parent.glob("*.py")} - {"__init__"}
    assert not modules & sys.stdlib_module_names
