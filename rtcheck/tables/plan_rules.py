"""Rules that the files answer, with the list of lesions: lesions, planning CT, volumes, prescribed dose."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationInfo, field_validator

from rtcheck import rules
from rtcheck.finding import Source
from rtcheck.rules import Rule, Where
from rtcheck.tables.keys import DosesGy
from rtcheck.tables.rule_keys import KIND, AtMostMm, Count, MarginMm, RuleKeys, TotalGy, Volume, WhereKey

_VOLUMES = ("GTV", "CTV", "PTV")


class LesionCountKeys(RuleKeys):
    """So many lesions are declared, the primary tumour included."""

    check: Annotated[Literal["lesion-count"], KIND]
    lesions: Count = Key(description="How many there may be, both ends included: '1-5'.")
    nodes: Literal["site", "drainage-region"] = Key(
        default="site",
        description="What of lymph nodes counts as one lesion: those of a site, or of a drainage region.",
    )

    def value(self, source: Source) -> Rule:  # noqa: D102
        low, high = self.lesions
        return rules.LesionCount(**self.said(source), low=low, high=high, nodes=self.nodes)


class OrganCountKeys(RuleKeys):
    """So many organs or systems are involved."""

    check: Annotated[Literal["organ-count"], KIND]
    organs: Count = Key(description="How many there may be, both ends included: '1-3'.")

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.OrganCount(**self.said(source), low=self.organs[0], high=self.organs[1])


class EveryLesionTreatedKeys(RuleKeys):
    """Every declared lesion has a target with a prescription."""

    check: Annotated[Literal["every-lesion-treated"], KIND]

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.EveryLesionTreated(**self.said(source))


class DrawnKeys(RuleKeys):
    """Every lesion has a volume that is drawn."""

    check: Annotated[Literal["drawn"], KIND]
    volume: Volume = Key(description="Which of its volumes.")

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.Drawn(**self.said(source), volume=self.volume)


class SliceThicknessKeys(RuleKeys):
    """The slices of the planning CT are thin: by their thickness, and by their distance."""

    check: Annotated[Literal["slice-thickness"], KIND]
    limit: AtMostMm = Key(description="At most so thick: '<= 3 mm'.")

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.SliceThickness(**self.said(source), at_most_mm=self.limit)


class PixelSizeKeys(RuleKeys):
    """The pixels of the planning CT are small, in both directions."""

    check: Annotated[Literal["pixel-size"], KIND]
    limit: AtMostMm = Key(description="At most so large: '<= 1 mm'.")

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.PixelSize(**self.said(source), at_most_mm=self.limit)


class _TwoVolumes(RuleKeys):
    inner: Volume = Key(description="The volume inside.")
    outer: Volume = Key(description="The volume around it.")
    where: WhereKey = Key(
        default="any", description="Which lesions: any, bone, soft-tissue (not in bone), vertebra, mobile."
    )

    @field_validator("outer")
    @classmethod
    def _is_around(cls, outer: str, info: ValidationInfo) -> str:
        inner = info.data.get("inner")
        if inner and _VOLUMES.index(inner) >= _VOLUMES.index(outer):
            raise ValueError(f"{outer} isn't around {inner}; GTV lies in CTV, and CTV in PTV")
        return outer


class ContainsKeys(_TwoVolumes):
    """One volume of a lesion lies inside another."""

    check: Annotated[Literal["contains"], KIND]

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.Contains(**self.said(source), inner=self.inner, outer=self.outer, where=Where(self.where))


class MarginKeys(_TwoVolumes):
    """The margin between two volumes of a lesion lies in a range."""

    check: Annotated[Literal["margin"], KIND]
    range: MarginMm = Key(description="Both ends included: '2-5 mm'.")
    allowed: MarginMm | None = Key(
        default=None, description="A further range, allowed at discretion: ACCEPTABLE. '3-5 mm'."
    )

    @field_validator("allowed")
    @classmethod
    def _widens(cls, allowed: tuple[float, float] | None, info: ValidationInfo) -> tuple[float, float] | None:
        own = info.data.get("range")
        if allowed and own and own[0] <= allowed[0] and allowed[1] <= own[1]:
            raise ValueError(f"{allowed[0]:g} to {allowed[1]:g} mm lies inside the range, and allows nothing further")
        return allowed

    def value(self, source: Source) -> Rule:  # noqa: D102
        low, high = self.range
        return rules.MarginRange(
            **self.said(source),
            inner=self.inner,
            outer=self.outer,
            low_mm=low,
            high_mm=high,
            allowed_mm=self.allowed,
            where=Where(self.where),
        )


class PrescribedDoseKeys(RuleKeys):
    """Total dose and dose per fraction of every target lie in ranges."""

    check: Annotated[Literal["prescribed-dose"], KIND]
    total: TotalGy = Key(description="Both ends included: '40-60 Gy'.")
    dose_per_fraction: DosesGy | None = Key(default=None, description="'2 Gy', or a range.")

    def value(self, source: Source) -> Rule:  # noqa: D102
        low, high = self.total
        dose = self.dose_per_fraction
        return rules.PrescribedDose(**self.said(source), low_gy=low, high_gy=high, dose_per_fraction_gy=dose)
