"""A study's result by what was asked of it and what people said: computed once, and kept in the browser session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import streamlit as st

from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.nomenclature import Names
from rtcheck.pipeline import Result, check_study
from rtcheck.plan_checks import Tuning
from rtcheck.protocol import Protocol
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet, SignOff
from rtcheck.ui.case_sheets import InUse
from rtcheck.ui.given import GivenFile
from rtcheck.ui.session import Files, Opened, chosen, study_key

#: So many results of one study are kept: each change of the case sheet makes another.
_MOST_RESULTS = 8


@dataclass(frozen=True)
class Asked:
    """What a study is checked for: all that a result depends on beside the study.

    Attributes
    ----------
    protocol : str or GivenFile
        Id of a shipped one, or the user's own.
    tables : tuple of GivenFile
        The user's own, beside those of the protocol.
    site : str or None
        Id of the site whose organs are required, besides the protocol's.
    convert : bool
        Whether limits for conventional fractionation are asked in EQD2 on other schedules.
    child_pugh : str or None
    convention : Convention
    prescriptions : tuple of tuple of str
        Target and schedule, where the user said which is right.
    """

    protocol: str | GivenFile
    tables: tuple[GivenFile, ...] = ()
    site: str | None = None
    convert: bool = False
    child_pugh: str | None = None
    convention: Convention = DEFAULT_CONVENTION
    prescriptions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Said:
    """What people said of a study, and how a clinic tunes the plan checks.

    Attributes
    ----------
    sheet : CaseSheet
    sign_offs : tuple of SignOff
        Of the sign-off record, besides those of the case sheet.
    tuning : Tuning or None
    names_file : GivenFile or None
        Names of organs that the clinic adds.
    names : Names or None
        The shipped ones with these.
    """

    sheet: CaseSheet = NOTHING_DECLARED
    sign_offs: tuple[SignOff, ...] = ()
    tuning: Tuning | None = None
    names_file: GivenFile | None = None
    names: Names | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Tells it from all others, by the digests of what it is made of."""
        files = (self.sheet.sha256, *(one.sha256 if one else "" for one in (self.tuning, self.names_file)))
        return (*files, *(one.record for one in self.sign_offs))


@dataclass(frozen=True)
class Checked:
    """A checked plan, and what it was checked with.

    Attributes
    ----------
    result : Result
    files : Files
    used : InUse
        The case sheet that counts.
    record : str
        The sign-off record; empty where none is used.
    """

    result: Result
    files: Files
    used: InUse
    record: str = ""

    @property
    def key(self) -> str:
        """Tells this study's widgets from another's."""
        return study_key(self.files)


def result_of(files: Files, opened: Opened, asked: Asked, protocol: Protocol, said: Said) -> Result:
    """The study's result, with the settings by which its report can be recomputed.

    Parameters
    ----------
    files : Files
    opened : Opened
    asked : Asked
    protocol : Protocol
        Loaded from what `asked` names.
    said : Said
    """
    key = (asked, said.key)
    if key not in opened.results:
        with st.spinner("Checking the plan ..."):
            result = check_study(
                opened.study,
                protocol,
                child_pugh=asked.child_pugh,
                prescriptions=dict(asked.prescriptions),
                names=said.names,
                convert=asked.convert,
                convention=asked.convention,
                sheet=said.sheet,
                sign_offs=said.sign_offs,
                tuning=said.tuning,
            )
        while len(opened.results) >= _MOST_RESULTS:
            opened.results.pop(next(iter(opened.results)))
        settings = {**_settings(files, asked), **result.settings}
        opened.results[key] = replace(result, settings=MappingProxyType(settings))
    return opened.results[key]


def _settings(files: Files, asked: Asked) -> dict[str, object]:
    """What was chosen, by the names of the arguments of `rtcheck.check`."""
    selection = {option: one.selector for option, one in chosen(files).items()}
    plan = selection.get("plan")
    return {
        "protocol": asked.protocol if isinstance(asked.protocol, str) else asked.protocol.name,
        "tables": [table.name for table in asked.tables],
        "site": asked.site,
        "plan": [plan] if isinstance(plan, str) else list(plan) if plan is not None else None,
        **{option: selection.get(option) for option in ("dose", "structures", "normalisation")},
    }
