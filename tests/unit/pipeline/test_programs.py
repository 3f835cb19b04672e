"""What programs tell about themselves in literals."""

from __future__ import annotations

import pytest

from pipeline.detect import programs


def read(tmp_path, name, text):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return programs.programs(tmp_path, "svc", programs.NODE_FILES + programs.GO_FILES)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.js", "const port = process.env.PORT || 8081", 8081),
        ("a.js", "const port = parseInt(process.env['PORT'] ?? '8082', 10)", 8082),
        ("a.ts", "const e = z.object({ PORT: z.coerce.number().default(8083) })", 8083),
        ("a.ts", "await app.listen({ host: '0.0.0.0', port: 8084 })", 8084),
        ("a.ts", "http.createServer(on).listen(8085, () => {})", 8085),
        ("a.js", "server.bindAsync('0.0.0.0:50051', credentials, start)", 3000),
        ("a.go", 'package a\n\nfunc x() { http.ListenAndServe(":9001", nil) }', 9001),
        ("a.go", 'package a\n\nvar s = http.Server{Addr: ":9002"}', 9002),
        ("a.go", 'package a\n\nvar p = getenv("PORT", "9003")', 9003),
        ("a.go", 'package a\n\nfunc x() { net.Listen("tcp", "0.0.0.0:9004") }', 9004),
        ("a.js", "// process.env.PORT || 1234", 3000),
        ("a.test.js", "listen(1234)", 3000),
        ("node_modules/x/a.js", "listen(1234)", 3000),
        ("a.js", "listen(", 3000),
    ],
)
def test_port(tmp_path, name, text, expected):
    assert programs.port(read(tmp_path, name, text), 3000).value == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.js", "app.get('/healthz', ok)", "/healthz"),
        ("a.ts", "\n@Controller('health')\nclass X {}", "/health"),
        ("a.go", 'package a\n\nfunc x() { mux.HandleFunc("GET /livez", ok) }', "/livez"),
        ("a.go", 'package a\n\nimport health "google.golang.org/grpc/health/grpc_health_v1"', "grpc"),
        ("a.js", "// app.get('/health')", False),
        ("a.js", "fetch('http://other/health')", False),
    ],
)
def test_health(tmp_path, name, text, expected):
    found = programs.health(read(tmp_path, name, text))
    assert found.value == expected
    assert bool(found.line) is bool(expected)


def test_the_usual_route_is_preferred_and_placed(tmp_path):
    found = programs.health(read(tmp_path, "src/a.js", "get('/ping')\nget('/health')\n"))
    assert (found.value, found.source) == ("/health", "svc/src/a.js:2, a route of its own")
