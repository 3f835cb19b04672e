"""What each stage of a Go service reads: a file too many builds anew for nothing, one too few builds from what was."""

from __future__ import annotations

import shlex

import pytest
from trees import write

from pipeline.config import Build, Go, Runtime, Service
from pipeline.detect import detect
from pipeline.detect.found import Found
from pipeline.detect.sources import GO_TESTS, NOT_SOURCES, chosen, within
from pipeline.errors import UsageError


@pytest.fixture
def module(tmp_path):
    """A module of one program that requires another, in a folder of its own."""
    folder = tmp_path / "auth"
    (folder / "cmd" / "server").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/auth\n\ngo 1.26\n\nrequire example.com/log v1.0.0\n")
    (folder / "go.sum").write_text("example.com/log v1.0.0 h1:A=\n")
    (folder / "cmd" / "server" / "main.go").write_text("package main\n\nvar version string\n\nfunc main() {}\n")
    return folder


def sources(found):
    return {item.key: (item.value, item.source) for item in found.settings}


def test_modules_are_downloaded_for_their_own_files_alone(module):
    found = detect(module.parent, "auth", Service(path="auth"))
    assert found.module_files == ("go.mod", "go.sum")
    assert (found.mod, found.main, found.config) == ("readonly", "./cmd/server", "")
    assert {"vendor", "config"}.isdisjoint(found.sources.exclude)
    assert {"**/go.work", "**/go.work.sum", "**/*_test.go"} <= set(found.sources.exclude)


def test_without_a_sum_there_is_none_to_read(module):
    (module / "go.mod").write_text("module example.com/auth\n\ngo 1.26\n")
    (module / "go.sum").unlink()
    assert detect(module.parent, "auth", Service(path="auth")).module_files == ("go.mod",)


def test_vendored_modules_are_the_business_of_the_stage_before(module):
    (module / "vendor").mkdir()
    (module / "vendor" / "modules.txt").touch()
    found = detect(module.parent, "auth", Service(path="auth"))
    assert (found.mod, found.module_files) == ("vendor", ("go.mod", "go.sum", "vendor"))
    assert sources(found)["go.mod"] == ("vendor", "auth/vendor/modules.txt:1")
    assert "vendor" in found.sources.exclude
    assert "vendor" not in found.check_sources.exclude
    own = detect(module.parent, "auth", Service(path="auth", go=Go(mod="readonly")))
    assert (own.mod, own.module_files) == ("readonly", ("go.mod", "go.sum"))


def test_modules_are_vendored_beside_those_that_replace_others(module):
    write(module.parent, {"log/go.mod": "module example.com/log\n\ngo 1.26\n", "auth/vendor/modules.txt": ""})
    with (module / "go.mod").open("a") as file:
        file.write("\nreplace example.com/log => ../log\n")
    found = detect(module.parent, "auth", Service(path="auth"))
    assert found.module_files == ("auth/go.mod", "auth/go.sum", "log/go.mod", "auth/vendor")
    assert {"vendor", "auth/vendor"} <= set(found.sources.exclude)
    assert sources(found)["go.mod"] == ("vendor", "auth/vendor/modules.txt:1")


def test_what_a_configured_tag_takes_in_is_part_of_the_service(module):
    server = module / "cmd" / "server"
    (server / "main.go").write_text('//go:build prod\n\npackage main\n\nvar at = getenv("PORT", "9001")\n\nfunc main() {}\n')
    (server / "other.go").write_text('//go:build !prod\n\npackage other\n\nvar at = getenv("PORT", "9002")\n')
    (module / "cmd" / "tool").mkdir()
    (module / "cmd" / "tool" / "main.go").write_text('//go:build prod\n\npackage main\n\nimport "C"\n\nfunc main() {}\n')
    with pytest.raises(UsageError, match="no main package"):
        detect(module.parent, "auth", Service(path="auth"))
    found = detect(
        module.parent, "auth", Service(path="auth", go=Go(tags=["prod"], main="./cmd/server", binaries=["./cmd/tool"]))
    )
    assert (found.image.port, found.cgo) == (9001, "static")
    with pytest.raises(UsageError, match=r"several main packages: \./cmd/server, \./cmd/tool"):
        detect(module.parent, "auth", Service(path="auth", go=Go(tags=["prod"])))


def test_another_program_of_the_module_tells_nothing_of_a_service(tmp_path):
    serves = 'package main\n\nimport "C"\n\nfunc main() {\n\tmux.Handle("/healthz", ok)\n\topen("data/a.csv")\n\tlisten(":9001")\n}\n'
    write(
        tmp_path,
        {
            "go.mod": "module example.com/a\n\ngo 1.26\n",
            "cmd/api/main.go": serves,
            "cmd/job/main.go": 'package main\n\nimport "example.com/a/internal/jobs"\n\nfunc main() {}\n',
            "internal/jobs/jobs.go": 'package jobs\n\nfunc run() { open("jobs.json") }\n',
            "data/a.csv": "",
            "jobs.json": "",
        },
    )
    job = detect(tmp_path, "job", Service(path=".", go=Go(main="./cmd/job")))
    assert (job.image.health.kind, job.image.port, job.image.files, job.cgo) == ("none", 0, ("jobs.json",), "")
    api = detect(tmp_path, "api", Service(path=".", go=Go(main="./cmd/api", binaries=["./cmd/job"])))
    assert (api.image.health.path, api.image.port, api.cgo) == ("/healthz", 9001, "static")
    assert api.image.files == ("data/a.csv", "jobs.json")


def test_another_program_of_the_module_is_no_source_of_a_service(module):
    write(module, {"run.go": "package main\n", "cmd/job/main.go": "package main\n"})
    asked = {"main": "./cmd/server"}
    found = detect(module.parent, "auth", Service(path="auth", go=Go(**asked)))
    assert {"*.go", "cmd/job/*.go"} <= set(found.sources.exclude)
    assert "cmd/server/*.go" not in found.sources.exclude
    assert {"*.go", "cmd/job/*.go"}.isdisjoint(found.check_sources.exclude)
    both = detect(module.parent, "auth", Service(path="auth", go=Go(**asked, binaries=["./cmd/job"])))
    assert "cmd/job/*.go" not in both.sources.exclude
    for more in ({"build": Build(before=["go run ./cmd/job"])}, {"stages": {"build": "ci/stages.py:build"}}):
        run = detect(module.parent, "auth", Service(path="auth", go=Go(**asked), **more))
        assert {"*.go", "cmd/job/*.go"}.isdisjoint(run.sources.exclude)


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


@pytest.mark.parametrize("vendored", [False, True])
def test_a_workspace_reads_every_module_s_files(module, vendored):
    root = module.parent
    (root / "go.work").write_text("go 1.26\n\nuse (\n\t./auth\n\t./lib\n)\n")
    (root / "go.work.sum").touch()
    (root / "lib").mkdir()
    (root / "lib" / "go.mod").write_text("module example.com/lib\n\ngo 1.26\n")
    (module / "go.mod").write_text("module example.com/auth\n\ngo 1.26\n\nrequire example.com/lib v0.0.0\n")
    if vendored:
        (root / "vendor").mkdir()
        (root / "vendor" / "modules.txt").touch()
    found = detect(root, "auth", Service(path="auth"))
    files = {"auth/go.mod", "auth/go.sum", "lib/go.mod", "go.work", "go.work.sum"}
    assert set(found.module_files) == files | ({"vendor"} if vendored else set())
    assert found.workspace
    assert {"**/go.work", "**/go.work.sum"}.isdisjoint(found.sources.exclude)
    assert ("vendor" in found.sources.exclude) == vendored
    assert ("auth/vendor" in found.sources.exclude) == vendored
    told = ("vendor", "vendor/modules.txt:1") if vendored else ("readonly", "by convention")
    assert sources(found)["go.mod"] == told


@pytest.mark.parametrize(("config", "left_out"), [("config/production.yaml", "config"), ("settings.yaml", "settings.yaml")])
def test_a_configuration_changes_no_binary(module, config, left_out):
    path = module / config
    path.parent.mkdir(exist_ok=True)
    path.write_text("a: 1\n")
    found = detect(module.parent, "auth", Service(path="auth", go=Go(config=config)))
    assert found.config == config
    assert left_out in found.sources.exclude
    assert left_out not in found.check_sources.exclude


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


def test_a_build_takes_all_of_a_module_but_what_no_build_takes(module):
    found = detect(module.parent, "auth", Service(path="auth", exclude=["docs/**"]))
    assert found.check_sources == chosen((), NOT_SOURCES, ["docs/**"])
    assert found.sources == chosen((), (*NOT_SOURCES, *GO_TESTS, "**/go.work", "**/go.work.sum"), ["docs/**"])
    wide = detect(module.parent, "auth", Service(path="auth", context="."))
    assert wide.sources.include == ("auth/**",)
    told = detect(module.parent, "auth", Service(path="auth", include=["cmd/**"]))
    assert (told.sources.include, told.check_sources.include) == (("cmd/**",), ("cmd/**",))


def test_what_no_build_takes_holds_in_every_module(module):
    write(module.parent, {"log/go.mod": "module example.com/log\n\ngo 1.26\n"})
    with (module / "go.mod").open("a") as file:
        file.write("\nreplace example.com/log => ../log\n")
    found = detect(module.parent, "auth", Service(path="auth"))
    assert (found.place.context, found.sources.include) == (".", ("auth/**", "log/**"))
    assert found.check_sources == chosen(("auth/**", "log/**"), within(NOT_SOURCES, ["auth", "log"]), [])
    assert {"auth/dist", "log/dist", "**/node_modules"} < set(found.check_sources.exclude)


def test_modules_are_downloaded_by_their_sums_where_there_are_any_to_download(module):
    (module / "go.sum").unlink()
    refused = r"^service auth: auth/go\.sum is missing, and go\.mod requires modules; run `go mod tidy` in auth"
    with pytest.raises(UsageError, match=refused):
        detect(module.parent, "auth", Service(path="auth"))
    assert detect(module.parent, "auth", Service(path="auth", go=Go(mod="vendor"))).mod == "vendor"
    write(module.parent, {"log/go.mod": "module example.com/log\n\ngo 1.26\n"})
    (module.parent / "go.work").write_text("go 1.26\n\nuse ./auth\nuse ./log\n")
    assert detect(module.parent, "auth", Service(path="auth")).workspace
    (module.parent / "go.work").unlink()
    with (module / "go.mod").open("a") as file:
        file.write("\nreplace example.com/log => ../log\n")
    assert detect(module.parent, "auth", Service(path="auth")).module_files == ("auth/go.mod", "log/go.mod")


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


def test_the_tags_that_are_set_decide_which_files_are_the_service_s(module):
    tagged = "//go:build pro\n\npackage main\n\n"
    write(
        module,
        {
            "cmd/server/main.go": f"{tagged}func main() {{}}\n",
            "cmd/server/listen.go": f'{tagged}var port = env.Int("PORT", 7000)\n',
            "../log/go.mod": "module example.com/log\n\ngo 1.26\n",
            "../log/c.go": '//go:build pro\n\npackage log\n\nimport "C"\n',
            "cmd/tool/free.go": "//go:build !pro\n\npackage main\n\n//go:embed lost\nvar lost string\n",
            "cmd/tool/main.go": "//go:build !pro\n\npackage main\n",
        },
    )
    with (module / "go.mod").open("a") as file:
        file.write("\nreplace example.com/log => ../log\n")
    found = detect(module.parent, "auth", Service(path="auth", go=Go(tags=["pro"])))
    assert (found.main, found.image.port, found.cgo) == ("./cmd/server", 7000, "static")
    assert sources(found)["go.main"] == ("./cmd/server", "auth/cmd/server/main.go:5, func main")
    assert "build.before" not in sources(found)
    assert detect(module.parent, "auth", Service(path="auth", go=Go(tags=["pro"], main="cmd/server"))).main == "./cmd/server"
    free = detect(module.parent, "auth", Service(path="auth", go=Go(main="cmd/tool")))
    assert (free.image.port, free.cgo) == (0, "")
    assert "build.before" in sources(free)
    with pytest.raises(UsageError, match="auth/cmd/tool holds no main package"):
        detect(module.parent, "auth", Service(path="auth", go=Go(tags=["pro"], main="cmd/tool")))
    write(module, dict.fromkeys(("run.go", "cmd/pro/run.go"), f"{tagged}func main() {{}}\n"))
    whole = detect(module.parent, "auth", Service(path="auth", go=Go(tags=["pro"], binaries=["./cmd/pro"])))
    assert (whole.main, whole.binaries) == (".", ("./cmd/pro",))


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


def test_what_is_compiled_in_is_a_source_whatever_it_is_called(module):
    write(module, {"main.go": "package main\n\n//go:embed README.md dist\nvar files embed.FS\n\nfunc main() {}\n"})
    found = detect(module.parent, "auth", Service(path="auth", exclude=["other"]))
    for sources in (found.sources, found.check_sources):
        assert sources.exclude[-6:] == ("!README.md", "!dist", "**/.git", "**/.env", "**/.env.*", "other")
