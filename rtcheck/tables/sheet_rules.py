"""Rules that the case sheet answers: what is declared, attested and approved, and the visits that follow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from rtcheck import rules
from rtcheck.finding import Source
from rtcheck.rules import Rule, Where
from rtcheck.sheet import Role, Subject
from rtcheck.tables.bounds import parse_bound
from rtcheck.tables.declared import MAY_BE_NEVER, QUANTITIES
from rtcheck.tables.keys import Id, Text, YesNo, problem_at
from rtcheck.tables.problems import closest_or_all
from rtcheck.tables.rule_keys import (
    KIND,
    BoundText,
    DateKey,
    Days,
    Elapsing,
    Every,
    Months,
    QuantityKey,
    RoleKey,
    RuleKeys,
    Visits,
    WhereKey,
    WholeMonths,
)


class DeclaredKeys(RuleKeys):
    """A value of the case sheet keeps a limit, or is one of several."""

    check: Annotated[Literal["declared"], KIND]
    quantity: QuantityKey = Key(
        description="Key of the case sheet's `patient`, or of each lesion: ecog, stable_disease, lesion.measurable."
    )
    limit: BoundText | None = Key(default=None, description="Of a number: '<= 1', '18-75 years', '>= 3 months'.")
    one_of: Annotated[list[Text], Key(min_length=1)] | None = Key(
        default=None, validate_default=True, description="Of a text: what it may be. [A5, A6, B7]; ['yes']."
    )
    at_least_one: YesNo = Key(
        default=False, description="Of lesions: yes where one that keeps it is enough, no where each must."
    )

    @field_validator("limit")
    @classmethod
    def _limit_fits(cls, limit: str | None, info: ValidationInfo) -> str | None:
        name = info.data.get("quantity")
        if limit is None or name is None:
            return limit
        if QUANTITIES[name].values:
            raise ValueError(f"{name} is no number; list what it may be under 'one_of'")
        parse_bound(limit, _units(name))
        return limit

    @field_validator("one_of")
    @classmethod
    def _texts_fit(cls, one_of: list[str] | None, info: ValidationInfo) -> list[str] | None:
        name = info.data.get("quantity")
        if name is None or "limit" not in info.data:
            return one_of
        values = QUANTITIES[name].values
        if not values and one_of is not None:
            raise ValueError(f"{name} is a number; give 'limit' in its place")
        if values and one_of is None:
            raise PydanticCustomError("missing", "one_of")
        if not values and info.data["limit"] is None:
            raise problem_at("quantity", f"{name} needs a 'limit'")
        for text in one_of or ():
            if text not in values:
                raise ValueError(f"{name} can't be {text!r}{closest_or_all(text, values)}")
        return one_of

    @field_validator("at_least_one")
    @classmethod
    def _of_lesions(cls, one: bool, info: ValidationInfo) -> bool:
        name = info.data.get("quantity", "lesion.")
        if one and not name.startswith("lesion."):
            raise ValueError(f"{name} is said of the patient, not of every lesion")
        return one

    def value(self, source: Source) -> Rule:  # noqa: D102
        bound = parse_bound(self.limit, _units(self.quantity)) if self.limit else None
        return rules.Declared(
            **self.said(source),
            quantity=QUANTITIES[self.quantity].field,
            comparator=bound.comparator if bound else None,
            value=bound.value if bound else None,
            high=bound.high if bound else None,
            one_of=tuple(self.one_of or ()),
            unit=bound.unit if bound else "",
            at_least_one=self.at_least_one,
        )


def _units(quantity: str) -> tuple[str, ...]:
    return (QUANTITIES[quantity].unit,)


class ElapsedKeys(RuleKeys):
    """The time from one date of the case sheet to another keeps a limit."""

    check: Annotated[Literal["elapsed"], KIND]
    since: DateKey = Key(description="Key of the case sheet's `dates`.")
    until: DateKey = Key(description="Key of the case sheet's `dates`.")
    limit: Elapsing = Key(description="In days, or months of the calendar: '>= 14 days'.")
    none_is_met: YesNo = Key(
        default=False, description="yes where a `since` that is declared as never keeps the rule, too."
    )

    @field_validator("until")
    @classmethod
    def _another(cls, until: str, info: ValidationInfo) -> str:
        if until == info.data.get("since"):
            raise ValueError(f"from {until} to itself no time goes by")
        return until

    @field_validator("none_is_met")
    @classmethod
    def _may_be_never(cls, none: bool, info: ValidationInfo) -> bool:
        since = info.data.get("since")
        if none and since is not None and since not in MAY_BE_NEVER:
            raise ValueError(f"{since} can't be declared as never; {' and '.join(MAY_BE_NEVER)} can")
        return none

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.Elapsed(
            **self.said(source),
            since=self.since,
            until=self.until,
            comparator=self.limit.comparator,
            value=self.limit.value,
            unit=self.limit.unit,
            none_is_met=self.none_is_met,
        )


class AttestedKeys(RuleKeys):
    """A person attests that something was done."""

    check: Annotated[Literal["attested"], KIND]
    key: Id = Key(description="What attestations of the case sheet give as `key`: motion-management.")
    question: Text = Key(description="What is attested, as a question that 'yes' answers well.")
    where: WhereKey = Key(
        default="any",
        description="Of which lesions it is asked, of each by itself: bone, soft-tissue, vertebra, mobile; any: once.",
    )

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.Attested(**self.said(source), key=self.key, question=self.question, where=Where(self.where))


class ApprovalKeys(RuleKeys):
    """People of given roles approved the contours, the plan or the report."""

    check: Annotated[Literal["approval"], KIND]
    of: Literal["contours", "plan", "report"] = Key(description="What is approved.")
    roles: Annotated[list[RoleKey], Key(min_length=1)] = Key(description="All of them are needed.")
    at_least: Annotated[int, Key(ge=1, le=9)] = Key(default=1, description="So many different persons of each role.")

    @field_validator("roles")
    @classmethod
    def _each_once(cls, roles: list[str]) -> list[str]:
        if len(set(roles)) < len(roles):
            raise ValueError("a role is there twice; several persons of one role are asked by 'at_least'")
        return roles

    def value(self, source: Source) -> Rule:  # noqa: D102
        roles = tuple(Role(one) for one in self.roles)
        return rules.Approval(**self.said(source), subject=Subject(self.of), roles=roles, at_least=self.at_least)


class _Shown(RuleKeys):
    level: Literal["information"] = Key(default="information", description="It is shown, never judged.")


class ClassificationKeys(_Shown):
    """The type of oligoprogression, by what was declared; shown, never judged."""

    check: Annotated[Literal["classification"], KIND]
    metachronous: Months = Key(description="More than so long from diagnosis to progression: '6 months'.")
    lesions: Annotated[int, Key(ge=1)] = Key(description="More at any time before: induced.")
    organs: Annotated[int, Key(ge=1)] = Key(description="More at any time before: induced.")

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.Classification(
            **self.said(source), metachronous_months=self.metachronous, lesions=self.lesions, organs=self.organs
        )


class FollowUpKeys(_Shown):
    """Visits after radiotherapy, as dates; never judged."""

    check: Annotated[Literal["follow-up"], KIND]
    after: DateKey = Key(default="radiotherapy_end", description="Key of the case sheet's `dates`.")
    at: Visits = Key(description="The single visits, or the first of a series: '3, 6 and 12 months'.")
    every: Every | None = Key(default=None, description="How often after the last of these: '2 months'.")
    window: Days | None = Key(default=None, description="How much earlier or later each may be: '7 days'.")
    until: WholeMonths = Key(default=(36, "months"), description="How far a series is written out: '36 months'.")

    @field_validator("every")
    @classmethod
    def _same_unit(cls, every: tuple[int, str] | None, info: ValidationInfo) -> tuple[int, str] | None:
        at = info.data.get("at")
        if every and at and every[1] != at[1]:
            raise ValueError(f"is in {every[1]}, and 'at' in {at[1]}; give both in one unit")
        return every

    def value(self, source: Source) -> Rule:  # noqa: D102
        return rules.FollowUp(
            **self.said(source),
            after=self.after,
            at=self.at[0],
            every=self.every[0] if self.every else None,
            unit=self.at[1],
            window_days=self.window[0] if self.window else 0,
            until_months=self.until[0],
        )
