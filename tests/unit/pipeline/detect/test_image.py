"""What images and builds are given, whatever the kind of service, and where that comes from."""

from __future__ import annotations

import pytest
from trees import write

from pipeline.config import Build, Runtime, Service
from pipeline.detect.found import Found
from pipeline.detect.image import build_settings, image_settings
from pipeline.detect.model import BuildSettings, Health, ImageSettings
from pipeline.detect.programs import Lazy


@pytest.fixture
def image(tmp_path):
    """The image of a service whose programs end with .js and whose port is 3000 by convention."""

    def of(there=(), start=(), *, ships_sources=False, **settings):
        write(tmp_path, dict(there))
        service = Service(path="api", **settings)
        read = Lazy(tmp_path, "api", (".js",))
        return image_settings(tmp_path, service, read, 3000, start, own="shop", ships_sources=ships_sources)

    return of


def test_what_nothing_tells_is_as_by_convention(image):
    assert image() == (
        ImageSettings(port=3000, health=Health("none")),
        (
            Found("port", 3000, why="by convention"),
            Found("health", False, why="no health route was found"),
            Found("files", (), why="no program names any"),
            Found("runtime.base", "minimal", why="nothing needs a shell"),
        ),
    )


def test_what_programs_tell(image):
    program = "const port = env.SHOP_PORT ?? 4000;\napp.get('/health', ok);\nrender('views');\n"
    found, sources = image({"a.js": program, "views/a.html": ""})
    assert found == ImageSettings(port=4000, health=Health("http", "/health"), files=("views",))
    assert [item.source for item in sources[:3]] == [
        "api/a.js:1, the default of PORT",
        "api/a.js:2, a route of its own",
        "api/a.js:3, named there",
    ]


def test_a_service_that_listens_nowhere_has_no_port(image):
    found, sources = image({"a.js": "listen(4000)\napp.get('/health', ok)"}, port=False)
    assert (found.port, sources[0]) == (0, Found("port", False, why="pipeline.toml"))
    assert sources[1] == Found("health", False, why="it listens on no port")


def test_what_the_dockerfile_exposes(image):
    found, sources = image({"Dockerfile": "EXPOSE 5000\n"})
    assert found.port == 5000
    assert sources[0].source == "api/Dockerfile:1, EXPOSE"


def test_what_is_configured_counts_whatever_programs_tell(image):
    found, sources = image(
        {"a.js": "listen(4000); app.get('/health', ok); render('views')", "views/a.html": ""},
        port=80,
        health=["./check", "-q"],
        files=["data"],
        workdir="/srv",
        writable=["tmp"],
        runtime=Runtime(base="example.com/base", packages=["curl"]),
    )
    assert found == ImageSettings(
        port=80,
        health=Health("command", command=("./check", "-q")),
        workdir="/srv",
        files=("data",),
        writable=("tmp",),
        base="example.com/base",
        packages=("curl",),
    )
    assert sources == (
        Found("port", 80, why="pipeline.toml"),
        Found("health", ("./check", "-q"), why="pipeline.toml"),
        Found("files", ("data",), why="pipeline.toml"),
        Found("runtime.base", "example.com/base", why="pipeline.toml"),
    )


def test_that_there_is_nothing_can_be_configured(image):
    found, _ = image({"a.js": "app.get('/health', ok); render('views')", "views/a.html": ""}, health=False, files=[])
    assert (found.health, found.files) == (Health("none"), ())


def test_sources_that_are_in_the_image_anyway_are_no_files_of_it(image):
    found, sources = image({"a.js": "render('views')", "views/a.html": ""}, ships_sources=True)
    assert found.files == ()
    assert sources[2] == Found("files", (), why="the sources are what runs")


@pytest.mark.parametrize(
    ("start", "packages", "base", "why"),
    [
        ([], [], "minimal", "nothing needs a shell"),
        (["node", "sh"], [], "minimal", "nothing needs a shell"),
        (["sh", "-c", "x"], [], "shell", "the start command needs one"),
        (["/bin/bash", "x"], [], "shell", "the start command needs one"),
        (["node", "a.js"], ["curl"], "shell", "packages are asked for"),
    ],
)
def test_a_base_has_a_shell_where_something_needs_one(image, start, packages, base, why):
    found, sources = image(start=start, runtime=Runtime(packages=packages))
    assert found.base == base
    assert sources[3] == Found("runtime.base", base, why=why)


def test_a_build_is_given_arguments_and_variables_with_arguments_in_them():
    build = Build(
        args={"A": "1", "B": "2"}, env={"B": "${A}${B}", "C": "$A ${A}-${A}"}, packages=["git", "gcc"], before=["make"]
    )
    assert build_settings(Service(path="a", build=build), "api", ("gcc", "make")) == BuildSettings(
        env={"A": "1", "B": "12", "C": "$A 1-1"}, packages=("gcc", "make", "git"), before=("make",)
    )
    assert build_settings(Service(path="a"), "api") == BuildSettings()
