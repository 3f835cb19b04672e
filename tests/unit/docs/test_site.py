"""The site: it is built without a warning, and its pages ask for nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from documents import ROOT

LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"'\s>]+)|<link\b[^>]*\bhref=["']?([^"'\s>]+)|url\(["']?([^"')]+)"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_every_page_is_there(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    made = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    assert {path.with_name("index") if path.name == "README" else path for path in pages} <= made


def test_nothing_comes_from_elsewhere(site):
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("*") if path.suffix in {".html", ".css"}}
    loaded = {
        (path.name, address) for path, text in texts.items() for found in LOADED.findall(text) for address in found if address
    }
    assert len(loaded) > 20
    assert {(name, address) for name, address in loaded if re.match(r"(?:https?:)?//", address)} == set()
    # For a drawing of this kind the theme's script would fetch another one.
    assert not [path for path, text in texts.items() if 'class="mermaid"' in text]
