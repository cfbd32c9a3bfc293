"""A rule of a protocol by its kind of check: the model that reads it, and the value that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field as Key

from rtcheck import rules
from rtcheck.rules import Rule
from rtcheck.tables.plan_rules import (
    ContainsKeys,
    DrawnKeys,
    EveryLesionTreatedKeys,
    LesionCountKeys,
    MarginKeys,
    OrganCountKeys,
    PixelSizeKeys,
    PrescribedDoseKeys,
    SliceThicknessKeys,
)
from rtcheck.tables.sheet_rules import (
    ApprovalKeys,
    AttestedKeys,
    ClassificationKeys,
    DeclaredKeys,
    ElapsedKeys,
    FollowUpKeys,
)

AnyRule = Annotated[
    LesionCountKeys
    | OrganCountKeys
    | EveryLesionTreatedKeys
    | DrawnKeys
    | SliceThicknessKeys
    | PixelSizeKeys
    | ContainsKeys
    | MarginKeys
    | DeclaredKeys
    | ElapsedKeys
    | AttestedKeys
    | ApprovalKeys
    | ClassificationKeys
    | FollowUpKeys
    | PrescribedDoseKeys,
    Key(discriminator="check"),
]

#: What the file calls the kind of a rule, by the class of its value.
CHECKS: Mapping[type[Rule], str] = {
    rules.LesionCount: "lesion-count",
    rules.OrganCount: "organ-count",
    rules.EveryLesionTreated: "every-lesion-treated",
    rules.Drawn: "drawn",
    rules.SliceThickness: "slice-thickness",
    rules.PixelSize: "pixel-size",
    rules.Contains: "contains",
    rules.MarginRange: "margin",
    rules.Declared: "declared",
    rules.Elapsed: "elapsed",
    rules.Attested: "attested",
    rules.Approval: "approval",
    rules.Classification: "classification",
    rules.FollowUp: "follow-up",
    rules.PrescribedDose: "prescribed-dose",
}
