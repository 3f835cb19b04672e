"""What a build can be told to do otherwise, on two tiny services: platforms, budgets, secrets, settings of the host (O1-O8)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import registries
import small

TOKEN, KEY, LOGIN, PREFIX, PROXY = (f"c4n4ry-{name}" for name in ("token", "key", "login", "prefix", "proxy"))
CANARY = "c4n4ry"
SECRETS = """\
[services.web.build.secrets]
TOKEN = "env:SMALL_TOKEN"
KEY = "file:key.txt"
"""
EM_X86_64, EM_AARCH64 = 62, 183


@pytest.fixture(scope="module")
def offered():
    with registries.packages(PREFIX) as made:
        made.offer("@stub/plain", {"index.js": "module.exports = 'plain'\n"})
        for processor in ("x64", "arm64"):
            made.offer(f"@stub/{processor}", {"index.js": ""}, os=["linux"], cpu=[processor])
        yield made


@pytest.fixture(scope="module")
def tiny(workspace, offered, tmp_path_factory):
    """The tiny services beside the others' engine state, with secrets for the build and settings on the host."""
    root = tmp_path_factory.mktemp("tiny")
    small.write(root, offered, {"TOKEN": TOKEN, "KEY": KEY, "ftp_proxy": f"http://user:{PROXY}@127.0.0.1:9"})
    (root / "pipeline.toml").write_text(small.SERVICES + SECRETS)
    (root / "key.txt").write_text(KEY)
    npmrc = Path(tmp_path_factory.mktemp("settings"), "npmrc")
    npmrc.write_text(f"{users_npmrc()}\n@stub:registry={offered.address}/\n//127.0.0.1:{offered.port}/:_authToken={LOGIN}\n")
    settings = {
        "SMALL_TOKEN": TOKEN,
        "npm_config_userconfig": str(npmrc),
        "GOPROXY": f"{offered.address}/{PREFIX},{told('go', 'env', 'GOPROXY')}",
        "FTP_PROXY": f"http://user:{PROXY}@127.0.0.1:9",
    }
    return replace(workspace, root=root, settings=settings)


def users_npmrc():
    path = Path(told("npm", "config", "get", "userconfig"))
    return path.read_text() if path.exists() else ""


def told(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def first(tiny):
    """The first build, and the arguments of all processes that were seen meanwhile."""
    seen, over = set(), threading.Event()

    def watch():
        while not over.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    run = tiny.pipeline("build", "--report", "elsewhere/report.json", "--output", "out")
    over.set()
    watcher.join()
    assert run.code == 0, run.out + run.err
    return run, b"\n".join(seen)


def test_output_and_report_go_where_they_are_told_to(tiny, first):
    report = json.loads((tiny.root / "elsewhere" / "report.json").read_text())
    assert report["success"]
    assert sorted(path.name for path in (tiny.root / "out" / "images").iterdir()) == ["tool.tar", "web.tar"]
    assert sorted(path.name for path in (tiny.root / "out").iterdir()) == ["images"]
    assert not (tiny.root / "dist").exists()


def test_the_hosts_settings_reach_the_package_managers(first, offered):
    assert ("/@stub/plain/-/plain-1.0.0.tgz", f"Bearer {LOGIN}") in offered.asked
    assert f"/{PREFIX}/{registries.MODULE}/@v/{registries.VERSION}.zip" in [path for path, _ in offered.asked]


def test_a_value_that_only_the_build_may_know_is_found_nowhere(tiny, first):
    run, arguments = first
    built = tiny.pipeline("build")
    assert built.code == 0
    assert tiny.engine_is_gone()
    plan = tiny.pipeline("plan", "--format", "dockerfile")
    places = {
        "output": (run.out + run.err + built.out + built.err).encode(),
        "report": (tiny.root / "elsewhere" / "report.json").read_bytes(),
        "plan": plan.out.encode(),
        "arguments": arguments,
    }
    for service in ("web", "tool"):
        image = tiny.image(service)
        places[f"{service}'s configuration and history"] = json.dumps(image.config).encode()
        places[f"{service}'s layers"] = b"".join(image.layers)
    # Each place is one where something of the build is found, so that nothing else is no empty hit.
    for place, content in places.items():
        assert any(word in content for word in (b"build", b"web", b"main", b"/app")), place
        assert CANARY.encode() not in content, place


def test_nor_in_the_engines_state_or_ours(tiny, first):
    assert tiny.engine_is_gone()
    assert holding(tiny.state, "@stub/plain")
    assert holding(tiny.state, CANARY) == []


def holding(folder, text):
    """Return the files below a folder that hold a text."""
    found = subprocess.run(["grep", "-rlaF", "--", text, folder], capture_output=True, text=True, check=False)
    assert found.returncode in {0, 1}, found.stderr
    return found.stdout.splitlines()


def test_a_secret_that_is_wrong_or_missing_fails_its_service_alone(tiny, first):
    source = tiny.root / "web" / "server.js"
    before = source.read_text()
    source.write_text(before + "// edited\n")
    try:
        wrong = replace(tiny, settings={**tiny.settings, "SMALL_TOKEN": "other"}).pipeline("build", "web")
        missing = replace(tiny, settings={**tiny.settings, "SMALL_TOKEN": ""})
        gone = missing.finish(missing.start("build", through=("env", "-u", "SMALL_TOKEN")))
    finally:
        source.write_text(before)
    assert wrong.code == 1
    assert "TOKEN did not arrive" in wrong.service("web")["error_message"]
    assert gone.code == 1
    assert "cannot be read from env://SMALL_TOKEN" in gone.service("web")["error_message"]
    assert gone.service("tool")["success"]


def test_over_budget(tiny, first):
    (tiny.root / "pipeline.toml").write_text(
        small.SERVICES.replace('path = "tool"', 'path = "tool"\nbudget = { image_size_mb = 0.1 }').replace(
            'path = "web"', 'path = "web"\nbudget = { duration_seconds = 0.01 }'
        )
        + SECRETS
    )
    try:
        run = tiny.pipeline("build")
    finally:
        (tiny.root / "pipeline.toml").write_text(small.SERVICES + SECRETS)
    assert run.code == 1
    size, seconds = run.service("tool")["image_size_mb"], run.service("web")["duration_seconds"]
    assert f"tool: failed: the image's size is {size:g} MB, over its budget of 0.1 MB" in run.out
    assert f"web: failed: the build's duration is {round(seconds, 1):g} s, over its budget of 0.01 s" in run.out
    assert {service["status"] for service in run.report["services"]} == {"failed"}


def test_a_binary_that_is_not_static_fails(tiny, first):
    before = (tiny.root / "pipeline.toml").read_text()
    try:
        (tiny.root / "pipeline.toml").write_text(before + '[services.tool.build]\nenv = { GOFLAGS = "-buildmode=pie" }\n')
        run = tiny.pipeline("build", "tool")
    finally:
        (tiny.root / "pipeline.toml").write_text(before)
    assert run.code == 1
    assert "the binary is not static" in run.out
    assert "-buildmode=pie" in run.out


def test_a_target_stops_there(tiny, first):
    run = tiny.pipeline("build", "--target", "deps")
    assert run.code == 0
    for service in ("web", "tool"):
        assert run.stages(service) == {"deps": "cached"}
        assert (run.service(service)["image"], run.service(service)["image_digest"]) == ("", "")


def test_tags_and_one_service_at_a_time(tiny, first):
    run = tiny.pipeline("build", "--max-parallel", "1", "--tag", "1.0", "--tag", "registry.example/other:2")
    assert run.code == 0
    assert run.service("web")["tags"] == ["web:1.0", "registry.example/other:2"]
    events = [line for line in run.err.splitlines() if line.startswith(("web: ", "tool: "))]
    assert events in (
        ["web: started", "web: built", "tool: started", "tool: built"],
        ["tool: started", "tool: built", "web: started", "web: built"],
    )


def test_two_platforms_in_one_index(tiny, first, tools):
    run = tiny.pipeline("build", "--platform", "linux/amd64", "--platform", "linux/arm64")
    assert run.code == 0, run.out + run.err
    assert run.stages("web")["prod-deps-arm64"] == run.stages("tool")["build-arm64"] == "executed"
    for platform, machine, processor, other in (
        ("linux/amd64", EM_X86_64, "x64", "arm64"),
        ("linux/arm64", EM_AARCH64, "arm64", "x64"),
    ):
        tool, web = tiny.images("tool")[platform], tiny.images("web")[platform]
        assert machine_of(tool.contents["bin/app"]) == machine
        assert machine_of(web.contents["usr/local/bin/node"]) == machine
        assert f"app/node_modules/@stub/{processor}/index.js" in web.entries
        assert f"app/node_modules/@stub/{other}/index.js" not in web.entries
        for service in ("web", "tool"):
            archive = f"oci-archive:{tiny.root}/dist/images/{service}.tar"
            found = json.loads(tools.skopeo("inspect", "--override-arch", platform.partition("/")[2], archive))
            assert found["Architecture"] == platform.partition("/")[2]
    assert set(tiny.images("web")) == {"linux/amd64", "linux/arm64"}


def test_two_platforms_are_published_as_one_index(tiny, first, tools, tmp_path):
    with tools.registry(tmp_path) as registry:
        platforms = ("--platform", "linux/amd64", "--platform", "linux/arm64")
        run = tiny.pipeline("publish", "tool", "--registry", registry.address, *platforms)
        assert run.code == 0, run.err
        [line] = run.out.splitlines()
        address, _, digest = line.partition("@")
        assert digest == run.digests()["tool"]
        index = tools.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{address}")
        assert hashlib.sha256(index.encode()).hexdigest() == digest.removeprefix("sha256:")
        for item in json.loads(index)["manifests"]:
            processor = item["platform"]["architecture"]
            found = tools.skopeo("inspect", "--tls-verify=false", "--override-arch", processor, f"docker://{address}")
            assert json.loads(found)["Architecture"] == processor


def machine_of(program):
    assert program[:4] == b"\x7fELF"
    return int.from_bytes(program[18:20], "little")
