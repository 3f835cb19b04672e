"""What a Go program expects of the system that it runs on."""

from __future__ import annotations

import pytest

from pipeline.config import Go, Service
from pipeline.detect.found import Found
from pipeline.detect.golang import needs
from pipeline.detect.programs import GO_FILES, programs


@pytest.fixture
def read(tmp_path):
    """The programs of some texts."""

    def of(*texts):
        for number, text in enumerate(texts):
            (tmp_path / f"{number}.go").write_text(f"package a\n\n{text}\n")
        return programs(tmp_path, "svc", GO_FILES)

    return of


SERVICE = Service(path="svc")


@pytest.mark.parametrize("text", ['var z, _ = time.LoadLocation("Europe/Berlin")', "func x() { time.LoadLocation(name) }"])
def test_zones_are_there_where_a_program_asks_for_one_by_its_name(read, text):
    assert needs.zones(read("", text), SERVICE) == Found("go.tzdata", True, "svc/1.go", 3, "time.LoadLocation")
    assert needs.zones(read("", text), Service(path="svc", go=Go(tzdata=False))).value is False


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ('var z, _ = time.LoadLocation("UTC")',),
        ("// time.LoadLocation(name) is not called.",),
        ('var z, _ = time.LoadLocation("Local")',),
        ('var z, _ = time.LoadLocation("")',),
        ('var z, _ = time.LoadLocation("Asia/Tokyo")', 'import _ "time/tzdata"'),
        ('import (\n\t_ "time/tzdata"\n)\n\nvar z, _ = time.LoadLocation("Asia/Tokyo")',),
    ],
)
def test_zones_that_nobody_needs_are_not_there(read, texts):
    assert needs.zones(read(*texts), SERVICE) == Found("go.tzdata", False, why="no program asks for a zone")
    assert needs.zones(read(*texts), Service(path="svc", go=Go(tzdata=True))).value is True


@pytest.mark.parametrize(
    "call",
    [
        'os.CreateTemp("", "x")',
        'os.MkdirTemp("", "x")',
        "os.TempDir()",
        'ioutil.TempFile("", "x")',
        "r.ParseMultipartForm(1)",
        'r.FormFile("x")',
    ],
)
def test_temporary_files_have_a_folder(read, call):
    found = needs.writable(read("", f"func x() {{ {call} }}"), Service(path="svc", writable=["data"]))
    assert found == Found("writable", ("data", "/tmp"), "svc/1.go", 3, "temporary files")
    assert needs.writable(read(f"func x() {{ {call} }}"), Service(path="svc", writable=["/tmp"])).value == ("/tmp",)


def test_what_is_configured_is_writable_in_any_case(read):
    assert needs.writable(read(""), Service(path="svc", writable=["data"])) == Found("writable", ("data",), why="pipeline.toml")
    assert needs.writable(read(""), SERVICE).value == ()
