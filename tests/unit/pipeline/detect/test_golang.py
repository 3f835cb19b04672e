"""What each stage of a Go service reads: a file too many builds anew for nothing, one too few builds from what was."""

from __future__ import annotations

import pytest

from pipeline.config import Go, Service
from pipeline.detect import detect
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
    assert "vendor" in found.sources.exclude
    assert "vendor" not in found.check_sources.exclude
    own = detect(module.parent, "auth", Service(path="auth", go=Go(mod="readonly")))
    assert (own.mod, own.module_files) == ("readonly", ("go.mod", "go.sum"))


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


@pytest.mark.parametrize("asked", ["./cmd/server", "cmd/server", "./cmd/server/"])
def test_the_program_that_is_asked_for_is_taken(module, asked):
    found = detect(module.parent, "auth", Service(path="auth", go=Go(main=asked)))
    shown = next(item for item in found.settings if item.key == "go.main")
    assert (found.main, shown.value) == (asked, asked)


def test_of_several_programs_one_has_to_be_named(module):
    (module / "cmd" / "worker").mkdir()
    (module / "cmd" / "worker" / "main.go").write_text("package main\n\nfunc main() {}\n")
    with pytest.raises(UsageError) as several:
        detect(module.parent, "auth", Service(path="auth"))
    assert (several.value.service, several.value.key) == ("auth", "go.main")
    assert "several main packages: ./cmd/server, ./cmd/worker" in str(several.value)
    assert '`main = "./cmd/server"`' in several.value.hint
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
