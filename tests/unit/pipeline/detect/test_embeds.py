"""What Go programs have compiled in, and whether it is there."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.detect.embeds import patterns, placed, unmade
from pipeline.detect.found import Found
from pipeline.detect.programs import GO_FILES, programs

EMBED = "\npackage a\n\n//go:embed {}\nvar files embed.FS\n\nvar more = 1\n\nfunc run() {{}}\n"


@pytest.fixture
def program(tmp_path):
    """The programs of a folder that has one in the folder `a`, beside some files."""

    def of(embedded, *files):
        write(tmp_path, {"a/a.go": EMBED.format(embedded), **{f"a/{name}": "" for name in files}})
        return programs(tmp_path, "svc", GO_FILES)

    return of


@pytest.mark.parametrize(
    ("embedded", "expected"),
    [
        ("site", ["site"]),
        ("site/*.html  static", ["site/*.html", "static"]),
        ("all:site", ["site"]),
        ('"a b" `c d` e', ["a b", "c d", "e"]),
        ('"all:a b" `all:c d`', ["a b", "c d"]),
    ],
)
def test_patterns_are_read_as_go_reads_them(program, embedded, expected):
    [file] = program(embedded)
    assert list(patterns(file)) == [(pattern, 4) for pattern in expected]


def test_a_pattern_that_is_no_utf_8_is_one_that_nothing_fits(tmp_path):
    (tmp_path / "a.go").write_bytes(b"package a\n\n//go:embed a\xff\nvar files embed.FS\n")
    found = unmade(programs(tmp_path, "svc", GO_FILES))
    assert found
    assert found.line == 3


def test_what_is_there_need_not_be_made(program):
    assert unmade(program('site/*.html "a b"', "site/index.html", "a b")) is None


def test_what_is_not_there_is_looked_for_beside_the_program(program, tmp_path):
    write(tmp_path, {"made.txt": ""})
    found = unmade(program("there.txt made.txt", "there.txt"))
    why = "made.txt is compiled in and not there: name what makes it, or have it made beforehand"
    assert found == Found("build.before", (), "svc/a/a.go", 4, why)


def test_what_is_compiled_in_is_told_by_its_place_in_the_context(program):
    files = program("site/*.html ../lost README.md", "README.md")
    assert list(placed(files, ".")) == ["svc/a/site/*.html", "svc/a/README.md"]
    assert list(placed(files, "svc")) == ["a/site/*.html", "a/README.md"]


def test_what_leads_out_of_the_folder_is_not_looked_for(program):
    assert unmade(program("../lost /lost")) is None
    found = unmade(program("../lost /lost site"))
    assert found
    assert found.why.startswith("site is compiled in")
