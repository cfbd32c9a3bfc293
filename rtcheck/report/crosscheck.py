"""Second opinions in a terminal: what was compared as a table, what wasn't as lines, so that no ROI vanishes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rtcheck.crosscheck import Cause, Comparison

#: Narrower consoles get the numbers of a comparison below one another.
WIDE = 130
TITLE = "Second opinions: largest differences of the curves, other minus ours"
LEGEND = "Curves agree where either is small: beside a steep fall a large difference in volume is a small one in dose."


def print_crosscheck(comparisons: Sequence[Comparison], console: Console) -> None:
    """Every comparison: largest differences (the other's minus ours) and their likely cause."""
    judged = [one for one in comparisons if one.cause is not None]
    if judged:
        console.print(_table(judged) if console.width >= WIDE else _narrow_table(judged))
        console.print(Text(LEGEND, style="dim"))
    else:
        console.print(Text("No second opinion could be had.", style="magenta"))
    every = {one.roi for one in comparisons}
    for text, rois in _grouped((f"{one.engine.value}: {one.problem}", one.roi) for one in comparisons if one.problem):
        console.print(Text(f"– {text} ({_listed(rois, every)})", style="dim"))
    for text, rois in _grouped((f"{one.engine.value}: {r}", one.roi) for one in comparisons for r in one.remarks):
        console.print(Text(f"i {text} ({_listed(rois, every)})", style="cyan"))


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"  # the sum has no negative zero


def _listed(rois: Sequence[str], every: set[str]) -> str:
    return f"all {len(every)} ROIs" if len(every) > 1 and every == set(rois) else ", ".join(rois)


def _table(comparisons: Sequence[Comparison]) -> Table:
    table = Table(title=TITLE, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, expand=False)
    table.add_column("ROI", overflow="fold")
    table.add_column("Against", no_wrap=True)
    for heading in ("Here, cc", "There, cc", "In volume", "In dose", "Mean"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Likely cause", overflow="fold", ratio=1)
    previous = ""
    for one in comparisons:
        roi = "" if one.roi == previous else one.roi
        table.add_row(Text(roi), Text(one.engine.value), *_volumes(one), *_differences(one), _cause(one))
        previous = one.roi
    return table


def _narrow_table(comparisons: Sequence[Comparison]) -> Table:
    table = Table(
        title=TITLE, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, expand=False, show_lines=True
    )
    table.add_column("ROI,\nagainst", overflow="fold")
    table.add_column("Here,\nthere, cc", justify="right", no_wrap=True)
    table.add_column("In volume,\ndose, mean", justify="right", no_wrap=True)
    table.add_column("Likely cause", overflow="fold", ratio=1)
    for one in comparisons:
        roi = Text(f"{one.roi}\n").append(one.engine.value, style="dim")
        table.add_row(roi, Text("\n").join(_volumes(one)), Text("\n").join(_differences(one)), _cause(one))
    return table


def _volumes(one: Comparison) -> list[Text]:
    """Ours and theirs."""
    return [Text("–" if value is None else f"{value:.2f}") for value in (one.volume_cc, one.other_volume_cc)]


def _differences(one: Comparison) -> list[Text]:
    """Of the curves in volume and in dose, and of the means."""
    mean = one.mean_difference_gy
    return [
        _difference(one.volume_difference_percent, "%", one.at_dose_gy, "Gy"),
        _difference(one.dose_difference_gy, "Gy", one.at_volume_percent, "%"),
        Text("–" if mean is None else f"{_signed(mean)} Gy"),
    ]


def _cause(one: Comparison) -> Text:
    """The cause with a sign, so that nothing depends on colour."""
    if one.cause is Cause.AGREEMENT:
        return Text(f"✔ {one.explanation}", style="green")
    if one.is_notable:
        return Text(f"≠ {one.explanation}", style="bold yellow")
    return Text(f"≈ {one.explanation}")


def _difference(value: float | None, unit: str, at: float | None, at_unit: str) -> Text:
    if value is None or at is None:
        return Text("–")
    return Text.assemble(f"{_signed(value)} {unit}", (f" at {at:.3g} {at_unit}", "dim"))


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """ROIs by what is said of them, each once."""
    rois: dict[str, dict[str, None]] = defaultdict(dict)
    for text, roi in pairs:
        rois[text][roi] = None
    return [(text, list(names)) for text, names in rois.items()]
