"""
A canary in every place that bears a secret, and everything that is written looked through: none turns up.

The servers here hand back whatever they were sent, in headers, bodies and redirections. `tests/edge` has
canaries through every fault of a server besides.
"""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from base64 import b64encode
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from icpgate.answer import ByDocument, ByDomain
from icpgate.app import App
from icpgate.errors import IcpGateError
from icpgate.lookup import Cache, SystemClock
from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.drivers import World
from icpgate.lookup.enterprise.configuration import load_text as enterprise_text
from icpgate.lookup.interface import shut
from icpgate.lookup.mapping import load_ready, load_text
from icpgate.lookup.platform.settings import PlatformSettings, Program
from icpgate.lookup.registries.combined import Combined
from icpgate.lookup.registries.enterprise import EnterpriseRegistry
from icpgate.lookup.registries.gateway import GatewayRegistry
from icpgate.lookup.registries.json_api import JsonApi, from_url
from icpgate.lookup.registries.platform import PlatformRegistry
from icpgate.lookup.registry import registry_from_url
from icpgate.lookup.steps import Send
from icpgate.lookup.transport import Transport
from icpgate.rules import Action
from icpgate.settings import GateSettings
from icpgate.testing import FixedClock, RegistrySimulator
from icpgate.testing.contracts.performing import performed
from icpgate.testing.enterprise import EnterpriseServer
from icpgate.testing.serving import RegistryServer
from tests.awaited import GATES
from tests.cases import NOW, NUMBER, described, registered
from tests.commandline import run
from tests.lookup.cache.servers import Impostor
from tests.lookup.files import by
from tests.lookup.mapping.local import LocalServer, Received, Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from icpgate.gate import Gate
    from icpgate.lookup.interface import Registry

CANARY = "CANARY-7f3a-token-of-32-characters"
"""Long enough for every rule about tokens, and a word that stands nowhere else."""

PERSON = "110101199003078515"
"""A document number, of nobody: it is asked by, and is a person's secret."""

MINI = "粤B2-20090059-1626X"
SHAPES = [shape for shape in ("icpgate", "chinaz-app", "chinaz-icp", "apihz") if load_ready(shape).needs]
BUREAU = 'namespace = "urn:x"\nisp_id = "1"\nuser_name = "user"\nobserved_app_query = true\nhome = "京"\n'
OWN = """
id = "own"
url = "{url}"

[request.number]
method = "POST"
path = "/{{secret:path}}/apps"
query = {{ key = "{{secret:key}}" }}
headers = {{ X-Key = "{{secret:header}}" }}
json = {{ number = "{{number}}", password = "{{secret:body}}" }}

[[check]]
at = "/code"
table = [{{ is = 0, means = "ok" }}]

[records]
object = "/data"

[record]
registration_number = "/number"
status = {{ constant = "registered" }}
"""


def spelled(secret: str) -> list[str]:
    """The ways in which a secret may be written."""
    return [secret, quote(secret, safe=""), b64encode(secret.encode()).decode().rstrip("="), secret.encode().hex()]


SPELLINGS = [*spelled(CANARY), *spelled(f"user:{CANARY}")[1:], *spelled(PERSON)]


class Written:
    """All that was written anywhere."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        """Begin to listen."""
        self._caplog = caplog
        self._texts: list[str] = []

    def keep(self, *things: object) -> None:
        """Keep how each is shown."""
        for thing in things:
            self._texts += [repr(thing), str(thing)]

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Keep an error that leaves a call, with its chain."""
        try:
            yield
        except IcpGateError as error:
            self.keep(error, error.message, error.hint, vars(error), "".join(traceback.format_exception(error)))

    def hits(self) -> list[str]:
        """Where a canary turned up."""
        logged = [f"{record.getMessage()} {vars(record)}" for record in self._caplog.records]
        return [text[:300] for text in [*self._texts, *logged] if any(spelling in text for spelling in SPELLINGS)]


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> Written:
    """Everything from DEBUG on, of everybody, is logged."""
    caplog.set_level(logging.DEBUG)
    for name in ("icpgate", "httpx", "asyncio", "redis", "uvicorn"):
        caplog.set_level(logging.DEBUG, logger=name)
    return Written(caplog)


def _body(request: Received) -> bytes:
    told = {"target": request.target, "headers": dict(request.headers), "body": request.body.decode("utf-8", "replace")}
    return json.dumps(told | {"code": 0, "msg": request.target, "message": str(told), "data": told}).encode()


REFLECTIONS: dict[str, Callable[[Received], Sent]] = {
    "as it was sent": lambda request: Sent(_body(request)),
    "as a page": lambda request: Sent(b"<p>" + _body(request), headers={"content-type": f"text/html; x={CANARY}"}),
    "as an error": lambda request: Sent(_body(request), 500, {"x-debug": CANARY}),
    "as a refusal": lambda request: Sent(_body(request), 401, {"www-authenticate": f'Bearer error="{CANARY}"'}),
    "as a redirection": lambda request: Sent(b"", 302, {"location": f"http://127.0.0.1:1{request.target}&t={CANARY}"}),
    "too often": lambda request: Sent(_body(request), 429, {"retry-after": CANARY}),
    "cut": lambda request: Sent(_body(request)[:-20]),
}


def registries(url: str) -> list[Registry]:
    """One of each kind that bears a secret, at this address."""
    key = {"token": CANARY}
    program = Program(platform="wechat", number=MINI, token=CANARY, package="wx0123456789abcdef", url=url)
    province = f'{BUREAU}[bureaus]\n"京" = "{url}"\n'
    own = dict.fromkeys(("path", "key", "header", "body"), CANARY)
    proxy = Transport(proxy=f"http://user:{CANARY}@{url.removeprefix('http://')}", insecure_http=True)
    made: list[Registry] = [
        *(JsonApi.ready(shape, url=url, secrets=dict.fromkeys(load_ready(shape).needs, CANARY)) for shape in SHAPES),
        JsonApi(load_text(OWN.format(url=url)), secrets=own),
        PlatformRegistry(PlatformSettings(programs=(program,))),
        GatewayRegistry.at(url, secrets=key),
        EnterpriseRegistry(enterprise_text(province), secrets={"password": CANARY}),
        JsonApi.ready("icpgate", url="http://registry.example.invalid", secrets=key, transport=proxy, id="by a proxy"),
    ]
    return [*made, Combined([from_url(url, secrets=key), GatewayRegistry.at(url, secrets=key)], id="combined")]


def apps() -> list[App]:
    """One with a number, one to be asked by a person's document, and one of a mini program."""
    operator = {"name": "示例", "document_type": "id_card", "document_number": PERSON}
    return [
        App.parse(described()),
        App.parse(described(registration_number=None, display=None, operator=operator)),
        App.parse(
            described(
                registration_number=MINI,
                kind="mini_program",
                platform="wechat",
                package="wx0123456789abcdef",
                signing_certificates=None,
            )
        ),
    ]


def decide(kind: type[Gate], registry: Any, written: Written, **options: Any) -> None:
    """Decide on the apps, and keep everything that can be shown of it."""
    with kind.for_listing(registry, clock=FixedClock(NOW), **options) as gate:  # nobody sleeps between two attempts
        for app in apps():
            decision = gate.check(app)
            written.keep(decision, json.dumps(decision.written(), ensure_ascii=False), *decision.evidence)
            written.keep(*(f"{reason.title('en')} {reason.detail} {reason}" for reason in decision.reasons))
        cache = gate.lookup.cache
        written.keep(registry, registry.id, registry.capabilities, gate, gate.lookup, gate.lookup.status)
        written.keep(cache, cache.statistics, cache.memory, cache.level)


def look_up(registry: Any, written: Written) -> None:
    """Ask the registry itself for everything that it can be asked, and keep each step and answer."""
    world = World(SystemClock())
    queries = [by(NUMBER), by(MINI), ByDocument(PERSON, "com.sig.wameiji"), ByDomain("api.example.cn")]
    askable = [query for query in queries if type(query) in registry.capabilities.queries]
    script = performed(registry.ask(askable), world)
    written.keep(script.result, script.error, askable)
    for step, reply in script.all_replies():
        written.keep(step, reply.value, reply.error)
        if isinstance(step, Send):
            written.keep(step.request)
    world.close()


@pytest.mark.parametrize("how", REFLECTIONS)
def test_what_comes_back_is_not_told(how: str, written: Written) -> None:
    """Whatever a server hands back of what it was sent, and however."""
    with LocalServer(REFLECTIONS[how]) as server:
        for registry in registries(server.url):
            look_up(registry, written)
            shut(registry)
        for kind in GATES:
            for registry in registries(server.url):
                decide(kind, registry, written)
        sent = " ".join(f"{request.target} {request.headers} {request.body!r}" for request in server.received)
    assert written.hits() == []
    assert sum(spelling in sent for spelling in SPELLINGS) >= 3, "nothing secret was sent at all"


def test_what_nobody_answers_is_not_told(written: Written) -> None:
    """Nobody is there, or there is no such place."""
    for url in ("http://127.0.0.1:9", "http://localhost.invalid"):
        with written.errors():
            for registry in registries(url):
                look_up(registry, written)
                shut(registry)
    decide(GATES[0], registries("http://127.0.0.1:9")[0], written)
    assert written.hits() == []


def test_a_cache_tells_neither_its_password_nor_its_secret(written: Written, tmp_path: Path) -> None:
    """Whether its server takes the password, refuses it and hands it back, hangs up, or is not there."""

    def repeating(command: list[bytes]) -> bytes:
        return b"-ERR " + b" ".join(command).replace(b"\r\n", b" ") + b"\r\n"

    for answer in (repeating, lambda _: b"+OK\r\n", lambda _: None):
        with Impostor(answer) as server:
            place = server.url.removeprefix("redis://")
            for url in (f"redis://user:{CANARY}@{place}/0", f"redis://:{CANARY}@127.0.0.1:9/0"):
                for kind in GATES:
                    cache = Cache(level=url, secret=CANARY)
                    decide(kind, RegistrySimulator([registered()]), written, cache=cache)
                    written.keep(cache, vars(cache.memory) if hasattr(cache.memory, "__dict__") else "", cache.level)
                    cache.close()
                settings = GateSettings(action=Action.LIST, registry="https://registry.example.cn", cache=url)
                with written.errors(), settings.gate() as gate:
                    written.keep(gate, gate.lookup)
    with Cache(level=f"sqlite:{tmp_path}/cache.db", secret=CANARY) as cache:
        decide(GATES[0], RegistrySimulator([registered()]), written, cache=cache)
    assert not any(spelling.encode() in (tmp_path / "cache.db").read_bytes() for spelling in spelled(CANARY))
    assert written.hits() == []


WRONG: dict[str, Callable[[], object]] = {
    "a token of two lines": lambda: from_url("https://a.example.cn", secrets={"token": f"{CANARY}\nx"}),
    "a secret without a place": lambda: from_url("https://a.example.cn", secrets={"password": CANARY}),
    "a secret in the address": lambda: from_url(f"https://user:{CANARY}@a.example.cn"),
    "a secret in the address's query": lambda: from_url(f"https://a.example.cn?token={CANARY}"),
    "an address that is none": lambda: from_url(f"https://:{CANARY}:443:8/"),
    "no secret": lambda: JsonApi.ready("chinaz-app", url="https://a.example.cn", secrets={"other": CANARY}),
    "a registry's URL": lambda: registry_from_url(f"https://user:{CANARY}@a.example.cn"),
    "a scheme that is none": lambda: registry_from_url(f"htps://user:{CANARY}@a.example.cn"),
    "a level's URL": lambda: Cache(level=f"redis://user:{CANARY}@a b/0"),
    "a level's scheme": lambda: Cache(level=f"rediss+x://user:{CANARY}@127.0.0.1/0"),
    "a level's option": lambda: Cache(level=f"redis://user:{CANARY}@127.0.0.1/x"),
    "a level's port": lambda: RedisLevel(f"redis://user:{CANARY}@127.0.0.1:x"),
    "a secret of a cache": lambda: Cache(secret=[CANARY]),  # type: ignore[arg-type]  # the mistake in question
    "a proxy": lambda: from_url("https://a.example.cn", transport=Transport(proxy=f"ftp://user:{CANARY}@127.0.0.1:1")),
    "a proxy's port": lambda: from_url("https://a.example.cn", transport=Transport(proxy=f"http://u:{CANARY}@h:x")),
    "a key's password": lambda: Transport(client_key_password=CANARY),
    "a mapping's secret": lambda: load_text(
        OWN.format(url=f"https://user:{CANARY}@a.cn") + f"[secrets]\npath = '{CANARY}'\n"
    ),
    "a mapping's path": lambda: load_text(OWN.format(url="https://a.cn").replace("/{secret:path}", f"/{CANARY}{{x")),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_refused_is_not_told(what: str, written: Written) -> None:
    """The mistakes of a configuration are told with their place, not with what stands there."""
    with written.errors():
        written.keep(WRONG[what]())
    assert written.hits() == []


def test_secrets_are_not_written_down(written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a pickle nor by settings; of a file or a variable its name is told at most."""
    (tmp_path / "token").write_text(CANARY)
    monkeypatch.setenv("ICPGATE_TEST_TOKEN", CANARY)
    for value in (CANARY, f"file:{tmp_path}/token", "env:ICPGATE_TEST_TOKEN"):
        registry = from_url("https://registry.example.cn", secrets={"token": value})
        written.keep(registry, vars(registry))
        with suppress(TypeError, AttributeError, pickle.PicklingError):
            assert CANARY.encode() not in pickle.dumps(registry)
    settings = GateSettings(
        action=Action.LIST, registry="https://registry.example.cn", token_file=str(tmp_path / "token")
    )
    assert CANARY.encode() not in pickle.dumps(settings)
    with settings.gate() as gate:
        written.keep(settings, gate, gate.lookup)
    assert written.hits() == []


APP = ("--name", "挖煤姬", "--kind", "app", "--platform", "android", "--package", "com.sig.wameiji", "--number", NUMBER)


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_the_command_line_tells_no_secret(form: str, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token and a cache's password out of the environment, whatever comes of it."""
    monkeypatch.setenv("ICPGATE_REGISTRY_TOKEN", CANARY)
    monkeypatch.setenv("ICPGATE_CACHE_SECRET", CANARY)
    level = f"redis://user:{CANARY}@127.0.0.1:9/0"
    with ExitStack() as stack:
        right = stack.enter_context(RegistryServer(RegistrySimulator([registered()]), token=CANARY))
        wrong = stack.enter_context(RegistryServer(RegistrySimulator(), token="another-token-of-32-characters.."))  # noqa: S106 -- invented
        mirror = stack.enter_context(LocalServer(REFLECTIONS["as it was sent"]))
        for url in (right.url, wrong.url, mirror.url, "http://127.0.0.1:9", f"https://user:{CANARY}@a.example.cn"):
            for more in ((), ("--cache", level), ("--cache", f"redis://user:{CANARY}@a b")):
                written.keep(run("check", "--for", "list", *APP, "--registry", url, "--format", form, *more))
    for command in ("stats", "invalidate"):
        written.keep(run("cache", command, "--cache", level), run("cache", command, "--cache", level + "/x"))
    assert written.hits() == []


def test_a_server_tells_no_token(written: Written) -> None:
    """Neither the one that it demands nor the one that it is given."""
    with RegistryServer(RegistrySimulator([registered()]), token=CANARY) as server:
        written.keep(server, vars(server)["_running"])
        for token in (CANARY, f"{CANARY}-and-more-of-it"):
            look_up(from_url(server.url, secrets={"token": token}), written)
    assert written.hits() == []


def test_a_bureau_is_told_no_password(written: Written) -> None:
    """Only what was computed of it; and the answer to a wrong one says no more."""
    with EnterpriseServer(password="another") as server:  # noqa: S106 -- invented
        configuration = enterprise_text(server.configuration(observed_app_query="true", home='"蜀"'))
        look_up(EnterpriseRegistry(configuration, secrets={"password": CANARY}), written)
        sent = b" ".join(call.body for call in server.calls)
    assert sent
    assert CANARY.encode() not in sent
    assert written.hits() == []
