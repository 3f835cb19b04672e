"""What is said of a fault, to the letter: a place that is off by one or a reason that is cut sends people to the wrong line."""

from __future__ import annotations

import pytest

from pipeline.config import Overrides, Service, load, select, tags
from pipeline.config.faults import did_you_mean, line_of
from pipeline.errors import UsageError

SERVICE = '[services.a]\npath = "a"\n'
THERE = "name files and folders that are there; what a build makes is `node.output`"
SECRET = "give the program its secrets when it starts; a plain file needs another name"
HINT = "a build context must lie below the repository's root"
LONG = "a" * 300
NAMES = "use lower-case letters, digits, and single '.', '_' or '-' between them: it becomes part of an image's name"
PROBE = "a path such as /health, grpc, a command, or false"
TLS = "a table with both `tlscert` and `tlskey`, or with neither"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = = 3", ":1:5: not valid TOML: Invalid value"),
        ("a = 1\nx = [1\n\n", ":2: not valid TOML: Unclosed array"),
        ("a = 1\nb.c = 2\na = 2", ":3: not valid TOML: 'a' stands twice"),
        ("a = 1\n[x", ":2: not valid TOML: Expected ']' at the end of a table declaration"),
        (SERVICE + SERVICE, ":3: two services have the name 'a'; rename one of them"),
        ("services = {}", ":1: services: no service; add a table [services.NAME] with the `path` of its folder"),
        ("[services]\na = 3", ":2: services.a: is 3, must be a table"),
        (f"{SERVICE}env = 3", ":3: services.a.env: is 3, must be a table"),
        (f"{SERVICE}kind = 'x'", ":3: services.a.kind: is 'x', must be 'node' or 'go'"),
        (f"{SERVICE}user = 'x'", ":3: services.a.user: is 'x', which does not fit a numeric UID:GID such as 1001:1001"),
        (f"{SERVICE}stages = {{ x = 'x' }}", ":3: services.a.stages.x: is 'x', which does not fit FILE.py:FUNCTION"),
        (f"[cache]\nsecret = 'x'\n{SERVICE}", ":2: cache.secret: is 'x', which does not fit env:NAME or file:PATH"),
        (
            f"[engine]\nhosts = ['x']\n{SERVICE}",
            ":2: engine.hosts.0: is 'x', which does not fit an address such as tcp://HOST:PORT",
        ),
        (f"[engine]\ntlscert = 'x'\n{SERVICE}", f":1: engine: is {{'tlscert': 'x'}}, should be {TLS}"),
        (f"{SERVICE}port = -1", ":3: services.a.port: is -1, should be greater than or equal to 1"),
        (f"{SERVICE}port = 'x'", ":3: services.a.port: is 'x', should be a valid integer"),
        (f"{SERVICE}node.version = 3", ":3: services.a.node.version: is 3, should be a valid string"),
        (f"{SERVICE}[services.a.budjet]\nx = 1", ":3: services.a.budjet: unknown key; did you mean 'budget'?"),
        (f"{SERVICE}budget.xyz = 1", ":3: services.a.budget.xyz: unknown key; known keys are duration_seconds, image_size_mb"),
        ("[services.a]\nkind = 'node'", ":1: services.a.path: missing; every service needs a `path`"),
        (
            "[services.a]\npath = 'b'",
            ":2: services.a.path: the folder 'b' does not exist; correct `path`, or remove the service",
        ),
        (
            "[services.a]\npath = 'file'",
            ":2: services.a.path: the folder 'file' is no folder; correct `path`, or remove the service",
        ),
        ("[services.a]\npath = 'loop'", ":2: services.a.path: 'loop' is a loop of symbolic links"),
        (f"[services.a]\npath = '{LONG}'", f":2: services.a.path: '{LONG}' cannot be looked up: File name too long"),
        (f"{SERVICE}files = ['{LONG}']", f":3: services.a.files: '{LONG}' cannot be looked up: File name too long"),
        ('[services.a]\npath = "a\\u0000"', ":2: services.a.path: the path holds a NUL character"),
        (
            "[services.'A b']\npath = 'a'",
            f":1: 'A b' cannot be the name of a service; {NAMES}",
        ),
        (f"{SERVICE}node.output = ['../x']", f":3: services.a.node.output: '../x' leads out of the repository; {HINT}"),
        (f"{SERVICE}go.schema = '../x'", f":3: services.a.go.schema: '../x' leads out of the repository; {HINT}"),
        ("[services.user]\npath = 'a'\nhealth = 'x'", ":3: services.user.health: is 'x', which does not fit " + PROBE),
        (
            f"{SERVICE}build.secrets.user = 'x'",
            ":3: services.a.build.secrets.user: is 'x', which does not fit env:NAME or file:PATH",
        ),
        (
            f"{SERVICE}runtime.packages = ['X']",
            ":3: services.a.runtime.packages.0: is 'X', which does not fit the name of a distribution package",
        ),
        (
            f"[scan.tools.hosts]\nimage = 'x'\n{SERVICE}",
            ":2: scan.tools.hosts.image: is 'x', which does not fit an image with its digest: REPOSITORY@sha256:…",
        ),
        (f"{SERVICE}files = ['x*']", f":3: services.a.files: there is no 'x*' in the service's folder; {THERE}"),
        (f"{SERVICE}files = ['.env']", f":3: services.a.files: '.env' is in no image; {SECRET}"),
        (f"{SERVICE}files = ['../x']", f":3: services.a.files: '../x' leads out of the repository; {HINT}"),
        (f"{SERVICE}node.workspace = '../x'", f":3: services.a.node.workspace: '../x' leads out of the repository; {HINT}"),
        (f"{SERVICE}context = '../x'", f":3: services.a.context: '../x' leads out of the repository; {HINT}"),
        (
            f"{SERVICE}go.config = '/x'",
            ":3: services.a.go.config: '/x' is an absolute path; write it relative to the repository's root",
        ),
    ],
)
def test_a_fault_is_told_to_the_letter(root, text, told):
    (root / "pipeline.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(root, environ={})
    assert str(caught.value) == f"pipeline.toml{told}"


def test_paths_are_relative_to_the_service_but_for_those_of_the_repository(root):
    (root / "a/x").touch()
    (root / "pipeline.toml").write_text(f"{SERVICE}context = '.'\nnode.workspace = '.'\ngo.workspace = 'a/..'\nfiles = ['x']\n")
    assert load(root, environ={}).services["a"].context == "."
    (root / "pipeline.toml").write_text(f"{SERVICE}files = ['../a/x']\n")
    assert load(root, environ={}).services["a"].files == ["../a/x"]
    for key in ("files = ['..']", "node.output = ['..']", "go.config = '../x'", "go.schema = '../x'"):
        (root / "pipeline.toml").write_text(f"{SERVICE}{key}\n")
        with pytest.raises(UsageError, match="leads out of the repository"):
            load(root, environ={})


@pytest.mark.parametrize("text", ["\u2028 \u2029 \x85 \v \f", "\r\n"])
def test_lines_are_counted_as_an_editor_counts_them(text):
    assert line_of(f"# {text}\na = 1", ["a"]) == 2 + text.count("\n")


def test_a_key_that_stands_twice_is_told_whatever_lines_are_above_it(root):
    (root / "pipeline.toml").write_text("# \u2028\na = 1\na = 2\n")
    with pytest.raises(UsageError, match=r"^pipeline\.toml:3:6: not valid TOML: 'a' stands twice$"):
        load(root, environ={})


def test_what_is_no_readable_file_is_told(root):
    with pytest.raises(UsageError) as caught:
        load(root, environ={}, name="other.toml")
    there = f"there is no other.toml in {root}; `pipeline init` writes one, or point --root to the folder that has it"
    assert str(caught.value) == there
    (root / "other.toml").write_text("x = 1")
    with pytest.raises(UsageError, match=r"^other\.toml:1: x: unknown key"):
        load(root, environ={}, name="other.toml")
    (root / "pipeline.toml").mkdir()
    with pytest.raises(UsageError, match=r"^pipeline\.toml: cannot be read: it is no plain file$"):
        load(root, environ={})


TABLES = """\
a = 1
[services."a b".go]
x = 1
[ services . 'c.d' ] # [no.header]
path = 2
[[x]]
y.z = 3
"X".'Xw' = 4
[services.'XdX']
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (["a"], 1),
        (["services", "a b", "go", "x"], 3),
        (["services", "a b", "go", "missing"], 2),
        (["services", "c.d", "path"], 5),
        (["services", "c.d", "missing"], 4),
        (["x", "y"], 7),
        (["x", "y", "z"], 7),
        (["x", "w"], 6),
        (["x", "X", "Xw"], 8),
        (["services", "XdX"], 9),
        (["missing"], 0),
        (["no", "header"], 0),
    ],
)
def test_the_line_of_a_key_or_else_of_its_table(path, line):
    assert line_of(TABLES, path) == line


def test_a_word_that_is_near_is_meant():
    assert did_you_mean("ab", ["abcde", "xyz"]) == "did you mean 'abcde'?"
    assert did_you_mean("ab", ["abcdefgh", "xyz"]) == ""


def test_a_tag_with_a_slash_or_a_colon_is_an_address():
    service = Service(path=".", tags=["x.example/y", "z:1", "v1"])
    assert tags("a", service, "r.example") == ("x.example/y", "z:1", "r.example/a:v1")


def test_services_are_chosen_by_name(root):
    (root / "pipeline.toml").write_text(SERVICE + "[services.b]\npath = 'a'\n[services.c]\npath = 'a'\n")
    config = load(root, environ={})
    assert [*select(config, ["c", "a"])] == ["c", "a"]
    assert [*select(config, [])] == ["a", "b", "c"]
    with pytest.raises(UsageError) as caught:
        select(config, ["xyz"])
    assert str(caught.value) == "pipeline.toml: no service 'xyz'; there are: a, b, c"


@pytest.mark.parametrize(
    ("environ", "overrides", "told"),
    [
        (
            {"PIPELINE_TIMEOUT": "x"},
            {},
            "PIPELINE_TIMEOUT is 'x', which is no number; unset PIPELINE_TIMEOUT or give it a number",
        ),
        (
            {"PIPELINE_MAX_PARALLEL": "1.5"},
            {},
            "PIPELINE_MAX_PARALLEL is '1.5', which is no number; unset PIPELINE_MAX_PARALLEL or give it a number",
        ),
        ({}, {"max_parallel": 0}, "--max-parallel is 0; at least one service must be built at a time"),
        ({}, {"timeout": 0}, "--timeout is 0; give a number of seconds above 0"),
        ({}, {"timeout": float("nan")}, "--timeout is nan; give a number of seconds above 0"),
        ({"PIPELINE_TIMEOUT": "nan"}, {}, "--timeout is nan; give a number of seconds above 0"),
        ({}, {"compression": "lz"}, "--compression is 'lz'; it can be gzip or zstd"),
        ({}, {"platforms": ("xyz",)}, "--platform 'xyz' is not supported; supported are linux/amd64, linux/arm64"),
        (
            {},
            {"args": {"X": "1"}},
            '--build-arg X: no service declares such an argument; declare it where it is read: `args = { X = "…" }` in [services.NAME.build]',
        ),
        (
            {"PIPELINE_CACHE_WRITE": "maybe"},
            {},
            "PIPELINE_CACHE_WRITE is 'maybe', which is neither true nor false; unset PIPELINE_CACHE_WRITE or make it true or false",
        ),
    ],
)
def test_a_flag_or_variable_is_told_to_the_letter(root, environ, overrides, told):
    (root / "pipeline.toml").write_text(SERVICE)
    with pytest.raises(UsageError) as caught:
        load(root, environ=environ, overrides=Overrides(**overrides))
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("text", "write"),
    [("1", True), ("true", True), ("Yes", True), ("0", False), ("FALSE", False), ("no", False), ("", True)],
)
def test_a_switch_has_three_words_for_each(root, text, write):
    (root / "pipeline.toml").write_text(f"[cache]\nregistry = 'r.example/c'\nwrite = true\n{SERVICE}")
    cache = load(root, environ={"PIPELINE_CACHE_WRITE": text}).cache
    assert (cache.registry, cache.write) == ("r.example/c", write)


def test_a_shared_cache_needs_no_table_of_its_own(root):
    (root / "pipeline.toml").write_text(SERVICE)
    variable = {"PIPELINE_CACHE_REGISTRY": "env.example/c"}
    assert load(root, environ=variable).cache.registry == "env.example/c"
    flags = Overrides(cache_registry="flag.example/c", cache_write=True)
    cache = load(root, environ=variable, overrides=flags).cache
    assert (cache.registry, cache.write) == ("flag.example/c", True)


def test_what_variables_and_flags_set(root):
    (root / "pipeline.toml").write_text(
        f"registry = 'file.example'\n[engine]\nhosts = ['tcp://file:1']\ntlscacert = 'ca'\n{SERVICE}"
    )
    environ = {
        "PIPELINE_REGISTRY": "env.example",
        "PIPELINE_ENGINE_HOSTS": "tcp://a:1,tcp://b:2 tcp://c:3",
        "PIPELINE_ENGINE_TLSCERT": "cert",
        "PIPELINE_ENGINE_TLSKEY": "key",
        "PIPELINE_ENGINE_TLSSERVERNAME": "name",
    }
    config = load(root, environ=environ)
    assert config.registry == "env.example"
    assert config.engine.hosts == ["tcp://a:1", "tcp://b:2", "tcp://c:3"]
    assert (config.engine.tlscacert, config.engine.tlscert, config.engine.tlskey) == ("ca", "cert", "key")
    assert config.engine.tlsservername == "name"
    assert load(root, environ={"PIPELINE_ENGINE_TLSCACERT": "other"}).engine.tlscacert == "other"
    flags = Overrides(1, 0.5, ("linux/arm64",), ("t",), "deps", registry="flag.example")
    config = load(root, environ={**environ, "PIPELINE_TIMEOUT": "7", "PIPELINE_MAX_PARALLEL": "3"}, overrides=flags)
    service = config.services["a"]
    assert (config.registry, config.max_parallel, service.timeout) == ("flag.example", 1, 0.5)
    assert (service.platforms, service.tags, service.target) == (["linux/arm64"], ["t"], "deps")
    assert [load(root, environ={}, overrides=Overrides(compression=kind)).compression for kind in ("", "zstd")] == [
        "gzip",
        "zstd",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "services = 3",
        "cache = 3\n" + SERVICE,
        "engine = 3\n" + SERVICE,
        "[services]\na = 3",
        SERVICE + "build = 3",
        SERVICE + "build.args = 3",
    ],
)
def test_what_flags_and_variables_set_hides_no_fault(root, text):
    (root / "pipeline.toml").write_text(text)
    environ = {"PIPELINE_CACHE_WRITE": "1", "PIPELINE_ENGINE_HOSTS": "tcp://a:1", "PIPELINE_TIMEOUT": "1"}
    with pytest.raises(UsageError, match=r"is 3, must be a table"):
        load(root, environ=environ)


def test_an_argument_goes_to_who_declares_it_and_leaves_the_others(root):
    declared = "build = { args = { X = '1', Y = '2' }, env = { Z = '3' } }"
    (root / "pipeline.toml").write_text(f"{SERVICE}{declared}\n[services.b]\npath = 'a'\n")
    services = load(root, environ={}, overrides=Overrides(args={"X": "9"})).services
    assert (services["a"].build.args, services["a"].build.env) == ({"X": "9", "Y": "2"}, {"Z": "3"})
    assert services["b"].build.args == {}
