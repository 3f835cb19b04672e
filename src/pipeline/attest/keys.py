"""Private keys that images are signed with: those of `cosign generate-key-pair`, and plain ones in PEM.

It needs the packages of the extra `sign`: imported where something is signed, and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from pipeline.errors import UsageError

_PASSWORD = "COSIGN_PASSWORD"  # noqa: S105 - the variable's name, which cosign gave it
_ENVIRONMENT = "env://"
_MEMORY = 1 << 28
_BOX_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A private key on the curve P-256, with which cosign signs."""

    private: EllipticCurvePrivateKey = field(repr=False)

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text: ECDSA over its SHA-256, in DER."""
        return self.private.sign(text, ECDSA(SHA256()))

    def signed(self, text: bytes, signature: bytes) -> bool:
        """Whether a signature of a text is this key's."""
        try:
            self.private.public_key().verify(signature, text, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def load(place: str, environ: Mapping[str, str]) -> Key:
    """Return the key in a file, or in a variable that is named as `env://NAME`. Its password is in `COSIGN_PASSWORD`.

    Raises
    ------
    UsageError
        If there is none, it is no such key, or the password is another.
    """
    name = place.removeprefix(_ENVIRONMENT)
    try:
        text = environ[name] if place != name else Path(place).read_text(encoding="utf-8")
    except KeyError:
        msg = f"--sign-key: the variable {name} is not set"
        raise UsageError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"--sign-key: {place} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
        raise UsageError(msg, hint="`cosign generate-key-pair` makes one") from None
    try:
        return _parse(text, environ.get(_PASSWORD, "").encode())
    except (ValueError, TypeError, KeyError) as error:
        msg = f"--sign-key: {place} holds no key that can be used: {error}"
        raise UsageError(msg, hint=f"it wants a P-256 key in PEM or cosign's own, and its password in {_PASSWORD}") from None


def _parse(text: str, password: bytes) -> Key:
    lines = text.strip().splitlines()
    if lines and lines[0] in {"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----", "-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----"}:
        found = load_der_private_key(_decrypted(b64decode("".join(lines[1:-1])), password), None)
    else:
        found = load_pem_private_key(text.encode(), password if "ENCRYPTED" in text else None)
    if not isinstance(found, EllipticCurvePrivateKey) or found.curve.name != SECP256R1.name:
        msg = "it is on another curve, or of another kind"
        raise ValueError(msg)
    return Key(found)


def _decrypted(document: bytes, password: bytes) -> bytes:
    """Return what is in the box that cosign keeps its keys in: the key is made of the password by scrypt."""
    box = json.loads(document)
    cost = box["kdf"]["params"]
    salt = b64decode(box["kdf"]["salt"])
    key = hashlib.scrypt(password, salt=salt, n=cost["N"], r=cost["r"], p=cost["p"], maxmem=_MEMORY, dklen=_BOX_KEY_BYTES)
    try:
        return bytes(SecretBox(key).decrypt(b64decode(box["ciphertext"]), b64decode(box["cipher"]["nonce"])))
    except CryptoError:
        msg = "the password is another"
        raise ValueError(msg) from None
