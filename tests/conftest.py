"""What all tests share: where real plans lie, and no silent skips where none is allowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long one example takes says something about the machine and nothing about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sample_plans() -> Path:
    return ROOT / "sample_plans"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real plans beside the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no folder shared/data with real plans beside the project")
    return folder


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With RTCHECK_NO_SKIP set, a skipped test is a failure: the machine has all that tests need."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("RTCHECK_NO_SKIP") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("RTCHECK_NO_SKIP: skipped tests count as failures here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
