"""YAML files -> tables and protocols, with every error of a file at once as ``file:line:column``.

The tables that rtcheck ships lie in ``constraints/`` of the repository and in ``rtcheck/_constraints`` of a wheel. How
a file is written stands in ``constraints/README.md``; `schema` has every key.
"""

from rtcheck.tables.files import data_folder, load_protocol, load_table, protocol_ids, table_ids
from rtcheck.tables.radiobiology import Radiobiology, load_radiobiology

__all__ = [
    "Radiobiology",
    "data_folder",
    "load_protocol",
    "load_radiobiology",
    "load_table",
    "protocol_ids",
    "table_ids",
]
