"""Metrics drawn at random: every question in every unit."""

from __future__ import annotations

from hypothesis import strategies as st

from rtcheck.metrics import Metric, Question
from rtcheck.units import Unit

#: Names of dose references: signs of many scripts, brackets, dots.
names = st.text("ABCxyz 0123_-+.%/()ÄÖ肝", min_size=1, max_size=12).map(str.strip).filter(bool)
amounts = st.floats(0, 1e5, allow_nan=False) | st.integers(0, 10_000).map(lambda n: n / 100)
powers = (st.floats(1e-3, 1e4) | st.integers(1, 100).map(float)).flatmap(lambda a: st.sampled_from([a, -a]))


@st.composite
def metrics(
    draw: st.DrawFn,
    *,
    questions: st.SearchStrategy[Question] = st.sampled_from(list(Question)),  # noqa: B008  a constant
    amount: st.SearchStrategy[float] = amounts,
    relative_doses: bool = True,
) -> Metric:
    """A metric; without `relative_doses` none whose dose is in percent of a prescription."""
    question = draw(questions)
    unit = draw(st.sampled_from([one for one in question.units if relative_doses or not _is_relative(question, one)]))
    threshold = threshold_unit = None
    if units := question.threshold_units:
        kept = [one for one in units if relative_doses or not (question.takes_dose and one is Unit.PERCENT)]
        threshold_unit = draw(st.sampled_from(kept))
        if question is Question.GEUD:
            threshold = draw(powers)
        elif question.takes_volume and threshold_unit is Unit.PERCENT:
            threshold = draw(st.floats(0, 100))
        else:
            threshold = float(draw(amount))
    metric = Metric(question, unit, threshold, threshold_unit)
    reference = draw(st.none() | names) if metric.needs_reference and relative_doses else None
    return Metric(question, unit, threshold, threshold_unit, reference)


def _is_relative(question: Question, unit: Unit) -> bool:
    return unit is Unit.PERCENT and not question.asks_volume
