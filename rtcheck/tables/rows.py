"""What a row of constraints may say.

Checks of one key against another stand at the later of the two fields, so that one wrong key doesn't hide the next.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, ValidationInfo, field_validator
from pydantic import Field as Key

from rtcheck.constraint import Limit, Role
from rtcheck.metrics import Metric
from rtcheck.tables.keys import (
    ChildPugh,
    Cited,
    Diagnosis,
    DoseGy,
    DosesGy,
    Fractions,
    Id,
    LimitText,
    MetricText,
    Roi,
    Strict,
    Text,
    problem_at,
)
from rtcheck.tables.plausible import check_doses, check_scale, check_threshold
from rtcheck.tables.quantities import check_acceptable, check_hot_volume, check_limit, check_role

#: How the text of a regimen begins that means every schedule.
_ANY = re.compile(r"any\b", re.IGNORECASE)


class RegimenKeys(Strict):
    """The schedules that a row belongs to."""

    text: Text = Key(
        description="The schedules as the publication says it; begins with 'any' where neither numbers nor doses of "
        "fractions are given."
    )
    fractions: Fractions | None = Key(
        default=None, description="Numbers of fractions: 5, '3-5' or [3, 4, 5]; leave it out for any."
    )
    dose_per_fraction: DosesGy | None = Key(
        default=None,
        validate_default=True,
        description="Dose of one fraction or its range, e.g. '1.8-2 Gy'; leave it out for any.",
    )

    @field_validator("dose_per_fraction")
    @classmethod
    def _not_every_schedule_by_silence(
        cls, dose: tuple[float, float] | None, info: ValidationInfo
    ) -> tuple[float, float] | None:
        text = info.data.get("text")
        if text and dose is None and info.data.get("fractions", ()) is None and not _ANY.match(text):
            raise problem_at(
                "text",
                f"{text!r} alone would apply to every schedule, since words aren't read; add 'fractions' or "
                "'dose_per_fraction', or begin the text with 'any' if every schedule is meant",
            )
        return dose


class PatientsKeys(Strict):
    """The patients that a row belongs to."""

    text: Text = Key(description="The patients as the publication says it.")
    diagnosis: Annotated[list[Diagnosis], Key(min_length=1)] | None = Key(
        default=None, description="Diagnoses that the row is asked of; leave it out for any."
    )
    child_pugh: Annotated[list[ChildPugh], Key(min_length=1)] | None = Key(
        default=None, description="Child-Pugh classes (A) or scores (B7) that the row is asked of."
    )


class GroupKeys(Strict):
    """Rows that belong together."""

    kind: Literal["any", "all", "set"] = Key(
        description="any: alternatives, one that is met is enough; all: each is asked by itself; set: one limit in "
        "several rows, whose published rate holds only where all are met."
    )
    text: Text = Key(description="What the rows have in common, as the publication says it.")


class Row(Cited):
    """One row of a table."""

    # Read by itself, too, where a table changes one that it takes over.
    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=False)

    id: Id = Key(description="Unique over all tables: table.organ.what, e.g. quantec.liver.mean30_32.")
    organ: Text = Key(description="What the publication calls the organ; heads the row in reports.")
    roi: Roi = Key(
        description="ROI by its TG-263 name, a pattern (GTV*), or an expression: - without, + or, & and, all(A, B) "
        "each of, any(A, B) one is enough, ring(...), margins."
    )
    published_roi: Text | None = Key(default=None, description="The structure as the publication calls it.")
    # Before the limit, which is checked against it.
    role: Literal["limit", "set-member", "risk-point", "observational"] = Key(
        default="limit",
        description="limit: pass or fail; set-member: pass or fail, in a group of kind set; risk-point: a dose at "
        "which the publication quotes a rate; observational: what was used in practice. The last two are shown, never "
        "judged.",
    )
    metric: MetricText = Key(description="What is measured, and in brackets the unit of the answer (TG-263).")
    limit: LimitText = Key(
        description="Comparator as printed, number and unit of the metric. '=', '~' and 'between ... and ...' are for "
        "rows that are never judged."
    )
    hot_volume_intended: bool = Key(
        default=False,
        validate_default=True,
        description="true where the dose of the hottest 100 cc or more is really meant, not that of a spared volume.",
    )
    acceptable: LimitText | None = Key(
        default=None, description="A laxer bound: met, but not the limit, is ACCEPTABLE."
    )
    requirement: Literal["required", "if_contoured"] = Key(
        default="if_contoured",
        description="if_contoured: without the ROI the row isn't asked; required: without it the row isn't evaluated.",
    )
    regimen: RegimenKeys = Key(description="The schedules that the row belongs to; others aren't asked it.")
    native_fractions: Fractions | None = Key(
        default=None,
        description="Numbers of fractions that the limit was derived for, where the row asks it of any schedule.",
    )
    alpha_beta: DoseGy | None = Key(default=None, description="The organ's alpha/beta, e.g. '3 Gy'.")
    basis: Literal["physical", "BED", "EQD2"] = Key(
        default="physical",
        validate_default=True,
        description="What the doses of metric and limit are; BED and EQD2 need alpha_beta.",
    )
    patients: PatientsKeys | None = Key(default=None, description="The patients that the row belongs to.")
    irradiation: Text | None = Key(default=None, description="Technique, as published.")
    endpoint: Text | None = Key(default=None, description="Toxicity or outcome, as published.")
    rate_pct: Text | None = Key(default=None, description="Rate of the endpoint in percent, as published: '<5'.")
    volume_segmented: Text | None = Key(default=None, description="Which part of the organ was drawn, as published.")
    notes: Text | None = Key(default=None, description="What a reader should know of the row.")
    group: Id | None = Key(default=None, description="Id of one of the file's `groups`.")

    @field_validator("metric")
    @classmethod
    def _metric_makes_sense(cls, metric: Metric) -> Metric:
        check_threshold(metric)
        return metric

    @field_validator("limit")
    @classmethod
    def _limit_fits(cls, limit: Limit, info: ValidationInfo) -> Limit:
        if role := info.data.get("role"):
            check_role(Role(role), limit)
        if metric := info.data.get("metric"):
            check_limit(metric, limit)
            check_scale(metric, limit)
        return limit

    @field_validator("hot_volume_intended")
    @classmethod
    def _hot_volume(cls, intended: bool, info: ValidationInfo) -> bool:
        metric, limit = info.data.get("metric"), info.data.get("limit")
        if metric and limit and not intended:
            try:
                check_hot_volume(metric, limit)
            except ValueError as error:
                # The key that is wrong is the metric, not this one, which may not even be in the file.
                raise problem_at("metric", str(error)) from None
        return intended

    @field_validator("basis")
    @classmethod
    def _has_alpha_beta(cls, basis: str, info: ValidationInfo) -> str:
        if basis != "physical" and info.data.get("alpha_beta", 0.0) is None:
            raise ValueError(f"a limit in {basis} needs alpha_beta")
        # Which doses make sense hangs on the basis; the key that is wrong is the one with the dose.
        for key in ("metric", "limit", "acceptable"):
            try:
                check_doses(info.data.get(key), basis)
            except ValueError as error:
                raise problem_at(key, str(error)) from None
        return basis

    @field_validator("acceptable")
    @classmethod
    def _laxer(cls, acceptable: Limit | None, info: ValidationInfo) -> Limit | None:
        if acceptable is not None and (limit := info.data.get("limit")):
            check_acceptable(limit, acceptable)
            if metric := info.data.get("metric"):
                check_scale(metric, acceptable)
        return acceptable
