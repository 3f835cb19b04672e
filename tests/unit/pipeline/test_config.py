"""pipeline.toml: what is accepted, and that every fault is one clear error with its place and the way out."""

from __future__ import annotations

import json
import os
import time
import tomllib

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import Overrides, Service, load, select, tags
from pipeline.errors import UsageError
from pipeline.reference.configuration import config_reference, config_schema

SERVICE = '[services.a]\npath = "a"\n'


@pytest.fixture
def root(tmp_path):
    (tmp_path / "a").mkdir()
    return tmp_path


def loaded(root, text, environ=None, overrides=None):
    (root / "pipeline.toml").write_text(text, encoding="utf-8")
    return load(root, environ=environ or {}, overrides=overrides)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no service"),
        ("x = = 3", "pipeline.toml:1:5: not valid TOML"),
        (SERVICE + "tiemout = 3", "pipeline.toml:3: services.a.tiemout: unknown key; did you mean 'timeout'?"),
        ('[services.a]\npath = "b"', "pipeline.toml:2: services.a.path: the folder 'b' does not exist"),
        (SERVICE + SERVICE, "two services have the name 'a'"),
        ('[services.a]\npath = "../a"', "leads out of the repository"),
        ('[services.a]\npath = "/a"', "absolute path"),
        (SERVICE + "timeout = true", "services.a.timeout: is True"),
        (SERVICE + "timeout = -1", "greater than 0"),
        (SERVICE + 'platforms = ["linux/x"]', "must be 'linux/amd64' or 'linux/arm64'"),
        ('[services."A b"]\npath = "a"', "cannot be the name of a service"),
        (SERVICE + 'port = "80"', "services.a.port: is '80'"),
        (SERVICE + "port = 70000", "less than or equal to 65535"),
        (SERVICE + 'health = "x"', "a path such as /health, grpc, a command, or false"),
        (SERVICE + 'user = "root"', "numeric UID:GID"),
        ("services = 3", "pipeline.toml:1: services: is 3"),
        (SERVICE + '[services.a.build.secrets]\nT = "x"', "env:NAME or file:PATH"),
        ("[services.a]\nport = 3", "services.a.path: missing"),
        (SERVICE + 'build = { packages = ["G++ "] }', "the name of a distribution package"),
        (SERVICE + '[services.a.go]\nworkspace = "../.."', "pipeline.toml:4: services.a.go.workspace: '../..' leads out"),
    ],
)
def test_faults_are_named(root, text, message):
    with pytest.raises(UsageError) as caught:
        loaded(root, text)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_may_begin_with_the_mark_of_its_encoding(root):
    assert list(loaded(root, f"\ufeff{SERVICE}").services) == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 100_000, "pipeline.toml: cannot be read: maximum recursion depth exceeded"),
        ("x = " + "9" * 5000, "pipeline.toml: cannot be read: Exceeds the limit (4300 digits)"),
        ("x" + ".a" * 3000 + " = 1\n" + SERVICE, "pipeline.toml:1: x: unknown key"),
        (f"{SERVICE}env = {{ X{'.a' * 3000} = 1 }}", "pipeline.toml:3: services.a.env.X: is {'a': {'a': {'a'"),
        (f"{SERVICE}env = {{ X = {'[1, ' * 300}{']' * 300} }}", "pipeline.toml:3: services.a.env.X: is [1, [1, [1"),
        (f"{SERVICE}port = '{'9' * 1_000_000}'", "services.a.port: is '999"),
        (f'{SERVICE}env = {{ X = """\n[{" " * 100_000}""" }}\nx = 1', "services.a.x: unknown key"),
        (f"[services.a{'.b' * 900}]\nx = 1", "pipeline.toml:1: services.a.b: unknown key"),
        ("".join(f"[services.s{at}]\npath = 'a'\n" for at in range(1000)) + "[services.z]\npath = 'b'", "pipeline.toml:2002: "),
    ],
    ids=[
        "arrays",
        "digits",
        "dots",
        "dots in a value",
        "lists in a value",
        "a long value",
        "a header in a text",
        "a header",
        "many",
    ],
)
def test_a_file_that_is_made_to_hold_up_its_reader_is_refused_at_once(root, text, message):
    begun = time.process_time()
    with pytest.raises(UsageError) as caught:
        loaded(root, text)
    assert time.process_time() - begun < 3
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_no_file_offers_init(root):
    with pytest.raises(UsageError, match="pipeline init"):
        load(root, environ={})


def test_a_file_that_is_not_utf8(root):
    (root / "pipeline.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        load(root, environ={})


def test_a_symlink_out_of_the_repository(root, tmp_path_factory):
    (root / "out").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(UsageError, match="leads out"):
        loaded(root, '[services.a]\npath = "out"')


def test_flags_win_over_environment_over_file(root):
    text = "max_parallel = 2\n" + SERVICE
    assert loaded(root, text).max_parallel == 2
    assert loaded(root, text, {"PIPELINE_MAX_PARALLEL": "3"}).max_parallel == 3
    assert loaded(root, text, {"PIPELINE_MAX_PARALLEL": "3"}, Overrides(max_parallel=4)).max_parallel == 4
    assert loaded(root, text, {"PIPELINE_TIMEOUT": "5"}).services["a"].timeout == 5


def test_where_figures_go_is_for_the_environment_to_say(root):
    text = '[metrics]\ntextfile = "a.prom"\n' + SERVICE
    gateway = {"PIPELINE_METRICS_PUSHGATEWAY": "http://gateway.test:9091"}
    metrics = loaded(root, text, gateway).metrics
    assert (metrics.textfile, metrics.pushgateway) == ("a.prom", "http://gateway.test:9091")
    assert loaded(root, text, {"PIPELINE_METRICS_TEXTFILE": "b.prom"}).metrics.textfile == "b.prom"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (Overrides(max_parallel=0), "--max-parallel is 0"),
        (Overrides(timeout=-1), "--timeout is -1"),
        (Overrides(platforms=("linux/amd46",)), "did you mean 'linux/amd64'?"),
    ],
)
def test_bad_flags(root, overrides, message):
    with pytest.raises(UsageError) as caught:
        loaded(root, SERVICE, None, overrides)
    assert message in str(caught.value)


def test_build_arguments_reach_who_declares_them(root):
    text = SERVICE + 'build = { args = { VERSION = "dev" } }\n[services.b]\npath = "a"\n'
    services = loaded(root, text, overrides=Overrides(args={"VERSION": "1.2"})).services
    assert services["a"].build.args == {"VERSION": "1.2"}
    assert services["b"].build.args == {}


def test_a_build_argument_that_nothing_reads(root):
    with pytest.raises(
        UsageError, match=r"--build-arg VERSOIN: no service declares such an argument; did you mean 'VERSION'\?"
    ):
        loaded(root, SERVICE + 'build = { args = { VERSION = "dev" } }', overrides=Overrides(args={"VERSOIN": "1"}))


@pytest.mark.parametrize("written", ["a/b", "./a/b", "a/b/", "a//b", "a/./b"])
def test_a_folder_is_the_same_however_it_is_written(root, written):
    (root / "a/b/a/b").mkdir(parents=True)
    keys = "".join(
        f"{key} = '{written}'\n" for key in ("path", "context", "node.workspace", "go.workspace", "go.config", "go.schema")
    )
    lists = f"files = ['{written}']\nnode.output = ['{written}']\n"
    service = loaded(root, f"[services.a]\n{keys}{lists}").services["a"]
    named = (
        service.path,
        service.context,
        service.node.workspace,
        service.go.workspace,
        service.go.config,
        service.go.schema_file,
        *service.files,
        *service.node.output,
    )
    assert set(named) == {"a/b"}
    assert loaded(root, "[services.a]\npath = './'").services["a"].path == "."


def test_an_unknown_service_names_the_nearest(root):
    with pytest.raises(UsageError, match="did you mean 'a'"):
        select(loaded(root, SERVICE), ["aa"])


def test_the_schema_takes_what_is_taken_and_refuses_what_is_refused(request):
    schema = json.loads(config_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    taken = jsonschema.Draft202012Validator(schema)
    own = tomllib.loads((request.config.rootpath / "pipeline.toml").read_text())
    assert taken.is_valid(own)
    assert taken.is_valid(
        tomllib.loads(SERVICE + "health = false\nplatforms = ['linux/arm64']\n[services.a.go]\ncgo = 'static'")
    )
    for text in ("", SERVICE + "tiemout = 3", SERVICE + "port = 70000", SERVICE + 'health = "x"', "[services.a]\nport = 3"):
        assert not taken.is_valid(tomllib.loads(text)), text


def test_every_key_is_described():
    rows = [row.split(" | ") for row in config_reference().splitlines() if row.startswith("| `")]
    assert len(rows) > 60
    assert [row[0] for row in rows if not row[-1].rstrip(" |")] == []


_VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 99999), st.text(max_size=5), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
_KEYS = st.sampled_from(["path", "kind", "port", "health", "env", "timeout", "build", "go", "node", "platforms", "budget", "x"])


def _toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
    return repr(value)


@settings(max_examples=800, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_any_configuration_is_accepted_or_refused_in_order(root, service):
    text = "[services.a]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in service.items())
    try:
        tomllib.loads(text)
        loaded(root, text)
    except (UsageError, tomllib.TOMLDecodeError):
        pass


def test_tags_are_addresses_in_the_registry(root):
    service = Service(path=".", tags=["1.0", "other.example/x:2"])
    assert tags("a", service, "r.example") == ("r.example/a:1.0", "other.example/x:2")
    assert tags("a", Service(path="."), "") == ("a:latest",)
    config = loaded(root, 'registry = "file.example"\n' + SERVICE, overrides=Overrides(registry="flag.example"))
    assert tags("a", config.services["a"], config.registry) == ("flag.example/a:latest",)


@pytest.mark.parametrize(
    ("environ", "overrides", "registry", "write"),
    [
        ({}, Overrides(), "file.example/cache", True),
        ({"PIPELINE_CACHE_WRITE": "false"}, Overrides(), "file.example/cache", False),
        ({"PIPELINE_CACHE_REGISTRY": "env.example/c", "PIPELINE_CACHE_WRITE": "0"}, Overrides(), "env.example/c", False),
        ({"PIPELINE_CACHE_WRITE": "0"}, Overrides(cache_registry="flag.example/c", cache_write=True), "flag.example/c", True),
    ],
)
def test_the_shared_cache_is_set_by_flag_variable_and_file(root, environ, overrides, registry, write):
    text = '[cache]\nregistry = "file.example/cache"\nwrite = true\n' + SERVICE
    cache = loaded(root, text, environ, overrides).cache
    assert (cache.registry, cache.write) == (registry, write)


def test_a_switch_that_is_none(root):
    with pytest.raises(UsageError, match="PIPELINE_CACHE_WRITE is 'maybe', which is neither true nor false"):
        loaded(root, SERVICE, {"PIPELINE_CACHE_WRITE": "maybe"})


def test_a_pipe_is_no_file_to_read(root):
    os.mkfifo(root / "pipeline.toml")
    with pytest.raises(UsageError, match=r"cannot be read: it is no plain file"):
        load(root, environ={})
