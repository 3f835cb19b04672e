"""What the programs of a Go service need of an empty image."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Go, Service
from pipeline.detect.golang.needs import account, tzdata, writable
from pipeline.detect.programs import GO_FILES, programs


def read(tmp_path, *bodies):
    write(tmp_path, {f"{number}.go": f"package a\n\n{body}\n" for number, body in enumerate(bodies)})
    return programs(tmp_path, "svc", GO_FILES)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('var zone, _ = time.LoadLocation("Europe/Berlin")', True),
        ("var zone, _ = time.LoadLocation(name)", True),
        ('var zone, _ = time.LoadLocation("UTC")', False),
        ('var zone, _ = time.LoadLocation("")', False),
        ('var zone, _ = time.LoadLocation("Local")', False),
        ('// time.LoadLocation("Europe/Berlin") is called elsewhere.', False),
        ("var zone = time.UTC", False),
    ],
)
def test_an_image_has_time_zones_where_programs_look_one_up(tmp_path, body, expected):
    found = tzdata(read(tmp_path, body), Service(path="svc"))
    told = "svc/0.go:3, it looks up time zones" if expected else "no program looks up time zones"
    assert (found.key, found.value, found.source) == ("go.tzdata", expected, told)


def test_time_zones_that_are_compiled_in_are_not_there_twice(tmp_path):
    found = tzdata(read(tmp_path, "var zone, _ = time.LoadLocation(name)", 'import _ "time/tzdata"'), Service(path="svc"))
    assert (found.value, found.source) == (False, "time zones are compiled in")


@pytest.mark.parametrize("asked", [True, False])
def test_what_is_configured_decides(tmp_path, asked):
    found = tzdata(read(tmp_path, "var zone, _ = time.LoadLocation(name)"), Service(path="svc", go=Go(tzdata=asked)))
    assert (found.value, found.source) == (asked, "pipeline.toml")


@pytest.mark.parametrize(
    "call",
    [
        'os.CreateTemp("", "a-*")',
        'os.MkdirTemp("", "a")',
        "os.TempDir()",
        'ioutil.TempFile("", "a")',
        "r.ParseMultipartForm(1 << 20)",
        'c.FormFile("picture")',
        "c.MultipartForm()",
    ],
)
def test_an_empty_image_has_a_folder_for_the_temporary_files_that_programs_make(tmp_path, call):
    files = read(tmp_path, "func run() {}", f"var file, _ = {call}")
    found = writable(files, Service(path="svc", writable=["data"]), empty=True)
    assert (found.key, found.value, found.source) == ("writable", ("data", "/tmp"), "svc/1.go:3, it makes temporary files")
    assert not writable(files, Service(path="svc"), empty=False)


@pytest.mark.parametrize(
    ("body", "settings"),
    [
        ('// os.CreateTemp("", "a") would do.', {}),
        ('var file, _ = os.Create("a")', {}),
        ("var folder = os.TempDir()", {"writable": ["/tmp"]}),
        ("var folder = os.TempDir()", {"env": {"TMPDIR": "/data"}}),
    ],
)
def test_no_folder_is_added_that_nobody_needs(tmp_path, body, settings):
    assert not writable(read(tmp_path, body), Service(path="svc", **settings), empty=True)


@pytest.mark.parametrize("call", ["user.Current()", "os.UserHomeDir()", "os.UserConfigDir()", "os.UserCacheDir()"])
def test_an_empty_image_says_who_runs_it_where_programs_ask(tmp_path, call):
    files = read(tmp_path, f"var found, err = {call}")
    found = account(files, Service(path="svc", env={"HOME": "/data"}), empty=True)
    assert (found.key, found.value, found.source) == (
        "env",
        {"HOME": "/data", "USER": "app"},
        "svc/0.go:3, it asks who runs it",
    )
    assert not account(files, Service(path="svc"), empty=False)
    assert not account(files, Service(path="svc", env={"HOME": "/", "USER": "a"}), empty=True)
    assert not account(read(tmp_path, "var found = user.ID"), Service(path="svc"), empty=True)
