"""
TLS: who answers is verified, by TLS 1.2 or later, and the environment has no say in it.

- One context for all connections that need nothing of their own: making one costs as much as hundreds of lookups.
- Made here step by step, because Python's ready-made context obeys SSL_CERT_FILE, and writes the
  keys of every connection into the file that SSLKEYLOGFILE names.
- What is wrong with a file is told when the context is made, with its path and what belongs there.
"""

from __future__ import annotations

import os
import re
import ssl
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.errors import ConfigurationError, shown
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "believe_anybody",
    "believe_environment",
    "believe_file",
    "believe_system",
    "checked",
    "client_context",
    "introduce",
    "nameable",
    "shared_context",
]

_MAX_BYTES: Final = 8 * 1024 * 1024
"""Of a PEM file: the system's own, with all authorities of the world, has a fourth of a megabyte."""

_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_KEY: Final = b"PRIVATE KEY-----"
_DER: Final = b"\x30"


@cache
def shared_context() -> ssl.SSLContext:
    """The context that clients share: TLS 1.2 or later, certificate and name verified by the system's roots."""
    context = client_context()
    believe_system(context)
    return context


def client_context() -> ssl.SSLContext:
    """A context that verifies certificate and name, and believes no authority yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if sys.version_info >= (3, 13):  # pragma: no cover -- as strict as this Python's own context
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return context


def believe_system(context: ssl.SSLContext) -> None:
    """Believe the authorities of the system, where OpenSSL was built to look for them."""
    if sys.platform == "win32":  # pragma: no cover -- there they are in a store of the system's
        context.load_default_certs()
        return
    paths = ssl.get_default_verify_paths()
    _load_default(context, paths.openssl_cafile, paths.openssl_capath)


def believe_environment(context: ssl.SSLContext, environment: Mapping[str, str]) -> None:
    """Believe what SSL_CERT_FILE and SSL_CERT_DIR name, each in place of the system's; raises `ConfigurationError`."""
    paths = ssl.get_default_verify_paths()
    file, folder = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file:
        believe_file(context, file)
    if folder and not any(Path(each).is_dir() for each in folder.split(os.pathsep)):
        raise _unusable("config.ca", folder, "no such folder", "SSL_CERT_DIR names a folder of hashed certificates")
    _load_default(context, "" if file else paths.openssl_cafile, folder or paths.openssl_capath)


def _load_default(context: ssl.SSLContext, file: str, folder: str) -> None:
    cafile = file if file and Path(file).is_file() else None
    if cafile is not None or folder:
        context.load_verify_locations(cafile=cafile, capath=folder or None)


def believe_anybody(context: ssl.SSLContext) -> None:
    """Verify nobody. Only `insecure_tls` may ask for it, and every answer says so then."""
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE


def believe_file(context: ssl.SSLContext, path: str) -> None:
    """
    Believe the authorities of a PEM file, which may have comments; raises `ConfigurationError` (`config.ca`).

    A file with a key in it is refused: it is another one than was meant, and a secret besides.
    """
    expected = "a PEM file with the certificates of the authorities is expected"
    raw = _read("config.ca", path, expected)
    if _KEY in raw:
        raise _unusable("config.ca", path, "there is a private key in it", expected)
    if raw[:1] == _DER and b"-----BEGIN" not in raw:
        hint = f"{expected}: openssl x509 -inform der -in FILE -out FILE.pem"
        raise _unusable("config.ca", path, "it is DER", hint)
    found = _CERTIFICATE.findall(raw)
    if not found or len(found) != raw.count(b"-----BEGIN "):
        raise _unusable("config.ca", path, "something in it is no certificate" if found else "no certificate", expected)
    try:
        context.load_verify_locations(cadata=b"\n".join(found).decode("ascii"))
    except ssl.SSLError:
        raise _unusable("config.ca", path, "a certificate in it is damaged", expected) from None


def introduce(context: ssl.SSLContext, certificate: str, key: str | None, password: str | None) -> None:
    """Show this certificate to whoever asks for one; raises `ConfigurationError` (`config.client_certificate`)."""
    code = "config.client_certificate"
    raw = _read(code, certificate, "a PEM file with our certificate and its chain is expected")
    if not _CERTIFICATE.search(raw):
        raise _unusable(code, certificate, "no certificate in it", "a PEM file with our certificate is expected")
    where = certificate if key is None else key
    if key is not None:
        raw = _read(code, key, "a PEM file with the certificate's key is expected")
    if _KEY not in raw:
        raise _unusable(code, where, "no private key in it", "client_key is a PEM file with the certificate's key")
    if password is None and (b"ENCRYPTED PRIVATE KEY" in raw or b"4,ENCRYPTED" in raw):
        raise _unusable(code, where, "its key is encrypted", 'client_key_password = "env:NAME" or "file:PATH"')
    try:
        # Never without a password: OpenSSL would ask for it at the terminal.
        context.load_cert_chain(certificate, key, password=password or "none")
    except ssl.SSLError as error:
        raise _unusable(code, where, *_mismatch(error, password)) from None
    except (OSError, ValueError):  # a file that has gone meanwhile, a password longer than OpenSSL takes
        raise _unusable(code, where, "it cannot be used", "see client_key in docs/settings.md") from None


def _mismatch(error: ssl.SSLError, password: str | None) -> tuple[str, str]:
    if error.reason == "KEY_VALUES_MISMATCH":
        return "its key is not the key of the certificate", "client_key belongs to client_certificate"
    if password is not None:
        return "its key cannot be read with this password", "see client_key_password in docs/settings.md"
    return "its key or its certificate is damaged", "PEM files of one certificate and its key are expected"


def _read(code: str, path: str, expected: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _unusable(code, path, f"cannot be read: {error.strerror or type(error).__name__}", expected) from None
    except ValueError:
        raise _unusable(code, path, "not a path", expected) from None
    if not raw.strip() or len(raw) > _MAX_BYTES:
        raise _unusable(code, path, "too large" if raw.strip() else "empty", expected)
    return raw


def _unusable(code: str, path: str, message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(f"{shown(path, at_most=4_096)}: {message}", hint=hint, code=code)


def checked(context: ssl.SSLContext) -> ssl.SSLContext:
    """
    A caller's context, such as one with a private CA or a client certificate.

    Raises `ConfigurationError` when it would believe anybody: verification cannot be off by accident.
    """
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ConfigurationError(
            "the TLS context does not verify who answers",
            hint="use ssl.create_default_context(), with cafile for a private authority",
            code="config.tls",
        )
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        raise ConfigurationError(
            "the TLS context allows versions before 1.2",
            hint="set its minimum_version to ssl.TLSVersion.TLSv1_2",
            code="config.tls",
        )
    return context


def nameable(host: str) -> None:
    """
    Refuse a host that TLS cannot carry; raises `Unanswered`.

    Before there is a socket: Python's `ssl` finds it out too late to close the one that it has taken over.
    """
    try:
        host.encode("idna")
    except UnicodeError:
        raise Unanswered(Why.CONFIGURATION, "address") from None
