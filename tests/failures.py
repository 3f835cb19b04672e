"""Errors as the Dagger client raises them, without an engine."""

from __future__ import annotations

from types import SimpleNamespace

import dagger
from graphql import GraphQLError


def query_error(message, **extensions):
    return dagger.QueryError([GraphQLError(message, extensions=extensions)], SimpleNamespace(document=None))


def exec_error(*command):
    return query_error("failed", _type="EXEC_ERROR", cmd=list(command), exitCode=3, stdout="said\n", stderr="wrong\n")
