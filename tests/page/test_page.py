"""The page of a run in a real browser: nothing on its console, nothing asked of the network, no wider than a phone."""

from __future__ import annotations

import pytest
import runs
from browser import browser

from pipeline.report.html import page

# What is wider than the window, but for what scrolls within itself.
TOO_WIDE = """
return [...document.querySelectorAll("body *")].filter(item =>
  !item.closest(".scroll") && item.getBoundingClientRect().right > window.innerWidth + 1
).map(item => item.tagName + "." + item.className)
"""
ASKED = "return performance.getEntriesByType('resource').map(entry => entry.name)"
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (320, "dark")])
def test_the_page(shown, tmp_path, width, scheme):
    file = tmp_path / "report.html"
    file.write_text(page(runs.many(24)[-1], runs.many(24), tmp_path), encoding="utf-8")
    shown.open(file, width, 900, scheme)
    assert shown.run("return document.title") == "Failed: https://example.test/shop, 2026-11-24"
    assert shown.run("return window.innerWidth") == width
    assert shown.run(TOO_WIDE) == []
    assert shown.run(ASKED) == []
    assert shown.run(BACKGROUND) == {"light": "rgb(246, 247, 248)", "dark": "rgb(16, 20, 24)"}[scheme]
    assert shown.console() == []
    assert len(shown.screenshot()) > 20_000
