"""RSA keys as operators paste them: PEM, or the bare base64 that payment providers show; or in a file."""

import base64
import binascii
from pathlib import Path

from Cryptodome.PublicKey import RSA
from Cryptodome.PublicKey.RSA import RsaKey

MIN_BITS = 2048


def private_key(name: str, text: str, file: str) -> RsaKey:
    """The private key in `text` or in the file at `file`. Raises ValueError with a sentence about `name`."""
    key = _key(name, _text(name, text, file))
    if not key.has_private():
        raise ValueError(f"{name} holds a public key; it must be the private key of your own application")
    return key


def public_key(name: str, text: str, file: str, own: RsaKey) -> RsaKey:
    """The other side's public key. Raises ValueError with a sentence about `name`, also for half of `own`."""
    key = _key(name, _text(name, text, file))
    if key.has_private():
        raise ValueError(f"{name} holds a private key; it must be the public key of the other side")
    if key == own.public_key():
        raise ValueError(f"{name} is your own application's public key; it must be the other side's")
    return key


def pem(key: RsaKey) -> str:
    """The key in PEM."""
    return key.export_key().decode()


def _text(name: str, text: str, file: str) -> str:
    if text and file:
        raise ValueError(f"{name} and {name}_FILE are both set; set one of them")
    if not text and not file:
        raise ValueError(f"{name} or {name}_FILE must be set")
    if text:
        return text.strip()
    try:
        return Path(file).read_text("ascii").strip()
    except (OSError, ValueError):
        raise ValueError(f"{name}_FILE names a file that cannot be read as a key: {file}") from None


def _key(name: str, text: str) -> RsaKey:
    try:
        encoded = text.replace("\\n", "\n")  # one line of an environment file
        key = RSA.import_key(encoded if encoded.startswith("-----") else base64.b64decode(encoded))
    except (ValueError, IndexError, TypeError, binascii.Error):
        raise ValueError(f"{name} is not an RSA key in PEM or base64") from None
    if key.size_in_bits() < MIN_BITS:
        raise ValueError(f"{name} is an RSA key of {key.size_in_bits()} bits; at least {MIN_BITS} are needed")
    return key
