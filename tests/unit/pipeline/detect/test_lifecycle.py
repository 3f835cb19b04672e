"""The scripts of a service's own that its package manager would run with an install."""

from __future__ import annotations

import json

import pytest

from pipeline.detect.found import Found
from pipeline.detect.node.lifecycle import not_run, patches
from pipeline.detect.node.manifest import read


@pytest.fixture
def manifest(tmp_path):
    """A package.json with some scripts."""

    def of(**scripts):
        path = tmp_path / "package.json"
        path.write_text(json.dumps({"scripts": scripts}, indent=1))
        return read(path, "a/package.json", "a")

    return of


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("patch-package", ("patch-package", "a/patches")),
        ("npx patch-package", ("patch-package", "a/patches")),
        ("yarn run patch-package", ("patch-package", "a/patches")),
        (
            "husky && patch-package --patch-dir fixes --error-on-fail",
            ("patch-package --patch-dir fixes --error-on-fail", "a/fixes"),
        ),
        ("npm exec -- patch-package --patch-dir=fixes", ("patch-package --patch-dir=fixes", "a/fixes")),
    ],
)
def test_patches_are_applied_as_the_service_applies_them(manifest, script, expected):
    assert patches({".": manifest(), "a": manifest(postinstall=script)}) == {"a": expected}


@pytest.mark.parametrize("script", ["node patch-package.js", "echo patch-package", ""])
def test_what_only_looks_like_it_applies_none(manifest, script):
    assert patches({".": manifest(postinstall=script)}) == {}


def test_a_script_that_nothing_stands_for_is_told_once(manifest):
    own = manifest(postinstall="node a.js && node b.js && husky", prepare="tsc")
    why = "scripts.{} is not run with the install: name here what the build needs of it"
    assert list(not_run({".": own}, "build")) == [
        Found("build.before", (), "a/package.json", 3, why.format("postinstall")),
        Found("build.before", (), "a/package.json", 4, why.format("prepare")),
    ]


@pytest.mark.parametrize(
    "script",
    [
        *("husky", "husky install", "is-ci || husky", "lefthook install", "simple-git-hooks", "npx only-allow pnpm"),
        *(
            "patch-package",
            "npx prisma generate",
            "npm run make",
            "yarn make",
            "pnpm run --silent make",
            "",
            "husky && npm run make",
        ),
    ],
)
def test_what_is_seen_to_is_not_told(manifest, script):
    assert list(not_run({".": manifest(prepare=script)}, "make")) == []


@pytest.mark.parametrize("script", ["npm run other", "make", "npm ci"])
def test_another_script_is_told(manifest, script):
    assert list(not_run({".": manifest(prepare=script)}, "make"))
    assert list(not_run({".": manifest(prepare=script)}, ""))
