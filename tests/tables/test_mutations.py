"""Every shipped row has cases that a wrongly copied row would not meet.

A mutant is a row with one thing changed that a transcription gets wrong: strictness or direction of the comparator, hot
for spared volume, a unit, a number that is 2 % off. At least one of the row's cases must get another verdict from it.
There is no mutant that no DVH could tell from its row. What isn't told by a DVH at all (the organ, the fractions, the
patients, the numbers of rows that are never judged) is compared with the published data in `test_shipped`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from rtcheck import tables
from rtcheck.checks import judge
from rtcheck.constraint import Constraint, Limit, Role
from rtcheck.dvh import DVH
from rtcheck.finding import Verdict
from rtcheck.metrics import Metric, Question
from rtcheck.tables.cases import Cases, load_cases
from rtcheck.tables.paths import table_path
from rtcheck.units import Comparator, Unit

#: What one question is mistaken for. A point dose isn't a maximum, nor the mean of a part that of the whole.
MISTAKEN = {
    Question.DOSE: (Question.COLD_DOSE, Question.MAX),
    Question.VOLUME_AT: (Question.COLD_VOLUME_AT,),
    Question.COLD_VOLUME_AT: (Question.VOLUME_AT,),
    Question.MAX: (Question.MIN, Question.MEAN, Question.MEDIAN),
    Question.MEAN: (Question.MIN, Question.MAX, Question.MEDIAN),
    Question.MEAN_OF_HOTTEST: (Question.MEAN, Question.MAX),
    Question.PRESCRIPTION: (Question.MAX, Question.MEAN),
}
UNITS = {Unit.GY: Unit.CGY, Unit.CC: Unit.PERCENT, Unit.PERCENT: Unit.CC}
JUDGING = tuple(comparator for comparator in Comparator if comparator.judges)
OFF = (0.98, 1.02)


def mutants(row: Constraint) -> Iterator[tuple[str, Constraint]]:
    """Each wrong row with what is wrong in it."""
    if not row.role.is_judged:
        yield "judged", replace(row, role=Role.LIMIT)
        return
    yield "never judged", replace(row, role=Role.RISK_POINT)
    yield from ((f"limit {limit}", replace(row, goal=limit)) for limit in _other_limits(row.goal))
    for metric in _other_metrics(row.metric):
        yield str(metric), _asking(row, metric)
    if row.acceptable is not None:
        yield "nothing acceptable", replace(row, acceptable=None)
        for limit in _other_limits(row.acceptable):
            yield f"acceptable {limit}", replace(row, acceptable=limit)


def _other_limits(limit: Limit) -> Iterator[Limit]:
    yield from (replace(limit, comparator=other) for other in JUDGING if other is not limit.comparator)
    yield from (replace(limit, value=limit.value * factor) for factor in OFF)


def _other_metrics(metric: Metric) -> Iterator[Metric]:
    for question in MISTAKEN[metric.question]:
        same = question.threshold_units == metric.question.threshold_units
        yield replace(metric, question=question) if same else Metric(question, metric.unit)
    yield replace(metric, unit=UNITS[metric.unit])
    if metric.threshold is not None and metric.threshold_unit is not None:
        yield from (replace(metric, threshold=metric.threshold * factor) for factor in OFF)
        yield replace(metric, threshold_unit=UNITS[metric.threshold_unit])
    if metric.question is Question.MAX:
        yield Metric(Question.DOSE, metric.unit, 0.035, Unit.CC)


def _asking(row: Constraint, metric: Metric) -> Constraint:
    """The row with another metric, and its bounds in the unit of that."""
    acceptable = replace(row.acceptable, unit=metric.unit) if row.acceptable else None
    return replace(row, metric=metric, goal=replace(row.goal, unit=metric.unit), acceptable=acceptable)


def _verdicts(row: Constraint, dvhs: Mapping[str, DVH]) -> dict[str, Verdict | None]:
    return {key: _verdict(row, dvh) for key, dvh in dvhs.items()}


def _verdict(row: Constraint, dvh: DVH) -> Verdict | None:
    if row.role.is_judged and not row.goal.comparator.judges:
        return None  # what is quoted as "about" or "between" can't be judged at all
    return judge(row, dvh).verdict


def _survivors(row: Constraint, cases: Cases, row_of_cases: str) -> list[str]:
    """The mutants that get every verdict right."""
    of_row = [case for case in cases.expectations if case.row == row_of_cases]
    dvhs = {case.key: case.blocks.dvh(row.roi) for case in of_row}
    expected = {case.key: case.verdict for case in of_row}
    assert expected == _verdicts(row, dvhs), row.id
    return [f"{row.id}: {what}" for what, wrong in mutants(row) if _verdicts(wrong, dvhs) == expected]


def _cases_of(table: str) -> Cases:
    return load_cases(table_path(table).with_name(f"{table}.cases.yaml"))


@pytest.mark.parametrize("table", tables.table_ids())
def test_each_mutant_of_a_row_gets_a_verdict_wrong(table: str) -> None:
    cases = _cases_of(table)
    assert [one for row in tables.load_table(table).constraints for one in _survivors(row, cases, row.id)] == []


def test_each_mutant_of_the_trial_row_gets_a_verdict_wrong() -> None:
    # It stands in a protocol, and asks the same of the same organ as a row of QUANTEC.
    (row,) = tables.load_protocol("NCT06261047").constraints
    assert _survivors(row, _cases_of("quantec"), "quantec.liver.sbrt.cv15_700") == []


def test_mutants_are_what_transcriptions_get_wrong() -> None:
    rows = {row.id: row for row in tables.load_table("tg101").constraints}
    assert [what for what, _ in mutants(rows["tg101.liver.cv700.5fx"])] == [
        "never judged",
        *("limit < 700 cc", "limit <= 700 cc", "limit > 700 cc", "limit >= 686 cc", "limit >= 714 cc"),
        *("V21Gy[cc]", "CV21Gy[%]", "CV20.58Gy[cc]", "CV21.42Gy[cc]", "CV21cGy[cc]"),
    ]
