"""The path that a group of routes has in Go programs."""

from __future__ import annotations

import pytest

from pipeline.detect.found import Found
from pipeline.detect.health import health
from pipeline.detect.programs import GO_FILES, programs


@pytest.fixture
def route(tmp_path):
    """The health route of a function's text."""

    def of(text, more=""):
        (tmp_path / "a.go").write_text(f"package a\n\nfunc x(r chi.Router) {{\n{text}\n}}\n{more}")
        return health(programs(tmp_path, "svc", GO_FILES))

    return of


CHI = 'r.Route("/internal", func(r chi.Router) {{ {} }})'
GET = 'r.Get("/healthz", ok)'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GET, "/healthz"),
        (CHI.format(GET), "/internal/healthz"),
        (f'r.Route("/a/", func(r chi.Router) {{ {CHI.format(GET)} }})', "/a/internal/healthz"),
        (f"r.Group(func(r chi.Router) {{ r.Use(x); {GET} }})", "/healthz"),
        ('g := r.Group("/api"); g.GET("/healthz", ok)', "/api/healthz"),
        ('g := r.Group("/api"); v := g.Group("/v1", auth); v.GET("/healthz", ok)', "/api/v1/healthz"),
        ('var g = r.Group("/api")\ng.GET("/healthz", ok)', "/api/healthz"),
        ('g = r.Group(`/api`); g.GET("/healthz", ok)', "/api/healthz"),
        ('s := r.PathPrefix("/api").Subrouter(); s.HandleFunc("/healthz", ok)', "/api/healthz"),
        ('g := r.Group("/api").Group("/v1"); g.GET("/healthz", ok)', "/api/v1/healthz"),
        ('r.Group("/api").GET("/healthz", ok)', "/healthz"),
        ('g := r.Group("/api"); r.GET("/healthz", ok)', "/healthz"),
        ('a, b := pair(); b.GET("/healthz", ok)', "/healthz"),
        ('h.r.Get("/healthz", ok)', "/healthz"),
    ],
)
def test_a_route_lies_below_the_paths_of_its_groups(route, text, expected):
    assert route(text) == Found("health", expected, "svc/a.go", route(text).line, "a route of its own")


@pytest.mark.parametrize(
    "text", [CHI.replace('"/internal"', "prefix").format(GET), 'g := r.Group(prefix); g.GET("/healthz", ok)']
)
def test_a_path_that_is_not_told_is_not_guessed(route, text):
    assert route(text).value is False
    assert route(text).why == "a router answers /healthz below a path that is not told here: set `health`"


def test_a_router_of_another_function_is_another_one(route):
    assert route('r.GET("/healthz", ok)', 'func y() { r := e.Group("/admin"); r.GET("/x", ok) }\n').value == "/healthz"


def test_routers_that_are_made_of_themselves_come_to_an_end(route):
    assert route('g := g.Group("/a"); g.GET("/healthz", ok)').value == "/a" * 8 + "/healthz"
