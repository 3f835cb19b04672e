"""Private registries: npm's by a token in a secret .npmrc, Go's by a login in a secret .netrc, and nothing of either is kept."""

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
from documents import carry_out, write_files

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
def run(private):
    printed = carry_out("docs/how-to/private-registries.md", private)
    again = private.pipeline("build")
    return replace(again, out=printed + again.out)


def test_both_registries_were_given_their_secrets(run, offered):
    assert ("/@secret/plain/-/plain-1.0.0.tgz", f"Bearer {TOKEN}") in offered.asked
    module = f"/{PREFIX}/{registries.MODULE}/@v/{registries.VERSION}.zip"
    assert (module, offered.wanted[f"/{PREFIX}/"]) in offered.asked


def test_the_packages_are_in_the_images(run, private):
    assert "app/node_modules/@secret/plain/index.js" in private.image("web").entries
    assert registries.MODULE.encode() in private.image("tool").contents["bin/app"]


@pytest.mark.parametrize("secret", [TOKEN, PASSWORD])
def test_neither_secret_is_kept(run, private, secret):
    report = (private.root / "dist" / "report.json").read_text()
    plan = private.pipeline("plan", "--format", "dockerfile")
    kept = [run.out, run.err, report, plan.out, plan.err]
    for service in ("web", "tool"):
        image = private.image(service)
        kept += [json.dumps(image.config), *(layer.decode("latin-1") for layer in image.layers)]
    assert "example.test" in "".join(kept)
    assert [text[:80] for text in kept if secret in text] == []
    assert private.engine_is_gone(20)
    found = subprocess.run(["grep", "-rlaF", "--", secret, private.state], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")


def test_a_wrong_secret_fails_with_the_registrys_answer(run, private, offered, tmp_path):
    # npm's store has the other package by now, and asks nobody for it.
    offered.offer("@secret/late", {"index.js": ""})
    small.write(tmp_path, offered, scope="@secret")
    write_files("docs/how-to/private-registries.md", tmp_path)
    npmrc = private.settings["PRIVATE_NPMRC"].replace(TOKEN, "wrong")
    failed = replace(private, root=tmp_path, settings={**private.settings, "PRIVATE_NPMRC": npmrc}).pipeline("build", "web")
    assert failed.code == 1
    assert "E401" in failed.service("web")["error_message"]
