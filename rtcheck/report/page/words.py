"""One finding as a row of a page: mark, rounded numbers, bar, and what is said below them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from rtcheck.finding import Finding, Verdict, worst
from rtcheck.report.page.model import Bar, Group, Mark, Numbers, Own, Row, Sentences, Tone
from rtcheck.report.sections import CONSTRAINT, PLAN_CHECK, RULE, WORST_FIRST
from rtcheck.report.wording import (
    AT_LIMIT,
    curve_text,
    interval_text,
    limit_text,
    margin_text,
    metric_text,
    needs_reading,
    observed_text,
    said_text,
    source_text,
    why,
)

#: Words of the verdicts.
WORDS: dict[Verdict, Own] = {verdict: Own(verdict.value.replace("_", " ")) for verdict in Verdict}
#: The limit stands in the middle of a bar; a full side is a margin as large as the limit, or larger.
_MIDDLE, _LEAST = 50.0, 1.5
_STANDINGS = {"protocol": Own("limit of the protocol"), "reference": Own("reference, not a protocol limit")}
#: More numbers behind a finding stand in a table of their own.
MOST_BESIDE = 6
#: Units of what is measured; anything else is counted.
_MEASURED = frozenset({"Gy", "cc", "%", "mm"})
_SIGNS = (("<=", "≤"), (">=", "≥"))


@dataclass
class Citations:
    """Publications in the order in which rows name them first.

    Attributes
    ----------
    not_enabled : collection of str
        Tables whose rows are marked.
    numbers : dict of str to int
    """

    not_enabled: Collection[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)

    def origin(self, finding: Finding) -> Own:
        """The rule, its status, the publication's number and the place in it."""
        text = self.rule(finding)
        if finding.check == PLAN_CHECK:
            return Own(" · ".join(part for part in (text, finding.source.citation) if part))
        publication, *places = [part for part in finding.source.citation.split("; ") if part] or [""]
        if not publication:
            return Own(text)
        identifiers = [part for part in places if part.startswith("doi:")]
        place = "; ".join(part for part in places if part not in identifiers)
        whole = " ".join([publication, *identifiers])
        number = self.numbers.setdefault(whole, len(self.numbers) + 1)
        return Own(f"{text} · ({number}){' ' if place else ''}{place}")

    def rule(self, finding: Finding) -> str:
        """The rule and its status; its standing is shown apart."""
        return source_text(replace(finding, standing=""), self.not_enabled)

    @property
    def listed(self) -> tuple[Own, ...]:
        """The publications with their numbers."""
        return tuple(Own(f"({number}) {publication}") for publication, number in self.numbers.items())


def mark(verdict: Verdict) -> Mark:
    """A verdict with its word."""
    return Mark(verdict, WORDS[verdict])


def worst_mark(findings: Iterable[Finding]) -> Mark | None:
    """The worst of the verdicts that decide; None where none does."""
    deciding = [finding.verdict for finding in findings if finding.verdict.decides]
    return mark(worst(deciding)) if deciding else None


def group_of(title: str, findings: Sequence[Finding], citations: Citations, *, in_words: bool = False) -> Group:
    """Rows under a heading; what the row above says of the same rule's source isn't said again."""
    told = said_row if in_words else numbers_row
    rows = [told(finding, citations) for finding in findings]
    for number in range(1, len(rows)):
        if findings[number].source == findings[number - 1].source:
            short = Own(citations.rule(findings[number]))
            rows[number] = replace(rows[number], origin=short)
    return Group(title, tuple(rows))


def numbers(caption: str, groups: Sequence[Group]) -> Numbers:
    """Groups of rows with the columns that any of them needs."""
    rows = [row for group in groups for row in group.rows]
    has_limits, has_margins = any(row.limit for row in rows), any(row.margin for row in rows)
    return Numbers(Own(caption), tuple(groups), has_limits, has_margins)


def sentences(caption: str, groups: Sequence[tuple[str, Sequence[Finding]]], citations: Citations) -> Sentences:
    """Findings in words, in groups of a title each."""
    rows = tuple(group_of(title, some, citations, in_words=True) for title, some in groups)
    has_numbers = any(row.observed or row.limit for group in rows for row in group.rows)
    return Sentences(Own(caption), rows, has_numbers)


def numbers_row(finding: Finding, citations: Citations) -> Row:
    """A finding whose numbers stand in columns."""
    said = "; ".join(part for part in (why(finding), finding.overridden) if part)
    notes = tuple(part for part in (_interval(finding), curve_text(finding)) if part)
    return _row(finding, said, needs_reading(finding), notes, citations)


def said_row(finding: Finding, citations: Citations) -> Row:
    """A finding that is told in a sentence, with the numbers behind it."""
    few = finding.measured if len(finding.measured) <= MOST_BESIDE else ()
    numbers = "; ".join(f"{one.label} {one.value:.4g} {one.unit}".strip() for one in few)
    notes = (f"measured: {numbers}",) if numbers else ()
    loud = finding.verdict is Verdict.FAIL or finding.is_fragile
    return _row(finding, said_text(finding), loud, notes, citations)


def _row(finding: Finding, said: str, loud: bool, notes: tuple[str, ...], citations: Citations) -> Row:
    return Row(
        mark(finding.verdict),
        subject=finding.subject,
        metric=metric_text(finding),
        observed=_observed(finding),
        limit=signed(limit_text(finding)),
        margin=margin_text(finding).replace("-", "−"),
        bar=bar(finding),
        said=said,
        tone=Tone.WARNING if loud else Tone.PLAIN,
        notes=notes,
        origin=citations.origin(finding),
        standing=_STANDINGS.get(finding.standing, "") if finding.check == CONSTRAINT else "",
    )


def _observed(finding: Finding) -> str:
    """Empty where nothing was asked that has a number, and of a rule that words answered."""
    if finding.observed is None and finding.low is None and (not finding.limit or finding.check == RULE):
        return ""
    if finding.observed is not None and _is_count(finding, finding.observed):
        unit = finding.unit.removesuffix("s") if finding.observed == 1 else finding.unit
        return f"{finding.observed:.0f} {unit}".strip()
    return observed_text(finding).strip()


def _is_count(finding: Finding, observed: float) -> bool:
    """Whole lesions, years, days of a rule."""
    return finding.check == RULE and finding.unit not in _MEASURED and float(observed).is_integer()


def _interval(finding: Finding) -> str:
    """Whether the verdict holds over the interval, where there is one."""
    text = interval_text(finding)
    if not text:
        return ""
    judged = finding.verdict in (Verdict.PASS, Verdict.ACCEPTABLE, Verdict.FAIL)
    held = ("not robust over " if finding.is_fragile else "robust over ") if judged else "interval "
    return f"{held}{text} {finding.unit}".strip()


def signed(text: str) -> str:
    """A limit with ≤ and ≥."""
    for plain, sign in _SIGNS:
        text = text.replace(plain, sign)
    return text


def bar(finding: Finding) -> Bar | None:
    """The margin's bar; None without a margin in percent. However small the margin is, something shows."""
    if finding.margin_percent is None or finding.margin is None:
        return None
    if margin_text(finding) == AT_LIMIT:
        return Bar(_MIDDLE, 0.0)
    share = max(-1.0, min(1.0, finding.margin_percent / 100.0))
    width = round(max(_LEAST, abs(share) * _MIDDLE), 1)
    return Bar(_MIDDLE if share > 0 else _MIDDLE - width, width)


def counts(findings: Iterable[Finding]) -> tuple[str, ...]:
    """How many have each verdict, in the order of `WORST_FIRST`; empty for none."""
    verdicts = [finding.verdict for finding in findings]
    return tuple(str(verdicts.count(verdict) or "") for verdict in WORST_FIRST)
