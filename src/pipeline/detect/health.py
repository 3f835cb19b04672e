"""The route that a service answers for its health, as its programs' literals tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from pipeline.detect.file_routes import file_routes, has_base
from pipeline.detect.found import Found
from pipeline.detect.groups import path_of
from pipeline.detect.model import Probe
from pipeline.detect.programs import GO_FILES, Program
from pipeline.detect.syntax import Literal, literals, text

_ROUTES = (
    "/health",
    "/healthz",
    "/health/live",
    "/livez",
    "/api/health",
    "/api/healthz",
    "/v1/health",
    "/api/v1/health",
    "/_health",
    "/_healthz",
    "/-/healthy",
    "/healthcheck",
    "/status",
    "/ping",
)
"""Routes by which services tell their health, the surest first."""

_WORDS = (b"health", b"livez", b"status", b"ping")
_ROUTING = re.compile(r"(?:^|\.)(?:all|any|controller|get|group|handle\w*|head|path\w*|route|use)\Z", re.IGNORECASE)
_ROUTER = re.compile(r"router\b", re.IGNORECASE)
_MOUNTS = re.compile(rb"\.use\(\s*[\"'`](?:/\w|\$\{)[^\"'`]*[\"'`]\s*,[^;]{0,200}?(?:rout|middleware)", re.IGNORECASE)

# A client of gRPC's health service imports the same package of Go as a server; only a server registers one.
_GO_SERVER = re.compile(rb"\bRegisterHealthServer\(|\bhealth\w*\.NewServer\(")
_NODE_SERVER = re.compile(rb"grpc\.health\.v1|grpc-health-check")


def health(files: Sequence[Program]) -> Found[Probe]:
    """Return the route that a service answers for its health, "grpc" where it has gRPC's own, False where there is none."""
    known = list(_known(files))
    untold: Found[Probe] | None = None
    mounted = any(_MOUNTS.search(file.content) for file in files)
    for sure in (True, False):
        if not sure and (found_file := _of_file(files)):
            return found_file
        for route in _ROUTES:
            for file, item, place in known:
                if place != route or sure is not _is_routed(item):
                    continue
                if mounted and _is_of_router(item):
                    why = f"a router answers {route} below a path that is not told here: set `health`"
                    return Found("health", False, file.name, item.line, why)
                above = path_of(item, files) if sure and file.name.endswith(GO_FILES) else ""
                if above is None:
                    why = f"a group answers {route} below a path that is not told here: set `health`"
                    untold = untold or Found("health", False, file.name, item.line, why)
                    continue
                return Found("health", above + route, file.name, item.line, "a route of its own")
    for file in files:
        server = _GO_SERVER if file.name.endswith(".go") else _NODE_SERVER
        if found := server.search(file.content):
            number = file.content.count(b"\n", 0, found.start()) + 1
            return Found("health", "grpc", file.name, number, "gRPC's health service")
    return untold or Found("health", False, why="no health route was found")


def _of_file(files: Sequence[Program]) -> Found[Probe] | None:
    """Return the surest route that a framework makes of a file."""
    known = {path: (file, folder) for file, path, folder in file_routes(files) if path in _ROUTES}
    for route in _ROUTES:
        if route in known:
            file, folder = known[route]
            if has_base(folder):
                why = f"it answers {route} below a path that the framework's settings name: set `health`"
                return Found("health", False, file.name, 1, why)
            return Found("health", route, file.name, 1, "a route by the file's name")
    return None


def _known(files: Sequence[Program]) -> Iterator[tuple[Program, Literal, str]]:
    for file in files:
        if any(word in file.content for word in _WORDS) and (root := file.tree()):
            for item in literals(root):
                route = _route(item)
                if route in _ROUTES:
                    yield file, item, route


def _route(item: Literal) -> str:
    """Return the path that a literal stands for where it is a route; a controller of NestJS names its path without a slash."""
    call = _call(item)
    if call and text(call.child_by_field_name("function")) == "Controller":
        return "/" + item.value.strip("/")
    value = item.value.partition(" ")[2] if item.value.startswith(("GET ", "HEAD ")) else item.value
    return value.rstrip("/")


def _is_routed(item: Literal) -> bool:
    """Whether a literal is an argument of what sets up a route, and not one of a list or a condition."""
    call = _call(item)
    return bool(call and _ROUTING.search(text(call.child_by_field_name("function"))))


def _is_of_router(item: Literal) -> bool:
    """Whether it is a router that a route is set up on, and not the application itself."""
    call = _call(item)
    receiver = text(call.child_by_field_name("function")).rpartition(".")[0] if call else ""
    return bool(_ROUTER.search(receiver))


def _call(item: Literal) -> Node | None:
    """Return the call that a literal is an argument of, itself or within an object."""
    within = {"arguments", "argument_list", "object", "pair"}
    parent = next((node for node in item.nearest() if node.type not in within), None)
    return parent if parent and parent.type == "call_expression" else None
