"""Case sheets of the samples as text: YAML with the comments that a reader of an example wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtcheck.errors import UsageError
from rtcheck.sheet import Attestation, CaseSheet, DeclaredLesion, SignOff

#: Where editors find the schema, seen from a folder of ``sample_plans``.
SCHEMA = "../../constraints/schema/case.json"


@dataclass(frozen=True)
class SheetSpec:
    """One case sheet of a sample.

    Attributes
    ----------
    point : str
        What this case shows, in a sentence.
    expected : str
        Verdict of the whole protocol.
    sheet : CaseSheet
        What is declared; `CaseSheet.file` is the file's name.
    """

    point: str
    expected: str
    sheet: CaseSheet


def sheet_text(spec: SheetSpec) -> str:
    """The sheet as a YAML file.

    Parameters
    ----------
    spec : SheetSpec
        Its sheet declares every field of the patient and a list of lesions.

    Raises
    ------
    UsageError
        If a question of yes or no isn't answered.
    """
    sheet = spec.sheet
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        f"# {spec.point}",
        f"# Expected verdict of {sheet.protocol}: {spec.expected}. Nobody is behind this case.",
        "schema: 1",
        f"subject: {sheet.subject}  # the trial's code, never a name",
        f"centre: {sheet.centre}",
        f"protocol: {sheet.protocol}",
        "",
        *_patient(sheet),
        "",
        *_dates(sheet),
        "",
        *_lesions(sheet.lesions or ()),
        "",
        "# What was done and no file shows.",
        "attestations:",
        *(_item(_attestation(attestation)) for attestation in sheet.attestations),
        "",
        "# Contours: two radiation oncologists. Plan: dosimetrist, physicist, radiation oncologist. Initials do.",
        "sign_offs:",
        *(_item(_sign_off(sign_off)) for sign_off in sheet.sign_offs),
    ]
    return "\n".join(lines) + "\n"


def _patient(sheet: CaseSheet) -> Iterator[str]:
    yield "# As scored in the clinic; nothing of it is derived from other values."
    yield "patient:"
    yield f"  child_pugh: {sheet.child_pugh}"
    yield f"  ecog: {sheet.ecog}"
    yield f"  age: {sheet.age}"
    yield f"  bclc: {sheet.bclc}"
    yield f"  stable_disease: {sheet.stable_months:g} months  # on first-line systemic therapy, before it progressed"
    yield f"  anticipated_survival: {sheet.survival_months:g} months"
    yield f"  afp: {sheet.afp_ng_ml:g} ng/mL"
    yield f"  early_progression: {_yes_no(sheet.early_progression, 'early_progression')}"
    repeat = _yes_no(sheet.prior_oligoprogression, "prior_oligoprogression")
    yield f"  prior_oligoprogression: {repeat}  # yes: repeat oligoprogression"
    yield f"  most_lesions_before: {sheet.prior_lesions}  # more than 5, or"
    yield f"  most_organs_before: {sheet.prior_organs}  # more than 3 at any time before: induced oligoprogression"


def _dates(sheet: CaseSheet) -> Iterator[str]:
    yield "dates:"
    for key, date in sheet.dates.items():
        yield f"  {key}: {date.isoformat()}"
    for key in sorted(sheet.never):
        yield f"  {key}: never"


def _lesions(lesions: tuple[DeclaredLesion, ...]) -> Iterator[str]:
    yield "# All lesions that progress, the primary tumour included; gtv, ctv and ptv are names of ROIs."
    yield "lesions:"
    for number, lesion in enumerate(lesions):
        # A comment is read once.
        entries = [entry if number == 0 else entry.split("  #")[0] for entry in _lesion(lesion)]
        yield f"  - {entries[0]}"
        yield from (f"    {entry}" for entry in entries[1:])


def _lesion(lesion: DeclaredLesion) -> Iterator[str]:
    yield f"name: {lesion.name}"
    yield f"organ: {lesion.organ}"
    yield f"kind: {lesion.kind.value}"
    yield f"bone: {_yes_no(lesion.bone, 'bone')}"
    yield f"vertebra: {_yes_no(lesion.vertebra, 'vertebra')}"
    yield f"mobile: {_yes_no(lesion.mobile, 'mobile')}  # with breathing"
    yield f"measurable: {_yes_no(lesion.measurable, 'measurable')}  # by RECIST 1.1"
    yield from (f"{key}: {value}" for key, value in (("gtv", lesion.gtv), ("ctv", lesion.ctv), ("ptv", lesion.ptv)))
    if lesion.plan is not None:
        yield f"plan: {lesion.plan}  # its label"
    if lesion.motion is not None:
        yield f"motion: {lesion.motion}"
    yield f"prior_radiotherapy: {_yes_no(lesion.prior_radiotherapy, 'prior_radiotherapy')}"
    if lesion.reduction is not None:
        yield "# Why the prescription is below BED10 60 Gy, and the organ that limits it."
        yield "reduced:"
        yield f"  reason: {lesion.reduction.reason}"
        yield f"  organ: {lesion.reduction.organ}"


def _attestation(attestation: Attestation) -> dict[str, str]:
    entries = {
        "key": attestation.key,
        "answer": _yes_no(attestation.answer, attestation.key),
        "name": attestation.name,
        "role": attestation.role.value,
        "date": attestation.date.isoformat(),
        "remark": f'"{attestation.remark}"' if attestation.remark else "",
        "lesion": attestation.lesion or "",
    }
    return {key: value for key, value in entries.items() if value}


def _sign_off(sign_off: SignOff) -> dict[str, str]:
    return {
        "of": sign_off.subject.value,
        "role": sign_off.role.value,
        "name": sign_off.name,
        "date": sign_off.date.isoformat(),
        "decision": sign_off.decision.value,
        "round": str(sign_off.round),
    }


def _item(entries: dict[str, str]) -> str:
    return "  - {" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"


def _yes_no(answer: bool | None, of: str) -> str:
    if answer is None:
        raise UsageError(f"a sample's sheet declares everything, and {of} is missing")
    return "yes" if answer else "no"
