"""Answers about the BED of schedules as text and as data."""

from __future__ import annotations

from fractions import Fraction

from rtcheck.errors import UsageError
from rtcheck.fractionation import Schedule, decimal_text
from rtcheck.radiobiology import bed, dose_per_fraction_reaching
from rtcheck.report.bed_answer import BedAnswer, Ratio, Solution, Solve
from rtcheck.units import Comparator, bed_basis, eqd2_basis, meets, number_text

#: What an exact dose per fraction is printed to: rounded up, so that it meets the threshold as printed.
_PRINTED_STEP_GY = 0.0001


def bed_rows(answer: BedAnswer, *, published: bool = False) -> list[tuple[str, str]]:
    """Label and value of every line; with the published alpha/betas, of the intervals over them too."""
    ratio, schedule = answer.ratio, answer.schedule
    rows = [
        *_rows_of_solution(answer, published=published),
        ("Schedule", str(schedule) + _rounded_text(answer)),
        ("Total dose", total_text(schedule)),
        ("alpha/beta", ratio.text),
        *([("Source", ratio.source)] if ratio.source else []),
        (bed_basis(ratio.value_gy).label, bed_text(answer, answer.bed_gy)),
        (eqd2_basis(ratio.value_gy).label, f"{answer.eqd2_gy:.2f} Gy"),
    ]
    if published:
        low_gy, high_gy = answer.bed_ends_gy
        over = over_text(ratio)
        rows.append((f"BED ({over})", f"{bed_text(answer, low_gy)} to {bed_text(answer, high_gy)}"))
        rows.append((f"EQD2 ({over})", "{:.2f} Gy to {:.2f} Gy".format(*answer.eqd2_ends_gy)))
    for other in answer.others:
        label = f"{other.name} (alpha/beta {ratio.value_gy:g} Gy)"
        rows.append((label, f"{bed_text(answer, other.bed_gy)} ({other.how})"))
    if answer.at_least_gy is not None:
        rows.append(("Asked", f"BED >= {_as_typed(answer.at_least_gy)} Gy"))
    return rows


def bed_document(answer: BedAnswer, *, published: bool = False) -> dict[str, object]:
    """The answer as plain data: eight keys always, and those of what was asked beyond them."""
    ratio = answer.ratio
    data: dict[str, object] = {
        "schedule": str(answer.schedule),
        "fractions": answer.schedule.fractions,
        "total_dose_gy": float(answer.schedule.total_dose_gy),
        "alpha_beta_gy": ratio.value_gy,
        "bed_gy": answer.bed_gy,
        "eqd2_gy": answer.eqd2_gy,
        "at_least_gy": answer.at_least_gy,
        "meets": answer.meets,
    }
    if ratio.choice:
        data |= {"tissue": ratio.choice.asked, "alpha_beta_text": ratio.choice.text, "alpha_beta_source": ratio.source}
        if answer.threshold_gy is not None:
            data["robust"] = not answer.turned_by_gy
    if published:
        data["alpha_betas_gy"] = list(ratio.published_gy)
        data |= dict(zip(("bed_low_gy", "bed_high_gy"), answer.bed_ends_gy, strict=True))
        data |= dict(zip(("eqd2_low_gy", "eqd2_high_gy"), answer.eqd2_ends_gy, strict=True))
    if answer.solution:
        data |= _document_of_solution(answer.solution, published=published)
    for other in answer.others:
        data |= {other.key: other.bed_gy, **other.parameters}
    if said := [*bed_warnings(answer), *answer.remarks]:
        data["remarks"] = said
    return data


def bed_text(answer: BedAnswer, bed_gy: float) -> str:
    """A BED for the reader, never rounded onto the threshold that it misses."""
    return f"{number_text(bed_gy, answer.printing_limit_gy, 2)} Gy"


def bed_warnings(answer: BedAnswer) -> tuple[str, ...]:
    """What may change how the verdict is read."""
    if not (answer.turned_by_gy or answer.turned_by_models):
        return ()
    limit_gy = answer.threshold_gy or 0.0
    other = "missed" if meets(answer.bed_gy, Comparator.GE, limit_gy) else "met"
    asked = f"BED >= {_as_typed(limit_gy)} Gy is {other}"
    beds = {each: bed_text(answer, bed(answer.schedule, alpha_beta_gy=each)) for each in answer.turned_by_gy}
    listed = ", ".join(f"BED {text} at {each:g} Gy" for each, text in beds.items())
    warnings = [f"not robust: with another published alpha/beta {asked} ({listed})"] if beds else []
    for model in answer.turned_by_models:
        text = bed_text(answer, model.bed_gy)
        warnings.append(f"the plain BED decides; by {model.name}, {text}, {asked}")
    return tuple(warnings)


def total_text(schedule: Schedule) -> str:
    """``40 Gy in 5 fractions``."""
    fractions = schedule.fractions
    return f"{decimal_text(schedule.total_dose_gy)} Gy in {fractions} fraction{'' if fractions == 1 else 's'}"


def over_text(ratio: Ratio) -> str:
    """``alpha/beta 2 to 8 Gy, published``."""
    values_gy = ratio.published_gy
    if len(values_gy) == 1:
        return f"alpha/beta {values_gy[0]:g} Gy, the only one published"
    return f"alpha/beta {values_gy[0]:g} to {values_gy[-1]:g} Gy, published"


def exact_text(answer: BedAnswer) -> str:
    """The dose per fraction or the number of fractions before rounding, such that it meets what is asked."""
    solution = answer.solution
    if solution is None:
        raise UsageError("the schedule was given, not found")
    fractions = answer.schedule.fractions
    if solution.solve is Solve.FRACTIONS:
        # 5.00001 fractions need a sixth: it isn't printed as 5.
        return number_text(solution.exact, float(fractions - 1), 2)
    step_gy = min(_PRINTED_STEP_GY, solution.step_gy or _PRINTED_STEP_GY)
    ratio_gy = answer.ratio.value_gy
    dose_gy = dose_per_fraction_reaching(solution.reach_gy, fractions, alpha_beta_gy=ratio_gy, step_gy=step_gy)
    return f"{_as_typed(dose_gy)} Gy"


def exact_ends_text(solution: Solution) -> str:
    """The same over the published alpha/betas."""
    low, high = solution.exact_ends
    return f"{low:.2f} to {high:.2f}" if solution.solve is Solve.FRACTIONS else f"{low:.4f} Gy to {high:.4f} Gy"


def _rows_of_solution(answer: BedAnswer, *, published: bool) -> list[tuple[str, str]]:
    solution = answer.solution
    if solution is None:
        return []
    asked = f"BED >= {_as_typed(solution.reach_gy)} Gy"
    if solution.equivalent_to:
        asked = f"BED of {solution.equivalent_to}, {number_text(solution.reach_gy, None, 2)} Gy"
    counted = solution.solve is Solve.FRACTIONS
    what = "Fractions, exact" if counted else "Dose per fraction, exact"
    rows = [("Reach", asked), (what, exact_text(answer))]
    if published:
        rows.append((f"... ({over_text(answer.ratio)})", exact_ends_text(solution)))
    return rows


def _as_typed(number: float) -> str:
    """All its decimals: a threshold isn't rounded."""
    return decimal_text(Fraction(repr(number)))


def _rounded_text(answer: BedAnswer) -> str:
    solution = answer.solution
    if solution is None or solution.step_gy is None:
        return ""
    return f", rounded up to {_as_typed(solution.step_gy)} Gy a fraction"


def _document_of_solution(solution: Solution, *, published: bool) -> dict[str, object]:
    stem = "exact_fractions{}" if solution.solve is Solve.FRACTIONS else "exact_dose_per_fraction{}_gy"
    data: dict[str, object] = {"solve": solution.solve.value, "reach_gy": solution.reach_gy}
    data[stem.format("")] = solution.exact
    if published:
        low, high = solution.exact_ends
        data |= {stem.format("_low"): low, stem.format("_high"): high}
    if solution.step_gy is not None:
        data["step_gy"] = solution.step_gy
    if solution.equivalent_to:
        data["equivalent_to"] = str(solution.equivalent_to)
    return data
