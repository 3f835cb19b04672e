"""Functions of the user's own in the place of stages."""

from __future__ import annotations

import dagger
import pytest

from pipeline.errors import UsageError
from pipeline.graph import Inputs
from pipeline.hooks import functions


def test_a_function_is_found(tmp_path):
    (tmp_path / "ci.py").write_text("def build(container, inputs):\n    return container, inputs\n")
    given = dagger.Container(None), Inputs()
    assert functions(tmp_path, "a", {"build": "ci.py:build"})["build"](*given) == given


@pytest.mark.parametrize(
    ("stage", "place", "message"),
    [
        ("biuld", "ci.py:build", "there is no stage 'biuld'; a function can stand for package-manager, deps, build"),
        ("build", "no.py:build", "there is no file 'no.py' in the repository"),
        ("build", "../ci.py:build", "there is no file"),
        ("build", "ci.py:other", "ci.py has no function 'other'"),
        (
            "build",
            "broken.py:build",
            "broken.py:1: services.a.stages.build: it does not run: ZeroDivisionError: division by zero",
        ),
        ("build", "unread.py:build", "unread.py:2: services.a.stages.build: it does not run: SyntaxError: invalid syntax"),
        ("build", "ending.py:build", "ending.py:3: services.a.stages.build: it does not run: SystemExit: no"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, stage, place, message):
    (tmp_path / "ci.py").write_text("def build(container, inputs): ...\n")
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "unread.py").write_text("def build(container, inputs):\n    return container inputs\n")
    (tmp_path / "ending.py").write_text("import sys\n\nsys.exit('no')\n")
    with pytest.raises(UsageError) as caught:
        functions(tmp_path, "a", {stage: place})
    assert f"services.a.stages.{stage}: " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    return helper(inputs)\n", "ci.py:2: services.a.stages.build: build() raised KeyError: 'wanted'"),
        (
            "    import json\n    json.loads('')\n",
            "ci.py:6: services.a.stages.build: build() raised JSONDecodeError: Expecting value",
        ),
        ("    exit('no')\n", "ci.py:5: services.a.stages.build: build() raised SystemExit: no"),
        (
            "    pass\n",
            "ci.py: services.a.stages.build: build() does not return a container and inputs; end it with `return container, inputs`",
        ),
        ("    return container\n", "build() does not return a container and inputs"),
        (
            "    from dataclasses import replace\n    return container, replace(inputs, command='npm ci')\n",
            "build() returns a command that is one text",
        ),
        ("    return inputs, container\n", "build() does not return a container and inputs"),
    ],
)
def test_what_a_function_does_wrong_is_told_with_its_line(tmp_path, body, message):
    helper = "def helper(inputs):\n    return {}['wanted']\n\n"
    (tmp_path / "ci.py").write_text(f"{helper}def build(container, inputs):\n{body}")
    build = functions(tmp_path, "a", {"build": "ci.py:build"})["build"]
    with pytest.raises(UsageError) as caught:
        build(dagger.Container(None), Inputs())
    assert message in str(caught.value)
