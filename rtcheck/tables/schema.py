"""What a table, a site, a protocol and a file of cases may say: pydantic models, one field a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal, get_type_hints

from pydantic import BeforeValidator, ValidationInfo, WrapValidator, create_model, field_validator
from pydantic import Field as Key

from rtcheck.tables.blocks import BlocksText
from rtcheck.tables.keys import (
    ChildPugh,
    Cited,
    Day,
    Diagnosis,
    Doi,
    DoseGy,
    Id,
    Reference,
    Roi,
    Schema,
    Strict,
    Text,
    Whole,
    YesNo,
    checked_roi,
)
from rtcheck.tables.rows import GroupKeys, RegimenKeys, Row
from rtcheck.tables.rules import AnyRule

#: Instead of a list of tables: all that are shipped and enabled.
AUTO = "auto"
#: Instead of a list of plan checks.
ALL, NONE = "all", "none"


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _auto_or_list(value: object) -> object:
    if isinstance(value, str) and value != AUTO:
        raise ValueError(f"expected {AUTO!r} or a list such as [quantec], got {value!r}")
    return _one_or_more(value)


def _all_none_or_list(value: object) -> object:
    if value in (ALL, NONE):
        return None if value == ALL else []
    if isinstance(value, str):
        raise ValueError(f"expected {ALL!r}, {NONE!r} or a list such as [A1, C6], got {value!r}")
    return value


def _roi_or_keys(value: object, keys: Callable[[object], RequiredKeys]) -> RequiredKeys:
    return RequiredKeys(roi=checked_roi(value)) if isinstance(value, str) else keys(value)


Sources = Annotated[dict[Text, Reference], Key(default_factory=dict, description="Publications by a key of your own.")]
Groups = Annotated[
    dict[Id, GroupKeys],
    Key(default_factory=dict, description="Rows that belong together, by the id that rows give as `group`."),
]
Title = Annotated[Text, Key(description="For the reader, in one line.")]
Version = Annotated[Text, Key(description="Year or version, as text: '2010'.")]


class Because(Strict):
    """A row of another table that isn't asked as it is."""

    id: Id = Key(description="Id of the other table's row.")
    because: Text = Key(description="Your reason; it stands in the report.")


class _Cites(Because):
    """What an override may cite for its own number."""

    source: Text | None = None
    citation: Text | None = None
    locator: Text | None = None
    doi: Doi | None = None


if TYPE_CHECKING:
    Override = _Cites
else:
    # The keys of a row, none of them needed: those that are given replace the other table's.
    Override = create_model(
        "Override",
        __base__=_Cites,
        __doc__="Keys of a row in place of those of another table's row.",
        __module__=__name__,
        **{
            name: (hint | None, Key(default=None, description=Row.model_fields[name].description))
            for name, hint in get_type_hints(Row, include_extras=True).items()
            if name in Row.model_fields and name != "id"
        },
    )


class TableFile(Whole):
    """A table of constraints: a file of rows."""

    version_of_schema: Schema = Key(alias="schema")
    id: Id = Key(description="The file's name without its suffix.")
    title: Title
    version: Version
    enabled: bool = Key(
        default=True, description="false for a table that nobody should ask without having looked at it."
    )
    disclaimer: Text | None = Key(default=None, description="What the publication says about the table's use.")
    sources: Sources
    groups: Groups
    extends: (
        Annotated[list[Text], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str]), Key(min_length=1)]
        | None
    ) = Key(
        default=None,
        description="Tables whose rows this one takes over: ids of shipped tables, or paths relative to this file.",
    )
    override: list[Override] = Key(
        default_factory=list, description="Rows of the tables taken over in which you change keys."
    )
    off: list[Because] = Key(default_factory=list, description="Rows of the tables taken over that aren't asked.")
    rows: Annotated[list[Row], Key(min_length=1)] = Key(
        default_factory=list, description="The table's own rows; needed unless `extends` is there."
    )

    @field_validator("override", "off")
    @classmethod
    def _of_another(cls, changes: list[Because], info: ValidationInfo) -> list[Because]:
        if changes and info.data.get("extends", ()) is None:
            raise ValueError("there is nothing to change without 'extends'")
        return changes


class NoLimitKeys(Strict):
    """Schedules for which the tables have no limit for an organ that is needed."""

    regimen: RegimenKeys = Key(description="The schedules.")
    because: Text = Key(description="Why there is no limit; it stands in the report beside the organ's maximum.")


class RequiredKeys(Whole):
    """An organ that must be contoured, and judged as a whole by a limit on its dose; or a target to be contoured."""

    roi: Roi = Key(description="ROI by its TG-263 name, a pattern or an expression.")
    no_limit: Annotated[list[NoLimitKeys], Key(min_length=1)] | None = Key(
        default=None, description="Schedules on which the organ needn't be judged, since no limit is published."
    )
    judged_by: Annotated[list[Text], Key(min_length=1)] | None = Key(
        default=None,
        description="Other structures whose limits speak for the whole organ, by their TG-263 names.",
        examples=[["Kidney_Cortex"]],
    )


_RoiText = Annotated[str, Key(min_length=1, examples=["Liver", "GTV*"])]
Required = Annotated[
    RequiredKeys,
    WrapValidator(_roi_or_keys, json_schema_input_type=_RoiText | RequiredKeys),
]


class SiteFile(Whole):
    """A site: the organs and targets that a treatment there must have contoured and judged."""

    version_of_schema: Schema = Key(alias="schema")
    id: Id = Key(description="The file's name without its suffix.")
    title: Title
    version: Version
    citation: Text | None = Key(default=None, description="Where the list comes from.")
    required: Annotated[list[Required], Key(min_length=1)] = Key(
        description="ROIs, or mappings of `roi` and `no_limit`."
    )


class BedKeys(Cited):
    """The biologically effective dose that every target must be prescribed."""

    id: Id = Key(default="bed", description="What reports call the rule.")
    alpha_beta: DoseGy = Key(description="Of the tumour, e.g. '10 Gy'.")
    at_least: DoseGy = Key(description="The dose, e.g. '60 Gy'.")
    may_be_reduced: YesNo = Key(
        default=False,
        description="yes where less is ACCEPTABLE for a lesion whose reason and limiting organ are on record.",
    )


class AmendmentKeys(Strict):
    """A version of a protocol after its first."""

    version: Text = Key(description="Number or name of the version.")
    date: Day = Key(description="Of the version: 2025-03-24.")
    what: Text = Key(description="What changed.")


class WordingKeys(Strict):
    """What a trial calls the verdicts; one that isn't given keeps its name."""

    met: Text | None = Key(default=None, alias="PASS", description="Met: per protocol.")
    acceptable: Text | None = Key(default=None, alias="ACCEPTABLE", description="Tolerated: variation acceptable.")
    unknown: Text | None = Key(default=None, alias="NOT_EVALUATED", description="Not known: not evaluable.")
    broken: Text | None = Key(default=None, alias="FAIL", description="Broken: deviation unacceptable.")


class ProtocolFile(Whole):
    """A protocol: its rules, a dose rule, a site, tables, and rows of its own; each of them may be absent."""

    version_of_schema: Schema = Key(alias="schema")
    id: Id = Key(description="What reports call the protocol; best the file's name without its suffix.")
    title: Title
    version: Version
    diagnosis: Diagnosis | None = Key(default=None, description="What every patient of the protocol has.")
    child_pugh: Annotated[list[ChildPugh], Key(min_length=1)] | None = Key(
        default=None, description="Child-Pugh scores that the protocol admits."
    )
    sources: Sources
    groups: Groups
    bed: BedKeys | None = Key(default=None, description="The dose that every target must be prescribed.")
    site: Text | None = Key(
        default=None, description="Id of a shipped site, or a path relative to this file: organs that must be there."
    )
    required_rois: list[Required] = Key(
        default_factory=list, description="Organs and targets that must be there, besides those of the site."
    )
    required_rois_citation: Text | None = Key(default=None, description="Where that list comes from.")
    tables: Annotated[
        list[Text], BeforeValidator(_auto_or_list, json_schema_input_type=Literal["auto"] | list[str])
    ] = Key(
        default_factory=list,
        description="auto for all enabled tables that are shipped; or a list of ids, or paths relative to this file.",
    )
    reference_tables: list[Id] = Key(
        default_factory=list,
        description="Those of the tables that the protocol recommends as a reference.",
    )
    rows: list[Row] = Key(default_factory=list, description="Rows of the protocol itself.")
    rules: list[AnyRule] = Key(
        default_factory=list, description="What the protocol asks besides doses; `check` tells the kind of each rule."
    )
    plan_checks: (
        Annotated[
            list[Text] | None,
            BeforeValidator(_all_none_or_list, json_schema_input_type=Literal["all", "none"] | list[str]),
        ]
        | None
    ) = Key(default=None, description="Plan checks that are asked: all (where nothing is said), none, or their ids.")
    amendments: list[AmendmentKeys] = Key(
        default_factory=list, description="Versions of the protocol after its first, oldest first."
    )
    wording: WordingKeys | None = Key(default=None, description="What the trial calls the verdicts, in its reports.")
    notes: list[Text] = Key(default_factory=list, description="What the report says about the choice of tables.")


class LimitCaseKeys(Strict):
    """A DVH whose value is the limit itself."""

    dvh: BlocksText = Key(description="Blocks of a differential DVH.")
    verdict: Literal["PASS", "ACCEPTABLE", "FAIL"] = Key(description="What the row says of it.")


class CaseKeys(Strict):
    """DVHs that a row must judge so, each as blocks of a differential DVH."""

    passing: BlocksText | None = Key(default=None, alias="pass", description="A DVH that meets the limit.")
    fail: BlocksText | None = Key(default=None, description="A DVH that breaks the limit, and the acceptable bound.")
    limit: LimitCaseKeys | None = Key(default=None, description="A DVH at the limit itself, and the verdict.")
    acceptable: BlocksText | None = Key(default=None, description="A DVH between the limit and the acceptable bound.")
    info: BlocksText | None = Key(default=None, description="A DVH for a row that is never judged.")
    body: BlocksText | None = Key(
        default=None, description="The whole body's DVH in all of these cases, for CI, PCI, GI and R50."
    )


class CasesFile(Whole):
    """DVHs with their verdicts, for every row of a table."""

    version_of_schema: Schema = Key(alias="schema")
    table: Id = Key(description="Id of the table; the file is called <table>.cases.yaml and lies beside it.")
    cases: Annotated[dict[Id, CaseKeys], Key(min_length=1)] = Key(description="Cases by the row's id.")
