"""A constraint in plain English, for the person who will be asked why a plan failed it.

Everything is told from the row's own data: what its metric asks, whom and when it is asked of, what each verdict takes,
what happens at the limit itself and without the ROI, and how sure the source is.
"""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.constraint import Constraint, GroupKind, Requirement, Role
from rtcheck.metrics import Question
from rtcheck.report.constraints.phrases import (
    amount_text,
    answer_text,
    expression_of,
    limit_words,
    listed,
    members_of,
    metric_text,
    missed_words,
    patients_words,
    roi_text,
    schedule_words,
    status_words,
)
from rtcheck.roi_algebra import Selection, names
from rtcheck.units import Comparator, Unit

#: Doses per fraction (Gy) whose limits ``--convert eqd2`` asks of other schedules.
_CONVENTIONAL_GY = (1.8, 2.0)
#: A hot volume up to this (cc) stands for a point.
_POINT_CC = 0.1


def explanation(row: Constraint) -> tuple[tuple[str, str], ...]:
    """What a row means, as headings and sentences.

    Parameters
    ----------
    row : Constraint
        Of any table; nothing of a plan is needed.

    Returns
    -------
    tuple of (str, str)
        A heading and what it says, in reading order: ``("Asks", "Mean[Gy] of Liver: the mean dose of ...")``.
        Headings are unique.
    """
    return tuple((heading, text) for heading, text in _parts(row) if text)


def _parts(row: Constraint) -> Iterator[tuple[str, str]]:
    yield "In short", _summary(row)
    yield "Asks", _asks(row)
    yield "Schedule", _schedule(row)
    yield "Patients", _patients(row)
    if row.role.is_judged:
        yield "PASS", f"{_capital(limit_words(row.goal))}."
        yield "ACCEPTABLE", _acceptable(row)
        yield "FAIL", _fails(row)
        yield "At the limit", _at_the_limit(row)
    else:
        yield "INFO", _quoted(row)
    yield "Without the ROI", _without_roi(row)
    yield "Too small", _too_small(row)
    yield "Beware", _not_the_hot_volume(row)
    yield "Belongs to", _group(row)
    yield "Outcome", _outcome(row)
    yield "How sure", _how_sure(row)
    yield "Changed", _sentence(row.overrides)
    yield "Note", _sentence(row.notes)
    yield "Source", row.source.citation


def _summary(row: Constraint) -> str:
    asked = _capital(metric_text(row.metric, roi_text(expression_of(row.roi))))
    if not row.role.is_judged:
        return f"{asked} is shown and never judged; the source quotes {_quoted_number(row)}."
    text = f"{asked} must be {limit_words(row.goal)}"
    return f"{text}; {limit_words(row.acceptable)} is acceptable." if row.acceptable else f"{text}."


def _asks(row: Constraint) -> str:
    metric, expression = row.metric, expression_of(row.roi)
    answer = answer_text(metric)
    sentences = [f"{metric} of {row.roi}{f', {answer}' if answer else ''}."]
    if metric.question is Question.DOSE and metric.threshold_unit is Unit.CC and (metric.threshold or 0) <= _POINT_CC:
        sentences.append("So small a volume stands for the maximum; a single hot point doesn't decide.")
    if isinstance(expression, Selection):
        how = "the worst of them decides" if expression.quantifier == "all" else "one that keeps the limit is enough"
        sentences.append(f"Each is asked by itself, and {how}.")
    if metric.question is Question.PRESCRIPTION:
        sentences.append("It is read from the prescription, not from a DVH.")
    if not row.basis.is_physical:
        sentences.append(f"Doses are {row.basis.label}, of the sum of all plans, voxel by voxel.")
    elif metric.question not in (Question.VOLUME, Question.PRESCRIPTION):
        sentences.append("Doses are physical.")
    if row.published_roi and row.published_roi.replace("-", " - ") != row.roi.replace("*", ""):
        sentences.append(f"The source calls the ROI {row.published_roi}.")
    return " ".join(sentences)


def _schedule(row: Constraint) -> str:
    regimen, words = row.regimen, schedule_words(row.regimen)
    # What the source prints is quoted where it says more than the numbers.
    printed = _in_quotes("" if regimen.text.replace("-", " to ") in (words, f"{words}s") else regimen.text)
    if not words:
        any_schedule = regimen.text if regimen.text.casefold().startswith("any") else f"any{printed}"
        return f"{_sentence(any_schedule)}{_derived_for(row)}"
    text = f"{_capital(words)} only{printed}. For any other it is NOT APPLICABLE"
    low, high = regimen.dose_per_fraction_gy or (0.0, 0.0)
    conventional = regimen.fractions is None and _CONVENTIONAL_GY[0] <= low <= high <= _CONVENTIONAL_GY[1]
    if conventional and row.basis.is_physical:
        text += ", unless you ask it in EQD2 with --convert eqd2"
    return f"{text}.{_derived_for(row)}"


def _derived_for(row: Constraint) -> str:
    if row.native_fractions is None:
        return ""
    low, high = row.native_fractions
    number = f"{low}" if low == high else f"{low} to {high}"
    shown = f", and shows the dose in EQD2 with alpha/beta {row.alpha_beta_gy:g} Gy" if row.alpha_beta_gy else ""
    return f" The limit was derived for {number} fractions; on another number the finding says so{shown}."


def _patients(row: Constraint) -> str:
    words, printed = patients_words(row.patients), row.patients.text
    if not words:
        return f'"{printed}": this isn\'t tested, the row is asked of every patient.' if printed else ""
    others = "INFO" if row.requirement is Requirement.REQUIRED else "NOT APPLICABLE"
    text = f"{_capital(words)} only{_in_quotes(printed)}. For others it is {others}"
    if not row.role.is_judged:
        return f"{text}."
    return f"{text}; where nobody says, a value that breaks the limit is NOT EVALUATED."


def _acceptable(row: Constraint) -> str:
    if row.acceptable is None:
        return ""
    return f"{_capital(missed_words(row.goal))}, but {limit_words(row.acceptable)}."


def _fails(row: Constraint) -> str:
    text = _capital(missed_words(row.acceptable or row.goal))
    if row.group is not None and row.group.kind is GroupKind.ANY:
        return f"{text}, unless another row of {row.group.id} is met: then it is ACCEPTABLE."
    return f"{text}."


def _at_the_limit(row: Constraint) -> str:
    """What a value is that equals a bound."""
    bounds = [row.goal, *([row.acceptable] if row.acceptable and row.acceptable.value != row.goal.value else [])]
    return " ".join(
        f'Exactly {amount_text(bound)} is {row.verdict_of(bound.value).value} (the comparator is "{bound.comparator}").'
        for bound in bounds
    )


def _quoted_number(row: Constraint) -> str:
    """The number that a source quotes: ``72 Gy``, ``12.4 to 14 Gy``, ``less than 42 Gy``."""
    if row.acceptable is not None:
        return f"{row.goal.value:g} to {amount_text(row.acceptable)}"
    return amount_text(row.goal) if row.goal.comparator is Comparator.EQ else limit_words(row.goal)


def _quoted(row: Constraint) -> str:
    number, rate = _quoted_number(row), _rate(row)
    if row.role is Role.OBSERVATIONAL:
        return f"{_capital(number)} was used in practice, without an endpoint fitted to it. Nothing passes or fails."
    quoted = f"a rate of {rate}" if rate else "a rate"
    return f"{_capital(number)} is where the source quotes {quoted}; it is no limit. Nothing passes or fails."


def _without_roi(row: Constraint) -> str:
    rois = [[name.text for name in names(member)] for member in members_of(row.roi)]
    organs = list(dict.fromkeys(one[0] for one in rois))
    others = list(dict.fromkeys(name for one in rois for name in one[1:] if name not in organs))
    missing = f"Where no ROI is {listed(organs, 'or')}, or a synonym,"
    if row.requirement is Requirement.REQUIRED:
        text = f"{missing} it is NOT EVALUATED, and the plan doesn't pass."
    else:
        text = f"{missing} it is NOT APPLICABLE, and the report lists it as not contoured."
    if others:
        text += f" Where only {listed(others, 'or')} is missing, it is NOT EVALUATED."
    return text


def _too_small(row: Constraint) -> str:
    metric, goal = row.metric, row.goal
    if metric.question.takes_volume and metric.threshold_unit is Unit.CC:
        return f"An ROI of less than {metric.threshold:g} cc has no such dose: NOT EVALUATED, never 0 Gy."
    if _is_spared_volume(row) and row.role.is_judged:
        return f"An ROI of less than {amount_text(goal)} can't meet it: FAIL, and the finding says why."
    return ""


def _is_spared_volume(row: Constraint) -> bool:
    """Whether a volume is asked to stay cold, in cc."""
    cold = row.metric.question is Question.COLD_VOLUME_AT and row.metric.unit is Unit.CC
    return cold and row.goal.comparator in (Comparator.GE, Comparator.GT)


def _not_the_hot_volume(row: Constraint) -> str:
    """Why a spared volume isn't ``D700cc``, which many a table says in its place."""
    if not _is_spared_volume(row):
        return ""
    volume, dose = row.goal.value, f"{row.metric.threshold:g} {row.metric.threshold_unit}"
    return (
        f"This isn't D{volume:g}cc[Gy] <= {dose}, which is about the hottest {volume:g} cc: in an ROI of "
        f"{1.5 * volume:g} cc that would spare only {0.5 * volume:g} cc. It asks too little of an ROI below "
        f"{2 * volume:g} cc, and too much above. Asked as a dose, this row reads DC{volume:g}cc[Gy] <= {dose}: the "
        f"highest dose of the coldest {volume:g} cc."
    )


def _group(row: Constraint) -> str:
    if row.group is None:
        return ""
    said = {
        GroupKind.SET: "The published rate holds only where all its rows are met.",
        GroupKind.ANY: "Its rows are alternatives: where one is met, another that isn't is ACCEPTABLE.",
        GroupKind.ALL: "Each of its rows is asked by itself.",
    }[row.group.kind]
    return " ".join(part for part in (f"{row.group.id}.", _sentence(row.group.text), said) if part)


def _outcome(row: Constraint) -> str:
    # What a transcription doesn't tell it says in words: "not stated", "not listed here".
    endpoint = "" if row.endpoint.startswith("not ") else row.endpoint
    rate = _rate(row)
    if not endpoint and not rate:
        return "Neither an endpoint nor a rate is on file."
    return f"{endpoint or 'An endpoint that is not on file'}: {rate or 'no rate is on file'}."


def _rate(row: Constraint) -> str:
    """``<5 %``; empty where none is stated."""
    if not row.rate_pct or row.rate_pct.startswith("not "):
        return ""
    return f"{row.rate_pct} %" if row.rate_pct[-1].isdigit() else f"{row.rate_pct}, in percent"


def _how_sure(row: Constraint) -> str:
    status, count = row.source.status, row.transcriptions
    if not status:
        return "No status is on file."
    words = status_words(row)
    compared = f" ({count} were compared)" if count and count > 1 else ""
    return f"{_capital(status)}: {words}{compared}." if words else f"{_capital(status)}{compared}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _in_quotes(text: str) -> str:
    """What a source says, after what is tested; empty for nothing."""
    return f' ("{text}")' if text else ""


def _sentence(text: str) -> str:
    return f"{_capital(text.strip().rstrip('.'))}." if text else ""
