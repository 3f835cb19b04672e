"""Whether a Go program needs C, and how it is linked."""

from __future__ import annotations

import pytest

from pipeline.config import Go, Service
from pipeline.detect.golang.cgo import cgo
from pipeline.detect.programs import GO_FILES, programs

OWN = 'package a\n\n{}\nimport "C"\n'


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        (OWN.format("// int one();"), "static"),
        (OWN.format("// #cgo LDFLAGS: -lm -lpthread"), "static"),
        (OWN.format("// #cgo LDFLAGS: -L. -lvips"), "dynamic"),
        (OWN.format("/*\n#cgo pkg-config: vips\n*/"), "dynamic"),
        (OWN.format("/* #cgo pkg-config: vips */"), "dynamic"),
        ('package a\n\nimport _ "gorm.io/driver/sqlite"\n', "static"),
        ('package a\n\nimport "github.com/h2non/bimg"\n', "dynamic"),
        ('package a\n\nimport "gopkg.in/gographics/imagick.v3/imagick"\n', "dynamic"),
        ('package a\n\nimport "gorm.io/driver/sqliteish"\n\nvar x = "C"\n', ""),
        ('//go:build !linux\n\npackage a\n\nimport "C"\n', ""),
    ],
)
def test_how_c_is_linked(tmp_path, text, linked):
    (tmp_path / "a.go").write_text(text)
    found = cgo(programs(tmp_path, "svc", GO_FILES), Service(path="svc"))
    assert found.value == linked
    assert bool(found.line) is bool(linked)


def test_one_library_of_the_system_makes_the_whole_dynamic(tmp_path):
    (tmp_path / "a.go").write_text('package a\n\nimport "github.com/mattn/go-sqlite3"\n')
    (tmp_path / "b.go").write_text('package a\n\nimport "github.com/h2non/bimg"\n')
    found = cgo(programs(tmp_path, "svc", GO_FILES), Service(path="svc"))
    assert (found.value, found.file) == ("dynamic", "svc/b.go")
    assert "`runtime.packages`" in found.source
    assert cgo((), Service(path="svc", go=Go(cgo=False))).value == ""
