"""
The enterprise-side interface of the registration system: what access providers, and some stores, really have.

- Asked by domain, by an operator's document, and, once `observed_app_query` is on, by document and package
  (condition 102: *observed, not specified*). There is no way to ask it by number.
- An answer counts only when it repeats the condition letter for letter. Its *no* counts only where the
  configuration says that the bureau is complete for all: a scope is about numbers, and none was asked.
- A wrong password is tried once, however many ask at once: the interface counts, and locks.

docs/enterprise.md has the configuration, the sources, and what the interface cannot say.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, Self

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Unavailable, Why
from icpgate.errors import ConfigurationError, InvalidRecord
from icpgate.identifiers import domain_defect
from icpgate.lookup.enterprise.bureaus import bureau_name, chosen, province_named
from icpgate.lookup.enterprise.conditions import APP, DOMAIN, condition_of
from icpgate.lookup.enterprise.configuration import load_file
from icpgate.lookup.enterprise.door import PATIENCE, Door, Turn
from icpgate.lookup.enterprise.hours import seconds_left
from icpgate.lookup.enterprise.password import HASH_ALGORITHM, can_be_hashed, password_hash, random_text
from icpgate.lookup.enterprise.soap import called, content_type, returned
from icpgate.lookup.enterprise.statusinfo import Asked, registered
from icpgate.lookup.httpstatus import made_at
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.mapping.credentials import Credentials
from icpgate.lookup.simple import SimpleRegistry, at_once, received, unread
from icpgate.lookup.steps import Now, ReadLocally, Request, Send, Unanswered
from icpgate.record import RegistrationRecord

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from icpgate.answer import Answer, Observation, Query
    from icpgate.lookup.enterprise.bureaus import Bureau
    from icpgate.lookup.enterprise.configuration import Configuration
    from icpgate.lookup.enterprise.statusinfo import Registered
    from icpgate.lookup.steps import Flow, Reply, Response

__all__ = ["EnterpriseRegistry", "from_file"]

MAX_TEXT: Final = 256
"""Characters of a document number or a package; the longest domain has 253."""

_CONTAINS: Final = frozenset(
    {
        "registration_number", "entity_number", "status", "service_name", "kind", "document_number", "platforms",
        "domains", "observed_at", "source",
    }
)  # fmt: skip

_NOT_CALLED: Final = frozenset({Why.CONFIGURATION, Why.WRONG_PROVINCE})
"""What is mostly said without a call."""


class EnterpriseRegistry(SimpleRegistry):
    """
    One access to the interface, at one bureau or several. It may be shared by threads and used after a fork.

    Records have the numbers, the service's name, the status, and what was asked by; never the operator's name, a
    platform or a key, so that rules about those are *not checkable* here. A record was observed when its answer
    was made.
    """

    width: ClassVar[int] = 4

    def __init__(self, configuration: Configuration, *, secrets: Mapping[str, str] | None = None) -> None:
        """
        Take a configuration; `secrets`, as texts, `env:NAME` or `file:PATH`, go before its own.

        Raises `ConfigurationError` for a password that is missing, or that GBK cannot write.
        """
        self._configuration = configuration
        self._secrets = _passwords(configuration, secrets or {})
        self._doors = {place: Door() for place in configuration.bureaus}
        self.id = configuration.id
        self.capabilities = Capabilities(
            by_number=False,
            by_document=True,
            by_domain=True,
            authoritative=configuration.authoritative,
            scope=configuration.scope,
            cacheable=configuration.cacheable,
            contains=_CONTAINS,
        )

    def __repr__(self) -> str:
        """Its id alone."""
        return f"EnterpriseRegistry({self.id!r})"

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], *, secrets: Mapping[str, str] | None = None) -> Self:
        """The access that a TOML file configures; raises `ConfigurationError` with every defect and its place."""
        return cls(load_file(path), secrets=secrets)

    def ask_all(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `SimpleRegistry.ask_all`: the first call alone, so that nobody of a batch waits at the door."""
        alone: list[Observation] = []
        for query in queries:
            alone.append((yield from self.ask_one(query)))
            answer = alone[-1].answer
            if type(answer) is not Unavailable or answer.why not in _NOT_CALLED:
                break
        rest = queries[len(alone) :]
        observations = yield from at_once([self.ask_one(query) for query in rest], self.width)
        return [*alone, *(yield from self.settled(rest, observations))]

    def ask_one(self, query: Query) -> Flow[Observation]:
        """See `SimpleRegistry.ask_one`."""
        try:
            bureau, asked = self._bureau(query), self._asked(query)
        except Exception as error:  # noqa: BLE001 -- whatever a query of the caller's own raises, nobody could say
            return self.observed(query, unread(error), (yield Now()).now)
        began = yield Now()
        closed = seconds_left(self._configuration.maintenance, began.now)
        if closed:
            shut = Unavailable(Why.MAINTENANCE, "outside the hours in which it is asked", closed)
            return self.observed(query, shut, began.now)
        door = self._doors[bureau.place]
        turn, reply = door.enter(began.elapsed), began
        for _ in range(PATIENCE):
            if turn is not Turn.WAIT:
                break
            reply = yield ReadLocally(door.wait)
            turn = door.enter(reply.elapsed)
        if turn is not Turn.CALL:
            answer = turn if isinstance(turn, Unavailable) else Unavailable(Why.TIMEOUT, "the first call goes on")
            return self.observed(query, answer, reply.now)
        return (yield from self._called(query, bureau, asked, door))

    def _called(self, query: Query, bureau: Bureau, asked: Asked, door: Door) -> Flow[Observation]:
        """Call, and tell the door what came of it, even if nobody waits for that any more."""
        observation, elapsed = None, 0.0
        try:
            drawn = yield ReadLocally(random_text, quick=True)
            if not isinstance(drawn.value, str):
                return self.observed(query, Unavailable(Why.INTERNAL, "no random text"), drawn.now)
            reply = yield Send(self._call(bureau, asked, drawn.value))
            elapsed, observation = reply.elapsed, self._read(query, bureau, asked, reply)
            return observation
        finally:
            door.leave(None if observation is None else observation.answer, elapsed)

    def _read(self, query: Query, bureau: Bureau, asked: Asked, reply: Reply) -> Observation:
        response = received(reply)
        if isinstance(response, Unavailable):
            return self.observed(query, response, reply.now)
        made = made_at(response, reply.now)
        try:
            return self.observed(query, self._answer(query, bureau, asked, response, made), made)
        except Exception as error:  # noqa: BLE001 -- as above
            return self.observed(query, unread(error, of_body=True), reply.now)

    def _bureau(self, query: Query) -> Bureau:
        bureau = chosen(self._configuration.bureaus, self._configuration.home, query)
        if bureau is None:
            named = province_named(query)
            whom = bureau_name(named) if named else "what names no province"
            raise Unanswered(Why.WRONG_PROVINCE, f"no bureau is configured for {whom}")
        return bureau

    def _asked(self, query: Query) -> Asked:
        """The condition of a query; raises `Unanswered` for one that the interface cannot be asked."""
        if type(query) is ByDomain:
            if domain_defect(query.domain) != (query.domain, None):
                raise Unanswered(Why.CONFIGURATION, "not a domain in its normal form")
            return Asked(DOMAIN, (query.domain,))
        if type(query) is not ByDocument:
            raise Unanswered(Why.CONFIGURATION, f"the registry cannot be asked {type(query).__name__}")
        number = self._sendable(query.document_number)
        if not query.package:
            condition = condition_of(query.document_type, number, self._configuration.conditions)
            return Asked(condition, (number,), of_entity=True)
        if not self._configuration.observed_app_query:
            raise Unanswered(Why.CONFIGURATION, "asking by package is switched off: observed_app_query")
        return Asked(APP, (_base64(number), _base64(self._sendable(query.package))))

    def _sendable(self, text: str) -> str:
        """The text, if the interface can be asked by it as it stands."""
        if not 0 < len(text) <= MAX_TEXT or text != text.strip() or not text.isprintable():
            raise Unanswered(Why.CONFIGURATION, "a text that cannot be sent")
        try:
            text.encode(self._configuration.charset)
        except UnicodeEncodeError:
            raise Unanswered(Why.CONFIGURATION, "a character that the interface's charset does not have") from None
        return text

    def _call(self, bureau: Bureau, asked: Asked, random: str) -> Request:
        configuration = self._configuration
        parameters = [
            (configuration.parameters.isp_id, bureau.isp_id),
            ("userName", bureau.user_name),
            ("randVal", random),
            ("pwdHash", password_hash(self._secrets[bureau.password], random)),
            ("hashAlgorithm", HASH_ALGORITHM),
            ("queryConditionType", str(asked.condition)),
            *zip(("queryCondition", configuration.parameters.second_condition), asked.texts, strict=False),
        ]
        headers = (
            ("Accept", "text/xml"),
            ("Content-Type", content_type(configuration.charset)),
            ("SOAPAction", '""'),
        )
        body = called(configuration.namespace, parameters, configuration.charset)
        return Request("POST", bureau.url, headers, body)

    def _answer(self, query: Query, bureau: Bureau, asked: Asked, response: Response, made: datetime) -> Answer:
        said = registered(returned(response, self._configuration.namespace), asked)
        if said is not None:
            return Found((_record(query, said, made, f"{self.id} {bureau.place}"),))
        if not self.capabilities.authoritative:
            return Unavailable(Why.NOT_LISTED, "a no, but the bureau does not count as complete")
        if not self.capabilities.scope.is_all:
            return Unavailable(Why.NOT_COVERED, f"a no of a bureau that is complete for {self.capabilities.scope}")
        return NotRegistered("all")


def _passwords(configuration: Configuration, given: Mapping[str, str]) -> Credentials:
    needed = dict.fromkeys(bureau.password for bureau in configuration.bureaus.values())
    stated = {**configuration.secrets, **given}
    for name in needed:
        if name not in stated:
            hint = f'{name} = "env:BUREAU_PASSWORD" in [secrets]'
            raise ConfigurationError(f"the secret {name} is missing", hint=hint, code="config.secret")
    for name in stated:
        if name not in needed:
            message = f"the secret {name} is not used by any bureau"
            raise ConfigurationError(message, hint=f"known: {', '.join(needed)}", code="config.secret")
    secrets = Credentials(stated)
    for name in needed:
        if not can_be_hashed(secrets[name]):
            message = f"the secret {name} has a character that GBK does not have"
            raise ConfigurationError(message, hint="the interface hashes it as GBK", code="config.secret")
    return secrets


def _base64(text: str) -> str:
    """As condition 102 has it. What was seen is ASCII: how other characters are encoded is not known."""
    if not text.isascii():
        raise Unanswered(Why.CONFIGURATION, "not ASCII: how condition 102 encodes that was never seen")
    return base64.b64encode(text.encode("ascii")).decode("ascii")


def _record(query: Query, said: Registered, made: datetime, source: str) -> RegistrationRecord:
    row: dict[str, object] = {
        "registration_number": said.service_number or said.entity_number,
        "entity_number": said.entity_number,
        "service_name": said.service_name,
        "status": "registered",
    }
    if isinstance(query, ByDomain):
        row["domains"] = [query.domain]
    elif isinstance(query, ByDocument) and query.package:
        row["platforms"] = [{"package": query.package}]
    elif (
        isinstance(query, ByDocument) and query.document_type is not None
    ):  # pragma: no branch -- else nothing was sent
        row["document_type"] = query.document_type.value
    try:
        record = RegistrationRecord.read(row, observed_at=made, source=source)
    except InvalidRecord as error:
        raise Unanswered(Why.SCHEMA, f"not a record: {error.defects[0].place}") from None
    # The answer repeated it letter for letter: the form that a reader would give it is of no interest.
    document_number = query.document_number if isinstance(query, ByDocument) else None
    return replace(record, document_number=document_number, kind=record.registration_number.service_kind)


def from_file(path: str) -> EnterpriseRegistry:
    """The access that a TOML file configures; raises `ConfigurationError` with every defect and its place."""
    return EnterpriseRegistry.from_file(path)
