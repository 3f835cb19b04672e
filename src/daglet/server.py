"""The session: the Dagger API over HTTP on loopback, for whoever holds the token.

Source: the protocol of dagger-io 0.21: POST `/query` with basic auth (the token, an empty password), a GraphQL document
and its variables as JSON.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import re
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from inspect import isawaitable
from typing import Any

import anyio
import uvicorn
from graphql import (
    ExecutionResult,
    FieldsOnCorrectTypeRule,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    KnownArgumentNamesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    ScalarLeafsRule,
    build_schema,
    execute,
    parse,
    validate,
)
from graphql.type import GraphQLInterfaceType
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from daglet import introspection, resolve, store
from daglet.errors import DagletError, ExecFailed, InvalidOperation, Unsupported
from daglet.evaluate import Evaluator

VERSION = "v0.21.8"
"""The version of the Dagger API that the schema was made from."""

_BODY_LIMIT = 64 << 20
_TOKEN_LIMIT = 200_000
_TOO_DEEP = "more calls follow upon each other than the embedded session reads at once, some 190: await `sync()` between them"

_RULES = (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    ScalarLeafsRule,
)
"""What execution itself would pass over in silence. It refuses wrong, missing and undefined values by itself, and the other
rules of the specification are about documents that no client writes; all of them take six times as long."""


@dataclass(frozen=True, slots=True)
class Session:
    """Where a client finds the session. The token is the only thing that lets one in."""

    port: int
    token: str = field(repr=False)


@asynccontextmanager
async def serve(evaluator: Evaluator) -> AsyncIterator[Session]:
    """Serve a session on a free loopback port for as long as the context lasts."""
    token = secrets.token_urlsafe(32)
    # A request that is cancelled with its client is no error; without a handler, logging would print its traceback.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    app = _App(evaluator, token)
    with listening() as listener:
        server = _Server(
            uvicorn.Config(
                Starlette(routes=[Route("/query", app.query, methods=["POST"])]),
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=1,
            )
        )
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listener])
            try:
                yield Session(listener.getsockname()[1], token)
            finally:
                server.should_exit = True
                server.force_exit = True
                server.stop_listening()
                group.cancel_scope.cancel()


def listening() -> socket.socket:
    """Return a socket that listens on a free loopback port."""
    listener = socket.create_server(("127.0.0.1", 0))
    # What it accepts has this from it. asyncio sets it only where a socket names its protocol; without it an answer's body waits
    # 40 ms for the client to acknowledge the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _question(body: bytes) -> tuple[str, dict[str, Any] | None]:
    """Return what a request asks for: a document and its variables. What else it holds is passed over, as the protocol has it.

    Raises
    ------
    ValueError
        If it is no request.
    """
    try:
        asked = json.loads(body.decode())
        # Half of a character, as JSON can escape it, is no text that an answer could be written with.
        if b"\\u" in body:
            json.dumps(asked, ensure_ascii=False).encode()
    except RecursionError:
        msg = "its values lie too deep in each other"
        raise ValueError(msg) from None
    match asked:
        case {"query": str(query)} if isinstance(variables := asked.get("variables"), dict | None):
            return query, variables
    msg = "a request is an object with a text `query` and, maybe, an object `variables`"
    raise ValueError(msg)


async def _body(request: Request) -> bytes | None:
    """Return a request's body, None if it is larger than any that a client needs, whatever its header says."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > _BODY_LIMIT:
            return None
    return b"".join(parts)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program that the session is part of."""
        yield

    def stop_listening(self) -> None:
        """Take the listening socket off the event loop, which would take a later file of the same number for it."""
        for listening in getattr(self, "servers", ()):
            listening.close()


class _App:
    def __init__(self, evaluator: Evaluator, token: str) -> None:
        self._token = token
        self._context = _Context(evaluator)
        self._introspection = introspection.Answers(evaluator.state / store.INTROSPECTION, _schema_text())

    async def query(self, request: Request) -> Response:
        """Answer one request."""
        if not self._allowed(request.headers.get("authorization", "")):
            return Response(status_code=401, headers={"WWW-Authenticate": "Basic"})
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            query, variables = _question(body)
        except ValueError as error:
            return Response(str(error), status_code=400)
        if not variables and (known := self._introspection.recall(query)):
            return Response(known, media_type="application/json")
        async with anyio.create_task_group() as group:
            group.start_soon(self._cancel_when_gone, request, group.cancel_scope)
            response = await self._answer(query, variables)
            group.cancel_scope.cancel()
            return response
        return Response(status_code=499)

    async def _answer(self, query: str, variables: dict[str, Any] | None) -> Response:
        try:
            document = parse(query, no_location=True, max_tokens=_TOKEN_LIMIT)
        except GraphQLError as error:
            told = GraphQLError(_TOO_DEEP) if "nested too deeply" in error.message else error
            return _response(ExecutionResult(data=None, errors=[told]))
        if errors := validate(schema(), document, _RULES):
            return _response(ExecutionResult(data=None, errors=errors))
        result = execute(schema(), document, variable_values=variables, context_value=self._context)
        result = await result if isawaitable(result) else result
        response = _response(result)
        # An answer is kept by the query's text, which does not tell what its variables stood for.
        if not variables and introspection.only_introspects(document) and not result.errors:
            self._introspection.keep(query, bytes(response.body))
        return response

    async def _cancel_when_gone(self, request: Request, scope: anyio.CancelScope) -> None:
        """End a build that nobody waits for any more."""
        while (await request.receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    def _allowed(self, header: str) -> bool:
        scheme, _, credentials = header.partition(" ")
        try:
            user = base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except ValueError:  # of base64, of UTF-8, or that it is not even ASCII
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(user.encode(), self._token.encode())


@dataclass(slots=True)
class _Context:
    """What resolvers share: the evaluator, and the nodes that the client holds ids of."""

    evaluator: Evaluator
    nodes: dict[str, Any] = field(default_factory=dict)

    def remember(self, node: Any) -> str:
        identity = f"{resolve.kind_of(node)}:{node.digest[:32]}"
        self.nodes[identity] = node
        return identity

    def recall(self, identity: str) -> Any:
        try:
            return self.nodes[identity]
        except KeyError:
            msg = f"this session has no object with the id {identity[:80]!r}"
            raise InvalidOperation(msg) from None


def _response(result: ExecutionResult) -> Response:
    return JSONResponse(result.formatted)


@cache
def _schema_text() -> str:
    return resources.files("daglet").joinpath("schema.graphql").read_text(encoding="utf-8")


@cache
def schema() -> GraphQLSchema:
    """Return the served schema with its resolvers."""
    built = build_schema(_schema_text(), assume_valid=True)
    for kind in built.type_map.values():
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = lambda value, *_: resolve.kind_of(value)
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, item in kind.fields.items():
                item.resolve = _resolver(kind.name, name)
    return built


def _resolver(kind: str, name: str) -> Any:
    function = resolve.served(kind, name)

    async def answer(parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        context: _Context = info.context
        try:
            match kind, name:
                case "Query", "version":
                    return VERSION
                case "Query", "node":
                    return context.recall(arguments["id"])
                case _, "id":
                    return context.remember(parent)
            if function is None:
                what = f"{kind}.{name}"
                raise Unsupported(what)
            value = function(context.evaluator, parent, **_arguments(context, info, function, kind, name, arguments))
            if hasattr(value, "__await__"):
                value = await value
            return context.remember(value) if name == "sync" else value
        except DagletError as error:
            raise GraphQLError(str(error), extensions=_extensions(error)) from error

    return answer


def _arguments(
    context: _Context, info: GraphQLResolveInfo[Any], function: Any, kind: str, name: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    declared = info.parent_type.fields[info.field_name].args
    accepted = function.__kwdefaults__ or {}
    names = set(function.__code__.co_varnames[: function.__code__.co_argcount + function.__code__.co_kwonlyargcount]) | set(
        accepted
    )
    ready: dict[str, Any] = {}
    for key, value in arguments.items():
        snake = re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()
        if snake not in names:
            if not value:
                continue
            what = f"{kind}.{name}({key}:)"
            raise Unsupported(what)
        if value is None:
            continue
        if "ID" in str(declared[key].type):
            value = tuple(map(context.recall, value)) if isinstance(value, list) else context.recall(value)  # noqa: PLW2901
        ready[snake] = tuple(value) if isinstance(value, list) else value
    return ready


def _extensions(error: DagletError) -> dict[str, Any] | None:
    if not isinstance(error, ExecFailed):
        return None
    return {
        "_type": "EXEC_ERROR",
        "cmd": list(error.command),
        "exitCode": error.exit_code,
        "stdout": error.stdout,
        "stderr": error.stderr,
    }
