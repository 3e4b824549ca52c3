"""A gateway, and the platforms of mini programs, keep the contract of registries; each over a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from icpgate.answer import ByDomain
from icpgate.lookup.platform.settings import PlatformSettings, Program
from icpgate.lookup.registries.gateway import GatewayRegistry
from icpgate.lookup.registries.platform import PlatformRegistry
from icpgate.record import RegistrationRecord
from icpgate.testing.contracts import RegistryContract
from icpgate.testing.gateway import GatewayServer
from tests.cases import NOW
from tests.lookup.files import MISSING, by
from tests.lookup.mapping.local import LocalServer, Received, Sent, sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.interface import Registry

TOKEN = "a-token-that-nobody-may-see"  # noqa: S105 -- invented
APP, SITE, MINI = "京ICP备2026999901号-1A", "京ICP备2026999901号-3", "京ICP备2026999901号-4X"
OPERATOR = "示例网络（北京）有限公司"


def row(number: str, **changes: object) -> dict[str, object]:
    """A row of the public query."""
    fields = {"serviceLicence": number, "mainLicence": "京ICP备2026999901号", "unitName": OPERATOR, "limitAccess": "否"}
    return fields | changes


def record(number: str, **fields: object) -> RegistrationRecord:
    """What is to be found."""
    said = {"registration_number": number, "status": "registered", "operator": OPERATOR} | fields
    return RegistrationRecord.read(said, observed_at=NOW, source="test")


class TestGateway(RegistryContract):
    """With its blacklist, and a token."""

    many = 100  # each is a connection of its own, or two
    secrets: ClassVar[Sequence[str]] = (TOKEN,)

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        rows = {"app": [row(APP, serviceName="示例阅读")], "web": [row(SITE, domain="www.example.cn")]}
        black = {
            "app": [{"serviceName": "示例阅读", "blackListLevel": 2}],
            "web": [{"domain": "www.example.cn", "blackListLevel": 1}],
        }
        with GatewayServer(rows, black) as server:
            self.url = server.url
            yield

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return GatewayRegistry.at(self.url, secrets={"token": TOKEN})

    def known(self) -> tuple[Query, RegistrationRecord]:
        """See `RegistryHooks.known`."""
        return by(APP), record(APP, service_name="示例阅读", access_restricted=False, blacklisted=False)

    def others(self) -> Sequence[tuple[Query, RegistrationRecord]]:
        """See `RegistryHooks.others`."""
        site = record(SITE, domains=["www.example.cn"], access_restricted=False, blacklisted=True)
        return [(by(SITE), site), (ByDomain("www.example.cn"), site)]

    def unknown(self) -> Query:
        """See `RegistryHooks.unknown`."""
        return by(MISSING)


def _wechat(request: Received) -> Sent:
    if request.query["access_token"] != TOKEN:
        return sent({"errcode": 0, "info": {"status": 1024, "is_canceling": False}})
    if request.path.endswith("info"):
        return sent({"errcode": 0, "info": {"status": 6, "is_canceling": False}})
    applet = {"base_info": {"appid": "wx0123456789abcdef", "name": "示例客服", "record_number": MINI}}
    subject = {"base_info": {"name": OPERATOR, "record_number": "京ICP备2026999901号"}}
    return sent({"errcode": 0, "icp_subject": subject, "icp_applets": [applet]})


class TestPlatform(RegistryContract):
    """Two mini programs at WeChat, one of them not registered."""

    secrets: ClassVar[Sequence[str]] = (TOKEN,)
    authoritative: ClassVar[bool] = True

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with LocalServer(_wechat) as server:
            self.url = server.url
            yield

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        programs = (
            Program(platform="wechat", number=MINI, token=TOKEN, url=self.url),
            Program(platform="wechat", number="京ICP备2026999901号-5X", token="another", url=self.url),  # noqa: S106 -- of nothing
        )
        return PlatformRegistry(PlatformSettings(programs=programs, authoritative=self.authoritative))

    def known(self) -> tuple[Query, RegistrationRecord]:
        """See `RegistryHooks.known`."""
        platforms = [{"platform": "wechat", "package": "wx0123456789abcdef"}]
        return by(MINI), record(MINI, service_name="示例客服", platforms=platforms)

    def unknown(self) -> Query:
        """See `RegistryHooks.unknown`."""
        return by("京ICP备2026999901号-5X")

    def uncovered(self) -> Query | None:
        """See `RegistryHooks.uncovered`."""
        return by(APP)


class TestPlatformThatMayNotSayNo(TestPlatform):
    """As it is unless the gatekeeper says otherwise."""

    authoritative = False

    def uncovered(self) -> Query | None:
        """See `RegistryHooks.uncovered`."""
        return None
