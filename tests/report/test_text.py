"""What is read in a terminal: intervals beside values, and a word where a verdict isn't robust."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from types import MappingProxyType

import pytest
from rich.console import Console

from rtcheck.case import Case
from rtcheck.convention import Between, Convention, Ends
from rtcheck.dvh import DVH
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.protocol import Evaluation, evaluate
from rtcheck.report import print_check, print_dvh
from rtcheck.report.summary import CHANGED_TITLE, LIMITS_TITLE, QUOTED_TITLE, convention_text, fragile_text
from rtcheck.report.wording import interval_text, observed_text, why
from tests.checks.test_coverage import case as small_case
from tests.checks.test_coverage import protocol
from tests.checks.test_dose import row
from tests.metrics.test_alternatives import named
from tests.report.test_curves import told


def finding(**parts: object) -> Finding:
    told_parts = {
        "check": "dose-constraint",
        "subject": "Cord",
        "verdict": Verdict.PASS,
        "message": "14.8 Gy",
        "source": Source("t", "t.row"),
        "unit": "Gy",
        "limit_value": 15.0,
    }
    return Finding(**(told_parts | parts))


def printed(width: int, *dvhs: DVH, metrics: tuple[str, ...] = ("Volume[cc]", "Mean[Gy]", "Max[Gy]")) -> str:
    text = io.StringIO()
    answers = [(dvh.roi, dvh[metric]) for dvh in dvhs for metric in metrics]
    print_dvh(answers, dvhs, Console(file=text, width=width, color_system=None))
    return text.getvalue()


@pytest.mark.parametrize(
    ("low", "observed", "high", "text"),
    [
        (14.7, 14.8, 15.3, "14.70 – 15.30"),
        (14.8, 14.8, 14.8, ""),
        (14.7991, 14.8, 14.8004, ""),  # the same in the digits shown
        (14.8, 14.8, 15.004, "14.80 – 15.004"),  # never onto the limit
        (14.8, 14.8, math.inf, "14.80 – unknown"),
        (14.7, None, 15.3, ""),  # the bounds stand in the value's place
        (None, None, None, ""),
    ],
)
def test_interval_is_shown_where_it_differs_in_the_digits_shown(
    low: float | None, observed: float | None, high: float | None, text: str
) -> None:
    assert interval_text(finding(low=low, observed=observed, high=high)) == text


def test_verdict_that_is_not_robust_says_so_first() -> None:
    assert why(finding(robust=False, message="x")) == "not robust: x"
    assert why(finding()) == ""
    assert why(finding(verdict=Verdict.NOT_EVALUATED, robust=False, message="unknown")) == "unknown"
    assert why(finding(verdict=Verdict.INFO, robust=False, message="shown")) == "shown"


def test_verdicts_that_are_not_robust_are_counted() -> None:
    fragile = [finding(robust=False, verdict=verdict) for verdict in Verdict]
    assert fragile_text(fragile) == "3 not robust"
    assert fragile_text([finding()]) == ""


def test_values_of_a_dvh_stand_above_their_intervals() -> None:
    text = printed(100, told(named("", (14.8, 1000.0)), named("no ends", (14.7, 900.0)), named("x", (15.3, 1000.0))))
    lines = [line.split() for line in text.splitlines()]
    first = next(index for index, words in enumerate(lines) if words and words[0] == "A")
    assert lines[first] == ["A", "1000.0", "14.80", "14.80"]
    assert lines[first + 1] == ["900.00", "–", "1000.0", "14.70", "–", "15.30", "14.70", "–", "15.30"]
    assert "interval over conventions" in text


def test_values_without_an_interval_have_none() -> None:
    text = printed(100, told(named("", (14.8, 1000.0))))
    assert "–" not in text
    assert "interval" not in text


def test_conventions_without_an_answer_are_told_below() -> None:
    dvh = told(named("", (14.8, 701.0)), named("no ends", (14.8, 695.0)))
    text = printed(100, dvh, metrics=("DC700cc[Gy]",))
    assert "A: no answer under no ends: 700 cc asked of an ROI of 695.0 cc" in text


def test_names_of_rois_stay_whole_in_a_narrow_terminal() -> None:
    names = ("Bowel_Small_Individual", "SpinalCord_PRV05")
    dvhs = [DVH(name, (name,), told(named("", (14.8, 99.0))).curve, 14.8, 14.8, 14.8) for name in names]
    text = printed(60, *dvhs)
    for name in names:
        assert name in text


def checked(convention: Convention | None = None) -> Evaluation:
    """A dose that rises along the stack: its maximum depends on how far the ends reach."""
    base = small_case(lambda x, y, z: 20 + z)
    chosen = {} if convention is None else {"convention": convention}
    limit = base.dvh("PTV")["Max[Gy]"].value
    assert limit is not None
    asked = protocol(row("Max[Gy]", "<=", round(limit - 0.2, 2), roi="PTV"), row("Mean[Gy]", "<", 30, roi="PTV"))
    return evaluate(Case(base.study, **chosen), asked)


def report(evaluation: Evaluation, width: int = 160) -> str:
    text = io.StringIO()
    print_check(evaluation, Console(file=text, width=width, color_system=None))
    return text.getvalue()


def test_report_says_in_its_first_line_and_in_the_row_what_is_not_robust() -> None:
    text = report(checked())
    assert "✘ FAIL · 1 not robust" in text.splitlines()[0]
    assert "not robust: " in text
    assert "passes under" in text
    assert "29.00 – 30.00" in text


def test_a_wording_that_is_too_long_for_the_frame_is_told_whole_below_it() -> None:
    evaluation, wording = checked(), "deviation that the trial's steering committee calls unacceptable"
    long = replace(evaluation, protocol=replace(evaluation.protocol, wording=MappingProxyType({"FAIL": wording})))
    assert f"✘ FAIL · {wording} · 1 not robust" in report(long).splitlines()[0]
    first, *others = report(long, 60).splitlines()
    assert "✘ FAIL ─" in first
    assert "…" not in first
    assert wording in " ".join(" ".join(line.strip("│ ") for line in others[:3]).split())


def test_report_names_the_convention() -> None:
    assert "Convention prism, half-slice ends · intervals over all 6 named conventions" in report(checked())
    chosen = Convention(Between.INTERPOLATED, Ends.NONE)
    assert "interpolated, no ends (not the default)" in report(checked(chosen))
    plain = Case(small_case().study, intervals=False)
    assert "over this convention alone" in convention_text(plain)


def test_bounds_without_a_value_are_the_observed_text() -> None:
    assert observed_text(finding(low=10.0, high=math.inf)) == "10.00 to unknown Gy"


def many() -> Evaluation:
    """A report with something in every section, and long names."""
    long = "Bowel_Small_Individual_Loops - PTV_High*"
    row = Source("t", "t.row", status="single")
    findings = (
        finding(check="tables", subject="table selection", verdict=Verdict.INFO, message="5x8Gy: t 1 row"),
        finding(check="laterality", subject="Kidneys", verdict=Verdict.NOT_EVALUATED, message="sides are swapped"),
        finding(
            check="table-change", subject="t.row", verdict=Verdict.INFO, message="limit < 8 % in place of < 10 %: x"
        ),
        finding(check="bed", subject="PTV", verdict=Verdict.PASS, metric="BED10[Gy]", observed=72.0, source=row),
        finding(subject="Liver", metric="Mean[Gy]", observed=12.0, limit="< 15 Gy", margin=3.0, margin_percent=20.0),
        finding(
            subject=long,
            metric="D0.035cc[Gy]",
            basis="EQD2(alpha/beta=3 Gy)",
            limit="<= 15 Gy (<= 18 Gy) EQD2(alpha/beta=3 Gy)",
            verdict=Verdict.FAIL,
            observed=15.004,
            margin=-0.004,
            margin_percent=-0.027,
            curve_margin=-1.25,
            curve_margin_unit="cc",
            overrides="limit <= 15 Gy in place of <= 20 Gy of t: stricter",
            source=row,
        ),
        finding(
            subject="Cord",
            metric="Max[Gy]",
            verdict=Verdict.INFO,
            observed=4.0,
            message="4; the source quotes 5 % at = 60 Gy; no limit",
        ),
        finding(
            subject="Brain",
            verdict=Verdict.NOT_APPLICABLE,
            reason="not-contoured",
            message="not contoured; similar: 'Brian'",
        ),
        finding(subject="Heart", verdict=Verdict.NOT_APPLICABLE, reason="schedule", message="for 3 fractions"),
        finding(check="somebody-elses-check", subject="Couch", verdict=Verdict.INFO, message="is not modelled"),
    )
    base = checked()
    tables = (
        replace(base.protocol.tables[0], id="a", disclaimer="Estimates."),
        replace(base.protocol.tables[0], id="b", disclaimer="Estimates."),
        replace(base.protocol.tables[0], disclaimer="No limits.", enabled=False),
    )
    return replace(base, findings=findings, protocol=replace(base.protocol, tables=tables))


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
def test_report_cuts_nothing_off_whatever_the_width(width: int) -> None:
    text = report(many(), width)
    assert max(map(len, text.splitlines())) <= width
    words = "".join(text.split()).replace("│", "")
    for part in (
        "Bowel_Small_Individual_Loops",
        "15.004Gy",
        "-0.004Gy(-0.03%)",
        "thecurvewouldhavetomoveby1.2cc",
        "t.row[single]",
        "5x8Gy:t1row",
        "4.00Gy5%at=60Gy",
    ):
        assert part in words
    assert "changed:limit<=15Gyinplaceof<=20Gyoft:stricter" in words
    assert "!tablenotenabledbydefault" in words


def test_report_shows_margins_as_bars_beside_the_limit() -> None:
    lines = report(many()).splitlines()
    (kept,) = [line for line in lines if "+3.00 Gy (+20 %)" in line]
    (broken,) = [line for line in lines if "-0.004 Gy (-0.03 %)" in line]
    assert kept.rstrip().endswith("│█")
    assert broken.rstrip().endswith("█│")
    assert kept.index("│") == broken.index("│")


def test_report_has_its_sections_in_order_and_the_worst_organ_first() -> None:
    text = report(many())
    places = [
        text.index(part)
        for part in (
            "Tables     5x8Gy",
            "Kidneys: sides are swapped",
            CHANGED_TITLE,
            "Targets",
            LIMITS_TITLE,
            "\nBowel_Small_Individual_Loops\n",
            "\nLiver\n",
            QUOTED_TITLE,
            "Not contoured: Brain (similar: 'Brian')",
            "Only for other schedules: t 1 row",
            "Couch: is not modelled",
        )
    ]
    assert places == sorted(places)
    assert "5 % at = 60 Gy · t.row" in text


def test_each_disclaimer_is_said_once() -> None:
    text = report(many())
    assert "a, b: Estimates." in text
    assert "t: No limits." in text
    assert text.count("Estimates.") == 1
