"""Publishing to a real registry: what arrives, who is let in, and that nothing is tagged unless all is there."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
import shutil
import subprocess
from dataclasses import replace

import pytest
import registries
from documents import blocks

from pipeline.attest import read_archive
from tools import PASSWORD, USER


@pytest.fixture(scope="module")
def registry(tools, tmp_path_factory):
    with tools.registry(tmp_path_factory.mktemp("registry"), guarded=True) as made:
        yield made


@pytest.fixture
def known(workspace, registry, tmp_path):
    """The workspace of a user whom the registry knows."""
    credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.address: {"auth": credentials}}}))
    return replace(workspace, settings={"DOCKER_CONFIG": str(tmp_path)})


def inspect(tools, address):
    return json.loads(tools.skopeo("inspect", "--tls-verify=false", f"--creds={USER}:{PASSWORD}", f"docker://{address}"))


def test_what_arrives_is_what_was_built(known, registry, tools):
    refs = known.root / "refs.txt"
    run = known.pipeline(
        "publish", "--registry", f"{registry.address}/team", "--tag", "1", "--tag", "2", "--image-refs", str(refs)
    )
    assert run.code == 0, run.err
    expected = [
        f"{registry.address}/team/{service}:{tag}@{digest}" for service, digest in run.digests().items() for tag in "12"
    ]
    assert run.out.splitlines() == refs.read_text().splitlines() == expected
    for line in expected:
        assert inspect(tools, line.partition("@")[0])["Digest"] == line.partition("@")[2]
    assert PASSWORD not in run.out + run.err


def test_lists_of_what_is_in_it_hang_on_the_image(known, registry, tools):
    address = f"{registry.address}/listed"
    run = known.pipeline("publish", "auth-service", "--registry", address, "--sbom")
    assert run.code == 0, run.err
    digest = run.digests()["auth-service"]
    # This registry knows no referrers: they are listed under a tag that is made of the digest, as the specification says.
    index = tools.skopeo(
        *("inspect", "--raw", "--tls-verify=false", f"--creds={USER}:{PASSWORD}"),
        f"docker://{address}/auth-service:{digest.replace(':', '-')}",
    )
    assert {item["artifactType"] for item in json.loads(index)["manifests"]} == {
        "application/vnd.cyclonedx+json",
        "application/spdx+json",
    }
    listed = json.loads((known.root / "dist/sbom/auth-service.cdx.json").read_text())
    assert listed["metadata"]["component"]["version"] == digest
    assert {"github.com/prometheus/client_golang", "stdlib"} <= {item["name"] for item in listed["components"]}


def test_an_image_is_signed_and_what_is_said_of_it_is_signed(known, registry, tools, tmp_path):
    """The signature is checked by a program that knows nothing of us. Who publishes again leaves one signature, not two."""
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    for command in (f"ecparam -name prime256v1 -genkey -noout -out {private}", f"ec -in {private} -pubout -out {public}"):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
    repository = f"{registry.address}/signed"
    for _ in range(2):
        run = known.pipeline(
            *("publish", "auth-service", "--registry", repository, "--tag", "1", "--provenance", "--sign-key", str(private))
        )
        assert run.code == 0, run.err
    digest = run.digests()["auth-service"]

    layer = only_layer(tools, f"{repository}/auth-service:{digest.replace(':', '-')}.sig", tmp_path / "sig")
    assert json.loads(layer.content)["critical"]["image"] == {"docker-manifest-digest": digest}
    (tmp_path / "payload").write_bytes(layer.content)
    (tmp_path / "signature").write_bytes(base64.b64decode(layer.annotations["dev.cosignproject.cosign/signature"]))
    verify = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", tmp_path / "signature", tmp_path / "payload"]
    assert subprocess.run(verify, check=False, capture_output=True, text=True).stdout == "Verified OK\n"

    layer = only_layer(tools, f"{repository}/auth-service:{digest.replace(':', '-')}.att", tmp_path / "att")
    statement = json.loads(base64.b64decode(json.loads(layer.content)["payload"]))
    assert statement["subject"] == [{"name": "auth-service", "digest": {"sha256": digest.removeprefix("sha256:")}}]
    definition = statement["predicate"]["buildDefinition"]
    plan = known.pipeline("plan", "auth-service", "--format", "json").out
    assert definition["internalParameters"]["plan"]["digest"] == {"sha256": hashlib.sha256(plan.encode()).hexdigest()}
    bases = {stage["base"].partition("@")[2] for stage in run.service("auth-service")["stages"] if "@" in stage["base"]}
    assert {f"sha256:{item['digest']['sha256']}" for item in definition["resolvedDependencies"]} == bases
    assert bases
    cosign_agrees(f"{repository}/auth-service:1", public, known.environ)


def cosign_agrees(address, public, environ):
    """Run what docs/registry.md shows, where cosign is installed: building it takes longer than all tests."""
    if shutil.which("cosign"):
        [shown] = [block.text for block in blocks("docs/registry.md") if "cosign verify " in block.text]
        for line in shown.replace("cosign.pub", str(public)).replace("ADDRESS", address).splitlines():
            done = subprocess.run(shlex.split(line), env=environ, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert "The signatures were verified against the specified public key" in done.stderr


def only_layer(tools, address, folder):
    tools.skopeo(
        "--insecure-policy",
        "copy",
        "--src-tls-verify=false",
        f"--src-creds={USER}:{PASSWORD}",
        f"docker://{address}",
        f"oci-archive:{folder}",
    )
    [layer] = read_archive(folder)
    return layer


def test_who_is_not_let_in_is_told_how(workspace, registry, tmp_path):
    stranger = replace(workspace, settings={"DOCKER_CONFIG": str(tmp_path)})
    run = stranger.pipeline("publish", "--registry", f"{registry.address}/strangers")
    assert run.code == 1
    assert run.out == ""
    assert "unauthorized" in run.err
    assert run.err.rstrip().endswith(
        f"`docker login {registry.address}`, or point DOCKER_CONFIG to the folder with its credentials"
    )


def test_nothing_is_pushed_where_a_service_fails(built, registry, known, tools):
    workspace, _ = built
    (workspace.root / "services/auth/cmd/server/main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    refs = workspace.root / "none.txt"
    run = known.pipeline("publish", "--registry", f"{registry.address}/half", "--image-refs", str(refs))
    assert run.code == 1
    assert "nothing was pushed, since a service failed" in run.err
    assert "undefined: undefined" in run.err
    assert run.out == ""
    assert not refs.exists()
    with pytest.raises(AssertionError, match=r"repository name not known to registry|manifest unknown"):
        inspect(tools, f"{registry.address}/half/api-gateway:latest")


def test_a_registry_that_is_down_is_told(workspace):
    with registries.refusing() as address:
        run = workspace.pipeline("publish", "auth-service", "--registry", address.removeprefix("http://"))
    assert run.code == 1
    assert "connection refused" in run.err.splitlines()[-1]
