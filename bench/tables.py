"""How fast tables are loaded and constraints judged: ``python -m bench.tables`` writes TABLES.md.

Loading stands beside PyYAML reading the same files into plain data, without a schema, units or places. Judging stands
beside dicompyler-core answering the same metrics on DVHs that are there, one number each; rtcheck's answers hold the
interval over six conventions, the margin and the reasons why.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import yaml

from bench.peer import dvhcalc
from bench.timing import Timing, in_turn
from rtcheck import tables
from rtcheck.case import Case
from rtcheck.constraint import Constraint, Regimen
from rtcheck.crosscheck import to_dicompyler
from rtcheck.dicom import read_study
from rtcheck.metrics import Question
from rtcheck.protocol import Protocol, evaluate
from rtcheck.synthetic import write_sample
from rtcheck.units import Unit

PAGE = Path(__file__).with_name("TABLES.md")
#: What both may take, in seconds.
LOAD_LIMIT_S, EVALUATE_LIMIT_S = 0.15, 0.2
CONSTRAINTS = 200
SAMPLE = "hcc-sbrt-5fx"
ANY = Regimen("any")


@dataclass(frozen=True)
class Measured:
    """What a run found.

    Attributes
    ----------
    loading, judging : dict of str to Timing
    rows, all_rows : int
        Rows of the tables that are enabled, and of all.
    judged : int
        Constraints with a verdict, of those asked.
    """

    loading: dict[str, Timing]
    judging: dict[str, Timing]
    rows: int
    all_rows: int
    judged: int


def applicable(case: Case, count: int = CONSTRAINTS) -> tuple[Constraint, ...]:
    """So many limits of the shipped tables on ROIs that the plan has, asked whatever the schedule is."""
    drawn = [
        row
        for table in tables.all_tables()
        for row in table.constraints
        if row.role.is_judged and all(case.is_contoured(one) for one in row.roi.split(" - ")) and "(" not in row.roi
    ]
    if not drawn:
        raise ValueError("the plan has none of the tables' ROIs")
    repeated = (drawn * (count // len(drawn) + 1))[:count]
    return tuple(
        replace(row, id=f"{row.id}#{index}", regimen=ANY, source=replace(row.source, row=f"{row.id}#{index}"))
        for index, row in enumerate(repeated)
    )


def protocol_of(rows: Sequence[Constraint]) -> Protocol:
    """A protocol of nothing but these rows."""
    return replace(tables.tables_alone(["quantec-liver"]), tables=(), constraints=tuple(rows))


def measure(repeats: int = 9) -> Measured:
    """Time both in this process, in turn with what they are compared to."""
    paths = [tables.data_folder() / f"{one}.yaml" for one in tables.table_ids(enabled_only=True)]
    loading = in_turn(
        {
            "enabled": tables.shipped_tables,
            "all": tables.all_tables,
            "plain": lambda: [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in paths],
        },
        repeats,
    )
    with tempfile.TemporaryDirectory() as folder:
        write_sample(SAMPLE, Path(folder))
        case = Case(read_study(folder))
    rows = applicable(case)
    protocol = protocol_of(rows)
    judged = sum(one.verdict.decides for one in evaluate(case, protocol).findings if one.check == "dose-constraint")
    judging = in_turn({"evaluate": partial(evaluate, case, protocol), "statistics": _statistics(case, rows)}, repeats)
    enabled = sum(len(table.constraints) for table in tables.shipped_tables())
    return Measured(loading, judging, enabled, sum(len(table.constraints) for table in tables.all_tables()), judged)


def _statistics(case: Case, rows: Sequence[Constraint]) -> partial[list[float]]:
    """The same questions, asked of DVHs as dicompyler-core holds them."""
    dvhcalc()  # its shims, without which it doesn't import here
    dvhs = {row.roi: to_dicompyler(case.dvh(row.roi)) for row in rows}
    asked = [(dvhs[row.roi], _statistic(row)) for row in rows]

    def answers() -> list[float]:
        return [float(dvh.statistic(name).value) if name else dvh.mean for dvh, name in asked]

    return partial(answers)


def _statistic(row: Constraint) -> str:
    """The row's metric as dicompyler-core writes it; empty for one that isn't a point of the curve."""
    hot = {Question.DOSE: "D", Question.COLD_DOSE: "D", Question.VOLUME_AT: "V", Question.COLD_VOLUME_AT: "V"}
    question, unit = hot.get(row.metric.question), row.metric.threshold_unit
    if question is None or row.metric.threshold is None:
        return ""
    return f"{question}{row.metric.threshold:g}{'' if unit is Unit.PERCENT else unit}"


def page(measured: Measured) -> str:
    """The page of a run."""
    load, judge = measured.loading, measured.judging
    versions = f"{os.cpu_count()} cores, Python {platform.python_version()}, PyYAML {yaml.__version__}"
    return f"""# Tables and constraints

Written by `python -m bench.tables` in one run: {versions}. Figures in brackets are seconds (least; median; least
processor time); ratios are of least times, and above 1 the other side is faster.

| | rtcheck | beside it | ratio | may take |
| --- | --- | --- | --- | --- |
| loading the enabled tables, {measured.rows} rows | ({load["enabled"]}) | plain YAML ({load["plain"]}) | \
**{load["enabled"].least_s / load["plain"].least_s:.1f}** | {LOAD_LIMIT_S} s |
| loading all tables, {measured.all_rows} rows | ({load["all"]}) | | | |
| judging {CONSTRAINTS} constraints | ({judge["evaluate"]}) | `dicompyler-core` ({judge["statistics"]}) | \
**{judge["evaluate"].least_s / judge["statistics"].least_s:.1f}** | {EVALUATE_LIMIT_S} s |

Plain YAML is the C parser alone, without schema, units and places in the file. The {CONSTRAINTS} constraints are the
shipped limits on ROIs of the sample `{SAMPLE}`, repeated and asked whatever the schedule is, on DVHs that are computed;
{measured.judged} of them get a verdict. dicompyler-core answers the same metrics with one number each; a cold metric is
asked as the hot one, for it has none.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.tables", description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    text = page(measure(options.repeats))
    options.out.write_text(text, encoding="utf-8")
    sys.stderr.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
