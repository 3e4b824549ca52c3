"""Right answers of registries with a conversation of their own, taken down from their servers in `icpgate.testing`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from icpgate.answer import ByDocument, ByDomain
from icpgate.lookup.drivers import World
from icpgate.lookup.enterprise.configuration import load_text
from icpgate.lookup.platform.settings import PlatformSettings, Program
from icpgate.lookup.registries.enterprise import EnterpriseRegistry
from icpgate.lookup.registries.gateway import GatewayRegistry
from icpgate.lookup.registries.platform import PlatformRegistry
from icpgate.lookup.steps import Response, Send
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from icpgate.testing.contracts.performing import performed
from icpgate.testing.enterprise import EnterpriseServer
from icpgate.testing.gateway import GatewayServer
from tests.cases import DOCUMENT, registered
from tests.damage.answers import Case, rows
from tests.lookup.files import by
from tests.lookup.mapping.local import NOW, LocalServer, PlainHttp, Received, Sent, sent
from tests.lookup.mapping.mappings import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.interface import Registry

__all__ = ["MINI_PROGRAM", "PASSWORD", "enterprise_at", "platform_at", "served_cases", "wechat"]

MINI_PROGRAM = "粤B2-20090059-1626X"
PASSWORD = "Passw0rd"  # noqa: S105 -- that of a server for tests


def _enterprise(server: EnterpriseServer) -> Callable[[], EnterpriseRegistry]:
    """What makes the registry of a bureau's server; one that was sent away once asks no more."""
    configuration = load_text(
        server.configuration(observed_app_query="true", authoritative="true", scope='"all"', home='"蜀"')
    )
    return lambda: EnterpriseRegistry(configuration, secrets={"password": PASSWORD})


def enterprise_at(server: EnterpriseServer) -> EnterpriseRegistry:
    """The registry of a bureau's server."""
    return _enterprise(server)()


def platform_at(url: str) -> PlatformRegistry:
    """One mini program of WeChat's."""
    program = Program(platform="wechat", number=MINI_PROGRAM, token="the-token", package="wx0123456789abcdef", url=url)  # noqa: S106 -- nobody's
    return PlatformRegistry(PlatformSettings(programs=(program,)))


def wechat(request: Received) -> Sent:
    """WeChat, where that mini program is registered."""
    told: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
    if request.path == "/wxa/icp/get_icp_entrance_info":
        return sent(told | {"info": {"status": 6, "is_canceling": False, "audit_data": [], "available": 1}})
    base = {"appid": "wx0123456789abcdef", "name": "示例客服", "record_number": MINI_PROGRAM}
    subject = {
        "base_info": {"type": 4, "name": "示例科技（深圳）有限公司", "record_number": "粤B2-20090059"},
        "organize_info": {"certificate_type": 1, "certificate_number": DOCUMENT},
    }
    return sent(told | {"icp_subject": subject, "icp_applets": [{"base_info": base}]})


def _taken_down(name: str, make: Callable[[], Registry], query: Query, words: tuple[str, ...] = ()) -> Case:
    """What the registry was answered, request by request."""
    script = performed(make().ask([query]), World(FixedClock(NOW), http=PlainHttp))
    responses = [
        reply.value for step, reply in script.all_replies() if type(step) is Send and isinstance(reply.value, Response)
    ]
    assert responses, script
    content_type = responses[0].headers["content-type"].encode()
    return Case(name, query, [response.body for response in responses], make, content_type, words)


def served_cases() -> Sequence[Case]:
    """A case of each."""
    row = rows()["params"]["list"][0]
    with ExitStack() as stack:
        bureau = stack.enter_context(EnterpriseServer([RegistrationRecord.read(registered())]))
        gateway = stack.enter_context(GatewayServer({"app": [row]}))
        platform = stack.enter_context(LocalServer(wechat))
        enterprise = _enterprise(bureau)
        at_gateway, at_platform = GatewayRegistry.at(gateway.url), platform_at(platform.url)
        asked = ByDocument(DOCUMENT, "com.sig.wameiji")
        return [
            _taken_down("enterprise 102", enterprise, asked, ("not_registered",)),
            _taken_down("enterprise domain", enterprise, ByDomain("api.example.cn"), ("not_registered",)),
            _taken_down("enterprise no", enterprise, ByDocument(DOCUMENT, "cn.example.other"), ("found",)),
            _taken_down("gateway server", lambda: at_gateway, by(NUMBER)),
            _taken_down("platform", lambda: at_platform, by(MINI_PROGRAM), ("pending",)),
        ]
