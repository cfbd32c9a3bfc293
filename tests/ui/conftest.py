from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rtcheck.dicom import read_study
from rtcheck.pipeline import Result, check_study
from rtcheck.protocol import Protocol
from rtcheck.study import Study

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_plans"


@pytest.fixture(autouse=True)
def _computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question about the same study is answered once for all tests, whether the page or the library asks.

    Pages are tested here, not numbers: that a page asks what the library asks, and shows what it answers.
    """
    pytest.importorskip("streamlit", reason="the app extra isn't installed")
    from streamlit.components.v2 import manifest_scanner

    from rtcheck import pipeline
    from rtcheck.ui import checking, session

    # Of every page Streamlit asks all installed packages for components, which takes as long as all else of it.
    if not _COMPONENTS:
        _COMPONENTS.append(manifest_scanner.scan_component_manifests())
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", lambda: _COMPONENTS[0])

    for module in (checking, pipeline):
        monkeypatch.setattr(module, "check_study", _check_study)
    for module in (session, pipeline):
        monkeypatch.setattr(module, "read_study", _read_study)


_COMPONENTS: list[Any] = []
_RESULTS: dict[object, Result] = {}
_STUDIES: dict[object, Study] = {}


def _read_study(path: Any, **selection: Any) -> Study:
    """A sample is read once; anything else each time."""
    if not isinstance(path, Path) or path.parent != SAMPLES:
        return read_study(path, **selection)
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in selection.items() if value}
    key = (path, tuple(sorted(chosen.items())))
    if key not in _STUDIES:
        _STUDIES[key] = read_study(path, **selection)
    return _STUDIES[key]


def _check_study(
    study: Study, protocol: Protocol, *, time: datetime | None = None, show_name: bool = False, **declared: Any
) -> Result:
    plans = tuple(plan.sop_instance_uid for plan in study.plans)
    doses = tuple((one.dose.sop_instance_uid, one.group_numbers, one.dose.normalisation) for one in study.plan_doses)
    files = tuple(source.sha256 for source in study.sources)
    said = tuple(sorted((name, str(value)) for name, value in declared.items() if value))
    asked = (protocol.sha256, protocol.site and protocol.site.id, tuple(table.sha256 for table in protocol.tables))
    key = (files, plans, doses, study.structure_set.sop_instance_uid, asked, said)
    if key not in _RESULTS:
        _RESULTS[key] = check_study(study, protocol, **declared)
    result = _RESULTS[key]
    settings = {**result.settings, "show_name": show_name}
    return replace(result, time=time or result.time, show_name=show_name, settings=settings)


@pytest.fixture
def page() -> AppTest:
    """The page as it is first shown."""
    testing = pytest.importorskip("streamlit.testing.v1", reason="the app extra isn't installed")
    return testing.AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()


@pytest.fixture
def open_sample(page: AppTest) -> Callable[[str], AppTest]:
    def opened(name: str) -> AppTest:
        page.radio[0].set_value("Sample").run()
        return selectbox(page, "Sample plan").set_value(name).run()

    return opened


@pytest.fixture
def upload(page: AppTest) -> Callable[..., AppTest]:
    def uploaded(*files: tuple[str, bytes]) -> AppTest:
        return page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files]).run()

    return uploaded


def selectbox(page: AppTest, label: str):  # the element type isn't public
    return next(box for box in page.selectbox if box.label == label)


def shown(page: AppTest) -> str:
    """Everything that the page says, with the escapes of Markdown taken away."""
    parts = [page.markdown, page.caption, page.warning, page.error, page.subheader, page.info]
    texts = [element.value for part in parts for element in part] + [html.proto.body for html in page.get("html")]
    return "\n".join(texts).replace("\\", "").replace("\u2060", "")


def zipped(folder: Path) -> bytes:
    """A zip of a folder's files, with its case sheet."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
    return data.getvalue()
