"""The health route that programs tell."""

from __future__ import annotations

import pytest

from pipeline.detect.health import health
from pipeline.detect.programs import GO_FILES, NODE_FILES, programs


def read(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / name.replace("__", ".")
        path.write_text(text)
    return programs(tmp_path, "svc", NODE_FILES + GO_FILES)


GO_HEALTH = (
    'package a\n\nimport (\n\t"google.golang.org/grpc/health"\n\tpb "google.golang.org/grpc/health/grpc_health_v1"\n)\n\n'
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a__js", "app.get('/healthz', ok)", "/healthz"),
        ("a__ts", "\n@Controller('health')\nclass X {}", "/health"),
        ("a__go", 'package a\n\nfunc x() { mux.HandleFunc("GET /livez", ok) }', "/livez"),
        ("a__go", 'package a\n\nfunc x() { http.HandleFunc(path.Join(prefix, "/-/healthy"), ok) }', "/-/healthy"),
        ("a__go", f"{GO_HEALTH}func x() {{ pb.RegisterHealthServer(s, health.NewServer()) }}", "grpc"),
        ("a__go", f"{GO_HEALTH}func x() {{ pb.NewHealthClient(connection) }}", False),
        ("a__js", "const health = require('grpc-health-check')", "grpc"),
        ("a__go", 'package a\n\nconst route = "/v1/health"', "/v1/health"),
        ("a__js", "// app.get('/health')", False),
        ("a__js", "fetch('http://other/health')", False),
    ],
)
def test_health(tmp_path, name, text, expected):
    found = health(read(tmp_path, **{name: text}))
    assert found.value == expected
    assert bool(found.line) is bool(expected)


def test_the_usual_route_is_preferred_and_placed(tmp_path):
    found = health(read(tmp_path, a__js="app.get('/ping')\napp.get('/health')\n"))
    assert (found.value, found.source) == ("/health", "svc/a.js:2, a route of its own")


def test_a_route_that_is_set_up_comes_before_one_that_is_only_named(tmp_path):
    found = health(read(tmp_path, a__js="const open = ['/health']\n", b__js="app.get('/healthz', ok)\n"))
    assert (found.value, found.source) == ("/healthz", "svc/b.js:1, a route of its own")


def test_a_router_below_another_path_tells_no_route(tmp_path):
    routes = "const api = Router();\nrouter.use('/health', ok);\n"
    assert health(read(tmp_path, a__js=routes, b__js="app.use(routes)\n")).value == "/health"
    for mount in ("app.use('/api/v2', routes.api)\n", "app.use(\n  `${base}/api`,\n  cors(),\n  api.middleware,\n)\n"):
        found = health(read(tmp_path, a__js=routes, b__js=mount))
        assert (found.value, found.line) == (False, 2)
        assert "set `health`" in found.source
