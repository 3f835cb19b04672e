"""Functions of the user's own in the place of stages."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.hooks import functions


def test_a_function_is_found(tmp_path):
    (tmp_path / "ci.py").write_text("def build(container, inputs):\n    return container, inputs\n")
    assert functions(tmp_path, "a", {"build": "ci.py:build"})["build"](1, 2) == (1, 2)


@pytest.mark.parametrize(
    ("stage", "place", "message"),
    [
        ("biuld", "ci.py:build", "there is no stage 'biuld'; a function can stand for package-manager, deps, build"),
        ("build", "no.py:build", "there is no file 'no.py' in the repository"),
        ("build", "../ci.py:build", "there is no file"),
        ("build", "ci.py:other", "ci.py has no function 'other'"),
        ("build", "broken.py:build", "broken.py does not run: ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, stage, place, message):
    (tmp_path / "ci.py").write_text("def build(container, inputs): ...\n")
    (tmp_path / "broken.py").write_text("1 / 0\n")
    with pytest.raises(UsageError) as caught:
        functions(tmp_path, "a", {stage: place})
    assert f"services.a.stages.{stage}: " in str(caught.value)
    assert message in str(caught.value)
