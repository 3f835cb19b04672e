"""The port that programs tell."""

from __future__ import annotations

import pytest

from pipeline.detect import ports, programs
from pipeline.detect.found import Found


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
        ("a.js", "load({ 'PORT': number().default(8090) })", 8090),
        ("a.js", "cleanEnv({ DB_PORT: num({ default: 5432 }), PORT: num({ default: 8086 }) })", 8086),
        ("a.ts", "const p = process.env.APP_PORT ? parseInt(process.env.APP_PORT, 10) : 8087", 8087),
        ("a.js", "const p = env.PORT || `9031`", 9031),
        ("a.js", "const p = env.PORT || 9032 + offset", 3000),
        ("a.ts", "load({ PORT: z.string().default('9033') })", 9033),
        ("a.js", "const p = process.env.SMTP_PORT || 25", 3000),
        ("a.js", "const p = process.env.WHO_AM_I_PORT || 8088", 8088),
        ("a.ts", "await app.listen({ host: '0.0.0.0', port: 8084 })", 8084),
        ("a.ts", "http.createServer(on).listen(8085, () => {})", 8085),
        ("a.js", "const port = 8089;\nserver.listen(port)", 8089),
        ("a.js", "server.bindAsync('0.0.0.0:50051', credentials, start)", 50051),
        ("a.go", 'package a\n\nfunc x() { http.ListenAndServe(":9001", nil) }', 9001),
        ("a.go", 'package a\n\nvar s = http.Server{Addr: ":9002"}', 9002),
        ("a.go", 'package a\n\nvar other = ":443"\n\nvar s = http.Server{Name: "a:b", Addr: ":9013"}', 9013),
        ("a.go", 'package a\n\nvar other = ":443"\n\nvar s = http.Server{\n\tAddr: `[::1]:9014`,\n}', 9014),
        ("a.go", 'package a\n\nvar s = Config{Addr: "127.0.0.1:9023"}', 9023),
        ("a.go", 'package a\n\nvar s = http.Server{Addr: at}\n\nfunc x() { say(); net.Listen("tcp", "127.0.0.1:9020") }', 9020),
        ("a.js", "app.listen({ host: '0.0.0.0' }); app.listen({ port: 9015 })", 9015),
        ("a.js", "Bun.serve({ port: 9024 })", 9024),
        ("a.js", "const PORT = from(env); run(9025)", 9025),
        ("a.js", "server.start(9026)", 9026),
        ("a.js", "server.restart(6000); server.startIn(6000)", 3000),
        ("a.js", "server.listen('my-host:9037')", 9037),
        ("a.js", "server.listen('db:5432/name')", 3000),
        ("a.js", "app.listen(`127.0.0.1:9016`)", 9016),
        ("a.js", "app.listen({ 'port': '9021' })", 9021),
        ("a.go", 'package a\n\nvar p = getenv("PORT", "9003")', 9003),
        ("a.go", 'package a\n\nvar p = os.Getenv("PORT")', 3000),
        ("a.go", 'package a\n\nfunc x() { net.Listen("tcp", "0.0.0.0:9004") }', 9004),
        ("a.go", 'package a\n\nfunc x() { fs.Int("grpc-port", 1, ""); fs.Int("port", 9005, "to bind") }', 9005),
        ("a.go", 'package a\n\nfunc x() { flag.IntVar(&p, `Port`, 9017, "") }', 9017),
        ("a.js", "const name = 'listen-port'; program.option(name, 'to listen on', 9018)", 9018),
        ("a.go", 'package a\n\nfunc x() { flag.StringVar(&p, "port", getenv("WHO_AM_I_PORT_NUMBER", "9006"), "") }', 9006),
        ("a.go", 'package a\n\nconst name = "port"\n\nfunc x() { flags.Int32P(name, "p", 9007, "") }', 9007),
        ("a.go", 'package a\n\nvar defaultPort = "9008"', 9008),
        ("a.go", "package a\n\nconst httpPort = 9022", 9022),
        ("a.js", "let listen_port = 9034", 9034),
        ("a.js", "let serverPort = 9035", 9035),
        ("a.js", "let portOfSet = 9036, redisPort = 6379", 3000),
        ("a.go", 'package a\n\nfunc x() { web.AddFlags(app, ":9009") }', 9009),
        (
            "a.go",
            'package a\n\nfunc x() { fs.String("http-address", "127.0.0.1:9010", "to listen on") }\n\nvar s = ":443"',
            9010,
        ),
        ("a.js", "bind('*:9027')", 9027),
        ("a.js", "bind('[::]:9028')", 9028),
        ("a.js", "bind('0.0.0.0:9029')", 9029),
        ("a.js", "bind(':9030/path'); bind('[x]:9030')", 3000),
        ("a.go", 'package a\n\nfunc x() { fs.String("redis-address", "127.0.0.1:6379", "") }', 3000),
        ("a.go", 'package a\n\nfunc x() { if plain { host += ":389" }; dial(host + ":636") }', 3000),
        ("a.js", "module.exports = { public: true, port: 9011, irc: { port: 6697 } }", 9011),
        ("a.ts", "export const host = 'a';\nexport default { irc: { port: 6697 }, port: 9012 }", 9012),
        ("a.js", "module.exports = { irc: { port: 6697 } }", 3000),
        ("a.go", 'package a\n\nfunc x() { dial("db:5432") }', 3000),
        ("a.go", '//go:build profile\n\npackage a\n\nvar s = http.Server{Addr: ":6060"}', 3000),
        ("a.js", "// process.env.PORT || 1234", 3000),
        ("a.test.js", "listen(1234)", 3000),
        ("node_modules/x/a.js", "listen(1234)", 3000),
        ("a.js", "listen(", 3000),
    ],
)
def test_port(tmp_path, name, text, expected):
    assert ports.port(read(tmp_path, name, text), 3000, "who-am-i").value == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('port := os.Getenv("PORT")\n\tif port == "" {\n\t\tport = "9001"\n\t}', 9001),
        ('port, ok := os.LookupEnv("PORT")\n\tif !ok {\n\t\tport = "9001"\n\t}', 9001),
        ("port := 9001\n\tserve(port)", 9001),
        ("redisPort := 6379", 8080),
        ('port := address.Port()\n\tif port == "" {\n\t\tport = "443"\n\t}', 8080),
        ('port := "443"\n\tserve(":9001")', 9001),
        ('port := cmp.Or(os.Getenv("PORT"), "9001")', 9001),
        ('port, _ := strconv.ParseInt(os.Getenv("PORT"), 10, 16)', 8080),
        ('viper.SetDefault("server.port", 9001)', 9001),
        ('viper.SetDefault("redis.port", 6379)', 8080),
        ('app.Flags = &cli.IntFlag{Name: "port", Value: 9001}', 9001),
        ('app.Flags = &cli.IntFlag{Name: "redis-port", Value: 6379}', 8080),
        ('go http.ListenAndServe(":9090", promhttp.Handler())\n\thttp.ListenAndServe(":9001", nil)', 9001),
        ('go func() { http.ListenAndServe("localhost:6060", nil) }()\n\thttp.ListenAndServe(":9001", nil)', 9001),
        ('go http.ListenAndServe(":9001", nil)', 9001),
    ],
)
def test_a_go_program_tells_its_port_by_what_it_falls_back_to(tmp_path, body, expected):
    text = f"package a\n\nfunc main() {{\n\t{body}\n}}\n"
    assert ports.port(read(tmp_path, "main.go", text), 8080).value == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('Port int `env:"PORT" envDefault:"9001"`', 9001),
        ('Port int `envconfig:"PORT" default:"9001"`', 9001),
        ('At string `yaml:"at" env:"SERVER_PORT" env-default:"9001"`', 9001),
        ('Port int `env:"PORT, default=9001"`', 9001),
        ('Addr string `env:"HTTP_ADDR" envDefault:"0.0.0.0:9001"`', 9001),
        ('At string `env:"AT" envDefault:":9001"`', 9001),
        ('At string `env:"REDIS_ADDR" envDefault:"redis:6379"`', 8080),
        ('Port int `env:"DB_PORT" envDefault:"5432"`', 9002),
        ('Port int `default:"9001"`', 9001),
        ('Listen string `help:"to listen on" default:":9001"`', 9001),
        ('Base string `default:"9001"`', 8080),
    ],
)
def test_a_field_that_a_variable_sets_tells_its_default(tmp_path, field, expected):
    beside = '\n\tOther int `env:"PORT" envDefault:"9002"`' if expected == 9002 else ""
    text = f"package a\n\ntype C struct {{\n\t{field}{beside}\n}}\n"
    assert ports.port(read(tmp_path, "main.go", text), 8080).value == expected


@pytest.mark.parametrize(("prefix", "expected"), [("DB_", 9002), ("HTTP_", 9001)])
def test_the_prefix_of_a_field_s_variables_is_part_of_their_names(tmp_path, prefix, expected):
    tag = '`env:"PORT" envDefault:"9001"`'
    text = f'package a\n\ntype C struct {{\n\tA *A `envPrefix:"{prefix}"`\n}}\n\ntype A struct {{\n\tPort int {tag}\n}}\n'
    listens = '\nfunc main() { listen(":9002") }\n'
    assert ports.port(read(tmp_path, "main.go", text + listens), 8080).value == expected


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        *((name, 9001) for name in ("http-addr", "web.listen-address", "bind-address", "listen-addr", "server.address")),
        *((name, 9001) for name in ("bind", "listen", "http-bind", "http.listen")),
        *((name, 3000) for name in ("address", "redis-bind", "bindings-address", "http-listen-on", "http-addresses")),
    ],
)
def test_an_option_for_an_address_to_listen_on_is_told_from_others(tmp_path, option, expected):
    text = f'package a\n\nvar p = flag.String("{option}", "127.0.0.1:9001", "")'
    assert ports.port(read(tmp_path, "a.go", text), 3000).value == expected


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("BILLING_PORT", 9001), ("ACME_BILLING_PORT", 9001), ("ACME_PORT", 3000), ("OTHER_BILLING_PORT", 3000)],
)
def test_a_variable_may_begin_with_a_packages_name_with_its_scope_or_without(tmp_path, variable, expected):
    assert ports.port(read(tmp_path, "a.js", f"listen(env.{variable} || 9001)"), 3000, "@acme/billing").value == expected


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.go", 'package a\n\nvar p = getenv("PORT", "9001")', "the default of PORT"),
        ("a.go", 'package a\n\nvar p = flag.Int("port", 9001, "")', "the default of its option"),
        ("a.go", 'package a\n\ntype C struct{ Port int `env:"PORT" envDefault:"9001"` }', "the default of its variable"),
        ("a.js", "\n\nlisten(9001)", "what it listens on"),
        ("a.go", 'package a\n\nvar _ = serve(at, "localhost:9001")', "what it listens on"),
        ("a.go", "package a\n\nvar port = 9001", "named so"),
        ("a.js", "module.exports = {\n  host: '',\n  port: 9001\n}", "a setting of that name"),
        ("a.go", 'package a\n\nvar at = ":9001"', "an address to listen on"),
    ],
)
def test_each_way_to_tell_is_placed_and_named(tmp_path, name, text, why):
    assert ports.port(read(tmp_path, name, text), 3000) == Found("port", 9001, f"svc/{name}", 3, why)


def test_the_dockerfile_tells_where_no_program_does(tmp_path):
    (tmp_path / "Dockerfile").write_bytes(b"\n# \xff EXPOSE 6999\nFROM scratch\nEXPOSE $PORT\nexpose 7000/tcp\nEXPOSE 7001\n")
    exposed = ports.exposed(tmp_path, "svc")
    found = ports.port(read(tmp_path, "a.js", "listen(process.env.PORT)"), 3000, "", exposed)
    assert found == exposed == Found("port", 7000, "svc/Dockerfile", 5, "EXPOSE")
    assert ports.port(read(tmp_path, "a.js", "listen(4000)"), 3000, "", exposed).value == 4000
    assert ports.exposed(tmp_path / "elsewhere", "svc") is None
