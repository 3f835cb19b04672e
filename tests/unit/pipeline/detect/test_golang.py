"""What each stage of a Go service reads: a file too many builds anew for nothing, one too few builds from what was."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Build, Go, Service
from pipeline.detect import detect
from pipeline.detect.sources import GO_TESTS, NOT_SOURCES, chosen, within
from pipeline.errors import UsageError


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


def test_what_is_compiled_in_is_a_source_whatever_it_is_called(module):
    write(module, {"main.go": "package main\n\n//go:embed README.md dist\nvar files embed.FS\n\nfunc main() {}\n"})
    found = detect(module.parent, "auth", Service(path="auth", exclude=["other"]))
    for sources in (found.sources, found.check_sources):
        assert sources.exclude[-6:] == ("!README.md", "!dist", "**/.git", "**/.env", "**/.env.*", "other")
