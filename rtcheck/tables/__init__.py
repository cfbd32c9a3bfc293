"""YAML files -> tables, protocols, case sheets ..., with every error of a file at once as ``file:line:column``.

The tables that rtcheck ships lie in ``constraints/`` of the repository and in ``rtcheck/_constraints`` of a wheel. How
a file is written stands in ``constraints/README.md``; `schema` and `rows` have every key.
"""

from rtcheck.shipped import data_folder
from rtcheck.tables.beside import sheet_of
from rtcheck.tables.cases import Cases, failed_cases, load_cases
from rtcheck.tables.files import all_tables, find_row, load_site, load_table, shipped_tables
from rtcheck.tables.json_schema import write_schemas
from rtcheck.tables.paths import cases_path, protocol_ids, site_ids, table_ids
from rtcheck.tables.protocols import load_protocol, shipped_protocols, tables_alone
from rtcheck.tables.radiobiology import Radiobiology, load_radiobiology
from rtcheck.tables.sheet_template import sheet_template
from rtcheck.tables.sheets import read_sheet
from rtcheck.tables.tuning import read_tuning

__all__ = [
    "Cases",
    "Radiobiology",
    "all_tables",
    "cases_path",
    "data_folder",
    "failed_cases",
    "find_row",
    "load_cases",
    "load_protocol",
    "load_radiobiology",
    "load_site",
    "load_table",
    "protocol_ids",
    "read_sheet",
    "read_tuning",
    "sheet_of",
    "sheet_template",
    "shipped_protocols",
    "shipped_tables",
    "site_ids",
    "table_ids",
    "tables_alone",
    "write_schemas",
]
