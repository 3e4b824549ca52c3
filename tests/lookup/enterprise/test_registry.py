"""The registry against its local server, blocking and asynchronous: whatever it is asked and answered."""

from __future__ import annotations

import base64
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Unavailable, Why
from icpgate.app import App
from icpgate.document import DocumentType
from icpgate.errors import ConfigurationError
from icpgate.lookup import Limits
from icpgate.lookup.enterprise.configuration import load_text
from icpgate.lookup.registries.enterprise import EnterpriseRegistry, from_file
from icpgate.lookup.steps import Now, ReadLocally, Reply, Response, Send, Unanswered
from icpgate.number import ServiceKind, parse
from icpgate.record import RegistrationRecord
from icpgate.rules import Action
from icpgate.testing import FixedClock
from icpgate.testing.enterprise import EnterpriseAnswer, EnterpriseServer
from tests.awaited import CLIENTS, GATES
from tests.cases import DOCUMENT, NOW, NUMBER, described, registered
from tests.lookup.enterprise.bureau import (
    BY_APP,
    BY_DOMAIN,
    COMPLETE,
    DOMAIN,
    PACKAGE,
    PASSWORD,
    RECORD,
    answered,
    opened,
    registry_of,
)
from tests.lookup.mapping.local import asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from icpgate.answer import Query
    from icpgate.decision import Decision
    from icpgate.gate import Gate
    from icpgate.lookup import LookupClient

both = pytest.mark.parametrize("client", CLIENTS, ids=["blocking", "async"])
FORMS = pytest.mark.parametrize("form", ["text", "cdata", "elements"])
ELSEWHERE = ByDocument(DOCUMENT, "cn.example.other")


@pytest.fixture
def server() -> Iterator[EnterpriseServer]:
    """A bureau with one registration."""
    with EnterpriseServer([RECORD]) as bureau:
        yield bureau


def why(answer: object) -> Why:
    """Why nobody could say."""
    assert isinstance(answer, Unavailable), answer
    return answer.why


class TestFinding:
    """What is registered."""

    @both
    @FORMS
    def test_by_document_and_package(self, client: type[LookupClient], form: str, server: EnterpriseServer) -> None:
        """Condition 102: both go as base64, and the record has what was asked and what the bureau knows, no more."""
        server.form = form  # type: ignore[assignment]  # one of the three
        answer = answered(client, registry_of(server), BY_APP)
        assert isinstance(answer, Found)
        record = answer.record
        assert record.written().keys() == {
            "registration_number", "entity_number", "service_name", "kind", "document_number", "platforms", "status",
            "observed_at", "source", "origin",
        }  # fmt: skip
        assert (record.registration_number.canonical, record.service_name) == (NUMBER, "挖煤姬")
        assert (record.kind, record.source) == (ServiceKind.APP, "enterprise 蜀")
        assert (record.document_number, record.written()["platforms"]) == (DOCUMENT, [{"package": PACKAGE}])
        told = server.calls[0].parameters
        assert told["queryConditionType"] == "102"
        assert base64.b64decode(told["queryCondition"]).decode() == DOCUMENT
        assert base64.b64decode(told["queryCondition2"]).decode() == PACKAGE

    @both
    @FORMS
    def test_by_domain(self, client: type[LookupClient], form: str, server: EnterpriseServer) -> None:
        """Condition 0: as it stands."""
        server.form = form  # type: ignore[assignment]  # as above
        answer = answered(client, registry_of(server), BY_DOMAIN)
        assert isinstance(answer, Found)
        assert answer.record.domains == (DOMAIN,)
        assert answer.record.document_number is None
        assert answer.record.platforms is None
        assert server.calls[0].parameters["queryConditionType"] == "0"
        assert server.calls[0].parameters["queryCondition"] == DOMAIN

    @both
    @pytest.mark.parametrize(
        ("document_type", "number", "condition"),
        [
            ("uscc", DOCUMENT, "1"),
            ("business_licence", DOCUMENT, "1"),
            ("id_card", "11010519491231002X", "2"),
            ("institution_certificate", "112233445566", "4"),
            ("military_code", "军示例00001", "5"),
            ("social_organisation_certificate", "51100000500000000X", "6"),
            ("passport", "E00000000", "7"),
            ("officer_card", "军字第0000001号", "8"),
            ("taiwan_permit", "00000001", "11"),
        ],
    )
    def test_an_entity_by_each_document(
        self, client: type[LookupClient], document_type: str, number: str, condition: str
    ) -> None:
        """Conditions 1 to 11: the entity's number alone, which never lets an app through."""
        kept = RegistrationRecord.read(registered(document_type=document_type, document_number=number))
        query = ByDocument(number, document_type=DocumentType(document_type))
        with EnterpriseServer([kept]) as server:
            answer = answered(client, registry_of(server), query)
            assert server.calls[0].parameters["queryConditionType"] == condition
        assert isinstance(answer, Found)
        record = answer.record
        assert (record.registration_number.canonical, record.kind) == ("蜀ICP备2021014694号", None)
        assert (record.document_type, record.document_number) == (document_type, number)
        assert record.service_name is None
        assert record.platforms is None

    @both
    @FORMS
    @pytest.mark.parametrize("name", ["𠮷野家", "䶮", "龘靐齉爩", "深圳（示例）·Café", "<&>\"'", "㐀𪚥", "A&amp;B"])
    def test_rare_characters(self, client: type[LookupClient], form: str, name: str) -> None:
        """Of GBK, of GB 18030 beyond it, and of XML: as they were registered."""
        with EnterpriseServer([RegistrationRecord.read(registered(service_name=name))]) as server:
            server.form = form  # type: ignore[assignment]  # as above
            answer = answered(client, registry_of(server), BY_APP)
        assert isinstance(answer, Found)
        assert answer.record.service_name == name

    def test_a_character_reference(self, server: EnterpriseServer) -> None:
        """As a server writes what its charset does not have."""
        server.alter = lambda _, answer: EnterpriseAnswer(answer.body.replace("挖煤姬".encode("gbk"), b"&amp;#134071;"))
        answer = answered(CLIENTS[0], registry_of(server), BY_APP)
        assert isinstance(answer, Found)
        assert answer.record.service_name == "𠮷"

    @pytest.mark.parametrize("charset", ["gbk", "utf-8"])
    def test_the_charset_of_a_call(self, charset: str) -> None:
        """As configured; Chinese in a condition comes back letter for letter."""
        number = "军示例00001"
        kept = RegistrationRecord.read(registered(document_type="military_code", document_number=number))
        with EnterpriseServer([kept]) as server:
            registry = registry_of(server, charset=f'"{charset}"')
            query = ByDocument(number, document_type=DocumentType.MILITARY_CODE)
            assert isinstance(answered(CLIENTS[0], registry, query), Found)
            [call] = server.calls
        assert call.headers["content-type"].lower() == f"text/xml; charset={charset}"
        assert number.encode(charset) in call.body

    def test_a_name_without_an_end(self, server: EnterpriseServer) -> None:
        """Is no record, and is not told."""
        long = "挖".encode("gbk") * 10_000
        server.alter = lambda _, answer: EnterpriseAnswer(answer.body.replace("挖煤姬".encode("gbk"), long))
        answer = answered(CLIENTS[0], registry_of(server), BY_APP)
        assert answer == Unavailable(Why.SCHEMA, "not a record: /service_name")

    def test_an_answer_that_was_kept_on_the_way_is_as_old_as_it_says(self) -> None:
        """A record was observed when its answer was made."""
        body = _recorded(BY_APP)
        observation = _told(BY_APP, Response(200, {"content-type": "text/xml; charset=GBK", "age": "3600"}, body))
        assert isinstance(observation.answer, Found)
        assert (NOW - observation.observed_at).total_seconds() == 3_600
        assert observation.answer.record.observed_at == observation.observed_at


class TestNotFinding:
    """What is not registered, and who may say so."""

    @both
    @pytest.mark.parametrize(
        "query", [ELSEWHERE, ByDomain("other.example.cn"), ByDocument("E0", document_type=DocumentType.PASSPORT)]
    )
    def test_a_no_of_a_complete_bureau(
        self, client: type[LookupClient], query: Query, server: EnterpriseServer
    ) -> None:
        """It was stated in so many words, and the configuration says that it may be believed."""
        assert answered(client, registry_of(server, **COMPLETE), query) == NotRegistered("all")

    @both
    @pytest.mark.parametrize(
        ("stated", "expected"),
        [({}, Why.NOT_LISTED), ({"authoritative": "true", "scope": '"provinces:蜀"'}, Why.NOT_COVERED)],
    )
    def test_a_no_that_does_not_count(
        self, client: type[LookupClient], stated: dict[str, str], expected: Why, server: EnterpriseServer
    ) -> None:
        """A bureau that is complete for nothing, or for its province's numbers: no number was asked."""
        assert why(answered(client, registry_of(server, **stated), ELSEWHERE)) is expected

    def test_a_cancelled_registration_is_none(self) -> None:
        """The interface has no word for it but *not registered*."""
        with EnterpriseServer([RegistrationRecord.read(registered(status="cancelled"))]) as server:
            assert answered(CLIENTS[0], registry_of(server, **COMPLETE), BY_APP) == NotRegistered("all")


class TestWhatIsNotAsked:
    """A question that would be a guess is not put."""

    @both
    @pytest.mark.parametrize(
        "query",
        [
            ByNumber(parse(NUMBER)),
            ByDocument(DOCUMENT),
            ByDocument(DOCUMENT, document_type=DocumentType.OTHER),
            ByDocument("110000000", document_type=DocumentType.ORGANISATION_CODE),
            ByDocument("11510000008000001X", document_type=DocumentType.USCC),
            ByDocument("HA0000000", document_type=DocumentType.HK_MACAO_PERMIT),
            ByDocument("军示例00001", PACKAGE),
            ByDocument("", PACKAGE),
            ByDocument(" 1", PACKAGE),
            ByDocument("1\n", PACKAGE),
            ByDocument("1" * 257, PACKAGE),
            ByDocument("𠮷1", document_type=DocumentType.MILITARY_CODE),
            ByDomain("Example.CN"),
            ByDomain("203.0.113.7"),
        ],
        ids=str,
    )
    def test_is_a_matter_of_configuration(
        self, client: type[LookupClient], query: Query, server: EnterpriseServer
    ) -> None:
        """Nobody is asked, and nothing of the query is told."""
        answer = answered(client, registry_of(server), query)
        assert why(answer) is Why.CONFIGURATION
        assert server.calls == []
        assert DOCUMENT not in repr(answer)

    @both
    def test_condition_102_is_off_unless_switched_on(
        self, client: type[LookupClient], server: EnterpriseServer
    ) -> None:
        """It was observed and is not specified: a configuration says that it is meant."""
        answer = answered(client, registry_of(server, observed_app_query="false"), BY_APP)
        assert answer == Unavailable(Why.CONFIGURATION, "asking by package is switched off: observed_app_query")
        assert server.calls == []

    def test_a_configured_condition(self) -> None:
        """Says which one is meant where the document does not."""
        kept = RegistrationRecord.read(registered(document_type="organisation_code", document_number="110000000"))
        query = ByDocument("110000000", document_type=DocumentType.ORGANISATION_CODE)
        with EnterpriseServer([kept]) as server:
            configuration = load_text(server.configuration() + "[conditions]\norganisation_code = 9\n")
            registry = EnterpriseRegistry(configuration, secrets={"password": PASSWORD})
            assert isinstance(answered(CLIENTS[0], registry, query), Found)
            assert server.calls[0].parameters["queryConditionType"] == "9"


class TestWhoAsks:
    """Credentials, and a bureau that does not take them."""

    def test_what_goes_along(self, server: EnterpriseServer) -> None:
        """In the order of the interface; the random text is another for each call."""
        registry = registry_of(server)
        for query in (BY_APP, BY_DOMAIN):
            answered(CLIENTS[0], registry, query)
        assert list(server.calls[0].parameters) == [
            "ispID", "userName", "randVal", "pwdHash", "hashAlgorithm", "queryConditionType", "queryCondition",
            "queryCondition2",
        ]  # fmt: skip
        drawn = [call.parameters["randVal"] for call in server.calls]
        assert len(set(drawn)) == 2
        assert all(len(text) == 20 and set(text) <= set(string.ascii_letters + string.digits) for text in drawn)
        assert server.calls[0].headers["soapaction"] == '""'
        assert PASSWORD.encode() not in server.calls[0].body

    @both
    def test_a_wrong_password_is_asked_with_once(self, client: type[LookupClient], server: EnterpriseServer) -> None:
        """The interface counts: neither a retry nor the next query tries it again."""
        with opened(client, registry_of(server, "wrong"), limits=Limits(seconds=5.0, attempts=5)) as made:
            first = made.look_up(BY_APP, deadline=5.0).answer
            assert first == Unavailable(Why.UNAUTHORISED, "msg_code 5: wrong password")
            assert why(made.look_up(BY_DOMAIN, deadline=5.0).answer) is Why.UNAUTHORISED
        assert len(server.calls) == 1

    @pytest.mark.parametrize("again", [1, 2, 20])
    def test_a_batch_with_a_wrong_password_is_one_call(self, again: int, server: EnterpriseServer) -> None:
        """The first query is asked alone."""
        queries = [BY_APP] + [ByDomain(f"a{n}.example.cn") for n in range(again)]
        observations = asked(registry_of(server, "wrong"), *queries)
        assert [o.query for o in observations] == queries
        assert {why(o.answer) for o in observations} == {Why.UNAUTHORISED}
        assert len(server.calls) == 1

    @pytest.mark.parametrize("gate", GATES, ids=["blocking", "async"])
    def test_many_at_once_with_a_wrong_password_are_one_call(self, gate: type[Gate], server: EnterpriseServer) -> None:
        """Those who come meanwhile wait for the first, and are told what it was told."""
        rows = [described(package=f"cn.example.app{n}") for n in range(24)]
        with gate(Action.LIST, registry_of(server, "wrong"), deadline=5.0) as made:
            decisions = [item.decision for item in made.check_many(rows)]
        assert all(decision is not None and decision.undecided for decision in decisions)
        assert len(server.calls) == 1

    @pytest.mark.parametrize("clock", [None, FixedClock(NOW)], ids=["machine", "fixed"])
    @pytest.mark.parametrize("gate", GATES, ids=["blocking", "async"])
    def test_many_at_once_with_the_right_one(
        self, gate: type[Gate], clock: FixedClock | None, server: EnterpriseServer
    ) -> None:
        """Nobody is held up after the first."""
        rows = [described(package=f"cn.example.app{n}") for n in range(24)] + [described()]
        registry = registry_of(server, **COMPLETE)
        with gate(Action.LIST, registry, deadline=5.0, clock=clock) as made:
            decisions = [item.decision for item in made.check_many(rows)]
        assert all(decision is not None and decision.denied for decision in decisions[:-1])
        assert decisions[-1] is not None
        assert decisions[-1].allowed

    @both
    def test_locked_out(self, client: type[LookupClient], server: EnterpriseServer) -> None:
        """After too many wrong passwords the right one does not help either."""
        for _ in range(5):
            answered(client, registry_of(server, "wrong"), BY_APP)
        answer = answered(client, registry_of(server), BY_APP)
        assert answer == Unavailable(Why.UNAUTHORISED, "msg_code 22: too many wrong passwords")
        server.unlock()
        assert isinstance(answered(client, registry_of(server), BY_APP), Found)

    @both
    @pytest.mark.parametrize(
        ("account", "expected"),
        [({"user": "other"}, "4: unknown user"), ({"isp_id": "330000000001"}, "12: credentials refused")],
    )
    def test_another_account(self, client: type[LookupClient], account: dict[str, str], expected: str) -> None:
        """Is not taken."""
        with EnterpriseServer() as asked_as, EnterpriseServer([RECORD], **account) as server:  # type: ignore[arg-type]  # texts
            text = asked_as.configuration(observed_app_query="true").replace(asked_as.url, server.url)
            registry = EnterpriseRegistry(load_text(text), secrets={"password": PASSWORD})
            assert answered(client, registry, BY_APP) == Unavailable(Why.UNAUTHORISED, f"msg_code {expected}")

    @both
    def test_a_provider_of_another_province(self, client: type[LookupClient]) -> None:
        """Is told so by the bureau."""
        with EnterpriseServer([RECORD], isp_province="京") as server:
            assert why(answered(client, registry_of(server), BY_APP)) is Why.WRONG_PROVINCE

    def test_a_password_in_chinese(self) -> None:
        """Is hashed as GBK has it."""
        with EnterpriseServer([RECORD], password="密码一二三") as server:  # noqa: S106 -- nobody's
            assert isinstance(answered(CLIENTS[0], registry_of(server, "密码一二三"), BY_APP), Found)


class TestWhomToAsk:
    """Several bureaus."""

    def _registry(self, *servers: EnterpriseServer, home: str = "") -> EnterpriseRegistry:
        text = servers[0].configuration(observed_app_query="true", **({"home": f'"{home}"'} if home else {}))
        text += "".join(f'"{server.province}" = "{server.url}"\n' for server in servers[1:])
        return EnterpriseRegistry(load_text(text), secrets={"password": PASSWORD})

    @both
    def test_the_bureau_of_a_business(self, client: type[LookupClient]) -> None:
        """Its code names a province; what names none goes home."""
        beijing = RegistrationRecord.read(registered(document_number="91110000600037341L", domains=[DOMAIN]))
        with EnterpriseServer([RECORD]) as sichuan, EnterpriseServer([beijing], province="京") as capital:
            registry = self._registry(sichuan, capital, home="京")
            answer = answered(client, registry, BY_APP)
            assert isinstance(answer, Found)
            assert answer.record.source == "enterprise 蜀"
            assert isinstance(answered(client, registry, ByDocument("91110000600037341L", PACKAGE)), Found)
            assert isinstance(answered(client, registry, BY_DOMAIN), Found)
            assert isinstance(answered(client, registry, ByDocument("91330000600037341L", PACKAGE)), Unavailable)
            assert (len(sichuan.calls), len(capital.calls)) == (1, 3)

    @both
    def test_no_bureau_for_it(self, client: type[LookupClient]) -> None:
        """Without a home nobody is asked about what no configured bureau is named by."""
        with EnterpriseServer([RECORD]) as sichuan, EnterpriseServer(province="京") as capital:
            registry = self._registry(sichuan, capital)
            zhejiang = answered(client, registry, ByDocument("91330000600037341L", PACKAGE))
            assert zhejiang == Unavailable(Why.WRONG_PROVINCE, "no bureau is configured for 浙江省通信管理局")
            assert why(answered(client, registry, BY_DOMAIN)) is Why.WRONG_PROVINCE
            assert sichuan.calls == capital.calls == []

    def test_one_for_all(self) -> None:
        """An endpoint of the ministry's, or a bridge."""
        with EnterpriseServer([RECORD]) as server:
            text = server.configuration(observed_app_query="true").replace('"蜀" =', "all =")
            registry = EnterpriseRegistry(load_text(text), secrets={"password": PASSWORD})
            answer = answered(CLIENTS[0], registry, BY_APP)
        assert isinstance(answer, Found)
        assert answer.record.source == "enterprise all"


class TestMaintenance:
    """A bureau that is not there at all hours."""

    @both
    def test_the_code(self, client: type[LookupClient], server: EnterpriseServer) -> None:
        """One call: it is left alone for a while."""
        server.maintenance = "901"
        with opened(client, registry_of(server), limits=Limits(seconds=5.0, attempts=5)) as made:
            answer = made.look_up(BY_APP, deadline=5.0).answer
        assert answer == Unavailable(Why.MAINTENANCE, "msg_code 901: under maintenance (reports)")
        assert isinstance(answer, Unavailable)
        assert answer.retry_after == 300
        assert len(server.calls) == 1

    @both
    @pytest.mark.parametrize(
        ("hour", "left"),
        [((15, 30), 6.5 * 3_600), ((21, 59), 60.0), ((22, 0), None), ((15, 29), None), ((4, 0), 3_600.0)],
    )
    def test_the_hours(
        self, client: type[LookupClient], hour: tuple[int, int], left: float | None, server: EnterpriseServer
    ) -> None:
        """In Asia/Shanghai; inside them nobody is asked, and the answer says for how long."""
        registry = registry_of(server, maintenance='["23:30-06:00", "12:00-13:00"]')
        clock = FixedClock(datetime(2026, 11, 24, *hour, tzinfo=UTC))
        answer = answered(client, registry, BY_APP, clock=clock)
        assert isinstance(answer, Found if left is None else Unavailable)
        assert len(server.calls) == (1 if left is None else 0)
        if isinstance(answer, Unavailable):
            assert (answer.why, answer.retry_after) == (Why.MAINTENANCE, left)


class TestTheGate:
    """An app that states a number is held to it, though the interface cannot be asked by number."""

    def _decided(self, gate: type[Gate], server: EnterpriseServer, **changes: object) -> Decision:
        with gate(Action.LIST, registry_of(server, **COMPLETE), deadline=5.0) as made:
            return made.check(App.parse(described(**changes)))

    @pytest.mark.parametrize("gate", GATES, ids=["blocking", "async"])
    def test_allows_the_app_that_is_registered(self, gate: type[Gate], server: EnterpriseServer) -> None:
        """By document and package; what the interface does not know is noted, and no mismatch."""
        decision = self._decided(gate, server)
        assert decision.allowed
        noted = {raised.found for raised in decision.raised if raised.code == "not_checkable"}
        assert {"operator_mismatch", "signing_certificate_mismatch"} <= noted

    @pytest.mark.parametrize("gate", GATES, ids=["blocking", "async"])
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"registration_number": "蜀ICP备2021014694号-11A"}, "registry_unavailable"),
            ({"registration_number": "蜀ICP备2021014694号"}, "registry_unavailable"),
            ({"registration_number": None}, "number_missing"),
            ({"name": "别的"}, "name_mismatch"),
            ({"package": "cn.example.other"}, "not_registered"),
            ({"operator": None}, "registry_unavailable"),
            ({"kind": "quick_app", "platform": "quick_app"}, "service_kind_mismatch"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_denies_any_other(
        self, gate: type[Gate], changes: dict[str, object], code: str, server: EnterpriseServer
    ) -> None:
        """Another number, none, another name, package or kind; and an app of which no document is known."""
        decision = self._decided(gate, server, **changes)
        assert not decision.allowed
        assert code in decision.codes

    def test_a_no_names_what_was_asked(self, server: EnterpriseServer) -> None:
        """The number was not: document and package were."""
        decision = self._decided(GATES[0], server, package="cn.example.other")
        [reason] = [raised for raised in decision.raised if raised.code == "not_registered"]
        assert reason.found == "no registration by document and package cn.example.other in enterprise"
        assert decision.denied

    @pytest.mark.parametrize("gate", GATES, ids=["blocking", "async"])
    def test_many(self, gate: type[Gate], server: EnterpriseServer) -> None:
        """Two apps of one document and package are one call, and each is held to its own number."""
        rows = [described(), described(registration_number="蜀ICP备2021014694号-11A"), described()]
        with gate(Action.LIST, registry_of(server), deadline=5.0) as made:
            decisions = [item.decision for item in made.check_many(rows)]
        assert [decision is not None and decision.allowed for decision in decisions] == [True, False, True]
        assert len(server.calls) == 1


def _recorded(query: Query) -> bytes:
    """The body that a server answers a query with."""
    bodies: list[bytes] = []

    def keep(_: object, answer: EnterpriseAnswer) -> EnterpriseAnswer:
        bodies.append(answer.body)
        return answer

    with EnterpriseServer([RECORD]) as server:
        server.alter = keep
        answered(CLIENTS[0], registry_of(server), query)
    return bodies[0]


def _told(query: Query, value: object, error: Exception | None = None, drawn: object = "a" * 20):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- an observation
    """What the registry makes of one reply to its call."""
    with EnterpriseServer() as server:
        flow = registry_of(server).ask([query])
    assert isinstance(next(flow), Now)
    assert isinstance(flow.send(Reply(NOW, 0.0)), ReadLocally)
    try:
        assert isinstance(flow.send(Reply(NOW, 0.0, drawn)), Send)
        flow.send(Reply(NOW, 0.0, value, error))
    except StopIteration as end:
        return end.value[0]
    raise AssertionError


class TestTheFlow:
    """Steps, pure."""

    def test_nothing_is_asked_about_nothing(self, server: EnterpriseServer) -> None:
        """An empty batch takes no step."""
        with pytest.raises(StopIteration) as ended:
            next(registry_of(server).ask([]))
        assert ended.value.value == []

    def test_what_was_not_answered(self) -> None:
        """Keeps its why."""
        observation = _told(BY_APP, None, Unanswered(Why.TIMEOUT, "no time left"))
        assert observation.answer == Unavailable(Why.TIMEOUT, "no time left")

    def test_without_a_random_text_nobody_is_asked(self) -> None:
        """A driver that cannot draw is a defect."""
        assert why(_told(BY_APP, None, drawn=None).answer) is Why.INTERNAL

    def test_a_query_that_cannot_be_asked_tells_the_time(self, server: EnterpriseServer) -> None:
        """And that is its only step."""
        flow = registry_of(server).ask([ByNumber(parse(NUMBER))])
        assert isinstance(next(flow), Now)
        with pytest.raises(StopIteration) as ended:
            flow.send(Reply(NOW, 0.0))
        assert ended.value.value[0].observed_at == NOW

    def test_a_batch_is_answered_in_order(self, server: EnterpriseServer) -> None:
        """Whatever its parts come to."""
        queries: list[Query] = [BY_APP, ByNumber(parse(NUMBER)), ELSEWHERE, BY_DOMAIN]
        with opened(CLIENTS[0], registry_of(server, **COMPLETE)) as client:
            observations = client.look_up_many(queries, deadline=5.0)
        assert [type(o.answer) for o in observations] == [Found, Unavailable, NotRegistered, Found]


class TestMaking:
    """Secrets and files."""

    def test_what_it_says_of_itself(self, server: EnterpriseServer) -> None:
        """It cannot be asked by number, and its id has no secret in it."""
        registry = registry_of(server, id='"sichuan"')
        assert registry.capabilities.queries == (ByDocument, ByDomain)
        assert "operator" not in (registry.capabilities.contains or ())
        assert repr(registry) == "EnterpriseRegistry('sichuan')"

    def test_from_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: EnterpriseServer) -> None:
        """With the password elsewhere."""
        (tmp_path / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        path = tmp_path / "enterprise.toml"
        text = server.configuration(observed_app_query="true")
        path.write_text(f'{text}[secrets]\npassword = "file:{tmp_path / "password"}"\n', encoding="utf-8")
        assert isinstance(answered(CLIENTS[0], from_file(str(path)), BY_APP), Found)
        monkeypatch.setenv("BUREAU_PASSWORD", PASSWORD)
        path.write_text(f'{text}[secrets]\npassword = "env:BUREAU_PASSWORD"\n', encoding="utf-8")
        assert isinstance(answered(CLIENTS[0], EnterpriseRegistry.from_file(path), BY_APP), Found)

    @pytest.mark.parametrize(
        ("secrets", "said"),
        [
            ({}, "the secret password is missing"),
            ({"password": PASSWORD, "other": "x"}, "the secret other is not used"),
            ({"password": "密码𠮷"}, "a character that GBK does not have"),
            ({"password": ""}, "empty"),
        ],
    )
    def test_secrets_that_are_refused(self, secrets: dict[str, str], said: str, server: EnterpriseServer) -> None:
        """When it is made, and without telling them."""
        with pytest.raises(ConfigurationError, match=said) as caught:
            EnterpriseRegistry(load_text(server.configuration()), secrets=secrets)
        assert "密码" not in str(caught.value)
