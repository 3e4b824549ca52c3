"""Right answers of a gateway and of a platform, damaged in every place: never another number, and no flag is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import Found, Observation, Unavailable
from icpgate.lookup.platform.settings import PlatformSettings, Program
from icpgate.lookup.registries.gateway import GatewayRegistry
from icpgate.lookup.registries.platform import PlatformRegistry
from icpgate.lookup.steps import ReadLocally, Reply, Response, Send, Together
from icpgate.record import RegistrationStatus
from tests.lookup.files import by
from tests.lookup.mapping.local import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Flow

NUMBER, MINI = "京ICP备2026999901号-1A", "粤B2-20090059-1626X"
ROW = {
    "limitAccess": "否",
    "mainLicence": "京ICP备2026999901号",
    "serviceLicence": NUMBER,
    "serviceName": "示例阅读",
    "unitName": "示例网络",
    "updateRecordTime": "2024-01-02 03:04:05",
}
LIST = {"code": 200, "success": True, "params": {"list": [ROW], "total": 1, "pageNum": 1, "pages": 1}}
LEVEL = {"code": 200, "success": True, "params": [{"serviceName": "示例阅读", "blackListLevel": 1}]}
STATE = {"errcode": 0, "info": {"status": 6, "is_canceling": True}}
ORDER = {
    "errcode": 0,
    "icp_subject": {"base_info": {"name": "示例科技", "record_number": "粤B2-20090059"}},
    "icp_applets": [{"base_info": {"appid": "wx0123456789abcdef", "name": "示例", "record_number": MINI}}],
}


def written(value: Any) -> bytes:
    """The body of an answer."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Case:
    """A registry with the right answer of each of its addresses, of which one is damaged."""

    name: str
    make: Callable[[], Registry]
    number: str
    bodies: Mapping[str, bytes]
    damaged: str

    def observed(self, body: bytes) -> Observation:
        """What the registry makes of a body in the place of the right one."""
        return cast("list[Observation]", self._run(self.make().ask([by(self.number)]), body))[0]

    def _run(self, flow: Flow[Any], body: bytes) -> object:
        value: object = None
        try:
            step = next(flow)
            while True:
                if type(step) is Send:
                    path = urlsplit(step.request.url).path
                    sent = body if path == self.damaged else self.bodies[path]
                    value = Response(200, {"content-type": "application/json"}, sent)
                elif type(step) is Together:
                    value = tuple(self._run(each, body) for each in step.flows)
                elif type(step) is ReadLocally:
                    value = step.work()
                step = flow.send(Reply(NOW, 0.0, value))
        except StopIteration as ended:
            return ended.value

    def check(self, body: bytes) -> None:
        """Found is only the very number, with what stands against it."""
        answer = self.observed(body).answer
        if not isinstance(answer, Found):
            assert type(answer) is Unavailable, body
            return
        [record] = answer.records
        assert record.registration_number.canonical == self.number, body
        if self.name.startswith("platform"):
            assert record.status is not RegistrationStatus.REGISTERED or b'"is_canceling":true' not in body, body
        else:
            assert record.status is RegistrationStatus.REGISTERED, body
            assert record.blacklisted is not False, body


def gateway() -> GatewayRegistry:
    """A gateway with its blacklist."""
    return GatewayRegistry.at("https://gateway.example.cn")


def platform() -> PlatformRegistry:
    """One mini program."""
    program = Program(platform="wechat", number=MINI, token="a-token")  # noqa: S106 -- of nothing
    return PlatformRegistry(PlatformSettings(programs=(program,)))


OF_GATEWAY = {"/query/app": written(LIST), "/query/bapp": written(LEVEL)}
OF_PLATFORM = {
    "/wxa/icp/get_icp_entrance_info": written(STATE),
    "/wxa/icp/get_online_icp_order": written(ORDER),
}
CASES = [
    *(Case(f"gateway {path}", gateway, NUMBER, OF_GATEWAY, path) for path in OF_GATEWAY),
    *(Case(f"platform {path}", platform, MINI, OF_PLATFORM, path) for path in OF_PLATFORM),
]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.rpartition("/")[2])


@each_case
def test_the_right_answers_are_answers(case: Case) -> None:
    """Else their damage would show nothing: one is blacklisted, the other about to be cancelled."""
    answer = case.observed(case.bodies[case.damaged]).answer
    assert isinstance(answer, Found)
    is_gateway = case.name.startswith("gateway")
    assert answer.record.blacklisted is (True if is_gateway else None)
    assert answer.record.status is (RegistrationStatus.REGISTERED if is_gateway else RegistrationStatus.CANCELLING)


@each_case
def test_every_prefix(case: Case) -> None:
    """A whole record in a cut body is not used."""
    body = case.bodies[case.damaged]
    for end in range(len(body)):
        assert isinstance(case.observed(body[:end]).answer, Unavailable)


@each_case
def test_every_flipped_bit(case: Case) -> None:
    """One at a time."""
    body = case.bodies[case.damaged]
    for position in range(len(body)):
        for bit in range(8):
            damaged = bytearray(body)
            damaged[position] ^= 1 << bit
            case.check(bytes(damaged))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([NUMBER, MINI, 200, 0, 6]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "success", "params", "list", "total", "errcode", "info", "status", "icp_applets"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(CASES), JSON)
def test_any_json_is_some_answer(case: Case, value: object) -> None:
    """Nothing is raised, whatever comes."""
    case.check(written(value))
