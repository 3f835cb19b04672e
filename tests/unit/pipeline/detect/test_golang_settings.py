"""What a Go service is, value by value, each with the place that tells it."""

from __future__ import annotations

import shlex

import pytest
from trees import write

from pipeline.config import Build, Go, Runtime, Service
from pipeline.detect import detect
from pipeline.detect.found import Found
from pipeline.errors import UsageError


def sources(found):
    return {item.key: (item.value, item.source) for item in found.settings}


def test_a_plan_tells_of_time_zones_where_a_program_looks_one_up(module):
    assert "go.tzdata" not in sources(detect(module.parent, "auth", Service(path="auth")))
    with (module / "cmd" / "server" / "main.go").open("a") as file:
        file.write("\nvar zone, _ = time.LoadLocation(name)\n")
    found = detect(module.parent, "auth", Service(path="auth"))
    assert found.tzdata
    assert sources(found)["go.tzdata"] == (True, "auth/cmd/server/main.go:7, it looks up time zones")


@pytest.mark.parametrize(
    ("runtime", "imports", "expected"),
    [({}, "", ("/tmp",)), ({}, '// #cgo LDFLAGS: -lz\nimport "C"\n', ()), ({"base": "shell"}, "", ())],
)
def test_an_image_that_starts_from_nothing_has_a_folder_for_temporary_files(module, runtime, imports, expected):
    main = f'package main\n\n{imports}\nfunc main() {{ os.CreateTemp("", "a") }}\n'
    (module / "cmd" / "server" / "main.go").write_text(main)
    found = detect(module.parent, "auth", Service(path="auth", runtime=Runtime(**runtime)))
    assert found.image.writable == expected
    assert ("writable" in sources(found)) == bool(expected)


def test_an_image_that_starts_from_nothing_says_who_runs_it_where_the_program_asks(module):
    write(module, {"cmd/server/user.go": "package main\n\nvar found, _ = user.Current()\n"})
    found = detect(module.parent, "auth", Service(path="auth", env={"A": "b"}))
    assert found.runtime_env == {"A": "b", "HOME": "/", "USER": "app"}
    assert sources(found)["env"] == (found.runtime_env, "auth/cmd/server/user.go:3, it asks who runs it")
    assert not detect(module.parent, "auth", Service(path="auth", go=Go(cgo="static"))).runtime_env


def test_a_plan_tells_of_a_package_that_has_to_be_made_first(module):
    write(module, {"cmd/server/pb.go": 'package main\n\nimport "example.com/auth/pb"\n'})
    assert "pb is imported" in sources(detect(module.parent, "auth", Service(path="auth")))["build.before"][1]
    made = detect(module.parent, "auth", Service(path="auth", build=Build(before=["go generate ./..."])))
    assert "build.before" not in sources(made)


def test_a_plan_tells_of_the_subcommand_that_serves(module):
    assert "runtime.start" not in sources(detect(module.parent, "auth", Service(path="auth")))
    write(module, {"cmd/server/serve.go": 'package main\n\nvar serve = &cobra.Command{Use: "serve"}\n'})
    found = detect(module.parent, "auth", Service(path="auth"))
    assert found.subcommand == ("serve",)
    assert sources(found)["runtime.start"] == (("/bin/app", "serve"), "auth/cmd/server/serve.go:3, its subcommand")
    own = detect(module.parent, "auth", Service(path="auth", runtime=Runtime(start=["/bin/app"])))
    assert (own.subcommand, own.start) == ((), ("/bin/app",))


def test_the_linker_is_told_what_the_settings_say(module):
    plain = detect(module.parent, "auth", Service(path="auth"))
    assert plain.ldflags == "-s -w -extldflags '-static'"
    told = Go(vars={"main.version": "1.2", "main.a": "b"}, ldflags="-v")
    found = detect(module.parent, "auth", Service(path="auth", go=told))
    assert found.ldflags == "-s -w -extldflags '-static' -X 'main.a=b' -X 'main.version=1.2' -v"
    for cgo, flags in (("static", "-s -w -linkmode external -extldflags '-static'"), ("dynamic", "-s -w")):
        assert detect(module.parent, "auth", Service(path="auth", go=Go(cgo=cgo))).ldflags == flags


def test_each_value_has_its_source(module):
    (module / "cmd" / "server" / "routes.go").write_text('package main\n\nvar port = env.Int("AUTH_PORT", 7000)\n')
    (module / "cmd" / "server" / "a_test.go").write_text("package main\n\nvar commit string\n")
    assert sources(detect(module.parent, "x", Service(path="auth"))) == {
        "go.version": ("1.26", "auth/go.mod:3, go line"),
        "go.mod": ("readonly", "by convention"),
        "go.main": ("./cmd/server", "auth/cmd/server/main.go:5, func main"),
        "go.cgo": (False, "no program imports C"),
        "go.vars": ({}, 'auth/cmd/server/main.go:3, `"main.version" = "${VERSION}"` sets it'),
        "port": (7000, "auth/cmd/server/routes.go:3, the default of PORT"),
        "health": (False, "no health route was found"),
        "files": ((), "no program names any"),
        "runtime.base": ("minimal", "nothing needs a shell"),
        "go.config": ("", "no config/production.yaml"),
    }


def test_each_value_of_the_configuration_has_it_as_its_source(module):
    write(module, {"cmd/server/a.go": "package main\n\nvar a string\n", "settings.yaml": ""})
    go = Go(version="1.25", mod="vendor", cgo="static", main="./cmd/server", vars={"main.a": "b"}, config="settings.yaml")
    found = sources(detect(module.parent, "auth", Service(path="auth", go=go)))
    assert {key: value for key, value in found.items() if key.startswith("go.")} == {
        "go.version": ("1.25", "pipeline.toml"),
        "go.mod": ("vendor", "pipeline.toml"),
        "go.main": ("./cmd/server", "pipeline.toml"),
        "go.cgo": ("static", "pipeline.toml"),
        "go.vars": ({"main.a": "b"}, "pipeline.toml"),
        "go.config": ("settings.yaml", "pipeline.toml"),
    }


def test_without_any_word_of_it_a_service_listens_on_8080(module):
    write(module, {"cmd/server/main.go": "package main\n\nfunc main() { http.ListenAndServe(address, nil) }\n"})
    found = detect(module.parent, "auth", Service(path="auth"))
    assert (found.image.port, sources(found)["port"]) == (8080, (8080, "by convention"))


def test_a_worker_that_listens_nowhere_has_no_port(module):
    write(module, {"cmd/server/main.go": "package main\n\nfunc main() { work() }\n"})
    found = detect(module.parent, "auth", Service(path="auth"))
    assert (found.image.port, sources(found)["port"]) == (0, (False, "no program listens"))
    write(module, {"Dockerfile": "EXPOSE 9000\n"})
    assert detect(module.parent, "auth", Service(path="auth")).image.port == 9000


def test_a_program_that_is_asked_for_its_health_listens_however_it_does(module):
    write(module, {"cmd/server/main.go": "package main\n\nfunc main() { work() }\n"})
    assert detect(module.parent, "auth", Service(path="auth", health="/health")).image.port == 8080


def test_what_is_configured_is_what_is_built(module):
    go = Go(tags=["a", "b"], ca_certs=False, tzdata=True, private=["example.com/*"])
    found = detect(module.parent, "auth", Service(path="auth", go=go, runtime=Runtime(start=["sh", "-c", "x"])))
    assert (found.version, found.module) == ("1.26", "example.com/auth")
    assert (found.tags, found.ca_certs, found.tzdata, found.private) == (("a", "b"), False, True, ("example.com/*",))
    assert (found.start, found.image.base) == (("sh", "-c", "x"), "shell")
    plain = detect(module.parent, "auth", Service(path="auth", go=Go(version="1.25")))
    assert (plain.version, plain.tags, plain.ca_certs, plain.tzdata, plain.private) == ("1.25", (), True, False, ())
    assert (plain.start, plain.image.base) == ((), "minimal")


@pytest.mark.parametrize(("cgo", "packages"), [(False, ()), ("static", ("musl-tools",)), ("dynamic", ("gcc", "libc6-dev"))])
def test_compiling_c_takes_a_compiler(module, cgo, packages):
    found = detect(module.parent, "auth", Service(path="auth", go=Go(cgo=cgo), build=Build(packages=["make"])))
    assert found.build.packages == (*packages, "make")


def test_variables_hold_build_arguments(module):
    settings = {"path": "auth", "go": Go(vars={"main.version": "v${VERSION}"})}
    found = detect(module.parent, "auth", Service(**settings, build=Build(args={"VERSION": "1.2"})))
    assert "-X 'main.version=v1.2'" in found.ldflags
    hint = r".* in \[services\.auth\.build\]$"
    with pytest.raises(UsageError, match=rf"^services\.auth\.go\.vars\.main\.version: {hint}"):
        detect(module.parent, "auth", Service(**settings))
    with pytest.raises(UsageError, match=rf"^services\.auth\.build\.env\.A: {hint}"):
        detect(module.parent, "auth", Service(path="auth", build=Build(env={"A": "${VERSION}"})))


@pytest.mark.parametrize("value", ["it's", 'say "a"', "a b"])
def test_a_linker_variable_is_quoted_by_the_quotes_that_it_does_not_hold(module, value):
    """Go takes a flag apart at spaces and quotes, and knows no escapes."""
    found = detect(module.parent, "auth", Service(path="auth", go=Go(vars={"main.a": value})))
    assert shlex.split(found.ldflags)[-1] == f"main.a={value}"


def test_a_linker_variable_of_both_kinds_of_quotes_is_refused(module):
    refused = (
        r"^services\.auth\.go\.vars\.main\.a: .* holds ' and \", of which the linker's flags can quote one; leave one out$"
    )
    with pytest.raises(UsageError, match=refused):
        detect(module.parent, "auth", Service(path="auth", go=Go(vars={"main.a": 'it\'s "a"'})))


@pytest.mark.parametrize("name", ["yaml", "yml", "json", "toml"])
def test_a_configuration_by_convention_is_told_with_its_place(module, name):
    write(module, {f"config/production.{name}": "a: 1\n", "config/schema.json": {}})
    found = detect(module.parent, "auth", Service(path="auth"))
    assert (found.config, found.schema) == (f"config/production.{name}", "config/schema.json")
    assert sources(found)["go.config"] == (found.config, f"auth/config/production.{name}:1, by convention")


def test_a_schema_alone_is_of_nothing(module):
    write(module, {"config/schema.json": {}})
    assert detect(module.parent, "auth", Service(path="auth")).schema == ""


@pytest.mark.parametrize("asked", ["./cmd/server", "cmd/server", "./cmd/server/"])
def test_programs_that_are_asked_for_are_named_as_go_names_those_of_a_module(module, asked):
    """Go looks for `cmd/server` among its own packages."""
    found = detect(module.parent, "auth", Service(path="auth", go=Go(main=asked, binaries=[asked])))
    assert (found.main, found.binaries) == ("./cmd/server", ("./cmd/server",))
    assert Found("go.main", "./cmd/server", why="pipeline.toml") in found.settings


@pytest.mark.parametrize("asked", [".", "./"])
def test_a_program_that_is_asked_for_may_be_the_module_s_own_folder(module, asked):
    (module / "main.go").write_text("package main\n")
    assert detect(module.parent, "auth", Service(path="auth", go=Go(main=asked))).main == "."


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        (["."], r"\. has no folder of its own that its program could be called after; make it `go\.main`"),
        (["cmd/app"], r"program of \./cmd/app would be called app, as that of the main package is; rename the folder"),
        (["a/tool", "b/tool"], r"program of \./b/tool would be called tool, as that of \./a/tool is; rename the folder"),
        (["a/tool", "./a/tool"], r"program of \./a/tool would be called tool, as that of \./a/tool is"),
    ],
)
def test_programs_of_one_name_are_refused(module, folders, told):
    write(module, {f"{folder}/main.go": "package main\n\nfunc main() {}\n" for folder in folders})
    with pytest.raises(UsageError, match=told) as refused:
        detect(module.parent, "auth", Service(path="auth", go=Go(main="./cmd/server", binaries=folders)))
    assert (refused.value.service, refused.value.key) == ("auth", "go.binaries")


@pytest.mark.parametrize(
    ("settings", "key"), [(Go(main="./cmd/none/"), "go.main"), (Go(main="cmd/server", binaries=["./cmd/none/"]), "go.binaries")]
)
def test_a_program_that_is_none_is_refused(module, settings, key):
    with pytest.raises(UsageError, match=rf"auth/cmd/none holds no main package; correct `{key}`") as refused:
        detect(module.parent, "auth", Service(path="auth", go=settings))
    assert (refused.value.service, refused.value.key) == ("auth", key)


def test_of_several_programs_one_has_to_be_named(module):
    (module / "cmd" / "worker").mkdir()
    (module / "cmd" / "worker" / "main.go").write_text("package main\n\nfunc main() {}\n")
    with pytest.raises(UsageError) as several:
        detect(module.parent, "auth", Service(path="auth"))
    assert (several.value.service, several.value.key) == ("auth", "go.main")
    assert "several main packages: ./cmd/server, ./cmd/worker" in str(several.value)
    assert '`main = "./cmd/server"`; another that serves is a service with the same `path`' in several.value.hint
    for name in ("server", "worker"):
        (module / "cmd" / name / "main.go").unlink()
    with pytest.raises(UsageError, match="no main package") as none:
        detect(module.parent, "auth", Service(path="auth"))
    assert '`main = "./cmd/…"`' in none.value.hint


def test_a_schema_is_the_settings_or_what_lies_beside(module):
    (module / "config").mkdir()
    for name in ("production.yaml", "schema.json", "other.json"):
        (module / "config" / name).touch()
    by_itself = detect(module.parent, "auth", Service(path="auth"))
    assert (by_itself.config, by_itself.schema) == ("config/production.yaml", "config/schema.json")
    named = detect(module.parent, "auth", Service(path="auth", go=Go(schema="config/other.json")))
    assert (named.config, named.schema) == ("config/production.yaml", "config/other.json")
    for key in ("config", "schema"):
        with pytest.raises(UsageError, match=r"'none\.json' does not exist") as missing:
            detect(module.parent, "auth", Service(path="auth", go=Go(**{key: "none.json"})))
        assert (missing.value.service, missing.value.key) == ("auth", f"services.auth.go.{key}")
