"""Blocks of the printed report on the page: facts, tables of texts and lines, in the report's own words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from rtcheck.printable import one_line
from rtcheck.report.page.model import Block, Facts, Grid, Lines, Prose
from rtcheck.ui.lines import badge
from rtcheck.ui.plain import plain


def show_blocks(blocks: Sequence[Block], key: str) -> None:
    """Facts, tables, lines and paragraphs, one below another.

    Parameters
    ----------
    blocks : sequence of Block
    key : str
        Of the widgets.
    """
    for number, block in enumerate(blocks):
        if isinstance(block, Facts):
            show_facts([(fact.label, fact.texts) for fact in block.facts])
        elif isinstance(block, Grid):
            show_grid(block, f"{key}-{number}")
        elif isinstance(block, Lines):
            for line in block.lines:
                mark = f"{badge(line.mark.verdict)} " if line.mark else ""
                head = f"**{plain(line.head)}:** " if line.head else ""
                st.markdown(f"{mark}{head}{plain(line.text)}")
        elif isinstance(block, Prose):
            st.caption(plain(block.text))


def show_facts(facts: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Labels and texts; of several texts each on a line of its own."""
    for label, texts in facts:
        if len(texts) == 1:
            st.markdown(f"**{plain(label)}:** {plain(texts[0])}")
        else:
            st.markdown(f"**{plain(label)}:**\n" + "".join(f"\n* {plain(text)}" for text in texts))


def show_grid(grid: Grid, key: str) -> None:
    """A table of texts, as high as its rows."""
    if not grid.is_titled:
        st.markdown(f"**{plain(grid.caption)}**")
    titles = [column.title for column in grid.columns]
    frame = pd.DataFrame([[one_line(cell) for cell in row] for row in grid.rows], columns=titles, dtype=object)
    widths = {column.title: st.column_config.TextColumn(width="large") for column in grid.columns if column.is_wide}
    st.dataframe(frame, key=key, hide_index=True, width="stretch", height="content", column_config=widths)
