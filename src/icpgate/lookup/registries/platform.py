"""
What the platforms of mini programs say about those that you name: `platform:platform.toml`.

- A platform is asked by access token, and answers about the one mini program of that token. So each is named with its
  number, and what a platform says about another number is no answer.
- The state is the platform's, the record that of its registration in force: only one that repeats the number counts.
- *Not registered* is a no only where the gatekeeper calls the platforms authoritative.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from icpgate.answer import ByNumber, Found, NotRegistered, Unavailable, Why
from icpgate.lookup.channel import open_channel
from icpgate.lookup.httpstatus import made_at
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.mapping.address import Address
from icpgate.lookup.mapping.asking import requested
from icpgate.lookup.mapping.body import read_body
from icpgate.lookup.mapping.credentials import Credentials
from icpgate.lookup.mapping.extraction import Extraction, pass_checks
from icpgate.lookup.platform import douyin, wechat
from icpgate.lookup.platform.meaning import meaning_of
from icpgate.lookup.platform.settings import ADDRESSES, PlatformSettings, Program, load
from icpgate.lookup.scope import Scope
from icpgate.lookup.simple import SimpleRegistry, received, unread
from icpgate.lookup.steps import Now, ReadLocally, Send, Unanswered
from icpgate.number import parse
from icpgate.signing import Platform

if TYPE_CHECKING:
    import os
    from datetime import datetime

    from icpgate.answer import Answer, Observation, Query
    from icpgate.jsontext import Json
    from icpgate.lookup.mapping.model import Ask
    from icpgate.lookup.steps import Flow
    from icpgate.lookup.transport import Transport
    from icpgate.number import RegistrationNumber

__all__ = ["PlatformRegistry", "Program", "from_file"]


class PlatformRegistry(SimpleRegistry):
    """
    The mini programs of its settings, asked by number. It may be shared by threads and used after a fork.

    A number that it was not given is *not covered*, and takes no request.
    """

    def __init__(self, settings: PlatformSettings, *, transport: Transport | None = None) -> None:
        """
        Take the settings; every token is read once, to tell at once what is wrong. Raises `ConfigurationError`.

        `transport` is how the platforms are reached: TLS, a proxy.
        """
        self.id = settings.id
        self.channel = open_channel(transport, self.id)
        in_clear = settings.insecure_http or (transport is not None and transport.insecure_http)
        self._programs: dict[RegistrationNumber, tuple[Program, Address]] = {}
        for program in settings.programs:
            program.credentials()
            url = program.url or ADDRESSES[Platform(program.platform)]
            self._programs[parse(program.number)] = program, Address.parse(url, insecure_http=in_clear)
        self.capabilities = Capabilities(
            authoritative=settings.authoritative,
            scope=Scope.parse(settings.scope),
            contains=meaning_of(Platform.WECHAT).contains,  # of the other platform there are no records
        )

    def __repr__(self) -> str:
        """Its id alone."""
        return f"PlatformRegistry({self.id!r})"

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, transport: Transport | None = None) -> Self:
        """The mini programs of a TOML file; raises `ConfigurationError`."""
        return cls(load(path), transport=transport)

    def ask_one(self, query: Query) -> Flow[Observation]:
        """See `SimpleRegistry.ask_one`: the state first, then what is registered."""
        try:
            answer = yield from self._said(query)
        except Exception as error:  # noqa: BLE001 -- whatever a reader raises, nobody could say
            answer = unread(error, of_body=True)
        return self.observed(query, answer, (yield Now()).now)

    def _said(self, query: Query) -> Flow[Answer]:
        if type(query) is not ByNumber:
            raise Unanswered(Why.CONFIGURATION, f"the registry cannot be asked {type(query).__name__}")
        if query.number not in self._programs:
            raise Unanswered(Why.NOT_COVERED, "no mini program of this number was named")
        program, address = self._programs[query.number]
        reply = yield ReadLocally(program.credentials)
        if not isinstance(reply.value, Credentials):
            raise Unanswered(Why.CONFIGURATION, "the token cannot be read")
        asking = _Asking(program, address, reply.value, query, self.id)
        if program.platform == Platform.WECHAT:
            found = yield from asking.wechat()
            return self._no(query) if found is None else found
        yield from asking.douyin()
        return self._no(query)

    def _no(self, query: ByNumber) -> Answer:
        """The platform's *not registered*, as far as it counts."""
        able = self.capabilities
        if not able.authoritative:
            return Unavailable(Why.NOT_LISTED, "the platform says not registered, and does not count as authoritative")
        if not able.scope.covers(query.number):
            return Unavailable(Why.NOT_COVERED, f"a no outside the scope {able.scope}")
        return NotRegistered(str(able.scope))


class _Asking:
    """One mini program, while its platform is asked."""

    def __init__(self, program: Program, address: Address, token: Credentials, query: ByNumber, registry: str) -> None:
        self._program, self._address, self._token, self._query = program, address, token, query
        self._mapping = meaning_of(Platform(program.platform))
        self._source = f"{registry} {program.platform}"

    def wechat(self) -> Flow[Found | None]:
        """What WeChat says; None for *not registered*."""
        value, seen = yield from self._sent(wechat.STATUS)
        state = wechat.state_of(value)
        if state is None:
            return None
        value, made = yield from self._sent(wechat.ORDER)
        if isinstance(value, dict) and isinstance(value.get("icp_applets"), dict):
            value |= {"icp_applets": [value["icp_applets"]]}  # the platform's pages have it both ways
        answer = Extraction(self._mapping, self._query, min(seen, made), self._source).answer(value)
        assert isinstance(answer, Found)  # noqa: S101 -- the mapping has no word for a no
        record = replace(answer.record, status=state)
        packages = {platform.package for platform in record.platforms or ()}
        if self._program.package and packages != {self._program.package}:
            raise Unanswered(Why.MALFORMED, "another mini program")
        return Found((record,))

    def douyin(self) -> Flow[None]:
        """Return when Douyin says *not registered*; raises `Unanswered` for everything else."""
        value, _ = yield from self._sent(douyin.STATUS)
        douyin.says_no(value, self._program.not_registered)

    def _sent(self, ask: Ask) -> Flow[tuple[Json, datetime]]:
        """The checked JSON that answers a request, and when it was made; raises `Unanswered`."""
        reply = yield Send(requested(ask, self._address, self._query, self._token))
        response = received(reply)
        if isinstance(response, Unavailable):
            raise Unanswered(response.why, response.detail, retry_after=response.retry_after)
        value = read_body(response)
        pass_checks(self._mapping, value)
        return value, made_at(response, reply.now)


def from_file(path: str, *, transport: Transport | None = None) -> PlatformRegistry:
    """The mini programs of a TOML file; raises `ConfigurationError`."""
    return PlatformRegistry.load(path, transport=transport)
