"""Private keys: cosign's own, plain ones, and what is no key."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from nacl.secret import SecretBox

from pipeline.attest.keys import load
from pipeline.errors import UsageError


def pem(private, encryption=None):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def boxed(private, password):
    """A key as `cosign generate-key-pair` writes it: in a box whose key is made of the password."""
    salt, nonce = b"s" * 32, b"n" * 24
    key = hashlib.scrypt(password.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 28, dklen=32)
    text = SecretBox(key).encrypt(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), nonce).ciphertext
    document = {
        "kdf": {"name": "scrypt", "params": {"N": 1 << 15, "r": 8, "p": 1}, "salt": b64encode(salt).decode()},
        "cipher": {"name": "nacl/secretbox", "nonce": b64encode(nonce).decode()},
        "ciphertext": b64encode(text).decode(),
    }
    body = b64encode(json.dumps(document).encode()).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n{lines}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"


BOXED = boxed(ec.generate_private_key(ec.SECP256R1()), "pw")


@pytest.mark.parametrize("password", ["", "pw"])
def test_a_plain_key_and_one_with_a_password(password):
    private = ec.generate_private_key(ec.SECP256R1())
    text = pem(private, BestAvailableEncryption(b"pw") if password else None)
    key = load("env://KEY", {"KEY": text, "COSIGN_PASSWORD": password})
    assert key.signed(b"text", key.sign(b"text"))
    assert not key.signed(b"other", key.sign(b"text"))
    assert "PRIVATE" not in repr(key)


def test_cosigns_own_key():
    key = load("env://KEY", {"KEY": BOXED, "COSIGN_PASSWORD": "pw"})
    assert key.signed(b"text", key.sign(b"text"))


@pytest.mark.parametrize(
    ("place", "environ", "told"),
    [
        ("env://NONE", {}, "the variable NONE is not set"),
        ("/nowhere/cosign.key", {}, "/nowhere/cosign.key cannot be read: No such file or directory"),
        ("env://KEY", {"KEY": BOXED, "COSIGN_PASSWORD": "c4n4ry"}, "holds no key that can be used: the password is another"),
        ("env://KEY", {"KEY": BOXED}, "the password is another"),
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
