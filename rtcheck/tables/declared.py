"""What a case sheet can declare, by the keys of its file: for its schema, its template, and rules that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rtcheck.case import CHILD_PUGH_SCORES
from rtcheck.sheet import LesionKind

YES_NO = ("yes", "no")
BCLC_STAGES = ("0", "A", "B", "C", "D")
#: What a template writes where a person has something to say; no value of a sheet.
BLANK = "___"


@dataclass(frozen=True)
class Quantity:
    """One thing that is declared.

    Attributes
    ----------
    field : str
        Of `rtcheck.sheet.CaseSheet`; of every lesion where it begins with ``lesion.``.
    text : str
        What it is, for the reader.
    form : str
        How it is written: ``0 to 5``, ``"6 months"``.
    unit : str
        Of a number; empty for a number without a unit.
    values : tuple of str
        The texts that it can be; empty for a number.
    """

    field: str
    text: str
    form: str
    unit: str = ""
    values: tuple[str, ...] = ()


#: Under ``patient`` of a case sheet.
PATIENT: Mapping[str, Quantity] = {
    "child_pugh": Quantity(
        "child_pugh", "Child-Pugh score, as a clinician scored it", "A5, A6, B7 ... C15", values=CHILD_PUGH_SCORES
    ),
    "ecog": Quantity("ecog", "ECOG performance status", "0 to 5"),
    "age": Quantity("age", "Age", "whole years", "years"),
    "bclc": Quantity("bclc", "BCLC stage", "0, A, B, C or D", values=BCLC_STAGES),
    "stable_disease": Quantity(
        "stable_months", "Duration of stable disease on systemic therapy", '"6 months"', "months"
    ),
    "anticipated_survival": Quantity("survival_months", "Anticipated survival", '"12 months"', "months"),
    "afp": Quantity("afp_ng_ml", "Alpha-fetoprotein", '"400 ng/mL"', "ng/mL"),
    "early_progression": Quantity(
        "early_progression", "Progression early in first-line systemic therapy", "yes or no", values=YES_NO
    ),
    "prior_oligoprogression": Quantity(
        "prior_oligoprogression",
        "An earlier oligometastatic or oligoprogressive state (makes this one repeat)",
        "yes or no",
        values=YES_NO,
    ),
    "most_lesions_before": Quantity(
        "prior_lesions", "The most lesions that there ever were (more than 5: induced)", "a whole number"
    ),
    "most_organs_before": Quantity(
        "prior_organs", "The most organs that were ever involved (more than 3: induced)", "a whole number"
    ),
}
#: Of every lesion, those that a rule can ask for.
LESION: Mapping[str, Quantity] = {
    "kind": Quantity(
        "lesion.kind",
        "What the lesion is",
        ", ".join(one.value for one in LesionKind),
        values=tuple(one.value for one in LesionKind),
    ),
    "bone": Quantity("lesion.bone", "Whether it is in bone", "yes or no", values=YES_NO),
    "vertebra": Quantity("lesion.vertebra", "Whether it is in a vertebra", "yes or no", values=YES_NO),
    "mobile": Quantity("lesion.mobile", "Whether it moves with breathing", "yes or no", values=YES_NO),
    "measurable": Quantity("lesion.measurable", "Whether it is measurable by RECIST", "yes or no", values=YES_NO),
    "prior_radiotherapy": Quantity(
        "lesion.prior_radiotherapy", "Whether its site was irradiated before", "yes or no", values=YES_NO
    ),
}
#: What a rule of kind ``declared`` can ask for, by the name that the rule gives it.
QUANTITIES: Mapping[str, Quantity] = {**PATIENT, **{f"lesion.{key}": one for key, one in LESION.items()}}
#: Under ``dates`` of a case sheet: when ...
DATES: Mapping[str, str] = {
    "diagnosis": "the cancer was diagnosed",
    "progression": "the oligoprogression was found",
    "first_line_start": "the first line of systemic therapy began",
    "second_line_start": "the second line of systemic therapy began",
    "last_radiotherapy": "the last radiotherapy before this one ended; never, where there was none",
    "planning_ct": "the planning CT was made",
    "radiotherapy_start": "this radiotherapy begins",
    "radiotherapy_end": "this radiotherapy ends",
}
NEVER = "never"
#: Those of `DATES` that may be declared as never having been.
MAY_BE_NEVER = ("last_radiotherapy",)


def quantity_of(field: str) -> tuple[str, Quantity]:
    """The name and the description of what a rule asks by a field of the case sheet.

    Raises
    ------
    KeyError
        For a field that no rule asks for.
    """
    for key, quantity in QUANTITIES.items():
        if quantity.field == field:
            return key, quantity
    raise KeyError(field)
