"""Every exception: one tree, picklable, one line that says what, where and how to mend it."""

from __future__ import annotations

import inspect
import pickle

import pytest

from rtcheck import errors
from rtcheck.errors import (
    AmbiguousRoiError,
    AmbiguousStudyError,
    BasisError,
    IncompleteStudyError,
    InconsistentStudyError,
    InputError,
    MissingRoiError,
    NoVolumeError,
    ParseError,
    Problem,
    RoiError,
    RtcheckError,
    TableError,
    UnreadableFileError,
    UnsupportedDoseError,
    UsageError,
)

EXAMPLES = (
    RtcheckError("no"),
    InputError("is odd", "a.dcm", "use another"),
    UnreadableFileError("is truncated", "a.dcm"),
    UnsupportedDoseError("RELATIVE units"),
    IncompleteStudyError("no dose", mend="add the RTDOSE"),
    InconsistentStudyError("two patients"),
    AmbiguousStudyError("dose", ("one (1.2)", "two (1.3)"), "--dose"),
    TableError((Problem("t.yaml", 3, 7, "no such key"), Problem("t.yaml", 4, 1, "no such unit"))),
    ParseError("V20[%]", 3, "expected a unit"),
    RoiError("no"),
    MissingRoiError("Liver", True, "never drawn"),
    AmbiguousRoiError("Liver", ("LIVER", "liver")),
    NoVolumeError("no contours"),
    UsageError("0 fractions"),
    BasisError("EQD2(alpha/beta=3 Gy)", "physical", "the limit"),
)


def every_class() -> set[type[BaseException]]:
    return {cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, BaseException)}


def test_the_examples_below_cover_every_exception_of_the_module() -> None:
    assert {type(error) for error in EXAMPLES} == every_class()


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_exception_survives_pickling_with_its_parts(error: RtcheckError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.args, vars(again), str(again)) == (error.args, vars(error), str(error))


@pytest.mark.parametrize("cls", sorted(every_class(), key=lambda cls: cls.__name__))
def test_every_exception_belongs_to_the_one_tree_and_is_drawn_in_it(cls: type[BaseException]) -> None:
    assert issubclass(cls, RtcheckError)
    assert cls.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("cls", [ParseError, UsageError])
def test_senseless_values_are_value_errors_too(cls: type[BaseException]) -> None:
    assert issubclass(cls, ValueError)


def test_an_input_error_reads_where_what_and_mend_and_leaves_out_what_is_empty() -> None:
    assert str(InputError("is odd", "a.dcm", "use another")) == "a.dcm: is odd; use another"
    assert str(InputError("is odd")) == "is odd"


def test_an_ambiguity_names_the_candidates_and_the_option_that_chooses() -> None:
    text = str(AmbiguousStudyError("dose", ("one (1.2)", "two (1.3)"), "--dose"))
    assert "2 candidates for the dose: one (1.2); two (1.3)" in text
    assert "--dose" in text
    assert str(AmbiguousRoiError("x", ("X", "x "))) == "2 ROIs fit 'x': 'X', 'x '; name one of them exactly"


def test_a_table_error_gives_each_problem_a_line_with_file_line_and_column() -> None:
    lines = str(EXAMPLES[7]).splitlines()
    assert lines == ["t.yaml:3:7: no such key", "t.yaml:4:1: no such unit"]


def test_a_parse_error_counts_characters_from_one_in_its_text() -> None:
    assert str(ParseError("V20[%]", 3, "expected a unit")) == "'V20[%]', character 4: expected a unit"


def test_a_missing_and_an_empty_roi_read_differently() -> None:
    assert str(MissingRoiError("Liver", detail="similar: 'LIVER2'")) == "no ROI is named 'Liver' (similar: 'LIVER2')"
    assert str(MissingRoiError("Liver", empty=True)) == "ROI 'Liver' has no closed contours"
