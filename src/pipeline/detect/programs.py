"""What programs tell about themselves in literals: the port, the health route, the files that they read when they run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from pipeline.config import Service
from pipeline.detect.found import Found, configured
from pipeline.detect.model import Probe
from pipeline.detect.syntax import Literal, line, literals, text, tree, walk

NODE_FILES = (".ts", ".js", ".mjs", ".cjs", ".mts", ".cts", ".tsx", ".jsx")
GO_FILES = (".go",)

PRUNED = {"node_modules", "vendor", "dist", "build", "coverage", "testdata", "test", "tests", "__tests__", "e2e", "docs"}
"""Folders that hold no program of a service's own."""

_TESTS = re.compile(r"(_test\.go|\.(test|spec)\.[cm]?[jt]sx?|\.config\.[cm]?[jt]s|\.d\.ts)$")
_MOST = 3000

_HEALTH = ("/health", "/healthz", "/health/live", "/livez", "/api/health", "/api/healthz", "/_health", "/status", "/ping")
_GRPC_HEALTH = (b"grpc.health.v1", b"grpc-health-check", b"grpc_health_v1")
_ADDRESS = re.compile(r"[\w.\[\]]*:(\d{2,5})\Z")
_LISTENS = re.compile(r"(^|\.)(listen\w*|serve\w*|run|start)\Z", re.IGNORECASE)
_DEFAULT = re.compile(r"\.default\(\s*[\"']?(\d{2,5})[\"']?\s*\)")
_NUMBER = re.compile(r"[\"'`]?(\d{2,5})[\"'`]?\Z")


@dataclass(frozen=True, slots=True)
class Program:
    """One file of a service's own program. `name` is relative to the repository."""

    path: Path
    name: str
    content: bytes

    def tree(self) -> Node | None:
        """Return the file's syntax tree."""
        return tree(self.path)


def programs(folder: Path, shown: str, suffixes: Sequence[str]) -> tuple[Program, ...]:
    """Return the files of the programs below a folder, no tests, in the order of their names."""
    return tuple(_read(folder, shown, suffixes))


def _read(folder: Path, shown: str, suffixes: Sequence[str]) -> Iterator[Program]:
    left = _MOST
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in PRUNED and not name.startswith("."))
        for name in sorted(files):
            if not name.endswith(tuple(suffixes)) or _TESTS.search(name):
                continue
            if not (left := left - 1):
                return
            path = Path(where, name)
            try:
                yield Program(path, (Path(shown) / path.relative_to(folder)).as_posix(), path.read_bytes())
            except OSError:
                continue


def listening(folder: Path, settings: Service, suffixes: Sequence[str], default_port: int) -> tuple[Found[int], Found[Probe]]:
    """Return a service's port and its health check, as configured or as its programs tell."""
    known_port = configured("port", settings.port) if settings.port else None
    known_health: Found[Probe] | None = None
    if settings.health is not None:
        probe = tuple(settings.health) if isinstance(settings.health, list) else settings.health
        known_health = configured("health", probe)
    if known_port and known_health:
        return known_port, known_health
    files = programs(folder, settings.path, suffixes)
    return known_port or port(files, default_port), known_health or health(files)


def health(files: Sequence[Program]) -> Found[Probe]:
    """Return the route that a service answers for its health, "grpc" where it has gRPC's own, False where there is none."""
    known: dict[str, Found[Probe]] = {}
    for file in files:
        if not any(word in file.content for word in (b"health", b"livez", b"status", b"ping")) or not (root := file.tree()):
            continue
        for item in literals(root):
            route = _route(item)
            if route in _HEALTH and route not in known:
                known[route] = Found("health", route, file.name, item.line, "a route of its own")
    for route in _HEALTH:
        if route in known:
            return known[route]
    for file in files:
        for word in _GRPC_HEALTH:
            if word in file.content:
                number = file.content[: file.content.index(word)].count(b"\n") + 1
                return Found("health", "grpc", file.name, number, "gRPC's health service")
    return Found("health", False, why="no health route was found")


def _route(item: Literal) -> str:
    """Return the path that a literal stands for where it is a route; a controller of NestJS names its path without a slash."""
    call = _call(item.node)
    if call and text(call.child_by_field_name("function")) == "Controller":
        return "/" + item.value.strip("/")
    value = item.value.partition(" ")[2] if item.value.startswith(("GET ", "HEAD ")) else item.value
    return value.rstrip("/")


def _call(node: Node) -> Node | None:
    """Return the call that a node is an argument of, itself or within an object."""
    parent = node.parent
    while parent and parent.type in {"arguments", "argument_list", "object", "pair"}:
        parent = parent.parent
    return parent if parent and parent.type == "call_expression" else None


def port(files: Sequence[Program], default: int) -> Found[int]:
    """Return the port that a service listens on unless it is told another."""
    for find, why in ((_from_variable, "the default of PORT"), (_from_address, "what it listens on")):
        for file in files:
            if (b"PORT" in file.content or b"isten" in file.content or b"Addr" in file.content) and (root := file.tree()):
                for node, number in find(root):
                    return Found("port", number, file.name, line(node), why)
    return Found("port", default, why="by convention")


def _from_variable(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield the defaults of a variable PORT: `env.PORT ?? 3000`, `PORT: number().default(3000)`, `getenv("PORT", "8080")`."""
    for node in walk(root, "binary_expression", "pair", "call_expression"):
        match node.type:
            case "binary_expression":
                left, right = text(node.child_by_field_name("left")), text(node.child_by_field_name("right"))
                if re.search(r"\bPORT[\"'\])]*\Z", left) and (found := _NUMBER.match(right)):
                    yield node, int(found[1])
            case "pair":
                key, value = text(node.child_by_field_name("key")).strip("\"'"), text(node.child_by_field_name("value"))
                if key == "PORT" and (found := _DEFAULT.search(value)):
                    yield node, int(found[1])
            case _:
                values = [text(item) for item in (node.child_by_field_name("arguments") or node).named_children]
                if values[:1] in (['"PORT"'], ["'PORT'"]) and len(values) > 1 and (found := _NUMBER.match(values[1])):
                    yield node, int(found[1])


def _from_address(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield the ports that a program listens on in so many words: `listen(3000)`, `Addr: ":8080"`."""
    for node in walk(root, "call_expression", "keyed_element"):
        if node.type == "keyed_element":
            key, _, value = text(node).partition(":")
            if key.strip() == "Addr" and (found := _ADDRESS.match(value.strip().strip('"`'))):
                yield node, int(found[1])
            continue
        if not _LISTENS.search(text(node.child_by_field_name("function"))):
            continue
        for item in (node.child_by_field_name("arguments") or node).named_children:
            content = text(item)
            if item.type == "object":
                content = next(
                    (text(pair.child_by_field_name("value")) for pair in walk(item, "pair") if _named_port(pair)), ""
                )
            plain = content.strip("\"'`")
            if (item.type in {"number", "object"} and (found := _NUMBER.match(plain))) or (found := _ADDRESS.match(plain)):
                yield node, int(found[1])


def _named_port(pair: Node) -> bool:
    return text(pair.child_by_field_name("key")).strip("\"'") == "port"
