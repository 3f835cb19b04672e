"""Private registries: npm's by a token in a secret .npmrc, Go's by a login in a secret .netrc, one of images by a password.

Nothing of them is kept: not in what is built, not in what is pushed, not in what is told, in no form.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import registries
import small
from blobs import unpacked
from collectors import collector
from documents import carry_out, write_files

import tools as programs

TOKEN, PASSWORD = "c4n4ry-npm-token", "c4n4ry-go-password"
PREFIX = "modules"


@pytest.fixture(scope="module")
def offered(tmp_path_factory):
    """A secured registry that gives its packages to none but those who say who they are."""
    with registries.packages(PREFIX, tmp_path_factory.mktemp("tls")) as made:
        made.offer("@secret/plain", {"index.js": "module.exports = 'plain'\n"})
        login = base64.b64encode(f"ci:{PASSWORD}".encode()).decode()
        made.wanted = {"/@secret/": f"Bearer {TOKEN}", f"/{PREFIX}/": f"Basic {login}"}
        yield made


@pytest.fixture(scope="module")
def private(make_workspace, offered, tmp_path_factory):
    """The tiny services on an engine of their own: another one has the same module in its cache volume by now."""
    root = tmp_path_factory.mktemp("private")
    small.write(root, offered, scope="@secret")
    # Go takes a machine by its port, too, where that is not the usual one.
    (root / "netrc").write_text(f"machine 127.0.0.1:{offered.port} login ci password {PASSWORD}\n")
    bundle = tmp_path_factory.mktemp("bundle") / "bundle.pem"
    own = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    bundle.write_bytes(Path(own).read_bytes() + offered.certificate.read_bytes())
    settings = {
        "PRIVATE_NPMRC": f"@secret:registry={offered.address}/\n//127.0.0.1:{offered.port}/:_authToken={TOKEN}\n",
        "GOPROXY": f"{offered.address}/{PREFIX}",
        "SSL_CERT_FILE": str(bundle),
    }
    return replace(make_workspace(), root=root, settings=settings)


@pytest.fixture(scope="module")
def registry(tools, tmp_path_factory):
    with tools.registry(tmp_path_factory.mktemp("registry"), guarded=True) as made:
        yield made


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    """Where a collector writes what it was sent, all of it once it has ended."""
    return tmp_path_factory.mktemp("traces")


@pytest.fixture(scope="module")
def run(private, registry, traces, tmp_path_factory):
    """What the page shows, then a build and a publication; results of stages, lists and traces are handed on, too."""
    login = base64.b64encode(f"{programs.USER}:{programs.PASSWORD}".encode()).decode()
    docker = tmp_path_factory.mktemp("docker")
    (docker / "config.json").write_text(json.dumps({"auths": {registry.address: {"auth": login}}}))
    with collector(traces) as running:
        settings = {
            "DOCKER_CONFIG": str(docker),
            "PIPELINE_CACHE_REGISTRY": f"{registry.address}/stages",
            "PIPELINE_CACHE_WRITE": "1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{running.http}",
        }
        shared = replace(private, settings={**private.settings, **settings})
        printed = carry_out("docs/how-to/private-registries.md", shared)
        again = shared.pipeline("build")
        published = shared.pipeline("publish", "--registry", f"{registry.address}/team", "--sbom")
        assert published.code == 0, published.err
    return replace(again, out=printed + again.out + published.out, err=again.err + published.err)


def test_both_registries_were_given_their_secrets(run, offered):
    assert ("/@secret/plain/-/plain-1.0.0.tgz", f"Bearer {TOKEN}") in offered.asked
    module = f"/{PREFIX}/{registries.MODULE}/@v/{registries.VERSION}.zip"
    assert (module, offered.wanted[f"/{PREFIX}/"]) in offered.asked


def test_the_packages_are_in_the_images(run, private):
    assert "app/node_modules/@secret/plain/index.js" in private.image("web").entries
    assert registries.MODULE.encode() in private.image("tool").contents["bin/app"]


@pytest.fixture(scope="module")
def places(run, private, registry, traces, tmp_path_factory):
    """All that is kept or told of the run, by what it is, with a word that has to be in it."""
    folder = tmp_path_factory.mktemp("reports")
    told = {form: private.pipeline("report", form) for form in ("history", "metrics", "export")}
    page = private.pipeline("report", "html", str(folder / "run.html"))
    assert {name: answer.code for name, answer in {**told, "page": page}.items()} == dict.fromkeys([*told, "page"], 0)
    plan = private.pipeline("plan", "--format", "dockerfile")
    found = {
        "output": ((run.out + run.err).encode(), b"built"),
        "Dockerfiles": (plan.out.encode(), b"FROM"),
        "report": ((private.root / "dist" / "report.json").read_bytes(), b"prod-deps"),
        "page": ((folder / "run.html").read_bytes(), b"prod-deps"),
        "traces": ((traces / "traces.json").read_bytes(), b"prod-deps"),
        **{form: (answer.out.encode(), b"web") for form, answer in told.items()},
    }
    for service, word in (("web", b"@secret/plain"), ("tool", registries.MODULE.encode())):
        image = private.image(service)
        found[f"{service}: image"] = (b"".join([json.dumps(image.config).encode(), *image.layers]), word)
    # Images, entries of the cache, lists of contents and statements, whatever they are compressed by.
    blobs = [unpacked(path.read_bytes()) for path in registry.log.parent.glob("images/**/blobs/**/data")]
    found["registry"] = (b"".join(blobs), b"@secret/plain")
    return found


def forms(secret):
    """Return what would betray a secret: itself, and how it reads in base64, wherever in a text it stood."""
    whole = (base64.b64encode(b" " * before + secret.encode()).decode() for before in range(3))
    # What stands beside it has its share in the first and the last letters.
    return [secret, *(text.rstrip("=")[(0, 2, 3)[before] : -1] for before, text in enumerate(whole))]


def test_the_search_knows_a_secret_in_each_of_its_forms():
    for before, after in (("", ""), ("x:", ""), ("user:", "\n"), ("a", "bc")):
        written = base64.b64encode(f"{before}{TOKEN}{after}".encode()).decode()
        assert [form for form in forms(TOKEN) if form in written], (before, after)


@pytest.mark.parametrize("secret", [TOKEN, PASSWORD, programs.PASSWORD])
def test_no_secret_is_kept_or_told(places, private, secret):
    assert {name for name, (content, word) in places.items() if word not in content} == set()
    hits = {name for name, (content, _) in places.items() if any(form.encode() in content for form in forms(secret))}
    assert hits == set()
    assert private.engine_is_gone(20)
    patterns = [f"--regexp={form}" for form in forms(secret)]
    found = subprocess.run(["grep", "-rlaF", *patterns, private.state], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")


def test_a_wrong_secret_fails_with_the_registrys_answer(run, private, offered, tmp_path):
    # npm's store has the other package by now, and asks nobody for it.
    offered.offer("@secret/late", {"index.js": ""})
    small.write(tmp_path, offered, scope="@secret")
    write_files("docs/how-to/private-registries.md", tmp_path)
    npmrc = private.settings["PRIVATE_NPMRC"].replace(TOKEN, "wrong")
    failed = replace(private, root=tmp_path, settings={**private.settings, "PRIVATE_NPMRC": npmrc}).pipeline("build", "web")
    assert failed.code == 1
    message = failed.service("web")["error_message"]
    assert "E401" in message
    assert "`.npmrc` in `build.secrets`" in message
