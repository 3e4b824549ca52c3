"""TLS: one context for all connections, because making one costs as much as hundreds of lookups."""

from __future__ import annotations

import ssl
from functools import cache

from icpgate.answer import Why
from icpgate.errors import ConfigurationError
from icpgate.lookup.steps import Unanswered

__all__ = ["checked", "nameable", "shared_context"]


@cache
def shared_context() -> ssl.SSLContext:
    """The context that clients share: TLS 1.2 or later, certificate and name verified by the system's roots."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


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
