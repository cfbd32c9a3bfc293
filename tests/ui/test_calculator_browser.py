"""The BED calculator's dialog in a real browser: it stays open while questions are asked."""

from __future__ import annotations

import pytest

from tests.ui.test_browser import address, browser_page, pytestmark, sync_api

__all__ = ["address", "browser_page", "pytestmark"]


def _opened(page):
    """The dialog. The browser tells its theme soon after the start, and the page drawn anew closes a dialog."""
    dialog = page.get_by_role("dialog")
    button = page.get_by_role("button", name="Curve and inverse questions")
    page.get_by_text("BED calculator").first.click()
    button.wait_for(timeout=30_000)
    for patience_ms in (10_000, 10_000, 30_000):
        if not dialog.is_visible():
            button.click()
        try:
            dialog.get_by_role("status").filter(has_text="✔ PASS").wait_for(timeout=patience_ms)
        except sync_api.TimeoutError:
            continue
        return dialog
    pytest.fail("the dialog doesn't stay open")


def test_the_dialog_answers_question_after_question(browser_page):
    dialog = _opened(browser_page)
    dialog.locator(".js-plotly-plot .legend").wait_for(timeout=30_000)
    for question, words in (
        ("Dose per fraction", "5x7.05Gy: 35.25 Gy in 5 fractions"),
        ("Number of fractions", "5x8Gy: 40 Gy in 5 fractions"),
        ("Equivalent schedule", "25x2.34Gy: 58.5 Gy in 25 fractions"),
    ):
        dialog.get_by_text(question, exact=True).first.click()
        dialog.get_by_role("heading", name=words).wait_for(timeout=30_000)
    dialog.get_by_text("Tissue", exact=True).first.click()
    dialog.get_by_text("With alpha/beta 2 to 8 Gy, published").wait_for(timeout=30_000)
