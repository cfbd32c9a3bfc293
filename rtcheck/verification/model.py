"""What a report is verified with, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from rtcheck.nomenclature import Names
from rtcheck.pipeline import Result
from rtcheck.plan_checks import Tuning
from rtcheck.record import signed_objects
from rtcheck.sheet import CaseSheet, SignOff
from rtcheck.verification.plain import dicts_of, mapping_of

#: Parts of a provenance that are compared item by item, and what a difference in them is called.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "software": "software",
        "protocol": "protocol",
        "site": "table",
        "tables": "table",
        "names_files": "names",
        "data": "data",
        "plan_checks": "tuning",
        "case_sheet": "case-sheet",
        "sign_offs": "sign-offs",
    }
)
#: The options that give those that may be a clinic's files.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "protocol": "--protocol",
        "site": "--site",
        "tables": "--table",
        "names_files": "--names",
        "plan_checks": "--checks",
        "case_sheet": "--case",
        "sign_offs": "--record",
    }
)


@dataclass(frozen=True)
class Difference:
    """One thing in which a report and its recomputation differ.

    Attributes
    ----------
    kind : str
        ``report``, ``input``, ``case-sheet``, ``sign-offs``, ``protocol``, ``table``, ``tuning``, ``names``, ``data``,
        ``software``, ``recomputation``, ``verdict``, ``finding`` or ``provenance``.
    where : str
        The file, finding or key concerned.
    message : str
        What differs, in one sentence.
    """

    kind: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.message}"


@dataclass(frozen=True, eq=False)
class Report:
    """A report as it was read.

    Attributes
    ----------
    text : str
    document : mapping
    """

    text: str
    document: Mapping[str, object]

    @property
    def provenance(self) -> Mapping[str, object]:
        """What it was made of."""
        return mapping_of(self.document, "provenance")


@dataclass(frozen=True, eq=False)
class Arguments:
    """What `rtcheck.verification.verify` is given besides the inputs: see there."""

    protocol: str | Path | None = None
    tables: tuple[str | Path, ...] = ()
    site: str | Path | None = None
    sheet: str | Path | CaseSheet | None = None
    record: str | Path | None = None
    tuning: str | Path | Tuning | None = None
    names: str | Path | Names | None = None

    @property
    def files(self) -> Sequence[tuple[str, Path]]:
        """The clinic's files among them, with their keys in a provenance."""
        asked = (
            ("protocol", self.protocol),
            ("site", self.site),
            *(("tables", table) for table in self.tables),
            ("names_files", self.names),
            ("plan_checks", self.tuning),
            ("case_sheet", self.sheet),
        )
        return [(key, Path(one)) for key, one in asked if isinstance(one, str | Path) and Path(one).is_file()]


@dataclass(frozen=True)
class Given:
    """What a report is verified with, by SHA-256; nothing of it is parsed.

    Attributes
    ----------
    inputs : tuple of (str, str)
        Name and SHA-256 of every DICOM file.
    clinics : tuple of (str, str, str)
        Of the clinic's files the key in a provenance, the name and the SHA-256.
    problems : tuple of Difference
        What couldn't be read.
    """

    inputs: tuple[tuple[str, str], ...] = ()
    clinics: tuple[tuple[str, str, str], ...] = ()
    problems: tuple[Difference, ...] = ()


@dataclass(frozen=True, eq=False)
class Verification:
    """What came of recomputing a report.

    Attributes
    ----------
    verdict : str
        The report's own.
    time : str
        When it was made.
    digest : str
        Of what it says now; who kept it elsewhere compares.
    findings : int
        How many it has.
    differences : tuple of Difference
        Empty where it could be recomputed to the last digit from the very same files.
    remarks : tuple of str
        What is otherwise and isn't held against it: versions of packages, names of files, files that aren't DICOM.
    result : Result or None
        The recomputation; None where it wasn't possible.
    later_sign_offs : tuple of SignOff
        What the record has of this case after the sign-offs of the report, which alone are recomputed; empty without a
        recomputation, and where the report's own aren't in the record, which is a difference.
    """

    verdict: str
    time: str
    digest: str
    findings: int
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()
    result: Result | None = field(default=None, repr=False)
    later_sign_offs: tuple[SignOff, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def later(self) -> str:
        """How many later entries the record has, and the last decision of everybody in them; empty for none."""
        if not self.later_sign_offs:
            return ""
        # Of everybody, and of files: an approval by another person, or of a new plan, lifts no rejection.
        last = {(one.subject, one.role, one.name, one.objects): one for one in self.later_sign_offs}
        count = len(self.later_sign_offs)
        entries = "entry" if count == 1 else "entries"
        return f"{count} later {entries} in the record: {', '.join(map(self._decision, last.values()))}"

    def _decision(self, one: SignOff) -> str:
        is_other = (
            self.result is not None
            and one.objects
            and set(one.objects) != set(signed_objects(self.result.case.study, one.subject))
        )
        told = f"{one.date.isoformat()}, other files" if is_other else one.date.isoformat()
        return f"{one.subject.value} {one.decision.value} by {one.name} ({told})"


def blocks_of(provenance: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """The items of a part of a provenance, which is one or a list of them; a table's bases are items beside it."""
    block = provenance.get(key)
    items = [block] if isinstance(block, dict) else dicts_of(provenance, key)
    bases = {str(base): base for item in items for base in dicts_of(item, "bases")}
    return [*({name: value for name, value in item.items() if name != "bases"} for item in items), *bases.values()]
