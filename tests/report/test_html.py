"""The page: one file that runs nothing, fetches nothing and shows texts of files as they stand."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

import rtcheck
from rtcheck.finding import Verdict
from rtcheck.protocol import Evaluation
from rtcheck.report import check_document
from rtcheck.report.html import html_report
from tests.plan_checks.samples import SAMPLES
from tests.report.test_page import NAME, SHEET, TIME, base, plan_check, rule, told
from tests.report.test_text import finding

#: Texts as hostile files have them.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</style><style>*{display:none}",
    '#import "x"',
    "$x$ *b* _i_ `c` @a <b> \\u{41}",
    '=HYPERLINK("http://example.org")',
    "javascript:alert(1)",
    "&lt;b&gt;",
    "肝脏 الكبد 🫀",
    "N" * 400,
)


class Read(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def report(evaluation: Evaluation, *, show_name: bool = False) -> str:
    document = check_document(evaluation, TIME, show_name=show_name)
    return html_report(evaluation, document, time=TIME, show_name=show_name)


def everything() -> Evaluation:
    """A report with something in every section."""
    return told(
        finding(
            observed=15.004, limit="<= 15 Gy", margin=-0.004, margin_percent=-0.027, verdict=Verdict.FAIL, rois=("PTV",)
        ),
        finding(check="bed", subject="PTV", metric="BED10[Gy]", observed=72.0),
        finding(check="required-roi", subject="Liver"),
        finding(
            subject="PTV", metric="Mean[Gy]", verdict=Verdict.INFO, observed=20.0, message="1; the source quotes 2"
        ),
        finding(subject="Brain", verdict=Verdict.NOT_APPLICABLE, reason="not-contoured"),
        finding(check="reading", subject="a.dcm", verdict=Verdict.INFO, message="no file meta"),
        rule(verdict=Verdict.NOT_EVALUATED, message="nobody approved"),
        plan_check("A1", message="one patient"),
    )


@pytest.fixture(scope="module")
def page() -> str:
    return report(everything())


@pytest.fixture(scope="module")
def read(page: str) -> Read:
    return Read(page)


def test_every_tag_that_is_opened_is_closed(read: Read) -> None:
    assert read.open == []


def test_nothing_runs_and_nothing_is_fetched(page: str, read: Read) -> None:
    forbidden = {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "audio",
        "video",
        "foreignobject",
    }
    assert not forbidden & {tag for tag, _ in read.tags}
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "srcset"}], tag
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in page
    assert "@import" not in page


def test_policy_allows_the_style_sheet_alone(page: str, read: Read) -> None:
    policy = next(one["content"] for one in read.of("meta") if one.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_is_no_markup(text: str) -> None:
    sheet = replace(SHEET, subject=text, notes=text, file=text)
    hostile = told(
        finding(subject=text, message=text, metric=text, verdict=Verdict.FAIL, limit=text, group=text, reason="r"),
        rule(text, Verdict.FAIL, message=text),
        plan_check("A1", Verdict.FAIL, "x", subject=text, message=text),
        sheet=sheet,
    )
    harmless = told(
        finding(subject="x", message="x", metric="x", verdict=Verdict.FAIL, limit="x", group="x", reason="r"),
        rule("x", Verdict.FAIL, message="x"),
        plan_check("A1", Verdict.FAIL, "x", subject="x", message="x"),
        sheet=replace(SHEET, subject="x", notes="x", file="x"),
    )
    shown, plain = Read(report(hostile)), Read(report(harmless))
    assert [tag for tag, _ in shown.tags] == [tag for tag, _ in plain.tags]
    assert sum(text in one for one in shown.texts) >= 8


def test_control_characters_do_not_reach_the_page() -> None:
    page = report(told(finding(subject="A\x1b[31m\u202eB\x00\nC")))
    assert "A⟨U+001B⟩[31m⟨U+202E⟩B⟨U+0000⟩ C" in page
    assert not set(page) & set("\x1b\u202e\x00")


def test_failure_is_not_rounded_onto_its_limit(read: Read) -> None:
    assert "15.004 Gy" in read.texts
    assert "≤ 15 Gy" in read.texts
    assert "−0.004 Gy (−0.03 %)" in read.texts


def test_page_can_be_used_without_seeing_it(read: Read) -> None:
    assert read.of("html") == [{"lang": "en"}]
    assert read.of("title")
    headings = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    assert all(one.get("scope") for one in read.of("th"))
    assert len(read.of("caption")) == len(read.of("table"))
    drawings = [one for one in read.of("div") if one.get("role") == "img"]
    assert drawings
    assert all(one["aria-label"] for one in drawings)


def test_links_lead_to_sections_and_names_are_unique(read: Read) -> None:
    names = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(set(names)) == len(names)
    assert {(one["href"] or "")[1:] for one in [*read.of("a"), *read.of("use")]} <= set(names)


def test_verdict_is_a_sign_and_a_word(page: str) -> None:
    assert re.search(r'<use href="#v-FAIL"/></svg>\s*<div><div class="verdict">FAIL', page)


def test_name_of_the_patient_is_shown_where_asked_for_alone() -> None:
    evaluation = told(finding(message="Miller^Anna"), patient=NAME)
    assert "Miller" not in report(evaluation)
    assert "HOSP-0815" not in report(evaluation)
    assert "Miller^Anna (HOSP-0815)" in report(evaluation, show_name=True)


def test_equal_reports_are_equal_to_the_last_byte(page: str) -> None:
    assert report(everything()) == page


def test_report_of_real_findings_shows_curves_and_limits() -> None:
    read = Read(report(base()))
    assert len([one for one in read.of("div") if one.get("role") == "img"]) == 2
    assert "V22Gy[%]" in read.texts


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["hcc-imrt-25fx", "two-lesions-two-plans"])
def test_page_of_a_sample_is_small(sample: str) -> None:
    evaluation = rtcheck.check(SAMPLES / sample).evaluation
    assert len(report(evaluation).encode()) < 300_000
