"""What is read of a go.mod, and which modules a build takes in."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Go, Service
from pipeline.detect import detect
from pipeline.detect.found import Found
from pipeline.detect.golang.modules import Module, module
from pipeline.errors import UsageError

MAIN = "package main\n\nfunc main() {}\n"


def go_mod(name, more=""):
    return f"module example.com/{name}\n\ngo 1.26\n{more}"


@pytest.mark.parametrize(
    "more", ["", "require\nrequire example.com/b\nreplace\nreplace example.com/b\nreplace a =>\nexclude a => b\n"]
)
def test_what_a_go_mod_does_not_say_is_empty(tmp_path, more):
    (tmp_path / "go.mod").write_text(f"module example.com/a\n{more}")
    read = module(tmp_path / "go.mod", "x/go.mod", "x")
    assert read == Module("x/go.mod", "example.com/a", "", "", (), (), {"module": 1})


def test_a_go_mod_that_is_not_there_is_named_with_its_service(tmp_path):
    with pytest.raises(UsageError, match=r"^service auth: x/go\.mod is missing; a Go service needs one") as missing:
        detect(tmp_path, "auth", Service(path="x", kind="go"))
    assert missing.value.service == "auth"


@pytest.mark.parametrize("content", [b"module a\xff\n", None])
def test_a_go_mod_that_cannot_be_read_is_named(tmp_path, content):
    if content is None:
        (tmp_path / "go.mod").mkdir()
    else:
        (tmp_path / "go.mod").write_bytes(content)
    with pytest.raises(UsageError, match=r"^x/go\.mod: cannot be read: ") as unread:
        module(tmp_path / "go.mod", "x/go.mod", "auth")
    assert unread.value.file == "x/go.mod"


@pytest.fixture
def workspace(tmp_path):
    """The module `shop/auth` of a workspace: it requires one library that requires another; a third is for others."""
    write(
        tmp_path,
        {
            "shop/go.work": "go 1.26\n\nuse (\n\t./auth\n\t./lib/log\n\t./lib/text\n\t./lib/unused\n)\n",
            "shop/auth/go.mod": go_mod("auth", "\nrequire (\n\texample.com/log v1.0.0\n\texample.com/other v1.0.0\n)\n"),
            "shop/auth/main.go": MAIN,
            "shop/lib/log/go.mod": go_mod("log", "\nrequire (\n\texample.com/text v0.1.0\n\texample.com/auth v0.0.0\n)\n"),
            "shop/lib/text/go.mod": go_mod("text"),
            "shop/lib/unused/go.mod": go_mod("unused", "\nrequire example.com/text v0.2.0\n"),
        },
    )
    return tmp_path


def test_a_service_is_made_of_the_modules_of_its_workspace_that_it_requires(workspace):
    found = detect(workspace, "auth", Service(path="shop/auth"))
    assert (found.place.context, found.place.folder, found.workspace) == ("shop", "auth", True)
    assert found.sources.include == ("auth/**", "lib/log/**", "lib/text/**")
    assert found.module_files == ("auth/go.mod", "lib/log/go.mod", "lib/text/go.mod", "lib/unused/go.mod", "go.work")
    assert Found("go.workspace", "shop", "shop/go.work", 1, "it uses the module") in found.settings
    assert "context" not in {item.key for item in found.settings}


def test_go_is_told_where_the_required_modules_of_a_workspace_lie(workspace):
    assert detect(workspace, "auth", Service(path="shop/auth")).workspace_modules == (
        "example.com/auth@v0.0.0=./auth",
        "example.com/log@v1.0.0=./lib/log",
        "example.com/text@v0.1.0=./lib/text",
        "example.com/text@v0.2.0=./lib/text",
    )


def test_the_nearest_workspace_that_uses_the_module_is_its_own(workspace):
    write(workspace, {"shop/auth/go.work": "go 1.26\n", "go.work": "go 1.26\n\nuse ./shop/auth\n"})
    assert detect(workspace, "auth", Service(path="shop/auth")).place.context == "shop"
    found = detect(workspace, "auth", Service(path="shop/auth", go=Go(workspace=".")))
    assert (found.place.context, found.place.folder) == (".", "shop/auth")
    assert found.module_files == ("shop/auth/go.mod", "go.work")


def test_a_workspace_may_be_the_module_s_own_folder(tmp_path):
    write(tmp_path, {"a/go.work": "go 1.26\n\nuse .\n", "a/go.mod": go_mod("a"), "a/main.go": MAIN})
    found = detect(tmp_path, "a", Service(path="a"))
    assert (found.place.context, found.place.folder, found.workspace) == ("a", ".", True)
    assert (found.sources.include, found.workspace_modules) == ((), ())


def test_a_workspace_can_be_left_out(workspace):
    (workspace / "shop/auth/go.sum").touch()
    found = detect(workspace, "auth", Service(path="shop/auth", go=Go(workspace="off")))
    assert (found.place.context, found.workspace, found.workspace_modules) == ("shop/auth", False, ())


@pytest.mark.parametrize(("folder", "file"), [("shop/lib", "shop/lib/go.work"), (".", "go.work")])
def test_a_workspace_that_is_asked_for_and_does_not_use_the_module_is_refused(workspace, folder, file):
    write(workspace, {"go.work": "go 1.26\n\nuse ./shop/lib/log\n"})
    refused = rf"^services\.auth\.go\.workspace: there is no {file} that uses shop/auth; correct `go\.workspace`"
    with pytest.raises(UsageError, match=refused) as wrong:
        detect(workspace, "auth", Service(path="shop/auth", go=Go(workspace=folder)))
    assert wrong.value.service == "auth"


def test_a_workspace_s_module_that_is_not_there_is_named(workspace):
    (workspace / "shop/lib/unused/go.mod").unlink()
    with pytest.raises(UsageError, match=r"^service auth: shop/lib/unused/go\.mod is missing"):
        detect(workspace, "auth", Service(path="shop/auth"))


def test_a_workspace_that_cannot_be_read_is_named(workspace):
    (workspace / "shop/go.work").write_bytes(b"use \xff\n")
    with pytest.raises(UsageError, match=r"^shop/go\.work: cannot be read"):
        detect(workspace, "auth", Service(path="shop/auth"))


@pytest.fixture
def replaced(tmp_path):
    """The module `shop/auth`, which is told to take another from the folder that it is given."""

    def of(target, **settings):
        more = f"\nrequire example.com/log v1.0.0\n\nreplace example.com/log => {target}\n"
        write(tmp_path, {"shop/auth/go.mod": go_mod("auth", more), "shop/auth/main.go": MAIN})
        write(tmp_path, {"shop/log/go.mod": go_mod("log"), "shop/auth/log/go.mod": go_mod("log"), "log/go.mod": go_mod("log")})
        return detect(tmp_path, "auth", Service(path="shop/auth", **settings))

    return of


@pytest.mark.parametrize(
    ("target", "context", "include"),
    [
        ("../log", "shop", ("auth/**", "log/**")),
        ("../../log", ".", ("shop/auth/**", "log/**")),
        ("./log", "shop/auth", ("**", "log/**")),
    ],
)
def test_a_context_holds_all_modules_that_replace_others(replaced, target, context, include):
    found = replaced(target)
    assert (found.place.context, found.sources.include, found.workspace) == (context, include, False)
    assert found.module_files == tuple(f"{name.removesuffix('**')}go.mod" for name in include)
    assert Found("context", context, why="it holds all modules that `replace` lines lead to") in found.settings


def test_a_context_may_be_wider_than_it_has_to_be(replaced):
    found = replaced("../log", context=".")
    assert (found.place.context, found.place.folder) == (".", "shop/auth")
    assert found.sources.include == ("shop/auth/**", "shop/log/**")


def test_a_context_that_does_not_hold_a_module_is_refused(replaced):
    refused = r"^services\.auth\.context: the module in shop/log lies outside the context shop/auth; name a folder"
    with pytest.raises(UsageError, match=refused) as outside:
        replaced("../log", context="shop/auth")
    assert outside.value.service == "auth"


@pytest.mark.parametrize("context", [".", "shop/auth"])
def test_a_context_that_is_not_the_workspace_s_folder_is_refused(workspace, context):
    """The stages look for go.work where the context begins."""
    refused = r"^services\.auth\.context: shop/go\.work joins the modules, and the context \S+ is not its folder; set `context = \"shop\"`"
    with pytest.raises(UsageError, match=refused) as other:
        detect(workspace, "auth", Service(path="shop/auth", context=context))
    assert other.value.service == "auth"
    assert detect(workspace, "auth", Service(path="shop/auth", context="shop")).workspace


def test_a_workspace_that_does_not_hold_its_modules_is_refused(workspace):
    write(workspace, {"shop/go.work": "go 1.26\n\nuse ./auth\nuse ../log\n"})
    refused = r"^services\.auth\.go\.workspace: the module in log lies outside shop; move shop/go\.work to a folder that holds it, too$"
    with pytest.raises(UsageError, match=refused) as outside:
        detect(workspace, "auth", Service(path="shop/auth"))
    assert outside.value.service == "auth"


@pytest.mark.parametrize("target", ["../../../out", "/out"])
def test_a_module_that_lies_outside_the_repository_is_refused(replaced, target):
    with pytest.raises(UsageError, match=r"^service auth: shop/auth/go\.mod replaces a module by \S+out, which lies outside"):
        replaced(target)


def test_a_workspace_s_module_that_lies_outside_the_repository_is_refused(workspace):
    write(workspace, {"shop/go.work": "go 1.26\n\nuse ./auth\nuse ../../out\n"})
    with pytest.raises(UsageError, match=r"^service auth: go\.work uses \.\./out, which lies outside the repository"):
        detect(workspace, "auth", Service(path="shop/auth"))


def test_a_workspaces_module_that_is_imported_need_not_be_required(workspace):
    """The go command takes it from the workspace without a word in go.mod."""
    imports = 'package log\n\nimport (\n\t"fmt"\n\tu "example.com/unused/more"\n\t"example.com/unusedelsewhere"\n)\n'
    write(workspace, {"shop/lib/log/log.go": imports})
    assert detect(workspace, "auth", Service(path="shop/auth")).sources.include == (
        *("auth/**", "lib/log/**"),
        *("lib/text/**", "lib/unused/**"),
    )
