"""The models of a file -> the values that checks use."""

from __future__ import annotations

from pathlib import Path

from rtcheck.constraint import BedRule, Constraint, Patients, Regimen, RequiredRoi, Requirement, Role
from rtcheck.finding import Source
from rtcheck.protocol import Protocol, Table
from rtcheck.tables.loader import Document
from rtcheck.tables.schema import BedKeys, Cited, ProtocolFile, Reference, Row, TableFile
from rtcheck.units import PHYSICAL, Comparator, DoseBasis, DoseKind


def table(model: TableFile, document: Document) -> Table:
    """The value of a table file."""
    return Table(
        id=model.id,
        title=model.title,
        version=model.version,
        constraints=_constraints(model, document),
        file=Path(document.file).name,
        sha256=document.sha256,
        disclaimer=model.disclaimer or "",
    )


def protocol(model: ProtocolFile, document: Document, tables: tuple[Table, ...]) -> Protocol:
    """The value of a protocol file and its tables."""
    return Protocol(
        id=model.id,
        title=model.title,
        version=model.version,
        tables=tables,
        constraints=_constraints(model, document),
        bed=_bed_rule(model.bed, model, document) if model.bed else None,
        required_rois=tuple(_required_roi(index, model, document) for index in range(len(model.required_rois))),
        diagnosis=model.diagnosis,
        file=Path(document.file).name,
        sha256=document.sha256,
        notes=tuple(model.notes),
        child_pugh=frozenset(model.child_pugh or ()),
    )


def _constraints(model: TableFile | ProtocolFile, document: Document) -> tuple[Constraint, ...]:
    return tuple(_constraint(index, row, model, document) for index, row in enumerate(model.rows))


def _constraint(index: int, row: Row, model: TableFile | ProtocolFile, document: Document) -> Constraint:
    line = document.place_of(("rows", index)).line
    patients, regimen = row.patients, row.regimen
    return Constraint(
        id=row.id,
        organ=row.organ,
        roi=row.roi,
        metric=row.metric,
        goal=row.limit,
        acceptable=row.acceptable,
        source=Source(model.id, row.id, Path(document.file).name, line, citation_of(row, model.sources), row.status),
        regimen=Regimen(regimen.text, regimen.fractions, regimen.dose_per_fraction),
        patients=Patients(frozenset(patients.diagnosis or ()), frozenset(patients.child_pugh or ()), patients.text)
        if patients
        else Patients(),
        requirement=Requirement(row.requirement),
        role=Role(row.role),
        endpoint=row.endpoint or "",
        rate_pct=row.rate_pct or "",
        irradiation=row.irradiation or "",
        volume_segmented=row.volume_segmented or "",
        notes=row.notes or "",
        group=row.group or "",
        native_fractions=row.native_fractions,
        alpha_beta_gy=row.alpha_beta,
        basis=PHYSICAL if row.basis == "physical" else DoseBasis(DoseKind(row.basis), row.alpha_beta),
    )


def _bed_rule(bed: BedKeys, model: ProtocolFile, document: Document) -> BedRule:
    line = document.place_of(("bed",), key=True).line
    source = Source(model.id, bed.id, Path(document.file).name, line, citation_of(bed, model.sources), bed.status)
    return BedRule(bed.alpha_beta, Comparator.GE, bed.at_least, source)


def _required_roi(index: int, model: ProtocolFile, document: Document) -> RequiredRoi:
    roi = model.required_rois[index]
    line = document.place_of(("required_rois", index)).line
    citation = model.required_rois_citation or ""
    return RequiredRoi(roi, Source(model.id, f"required.{roi}", Path(document.file).name, line, citation))


def citation_of(cited: Cited, sources: dict[str, Reference]) -> str:
    """Publication, place in it and DOI in one line."""
    reference = sources.get(cited.source) if cited.source else None
    citation = cited.citation or (reference.citation if reference else "")
    # The DOI of the file's source belongs to that source, not to a citation that replaces it.
    doi = cited.doi or (reference.doi if reference and cited.citation in (None, reference.citation) else None)
    parts = [citation, cited.locator or "", f"doi:{doi}" if doi else ""]
    return "; ".join(part for part in parts if part)
