"""Who says something, and when: name, role and day, in one row of a form."""

from __future__ import annotations

from datetime import UTC, date, datetime

import streamlit as st

from rtcheck.sheet import Role


def ask_person(key: str) -> tuple[str, Role | None, date]:
    """Name, role and day; none of them but the day is filled in.

    Parameters
    ----------
    key : str
        Of the widgets.
    """
    left, middle, right = st.columns(3)
    name = left.text_input("Name or initials", key=f"name-{key}")
    role = middle.selectbox(
        "Role",
        list(Role),
        index=None,
        format_func=lambda one: one.value.replace("-", " "),
        placeholder="Choose a role",
        key=f"role-{key}",
    )
    day = right.date_input("Date", today(), format="YYYY-MM-DD", key=f"date-{key}")
    return name, role, day


def today() -> date:
    """The day on this machine's clock, wherever it stands."""
    return datetime.now(UTC).astimezone().date()
