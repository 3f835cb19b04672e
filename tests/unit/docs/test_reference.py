"""The pages and schemas that are made from code are what the code says."""

from __future__ import annotations

import re

import pytest
from documents import ROOT, read

from pipeline.reference import PAGES

OUR_OWN = {"PIPELINE_STAGE", "PIPELINE_RUN"}
"""The variables that build steps are given, and no user sets."""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(golden, name):
    golden(ROOT / "docs" / name, PAGES[name]())


def test_every_variable_is_in_the_reference():
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py") if "reference" not in path.parts)
    read_by_us = set(re.findall(r'"((?:PIPELINE|DAGLET)_[A-Z_]+)"', sources)) - OUR_OWN
    assert read_by_us == set(re.findall(r"`((?:PIPELINE|DAGLET)_[A-Z_]+)`", read("docs/cli.md")))
