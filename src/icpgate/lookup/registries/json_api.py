"""
A registry reached by HTTP whose JSON a mapping explains: `json_api:mapping.toml`, `https://…`.

- An address alone is a registry that speaks the registry protocol; several queries go in one request.
- What a mapping says is read when the registry is made, secrets included; every defect is told then.
- Its id is its address without query, or what the mapping calls it. No secret stands in any text.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Self

from icpgate.answer import ByDocument, ByDomain, ByNumber, Observation, Unavailable, Why
from icpgate.errors import ConfigurationError, shown
from icpgate.identifiers import domain_defect
from icpgate.lookup.channel import open_channel
from icpgate.lookup.httpstatus import made_at
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.mapping import load_file, load_ready
from icpgate.lookup.mapping.address import Address
from icpgate.lookup.mapping.asking import built, requested
from icpgate.lookup.mapping.body import read_body
from icpgate.lookup.mapping.credentials import Credentials
from icpgate.lookup.mapping.extraction import Extraction
from icpgate.lookup.mapping.model import Form
from icpgate.lookup.mapping.protocolreading import ProtocolReader, written_query
from icpgate.lookup.mapping.repeating import Unrepeated
from icpgate.lookup.scope import Scope
from icpgate.lookup.simple import SimpleRegistry, at_once, received, unread
from icpgate.lookup.steps import Now, Send, Unanswered

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from icpgate.answer import Query
    from icpgate.jsontext import Json
    from icpgate.lookup.mapping import ApiMapping
    from icpgate.lookup.mapping.model import Batch
    from icpgate.lookup.steps import Flow, Request, Response
    from icpgate.lookup.transport import Transport

__all__ = ["JsonApi", "from_file", "from_url"]

MAX_TEXT: Final = 512
"""Characters of a document number or a package that the protocol takes."""


class JsonApi(SimpleRegistry):
    """
    One API as its mapping explains it. It may be shared by threads and used after a fork.

    It holds no connection: a driver performs its requests.
    """

    def __init__(  # noqa: PLR0913 -- what a caller may say differently from the mapping, all by name
        self,
        mapping: ApiMapping,
        *,
        url: str | None = None,
        secrets: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002 -- the word of the protocol
        authoritative: bool | None = None,
        scope: Scope | str | None = None,
        insecure_http: bool = False,
        transport: Transport | None = None,
    ) -> None:
        """
        Take a mapping; what is given here goes before what the mapping says.

        `secrets` are texts, `env:NAME` or `file:PATH`. `insecure_http` lets http:// leave this
        machine. `transport` is how it is reached: TLS, a proxy. Raises `ConfigurationError`.
        """
        self._mapping = mapping = _stated(mapping, authoritative, scope)
        self._secrets = _credentials(mapping, secrets or {})
        if url is None and not mapping.url:
            message = f"{mapping.name}: url is missing"
            raise ConfigurationError(message, hint="JsonApi.ready(…, url=…), or url in the mapping", code="config.url")
        in_clear = insecure_http or mapping.insecure_http or (transport is not None and transport.insecure_http)
        self._address = Address.parse(mapping.url if url is None else url, insecure_http=in_clear)
        read_by = "" if mapping.form is Form.ICPGATE else f"{PurePath(mapping.name).stem} "
        self.id = id or mapping.id or f"{read_by}{self._address.text}"
        self.channel = open_channel(transport, self.id)
        self._source = mapping.source or self.id
        self._reader = ProtocolReader(mapping, self.id)
        self._unrepeated = Unrepeated(self._secrets)
        self.capabilities = Capabilities(
            by_number=ByNumber in mapping.kinds,
            by_document=ByDocument in mapping.kinds,
            by_domain=ByDomain in mapping.kinds,
            authoritative=mapping.authoritative,
            scope=mapping.scope,
            cacheable=mapping.cacheable,
            contains=mapping.contains,
            batches=mapping.batch is not None,
        )

    def __repr__(self) -> str:
        """Its id alone."""
        return f"JsonApi({self.id!r})"

    @property
    def place(self) -> str:
        """Its address: two registries at one place confirm nothing of each other, whatever their ids."""
        return self._address.text

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        url: str | None = None,
        secrets: Mapping[str, str] | None = None,
        insecure_http: bool = False,
        transport: Transport | None = None,
    ) -> Self:
        """The API that a TOML file maps; raises `ConfigurationError` with every defect and its place."""
        return cls(load_file(path), url=url, secrets=secrets, insecure_http=insecure_http, transport=transport)

    @classmethod
    def ready(  # noqa: PLR0913 -- as the constructor
        cls,
        shape: str,
        *,
        url: str,
        secrets: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002 -- as the constructor
        authoritative: bool | None = None,
        scope: Scope | str | None = None,
        insecure_http: bool = False,
        transport: Transport | None = None,
    ) -> Self:
        """The API at an address that a shipped mapping explains, such as `uapis`; raises `ConfigurationError`."""
        return cls(
            load_ready(shape),
            url=url,
            secrets=secrets,
            id=id,
            authoritative=authoritative,
            scope=scope,
            insecure_http=insecure_http,
            transport=transport,
        )

    def request(self, query: Query) -> Request:
        """See `SimpleRegistry.request`."""
        ask = self._mapping.asks.get(type(query))
        if ask is None:
            raise Unanswered(Why.CONFIGURATION, f"the registry cannot be asked {type(query).__name__}")
        return requested(ask, self._address, query, self._secrets)

    def observe(self, query: Query, response: Response, now: datetime) -> Observation:
        """See `SimpleRegistry.observe`."""
        value = self._body(response)
        if self._mapping.form is Form.ICPGATE:
            return self._unrepeated(self._reader.observation(query, value, now), response.body, now)
        answer = Extraction(self._mapping, query, made_at(response, now), self._source).answer(value)
        return self._unrepeated(self.observed(query, answer, now), response.body, now)

    def _body(self, response: Response) -> Json:
        body = self._mapping.body
        return read_body(response, charset=body.charset, json_as_html=body.json_as_html)

    def ask_all(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `SimpleRegistry.ask_all`: several queries of the protocol go in one request."""
        batch = self._mapping.batch
        if batch is None or (len(queries) == 1 and type(queries[0]) in self._mapping.asks):
            return (yield from super().ask_all(queries))
        groups = [tuple(queries[first : first + batch.at_most]) for first in range(0, len(queries), batch.at_most)]
        answered = yield from at_once([self._ask_batch(batch, group) for group in groups], self.width)
        results: list[Observation | Exception] = []
        for group, observations in zip(groups, answered, strict=True):
            results += [observations] * len(group) if isinstance(observations, Exception) else observations
        return (yield from self.settled(queries, results))

    def _ask_batch(self, batch: Batch, queries: tuple[Query, ...]) -> Flow[list[Observation]]:
        """Ask some queries in one request; one that cannot be sent spoils no other."""
        sent = tuple(query for query in queries if _can_be_sent(query))
        answers = iter((yield from self._answered(batch, sent)) if sent else ())
        if len(sent) == len(queries):
            return list(answers)
        now = (yield Now()).now
        nobody = Unavailable(Why.CONFIGURATION, "a query that the protocol cannot ask")
        return [next(answers) if _can_be_sent(query) else self.observed(query, nobody, now) for query in queries]

    def _answered(self, batch: Batch, queries: tuple[Query, ...]) -> Flow[list[Observation]]:
        values = {f"secret:{name}": self._secrets[name] for name in self._secrets}
        body = {"queries": [written_query(query) for query in queries]}
        reply = yield Send(built(batch.ask, self._address, values, body))
        response = received(reply)
        try:
            if not isinstance(response, Unavailable):
                told = self._reader.batch(queries, self._body(response), reply.now)
                return [self._unrepeated(each, response.body, reply.now) for each in told]
            problem = response
        except Exception as error:  # noqa: BLE001 -- whatever a reader raises, nobody could say
            problem = unread(error, of_body=True)
        return [self.observed(query, problem, reply.now) for query in queries]


def _stated(mapping: ApiMapping, authoritative: bool | None, scope: Scope | str | None) -> ApiMapping:  # noqa: FBT001 -- by position within this module alone
    if authoritative is not None and type(authoritative) is not bool:
        message = f"authoritative is {type(authoritative).__name__}: true or false is expected"
        raise ConfigurationError(message)
    stated = mapping.authoritative if authoritative is None else authoritative
    return replace(mapping, authoritative=stated, scope=mapping.scope if scope is None else Scope.parse(scope))


def _credentials(mapping: ApiMapping, given: Mapping[str, str]) -> Credentials:
    known = ", ".join(mapping.needs) or "none"
    for name in given:
        if name not in mapping.needs:
            message = f"secrets.{shown(name)}: nothing in {mapping.name} has a place for it"
            raise ConfigurationError(message, hint=f"known: {known}", code="config.secret")
    credentials = Credentials({**mapping.secrets, **given})
    missing = [name for name, is_optional in mapping.needs.items() if not is_optional and name not in set(credentials)]
    if missing:
        message = f"{mapping.name}: the secret {missing[0]} is missing"
        hint = f'secrets={{"{missing[0]}": "env:NAME"}}, or [secrets] in the mapping'
        raise ConfigurationError(message, hint=hint, code="config.secret")
    return credentials


def _can_be_sent(query: Query) -> bool:
    """Whether the protocol takes it: one bad query would spoil its batch."""
    if type(query) is ByDomain:
        return domain_defect(query.domain) == (query.domain, None)
    return all(
        0 < len(text) <= MAX_TEXT and text.strip() and text.encode("utf-8", "replace").decode("utf-8") == text
        for text in written_query(query).values()
    )


def from_url(
    url: str,
    *,
    secrets: Mapping[str, str] | None = None,
    insecure_http: bool = False,
    transport: Transport | None = None,
) -> JsonApi:
    """
    The registry that speaks the registry protocol at an address.

    The secret `token`, if there is one, goes along as the bearer token. Raises `ConfigurationError`.
    """
    return JsonApi.ready("icpgate", url=url, secrets=secrets, insecure_http=insecure_http, transport=transport)


def from_file(path: str, *, transport: Transport | None = None) -> JsonApi:
    """The registry that a TOML file maps; raises `ConfigurationError` with every defect and its place."""
    return JsonApi.load(path, transport=transport)
