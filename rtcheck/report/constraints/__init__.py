"""Constraint tables as text and as data: lists, single rows, differences, and what is wrong in a file."""

from rtcheck.report.constraints.difference import Difference, difference, difference_document
from rtcheck.report.constraints.lint import Linted, kind_of, lint
from rtcheck.report.constraints.listing import Listed, Wanted, row_document, rows_of
from rtcheck.report.constraints.remarks import Level, Remark
from rtcheck.report.constraints.single import cases_of, row_page
from rtcheck.report.constraints.text import (
    print_difference,
    print_explanation,
    print_linted,
    print_row,
    print_rows,
)

__all__ = [
    "Difference",
    "Level",
    "Linted",
    "Listed",
    "Remark",
    "Wanted",
    "cases_of",
    "difference",
    "difference_document",
    "kind_of",
    "lint",
    "print_difference",
    "print_explanation",
    "print_linted",
    "print_row",
    "print_rows",
    "row_document",
    "row_page",
    "rows_of",
]
