"""What node's options name in a start command: files of the service that have to be in its image, and those that never are."""

from __future__ import annotations

import pytest

from pipeline.detect.node.options import loaded_packages, read_first, run_packages, without_variables


@pytest.mark.parametrize(
    ("command", "options", "files"),
    [
        ("node --import ./instrumentation.mjs dist/a.js", "", ["instrumentation.mjs"]),
        (
            "node --import=./a.mjs -r ./b --loader ./c.mjs --experimental-loader=./d.mjs e.js",
            "",
            ["a.mjs", "b", "c.mjs", "d.mjs"],
        ),
        ("node --require ./lib/a.js --require ./lib/a.js b.js", "", ["lib/a.js"]),
        ("node --env-file=defaults.env --env-file ./b.env a.js", "", ["defaults.env", "b.env"]),
        ("node a.js", "--max-old-space-size=64 --import ./a.mjs", ["a.mjs"]),
        ("node -r dotenv/config --import tsx --import /opt/a.mjs a.js", "", []),
        ("node --env-file=/run/secrets/env --env-file ../a.env --env-file-if-exists b.env --env-file=.env a.js", "", []),
        ("node --title ./a --enable-source-maps a.js --import ./b.mjs", "", []),
        ("node", "'", []),
        ("sh -c x --import ./a.mjs", "", []),
        ("node --import", "", []),
    ],
)
def test_the_files_of_a_service_that_node_reads_first(command, options, files):
    assert list(read_first(command.split(), {"NODE_OPTIONS": options})) == files


@pytest.mark.parametrize(
    ("command", "options", "loaded"),
    [
        ("node -r dotenv/config -r dotenv/config a.js", "", ["dotenv"]),
        ("node --import @swc-node/register/esm -r @a/b a.js", "--import=tsx", ["@swc-node/register", "@a/b", "tsx"]),
        ("node -r ./b --import /opt/a.mjs --title tsx a.js -r c", "--enable-source-maps", []),
    ],
)
def test_packages_that_node_loads_first(command, options, loaded):
    assert list(loaded_packages(command.split(), {"NODE_OPTIONS": options})) == loaded


def test_packages_whose_program_is_run():
    assert run_packages(["node", "node_modules/next/dist/bin/next", "start"]) == ("next",)
    assert run_packages(["node", "node_modules/@strapi/strapi/bin/strapi.js", "x"]) == ("@strapi/strapi",)
    assert run_packages(["node", "dist/node_modules/a.js"]) == ()


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("node --env-file=.env a.js", "node a.js"),
        ("node --env-file .env --env-file=config/.env.production --title x a.js", "node --title x a.js"),
        ("node --env-file=a.env --env-file-if-exists=.env a.js", "node --env-file=a.env --env-file-if-exists=.env a.js"),
        ("node a.js --env-file=.env", "node a.js --env-file=.env"),
        ("node", "node"),
    ],
)
def test_a_command_reads_no_file_of_variables_that_no_image_has(command, left):
    assert " ".join(without_variables(command.split())) == left
