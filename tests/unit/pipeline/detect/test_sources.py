"""What of a context is a service's sources: .dockerignore as Docker reads it, and what no build reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from trees import write

from pipeline.config import Service
from pipeline.detect import detect
from pipeline.detect.found import Found
from pipeline.detect.model import Place, SourceFilter
from pipeline.detect.sources import chosen, ignored, may_leave_out, read
from pipeline.errors import UsageError

OWN, ABOVE = "apps/api/.dockerignore", ".dockerignore"


@pytest.fixture
def left_out(tmp_path):
    """What is left out of a service in a workspace whose folders have these `.dockerignore`s."""

    def of(files, context="."):
        write(tmp_path, {"apps/api/package.json": {}, **files})
        folder = Path("apps/api").relative_to(context).as_posix()
        return ignored(tmp_path, Place("apps/api", context, folder))

    return of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb/c\n", ("a", "b/c")),
        ("# a\n#b\n\n  \n a \n", ("a",)),
        ("/a\n./b/\n!/c\n! d\n", ("a", "b", "!c", "!d")),
        ("\ufeffa\r\nb", ("a", "b")),
        (" #a\n", ("#a",)),
        ("a\fb\n", ("a\fb",)),
        ("**/*.md\n!**/keep.md\n", ("**/*.md", "!**/keep.md")),
        ("", ()),
    ],
)
def test_it_is_read_as_docker_reads_it(tmp_path, text, expected):
    (tmp_path / "a").write_text(text, encoding="utf-8", newline="")
    assert read(tmp_path / "a", tmp_path) == expected


def test_one_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / ".dockerignore").symlink_to("/dev/zero")
    with pytest.raises(UsageError, match=r"^\.dockerignore: cannot be read: .*no plain file"):
        read(tmp_path / ".dockerignore", tmp_path)


def test_a_services_own_holds_in_its_folder(left_out):
    found = left_out({OWN: "*\n!src\n**/x\n", ABOVE: "other\n"})
    value = ("apps/api/*", "!apps/api/src", "apps/api/**/x")
    assert found == Found("exclude", value, OWN, 1, "what it leaves out of sources")


def test_that_of_the_context_holds_for_a_service_that_has_none(left_out):
    assert left_out({ABOVE: "docs\n"}) == Found("exclude", ("docs",), ABOVE, 1, "what it leaves out of sources")


def test_one_outside_the_context_holds_for_others(left_out):
    assert left_out({ABOVE: "docs\n"}, "apps/api") == Found("exclude", (), why="no .dockerignore")


@pytest.mark.parametrize("text", ["apps\n", "apps/api\n", "*\n!apps/web\n", "**/api\n"])
def test_one_that_leaves_out_the_service_is_for_another(left_out, text):
    assert left_out({ABOVE: text}).value == ()


@pytest.mark.parametrize("text", ["*\n!apps/api\n", "apps\n!apps/*\n", ".*\n", "apps/web\n"])
def test_one_that_has_the_service_is_for_it(left_out, text):
    assert left_out({ABOVE: text}).value


@pytest.mark.parametrize("kind", ["node", "go"])
def test_what_it_leaves_out_is_there_for_tests_alone(tmp_path, kind):
    files = {"go.mod": "module example.com/a\n\ngo 1.26\n", "main.go": "package main\nfunc main() {}\n"}
    if kind == "node":
        files = {"package.json": {"main": "a.js"}, "package-lock.json": "{}", "a.js": ""}
    write(tmp_path, {**files, ABOVE: "*\n!a.js\n"})
    service = detect(tmp_path, "a", Service(path="."))
    assert service.sources.exclude[:2] == ("*", "!a.js")
    assert "*" not in service.check_sources.exclude
    assert Found("exclude", ("*", "!a.js"), ABOVE, 1, "what it leaves out of sources") in service.settings


def test_what_belongs_in_no_image_is_taken_in_by_the_configuration_alone():
    shipped = ("**/.git", "**/.env", "**/.env.*")
    assert chosen((), ["*", "!a"], []) == SourceFilter((), ("*", "!a", *shipped))
    assert chosen(["a"], [], ["!.env"]) == SourceFilter(("a",), (*shipped, "!.env"))


def test_of_equal_patterns_the_last_one_stays():
    assert chosen((), ["a", "!a/b", "c"], ["a"]).exclude == ("!a/b", "c", "**/.git", "**/.env", "**/.env.*", "a")


@pytest.mark.parametrize(
    ("pattern", "path", "may"),
    [
        ("*", "go.mod", True),
        ("**/config", "config/a.yaml", True),
        ("config", "config/a.yaml", True),
        ("other", "config/a.yaml", False),
        ("!config", "config/a.yaml", False),
        (".*", "go.mod", False),
    ],
)
def test_what_a_filter_may_leave_out(pattern, path, may):
    assert may_leave_out(SourceFilter((), (pattern,)), path) == may
