"""Private keys: cosign's own, plain ones, and what is no key."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from pipeline.attest import load
from pipeline.errors import UsageError

COSIGNS = Path(__file__).parent / "cosign.key"
"""Made by `cosign generate-key-pair` 2.6.1 with the password `pw`."""


def pem(private, encryption=None):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


@pytest.mark.parametrize("password", ["", "pw"])
def test_a_plain_key_and_one_with_a_password(password):
    private = ec.generate_private_key(ec.SECP256R1())
    text = pem(private, BestAvailableEncryption(b"pw") if password else None)
    key = load("env://KEY", {"KEY": text, "COSIGN_PASSWORD": password})
    assert key.signed(b"text", key.sign(b"text"))
    assert not key.signed(b"other", key.sign(b"text"))
    assert "PRIVATE" not in repr(key)


def test_cosigns_own_key():
    key = load(str(COSIGNS), {"COSIGN_PASSWORD": "pw"})
    assert key.signed(b"text", key.sign(b"text"))


@pytest.mark.parametrize(
    ("place", "environ", "told"),
    [
        ("env://NONE", {}, "the variable NONE is not set"),
        ("/nowhere/cosign.key", {}, "/nowhere/cosign.key cannot be read: No such file or directory"),
        (str(COSIGNS), {"COSIGN_PASSWORD": "c4n4ry"}, "holds no key that can be used: the password is another"),
        (str(COSIGNS), {}, "the password is another"),
        ("env://KEY", {"KEY": ""}, "holds no key that can be used"),
        ("env://KEY", {"KEY": "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n!\n-----END-----"}, "holds no key"),
        ("env://KEY", {"KEY": pem(ec.generate_private_key(ec.SECP384R1()))}, "it is on another curve, or of another kind"),
        ("env://KEY", {"KEY": pem(ed25519.Ed25519PrivateKey.generate())}, "it is on another curve, or of another kind"),
        ("env://KEY", {"KEY": pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"pw"))}, "holds no key"),
    ],
)
def test_what_cannot_sign_is_told(place, environ, told):
    with pytest.raises(UsageError, match="--sign-key") as caught:
        load(place, environ)
    assert told in str(caught.value)
    assert "c4n4ry" not in str(caught.value)
