"""A report's settings as arguments of `rtcheck.check`, and the same check once more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePath
from typing import NamedTuple

from rtcheck.case import Case
from rtcheck.convention import Between, Convention, Ends
from rtcheck.dicom import read_study
from rtcheck.errors import InputError, RtcheckError, UsageError
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.pipeline import Files, Result, asked_protocol, check
from rtcheck.record import Record, case_code, record_beside
from rtcheck.report.redaction import REDACTED, redaction
from rtcheck.sheet import SignOff
from rtcheck.tables import protocol_ids, table_ids
from rtcheck.tables.paths import SUFFIXES
from rtcheck.verification.model import Arguments
from rtcheck.verification.plain import dicts_of, list_of, mapping_of, text_of
from rtcheck.verification.reading import MEND

#: Id of a protocol that is nothing but tables.
_TABLES = "tables"


class _Chosen(NamedTuple):
    """What was chosen among the files."""

    plan: list[str] | None
    dose: str | None
    structures: str | None
    normalisation: str | None


def recomputed(provenance: Mapping[str, object], path: Files, arguments: Arguments) -> Result:
    """The check that a report's settings ask for.

    Raises
    ------
    RtcheckError
        Where it can't be done: as of `rtcheck.check`, or for settings that make no sense.
    """
    settings = mapping_of(provenance, "settings")
    try:
        protocol, tables, site = _asked(provenance, settings, arguments)
        chosen = _chosen(provenance, settings)
        prescriptions, names = _said(provenance, settings, path, chosen, arguments)
        return check(
            path,
            protocol,
            tables=tables,
            site=site,
            plan=chosen.plan,
            dose=chosen.dose,
            structures=chosen.structures,
            normalisation=chosen.normalisation,
            child_pugh=text_of(settings, "child_pugh"),
            prescriptions=prescriptions,
            names=names,
            convert=settings.get("convert") is True,
            convention=Convention(Between(settings.get("between")), Ends(settings.get("ends"))),
            sheet=arguments.sheet,
            record=arguments.record,
            record_until=_until(provenance),
            tuning=arguments.tuning,
            time=datetime.fromisoformat(str(provenance.get("time"))),
            show_name=settings.get("show_name") is True,
        )
    except (ValueError, TypeError, OverflowError) as error:
        if isinstance(error, RtcheckError):
            raise
        raise InputError(f"the report's settings make no sense ({error})", "provenance", MEND) from None


def later_sign_offs(
    provenance: Mapping[str, object], path: Files, arguments: Arguments, result: Result
) -> tuple[SignOff, ...]:
    """What the record has of a case after the last entry that a report counts; errors as of `rtcheck.check`."""
    place = arguments.record if arguments.record is not None else record_beside(path)
    if place is None:
        return ()
    entries = Record(place).entries(case_code(result.case.study, result.case.sheet))
    hashes = ["", *(entry.record for entry in entries)]
    until = _until(provenance)
    # Where that one isn't there, all entries are recomputed with, and the sign-offs differ.
    return entries[hashes.index(until) :] if until in hashes else ()


def _until(provenance: Mapping[str, object]) -> str:
    """Hash of the last entry of the record that a report counts; empty for none."""
    recorded = [str(one.get("record") or "") for one in dicts_of(provenance, "sign_offs")]
    return next((one for one in reversed(recorded) if one), "")


def _asked(
    provenance: Mapping[str, object], settings: Mapping[str, object], arguments: Arguments
) -> tuple[str | Path | None, tuple[str | Path, ...], str | Path | None]:
    """Protocol, tables and site; a clinic's files are those given, by their names."""
    said = text_of(settings, "protocol")
    shipped = str(mapping_of(provenance, "protocol").get("id"))
    # A protocol that was loaded before it was asked stands there by its file, and its tables with it alone.
    was_loaded = said == _TABLES or (said == f"{shipped}.yaml" and shipped in protocol_ids())
    protocol = arguments.protocol
    if protocol is None and said != _TABLES:
        protocol = shipped if was_loaded else _id(said, "--protocol")
    named = [str(one) for one in list_of(settings, "tables")]
    if was_loaded and not named:
        named = _tables_beside(provenance, protocol)
    given = {PurePath(table).name: table for table in arguments.tables}
    tables = [given.pop(name) if name in given else str(_id(name, "--table")) for name in named]
    site = arguments.site if arguments.site is not None else _id(text_of(settings, "site"), "--site")
    return protocol, (*tables, *given.values()), site


def _tables_beside(provenance: Mapping[str, object], protocol: str | Path | None) -> list[str]:
    """The tables of a report that its protocol doesn't have, by their ids; a clinic's by their files."""
    known = {table.id for table in asked_protocol(protocol).tables} if protocol is not None else set()
    tables = [one for one in dicts_of(provenance, "tables") if one.get("id") not in known]
    return [str(one.get("id") if one.get("id") in table_ids() else one.get("file")) for one in tables]


def _id(name: str | None, option: str) -> str | None:
    """What a report names, where it is an id; of a clinic's file it doesn't say where it lies."""
    if name is not None and (PurePath(name).suffix in SUFFIXES or PurePath(name).name != name):
        raise UsageError(f"the report was made with a file of the clinic's, {name}; give it with {option}")
    return name


def _chosen(provenance: Mapping[str, object], settings: Mapping[str, object]) -> _Chosen:
    """Plan, dose and structure set that were asked for; by their UIDs where their names were taken out."""
    plans = [str(one.get("sop_instance_uid")) for one in dicts_of(provenance, "plans")]
    doses = dicts_of(mapping_of(provenance, "dose"), "parts")
    structures = [one for one in dicts_of(provenance, "inputs") if one.get("modality") == "RTSTRUCT"]
    plan, dose, structure_set = settings.get("plan"), text_of(settings, "dose"), text_of(settings, "structures")
    asked = [str(one) for one in plan] if isinstance(plan, list) else None
    return _Chosen(
        plans if REDACTED in str(asked) else asked,
        str(doses[0].get("sop_instance_uid")) if doses and REDACTED in str(dose) else dose,
        str(structures[0].get("sop_instance_uid")) if structures and REDACTED in str(structure_set) else structure_set,
        text_of(settings, "normalisation"),
    )


def _said(
    provenance: Mapping[str, object],
    settings: Mapping[str, object],
    path: Files,
    chosen: _Chosen,
    arguments: Arguments,
) -> tuple[dict[str, str], Names | None]:
    """Prescriptions and names of organs; by what the files call targets and ROIs where a report's are redacted."""
    prescriptions = {str(key): str(one) for key, one in mapping_of(settings, "prescriptions").items()}
    confirmed = {str(key): str(one) for key, one in mapping_of(settings, "names").items()}
    if any(REDACTED in one for one in (*prescriptions, *confirmed.values())):
        case = Case(read_study(path, **chosen._asdict()))
        redact = redaction(case.study.patient, text_of(mapping_of(provenance, "patient"), "subject"))
        real = {redact(name): name for name in (*case.roi_names, *(target.name for target in case.targets))}
        prescriptions = {real.get(key, key): one for key, one in prescriptions.items()}
        confirmed = {key: real.get(one, one) for key, one in confirmed.items()}
    return prescriptions, _names(arguments, confirmed)


def _names(arguments: Arguments, confirmed: Mapping[str, str]) -> Names | None:
    given = arguments.names
    names = shipped_names().extended(given) if isinstance(given, str | Path) else given
    return (names or shipped_names()).with_confirmed(confirmed) if confirmed else names
