"""The whole sentence as one function: files -> study -> case -> findings -> verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rtcheck.case import Case
from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.dicom import pdf_object, read_study
from rtcheck.dicom.files import find_files
from rtcheck.errors import UsageError
from rtcheck.finding import Finding, Verdict
from rtcheck.fractionation import Schedule
from rtcheck.nomenclature import Names
from rtcheck.plan_checks import NO_TUNING, Tuning
from rtcheck.protocol import Evaluation, Protocol, evaluate
from rtcheck.record import Record, case_code, record_beside
from rtcheck.report import check_document, findings_frame, serialised, with_scores
from rtcheck.report.provenance import OtherFiles
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet, SignOff
from rtcheck.study import Study
from rtcheck.tables import (
    load_protocol,
    load_radiobiology,
    protocol_ids,
    read_sheet,
    read_tuning,
    sheet_of,
    tables_alone,
)

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
        When it was checked, in UTC, to the second.
    settings : mapping
        What was asked, as plain data, by which a report can be recomputed.
    show_name : bool
        Whether reports carry the patient's name and ID; without, the subject code alone.
    others : OtherFiles or None
        What was given besides the files that the findings were made from; None where only the study is known.
    """

    evaluation: Evaluation
    time: datetime
    settings: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    show_name: bool = False
    others: OtherFiles | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the findings that decide."""
        return self.evaluation.verdict

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One at least for each question asked; exactly one for each constraint."""
        return self.evaluation.findings

    @property
    def case(self) -> Case:
        """The patient's plan, for further questions."""
        return self.evaluation.case

    @cached_property
    def document(self) -> dict[str, object]:
        """The report as plain data."""
        return check_document(self.evaluation, self.time, self.settings, show_name=self.show_name, others=self.others)

    def to_json(self, *, scores: bool = False) -> str:
        """The report as JSON; its schema has the version in ``"schema"``. Scores are added where asked for."""
        return serialised(with_scores(self.document, self.findings) if scores else self.document)

    def to_frame(self) -> pd.DataFrame:
        """The findings as a data frame, one row each. Needs pandas (``pip install "rtcheck[report]"``)."""
        return findings_frame(self.findings)

    def to_csv(self) -> str:
        """The findings as a tidy table, one row each; texts that a spreadsheet would run are disarmed."""
        from rtcheck.report.tidy import tidy_csv  # noqa: PLC0415

        return tidy_csv(self.evaluation, show_name=self.show_name)

    def to_html(self) -> str:
        """The report as one page that needs no network."""
        from rtcheck.report.html import html_report  # noqa: PLC0415  templates and plots, not needed for text

        return html_report(self.evaluation, self.document, time=self.time, show_name=self.show_name)

    def to_dicom(self) -> bytes:
        """The PDF as a DICOM object of the plan's patient and study."""
        return pdf_object(self.case.study, self.to_pdf(), self.time, f"rtcheck {self.evaluation.protocol.id}")

    def to_pdf(self) -> bytes:
        """The report on paper, with its JSON embedded. Needs typst (``pip install "rtcheck[report]"``)."""
        from rtcheck.report.pdf import pdf_report  # noqa: PLC0415  an optional extra

        return pdf_report(self.evaluation, self.document, time=self.time, show_name=self.show_name)


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
    sheet: str | Path | CaseSheet | None = None,
    record: str | Path | None = None,
    record_until: str | None = None,
    tuning: str | Path | Tuning | None = None,
    time: datetime | None = None,
    show_name: bool = False,
) -> Result:
    """Read a patient's DICOM RT files and check them against a protocol.

    Parameters
    ----------
    path : folder, zip, file, or list of files
        Also ``(name, bytes)`` pairs. A case sheet among them (``case.yaml``, ``case.yml``, ``case.json``) is read.
    protocol : str, Path or Protocol, optional
        An identifier of a shipped protocol, a YAML file, or a loaded one. Where neither it nor tables are given, the
        shipped one that the case sheet names, else `DEFAULT_PROTOCOL`.
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
        ``"A5"`` ... ``"C15"``; DICOM doesn't know it. It counts in place of what the case sheet says.
    prescriptions : mapping of str to str or Schedule, optional
        What is prescribed to a target, where the plans don't say it or contradict themselves: ``{"PTV_1": "5x8Gy"}``.
    names : Names, optional
        Names of organs with a clinic's own synonyms, or with what a person confirmed.
    convert : bool
        Whether limits for conventional fractionation are asked in EQD2 where the plan has another schedule.
    convention : Convention
        How contours are read as solids: verdicts are those under this one, and robust where they hold under all named.
    sheet : str, Path or CaseSheet, optional
        The case sheet: what DICOM doesn't know. Without it the one among the files, if there is one.
    record : str or Path, optional
        The sign-off record, whose decisions count besides those of the case sheet: SQLite file or database URL. Without
        it ``signoffs.sqlite`` in the folder, if it is there.
    record_until : str, optional
        Hash of the last of its entries that counts, for what was decided by then; empty for none.
    tuning : str, Path or Tuning, optional
        Plan checks that a clinic switched off, and its thresholds.
    time : datetime, optional
        What the report says of when it was made; now where not given.
    show_name : bool
        Whether reports carry the patient's name and ID, besides the subject code.

    Raises
    ------
    InputError
        For files that can't be used.
    TableError
        For a protocol, table, case sheet or tuning that is wrong.
    """
    declared = _sheet(path, sheet)
    if protocol is None and not tables and declared.protocol in protocol_ids():
        protocol = declared.protocol
    asked = asked_protocol(protocol, tables=tables, site=site)
    tuned = read_tuning(tuning) if isinstance(tuning, str | Path) else tuning
    study = read_study(path, plan=plan, dose=dose, structures=structures, normalisation=normalisation)
    result = check_study(
        study,
        asked,
        child_pugh=child_pugh,
        prescriptions=prescriptions,
        names=names,
        convert=convert,
        convention=convention,
        sheet=declared,
        sign_offs=_signed(_entries(path, record, study, declared), record_until),
        tuning=tuned,
        time=time,
        show_name=show_name,
    )
    chosen: dict[str, object] = {
        "protocol": _name_of(protocol) if protocol is not None or tables else DEFAULT_PROTOCOL,
        "tables": [_name_of(table) for table in tables],
        "site": _name_of(site),
        "plan": [plan] if isinstance(plan, str) else list(plan) if plan is not None else None,
        "dose": dose,
        "structures": structures,
        "normalisation": normalisation,
    }
    settings = MappingProxyType({**chosen, **result.settings})
    return replace(result, settings=settings, others=other_files(path, study))


def other_files(path: Files, study: Study) -> OtherFiles:
    """What is among the files given, and isn't what the study was read from; errors as of `read_study`."""
    used = {source.sha256 for source in study.sources}
    dicom, ignored = [], []
    for file in find_files(path):
        if file.data is None:
            ignored.append(file.name)
        elif (sha256 := hashlib.sha256(file.data).hexdigest()) not in used:
            dicom.append((file.name, sha256))
    return OtherFiles(tuple(dicom), tuple(ignored))


def _sheet(path: Files, sheet: str | Path | CaseSheet | None) -> CaseSheet:
    if isinstance(sheet, CaseSheet):
        return sheet
    return read_sheet(sheet) if sheet is not None else sheet_of(path) or NOTHING_DECLARED


def _entries(path: Files, record: str | Path | None, study: Study, sheet: CaseSheet) -> tuple[SignOff, ...]:
    """The decisions on a case in the sign-off record, whose chain must be whole."""
    place = record if record is not None else record_beside(path)
    if place is None:
        return ()
    return Record(place).entries(case_code(study, sheet))


def _signed(entries: tuple[SignOff, ...], until: str | None) -> tuple[SignOff, ...]:
    """Those up to one; all where it isn't among them, so that nothing is left out unseen."""
    if until == "":
        return ()
    hashes = [entry.record for entry in entries]
    return entries[: hashes.index(until) + 1] if until in hashes else entries


def _name_of(named: str | Path | Protocol | None) -> str | None:
    """An id as it is, and a file without its folder: a report says nothing of where a clinic keeps its files."""
    if named is None or isinstance(named, Protocol):
        return named.file or named.id if named is not None else None
    return Path(named).name if Path(named).suffix else str(named)


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
    sheet: CaseSheet | None = None,
    sign_offs: Sequence[SignOff] = (),
    tuning: Tuning | None = None,
    time: datetime | None = None,
    show_name: bool = False,
) -> Result:
    """Check a study that was read already; the arguments are those of `check`."""
    declared = sheet or NOTHING_DECLARED
    if sign_offs:
        declared = replace(declared, sign_offs=(*declared.sign_offs, *sign_offs))
    case = Case(
        study,
        child_pugh=child_pugh,
        prescriptions=prescriptions,
        names=names,
        convention=convention,
        sheet=declared,
    )
    alpha_betas = load_radiobiology().alpha_beta if convert else None
    evaluation = evaluate(case, protocol, alpha_betas=alpha_betas, tuning=tuning or NO_TUNING)
    settings: dict[str, object] = {
        "child_pugh": child_pugh,
        "prescriptions": {name: str(schedule) for name, schedule in (prescriptions or {}).items()},
        "names": dict(names.confirmed) if names else {},
        "convert": convert,
        "between": convention.between.value,
        "ends": convention.ends.value,
        "show_name": show_name,
    }
    made = (time or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    return Result(evaluation, made, MappingProxyType(settings), show_name)
