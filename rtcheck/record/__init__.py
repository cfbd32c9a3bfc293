"""The record of sign-offs: who decided what, in rounds; nothing in it is ever changed, and a change would show."""

from rtcheck.record.chain import chain_problems, chained, entry_of, plain_entry
from rtcheck.record.objects import case_code, code_of, signed_objects
from rtcheck.record.store import RECORD_NAME, Record, record_beside

__all__ = [
    "RECORD_NAME",
    "Record",
    "case_code",
    "chain_problems",
    "chained",
    "code_of",
    "entry_of",
    "plain_entry",
    "record_beside",
    "signed_objects",
]
