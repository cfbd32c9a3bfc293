"""Constraint tables as text and as data: lists, single rows, differences, and what is wrong in a file."""

from rtcheck.report.constraints.difference import Difference, difference, difference_document
from rtcheck.report.constraints.lint import Linted, kind_of, lint
from rtcheck.report.constraints.listing import Listed, Wanted, row_document, rows_of
from rtcheck.report.constraints.remarks import Level, Remark
from rtcheck.report.constraints.rule_text import (
    print_dose_rule,
    print_protocol,
    print_rule,
    print_rule_explanation,
    print_rules,
    print_sheet,
)
from rtcheck.report.constraints.rule_words import rule_explanation
from rtcheck.report.constraints.rules import (
    ListedRule,
    dose_rule_document,
    protocol_document,
    rule_document,
    rule_page,
    rules_of,
)
from rtcheck.report.constraints.sheets import sheet_pages, undeclared
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
    "ListedRule",
    "Remark",
    "Wanted",
    "cases_of",
    "difference",
    "difference_document",
    "dose_rule_document",
    "kind_of",
    "lint",
    "print_difference",
    "print_dose_rule",
    "print_explanation",
    "print_linted",
    "print_protocol",
    "print_row",
    "print_rows",
    "print_rule",
    "print_rule_explanation",
    "print_rules",
    "print_sheet",
    "protocol_document",
    "row_document",
    "row_page",
    "rows_of",
    "rule_document",
    "rule_explanation",
    "rule_page",
    "rules_of",
    "sheet_pages",
    "undeclared",
]
