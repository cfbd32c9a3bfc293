"""The printed report: archived and read aloud by standard, the same bytes every time, with the data inside."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pypdf
import pytest
import typst
from pypdf.generic import DictionaryObject, IndirectObject

from rtcheck.errors import UsageError
from rtcheck.finding import Verdict
from rtcheck.protocol import Evaluation
from rtcheck.report import check_document
from rtcheck.report import pdf as module
from rtcheck.report.data import serialised
from rtcheck.report.pdf import breakable, data_of, pdf_report
from tests.report.test_html import HOSTILE, everything
from tests.report.test_page import NAME, SHEET, TIME, plan_check, rule, told
from tests.report.test_text import finding


def report(evaluation: Evaluation, *, show_name: bool = False) -> bytes:
    document = check_document(evaluation, TIME, show_name=show_name)
    return pdf_report(evaluation, document, time=TIME, show_name=show_name)


def words(pdf: bytes) -> str:
    """Texts of all pages without blanks and line breaks, and without places to break."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text() for page in pages).replace("\u200b", "").split())


def joined(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return report(everything())


@pytest.fixture(scope="module")
def reader(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def test_equal_reports_are_equal_to_the_last_byte(pdf: bytes) -> None:
    assert report(everything()) == pdf


def test_report_claims_to_be_for_archives_and_accessible(reader: pypdf.PdfReader) -> None:
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Radiotherapy plan check · SITE01-001 · FAIL"
    assert reader.metadata.creation_date == TIME


def test_structure_has_headings_tables_and_described_figures(reader: pypdf.PdfReader) -> None:
    elements = list(structure(reader.trailer["/Root"]["/StructTreeRoot"]))
    kinds = {element["/S"] for element in elements}
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/Figure"} <= kinds
    figures = [element for element in elements if element["/S"] == "/Figure"]
    assert all("Cumulative dose-volume histogram" in element["/Alt"] for element in figures)


def structure(node: object) -> Iterator[DictionaryObject]:
    node = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(node, list):
        for one in node:
            yield from structure(one)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        yield from structure(node.get("/K", []))


def test_data_are_inside_byte_by_byte(reader: pypdf.PdfReader) -> None:
    document = check_document(everything(), TIME)
    assert reader.attachments["rtcheck.json"] == [serialised(document).encode()]
    attached = reader.trailer["/Root"]["/AF"][0].get_object()
    assert attached["/AFRelationship"] == "/Data"
    assert attached["/EF"]["/F"].get_object()["/Subtype"] == "/application/json"


def test_halves_of_characters_are_escaped_in_the_data() -> None:
    assert json.loads(data_of({"name": "a\udc80b"})) == {"name": "a\udc80b"}


def test_fonts_are_embedded(reader: pypdf.PdfReader) -> None:
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert descriptors
    assert all({"/FontFile2", "/FontFile3"} & set(one) for one in descriptors)


def test_every_page_says_whose_it_is_when_it_was_made_and_which_page_it_is(reader: pypdf.PdfReader) -> None:
    count = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        text = joined(page.extract_text())
        assert f"page{number}of{count}" in text
        for part in ("SITE01-001", "2025-03-20 14:05:09+00:00", "a qualified person decides"):
            assert joined(part) in text
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]


def test_failure_is_not_rounded_onto_its_limit(pdf: bytes) -> None:
    assert joined("15.004 Gy ≤ 15 Gy −0.004 Gy (−0.03 %)") in words(pdf)


def test_hostile_texts_are_shown_and_are_no_markup() -> None:
    hostile = [
        one
        for text in HOSTILE
        for one in (
            finding(subject=text, message=text, verdict=Verdict.FAIL, group=text),
            rule(text, Verdict.FAIL, message=text),
            plan_check("A1", Verdict.FAIL, "x", subject=text, message=text),
        )
    ]
    shown = words(report(told(*hostile, sheet=replace(SHEET, notes=" ".join(HOSTILE)))))
    for word in " ".join(HOSTILE).split():
        # Letters of other scripts may be ligatures, run from right to left, or be spelt.
        assert not word.isascii() or shown.count(word) >= 4
    assert any(one in shown for one in ("肝脏", "⟨U+809D⟩"))
    assert any(one in shown for one in ("🫀", "⟨U+1FAC0⟩"))


def test_what_cannot_be_seen_is_spelt() -> None:
    texts = ["A\x1b[31mB", "A\u202eB", "A\x00B", "A\ue000B", "A\udc80B", "A\u200bB"]
    shown = words(report(told(*(finding(subject=text) for text in texts))))
    assert [text for text in texts if f"A⟨U+{ord(text[1]):04X}⟩" not in shown] == []


def test_name_of_the_patient_is_shown_where_asked_for_alone() -> None:
    evaluation = told(finding(message="of Miller^Anna"), patient=NAME)
    hidden, asked = report(evaluation), report(evaluation, show_name=True)
    for text in (words(hidden), embedded(hidden)):
        assert "Miller" not in text
        assert "HOSP-0815" not in text
    assert "Miller^Anna(HOSP-0815)" in words(asked)
    assert "HOSP-0815" in embedded(asked)


def embedded(pdf: bytes) -> str:
    return pypdf.PdfReader(io.BytesIO(pdf)).attachments["rtcheck.json"][0].decode()


def test_without_typst_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UsageError, match=r'pip install "rtcheck\[report\]"'):
        report(everything())


class FakeError(RuntimeError):
    """What typst raises."""

    def __init__(self, lacking: str) -> None:
        told = "\n".join(f'the text `"{one}"` could not be displayed with font `"X"`' for one in lacking)
        super().__init__(told)
        self.diagnostic = told or "something else"


def compiled(text: str, *, carried: str, machine: str) -> tuple[str, list[bool]]:
    """What is set with fonts that have some characters, and whether the machine's fonts were asked each time."""
    asked: list[bool] = []

    def compile_(template: bytes, *, sys_inputs: dict[str, str], ignore_system_fonts: bool, **_: object) -> bytes:
        asked.append(not ignore_system_fonts)
        known = carried if ignore_system_fonts else carried + machine
        if lacking := [one for one in sys_inputs["page"] if not one.isascii() and one not in known + "⟨⟩"]:
            raise FakeError("".join(lacking))
        return sys_inputs["page"].encode()

    typst = SimpleNamespace(compile=compile_, TypstError=FakeError)
    return module._compiled(typst, {"page": text}, TIME).decode(), asked  # type: ignore[arg-type]


def test_fonts_of_the_machine_are_asked_only_for_what_typst_lacks() -> None:
    assert compiled("abc é", carried="é", machine="") == ("abc é", [False])
    assert compiled("abc 肝", carried="é", machine="肝") == ("abc 肝", [False, True])


def test_what_no_font_has_is_spelt_and_the_rest_is_not() -> None:
    assert compiled("é 肝 🫀", carried="é", machine="肝") == ("é 肝 ⟨U+1FAC0⟩", [False, True, True])


def test_errors_that_no_font_is_to_blame_for_are_raised() -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise FakeError("")

    with pytest.raises(FakeError):
        module._compiled(SimpleNamespace(compile=broken, TypstError=FakeError), {"page": "x"}, TIME)  # type: ignore[arg-type]


def test_fonts_of_typst_have_what_is_never_spelt() -> None:
    sure = [chr(code) for code in range(0x20, 0x3000) if not module._UNSURE.match(chr(code))]
    assert len(sure) > 400
    template = b'#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n#sys.inputs.text'
    inputs = {"text": " ".join(sure)}
    typst.compile(template, format="pdf", sys_inputs=inputs, ignore_system_fonts=True, pdf_standards="a-3u")


@pytest.mark.parametrize("length", [25, 64, 400])
def test_long_runs_can_be_broken_and_keep_their_characters(length: int) -> None:
    text = "Liver_" * length
    assert breakable(text).replace("\u200b", "") == text
    assert max(map(len, breakable(text).split("\u200b"))) <= 24


def test_digests_and_short_words_are_not_broken() -> None:
    text = f"{'0a' * 32} Bowel_Small"
    assert breakable(text) == text
