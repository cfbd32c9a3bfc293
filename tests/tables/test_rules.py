"""Rules in a protocol's file: their values, one negative test a guard with its exact place, and all at once."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck import rules, tables
from rtcheck.document import Document
from rtcheck.errors import TableError, UsageError
from rtcheck.finding import Source
from rtcheck.rules import Level, Rule, Where
from rtcheck.sheet import Role, Subject
from rtcheck.tables import bounds
from rtcheck.tables.json_schema import json_schema
from rtcheck.tables.rules import CHECKS
from rtcheck.units import Comparator

HEAD = 'schema: 1\nid: p\ntitle: P\nversion: "1"\nsources: {paper: {citation: A paper, doi: 10.1000/xyz}}\nrules:\n'
#: A rule's keys stand on one line after HEAD; those under test after these.
BEFORE = "  - {id: r, title: T, citation: A paper, "
LINE, COLUMN = 7, len(BEFORE) + 1


def _file(tmp_path: Path, text: str, name: str = "p.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def _rules(tmp_path: Path, *keys: str) -> tuple[Rule, ...]:
    lines = [f"  - {{id: r{index}, title: T, citation: A paper, {one}}}\n" for index, one in enumerate(keys)]
    return tables.load_protocol(_file(tmp_path, HEAD + "".join(lines))).rules


def _problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        tables.load_protocol(path)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def _problem(tmp_path: Path, keys: str, at: str = "") -> str:
    """The one problem of a rule; `at` is the text at which it must stand, of the rule itself where empty."""
    (problem,) = _problems(_file(tmp_path, f"{HEAD}{BEFORE}{keys}}}\n"))
    column = COLUMN + keys.index(at) if at else 5
    place = f"{LINE}:{column}: "
    assert problem.startswith(place), problem
    return problem.removeprefix(place)


def _plain(rule: Rule) -> Rule:
    return replace(rule, id="r", title="T", source=Source("", ""))


def _value(kind: type[Rule], **said: Any) -> Rule:
    return kind(id="r", title="T", level=said.pop("level", Level.PROTOCOL), source=Source("", ""), **said)


VALUES = [
    ('check: lesion-count, lesions: "1-5"', _value(rules.LesionCount, low=1, high=5, nodes="site")),
    (
        'check: lesion-count, lesions: "2 to 3", nodes: drainage-region',
        _value(rules.LesionCount, low=2, high=3, nodes="drainage-region"),
    ),
    ('check: organ-count, organs: "1-3"', _value(rules.OrganCount, low=1, high=3)),
    ("check: every-lesion-treated", _value(rules.EveryLesionTreated)),
    ("check: drawn, volume: CTV", _value(rules.Drawn, volume="CTV")),
    ('check: slice-thickness, limit: "<= 2.5 mm"', _value(rules.SliceThickness, at_most_mm=2.5)),
    ('check: pixel-size, limit: "<=1 mm"', _value(rules.PixelSize, at_most_mm=1.0)),
    (
        "check: contains, inner: GTV, outer: PTV, where: soft-tissue",
        _value(rules.Contains, inner="GTV", outer="PTV", where=Where.SOFT_TISSUE),
    ),
    (
        'check: margin, inner: GTV, outer: CTV, range: "5-10 mm", allowed: "3-5 mm", where: bone, level: recommended',
        _value(
            rules.MarginRange,
            inner="GTV",
            outer="CTV",
            low_mm=5.0,
            high_mm=10.0,
            allowed_mm=(3.0, 5.0),
            where=Where.BONE,
            level=Level.RECOMMENDED,
        ),
    ),
    (
        'check: declared, quantity: afp, limit: "< 10000 ng/mL"',
        _value(rules.Declared, quantity="afp_ng_ml", comparator=Comparator.LT, value=10000.0, unit="ng/mL"),
    ),
    (
        'check: declared, quantity: age, limit: "18-75 years"',
        _value(rules.Declared, quantity="age", comparator=Comparator.BETWEEN, value=18.0, high=75.0, unit="years"),
    ),
    (
        'check: declared, quantity: ecog, limit: "<= 1"',
        _value(rules.Declared, quantity="ecog", comparator=Comparator.LE, value=1.0),
    ),
    (
        "check: declared, quantity: child_pugh, one_of: [A5, B7]",
        _value(rules.Declared, quantity="child_pugh", one_of=("A5", "B7")),
    ),
    (
        "check: declared, quantity: lesion.measurable, one_of: [yes], at_least_one: yes",
        _value(rules.Declared, quantity="lesion.measurable", one_of=("yes",), at_least_one=True),
    ),
    (
        'check: elapsed, since: last_radiotherapy, until: radiotherapy_start, limit: ">= 14 days", none_is_met: yes',
        _value(
            rules.Elapsed,
            since="last_radiotherapy",
            until="radiotherapy_start",
            comparator=Comparator.GE,
            value=14.0,
            unit="days",
            none_is_met=True,
        ),
    ),
    (
        'check: elapsed, since: diagnosis, until: progression, limit: "> 1 month"',
        _value(
            rules.Elapsed, since="diagnosis", until="progression", comparator=Comparator.GT, value=1.0, unit="months"
        ),
    ),
    (
        "check: attested, key: motion-management, question: Was it?, where: mobile",
        _value(rules.Attested, key="motion-management", question="Was it?", where=Where.MOBILE),
    ),
    (
        "check: approval, of: contours, roles: [radiation-oncologist], at_least: 2",
        _value(rules.Approval, subject=Subject.CONTOURS, roles=(Role.RADIATION_ONCOLOGIST,), at_least=2),
    ),
    (
        'check: classification, metachronous: "6 months", lesions: 5, organs: 3',
        _value(rules.Classification, metachronous_months=6.0, lesions=5, organs=3, level=Level.INFORMATION),
    ),
    (
        'check: follow-up, at: "1 month", every: "2 months", window: "7 days", until: "12 months"',
        _value(
            rules.FollowUp,
            after="radiotherapy_end",
            at=(1,),
            every=2,
            unit="months",
            window_days=7,
            until_months=12,
            level=Level.INFORMATION,
        ),
    ),
    (
        'check: follow-up, at: "3, 6 and 12 months", after: radiotherapy_start',
        _value(rules.FollowUp, after="radiotherapy_start", at=(3, 6, 12), unit="months", level=Level.INFORMATION),
    ),
    (
        'check: prescribed-dose, total: "4000-6000 cGy", dose_per_fraction: "2 Gy"',
        _value(rules.PrescribedDose, low_gy=40.0, high_gy=60.0, dose_per_fraction_gy=(2.0, 2.0)),
    ),
]


def test_every_kind_of_rule_is_read(tmp_path: Path) -> None:
    read = _rules(tmp_path, *(keys for keys, _ in VALUES))
    assert [_plain(rule) for rule in read] == [value for _, value in VALUES]
    assert {type(rule) for rule in read} == set(CHECKS)


def test_the_kinds_of_a_file_are_those_of_the_values() -> None:
    defined = {one for one in vars(rules).values() if isinstance(one, type) and issubclass(one, Rule)}
    assert set(CHECKS) == defined - {Rule}


def test_what_all_rules_may_say(tmp_path: Path) -> None:
    (rule,) = tables.load_protocol(
        _file(
            tmp_path,
            f"{HEAD}  - id: r\n    check: every-lesion-treated\n    title: All\n    level: eligibility\n"
            "    source: paper\n    locator: p 3\n    status: single\n    notes: A note.\n    covers: [s.one, s.two]\n",
        )
    ).rules
    assert (rule.id, rule.title, rule.level) == ("r", "All", Level.ELIGIBILITY)
    assert rule.source == Source("p", "r", "p.yaml", LINE, "A paper; p 3; doi:10.1000/xyz", "single")
    assert (rule.notes, rule.covers) == ("A note.", ("s.one", "s.two"))


@pytest.mark.parametrize(
    ("keys", "at", "message"),
    [
        (
            "check: slice-tickness, limit: x",
            "slice",
            "check: no kind is called 'slice-tickness'; did you mean 'slice-thickness'?",
        ),
        ("level: protocol", "", "the key 'check' is missing"),
        (
            'check: pixel-size, limits: "<= 1 mm", limit: "<= 1 mm"',
            "limits",
            "unknown key 'limits'; did you mean 'limit'?",
        ),
        ("check: pixel-size", "", "the key 'limit' is missing"),
        (
            'check: pixel-size, limit: "1 mm"',
            '"1',
            "limit: expected a comparator (<, <=, > or >=) or a range, '1 mm' has none",
        ),
        (
            'check: pixel-size, limit: "≤ 1 mm"',
            '"≤',
            "limit: expected a comparator (<, <=, > or >=) or a range, got '≤'; write '<='",
        ),
        (
            'check: pixel-size, limit: "< 1 mm"',
            '"<',
            "limit: expected what is allowed at most, such as '<= 3 mm', got '< 1 mm'",
        ),
        ('check: pixel-size, limit: "<= 1"', '"<=', "limit: '<= 1': add the unit, 'mm'"),
        ('check: pixel-size, limit: "<= 0.1 cm"', '"<=', "limit: '<= 0.1 cm': expected the unit 'mm', got 'cm'"),
        ("check: pixel-size, limit: 1", "1", "limit: expected text, got 1; write it in quotes"),
        (
            'check: slice-thickness, limit: "<= 30 mm"',
            '"<=',
            "limit: '<= 30 mm': a CT has slices and pixels of more than 0 and at most 10 mm",
        ),
        ('check: slice-thickness, limit: "thin"', '"thin', "limit: expected a limit such as '<= 3 mm', got 'thin'"),
        ('check: lesion-count, lesions: "5-1"', '"5', "lesions: '5-1' runs downwards"),
        (
            'check: lesion-count, lesions: "1-5 lesions"',
            '"1',
            "lesions: '1-5 lesions': expected a number without a unit, got 'lesions'",
        ),
        ('check: lesion-count, lesions: "1.5-5"', '"1', "lesions: '1.5-5': expected whole numbers such as '1-5'"),
        ('check: lesion-count, lesions: "5"', '"5', "lesions: expected a range such as '2-5', got '5'"),
        (
            'check: lesion-count, lesions: "1-5", nodes: region',
            "region",
            "nodes: expected 'site' or 'drainage-region', got 'region'",
        ),
        ("check: drawn, volume: ITV", "ITV", "volume: expected 'GTV', 'CTV' or 'PTV', got 'ITV'"),
        (
            "check: contains, inner: CTV, outer: GTV",
            "GTV",
            "outer: GTV isn't around CTV; GTV lies in CTV, and CTV in PTV",
        ),
        (
            'check: margin, inner: CTV, outer: PTV, range: "2 mm"',
            '"2',
            "range: expected a range such as '2-5 mm', got '2 mm'",
        ),
        (
            'check: margin, inner: CTV, outer: PTV, range: "20-60 mm"',
            '"20',
            "range: '20-60 mm': more than 50 mm (is the unit right?)",
        ),
        (
            'check: margin, inner: CTV, outer: PTV, range: "2-5 mm", allowed: "3-5 mm"',
            '"3',
            "allowed: 3 to 5 mm lies inside the range, and allows nothing further",
        ),
        (
            "check: declared, quantity: afpp, limit: x",
            "afpp",
            "quantity: a case sheet has no 'afpp'; did you mean 'afp'?",
        ),
        ("check: declared, quantity: ecog", "ecog", "quantity: ecog needs a 'limit'"),
        (
            "check: declared, quantity: ecog, one_of: ['1']",
            "['1']",
            "one_of: ecog is a number; give 'limit' in its place",
        ),
        (
            'check: declared, quantity: ecog, limit: "<= 1 years"',
            '"<=',
            "limit: '<= 1 years': expected a number without a unit, got 'years'",
        ),
        ('check: declared, quantity: age, limit: ">= 18"', '">=', "limit: '>= 18': add the unit, 'years'"),
        ("check: declared, quantity: bclc", "", "the key 'one_of' is missing"),
        (
            'check: declared, quantity: bclc, limit: "<= 3", one_of: [C]',
            '"<=',
            "limit: bclc is no number; list what it may be under 'one_of'",
        ),
        ("check: declared, quantity: bclc, one_of: [E]", "[E]", "one_of: bclc can't be 'E'; known: 0, A, B, C, D"),
        ("check: declared, quantity: bclc, one_of: []", "[]", "one_of: expected at least one item, got nothing"),
        (
            "check: declared, quantity: bclc, one_of: [C], at_least_one: yes",
            "yes",
            "at_least_one: bclc is said of the patient, not of every lesion",
        ),
        (
            "check: declared, quantity: lesion.bone, one_of: [yes], at_least_one: maybe",
            "maybe",
            "at_least_one: expected yes or no, got 'maybe'",
        ),
        (
            'check: elapsed, since: diagnose, until: progression, limit: "> 3 months"',
            "diagnose",
            "since: a case sheet has no 'diagnose'; did you mean 'diagnosis'?",
        ),
        (
            'check: elapsed, since: diagnosis, until: diagnosis, limit: "> 3 months"',
            "diagnosis, limit",
            "until: from diagnosis to itself no time goes by",
        ),
        (
            'check: elapsed, since: diagnosis, until: progression, limit: "1-3 months"',
            '"1',
            "limit: expected one limit such as '>= 14 days', got the range '1-3 months'",
        ),
        (
            'check: elapsed, since: diagnosis, until: progression, limit: "> 3 years"',
            '">',
            "limit: '> 3 years': expected the unit 'days' or 'months', got 'years'",
        ),
        (
            'check: elapsed, since: diagnosis, until: progression, limit: "> 3 months", none_is_met: yes',
            "yes",
            "none_is_met: diagnosis can't be declared as never; last_radiotherapy can",
        ),
        ("check: attested, key: a b, question: x", "a b", "key: 'a b' doesn't have the form of an id"),
        (
            "check: attested, key: a, question: x, where: liver",
            "liver",
            "where: expected 'any', 'bone', 'soft-tissue', 'vertebra' or 'mobile', got 'liver'",
        ),
        (
            "check: approval, of: dose, roles: [physicist]",
            "dose",
            "of: expected 'contours', 'plan' or 'report', got 'dose'",
        ),
        (
            "check: approval, of: plan, roles: [nurse]",
            "nurse",
            "roles: expected 'radiation-oncologist', 'physicist', 'dosimetrist', ",
        ),
        (
            "check: approval, of: plan, roles: [physicist, physicist]",
            "[physicist",
            "roles: a role is there twice; several persons of one role are asked by 'at_least'",
        ),
        (
            "check: approval, of: plan, roles: [physicist], at_least: 0",
            "0",
            "at_least: Input should be greater than or equal to 1",
        ),
        (
            'check: classification, metachronous: "6", lesions: 5, organs: 3',
            '"6"',
            "metachronous: '6': add the unit, 'months'",
        ),
        (
            'check: classification, metachronous: "6 months", lesions: 5, organs: 3, level: protocol',
            "protocol",
            "level: expected 'information', got 'protocol'",
        ),
        ('check: follow-up, at: "6, 3 months"', '"6', "at: '6, 3 months': the numbers must rise"),
        ('check: follow-up, at: "1.5 months"', '"1', "at: '1.5 months': expected whole months, 1 or more"),
        (
            'check: follow-up, at: "30 days", every: "2 months"',
            '"2',
            "every: is in months, and 'at' in days; give both in one unit",
        ),
        (
            'check: follow-up, at: "1 month", every: "2, 4 months"',
            '"2',
            "every: expected one number such as '2 months', got '2, 4 months'",
        ),
        (
            'check: prescribed-dose, total: "40-60"',
            '"40',
            "total: expected a dose such as '2 Gy' or '1.8-2 Gy', got '40-60'",
        ),
        (
            'check: prescribed-dose, total: "50 Gy", dose_per_fraction: "200 Gy"',
            '"200',
            "dose_per_fraction: '200 Gy': more than",
        ),
        (
            "check: every-lesion-treated, level: must",
            "must",
            "level: expected 'protocol', 'eligibility', 'recommended' or 'information', got 'must'",
        ),
        ("check: every-lesion-treated, source: papr", "papr", "source: no source 'papr'; did you mean 'paper'?"),
    ],
)
def test_a_rule_that_makes_no_sense(tmp_path: Path, keys: str, at: str, message: str) -> None:
    assert _problem(tmp_path, keys, at).startswith(message)


def test_a_rule_needs_a_citation(tmp_path: Path) -> None:
    (problem,) = _problems(_file(tmp_path, f"{HEAD}  - {{id: r, title: T, check: every-lesion-treated}}\n"))
    assert problem == "7:5: the key 'citation' is missing, or 'source' with the key of one of the file's sources"


def test_a_rule_is_a_mapping(tmp_path: Path) -> None:
    assert _problems(_file(tmp_path, f"{HEAD}  - drawn\n")) == ["7:5: rules: expected a mapping of keys, got 'drawn'"]


ROW = (
    "rows: [{id: ROW, organ: Liver, roi: Liver, metric: 'Mean[Gy]', limit: '< 3 Gy', regimen: {text: any}, "
    "citation: A, status: single}]\n"
)


def test_ids_are_those_of_one_rule_alone(tmp_path: Path) -> None:
    same = "{id: r, title: T, citation: A paper, check: every-lesion-treated}"
    bed = "bed: {id: b, alpha_beta: '10 Gy', at_least: '60 Gy', citation: A, status: single}\n"
    text = f"{HEAD}  - {same}\n  - {same}\n  - {same.replace('id: r', 'id: b')}\n{bed}{ROW.replace('ROW', 'r')}"
    assert _problems(_file(tmp_path, text)) == [
        "7:10: id: duplicate 'r'; first in line 11",
        "8:10: id: duplicate 'r'; first in line 11",
        "9:10: id: 'b' is the id of the dose rule in line 10",
    ]


def test_a_sentence_is_covered_once_and_isnt_a_rule_of_its_own(tmp_path: Path) -> None:
    rule = "{id: %s, title: T, citation: A paper, check: every-lesion-treated, covers: [%s]}"
    text = f"{HEAD}  - {rule % ('a', 's.one')}\n  - {rule % ('b', 'a, s.one')}\n"
    column = len("  - ") + rule.index("[%s]") - 1
    assert _problems(_file(tmp_path, text)) == [
        f"8:{column + 2}: covers: 'a' is a rule of its own",
        f"8:{column + 5}: covers: 's.one' is covered in line 7 already",
    ]


def test_a_rule_doesnt_have_the_id_of_a_row_of_a_table(tmp_path: Path) -> None:
    table = _file(tmp_path, 'schema: 1\nid: t\ntitle: T\nversion: "1"\n' + ROW.replace("ROW", "same"), "t.yaml")
    rule = "{id: same, title: T, citation: A paper, check: every-lesion-treated}"
    listed = _file(tmp_path, HEAD.replace("rules:", "tables: [t.yaml]\nrules:") + f"  - {rule}\n")
    assert _problems(listed) == ["8:10: id: 'same' is a row of t.yaml, too"]
    alone = _file(tmp_path, f"{HEAD}  - {rule}\n")
    with pytest.raises(UsageError, match=r"t\.yaml repeats rows of p\.yaml: same"):
        tables.load_protocol(alone, tables=[table])


def _with(tmp_path: Path, lines: str) -> Path:
    return _file(tmp_path, HEAD.replace("rules:\n", lines))


def test_a_dose_rule_may_be_reduced(tmp_path: Path) -> None:
    bed = "bed: {alpha_beta: '10 Gy', at_least: '60 Gy', citation: A, status: single%s}\n"
    for said, reduced in (("", False), (", may_be_reduced: yes", True), (", may_be_reduced: false", False)):
        rule = tables.load_protocol(_with(tmp_path, bed % said)).bed
        assert rule is not None and rule.may_be_reduced is reduced
    (problem,) = _problems(_with(tmp_path, bed % ", may_be_reduced: 1"))
    assert problem.endswith("may_be_reduced: expected yes or no, got 1")


def test_a_protocol_without_doses_and_tables_has_none(tmp_path: Path) -> None:
    protocol = tables.load_protocol(_file(tmp_path, HEAD.replace("rules:\n", "")))
    assert (protocol.bed, protocol.tables, protocol.constraints, protocol.rules) == (None, (), (), ())
    assert (protocol.amendments, dict(protocol.wording), protocol.reference_tables) == ((), {}, ())


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("", ("A1", "B5", "C13", "E2", "G2")),
        ("plan_checks: all\n", ("A1", "B5", "C13", "E2", "G2")),
        ("plan_checks: none\n", ()),
        ("plan_checks: [G2, A1]\n", ("G2", "A1")),
    ],
)
def test_which_plan_checks_are_asked(tmp_path: Path, checks, said: str, asked: tuple[str, ...]) -> None:
    assert tables.load_protocol(_with(tmp_path, said)).plan_checks == asked


def test_further_keys_of_a_protocol(tmp_path: Path, checks) -> None:
    protocol = tables.load_protocol(
        _with(
            tmp_path,
            "tables: [quantec]\nreference_tables: [quantec]\n"
            "amendments: [{version: '2', date: 2025-02-01, what: More}]\n"
            "wording: {PASS: fine, FAIL: bad}\n",
        )
    )
    assert protocol.reference_tables == ("quantec",)
    assert [(one.version, one.date, one.what) for one in protocol.amendments] == [("2", "2025-02-01", "More")]
    assert dict(protocol.wording) == {"PASS": "fine", "FAIL": "bad"}


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        ("plan_checks: some", ["6:14: plan_checks: expected 'all', 'none' or a list such as [A1, C6], got 'some'"]),
        (
            "plan_checks: [A1, B55, A1]",
            [
                "6:19: plan_checks: no plan check is called 'B55'; did you mean 'B5'?",
                "6:24: plan_checks: duplicate 'A1'; first in line 6",
            ],
        ),
        ("wording: {pass: fine}", ["6:11: unknown key 'pass'; did you mean 'PASS'?"]),
        ("wording: {PASS: fine, FAIL: Fine}", ["6:29: FAIL: 'Fine' stands for PASS already"]),
        (
            "reference_tables: [tg1011]\ntables: [tg101]",
            [
                "6:20: reference_tables: no table 'tg1011' is asked; did you mean 'tg101'?",
            ],
        ),
        ("reference_tables: [tg101]", ["6:20: reference_tables: no table 'tg101' is asked; known: none"]),
        (
            "amendments: [{version: '2', date: 2025-13-01, what: x}]",
            [
                "6:35: date: '2025-13-01' is no day of the calendar (year, month, day)",
            ],
        ),
        (
            "amendments: [{version: '2', date: 2025-02-01, what: x}, {version: '2', date: 2025-01-01, what: x}]",
            [
                "6:57: amendments: duplicate '2'; first in line 6",
                "6:78: date: 2025-01-01 is before 2025-02-01, of the amendment above; write the oldest first",
            ],
        ),
        ("amendment: []", ["6:1: unknown key 'amendment'; did you mean 'amendments'?"]),
    ],
)
def test_further_keys_that_make_no_sense(tmp_path: Path, checks, lines: str, problems: list[str]) -> None:
    assert _problems(_with(tmp_path, f"{lines}\n")) == problems


def test_a_table_that_extends_the_recommended_one_has_its_rows(tmp_path: Path) -> None:
    _file(tmp_path, "schema: 1\nid: ours\ntitle: T\nversion: '1'\nextends: quantec\n", "ours.yaml")
    path = _with(tmp_path, "tables: [ours.yaml]\nreference_tables: [quantec]\n")
    assert tables.load_protocol(path).reference_tables == ("quantec",)


def test_everything_wrong_comes_at_once(tmp_path: Path) -> None:
    text = (
        f"{HEAD}{BEFORE}check: pixel-size}}\n{BEFORE}check: drawn, volume: X, level: y}}\n"
        "wording: {OK: x}\nplan_checks: [Z9]\nsite: nowhere\n"
    )
    found = _problems(_file(tmp_path, text))
    assert [problem.split(": ")[0] for problem in found] == [*("7:5", "8:10", "8:64", "8:74", "9:11", "10:15", "11:7")]


def test_editors_know_every_kind_of_rule(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json_schema("protocol"))
    for keys, _ in VALUES:
        data = Document("p.yaml", f"{HEAD}{BEFORE}{keys}}}\n".encode()).data
        assert [error.message for error in validator.iter_errors(data)] == [], keys
    for keys in ("check: drawn", "check: drawn, volume: ITV", "check: sliced", "check: drawn, volume: GTV, limit: x"):
        assert list(validator.iter_errors(Document("p.yaml", f"{HEAD}{BEFORE}{keys}}}\n".encode()).data)), keys


NUMBER = st.one_of(st.integers(0, 9999).map(str), st.integers(0, 99999).map(lambda number: f"{number / 100}"))
UNITS = st.sampled_from(["mm", " mm", " months", " month", " days", "", " ng/mL", " years ", "cm", " 3"])


def _accepted(parse: Any, text: str) -> bool:
    try:
        parse(text, ("mm", "months", "days", "ng/mL", "years", ""))
    except ValueError:
        return False
    return True


@given(st.sampled_from(["<", "<=", ">", ">=", "=", "≤", ""]), st.sampled_from(["", " "]), NUMBER, UNITS)
def test_a_bound_that_can_be_read_fits_its_pattern(sign: str, blank: str, number: str, unit: str) -> None:
    text = f"{blank}{sign}{blank}{number}{unit}"
    if _accepted(bounds.parse_bound, text):
        assert re.search(bounds.BOUND_PATTERN, text)


@given(NUMBER, st.sampled_from(["-", " - ", " to ", "to", ","]), NUMBER, UNITS)
def test_a_range_that_can_be_read_fits_its_pattern(low: str, dash: str, high: str, unit: str) -> None:
    text = f"{low}{dash}{high}{unit}"
    if _accepted(bounds.parse_span, text):
        assert re.search(bounds.SPAN_PATTERN, text)
        assert re.search(bounds.BOUND_PATTERN, text)


@given(st.lists(NUMBER, min_size=1, max_size=4), st.sampled_from([", ", ",", " and ", " "]), UNITS)
def test_amounts_that_can_be_read_fit_their_pattern(numbers: list[str], sign: str, unit: str) -> None:
    text = sign.join(numbers) + unit
    if _accepted(bounds.parse_amounts, text):
        assert re.search(bounds.AMOUNTS_PATTERN, text)


@given(st.dates())
def test_a_date_is_read_back(day) -> None:
    if bounds.FIRST_YEAR <= day.year <= bounds.LAST_YEAR:
        assert bounds.parse_date(f" {day} ") == day
    else:
        with pytest.raises(ValueError, match="the year isn't between"):
            bounds.parse_date(day.isoformat())


@pytest.mark.parametrize("text", ["20250324", "2025-3-24", "24.03.2025", "2025-W12-1", "never", ""])
def test_a_date_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="expected a date such as 2025-03-24"):
        bounds.parse_date(text)
