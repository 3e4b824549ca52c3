"""
A gateway that you run, and that answers in the envelope of the ministry's public query.

- Its search is fuzzy and in pages: only a row of exactly the number or domain that was asked counts, and a list
  that was not read to its end has nothing to say about what is not in it.
- It never says *not registered*: what the public query does not list may be registered all the same.
- What was found is asked about once more, in the blacklist; when that cannot be answered, nobody can say.

icpgate solves no captcha. It speaks to a gateway that somebody runs and answers for (docs/gateway.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, Self

from icpgate.answer import ByDomain, ByNumber, Found, Unavailable, Why
from icpgate.lookup.channel import open_channel
from icpgate.lookup.gateway.blacklist import agreed, found_in, searches
from icpgate.lookup.gateway.challenge import read_page
from icpgate.lookup.gateway.pages import Pages
from icpgate.lookup.gateway.settings import GatewaySettings, load
from icpgate.lookup.httpstatus import made_at
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.mapping import load_ready
from icpgate.lookup.mapping.address import Address
from icpgate.lookup.mapping.asking import built, requested
from icpgate.lookup.mapping.credentials import Credentials
from icpgate.lookup.mapping.extraction import Extraction, pass_checks
from icpgate.lookup.mapping.model import Ask
from icpgate.lookup.mapping.template import Template
from icpgate.lookup.simple import SimpleRegistry, at_once, received, unread
from icpgate.lookup.steps import Now, Send, Unanswered

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from datetime import datetime

    from icpgate.answer import Answer, Observation, Query
    from icpgate.jsontext import Json
    from icpgate.lookup.gateway.blacklist import Search
    from icpgate.lookup.steps import Flow, Request
    from icpgate.lookup.transport import Transport
    from icpgate.record import RegistrationRecord

__all__ = ["GatewayRegistry", "from_file", "from_url"]

_BEARER: Final = (("Authorization", Template.parse("Bearer {secret:token?}", ())),)
_BLACKLIST: Final = Ask(
    method="GET",
    path=Template.parse("/query/{kind}", ("kind",)),
    query=(("search", Template.parse("{search}", ("search",))),),
    headers=_BEARER,
)


class GatewayRegistry(SimpleRegistry):
    """
    One gateway, asked by number and by domain. It may be shared by threads and used after a fork.

    A query takes as many requests as there are pages to read, and one or more for the blacklist.
    """

    width: ClassVar[int] = 4

    def __init__(self, settings: GatewaySettings, *, transport: Transport | None = None) -> None:
        """
        Take the settings, secrets included; raises `ConfigurationError`.

        `transport` is how it is reached: TLS, a proxy.
        """
        mapping = load_ready("gateway")
        self._settings = settings
        self._secrets = Credentials(settings.secrets)
        in_clear = settings.insecure_http or (transport is not None and transport.insecure_http)
        self._address = Address.parse(settings.url, insecure_http=in_clear)
        self.id = settings.id or f"gateway {self._address.text}"
        self.channel = open_channel(transport, self.id)
        self._source = settings.source or self.id
        self._mapping = replace(mapping, asks={kind: _bearing(ask) for kind, ask in mapping.asks.items()})
        contains = mapping.contains or frozenset()
        self.capabilities = Capabilities(
            by_number=ByNumber in mapping.kinds,
            by_domain=ByDomain in mapping.kinds,
            contains=contains | {"blacklisted"} if settings.blacklist else contains,
        )

    def __repr__(self) -> str:
        """Its id alone."""
        return f"GatewayRegistry({self.id!r})"

    @property
    def place(self) -> str:
        """Its address: two registries at one place confirm nothing of each other, whatever their ids."""
        return self._address.text

    @classmethod
    def at(  # noqa: PLR0913 -- the settings of one gateway, all by name
        cls,
        url: str,
        *,
        blacklist: bool = True,
        page_size: int = 26,
        most_pages: int = 4,
        secrets: Mapping[str, str] | None = None,
        id: str = "",  # noqa: A002 -- the word of the protocol
        source: str = "",
        insecure_http: bool = False,
        transport: Transport | None = None,
    ) -> Self:
        """The gateway at an address, such as http://127.0.0.1:16181; see `GatewaySettings`."""
        return cls(
            GatewaySettings(
                url=url,
                id=id,
                source=source,
                blacklist=blacklist,
                page_size=page_size,
                most_pages=most_pages,
                insecure_http=insecure_http,
                secrets=secrets or {},
            ),
            transport=transport,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, transport: Transport | None = None) -> Self:
        """The gateway of a TOML file; raises `ConfigurationError`."""
        return cls(load(path), transport=transport)

    def ask_one(self, query: Query) -> Flow[Observation]:
        """See `SimpleRegistry.ask_one`: page by page, and then the blacklist."""
        try:
            answer = yield from self._listed(query)
            if type(answer) is Found and self._settings.blacklist:
                marked = []
                for record in answer.records:
                    marked.append((yield from self._marked(record)))  # noqa: PERF401 -- a comprehension cannot yield
                answer = Found(tuple(marked))
        except Exception as error:  # noqa: BLE001 -- whatever a reader raises, nobody could say
            answer = unread(error, of_body=True)
        return self.observed(query, answer, (yield Now()).now)

    def _listed(self, query: Query) -> Flow[Answer]:
        """What the gateway lists about a query."""
        pages, seen = Pages(self._mapping, query, self._settings.most_pages), []
        while pages.goes_on:
            value, made = yield from self._sent(self._paged(query, pages.read + 1))
            seen.append(made)
            pages.add(value)
        return Extraction(self._mapping, query, min(seen), self._source).answer(pages.joined())

    def _paged(self, query: Query, page: int) -> Request:
        ask = self._mapping.asks.get(type(query))
        if ask is None:
            raise Unanswered(Why.CONFIGURATION, f"the registry cannot be asked {type(query).__name__}")
        stated = {"pageNum": str(page), "pageSize": str(self._settings.page_size)}
        parameters = tuple((name, Template((stated[name],)) if name in stated else each) for name, each in ask.query)
        return requested(replace(ask, query=parameters), self._address, query, self._secrets)

    def _marked(self, record: RegistrationRecord) -> Flow[RegistrationRecord]:
        """The record with what the blacklist says about it; raises `Unanswered` when it says nothing readable."""
        flows = [self._level(search, record) for search in searches(record)]
        seen, levels = [record.observed_at], []
        for result in (yield from at_once(flows, self.width)):
            if isinstance(result, Exception):
                raise result
            level, made = result
            levels.append(level)
            seen.append(made)
        return replace(record, blacklisted=agreed(record, levels), observed_at=min(seen))

    def _level(self, search: Search, record: RegistrationRecord) -> Flow[tuple[bool | None, datetime]]:
        values = {"kind": search.kind, "search": search.text}
        values |= {f"secret:{name}": self._secrets[name] for name in self._secrets}
        try:
            value, made = yield from self._sent(built(_BLACKLIST, self._address, values, None))
            pass_checks(self._mapping, value)
            return found_in(value, search, record), made
        except Unanswered as problem:
            detail = f"blacklist: {problem.detail}"
            raise Unanswered(problem.why, detail, retry_after=problem.retry_after) from None

    def _sent(self, request: Request) -> Flow[tuple[Json, datetime]]:
        """The JSON that answers a request, and when it was made; raises `Unanswered`."""
        reply = yield Send(request)
        response = received(reply)
        if isinstance(response, Unavailable):
            raise Unanswered(response.why, response.detail, retry_after=response.retry_after)
        return read_page(response), made_at(response, reply.now)


def _bearing(ask: Ask) -> Ask:
    return replace(ask, headers=(*ask.headers, *_BEARER))


def from_url(
    url: str,
    *,
    secrets: Mapping[str, str] | None = None,
    insecure_http: bool = False,
    transport: Transport | None = None,
) -> GatewayRegistry:
    """The gateway at an address; the secret `token`, if there is one, is its bearer. Raises `ConfigurationError`."""
    return GatewayRegistry.at(url, secrets=secrets, insecure_http=insecure_http, transport=transport)


def from_file(path: str, *, transport: Transport | None = None) -> GatewayRegistry:
    """The gateway of a TOML file; raises `ConfigurationError`."""
    return GatewayRegistry.load(path, transport=transport)
