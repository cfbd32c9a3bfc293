"""Rules of protocols as plain data and as pages: what a list shows, and what is on file of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum

from rtcheck.constraint import BedRule
from rtcheck.protocol import Protocol
from rtcheck.report.constraints.phrases import listed
from rtcheck.report.constraints.rule_words import LEVEL_WORDS, asks, needs
from rtcheck.rules import Rule
from rtcheck.tables.rules import CHECKS

#: Said apart from what the kind of a rule has by itself.
_COMMON = frozenset(field.name for field in fields(Rule))


@dataclass(frozen=True)
class ListedRule:
    """A rule, and the protocol that asks it.

    Attributes
    ----------
    rule : Rule
    protocol : str
        Id of the protocol.
    title : str
        Of the protocol.
    """

    rule: Rule
    protocol: str
    title: str

    @property
    def check(self) -> str:
        """The kind of the rule, as the protocol's file calls it."""
        return CHECKS[type(self.rule)]


def rules_of(protocols: Iterable[Protocol]) -> tuple[ListedRule, ...]:
    """The rules of protocols, in file order."""
    return tuple(ListedRule(rule, one.id, one.title) for one in protocols for rule in one.rules)


def rule_document(one: ListedRule) -> dict[str, object]:
    """A rule as plain data; what belongs to its kind alone stands under ``asks``."""
    rule = one.rule
    own = {field.name: _plain(getattr(rule, field.name)) for field in fields(rule) if field.name not in _COMMON}
    return {
        "id": rule.id,
        "protocol": one.protocol,
        "check": one.check,
        "title": rule.title,
        "level": rule.level.value,
        "asks": own,
        "covers": list(rule.covers),
        "status": rule.source.status or None,
        "citation": rule.source.citation,
        "notes": rule.notes or None,
        "file": rule.source.file,
        "line": rule.source.line,
    }


def rule_page(one: ListedRule) -> tuple[tuple[str, str], ...]:
    """Labels and texts of what a rule says, in reading order; what it doesn't say is left out."""
    rule, source = one.rule, one.rule.source
    pairs = (
        ("Protocol", f"{one.protocol}: {one.title}"),
        ("Check", one.check),
        ("Level", f"{rule.level.value}: {LEVEL_WORDS[rule.level]}"),
        ("Asks", asks(rule)),
        ("Needs", needs(rule)),
        ("Also answers", listed(rule.covers)),
        ("Status", source.status),
        ("Source", source.citation),
        ("File", f"{source.file}, line {source.line}" if source.line else source.file),
        ("Notes", rule.notes),
    )
    return tuple((label, text) for label, text in pairs if text)


def protocol_document(protocol: Protocol) -> dict[str, object]:
    """A protocol as plain data: what it asks besides the rows of its tables."""
    return {
        "id": protocol.id,
        "title": protocol.title,
        "version": protocol.version,
        "diagnosis": protocol.diagnosis,
        "child_pugh": sorted(protocol.child_pugh),
        "bed": dose_rule_document(protocol) or None,
        "rules": [rule_document(one) for one in rules_of([protocol])],
        "rows": [row.id for row in protocol.constraints],
        "tables": [table.id for table in protocol.tables],
        "selection": protocol.selection,
        "reference_tables": list(protocol.reference_tables),
        "site": protocol.site.id if protocol.site else None,
        "required_rois": [required.roi for required in protocol.required_rois],
        "plan_checks": list(protocol.plan_checks),
        "amendments": [{"version": one.version, "date": one.date, "what": one.what} for one in protocol.amendments],
        "wording": dict(protocol.wording),
        "notes": list(protocol.notes),
        "file": protocol.file,
        "sha256": protocol.sha256,
    }


def protocol_page(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    """Labels and texts of a protocol itself, its rules left to a list of their own."""
    bed = protocol.bed
    pairs = (
        ("Version", protocol.version),
        ("Diagnosis", protocol.diagnosis or ""),
        ("Dose rule", f"{bed.source.row}: {_bed_text(bed)}" if bed else "none"),
        ("Tables", listed([table.id for table in protocol.tables]) or "none"),
        (
            "Reference",
            f"{listed(protocol.reference_tables)}, as a reference alone" if protocol.reference_tables else "",
        ),
        ("Own rows", listed([row.id for row in protocol.constraints]) or "none"),
        ("Required", listed([required.roi for required in protocol.required_rois])),
        ("Plan checks", f"{len(protocol.plan_checks)} are asked" if protocol.plan_checks else "none"),
        ("Verdicts", "; ".join(f"{verdict}: {words}" for verdict, words in protocol.wording.items())),
        ("Amendments", "; ".join(f"{one.version} ({one.date}): {one.what}" for one in protocol.amendments)),
        ("File", protocol.file),
        ("Notes", " ".join(protocol.notes)),
    )
    return tuple((label, text) for label, text in pairs if text)


def dose_rule_document(protocol: Protocol) -> dict[str, object]:
    """A protocol's dose rule as plain data; empty where it has none."""
    bed = protocol.bed
    if bed is None:
        return {}
    return {
        "id": bed.source.row,
        "alpha_beta_gy": bed.alpha_beta_gy,
        "at_least_gy": bed.bed_gy,
        "may_be_reduced": bed.may_be_reduced,
        "citation": bed.source.citation,
        "status": bed.source.status,
    }


def dose_rule_page(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    """A protocol's dose rule in plain English; empty where it has none."""
    bed = protocol.bed
    if bed is None:
        return ()
    reduced = "Less than that, where the case sheet names the reason and the organ at risk that limits the dose."
    pairs = (
        ("Protocol", f"{protocol.id}: {protocol.title}"),
        ("Asks", f"{_bed_text(bed)}. It is asked of the prescription; the dose achieved is shown beside it."),
        ("PASS", f"At least {bed.bed_gy:g} Gy; exactly {bed.bed_gy:g} Gy passes."),
        ("ACCEPTABLE", reduced if bed.may_be_reduced else ""),
        ("FAIL", f"Less than {bed.bed_gy:g} Gy{' without such a record' if bed.may_be_reduced else ''}."),
        ("NOT EVALUATED", "Where a target has no prescription, or its dose contradicts it."),
        ("Status", bed.source.status),
        ("Source", bed.source.citation),
    )
    return tuple((label, text) for label, text in pairs if text)


def _bed_text(bed: BedRule) -> str:
    less = "; less is acceptable with a reason and a limiting organ on record" if bed.may_be_reduced else ""
    return f"BED >= {bed.bed_gy:g} Gy (alpha/beta {bed.alpha_beta_gy:g} Gy) for every target{less}"


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value
