"""A registration system behind real HTTP: accounts, forms, and applications that have come as far as a test needs."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from icpgate.registration.application import SUBJECTS, Actor, Application, Verification
from icpgate.registration.persons import Vault
from icpgate.registration.states import Role, State
from icpgate.registration.system import RegistrationSystem
from icpgate.server.registration import Tokens, registration_app
from tests.server.told import Client, Said, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from icpgate.lookup.clocks import Clock

OPERATOR = Actor(Role.OPERATOR, "示例科技有限公司")
STRANGER = Actor(Role.OPERATOR, "另一示例公司")
PLATFORM = Actor(Role.PLATFORM, "示例商店")
PROVIDER = Actor(Role.ACCESS_PROVIDER, "示例云")
BUREAU = Actor(Role.BUREAU, "张示例", "蜀")
ELSEWHERE = Actor(Role.BUREAU, "李示例", "京")
ACCOUNTS = {
    "operator-token-000001": OPERATOR,
    "stranger-token-000001": STRANGER,
    "platform-token-000001": PLATFORM,
    "provider-token-000001": PROVIDER,
    "bureau-token-00000001": BUREAU,
    "elsewhere-token-00001": ELSEWHERE,
}
TOKENS = Tokens.of(ACCOUNTS)
BY_ROLE = {actor.role: token for token, actor in reversed(ACCOUNTS.items())}
TOKEN_OF = {actor: token for token, actor in ACCOUNTS.items()}
KEY = "a2V5LWZvci10ZXN0cy1vbmx5LWtleS1mb3ItdGVzdHM="
"""Thirty-two bytes in base64: a test's."""

DIGEST = "0f" * 32


def form(**changes: object) -> dict[str, Any]:
    """A complete form; a change stands in for a whole part, None takes it out."""
    person = {
        "name": "张示例",
        "document_type": "id_card",
        "document_number": "11010519491231002X",
        "valid_until": "2036-01-01",
        "mobile": "13800000000",
        "emergency_phone": "13800000001",
        "email": "person@example.cn",
    }
    parts: dict[str, Any] = {
        "operator": {
            "nature": "enterprise",
            "name": OPERATOR.name,
            "document_type": "uscc",
            "document_number": "91510108MA6632C60R",
            "region": "510107",
            "address": "四川省成都市武侯区示例路1号",
        },
        "persons": {"entity": person, "app": person},
        "app": {
            "name": "示例阅读",
            "kind": "app",
            "icon": {"document": "icon.png", "sha256": DIGEST},
            "service_content": ["阅读"],
            "languages": ["zh"],
            "sectors": [],
            "domains": ["api.example.cn"],
            "endpoints": ["203.0.113.7"],
            "access_providers": [PROVIDER.name],
            "platforms": [
                {
                    "platform": "android",
                    "package": "cn.example.reader",
                    "signing_certificate": "0123456789abcdef0123456789abcdef",
                    "public_key": PUBLIC_KEY,
                }
            ],
            "sdks": [],
        },
        "commitment_letter": {"document": "commitment.pdf", "sha256": "1f" * 32, "signed_on": "2025-12-01"},
        "authenticity_sheet": {"document": "sheet.pdf", "sha256": "2f" * 32},
        "pre_approvals": [],
    }
    return {name: part for name, part in (parts | changes).items() if part is not None}


PUBLIC_KEY = str(3 * 2**2046 + 2**1000 + 1)
"""The modulus of an RSA key in decimal, as a form has it; nobody has its other half."""


def named(name: str, **changes: object) -> dict[str, Any]:
    """A complete form of an app with another name."""
    made = form(**changes)
    made["app"] = {**made["app"], "name": name}
    return made


@contextmanager
def system(
    folder: Path, *, simulated: bool = True, clock: Clock | None = None, name: str = "registry.db"
) -> Iterator[RegistrationSystem]:
    """A system over a database of its own."""
    url = f"sqlite:///{folder / name}"
    made = RegistrationSystem.create(
        url, simulated=simulated, authoritative=True, source="test", vault=Vault(KEY), clock=clock
    )
    with closing(made):
        yield made


@contextmanager
def serving(system: RegistrationSystem, base: str = "") -> Iterator[Site]:
    """The system behind a server on a free port."""
    with served(registration_app(system, tokens=TOKENS, base=base)) as server, Client(server.port) as client:
        yield Site(system, client, base)


class Site:
    """A client of a served system."""

    def __init__(self, system: RegistrationSystem, client: Client, base: str = "") -> None:
        """One connection, which is kept."""
        self.system = system
        self.client = client
        self.base = base

    def call(self, method: str, path: str, body: object = None, *, as_: Actor | None = None, **headers: str) -> Said:
        """Call an operation as an account; a body becomes JSON."""
        if as_ is not None:
            headers["Authorization"] = f"Bearer {TOKEN_OF[as_]}"
        if body is not None:
            headers.setdefault("Content_Type", "application/json")
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.client.ask(method, self.base + quote(path, safe="/?=&%"), sent, **headers)


class Browser:
    """What a browser does with cookies and forms, and nothing more."""

    def __init__(self, site: Site) -> None:
        """Without a cookie."""
        self.site = site
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Said:
        """A page."""
        return self._kept(self.site.call("GET", path, as_=None, **self._with(headers)))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Said:
        """A form."""
        given = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        return self._kept(self.site.call("POST", path, urlencode(fields).encode(), as_=None, **self._with(given)))

    def login(self, actor: Actor = BUREAU) -> Said:
        """Log in with the account's token."""
        proof = hidden(self.get("/login"), "proof")
        return self.post("/login", {"proof": proof, "token": TOKEN_OF[actor]})

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**headers, **({"Cookie": cookies} if cookies else {})}

    def _kept(self, said: Said) -> Said:
        for cookie in said.headers.get("set-cookie", "").split("\n"):
            name, _, rest = cookie.partition("=")
            if name:
                self.cookies[name] = rest.partition(";")[0]
        return said


def hidden(said: Said, name: str) -> str:
    """The last hidden field of that name on a page."""
    before, mark, after = said.body.decode().rpartition(f'name="{name}" value="')
    assert mark, before[:500]
    return after.partition('"')[0]


def verified(system: RegistrationSystem, application: Application, actor: Actor = PLATFORM) -> Application:
    """With the three verifications."""
    for subject in SUBJECTS:
        verification = Verification(subject, "document", passed=True, evidence="test")
        application = system.verify(application.id, verification, actor=actor)
    return application


def brought_to(system: RegistrationSystem, state: State, made: dict[str, Any] | None = None) -> Application:
    """A new application that has come to this state, the usual way."""
    application = system.new(made or form(), actor=OPERATOR)
    for goal in ROADS[state]:
        application = _STEPS[goal](system, application)
    assert application.state is state
    return application


def _approved(system: RegistrationSystem, application: Application) -> Application:
    if system.simulated:
        return system.approve(application.id, actor=BUREAU)
    return system.approve(application.id, actor=BUREAU, number=NUMBER, evidence="通知书")


NUMBER = "蜀ICP备2026012345号-1A"
"""What the bureau issues in a registry that is not simulated."""

_STEPS: dict[State, Callable[[RegistrationSystem, Application], Application]] = {
    State.SUBMITTED: lambda system, it: system.submit(it.id, actor=OPERATOR),
    State.VERIFYING: verified,
    State.AWAITING_SMS: lambda system, it: system.submit(it.id, actor=PLATFORM),
    State.UNDER_REVIEW: lambda system, it: system.confirm(it.id, actor=OPERATOR),
    State.APPROVED: _approved,
    State.RETURNED: lambda system, it: system.send_back(it.id, actor=BUREAU, notes=["请更正地址"]),
    State.REJECTED: lambda system, it: system.reject(it.id, actor=BUREAU, notes=["不符合要求"]),
    State.WITHDRAWN: lambda system, it: system.withdraw(it.id, actor=OPERATOR),
}
_TO_REVIEW = (State.SUBMITTED, State.VERIFYING, State.AWAITING_SMS, State.UNDER_REVIEW)
ROADS: dict[State, tuple[State, ...]] = {
    State.DRAFT: (),
    State.SUBMITTED: _TO_REVIEW[:1],
    State.VERIFYING: _TO_REVIEW[:2],
    State.AWAITING_SMS: _TO_REVIEW[:3],
    State.UNDER_REVIEW: _TO_REVIEW,
    State.APPROVED: (*_TO_REVIEW, State.APPROVED),
    State.RETURNED: (*_TO_REVIEW, State.RETURNED),
    State.REJECTED: (*_TO_REVIEW, State.REJECTED),
    State.WITHDRAWN: (State.WITHDRAWN,),
}
