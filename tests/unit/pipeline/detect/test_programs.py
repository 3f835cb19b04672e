"""Which files are a service's own programs."""

from __future__ import annotations

from trees import write

from pipeline.detect.programs import GO_FILES, NODE_FILES, Lazy, Program, programs
from pipeline.detect.syntax import LARGE


def names(folder, suffixes=NODE_FILES + GO_FILES, shown="."):
    return [program.name for program in programs(folder, shown, suffixes)]


def test_programs_come_in_the_order_of_their_names_those_of_a_folder_first(tmp_path):
    write(
        tmp_path,
        dict.fromkeys(
            ["b.js", "a.ts", "src/b/a.tsx", "src/a/c.jsx", "src/d.mjs", "lib/a.cjs", "lib/b.cts", "lib/c.mts", "a.go", "a.css"],
            "",
        ),
    )
    assert names(tmp_path) == [
        "a.go",
        "a.ts",
        "b.js",
        "lib/a.cjs",
        "lib/b.cts",
        "lib/c.mts",
        "src/d.mjs",
        "src/a/c.jsx",
        "src/b/a.tsx",
    ]
    assert names(tmp_path, GO_FILES) == ["a.go"]


def test_a_program_has_its_content_and_is_named_from_the_repositorys_root(tmp_path):
    write(tmp_path, {"src/a.js": "say()\n"})
    assert programs(tmp_path, "apps/api", NODE_FILES) == (Program(tmp_path / "src" / "a.js", "apps/api/src/a.js", b"say()\n"),)


def test_tests_settings_and_what_others_wrote_are_no_programs(tmp_path):
    none = ["a.test.js", "a.spec.tsx", "jest.config.mjs", "a.config.ts", "a.d.ts", "a_test.go", "a_windows.go", ".git/a.js"]
    none += [f"src/{folder}/a.js" for folder in ("node_modules", "vendor", "dist", "build", "coverage", "docs", ".cache")]
    none += [f"src/{folder}/a.go" for folder in ("test", "tests", "__tests__", "testdata", "e2e")]
    write(tmp_path, dict.fromkeys([*none, "test.js", "config.js", "specs/a.js"], ""))
    assert names(tmp_path) == ["config.js", "test.js", "specs/a.js"]


def test_a_package_of_go_may_be_called_as_a_folder_is_that_others_build(tmp_path):
    packages = [f"internal/{name}/a.go" for name in ("build", "coverage", "dist", "docs", "e2e", "test")]
    write(tmp_path, dict.fromkeys([*packages, *(f"{name}/a.go" for name in ("vendor", "testdata", "_old", ".git"))], ""))
    assert names(tmp_path, GO_FILES) == packages


def test_a_file_that_no_build_of_go_takes_in_is_none_of_its_programs(tmp_path):
    other = "//go:build windows\n\npackage a\n"
    write(tmp_path, {"a.go": other, "a.js": other, "b.go": "package a\n"})
    assert names(tmp_path) == ["a.js", "b.go"]


def test_a_bundle_is_there_but_not_read(tmp_path):
    write(tmp_path, {"a.js": "x" * LARGE, "b.js": "x" * (LARGE + 1)})
    assert [len(program.content) for program in programs(tmp_path, ".", NODE_FILES)] == [LARGE, 0]


def test_what_cannot_be_read_is_passed_over(tmp_path):
    write(tmp_path, {"b.js": ""})
    (tmp_path / "a.js").symlink_to("missing.js")
    assert names(tmp_path) == ["b.js"]


def test_programs_are_read_once_and_only_if_asked_for(tmp_path):
    read = Lazy(tmp_path, ".", NODE_FILES)
    write(tmp_path, {"a.js": ""})
    assert [program.name for program in read()] == ["a.js"]
    write(tmp_path, {"b.js": ""})
    assert [program.name for program in read()] == ["a.js"]
