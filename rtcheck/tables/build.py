"""The models of a file -> the values that checks use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rtcheck.constraint import (
    BedRule,
    Constraint,
    Group,
    GroupKind,
    NoLimit,
    Patients,
    Regimen,
    RequiredRoi,
    Requirement,
    Role,
)
from rtcheck.document import Document, Loc
from rtcheck.finding import Source
from rtcheck.protocol import Amendment, Site
from rtcheck.rules import Rule
from rtcheck.tables.keys import Cites, Reference
from rtcheck.tables.rows import GroupKeys, RegimenKeys, Row
from rtcheck.tables.schema import BedKeys, Override, ProtocolFile, RequiredKeys, SiteFile, TableFile, WordingKeys
from rtcheck.units import PHYSICAL, Comparator, DoseBasis, DoseKind


def constraints(
    model: TableFile | ProtocolFile, document: Document, groups: Mapping[str, Group]
) -> tuple[Constraint, ...]:
    """The rows of a file itself, in file order."""
    return tuple(
        constraint(row, source_of(row, model, document, ("rows", index)), groups)
        for index, row in enumerate(model.rows)
    )


def constraint(row: Row, source: Source, groups: Mapping[str, Group], overrides: str = "") -> Constraint:
    """The value of one row."""
    patients = row.patients
    return Constraint(
        id=row.id,
        organ=row.organ,
        roi=row.roi,
        metric=row.metric,
        goal=row.limit,
        acceptable=row.acceptable,
        source=source,
        regimen=_regimen(row.regimen),
        patients=Patients(frozenset(patients.diagnosis or ()), frozenset(patients.child_pugh or ()), patients.text)
        if patients
        else Patients(),
        requirement=Requirement(row.requirement),
        role=Role(row.role),
        endpoint=row.endpoint or "",
        rate_pct=row.rate_pct or "",
        irradiation=row.irradiation or "",
        volume_segmented=row.volume_segmented or "",
        published_roi=row.published_roi or "",
        notes=row.notes or "",
        transcriptions=row.transcriptions,
        group=groups[row.group] if row.group else None,
        native_fractions=row.native_fractions,
        alpha_beta_gy=row.alpha_beta,
        basis=PHYSICAL if row.basis == "physical" else DoseBasis(DoseKind(row.basis), row.alpha_beta),
        overrides=overrides,
    )


def groups(keys: Mapping[str, GroupKeys]) -> dict[str, Group]:
    """The groups of a file by their ids."""
    return {one: Group(one, GroupKind(group.kind), group.text) for one, group in keys.items()}


def site(model: SiteFile, document: Document) -> Site:
    """The value of a site file."""
    return Site(
        id=model.id,
        title=model.title,
        version=model.version,
        required_rois=required_rois(model.required, model.id, model.citation, document, "required"),
        file=document.name,
        sha256=document.sha256,
    )


def bed_rule(bed: BedKeys, model: ProtocolFile, document: Document) -> BedRule:
    """The dose rule of a protocol."""
    line = document.place_of(("bed",), key=True).line
    source = Source(model.id, bed.id, document.name, line, citation_of(bed, model.sources), bed.status)
    return BedRule(bed.alpha_beta, Comparator.GE, bed.at_least, source, may_be_reduced=bed.may_be_reduced)


def rules(model: ProtocolFile, document: Document) -> tuple[Rule, ...]:
    """The rules of a protocol, in file order."""
    file = document.name
    return tuple(
        keys.value(
            Source(
                model.id,
                keys.id,
                file,
                document.place_of(("rules", index)).line,
                citation_of(keys, model.sources),
                keys.status or "",
            )
        )
        for index, keys in enumerate(model.rules)
    )


def amendments(model: ProtocolFile) -> tuple[Amendment, ...]:
    """The versions of a protocol after its first."""
    return tuple(Amendment(one.version, one.date.isoformat(), one.what) for one in model.amendments)


def wording(model: ProtocolFile) -> Mapping[str, str]:
    """What a trial calls the verdicts, by verdict."""
    said = {field.alias: getattr(model.wording, name, None) for name, field in WordingKeys.model_fields.items()}
    return MappingProxyType({verdict: words for verdict, words in said.items() if verdict and words})


def required_rois(
    listed: list[RequiredKeys], owner: str, citation: str | None, document: Document, key: str
) -> tuple[RequiredRoi, ...]:
    """The ROIs that a site or a protocol lists under `key`."""
    file = document.name
    return tuple(
        RequiredRoi(
            required.roi,
            Source(owner, f"required.{required.roi}", file, document.place_of((key, index)).line, citation or ""),
            tuple(NoLimit(_regimen(one.regimen), one.because) for one in required.no_limit or ()),
            tuple(required.judged_by or ()),
        )
        for index, required in enumerate(listed)
    )


def source_of(row: Row, model: TableFile | ProtocolFile, document: Document, loc: Loc) -> Source:
    """Where a row of a file stands and comes from."""
    line = document.place_of(loc).line
    return Source(model.id, row.id, document.name, line, citation_of(row, model.sources), row.status)


def citation_of(cited: Cites | Override, sources: Mapping[str, Reference]) -> str:
    """Publication, place in it and DOI in one line."""
    reference = sources.get(cited.source) if cited.source else None
    citation = cited.citation or (reference.citation if reference else "")
    # The DOI of the file's source belongs to that source, not to a citation that replaces it.
    doi = cited.doi or (reference.doi if reference and cited.citation in (None, reference.citation) else None)
    parts = [citation, cited.locator or "", f"doi:{doi}" if doi else ""]
    return "; ".join(part for part in parts if part)


def _regimen(keys: RegimenKeys) -> Regimen:
    return Regimen(keys.text, keys.fractions, keys.dose_per_fraction)
