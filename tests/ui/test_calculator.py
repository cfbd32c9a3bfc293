"""The BED calculator: the numbers of the command line, in the sidebar and in the dialog."""

from __future__ import annotations

import json
import sys

import pytest

pytest.importorskip("streamlit", reason="the app extra isn't installed")
from streamlit.testing.v1 import AppTest

from rtcheck.cli import main
from rtcheck.fractionation import parse_schedule
from rtcheck.report.bed_answer import BedAnswer, Ratio, find_schedule
from rtcheck.tables import load_radiobiology
from rtcheck.ui.bed_figure import bed_figure
from tests.ui.conftest import selectbox, shown

ASK = {
    None: "BED of a schedule",
    "dose": "Dose per fraction",
    "fractions": "Number of fractions",
    "schedule": "Equivalent schedule",
}
METRICS = ("BED (alpha/beta 10 Gy)", "EQD2 (alpha/beta 10 Gy)")


def _questions() -> None:
    from rtcheck.ui.calculator import bed_questions

    bed_questions("5x8Gy", 10.0)


@pytest.fixture
def questions() -> AppTest:
    """What the dialog holds, as a page: the test driver runs whole scripts, which would close the dialog."""
    return AppTest.from_function(_questions, default_timeout=30).run()


@pytest.fixture
def cli(monkeypatch, capsys):
    def asked(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["rtcheck", "bed", *arguments])
        with pytest.raises(SystemExit):
            main()
        return capsys.readouterr().out

    return asked


def ask(page: AppTest, solve: str | None) -> AppTest:
    page.radio(key="bed-question").set_value(ASK[solve]).run()
    assert not page.exception
    return page


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def values(text: str) -> dict[str, str]:
    """Label -> value of the rows that the command line prints."""
    rows = (line.strip().split("  ", 1) for line in text.splitlines() if "  " in line.strip())
    return {label: value.strip() for label, value in rows}


def figure_of(page: AppTest) -> dict:
    (chart,) = page.get("plotly_chart")
    return json.loads(chart.proto.spec)


def test_the_sidebar_says_which_alpha_beta_its_numbers_have(page):
    assert metrics(page) == dict(zip(METRICS, ("72.00 Gy", "60.00 Gy"), strict=True))
    page.number_input(key="alpha-beta").set_value(3.0).run()
    assert list(metrics(page)) == ["BED (alpha/beta 3 Gy)", "EQD2 (alpha/beta 3 Gy)"]


def test_the_dialog_opens_with_what_was_typed_in_the_sidebar(page):
    page.text_input(key="schedule").set_value("3x15Gy").run()
    page.number_input(key="alpha-beta").set_value(4.0).run()
    page.button(key="bed-more").click().run()
    assert not page.exception
    assert page.text_input(key="bed-schedule").value == "3x15Gy"
    assert page.number_input(key="bed-alpha-beta").value == 4.0
    assert "3x15Gy: 45 Gy in 3 fractions" in shown(page)


@pytest.mark.parametrize("schedule", ["5x8Gy", "25x2Gy", "35Gy/5", "25x2Gy + 5x3Gy", "68x1.2Gy 2/day", "3x9.9999Gy"])
def test_bed_of_a_schedule_as_on_the_command_line(questions, cli, schedule):
    page = ask(questions, None)
    page.text_input(key="bed-schedule").set_value(schedule).run()
    printed = cli(schedule, "--at-least", "60")
    rows = values(printed)
    assert metrics(page) == {label: rows[label] for label in METRICS}
    (verdict,) = [line for line in printed.splitlines() if line.endswith((" PASS", " FAIL"))]
    assert f">{verdict}</span>" in shown(page)


@pytest.mark.parametrize("step", [0.01, 0.1])
def test_dose_per_fraction_as_on_the_command_line(questions, cli, step):
    page = ask(questions, "dose")
    page.number_input(key="bed-fractions").set_value(8).run()
    selectbox(page, "Dose rounded up to [Gy]").set_value(step).run()
    arguments = ("--solve", "dose", "--fractions", "8", "--reach", "60", "--step", str(step))
    _assert_same(page, cli, arguments)


def test_number_of_fractions_as_on_the_command_line(questions, cli):
    page = ask(questions, "fractions")
    page.number_input(key="bed-dose").set_value(2.67).run()
    page.number_input(key="bed-reach").set_value(72.0).run()
    _assert_same(page, cli, ("--solve", "fractions", "--dose", "2.67Gy", "--reach", "72"))


def test_equivalent_schedule_as_on_the_command_line(questions, cli):
    page = ask(questions, "schedule")
    page.number_input(key="bed-fractions-equivalent").set_value(20).run()
    _assert_same(page, cli, ("5x8Gy", "--solve", "schedule", "--fractions", "20"))


def _assert_same(page: AppTest, cli, arguments: tuple[str, ...]) -> None:
    rows = values(cli(*arguments))
    exact = next(label for label in rows if label.endswith(", exact"))
    assert metrics(page) == {label: rows[label] for label in (*METRICS, exact)}
    data = json.loads(cli(*arguments, "--format", "json"))
    assert data["schedule"] in [subheader.value.replace("\\", "").partition(":")[0] for subheader in page.subheader]


def test_a_tissues_alpha_beta_is_the_tables_with_its_source_and_interval(questions, cli):
    page = ask(questions, None)
    page.segmented_control(key="bed-ratio").set_value("Tissue").run()
    assert not page.exception
    choice = load_radiobiology().alpha_beta.of("Liver")
    rows = values(cli("5x8Gy", "--tissue", "Liver", "--published"))
    assert metrics(page) == {label: rows[label] for label in ("BED (alpha/beta 3 Gy)", "EQD2 (alpha/beta 3 Gy)")}
    text = shown(page)
    assert rows["alpha/beta"] in text
    assert choice.source in text
    assert rows["BED (alpha/beta 2 to 8 Gy, published)"] in text
    assert rows["EQD2 (alpha/beta 2 to 8 Gy, published)"] in text
    page.toggle(key="bed-published").set_value(False).run()
    assert rows["BED (alpha/beta 2 to 8 Gy, published)"] not in shown(page)


def test_a_tissue_with_one_published_value_has_no_interval(questions):
    page = ask(questions, None)
    page.segmented_control(key="bed-ratio").set_value("Tissue").run()
    selectbox(page, "Tissue").set_value("Esophagus").run()
    assert not page.exception
    assert not page.toggle
    assert "no other value on file" in shown(page)


def test_an_organs_bed_gets_no_verdict_by_the_tumours_threshold(questions):
    page = ask(questions, None)
    assert "PASS" in shown(page)
    page.segmented_control(key="bed-ratio").set_value("Tissue").run()
    assert "PASS" not in shown(page)
    assert "No verdict" in shown(page)


def test_a_bed_to_reach_that_other_published_values_miss_says_so(questions):
    page = ask(questions, "dose")
    page.segmented_control(key="bed-ratio").set_value("Tissue").run()
    assert any("not robust" in warning.value for warning in page.warning)


@pytest.mark.parametrize("solve", [None, "schedule"])
def test_nonsense_is_one_line_and_every_field_stays(questions, solve):
    page = ask(questions, solve)
    before = len(page.number_input)
    page.text_input(key="bed-schedule").set_value("8 Gy or so").run()
    assert not page.exception
    assert len(page.error) == 1
    assert len(page.number_input) == before
    assert not page.metric
    assert not page.get("plotly_chart")


def test_a_dose_beyond_all_use_is_one_line(questions):
    page = ask(questions, "dose")
    page.number_input(key="bed-fractions").set_value(1).run()
    page.number_input(key="bed-reach").set_value(6000.0).run()
    assert not page.exception
    assert [error.value.count("\n") for error in page.error] == [0]


def test_large_fractions_are_remarked(questions):
    page = ask(questions, None)
    page.text_input(key="bed-schedule").set_value("3x20Gy").run()
    assert "more than 10 Gy per fraction" in shown(page)
    assert "PASS" in shown(page)


def test_the_figure_marks_the_schedule_the_threshold_and_names_the_basis(questions):
    drawn = figure_of(ask(questions, None))
    assert drawn["layout"]["yaxis"]["title"]["text"] == "BED (alpha/beta 10 Gy) [Gy]"
    assert drawn["layout"]["xaxis"]["title"]["text"] == "Fractions"
    names = {trace.get("name") for trace in drawn["data"]}
    assert {"8 Gy per fraction", "40 Gy in all"} <= names
    (point,) = [trace for trace in drawn["data"] if trace.get("mode") == "markers"]
    assert (point["x"], point["y"]) == ([5], [72.0])
    (line,) = drawn["layout"]["shapes"]
    assert (line["y0"], line["y1"]) == (60.0, 60.0)
    assert "BED 60 Gy" in {note["text"] for note in drawn["layout"]["annotations"]}


@pytest.mark.parametrize("dark", [False, True])
def test_every_published_value_lies_in_the_band(dark):
    ratio = Ratio.of_tissue(load_radiobiology().alpha_beta.of("Liver"))
    figure = bed_figure(BedAnswer(parse_schedule("5x8Gy"), ratio), 60.0, published=True, dark=dark)
    low, high = figure.data[0], figure.data[1]
    assert (low.y[4], high.y[4]) == (80.0, 200.0)
    assert high.fill == "tonexty"


def test_an_equivalent_schedule_stands_beside_the_given_one():
    answer = find_schedule(parse_schedule("5x8Gy"), 25)
    figure = bed_figure(answer, answer.solution.reach_gy, published=False, dark=False)
    points = [(trace.x[0], trace.y[0]) for trace in figure.data if trace.mode == "markers"]
    assert points == [(5, 72.0), (25, answer.bed_gy)]


def test_parts_where_the_model_is_doubtful_are_dotted_and_named_once():
    figure = bed_figure(BedAnswer(parse_schedule("5x8Gy")), 60.0, published=False, dark=False)
    total = [trace for trace in figure.data if trace.name == "40 Gy in all"]
    assert [(trace.line.dash, trace.x[0], trace.x[-1]) for trace in total] == [("dot", 1, 4), ("solid", 4, 40)]
    assert [trace.showlegend for trace in total] == [False, True]
    figure = bed_figure(BedAnswer(parse_schedule("3x20Gy")), 60.0, published=False, dark=False)
    assert [trace.line.dash for trace in figure.data if trace.name == "20 Gy per fraction"] == ["dot"]
