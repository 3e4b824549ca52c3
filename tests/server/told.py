"""A second reader of the protocol, and a client with nothing but sockets: what a test holds the server to."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.record import RegistrationRecord, read_time
from icpgate.testing.serving import RegistryServer
from tests.cases import NOW, registered

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from icpgate.answer import Answer, Query

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Said:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error."""
        code = self.json["error"]["code"]
        assert isinstance(code, str)
        return code


class Client:
    """One connection that is kept."""

    def __init__(self, port: int, *, timeout: float = 20.0) -> None:
        """Connect with the first request."""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def __enter__(self) -> Self:
        """Nothing is open yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.connection.close()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Said:
        """Send a request; underscores of header names are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, named)
        response = self.connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Said(response.status, told, response.read())

    def get(self, path: str, **headers: str) -> Said:
        """A GET."""
        return self.ask("GET", path, None, **headers)

    def number(self, number: str, base: str = "") -> Said:
        """Ask for one number."""
        return self.get(f"{base}/v1/registrations/{quote(number)}")

    def batch(self, *queries: object, **headers: str) -> Said:
        """Ask a batch."""
        body = json.dumps({"queries": queries}, ensure_ascii=False).encode()
        return self.ask("POST", "/v1/lookup", body, **{"Content_Type": "application/json", **headers})


def memory(*records: dict[str, object], scope: str = "all", authoritative: bool = True) -> MemoryRegistry:
    """A registry of these records, by default the usual one."""
    read = [RegistrationRecord.read(record) for record in records or (registered(),)]
    return MemoryRegistry(
        read, id="memory", authoritative=authoritative, scope=scope, observed_at=NOW, source="test export"
    )


def served(app: Starlette) -> RegistryServer:
    """A server of an application that a test made itself."""
    server = RegistryServer(memory())
    server._app = app
    return server


def asked(query: Query) -> dict[str, str]:
    """A query as a batch has it."""
    if isinstance(query, ByNumber):
        return {"number": query.number.canonical}
    names = ("document_number", "package", "domain")
    return {name: getattr(query, name) for name in names if hasattr(query, name)}


def read_answer(query: Query, told: dict[str, Any], registry: str) -> Observation:
    """What an answer of the protocol says, with the id that the reader gives to the registry."""
    keys = asked(query)
    assert {name: told[name] for name in keys} == keys
    seen = read_time(told["observed_at"])
    return Observation(query, _answer(query, told), seen, told["source"], registry)


def _answer(query: Query, told: dict[str, Any]) -> Answer:
    if told["status"] == "unavailable":
        return Unavailable(Why(told["why"]), told["detail"])
    if told["status"] == "not_registered":
        assert told["authoritative"] is True
        return NotRegistered(told["scope"])
    rows = [told["record"]] if isinstance(query, ByNumber) else told["records"]
    records = tuple(RegistrationRecord.read(row) for row in rows)
    states = {record.status for record in records}
    assert told["status"] == (records[0].status if len(states) == 1 else "registered")
    return Found(records)
