"""What the parts of a constraint mean in plain English: ROI, metric, bound, schedule, patients, status.

Pure functions from values to text, in words that a dosimetrist would use; nothing here knows of a plan.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rtcheck.constraint import Constraint, Limit, Patients, Regimen, Role
from rtcheck.errors import ParseError
from rtcheck.metrics import Metric, Question
from rtcheck.nomenclature import is_pattern
from rtcheck.roi_algebra import Expression, Margin, Name, Operation, Ring, Selection, parse_expression
from rtcheck.units import Comparator, Unit

#: How well a number was confirmed, by status of its row.
STATUS_WORDS: Mapping[str, str] = {
    "verified": "two or more independent transcriptions agree; not read in the publication itself",
    "single": "one transcription; not read in the publication itself",
    "values-only": "the same numbers are in clinical use without naming this publication",
    "conflict": "sources disagree, or the print is suspect",
    "unverified": "recalled, and confirmed by no transcription",
}
ROLE_WORDS: Mapping[Role, str] = {
    Role.LIMIT: "a limit: judged",
    Role.SET_MEMBER: "a limit: judged, as one of several that share a rate",
    Role.RISK_POINT: "a number at which the source quotes a rate: shown, never judged",
    Role.OBSERVATIONAL: "what was used in practice, without an endpoint fitted to it: shown, never judged",
}
_CHANGED = "the publication's number is another; this one is the table's own"
_DIAGNOSES = {
    "hcc": "hepatocellular carcinoma",
    "liver-metastases": "liver metastases",
    "no-liver-disease": "no liver disease",
    "other": "another diagnosis",
}
_JOINED = {"-": "without", "+": "together with", "&": "within"}
_COMPARED = {
    Comparator.LT: "less than {}",
    Comparator.LE: "at most {}",
    Comparator.GT: "more than {}",
    Comparator.GE: "at least {}",
    Comparator.EQ: "{}",
    Comparator.ABOUT: "about {}",
}
_OPPOSITE = {
    Comparator.LT: Comparator.GE,
    Comparator.LE: Comparator.GT,
    Comparator.GT: Comparator.LE,
    Comparator.GE: Comparator.LT,
}
#: What is asked, by question; a volume is asked in cc or as a part.
_ASKED: Mapping[Question, str] = {
    Question.DOSE: "the lowest dose in the hottest {threshold} of {roi}",
    Question.COLD_DOSE: "the highest dose in the coldest {threshold} of {roi}",
    Question.VOLUME_AT: "the {part} of {roi} that gets {threshold} or more",
    Question.COLD_VOLUME_AT: "the {part} of {roi} that gets less than {threshold}",
    Question.MIN: "the lowest dose anywhere in {roi}",
    Question.MAX: "the highest dose anywhere in {roi}",
    Question.MEAN: "the mean dose of {roi}",
    Question.MEDIAN: "the median dose of {roi}",
    Question.SD: "the standard deviation of the dose in {roi}",
    Question.VOLUME: "the {part} of {roi}",
    Question.MEAN_OF_HOTTEST: "the mean dose of the hottest {threshold} of {roi}",
    Question.GEUD: "the generalised equivalent uniform dose of {roi} with a = {threshold}",
    Question.HOMOGENEITY: "the homogeneity index of {roi}, (D2% - D98%) / D50% of ICRU 83",
    Question.CONFORMITY: "the conformity index of RTOG, the volume of the body that gets {threshold} over that of "
    "{roi}",
    Question.PADDICK: "the conformity index of Paddick for {threshold} and {roi}",
    Question.GRADIENT: "the gradient index of {roi}, the volume of the body that gets half of {threshold} over that "
    "which gets all of it",
    Question.R50: "the volume of the body that gets half of {prescribed} over that of {roi}",
    Question.PRESCRIPTION: "{prescribed} itself",
}
_PARTS = {Unit.CC: "volume", Unit.PERCENT: "part"}
_TARGETS = re.compile(r"([A-Z]{3})_?\*")


def roi_text(expression: Expression) -> str:
    """``Liver - GTV*`` -> ``Liver without the GTVs``."""
    if isinstance(expression, Name):
        return _name_text(expression)
    if isinstance(expression, Selection):
        members = [roi_text(member) for member in expression.members]
        return f"each of {listed(members)}" if expression.quantifier == "all" else f"one of {listed(members, 'or')}"
    if isinstance(expression, Ring):
        return f"the shell {expression.inner_mm:g} to {expression.outer_mm:g} mm around {_inner_text(expression.of)}"
    if isinstance(expression, Margin):
        change = "grown" if expression.distance_mm >= 0 else "shrunk"
        return f"{_inner_text(expression.of)} {change} by {abs(expression.distance_mm):g} mm"
    # Read from left to right, a chain of one operator needs no brackets.
    chain = isinstance(expression.left, Operation) and expression.left.operator == expression.operator
    left = roi_text(expression.left) if chain else _inner_text(expression.left)
    return f"{left} {_JOINED[expression.operator]} {_inner_text(expression.right)}"


def _inner_text(expression: Expression) -> str:
    text = roi_text(expression)
    return text if isinstance(expression, Name) else f"({text})"


def _name_text(name: Name) -> str:
    if name.quoted or not is_pattern(name.text):
        return name.text
    if match := _TARGETS.fullmatch(name.text):
        return f"the {match[1]}s"
    return f"the ROIs named {name.text}"


def expression_of(roi: str) -> Expression:
    """The expression that a row's ROI is; text that is none is taken for a name."""
    try:
        return parse_expression(roi)
    except ParseError:
        return Name(roi, quoted=True)


def members_of(roi: str) -> tuple[Expression, ...]:
    """What is asked one by one: the members of ``all`` and ``any``, or the expression itself."""
    expression = expression_of(roi)
    return expression.members if isinstance(expression, Selection) else (expression,)


def metric_text(metric: Metric, roi: str) -> str:
    """What a metric asks of an ROI: ``the volume of Liver without the GTVs that gets less than 15 Gy``."""
    return _ASKED[metric.question].format(
        roi=roi,
        threshold=_threshold_text(metric),
        part=_PARTS.get(metric.unit, ""),
        prescribed=_prescribed_text(metric),
    )


def _threshold_text(metric: Metric) -> str:
    """``15 Gy``, ``700 cc``, ``95 % of the prescribed dose``."""
    if metric.threshold is None:
        return ""
    if metric.threshold_unit in (None, Unit.ONE):
        return f"{metric.threshold:g}"
    number = f"{metric.threshold:g} {metric.threshold_unit}"
    relative_dose = metric.threshold_unit is Unit.PERCENT and metric.question.takes_dose
    return f"{number} of {_prescribed_text(metric)}" if relative_dose else number


def _prescribed_text(metric: Metric) -> str:
    return f"the dose prescribed to {metric.reference}" if metric.reference else "the prescribed dose"


def answer_text(metric: Metric) -> str:
    """What the answer is in: ``in Gy``, ``in percent of the volume``; empty for an index."""
    if metric.unit is Unit.ONE:
        return ""
    if metric.unit is not Unit.PERCENT:
        return f"in {metric.unit}"
    return "in percent of the volume" if metric.question.asks_volume else f"in percent of {_prescribed_text(metric)}"


def schedule_text(regimen: Regimen) -> str:
    """For a column: ``5 fx``, ``3-5 fx``, ``1.8-2 Gy/fx``, ``any``."""
    parts = []
    if regimen.fractions is not None:
        parts.append(f"{_range_text(regimen.fractions)} fx")
    if regimen.dose_per_fraction_gy is not None:
        parts.append(f"{_range_text(regimen.dose_per_fraction_gy)} Gy/fx")
    return ", ".join(parts) or "any"


def schedule_words(regimen: Regimen) -> str:
    """``5 fractions``, ``3 to 5 fractions``, ``1.8 to 2 Gy per fraction``; empty for any."""
    parts = []
    if regimen.fractions is not None:
        word = "fraction" if regimen.fractions == (1, 1) else "fractions"
        parts.append(f"{_range_text(regimen.fractions, ' to ')} {word}")
    if regimen.dose_per_fraction_gy is not None:
        parts.append(f"{_range_text(regimen.dose_per_fraction_gy, ' to ')} Gy per fraction")
    return " of ".join(parts)


def _range_text(ends: tuple[float, float], to: str = "-") -> str:
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g}{to}{high:g}"


def patients_words(patients: Patients) -> str:
    """Whom a row is asked of, empty for anybody: ``hepatocellular carcinoma, Child-Pugh A``."""
    diagnoses = [_DIAGNOSES.get(one, one) for one in sorted(patients.diagnosis)]
    scores = f"Child-Pugh {listed(sorted(patients.child_pugh), 'or')}" if patients.child_pugh else ""
    return ", ".join(part for part in (listed(diagnoses, "or"), scores) if part)


def status_words(row: Constraint) -> str:
    """How well a row's number was confirmed; empty for a status that isn't known."""
    return _CHANGED if row.overrides and row.source.status == "unverified" else STATUS_WORDS.get(row.source.status, "")


def listed(words: Sequence[str], last: str = "and") -> str:
    """``A, B and C``."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def limit_words(limit: Limit) -> str:
    """``less than 30 Gy``, ``between 55 and 60 Gy``."""
    if limit.comparator is Comparator.BETWEEN:
        return f"between {limit.value:g} and {limit.high:g} {limit.unit}"
    return _COMPARED[limit.comparator].format(amount_text(limit))


def missed_words(limit: Limit) -> str:
    """What breaks a limit: ``at least 30 Gy`` for ``< 30 Gy``."""
    return _COMPARED[_OPPOSITE[limit.comparator]].format(amount_text(limit))


def amount_text(limit: Limit) -> str:
    """Number and unit; an index has none."""
    return f"{limit.value:g}" if limit.unit is Unit.ONE else f"{limit.value:g} {limit.unit}"
