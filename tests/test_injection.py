"""One hostile patient through the whole pipeline: nothing that its texts say is run, interpreted or hidden.

ROI names, labels, descriptions, names of files and of members of zips, texts of case sheet, protocol and table hold
what terminals, pages, printed reports, spreadsheets and templates would act upon.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pydicom
import pypdf
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from rtcheck import read_study
from rtcheck.errors import TableError
from rtcheck.tables import read_sheet
from tests.commands import Finished, run
from tests.dicom import conftest as make
from tests.plan_checks.samples import SAMPLES

#: What texts of files hold, and what must be seen of it.
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '#import "x"',
    "$x$",
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "@SUM(A1)",
    "\t=1",
    "\u202egnp.exe",
    "\x1b]0;title\x07",
    "\x1b[2J\x1b[31m",
    "\x9b2J",
    "[bold red]PASS[/]",
    "{{7*7}}",
    "%s %(x)d",
    "NUL\0and",
    "two\nlines",
)
LONG = "N" * 10_000
#: Case sheets, protocols and tables can't hold control characters or changes of the writing direction.
IN_YAML = tuple(text for text in PAYLOADS if not any(unicodedata.category(sign) in ("Cc", "Cf") for sign in text))
EVERY = " ".join(IN_YAML)
FILE = "RT\x1b]0;title\x07\x1b[2J\x9b2J\u202e<b onload=x>[bold]{{7*7}}\n=1 %s.dcm"
FORMULA = re.compile(r"[=+\-@\t\r]")


def put(ds: Dataset, tag: int, vr: str, text: str) -> None:
    """A text as it stands, whatever DICOM allows."""
    value = text.encode()
    value += b" " * (len(value) % 2)
    ds[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)


def structures(ds: Dataset) -> None:
    """A target for every payload: each has its lines in a report."""
    put(ds, 0x30060002, "SH", EVERY)
    target = next(one for one in ds.StructureSetROISequence if one.ROIName == "PTV")
    drawn = next(one for one in ds.ROIContourSequence if one.ReferencedROINumber == target.ROINumber)
    observed = next(one for one in ds.RTROIObservationsSequence if one.ReferencedROINumber == target.ROINumber)
    for number, text in enumerate((*PAYLOADS, LONG), start=100):
        roi, contours, observation = copy.deepcopy(target), Dataset(), copy.deepcopy(observed)
        roi.ROINumber = contours.ReferencedROINumber = observation.ReferencedROINumber = number
        observation.ObservationNumber = number
        contours.ContourSequence = drawn.ContourSequence[:2]
        put(roi, 0x30060026, "LO", text)
        ds.StructureSetROISequence.append(roi)
        ds.ROIContourSequence.append(contours)
        ds.RTROIObservationsSequence.append(observation)


def plan(ds: Dataset) -> None:
    put(ds, 0x300A0002, "SH", EVERY)
    put(ds, 0x300A0003, "LO", "".join(PAYLOADS))
    put(ds, 0x300A0004, "ST", "".join(PAYLOADS))
    put(ds.BeamSequence[0], 0x300A00C2, "LO", "".join(PAYLOADS))
    put(ds.BeamSequence[0], 0x300A00B2, "SH", "".join(PAYLOADS))


def dose(ds: Dataset) -> None:
    put(ds, 0x0008103E, "LO", "".join(PAYLOADS))
    put(ds, 0x30040006, "LO", "".join(PAYLOADS))


def hostile_files() -> Iterator[tuple[str, bytes]]:
    for name, change in (("RTSTRUCT", structures), ("RTPLAN", plan), ("RTDOSE", dose)):
        dataset = pydicom.dcmread(SAMPLES / "hcc-sbrt-5fx" / f"{name}.dcm")
        dataset.SpecificCharacterSet = "ISO_IR 192"
        change(dataset)
        stream = io.BytesIO()
        dataset.save_as(stream)
        yield f"{name} {FILE}", stream.getvalue()


def sheet() -> str:
    signed = {"name": EVERY, "role": "physicist", "date": "2024-01-22", "remark": EVERY}
    lesion = {"name": EVERY, "organ": EVERY, "kind": "primary", "gtv": PAYLOADS[0], "ptv": PAYLOADS[1], "motion": EVERY}
    return json.dumps(
        {
            "schema": 1,
            "subject": "S-1",
            "centre": EVERY,
            "protocol": EVERY,
            "lesions": [{**lesion, "reduced": {"reason": EVERY, "organ": EVERY}}],
            "attestations": [{"key": EVERY, "answer": "yes", **signed}, {"key": "motion", "answer": "n/a", **signed}],
            "sign_offs": [{"of": "contours", "decision": "rejected", **signed}],
            "overrides": [
                {key: value for key, value in signed.items() if key != "remark"} | {"check": "C1", "reason": EVERY}
            ],
            "notes": EVERY,
        }
    )


def protocol() -> str:
    row = {"id": "h.a", "organ": "Liver", "roi": "Liver", "metric": "Mean[Gy]", "limit": "< 1 Gy", "status": "single"}
    table = {"source": "s", "locator": EVERY, "endpoint": EVERY, "notes": EVERY, "regimen": {"text": f"any {EVERY}"}}
    rule = {"id": "h.r", "check": "approval", "title": EVERY, "of": "contours", "roles": ["physicist"], "notes": EVERY}
    return json.dumps(
        {
            "schema": 1,
            "id": "hostile",
            "title": EVERY,
            "version": EVERY,
            "sources": {"s": {"citation": EVERY, "full": EVERY}},
            "wording": {word: f"{EVERY} {word}" for word in ("FAIL", "NOT_EVALUATED", "PASS", "ACCEPTABLE")},
            "notes": [EVERY],
            "rows": [{**row, **table}],
            "rules": [{**rule, "source": "s", "locator": EVERY, "status": "single"}],
        },
        ensure_ascii=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """Every report of one run, and what the terminal shows."""
    folder = tmp_path_factory.mktemp("hostile")
    with zipfile.ZipFile(folder / "patient.zip", "w") as archive:
        for name, content in hostile_files():
            archive.writestr(name, content)
        archive.writestr(f"letter {FILE}.txt", "Dear all")
    (folder / "case.yaml").write_text(sheet(), encoding="utf-8")
    (folder / "protocol.yaml").write_text(protocol(), encoding="utf-8")
    outputs = [f"-o{folder / name}" for name in ("r.json", "r.csv", "r.html", "r.pdf", "r.txt")]
    given = ("--protocol", "protocol.yaml", "--case", "case.yaml")
    finished = run("check", "patient.zip", *given, *outputs, root=folder)
    assert finished.returncode == 1, finished.stderr
    return folder, finished


def seen(text: str) -> str:
    """Texts without blanks, line breaks and frames, which reports put where they like."""
    return re.sub(r"[\s│\u200b]+", "", text)


def shown_as(text: str) -> str:
    """How every report shows a payload: what steers is a blank."""
    return seen("".join(" " if unicodedata.category(sign) in ("Cc", "Cf") else sign for sign in text))


def strings(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from data
        for one in data.values():
            yield from strings(one)
    elif isinstance(data, list):
        for one in data:
            yield from strings(one)


def steering(text: str, *categories: str) -> set[str]:
    return {repr(sign) for sign in text if unicodedata.category(sign) in (categories or ("Cc",)) and sign != "\n"}


# The terminal


def test_no_control_character_reaches_the_terminal(told: tuple[Path, Finished]) -> None:
    folder, finished = told
    for text in (finished.stdout, finished.stderr, (folder / "r.txt").read_text(encoding="utf-8")):
        assert not steering(text, "Cc", "Cf")


def test_the_terminal_shows_every_text_as_it_stands(told: tuple[Path, Finished]) -> None:
    shown = seen(told[1].stdout)
    for text in PAYLOADS:
        assert shown_as(text) in shown, text
    assert LONG in shown
    assert "RTPLANRT⟨U+001B⟩]0;title⟨U+0007⟩" in shown
    assert "letterRT⟨U+001B⟩" in shown


# Files


def test_json_holds_the_texts_and_no_control_character(told: tuple[Path, Finished]) -> None:
    data = json.loads((told[0] / "r.json").read_text(encoding="utf-8"))
    every = list(strings(data))
    assert not {sign for text in every for sign in steering(text, "Cc", "Cf")}
    for text in IN_YAML:
        assert any(text in one for one in every), text
    assert any(LONG in one for one in every)


def test_no_cell_of_the_table_is_a_formula(told: tuple[Path, Finished]) -> None:
    text = (told[0] / "r.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert not steering(cell, "Cc", "Cf") and "\n" not in cell
        assert not FORMULA.match(cell) or re.fullmatch(r"[+-]?(?:\d[\d.eE+-]*|inf)", cell), cell
    every = seen("".join(cell for row in rows for cell in row))
    assert all(shown_as(payload) in every for payload in PAYLOADS)
    assert LONG in every


class _Page(HTMLParser):
    """What a browser would make of a page: tags with their attributes, and texts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_runs_nothing_asks_for_nothing_and_shows_every_text(told: tuple[Path, Finished]) -> None:
    text = (told[0] / "r.html").read_text(encoding="utf-8")
    assert not steering(text, "Cc", "Cf")
    page = _Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "embed", "img", "form", "base", "link"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "src", "action", "xlink:href"):
            assert urlsplit(attributes.get(name) or "").scheme in ("", "https"), attributes
    shown = seen(page.text)
    for payload in PAYLOADS:
        assert shown_as(payload) in shown, payload
    assert LONG in shown


def test_the_printed_report_has_no_actions(told: tuple[Path, Finished]) -> None:
    reader = pypdf.PdfReader(told[0] / "r.pdf")
    root = reader.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)
    kinds = {str(one.get_object().get("/S")) for one in _actions(reader)}
    assert kinds <= {"/URI", "/GoTo", "None"}
    for one in _actions(reader):
        assert str(one.get("/URI", "https://")).startswith("https://")


@pytest.mark.slow
def test_the_printed_report_shows_every_text(told: tuple[Path, Finished]) -> None:
    reader = pypdf.PdfReader(told[0] / "r.pdf")
    shown = seen("".join(page.extract_text() for page in reader.pages))
    for payload in PAYLOADS:
        assert shown_as(payload) in shown, payload
    assert shown.count("N" * 60) > 100


def _actions(reader: pypdf.PdfReader) -> Iterator[pypdf.generic.DictionaryObject]:
    for page in reader.pages:
        for annotation in page.get("/Annots") or ():
            if action := annotation.get_object().get("/A"):
                yield action.get_object()


# Names of files


def test_names_of_files_and_members_come_out_clean(tmp_path: Path) -> None:
    files = [(f"{name} {FILE}", content) for name, content in make.case()]
    with zipfile.ZipFile(tmp_path / "patient.zip", "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    sources: list[object] = [files, tmp_path / "patient.zip"]
    if sys.platform != "win32":
        folder = tmp_path / "patient"
        folder.mkdir()
        for name, content in files:
            (folder / name).write_bytes(content)
        (folder / b"no text \xff\xfe".decode("utf-8", "surrogateescape")).write_text("x")
        sources.append(folder)
    for source in sources:
        study = read_study(source)  # type: ignore[arg-type]
        texts = [*(one.name for one in study.sources), *(note.where + note.message for note in study.notes)]
        assert not steering("".join(texts), "Cc", "Cf", "Cs")
        assert study.plans[0].source.name.startswith(
            "plan.dcm RT⟨U+001B⟩]0;title⟨U+0007⟩⟨U+001B⟩[2J⟨U+009B⟩2J⟨U+202E⟩<b"
        )


@pytest.mark.skipif(sys.platform == "win32", reason="no such names of files")
@pytest.mark.parametrize("command", [("check",), ("dvh",), ("deidentify", "--code", "S-1", "-o", "copy")])
def test_a_fault_that_names_a_file_is_told_without_steering_the_terminal(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = tmp_path / "\x1b[2J\x9b2J"
    folder.mkdir()
    (folder / "\x1b]0;title\x07\u202e.dcm").write_text("no DICOM")
    finished = run(*command, str(folder), root=tmp_path)
    assert finished.returncode == 3
    assert finished.stderr.count("\n") == 1
    assert not steering(finished.stderr, "Cc", "Cf")
    assert "⟨U+001B⟩]0;title" in finished.stderr


# Case sheets


@pytest.mark.parametrize("text", [text for text in PAYLOADS if text not in IN_YAML and text[0] not in "\tt"])
def test_a_case_sheet_with_control_characters_is_refused_without_repeating_them(tmp_path: Path, text: str) -> None:
    content = json.dumps({"schema": 1, "notes": text}, ensure_ascii=False)
    with pytest.raises(TableError, match="control character"):
        read_sheet(("case.yaml", content.encode()))
    escaped = json.dumps({"schema": 1, "notes": text})
    with pytest.raises(TableError, match="control character"):
        read_sheet(("case.yaml", escaped.encode()))
    (tmp_path / "case.yaml").write_text(escaped, encoding="utf-8")
    finished = run("case", "show", "case.yaml", root=tmp_path)
    assert finished.returncode == 3
    assert not steering(finished.stderr)


# A browser


CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")
def test_a_browser_opens_no_dialog_asks_nobody_and_shows_every_text(told: tuple[Path, Finished]) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
    address = (told[0] / "r.html").as_uri()
    dialogs: list[str] = []
    asked: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_timeout(500)
        shown = seen(page.evaluate("document.body.textContent"))
        visible = seen(page.inner_text("body"))
        title = page.title()
        browser.close()
    assert (dialogs, asked) == ([], [address])
    assert "alert" not in title or "<script>" in title
    for payload in PAYLOADS:
        assert shown_as(payload) in shown, payload
    assert seen(PAYLOADS[0]) in visible
