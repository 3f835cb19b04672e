"""What programs tell about themselves in literals: the port, the health route, the files that they read when they run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from pipeline.detect.found import Found
from pipeline.detect.model import Probe
from pipeline.detect.syntax import Literal, line, literals, text, tree, walk

NODE_FILES = (".ts", ".js", ".mjs", ".cjs", ".mts", ".cts", ".tsx", ".jsx")
GO_FILES = (".go",)

PRUNED = {"node_modules", "vendor", "dist", "build", "coverage", "testdata", "test", "tests", "__tests__", "e2e", "docs"}
"""Folders that hold no program of a service's own."""

_TESTS = re.compile(r"(_test\.go|\.(test|spec)\.[cm]?[jt]sx?|\.config\.[cm]?[jt]s|\.d\.ts)$")
_MOST = 3000

_HEALTH = ("/health", "/healthz", "/health/live", "/livez", "/api/health", "/api/healthz", "/_health", "/status", "/ping")
_READ = ("assets", "emails", "i18n", "locales", "migrations", "proto", "protos", "public", "static", "templates", "views")
"""Folders of what programs read when they run, by their usual names."""

_EMBEDS = re.compile(rb"^//go:embed\s+(.+)$", re.MULTILINE)
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


class Lazy:
    """The programs of a folder, read when they are first asked for: a configured value needs none."""

    def __init__(self, folder: Path, shown: str, suffixes: Sequence[str]) -> None:
        self._arguments = (folder, shown, suffixes)
        self._found: tuple[Program, ...] | None = None

    def __call__(self) -> tuple[Program, ...]:
        """Return the programs."""
        if self._found is None:
            self._found = programs(*self._arguments)
        return self._found


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


def files(folder: Path, read: Sequence[Program]) -> Found[tuple[str, ...]]:
    """Return the folders that a service's programs name and are not compiled in: templates, static files, migrations."""
    candidates = [name for name in _READ if (folder / name).is_dir()]
    embedded = b" ".join(item for file in read for item in _EMBEDS.findall(file.content))
    found: dict[str, tuple[str, int]] = {}
    for file in read:
        wanted = [
            name for name in candidates if name not in found and name.encode() in file.content and name.encode() not in embedded
        ]
        if not wanted or not (root := file.tree()):
            continue
        for item in literals(root):
            parts = Path(item.value).parts
            for name in wanted:
                if name in parts and name not in found and not _imported(item.node):
                    found[name] = (file.name, item.line)
    if not found:
        return Found("files", (), why="no program names any")
    file_name, number = next(iter(found.values()))
    return Found("files", tuple(sorted(found)), file_name, number, "named there")


def _imported(node: Node) -> bool:
    """Whether a literal is the address of a module."""
    parent = node.parent
    return bool(parent and parent.type in {"import_statement", "export_statement", "import_spec"})
