"""What the module's caller is told of an error: a sentence, wherever it came up."""

from __future__ import annotations

import dagger
import gql
import pytest
from dagger._exceptions import QueryErrorValue
from dagger.mod._exceptions import FunctionError

from pipeline.errors import PipelineError, UsageError
from pipeline.module import _sentences


def failed(command, stderr):
    extensions = {"_type": "EXEC_ERROR", "cmd": command, "exitCode": 1, "stdout": "", "stderr": stderr}
    return dagger.QueryError([QueryErrorValue(message="it failed", extensions=extensions)], gql.gql("{ version }"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("that is wrong", hint="mend it"), "that is wrong; mend it"),
        (ExceptionGroup("two at once", [ExceptionGroup("", [PipelineError("a scanner ended")])]), "a scanner ended"),
        (
            ExceptionGroup("", [failed(["go", "build"], "permission denied")]),
            "`go build` ended with exit code 1\npermission denied",
        ),
        (RuntimeError("odd"), "unexpected RuntimeError: odd"),
        (ExceptionGroup("", [RuntimeError("odd")]), "unexpected RuntimeError: odd"),
    ],
)
def test_an_error_is_a_sentence(monkeypatch, error, said):
    monkeypatch.delenv("PIPELINE_DEBUG", raising=False)
    with pytest.raises(FunctionError) as told, _sentences():
        raise error
    assert str(told.value) == said


def test_whoever_debugs_is_told_where_it_was(monkeypatch):
    monkeypatch.setenv("PIPELINE_DEBUG", "1")
    error = RuntimeError("odd")
    with pytest.raises(RuntimeError, match="odd"), _sentences():
        raise error
