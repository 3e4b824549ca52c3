"""
What a `Transport` becomes on this machine: its files read, its secrets resolved, its proxy known.

A registry has one and sends its requests through it: each registry its own, so that two with different
options never share a connection, not even as members of one.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from icpgate.answer import Observation
from icpgate.errors import ConfigurationError, quote
from icpgate.log import logger
from icpgate.lookup.mapping.credentials import Credentials
from icpgate.lookup.steps import Later, Request, Send, Together
from icpgate.lookup.transport import Transport
from icpgate.lookup.wire.proxy import Proxies

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from icpgate.lookup.steps import Flow

__all__ = ["Channel", "carried", "marked", "open_channel"]

_LOG: Final = logging.getLogger("icpgate.lookup.channel")


class Channel:
    """How the requests of one registry travel. It holds no connection; `repr` shows nothing of it."""

    __slots__ = ("_context", "connections", "insecure_tls", "proxies")

    def __init__(self, transport: Transport) -> None:
        """Read its files and secrets; raises `ConfigurationError` that names the place, never what stands there."""
        self.insecure_tls = transport.insecure_tls
        self.connections = transport.connections
        self.proxies = _proxies(transport)
        self._context = _context(transport)

    def context(self) -> ssl.SSLContext:
        """The TLS context of its connections."""
        if self._context is None:
            from icpgate.lookup.wire.tls import shared_context  # noqa: PLC0415 -- only once something is sent over TLS

            return shared_context()
        return self._context


def open_channel(transport: Transport | None, registry: str) -> Channel | None:
    """
    The channel of a registry; None where nothing about its transport is unusual.

    Raises `ConfigurationError`. `insecure_tls` writes one warning into the log, with the registry's id.
    """
    if transport is None:
        return None
    if not isinstance(transport, Transport):
        message = f"transport is {quote(transport)}: a Transport is expected"
        raise ConfigurationError(message, code="config.transport")
    if transport.is_usual:
        return None
    channel = Channel(transport)
    if channel.insecure_tls and _LOG.isEnabledFor(logging.WARNING):
        logger(_LOG.name).warning("insecure_tls", registry=registry)
    return channel


def _proxies(transport: Transport) -> Proxies:
    if transport.proxy is not None:
        return Proxies.stated(Credentials({"proxy": transport.proxy})["proxy"])
    return Proxies.of_environment(os.environ) if transport.trust_env else Proxies()


def _context(transport: Transport) -> ssl.SSLContext | None:
    """A context of its own where one is needed."""
    if not (
        transport.ca_file or transport.client_certificate or transport.insecure_tls or _names_authorities(transport)
    ):
        return None
    from icpgate.lookup.wire import tls  # noqa: PLC0415 -- loading TLS takes longer than a registry that needs none

    context = tls.client_context()
    if transport.insecure_tls:
        tls.believe_anybody(context)
    elif transport.ca_file is not None:
        tls.believe_file(context, transport.ca_file)
    elif transport.trust_env:
        tls.believe_environment(context, os.environ)
    else:
        tls.believe_system(context)
    if transport.client_certificate is not None:
        tls.introduce(context, transport.client_certificate, transport.client_key, _password(transport))
    return context


def _password(transport: Transport) -> str | None:
    given = transport.client_key_password
    return None if given is None else Credentials({"client_key_password": given})["client_key_password"]


def _names_authorities(transport: Transport) -> bool:
    return transport.trust_env and any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))


def carried(flow: Flow[Sequence[Observation]], channel: Channel) -> Flow[Sequence[Observation]]:
    """The same flow: its requests travel through the channel, and its observations say so where nobody was verified."""
    observations = cast("Sequence[Observation]", (yield from _sending(cast("Flow[object]", flow), channel)))
    return [marked(each) for each in observations] if channel.insecure_tls else observations


def marked(observation: Observation) -> Observation:
    """The observation, saying that whoever answered was not verified; anything else as it is."""
    if type(observation) is not Observation or observation.insecure_tls:
        return observation
    return replace(observation, insecure_tls=True)


def _sending(flow: Flow[object], channel: Channel) -> Flow[object]:
    try:
        step = next(flow)
        while True:
            if type(step) is Send:
                step = Send(_through(step.request, channel), step.seconds)
            elif type(step) is Together:
                step = Together(tuple(_sending(each, channel) for each in step.flows))
            elif type(step) is Later:
                step = Later(_sending(step.flow, channel))
            step = flow.send((yield step))
    except StopIteration as end:
        return end.value


def _through(request: Request, channel: Channel) -> Request:
    return Request(request.method, request.url, request.headers, request.body, channel)
