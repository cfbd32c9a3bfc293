"""The whole sentence as one function: files -> study -> case -> findings -> verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.case import Case
from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.dicom import read_study
from rtcheck.errors import UsageError
from rtcheck.finding import Finding, Verdict
from rtcheck.fractionation import Schedule
from rtcheck.nomenclature import Names
from rtcheck.protocol import Evaluation, Protocol, evaluate
from rtcheck.report import check_document, findings_frame, with_scores
from rtcheck.study import Study
from rtcheck.tables import load_protocol, load_radiobiology, tables_alone

if TYPE_CHECKING:
    import pandas as pd

#: What a plan is checked against where nobody says otherwise; every report names it.
DEFAULT_PROTOCOL = "NCT06261047"

#: What `check` and `read_study` read: a folder, a zip, a file, several of them, or files in memory.
Files = str | Path | Sequence[str | Path] | Sequence[tuple[str, bytes]]


@dataclass(frozen=True, eq=False)
class Result:
    """A checked plan.

    Attributes
    ----------
    evaluation : Evaluation
        The case, the protocol and the findings.
    time : datetime
        When it was checked, in UTC.
    """

    evaluation: Evaluation
    time: datetime

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the findings that decide."""
        return self.evaluation.verdict

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One per constraint asked."""
        return self.evaluation.findings

    @property
    def case(self) -> Case:
        """The patient's plan, for further questions."""
        return self.evaluation.case

    @cached_property
    def document(self) -> dict[str, object]:
        """The report as plain data."""
        return check_document(self.evaluation, self.time)

    def to_json(self, *, scores: bool = False) -> str:
        """The report as JSON; its schema has the version in ``"schema"``. Scores are added where asked for."""
        document = with_scores(self.document, self.findings) if scores else self.document
        return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)

    def to_frame(self) -> pd.DataFrame:
        """The findings as a data frame, one row each. Needs pandas (``pip install "rtcheck[report]"``)."""
        return findings_frame(self.findings)


def check(
    path: Files,
    protocol: str | Path | Protocol | None = None,
    *,
    tables: Sequence[str | Path] = (),
    site: str | Path | None = None,
    plan: str | Sequence[str] | None = None,
    dose: str | None = None,
    structures: str | None = None,
    normalisation: str | None = None,
    child_pugh: str | None = None,
    prescriptions: Mapping[str, str | Schedule] | None = None,
    names: Names | None = None,
    convert: bool = False,
    convention: Convention = DEFAULT_CONVENTION,
) -> Result:
    """Read a patient's DICOM RT files and check them against a protocol.

    Parameters
    ----------
    path : folder, zip, file, or list of files
        Also ``(name, bytes)`` pairs.
    protocol : str, Path or Protocol, optional
        An identifier of a shipped protocol, a YAML file, or a loaded one; `DEFAULT_PROTOCOL` where neither it nor
        tables are given.
    tables : sequence of str or Path
        Further tables, by id or file; without a protocol these alone are asked. ``"auto"`` is all that are enabled.
    site : str or Path, optional
        The organs that must be contoured and judged, besides the protocol's; it takes none of those away.
    plan, dose, structures : str, optional
        Label, file name or SOP Instance UID, where more than one fits. Several plans are given one after the other, and
        their doses added.
    normalisation : str, optional
        What the values of a RELATIVE dose mean, e.g. ``"100=50Gy"``; without it such a dose is refused.
    child_pugh : str, optional
        ``"A5"`` ... ``"C15"``; DICOM doesn't know it.
    prescriptions : mapping of str to str or Schedule, optional
        What is prescribed to a target, where the plans don't say it or contradict themselves: ``{"PTV_1": "5x8Gy"}``.
    names : Names, optional
        Names of organs with a clinic's own synonyms, or with what a person confirmed.
    convert : bool
        Whether limits for conventional fractionation are asked in EQD2 where the plan has another schedule.
    convention : Convention
        How contours are read as solids: verdicts are those under this one, and robust where they hold under all named.

    Raises
    ------
    InputError
        For files that can't be used.
    TableError
        For a protocol or table that is wrong.
    """
    asked = asked_protocol(protocol, tables=tables, site=site)
    study = read_study(path, plan=plan, dose=dose, structures=structures, normalisation=normalisation)
    return check_study(
        study,
        asked,
        child_pugh=child_pugh,
        prescriptions=prescriptions,
        names=names,
        convert=convert,
        convention=convention,
    )


def asked_protocol(
    protocol: str | Path | Protocol | None = None,
    *,
    tables: Sequence[str | Path] = (),
    site: str | Path | None = None,
) -> Protocol:
    """What `check` asks of a plan, by its arguments of the same names.

    Raises
    ------
    UsageError
        For an unknown id, and for tables or a site beside a protocol that is loaded already.
    """
    if isinstance(protocol, Protocol):
        if tables or site is not None:
            raise UsageError("a loaded protocol has its tables and its site; give them when it is loaded")
        return protocol
    if protocol is None and tables:
        return tables_alone(tables, site=site)
    return load_protocol(DEFAULT_PROTOCOL if protocol is None else protocol, tables=tables, site=site)


def check_study(
    study: Study,
    protocol: Protocol,
    *,
    child_pugh: str | None = None,
    prescriptions: Mapping[str, str | Schedule] | None = None,
    names: Names | None = None,
    convert: bool = False,
    convention: Convention = DEFAULT_CONVENTION,
) -> Result:
    """Check a study that was read already; the arguments are those of `check`."""
    case = Case(study, child_pugh=child_pugh, prescriptions=prescriptions, names=names, convention=convention)
    alpha_betas = load_radiobiology().alpha_beta if convert else None
    return Result(evaluate(case, protocol, alpha_betas=alpha_betas), datetime.now(UTC))
