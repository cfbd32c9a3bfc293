"""The case sheet: what DICOM doesn't know of a patient's treatment, as somebody declared it.

Nothing is filled in: what the sheet doesn't say is None, and every rule that needs it is not evaluated by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType

#: What people write where they have nothing to say, letters alone: ``n/a``, ``not known``, ``tbd``.
_NOTHING = frozenset(
    (
        *("na", "no", "nil", "none", "nothing", "unknown", "notknown", "notapplicable", "notavailable", "notyet"),
        *("tbd", "tba", "tbc", "todo", "pending", "asdf", "asdfasdf", "qwerty", "test", "dummy", "placeholder"),
        *("keine", "keiner", "keines", "nichts", "unbekannt", "offen", "aucun", "aucune", "rien", "inconnu"),
        *("inconnue", "ninguno", "ninguna", "nada", "desconocido", "nessuno", "nessuna", "sconosciuto"),
    )
)


def says_nothing(text: str) -> bool:
    """Whether a text only stands where one is asked for: without letters, ``n/a``, ``none``, ``TBD``, ``xxx``."""
    letters = "".join(letter for letter in text.casefold() if letter.isalpha())
    if not letters or letters in _NOTHING:
        return True
    # L1 is a vertebra, and one sign may be an organ's name in Chinese.
    return letters.isascii() and len(set(letters)) == 1 and not any(sign.isdigit() for sign in text)


class LesionKind(Enum):
    """What a lesion is, for the rules that count lesions."""

    PRIMARY = "primary"
    METASTASIS = "metastasis"
    LYMPH_NODE = "lymph-node"
    #: Macrovascular tumour thrombus: each counts by itself.
    THROMBUS = "thrombus"


class Role(Enum):
    """What somebody who signs is."""

    RADIATION_ONCOLOGIST = "radiation-oncologist"
    PHYSICIST = "physicist"
    DOSIMETRIST = "dosimetrist"
    INVESTIGATOR = "investigator"
    MONITOR = "monitor"


class Decision(Enum):
    """What somebody who signs says."""

    APPROVED = "approved"
    #: Approved on conditions that the remark names; not an approval until they are met and it is signed again.
    CONDITIONAL = "conditional"
    REJECTED = "rejected"
    #: An earlier decision of the same person is taken back.
    WITHDRAWN = "withdrawn"


class Subject(Enum):
    """What is signed."""

    CONTOURS = "contours"
    PLAN = "plan"
    REPORT = "report"


@dataclass(frozen=True)
class Reduction:
    """Why a lesion is prescribed less than the protocol asks.

    Attributes
    ----------
    reason : str
    organ : str
        The organ at risk that limits the dose.
    """

    reason: str
    organ: str


@dataclass(frozen=True)
class DeclaredLesion:
    """A lesion, as declared.

    Attributes
    ----------
    name : str
        Unique in the sheet.
    organ : str
        The organ (or, of a lymph node, the system) that is involved: ``liver``, ``lung``, ``bone``, ``lymph nodes``.
    kind : LesionKind
    station : str or None
        Of a lymph node its site or drainage region: ``16a``.
    bone, vertebra, mobile, measurable : bool or None
        In bone, in a vertebra, moving with breathing, measurable by RECIST.
    gtv, ctv, ptv : str or None
        Names of its ROIs.
    also : tuple of str
        Names of further ROIs that are drawn of it: ``GTV_MR``, an earlier PTV.
    plan : str or None
        Label or SOP Instance UID of the plan that treats it.
    motion : str or None
        How its motion was managed: ``4D CT and ITV``, ``breath hold``, ``gating`` ...
    reduction : Reduction or None
    prior_radiotherapy : bool or None
        Whether its site was irradiated before.
    """

    name: str
    organ: str
    kind: LesionKind
    station: str | None = None
    bone: bool | None = None
    vertebra: bool | None = None
    mobile: bool | None = None
    measurable: bool | None = None
    gtv: str | None = None
    ctv: str | None = None
    ptv: str | None = None
    also: tuple[str, ...] = ()
    plan: str | None = None
    motion: str | None = None
    reduction: Reduction | None = None
    prior_radiotherapy: bool | None = None


@dataclass(frozen=True)
class Attestation:
    """What a person says was done, that no file shows.

    Attributes
    ----------
    key : str
        Which question: ``vertebral-ctv``, ``motion-management``, ``independent-mu-check`` ...
    answer : bool or None
        None where the question doesn't arise, with the reason in `remark`.
    name, role, remark : str
    date : date
    lesion : str or None
        The lesion that it is about; None for all.
    """

    key: str
    answer: bool | None
    name: str
    role: Role
    date: date
    remark: str = ""
    lesion: str | None = None


@dataclass(frozen=True)
class SignOff:
    """One decision of one person on one round.

    Attributes
    ----------
    subject : Subject
    role : Role
    name : str
        Name or initials.
    date : date
    decision : Decision
    remark : str
    round : int
        1 for the first submission, one more for every resubmission; the last round that anybody signed counts.
    objects : tuple of str
        SOP Instance UIDs of what was signed, or SHA-256 of their files; empty where not recorded.
    case : str
        What the sign-off record files it under; empty for one that the case sheet declares, as are the next three.
    written : str
        When it was entered, in UTC.
    previous : str
        Hash of the entry before it of the same case; empty for the first.
    record : str
        Hash of the entry and of the one before it.
    """

    subject: Subject
    role: Role
    name: str
    date: date
    decision: Decision
    remark: str = ""
    round: int = 1
    objects: tuple[str, ...] = ()
    case: str = ""
    written: str = ""
    previous: str = ""
    record: str = ""


@dataclass(frozen=True)
class Override:
    """A person's reason why an alert of a plan check may stand.

    Attributes
    ----------
    check : str
        Id of the plan check: ``E2``.
    reason, name : str
    role : Role
    date : date
    subject : str or None
        The alert's subject; None for all alerts of the check.
    """

    check: str
    reason: str
    name: str
    role: Role
    date: date
    subject: str | None = None


@dataclass(frozen=True)
class CaseSheet:
    """What was declared of one patient's treatment.

    Attributes
    ----------
    file, sha256 : str
        The sheet's file name, and the digest of its bytes.
    subject, centre, protocol : str or None
        Subject code of the trial, never the patient's name.
    files : tuple of str
        SOP Instance UIDs of the structure set and the plans that it was written for; empty where it doesn't say.
    child_pugh : str or None
        ``A5`` ... ``C15``, as scored by a clinician.
    ecog, age : int or None
    bclc : str or None
    stable_months, survival_months : float or None
        Duration of stable disease on systemic therapy; anticipated survival.
    afp_ng_ml : float or None
        Alpha-fetoprotein.
    early_progression : bool or None
    prior_oligoprogression : bool or None
        An earlier oligometastatic or oligoprogressive state: makes this one `repeat`.
    prior_lesions, prior_organs : int or None
        The most lesions and organs that were ever involved: more than 5 or 3 make this state `induced`.
    dates : mapping of str to date
        ``diagnosis``, ``progression``, ``first_line_start``, ``second_line_start``, ``last_radiotherapy``,
        ``planning_ct``, ``radiotherapy_start``, ``radiotherapy_end``.
    never : frozenset of str
        Those of the keys of `dates` that are declared as never having been: ``last_radiotherapy``.
    lesions : tuple of DeclaredLesion or None
        None where the sheet has no list of lesions: how many there are isn't known then.
    prescriptions : mapping of str to str
        Schedule by target, as `Case` takes it.
    names : mapping of str to str
        ROI by organ, confirmed by a person.
    attestations : tuple of Attestation
    sign_offs : tuple of SignOff
    overrides : tuple of Override
    notes : str
    data : mapping
        The file's content, as plain data: what a report keeps of it.
    """

    file: str = ""
    sha256: str = ""
    subject: str | None = None
    centre: str | None = None
    protocol: str | None = None
    child_pugh: str | None = None
    ecog: int | None = None
    age: int | None = None
    bclc: str | None = None
    stable_months: float | None = None
    survival_months: float | None = None
    afp_ng_ml: float | None = None
    early_progression: bool | None = None
    prior_oligoprogression: bool | None = None
    prior_lesions: int | None = None
    prior_organs: int | None = None
    dates: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    never: frozenset[str] = frozenset()
    lesions: tuple[DeclaredLesion, ...] | None = None
    prescriptions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    attestations: tuple[Attestation, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    overrides: tuple[Override, ...] = ()
    notes: str = ""
    files: tuple[str, ...] = ()
    data: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


#: A case of which nobody declared anything.
NOTHING_DECLARED = CaseSheet()
