"""The signature of a model folder: who made it, as a DSSE envelope over the digests of all its files.

`signature.json` holds an in-toto statement (https://in-toto.io/Statement/v1) in a DSSE envelope (Dead Simple Signing
Envelope, https://github.com/secure-systems-lab/dsse), signed with Ed25519. Other tools can verify it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

from risk_warning.errors import ModelError, OutputError, SettingsError

SIGNATURE = "signature.json"
_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "urn:risk-warning:model:v1"
_MOST_BYTES = 1_000_000


class _Signed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    keyid: str = ""
    sig: str


class _Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    payloadType: str
    payload: str
    signatures: tuple[_Signed, ...]


class _Subject(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: str
    digest: Mapping[str, str]


class _Statement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    subject: tuple[_Subject, ...]
    predicateType: str


def make_keys(private: Path) -> Path:
    """Write a new private key to a file that is not there yet, and its public key beside it; return the latter's path.

    Raises
    ------
    OutputError
        One of the files exists or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    public = private.with_name(f"{private.name}.pub")
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for path, content, mode in ((private, secret, 0o600), (public, shown, 0o644)):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
        except OSError as error:
            raise OutputError(f"The key {path} cannot be written ({error.strerror}); name another file.") from None
    return public


def sign(folder: Path, private: Path) -> None:
    """Write the signature of the folder's files, in place of one that is there.

    Raises
    ------
    SettingsError
        The private key cannot be read.
    OutputError
        The signature cannot be written.
    """
    try:
        key = serialization.load_pem_private_key(private.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(
            f"{private} is no private key to sign models with; correct signing.key_file, or make one with risk-warning "
            f"sign --new-key {private}."
        )
    statement = {
        "_type": _STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in _digests(folder).items()],
        "predicateType": _PREDICATE,
        "predicate": {},
    }
    payload = json.dumps(statement, separators=(",", ":"), sort_keys=True).encode()
    signature = {"keyid": key_id(key.public_key()), "sig": _text(key.sign(_to_sign(payload)))}
    envelope = {"payloadType": _TYPE, "payload": _text(payload), "signatures": [signature]}
    try:
        (folder / SIGNATURE).write_text(json.dumps(envelope, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"The signature of {folder} cannot be written: {error.strerror}.") from None


def check_signature(folder: Path, trusted_keys: Sequence[Path]) -> Mapping[str, str]:
    """Check that one of the trusted keys signed the folder, and that its files are those that were signed.

    Returns path inside the folder → sha256 of each file.

    Raises
    ------
    ModelError
        There is no signature, none of a trusted key, or a file was added, removed or changed since.
    SettingsError
        A public key cannot be read.
    """
    keys = [_public_key(path) for path in trusted_keys]
    try:
        file = folder / SIGNATURE
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError
        envelope = _Envelope.model_validate_json(file.read_bytes())
        payload = base64.b64decode(envelope.payload, validate=True)
        signatures = [base64.b64decode(one.sig, validate=True) for one in envelope.signatures]
    except FileNotFoundError:
        raise ModelError(
            f"{folder} is not signed, and signing.trusted_keys requires it; if you know who made it, sign it with "
            "risk-warning sign."
        ) from None
    except (OSError, ValidationError, binascii.Error, ValueError):
        raise ModelError(f"{folder}/{SIGNATURE} cannot be read; fetch the model again.") from None
    if envelope.payloadType != _TYPE or not any(_is_of(key, one, payload) for key in keys for one in signatures):
        raise ModelError(
            f"{folder} is signed with none of signing.trusted_keys; do not use it, or add its maker's key."
        )
    try:
        statement = _Statement.model_validate_json(payload)
    except ValidationError:
        raise ModelError(f"{folder}/{SIGNATURE} signs something else than files; fetch the model again.") from None
    signed = {one.name: one.digest.get("sha256", "") for one in statement.subject}
    if statement.predicateType != _PREDICATE or signed != _digests(folder):
        raise ModelError(f"The files of {folder} are not those that were signed; fetch the model again.")
    return signed


def key_id(key: Ed25519PublicKey) -> str:
    """Return the id of a key: the first 16 hex digits of the sha256 of its 32 bytes."""
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(
            f"signing.trusted_keys names {path}, which is no public key of this kind; name the .pub file that "
            "risk-warning sign --new-key wrote."
        )
    return key


def _is_of(key: Ed25519PublicKey, signature: bytes, payload: bytes) -> bool:
    try:
        key.verify(signature, _to_sign(payload))
    except InvalidSignature:
        return False
    return True


def _digests(folder: Path) -> dict[str, str]:
    """Return path inside the folder → sha256 of each file but the signature."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() and path != folder / SIGNATURE)
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def _to_sign(payload: bytes) -> bytes:
    """Return the bytes that are signed, DSSE's pre-authentication encoding."""
    return b" ".join((b"DSSEv1", b"%d" % len(_TYPE), _TYPE.encode(), b"%d" % len(payload), payload))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
