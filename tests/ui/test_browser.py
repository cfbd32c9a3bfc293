"""The real server in a real browser: what is seen, and that nothing leaves this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rtcheck.sheet import LesionKind
from rtcheck.tables import read_sheet
from rtcheck.ui.launch import command
from tests.ui.conftest import SAMPLES, zipped
from tests.ui.test_launch import _health, free_port

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]
pytest.importorskip("streamlit", reason="the app extra isn't installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The server as `rtcheck app` runs it, in a folder with a file that must not be taken for one of Python's."""
    port = free_port()
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "timeit.py").write_text("raise SystemExit('not this one')")
    server = subprocess.Popen(
        command(port),
        cwd=folder,
        env=os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"},
        stderr=subprocess.DEVNULL,
    )
    try:
        _health(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def browser_page(address):
    """A page on the app; afterwards every request that it made must have gone to the app."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1500, "height": 2400})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(address)
        page.get_by_text("Radiotherapy dose and constraint checker").wait_for(timeout=30_000)
        yield page
        browser.close()
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(address).netloc}


def _open_sample(page, name: str) -> None:
    page.get_by_text("Sample", exact=True).first.click()
    page.get_by_role("combobox", name="Sample plan").click()
    page.get_by_role("option", name=name).click()


def _open_tab(page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hcc-sbrt-5fx", "✔ PASS"),
        ("hcc-35gy-5fx", "✘ FAIL"),
        ("grid-misses-liver", "? NOT EVALUATED"),
    ],
)
def test_sample_in_a_browser(browser_page, name, words, tmp_path):
    _open_sample(browser_page, name)
    banner = browser_page.get_by_role("status").filter(has_text=words)
    banner.wait_for(timeout=60_000)
    _open_tab(browser_page, "DVHs")
    browser_page.locator(".js-plotly-plot .legend").wait_for(timeout=60_000)
    assert banner.is_visible()
    colour = banner.evaluate("element => getComputedStyle(element).backgroundColor")
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    assert (green > max(red, blue)) == (words == "✔ PASS")
    shot = tmp_path / f"{name}.png"
    browser_page.screenshot(path=str(shot))
    assert shot.stat().st_size > 50_000


def test_upload_download_and_clear(browser_page, tmp_path):
    archive = tmp_path / "plan.zip"
    archive.write_bytes(zipped(SAMPLES / "hcc-sbrt-5fx"))
    browser_page.locator("input[type=file]").first.set_input_files(str(archive))
    browser_page.get_by_text("SYNTH-HCC-001").wait_for(timeout=60_000)
    _open_tab(browser_page, "Downloads")
    for label, beginning in (
        ("JSON", b"{"),
        ("PDF", b"%PDF"),
        ("DVH curves (CSV)", b"roi,"),
        ("Text", b"\xe2\x95\xad"),
    ):
        with browser_page.expect_download(timeout=60_000) as waiting:
            browser_page.get_by_role("button", name=label, exact=True).click()
        content = Path(waiting.value.path()).read_bytes()
        assert content.startswith(beginning)
        assert b"SYNTH-HCC-001" not in content
        assert "SYNTH" not in waiting.value.suggested_filename
    browser_page.get_by_role("button", name="Clear patient").click()
    browser_page.get_by_text("stay on this machine").wait_for()
    browser_page.get_by_text("SYNTH-HCC-001").wait_for(state="detached")


def test_a_lesion_is_declared_in_the_table_and_nothing_typed_is_lost(browser_page):
    files = sorted((SAMPLES / "hcc-sbrt-5fx").glob("*.dcm"))
    browser_page.locator("input[type=file]").first.set_input_files([str(path) for path in files])
    browser_page.get_by_text("SYNTH-HCC-001").wait_for(timeout=60_000)
    _open_tab(browser_page, "Case sheet")
    browser_page.get_by_role("textbox", name="Subject code").fill("SITE01-009")
    browser_page.wait_for_timeout(2000)  # until the page has its height
    editor = next(one for one in browser_page.get_by_test_id("stDataFrame").all() if one.is_visible())
    for offset, text in ((145, "liver"), (205, "primary")):  # the columns of organ and kind, in the first row
        editor.click(position={"x": offset, "y": 54})
        browser_page.keyboard.press("Enter")
        browser_page.wait_for_timeout(500)
        browser_page.keyboard.type(text, delay=30)
        browser_page.keyboard.press("Enter")
        browser_page.wait_for_timeout(500)
    # Something else on the page is changed in between.
    _open_tab(browser_page, "DVHs")
    browser_page.get_by_text("Volume in cc").click()
    browser_page.wait_for_timeout(1500)
    _open_tab(browser_page, "Case sheet")
    browser_page.get_by_role("button", name="Use this case sheet").click()
    browser_page.get_by_text("The plan was checked with this case sheet").wait_for(timeout=60_000)
    with browser_page.expect_download(timeout=60_000) as waiting:
        browser_page.get_by_role("button", name="Case sheet (JSON)").first.click()
    sheet = read_sheet(("case.json", Path(waiting.value.path()).read_bytes()))
    assert sheet.subject == "SITE01-009"
    assert [(one.name, one.organ, one.kind, one.gtv, one.ptv) for one in sheet.lesions] == [
        ("L1", "liver", LesionKind.PRIMARY, "GTV", "PTV")
    ]


def test_text_from_files_is_shown_as_it_stands(browser_page, tmp_path):
    nasty = "<b>a</b> **b** $c$ :smile: :red[d] [e](http://f.example) www.g.example h@i.example.jp.txt"
    file = tmp_path / "x"
    file.write_bytes(b"no DICOM")
    name = nasty.replace("/", "∕")
    browser_page.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"no DICOM"}]
    )
    alert = browser_page.get_by_role("alert")
    alert.wait_for(timeout=30_000)
    assert name in alert.inner_text().replace("\u2060", "")
    assert alert.locator("a, b, strong, img, .katex").count() == 0
