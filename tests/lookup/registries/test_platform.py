"""What platforms say about mini programs of theirs, over a real server, blocking and on an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByDomain, Found, NotRegistered, Observation, Query, Unavailable, Why
from icpgate.app import App
from icpgate.errors import ConfigurationError
from icpgate.lookup import Limits, LookupClient, registry_from_url
from icpgate.lookup.platform.settings import PlatformSettings, Program
from icpgate.lookup.registries.platform import PlatformRegistry, from_file
from icpgate.lookup.transport import Transport
from icpgate.lookup.wire import Origin
from icpgate.record import RegistrationStatus
from tests.awaited import CLIENTS, GATES
from tests.lookup.files import by
from tests.lookup.mapping.local import LocalServer, Received, Sent, asked, outcome, sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from icpgate.gate import Gate
    from icpgate.record import RegistrationRecord

NUMBER = "粤B2-20090059-1626X"
APPID = "wx0123456789abcdef"
STATUS, ORDER = "/wxa/icp/get_icp_entrance_info", "/wxa/icp/get_online_icp_order"


def info(status: object, **changes: object) -> dict[str, object]:
    """WeChat's answer about the state; a change to None leaves a field out."""
    said = {"status": status, "is_canceling": False, "audit_data": [], "available": 1} | changes
    return {"errcode": 0, "errmsg": "ok", "info": {name: value for name, value in said.items() if value is not None}}


def order(number: object = NUMBER, *, entity: object = "粤B2-20090059", appid: str = APPID) -> dict[str, Any]:
    """WeChat's answer about what is registered."""
    return {
        "errcode": 0,
        "errmsg": "ok",
        "icp_subject": {
            "base_info": {"type": 4, "name": "示例科技（深圳）有限公司", "record_number": entity},
            "organize_info": {"certificate_type": 1, "certificate_number": "91510108MA6632C60R"},
            "principal_info": {"name": "示例"},
        },
        "icp_applets": [{"base_info": {"appid": appid, "name": "示例客服", "record_number": number}}],
    }


def wechat(state: object, registered: object = None) -> Callable[[Received], Sent]:
    """A platform that says this; bytes and responses as they are."""

    def answer(request: Received) -> Sent:
        said = state if request.path == STATUS else registered
        return said if isinstance(said, Sent) else sent(said)

    return answer


def settings_of(url: str, **changes: Any) -> PlatformSettings:
    """One mini program at one platform."""
    of_program = {"platform": "wechat", "number": NUMBER, "token": "the-token", "package": APPID, "url": url}
    names = {"platform", "number", "token", "package", "not_registered"}
    program = Program(**(of_program | {name: value for name, value in changes.items() if name in names}))
    return PlatformSettings(
        programs=(program,), **{name: value for name, value in changes.items() if name not in names}
    )


@pytest.fixture(params=CLIENTS, ids=["blocking", "asynchronous"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Observation]:
    """Asks a platform one query, once."""

    def look_up(server: LocalServer, query: Query | None = None, **changes: Any) -> Observation:
        kind: type[LookupClient] = request.param
        registry = PlatformRegistry(settings_of(server.url, **changes))
        with kind(registry, limits=Limits(attempts=1)) as client:
            return client.look_up(by(NUMBER) if query is None else query, deadline=10)

    return look_up


def record_of(observation: Observation) -> RegistrationRecord:
    """The one record that was found."""
    assert isinstance(observation.answer, Found), observation.answer
    (record,) = observation.answer.records
    return record


def why_of(observation: Observation) -> tuple[Why, str]:
    """Why nobody could say, and where that was seen."""
    assert isinstance(observation.answer, Unavailable), observation.answer
    return observation.answer.why, observation.answer.detail


@pytest.mark.parametrize(
    ("status", "is_cancelling", "expected"),
    [
        (2, False, RegistrationStatus.PENDING),
        (3, False, RegistrationStatus.RETURNED),
        (4, False, RegistrationStatus.PENDING),
        (5, False, RegistrationStatus.RETURNED),
        (6, False, RegistrationStatus.REGISTERED),
        (6, True, RegistrationStatus.CANCELLING),
        (2, True, RegistrationStatus.PENDING),
    ],
)
def test_every_state_of_wechat(
    status: int, is_cancelling: object, expected: RegistrationStatus, ask: Callable[..., Observation]
) -> None:
    """With the record that is in force."""
    with LocalServer(wechat(info(status, is_canceling=is_cancelling), order())) as server:
        assert record_of(ask(server)).status is expected


def test_all_that_wechat_says(ask: Callable[..., Observation]) -> None:
    """Names, document and AppID; the token stands in the query alone."""
    with LocalServer(wechat(info(6), order())) as server:
        observation = ask(server)
    record = record_of(observation)
    assert (record.registration_number.canonical, record.entity_number) == (NUMBER, "粤B2-20090059")
    assert (record.service_name, record.operator) == ("示例客服", "示例科技（深圳）有限公司")
    assert record.document_number == "91510108MA6632C60R"
    assert [(p.platform, p.package) for p in record.platforms or ()] == [("wechat", APPID)]
    assert (record.source, observation.registry) == ("platform wechat", "platform")
    assert [request.target for request in server.received] == [
        f"{STATUS}?access_token=the-token",
        f"{ORDER}?access_token=the-token",
    ]
    assert "the-token" not in repr(observation)


@pytest.mark.parametrize("status", range(1024, 1032))
def test_not_registered(status: int, ask: Callable[..., Observation]) -> None:
    """Whatever else is missing: a no only where the platform was called authoritative, and inside its scope."""
    with LocalServer(wechat(info(status))) as server:
        assert why_of(ask(server))[0] is Why.NOT_LISTED
        assert ask(server, authoritative=True).answer == NotRegistered("kinds:mini_program")
        assert why_of(ask(server, authoritative=True, scope="provinces:京"))[0] is Why.NOT_COVERED
        assert len(server.received) == 3


@pytest.mark.parametrize(
    ("state", "registered", "expected"),
    [
        (info(1), None, (Why.SCHEMA, "an unknown status at /info/status")),
        (info(0), None, (Why.SCHEMA, "an unknown status at /info/status")),
        (info(1032), None, (Why.SCHEMA, "an unknown status at /info/status")),
        (info("6"), None, (Why.SCHEMA, "no status at /info/status")),
        (info(1.0), None, (Why.SCHEMA, "no status at /info/status")),
        (info(None), None, (Why.SCHEMA, "no status at /info/status")),
        ({"errcode": 0, "info": []}, None, (Why.SCHEMA, "no status at /info/status")),
        ({"errcode": 0}, None, (Why.SCHEMA, "no status at /info/status")),
        ([], None, (Why.SCHEMA, "nothing at /errcode")),
        (info(6, is_canceling=None), None, (Why.SCHEMA, "neither true nor false at /info/is_canceling")),
        (info(6, is_canceling=0), None, (Why.SCHEMA, "neither true nor false at /info/is_canceling")),
        (info(6), order("粤B2-20090059-1627X"), (Why.NOT_LISTED, "not in the list")),
        (info(6), order("粤B2-20090059"), (Why.NOT_LISTED, "not in the list")),
        (info(6), order(None), (Why.NOT_LISTED, "not in the list")),
        (info(6), order(""), (Why.MALFORMED, "no registration number at /base_info/record_number")),
        (info(6), order(entity="粤B2-20090060"), (Why.SCHEMA, "not a record: /entity_number")),
        (info(6), order(entity=None), (Why.SCHEMA, "nothing at /icp_subject/base_info/record_number")),
        (info(6), order(appid="wx0000000000000000"), (Why.MALFORMED, "another mini program")),
        (info(6), order() | {"icp_applets": []}, (Why.NOT_LISTED, "not in the list")),
        (info(6), order() | {"icp_applets": None}, (Why.SCHEMA, "no list at /icp_applets")),
        (info(6), order() | {"errcode": "0"}, (Why.SCHEMA, "another type at /errcode")),
        (info(6), [], (Why.SCHEMA, "nothing at /errcode")),
        (info(6), {"errcode": 86368}, (Why.NOT_LISTED, "/errcode is 86368")),
        (info(4), {"errcode": 86328}, (Why.UPSTREAM_ERROR, "/errcode is 86328")),
        (Sent(b"<html>login</html>"), None, (Why.BLOCKED, "a captcha or login page")),
        (Sent(b'{"errcode": 0', headers={}), None, (Why.TRUNCATED, "json.syntax")),
        (info(6), Sent(b"{}", status=502), (Why.UPSTREAM_ERROR, "http 502")),
    ],
    ids=range(27),
)
def test_what_is_no_answer(
    state: object, registered: object, expected: tuple[Why, str], ask: Callable[..., Observation]
) -> None:
    """Another number, another program, half an answer: nobody can say."""
    with LocalServer(wechat(state, registered)) as server:
        assert why_of(ask(server, authoritative=True)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *((code, Why.UNAUTHORISED) for code in (40001, 40014, 40164, 41001, 42001, 42007, 48001, 61003, 61004, 61007)),
        *((code, Why.RATE_LIMITED) for code in (45009, 45011)),
        *((code, Why.UPSTREAM_ERROR) for code in (-1, 86201, 86202, 86301, 86302, 86308, 86324, 86355, 86358, 77777)),
    ],
)
def test_each_error_of_wechat(code: int, expected: Why, ask: Callable[..., Observation]) -> None:
    """Whatever state is left over beside it."""
    with LocalServer(wechat(info(6) | {"errcode": code}, order())) as server:
        assert why_of(ask(server, authoritative=True))[0] is expected
        assert len(server.received) == 1


def test_the_program_may_stand_alone_instead_of_in_a_list(ask: Callable[..., Observation]) -> None:
    """The platform's pages have it both ways; without a named AppID the number alone decides."""
    one = order(appid="wx9999999999999999")
    one["icp_applets"] = one["icp_applets"][0]
    with LocalServer(wechat(info(6), one)) as server:
        assert record_of(ask(server, package="")).service_name == "示例客服"


# --- Douyin -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"err_no": 0, "err_msg": "", "log_id": "1", "data": {"status": 1}}, "not_covered"),
        ({"err_no": 0, "data": {"status": 7}}, "not_registered"),
        ({"err_no": 0, "data": {"status": "7"}}, "schema"),
        ({"err_no": 0, "data": []}, "schema"),
        ({"err_no": 0}, "schema"),
        ({"data": {"status": 7}}, "schema"),
        ([], "schema"),
        ({"err_no": 9998, "data": {"status": 7}}, "configuration"),
        ({"err_no": 9999, "data": {"status": 7}}, "upstream_error"),
        ({"err_no": 28001008, "data": {"status": 7}}, "unauthorised"),
        ({"err_no": 5, "data": {"status": 7}}, "upstream_error"),
    ],
    ids=range(11),
)
def test_douyin(body: object, expected: str, ask: Callable[..., Observation]) -> None:
    """Its statuses are public nowhere: none is a record, and only one that the gatekeeper names is a no."""
    with LocalServer(lambda _: sent(body)) as server:
        changes = {"platform": "douyin", "package": "", "not_registered": (7,)}
        assert outcome(ask(server, authoritative=True, **changes).answer) == expected
        assert server.received[0].target == "/api/apps/v1/icp_record/query_record_status/"
        assert server.received[0].headers["access-token"] == "the-token"
        if expected == "not_registered":
            assert outcome(ask(server, **changes).answer) == "not_listed"


# --- the registry itself ------------------------------------------------------------------------


def test_what_was_not_named_is_not_asked(ask: Callable[..., Observation]) -> None:
    """Neither another number nor a domain takes a request."""
    with LocalServer(wechat(info(6), order())) as server:
        said = why_of(ask(server, by("粤B2-20090059-1X"), authoritative=True))
        assert said == (Why.NOT_COVERED, "no mini program of this number was named")
        assert why_of(ask(server, ByDomain("qq.com")))[0] is Why.CONFIGURATION
        [observation] = asked(PlatformRegistry(settings_of(server.url)), ByDomain("qq.com"))
        assert why_of(observation)[0] is Why.CONFIGURATION
        assert server.received == []


def test_the_token_is_read_anew(tmp_path: Path, ask: Callable[..., Observation]) -> None:
    """A platform's tokens live for two hours; one that cannot be read any more is a wrong setting."""
    token = tmp_path / "token"
    token.write_text("first", encoding="utf-8")
    with LocalServer(wechat(info(6), order())) as server:
        registry = PlatformRegistry(settings_of(server.url, token=f"file:{token}"))
        assert outcome(asked(registry, by(NUMBER))[0].answer) == "found"
        token.write_text("second", encoding="utf-8")
        assert outcome(asked(registry, by(NUMBER))[0].answer) == "found"
        assert [request.query["access_token"] for request in server.received] == [*["first"] * 2, *["second"] * 2]
        token.unlink()
        assert why_of(asked(registry, by(NUMBER))[0]) == (Why.CONFIGURATION, "the token cannot be read")
        assert record_of(ask(server)).service_name == "示例客服"


def test_its_transport(tmp_path: Path) -> None:
    """Every request travels by it; through a proxy nothing that is only for this machine does."""
    with LocalServer(wechat(info(6), order())) as server:
        registry = PlatformRegistry(settings_of(server.url), transport=Transport(connections=2))
        assert registry.channel is not None
        with LookupClient(registry, limits=Limits(attempts=1)) as client:
            assert record_of(client.look_up(by(NUMBER), deadline=10)).service_name == "示例客服"
    path = tmp_path / "platform.toml"
    text = f'[[program]]\nplatform = "wechat"\nnumber = "{NUMBER}"\ntoken = "t"\nurl = "http://127.0.0.1:1"'
    path.write_text(text, encoding="utf-8")
    assert from_file(str(path), transport=Transport(insecure_http=True)).channel is None
    away = from_file(str(path), transport=Transport(proxy="http://proxy.example.cn:8080")).channel
    assert away is not None
    assert away.proxies.of(Origin(secure=False, host="127.0.0.1", port=1)) is None


def test_a_file_of_several(tmp_path: Path) -> None:
    """Each with its own platform and token; no token is shown or pickled."""
    path = tmp_path / "platform.toml"
    with LocalServer(wechat(info(6), order())) as server:
        path.write_text(
            f'id = "ours"\nauthoritative = true\nscope = "all"\n'
            f'[[program]]\nplatform = "wechat"\nnumber = "{NUMBER}"\ntoken = "the-token"\nurl = "{server.url}"\n'
            f'[[program]]\nplatform = "douyin"\nnumber = "粤B2-20090059-1X"\ntoken = "the-other"\n'
            "not_registered = [7]\n",
            encoding="utf-8",
        )
        registry = from_file(str(path))
        assert outcome(asked(registry, by(NUMBER))[0].answer) == "found"
    assert registry_from_url(f"platform:{path}").id == "ours"
    with pytest.raises(ConfigurationError, match="platform: without the path"):
        registry_from_url("platform:")
    assert repr(registry) == "PlatformRegistry('ours')"
    assert (registry.capabilities.authoritative, str(registry.capabilities.scope)) == (True, "all")
    assert "the-" not in f"{registry!r} {registry.__dict__}"


@pytest.mark.parametrize("kind", GATES, ids=["blocking", "asynchronous"])
def test_a_gate_on_a_platform(kind: type[Gate]) -> None:
    """It allows the very mini program that is registered, and denies while the bureau examines it."""
    app = App(
        name="示例客服",
        kind="mini_program",
        platform="wechat",
        package=APPID,
        registration_number=NUMBER,
        operator={"name": "示例科技（深圳）有限公司", "document_number": "91510108MA6632C60R"},
        display={"number": NUMBER, "link": "https://beian.miit.gov.cn/"},
    )
    for status, codes in ((6, ()), (4, ("registration_pending",)), (1024, ("not_registered",))):
        with LocalServer(wechat(info(status), order())) as server:
            registry = PlatformRegistry(settings_of(server.url, authoritative=True))
            with kind.for_listing(registry, deadline=10) as gate:
                decision = gate.check(app)
        assert (decision.allowed, set(codes) <= set(decision.codes)) == (not codes, True), decision.codes


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"platform": "alipay"}, "program.platform: 'alipay' cannot be asked"),
    ({"platform": "wechta"}, "program.platform: 'wechta' cannot be asked"),
    ({"platform": 1}, "program.platform: '1' cannot be asked"),
    ({"number": "粤B2-20090059"}, "program.number: not the number of a mini program"),
    ({"number": "京ICP备2026999901号-1A"}, "program.number: not the number of a mini program"),
    ({"number": "?"}, "program.number: not the number of a mini program"),
    ({"number": 1}, "program.number: not the number of a mini program"),
    ({"package": "wx 0123"}, "program.package: not an AppID of this platform"),
    ({"package": 7}, "program.package: not an AppID of this platform"),
    ({"token": ""}, "program.token: empty"),
    ({"token": "env:NO_SUCH_VARIABLE"}, "secrets.token: the environment variable"),
    ({"not_registered": ("7",)}, "program.not_registered: not a list of numbers"),
    ({"authoritative": 1}, "authoritative: int given"),
    ({"insecure_http": None}, "insecure_http: NoneType given"),
    ({"scope": "everything"}, ""),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=range(len(WRONG)))
def test_wrong_settings(changes: dict[str, Any], message: str) -> None:
    """Told when the registry is made."""
    with pytest.raises(ConfigurationError, match=f"^{message}"):
        PlatformRegistry(settings_of("http://127.0.0.1:1", **changes))


def test_none_or_two_of_one_number() -> None:
    """A registry of nothing is a mistake, and so are two programs of one number."""
    one = settings_of("http://127.0.0.1:1").programs[0]
    for programs, message in (((), "there is none"), ((one, one), "two have one number")):
        with pytest.raises(ConfigurationError, match=message):
            PlatformSettings(programs=programs)
    with pytest.raises(ConfigurationError, match="http:// beyond this machine"):
        PlatformRegistry(settings_of("http://platform.example.cn"))
    assert "the-token" not in repr(one)
    assert PlatformRegistry(settings_of("")).id == "platform"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "program: there is none"),
        ("program = 1", "program: not an array of tables"),
        ("authoritativ = true", "authoritativ: unknown key"),
        ('[[program]]\nplatform = "wechat"\nnumbre = "x"', "program\\[0\\].numbre: unknown key"),
        (f'[[program]]\nplatform = "wechat"\nnumber = "{NUMBER}"', "program\\[0\\].token: missing"),
        (f'[[program]]\nplatform = "wechat"\nnumber = "{NUMBER}"\ntoken = "t"\nurl = 1', "program\\[0\\].url"),
        (f'[[program]]\nplatform = "wechat"\nnumber = "{NUMBER}"\ntoken = "t"\nnot_registered = 7',
         "program\\[0\\].not_registered: not a list"),
        ('id = ""', "id: not a line of visible text"),
        ("=", "not TOML"),
    ],
    ids=range(9),
)  # fmt: skip
def test_wrong_files(text: str, place: str, tmp_path: Path) -> None:
    """With what is wrong, and where."""
    path = tmp_path / "platform.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=place):
        from_file(str(path))


def test_files_that_are_none(tmp_path: Path) -> None:
    """Missing, or no text."""
    with pytest.raises(ConfigurationError, match="No such file"):
        from_file(str(tmp_path / "platform.toml"))
    (tmp_path / "platform.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not a file of UTF-8"):
        from_file(str(tmp_path / "platform.toml"))
