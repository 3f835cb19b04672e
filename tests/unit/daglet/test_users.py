"""Who a base runs as is read out of how something was built from it."""

from __future__ import annotations

import json

import pytest

from daglet import operations as ops
from daglet.dockerfile import render
from daglet.users import asking, told


def statement(**meta):
    steps = [{"op": {"Op": {"source": {"identifier": "x"}}}}, {"op": {"Op": {"exec": {"meta": {"args": ["a"], **meta}}}}}]
    return {"predicate": {"buildDefinition": {"internalParameters": {"buildConfig": {"llbDefinition": steps}}}}}


@pytest.mark.parametrize(
    ("document", "user"), [(statement(user="node:app"), "node:app"), (statement(), ""), ({"predicate": {"meta": {}}}, "")]
)
def test_the_user_is_that_of_the_command(tmp_path, document, user):
    (tmp_path / "provenance.json").write_text(json.dumps(document))
    assert told(tmp_path) == user


def test_asking_needs_no_answer():
    plan = render(asking(ops.FromAddress("r.example/a:1")))
    assert plan.guessed == ()
    assert plan.dockerfile.count("RUN") == 1
