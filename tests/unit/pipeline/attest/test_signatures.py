"""Signatures and signed statements, in the form that cosign reads."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.attest import added, attestation, read_archive, signature, write_archive
from pipeline.attest.keys import Key

DIGEST = "sha256:" + "a" * 64
STATEMENT = json.dumps({"predicateType": "https://slsa.dev/provenance/v1"})


def key():
    return Key(ec.generate_private_key(ec.SECP256R1()))


def test_a_signature_names_the_image_and_is_the_keys():
    own = key()
    layer = signature(own, "r.example/api", DIGEST)
    critical = json.loads(layer.content)["critical"]
    assert critical["image"] == {"docker-manifest-digest": DIGEST}
    assert critical["identity"] == {"docker-reference": "r.example/api"}
    signed = b64decode(layer.annotations["dev.cosignproject.cosign/signature"])
    assert own.signed(layer.content, signed)
    assert not key().signed(layer.content, signed)


def test_what_is_signed_of_a_statement_is_its_type_and_its_text():
    own = key()
    envelope = json.loads(attestation(own, STATEMENT).content)
    assert b64decode(envelope["payload"]).decode() == STATEMENT
    encoded = f"DSSEv1 28 application/vnd.in-toto+json {len(STATEMENT)} {STATEMENT}".encode()
    assert own.signed(encoded, b64decode(envelope["signatures"][0]["sig"]))


def test_one_that_signs_again_takes_the_place_of_his_own_only():
    own, other = key(), key()
    for make in (lambda by: signature(by, "r.example/api", DIGEST), lambda by: attestation(by, STATEMENT)):
        first, theirs, second = make(own), make(other), make(own)
        assert added(own, second, [first, theirs]) == [theirs, second]
    elsewhere = signature(own, "r.example/web", DIGEST)
    assert added(own, second, [elsewhere]) == [elsewhere, second]
    spoilt = replace(second, content=b"no envelope")
    assert added(own, second, [spoilt]) == [spoilt, second]


def test_an_archive_gives_back_what_was_put_in(tmp_path):
    own = key()
    layers = [signature(own, "r.example/api", DIGEST), attestation(own, STATEMENT)]
    write_archive(tmp_path / "layers.tar", layers)
    assert read_archive(tmp_path / "layers.tar") == layers
