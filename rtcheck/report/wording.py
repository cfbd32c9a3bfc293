"""How one finding is put into words and figures: value, interval, margin, origin; the same in every report."""

from __future__ import annotations

from collections.abc import Collection

from rtcheck.finding import PROTOCOL, REFERENCE, Finding, Verdict
from rtcheck.units import PHYSICAL, TOLERANCE, number_text

#: Said of every verdict that other conventions, or doses that aren't known, may turn.
NOT_ROBUST = "not robust"
#: Said of rows whose table is asked only because somebody named it.
NOT_ENABLED = "table not enabled by default"
#: Said of limits: what they are to the protocol.
STANDINGS = {PROTOCOL: " · limit of the protocol", REFERENCE: " · reference"}
#: Said of a value that is its limit.
AT_LIMIT = "at the limit"
#: Cells of a margin's bar on either side of the limit, each for as much of the limit.
BAR_CELLS = 5
_MOST_DECIMALS = 3
_QUOTES, _NO_LIMIT = "the source quotes ", "; no limit"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LIMIT_SIGN = "│"


def metric_text(finding: Finding) -> str:
    """The metric, and its dose basis unless it is physical or the metric says it."""
    said = not finding.basis or finding.basis == str(PHYSICAL) or finding.metric.startswith("BED")
    return finding.metric if said else f"{finding.metric} {finding.basis}"


def limit_text(finding: Finding) -> str:
    """The limit without its basis, which stands beside the metric."""
    return finding.limit.removesuffix(f" {finding.basis}") if finding.basis else finding.limit


def why(finding: Finding) -> str:
    """The message where it says more than the numbers beside it; first of all that a verdict isn't robust.

    What a clinic's table changed in the row is said with it.
    """
    changed = f"changed: {finding.overrides}" if finding.overrides else ""
    return "; ".join(part for part in (_message(finding), changed) if part)


def said_text(finding: Finding) -> str:
    """The sentence of a rule or a plan check, with what a clinic changed in it and who let it stand."""
    fragile = f"{NOT_ROBUST}: " if finding.is_fragile else ""
    tuned = f"tuned: {finding.overrides}" if finding.overrides else ""
    return "; ".join(part for part in (f"{fragile}{finding.message}", finding.overridden, tuned) if part)


def _message(finding: Finding) -> str:
    if finding.is_fragile:
        return f"{NOT_ROBUST}: {finding.message}"
    told_by_numbers = finding.check == "dose-constraint" and finding.robust and not finding.reason
    if told_by_numbers and finding.verdict.decides and not {";", "("} & set(finding.message):
        return ""
    return finding.message


def observed_text(finding: Finding) -> str:
    """The observed value or interval with its unit, never rounded across the limit."""
    decimals = _decimals(finding)
    if finding.observed is not None:
        return f"{number_text(finding.observed, finding.limit_value, decimals)} {finding.unit}"
    if finding.low is None or finding.high is None:
        return "—"
    low = number_text(finding.low, finding.limit_value, decimals)
    return f"{low} to {number_text(finding.high, finding.limit_value, decimals)} {finding.unit}"


def interval_text(finding: Finding) -> str:
    """The interval of an observed value; empty where it doesn't differ from the value in the digits shown."""
    if finding.observed is None or finding.low is None or finding.high is None:
        return ""
    decimals = _decimals(finding)
    low, value, high = (
        number_text(number, finding.limit_value, decimals) for number in (finding.low, finding.observed, finding.high)
    )
    return "" if low == value == high else f"{low} – {high}"


def margin_text(finding: Finding) -> str:
    """``+7.70 Gy (+26 %)``: distance to the limit, and in percent of it; negative where the limit is broken.

    Never rounded onto the limit. A value that is the limit, within the tolerance of the comparison, says so: it passes
    ``<=`` and fails ``<``, and a margin of zero would tell neither.
    """
    if finding.margin is None:
        return ""
    if _is_at_limit(finding):
        return AT_LIMIT
    text = f"{_signed(finding.margin, _decimals(finding))} {finding.unit}"
    return text if finding.margin_percent is None else f"{text} ({_signed(finding.margin_percent, 0)} %)"


def margin_bar(finding: Finding, filler: str = " ") -> str:
    """The margin as a bar beside the limit: to the right of ``│`` it is kept, to the left it is broken.

    A full side is a margin as large as the limit, or larger. However small it is, something shows; of a value that is
    the limit nothing does. Empty without a margin in percent.
    """
    if finding.margin is None or finding.margin_percent is None:
        return ""
    share = 0.0 if _is_at_limit(finding) else max(-1.0, min(1.0, finding.margin_percent / 100.0))
    kept = _whole_and_part(share) if share > 0 else ""
    broken = "█" * max(1, round(-share * BAR_CELLS)) if share < 0 else ""
    return f"{broken.rjust(BAR_CELLS, filler)}{_LIMIT_SIGN}{kept.ljust(BAR_CELLS, filler)}"


def curve_text(finding: Finding) -> str:
    """How far the curve is from the limit along its other axis; empty for what is no point of a curve."""
    if finding.curve_margin is None:
        return ""
    decimals = 2 if finding.curve_margin_unit == "Gy" else 1
    room, unit = finding.curve_margin, finding.curve_margin_unit
    if abs(room) <= TOLERANCE:
        return "the curve couldn't move"
    distance = f"{number_text(abs(room), 0.0, decimals)} {unit}"
    if room > 0:
        return f"the curve could move by {distance}"
    return f"the curve would have to move by {distance}"


def quote_text(finding: Finding) -> str:
    """What a source says at a number that is no limit, without the value and the words that the section's title has."""
    quoted = finding.message.partition(_QUOTES)[2] or finding.message
    text = quoted.replace(_NO_LIMIT, "", 1)
    return f"{text}; changed: {finding.overrides}" if finding.overrides else text


def source_text(finding: Finding, not_enabled: Collection[str] = ()) -> str:
    """Row and status, and that the row's table isn't one of those that are asked by themselves.

    Parameters
    ----------
    finding : Finding
    not_enabled : collection of str
        Ids of tables that nothing enables by itself.
    """
    source = finding.source
    status = f" [{source.status}]" if source.status else ""
    marked = f" ! {NOT_ENABLED}" if source.table in not_enabled else ""
    standing = STANDINGS.get(finding.standing, "") if finding.check == "dose-constraint" else ""
    return f"{source.row}{status}{marked}{standing}"


def place_text(finding: Finding) -> str:
    """Table, row, file and line, citation and status: all that says where a rule comes from."""
    source = finding.source
    place = f"{source.file}:{source.line}" if source.line is not None else source.file
    return " · ".join(part for part in (source.table, source.row, place, source.citation, source.status) if part)


def _decimals(finding: Finding) -> int:
    """Two of a dose, one of a volume, and at least those that the limit is printed with."""
    of_limit = f"{finding.limit_value:g}".partition(".")[2] if finding.limit_value is not None else ""
    return max(2 if finding.unit == "Gy" else 1, min(len(of_limit), _MOST_DECIMALS))


def _is_at_limit(finding: Finding) -> bool:
    """By the tolerance that the comparison has."""
    assert finding.margin is not None
    return abs(finding.margin) <= TOLERANCE * max(1.0, abs(finding.limit_value or 0.0))


def _signed(number: float, decimals: int) -> str:
    text = number_text(number, 0.0, decimals)
    return f"+{text}" if number > 0 else text


def _whole_and_part(share: float) -> str:
    eighths = max(1, round(share * BAR_CELLS * 8))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def needs_reading(finding: Finding) -> bool:
    """True where a reader must see all that the finding says: it isn't met, isn't known, or may turn."""
    return finding.verdict in (Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE) or finding.is_fragile
