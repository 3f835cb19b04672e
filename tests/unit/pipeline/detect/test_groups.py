"""The path that a route of a Go program lies below."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.health import health
from pipeline.detect.programs import GO_FILES, programs


def told(tmp_path, *bodies):
    """Return the health route of programs, one file each."""
    write(tmp_path, {f"{number}.go": f"package a\n\n{body}\n" for number, body in enumerate(bodies)})
    return health(programs(tmp_path, "svc", GO_FILES))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('r := chi.NewRouter(); r.Get("/health", ok)', "/health"),
        ('r.Route("/api", func(r chi.Router) { r.Get("/health", ok) })', "/api/health"),
        ('r.Route("/api", func(r chi.Router) { r.Route("/v2", func(q chi.Router) { r.Get("/health", ok) }) })', "/api/health"),
        (
            'r.Route("/api/", func(r chi.Router) { r.With(a).Route("/v2", func(r chi.Router) { r.Get("/health", ok) }) })',
            "/api/v2/health",
        ),
        ('r.Group(func(r chi.Router) { r.Get("/health", ok) })', "/health"),
        ('api := e.Group("/api"); v1 := api.Group("/v1", auth); v1.GET("/healthz", ok)', "/api/v1/healthz"),
        ('api, other := e.Group("/api"), 1; api.GET("/healthz", ok)', "/api/healthz"),
        ('var api = e.Group("/api"); { api.GET("/healthz", ok) }', "/api/healthz"),
        ('e.Group("/api").GET("/healthz", ok)', "/api/healthz"),
        ('api := r.PathPrefix("/api").Subrouter(); api.HandleFunc("/ping", ok).Methods("GET")', "/api/ping"),
        ('api := chi.NewRouter(); api.Get("/health", ok); r.Mount("/api", api)', "/api/health"),
        (
            'api := http.NewServeMux(); api.Handle("GET /health", ok); m.Handle("/api/", http.StripPrefix("/api", api))',
            "/api/health",
        ),
        ('api := chi.NewRouter(); r.Get("/health", ok); r.Mount("/api", api)', "/health"),
        ('api := e.Group(prefix); api.GET("/health", ok)', False),
        ('api := e.Group("/:tenant"); api.GET("/health", ok)', False),
        ('api := e.Group("/api"); api.GET("/items", ok); e.GET("/health", ok)', "/health"),
        ('r.Route("/api", func(r chi.Router) { r = r.With(a); r.Get("/health", ok) })', "/api/health"),
        ('a := b.Group("/a"); b := a.Group("/b"); a.Get("/health", ok)', False),
        ('s.router.Get("/health", ok)', "/health"),
    ],
)
def test_a_route_lies_below_the_groups_that_it_is_set_up_on(tmp_path, body, expected):
    found = told(tmp_path, f"func main() {{\n{body.replace('; ', chr(10))}\n}}")
    assert found.value == expected
    assert found.line


@pytest.mark.parametrize(
    ("routes", "main", "expected"),
    [
        ('func routes(g *gin.RouterGroup) { g.GET("/ping", ok) }', 'func main() { routes(r.Group("/api")) }', "/api/ping"),
        (
            'func (a *A) Add(n int, g *echo.Group) { g.GET("/ping", ok) }',
            'func main() { g := e.Group("/v1"); a.Add(1, g) }',
            "/v1/ping",
        ),
        ('func routes(g chi.Router) { g.Get("/ping", ok) }', 'func main() { r.Route("/api", web.routes) }', "/api/ping"),
        ('func routes(g chi.Router) { g.Get("/ping", ok) }', "func main() { routes(r) }", "/ping"),
        ('func routes(g chi.Router) { g.Get("/ping", ok) }', "", "/ping"),
        ('func routes(g *echo.Group) { g.GET("/ping", ok) }', "", False),
        (
            'func routes() http.Handler { r := chi.NewRouter(); r.Get("/ping", ok); return r }',
            'func main() { r.Mount("/api", web.routes()) }',
            "/api/ping",
        ),
        (
            'func routes() http.Handler { r := chi.NewRouter(); r.Get("/ping", ok); return r }',
            "func main() { serve(routes()) }",
            "/ping",
        ),
        ('func routes(r chi.Router) { routes(r); r.Get("/ping", ok) }', "", False),
    ],
)
def test_a_group_is_followed_to_the_function_that_gives_it(tmp_path, routes, main, expected):
    assert told(tmp_path, routes.replace("; ", "\n"), main.replace("; ", "\n")).value == expected


def test_a_path_that_is_not_told_is_asked_for(tmp_path):
    found = told(tmp_path, 'func routes(g *echo.Group) {\n\tg.GET("/ping", ok)\n}')
    assert found.value is False
    assert found.source == "svc/0.go:4, a group answers /ping below a path that is not told here: set `health`"


def test_another_route_is_told_where_one_s_path_is_not(tmp_path):
    routes = 'func routes(g *echo.Group) {\n\tg.GET("/health", ok)\n\tg.GET("/status", ok)\n}'
    assert told(tmp_path, routes, 'func main() {\n\tr.Get(prefix+"/-/healthy", ok)\n}').value == "/-/healthy"
    assert told(tmp_path, routes, 'func main() {\n\te.GET("/ping", ok)\n}').value == "/ping"
