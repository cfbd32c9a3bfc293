"""What is said once after something was done, when the page has been drawn anew."""

from __future__ import annotations

import streamlit as st

from rtcheck.ui.plain import plain

_NOTICE = "notice"


def announce(text: str) -> None:
    """Say this when the page is drawn next."""
    st.session_state[_NOTICE] = text


def show_notice() -> None:
    """What was done last; once."""
    text: str = st.session_state.pop(_NOTICE, "")
    if text:
        st.success(plain(text), icon="✔️")
