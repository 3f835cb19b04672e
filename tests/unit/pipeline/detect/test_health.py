"""The health route that programs tell."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.found import Found
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
        ("a__js", "app.get('/healthz/', ok)", "/healthz"),
        ("a__ts", "\n@Controller('health')\nclass X {}", "/health"),
        ("a__ts", "@Controller('/api/health/')\nclass X {}", "/api/health"),
        ("a__go", 'package a\n\nfunc x() { mux.HandleFunc("GET /livez", ok) }', "/livez"),
        ("a__go", 'package a\n\nfunc x() { mux.Handle("HEAD /ping", ok) }', "/ping"),
        ("a__go", 'package a\n\nfunc x() { http.HandleFunc(path.Join(prefix, "/-/healthy"), ok) }', "/-/healthy"),
        ("a__go", f"{GO_HEALTH}func x() {{ pb.RegisterHealthServer(s, health.NewServer()) }}", "grpc"),
        ("a__go", f"{GO_HEALTH}func x() {{ healthgrpc.RegisterHealthServer(s, own) }}", "grpc"),
        ("a__go", f"{GO_HEALTH}func x() {{ serve(healthz.NewServer()) }}", "grpc"),
        ("a__go", f"{GO_HEALTH}func x() {{ s := grpc.NewServer(); pb.NewHealthClient(connection) }}", False),
        ("a__js", "const health = require('grpc-health-check')", "grpc"),
        ("a__js", "server.addService(load('health.proto').grpc.health.v1.Health.service, own)", "grpc"),
        ("a__go", 'package a\n\nconst route = "/v1/health"', "/v1/health"),
        ("a__js", f"say({'{ a: ' * 9}'/status'{' }' * 9})", "/status"),
        ("a__js", "// app.get('/health')", False),
        ("a__js", "fetch('http://other/health')", False),
    ],
)
def test_health(tmp_path, name, text, expected):
    found = health(read(tmp_path, **{name: text}))
    assert found.value == expected
    assert bool(found.line) is bool(expected)


def test_the_usual_route_is_preferred_and_placed(tmp_path):
    routes = "".join(f"app.get('/{name}', ok)\n" for name in ("ping", "status", "livez", "health"))
    assert health(read(tmp_path, a__js=routes)) == Found("health", "/health", "svc/a.js", 4, "a route of its own")


@pytest.mark.parametrize(
    ("named", "routed"),
    [
        ({"a__js": "const open = ['/health']\n"}, {"b__js": "app.get('/healthz', ok)\n"}),
        ({"a__js": "forget('/health'); getOf('/health')\n"}, {"b__js": "get('/healthz', ok)\n"}),
        ({"a__js": "say({ url: '/health' })\n"}, {"b__js": "app.route({ method: 'GET', url: '/healthz' })\n"}),
        (
            {"a__go": 'package a\n\nconst open = "/health"\n'},
            {"b__go": 'package a; func x() { mux.HandleFunc("/healthz", ok) }\n'},
        ),
    ],
)
def test_a_route_that_is_set_up_comes_before_one_that_is_only_named(tmp_path, named, routed):
    found = health(read(tmp_path, **named, **routed))
    assert (found.value, found.source) == ("/healthz", f"svc/{next(iter(routed)).replace('__', '.')}:1, a route of its own")


def test_a_router_below_another_path_tells_no_route(tmp_path):
    routes = "const api = Router();\nrouter.use('/health', ok);\n"
    assert health(read(tmp_path, a__js=routes, b__js="app.use(routes)\n")).value == "/health"
    for mount in ("app.use('/api/v2', routes.api)\n", "app.use(\n  `${base}/api`,\n  cors(),\n  api.middleware,\n)\n"):
        found = health(read(tmp_path, a__js=routes, b__js=mount))
        assert (found.key, found.value, found.file, found.line) == ("health", False, "svc/a.js", 2)
        assert "set `health`" in found.why
    named = health(read(tmp_path, a__js="const open = ['/health']\n"))
    assert (named.value, named.why) == ("/health", "a route of its own")


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [("this.router", False), ("apiRouter", False), ("express.Router()", False), ("app", "/health"), ("routers.app", "/health")],
)
def test_what_a_router_is_mounted_on_tells_its_own_routes(tmp_path, receiver, expected):
    found = health(read(tmp_path, a__js=f"app.use('/api', routes)\n{receiver}.get('/health', ok)\n"))
    assert (found.value, found.line) == (expected, 2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a__js", "\n\nconst health = require('grpc-health-check')\nserver.start()\n"),
        ("a__go", "package a\n\nfunc x() { healthpb.RegisterHealthServer(s, own) }\n\nvar y = 1\n"),
    ],
)
def test_grpcs_own_health_service_is_placed(tmp_path, name, text):
    expected = Found("health", "grpc", f"svc/{name.replace('__', '.')}", 3, "gRPC's health service")
    assert health(read(tmp_path, **{name: text})) == expected


def route(tmp_path, files):
    write(tmp_path, {"app.ts": "fetch('/status')", **files})
    return health(programs(tmp_path, "svc", NODE_FILES))


def test_a_route_by_a_files_name_comes_before_one_that_is_only_named(tmp_path):
    files = {
        "src/routes/ping/+server.ts": "export const GET = ok",
        "src/routes/(ops)/healthz/+server.ts": "export function GET() {}",
    }
    expected = Found("health", "/healthz", "svc/src/routes/(ops)/healthz/+server.ts", 1, "a route by the file's name")
    assert route(tmp_path, files) == expected
    assert route(tmp_path, {"b.ts": "app.get('/ping', ok)"}).value == "/ping"


def test_a_route_by_a_files_name_that_a_setting_moves_is_told(tmp_path):
    files = {"app/health/route.ts": "export function GET() {}", "next.config.mjs": "export default { basePath: '/docs' }"}
    found = route(tmp_path, files)
    assert (found.value, found.source) == (
        False,
        "svc/app/health/route.ts:1, it answers /health below a path that the framework's settings name: set `health`",
    )
