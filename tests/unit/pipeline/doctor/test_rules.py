"""Each rule finds its bad example, and nothing in its good one; the page about them is made from the same examples."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from pipeline.config import FILE_NAME, load
from pipeline.doctor import apply, examine
from pipeline.doctor.rules import FAMILIES, RULES


def written(folder: Path, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def examined(folder: Path):
    config = load(folder, environ={}) if (folder / FILE_NAME).exists() else None
    return anyio.run(examine, folder, [], config)


def ids(found):
    return [item.rule.id for item in found.findings]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_bad_example_is_found(rule, tmp_path):
    found = [item for item in examined(written(tmp_path, rule.bad)).findings if item.rule is rule]

    assert found
    for item in found:
        assert (tmp_path / item.file).exists()
        assert item.reason
        assert item.fix


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_nothing_of_the_rule_is_found_in_a_good_example(rule, tmp_path):
    assert rule.id not in ids(examined(written(tmp_path, rule.good)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_mended_is_found_no_more(rule, tmp_path):
    found = examined(written(tmp_path, rule.bad)).findings
    mended = [item for item in found if item.rule is rule and item.edits]

    apply(tmp_path, mended)

    again = examined(tmp_path)
    assert again.dockerfiles == tuple(name for name in rule.bad if name == "Dockerfile")
    if mended:
        assert rule.id not in ids(again)


def test_rules_have_one_name_each_and_belong_to_their_family():
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.family == family.id for family in FAMILIES for rule in family.rules)


def test_this_repository_has_no_pitfall():
    root = Path(__file__).parents[4]

    found = examined(root)

    assert found.services == ("api-gateway", "auth-service")
    # The modules of the service may not be on this machine.
    assert not [notice for notice in found.notices if "linked from" not in notice]
    assert not [f"{item.place} {item.rule.id}" for item in found.findings]
