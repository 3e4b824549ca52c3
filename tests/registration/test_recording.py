"""A form, its record and the gate agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.errors import InvalidApp
from icpgate.gate import Gate
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.number import ServiceKind, parse
from icpgate.record import Origin, RegistrationRecord, RegistrationStatus
from icpgate.registration.form import examine
from icpgate.registration.recording import app_of, record_of
from icpgate.registration.refusals import RegistrationError
from icpgate.signing import Platform
from icpgate.testing import FixedClock
from tests.registration.forms import TODAY, approval, good_form, modulus, spoilt, uscc

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.decision import Decision

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
NUMBERS = {
    "app": "蜀ICP备2026000001号-1A",
    "mini_program": "蜀ICP备2026000001号-2X",
    "quick_app": "蜀ICP备2026000001号-3K",
}
LINK = "https://beian.miit.gov.cn/"


def _record(form: Any, number: str = NUMBERS["app"], **changes: Any) -> RegistrationRecord:
    stated: dict[str, Any] = {
        "status": RegistrationStatus.REGISTERED,
        "observed_at": NOW,
        "source": "test",
        "approved_at": NOW - timedelta(days=1),
    }
    return record_of(form, parse(number), **(stated | changes))


def _decision(
    record: RegistrationRecord, form: Any, platform: str | None = None, make: Callable[..., Gate] = Gate.for_listing
) -> Decision:
    number = record.registration_number.canonical
    registry = MemoryRegistry([record], id="memory", authoritative=True, observed_at=NOW, source="test")
    app = app_of(form, platform, registration_number=number, display={"number": number, "link": LINK})
    with make(registry, clock=FixedClock(NOW)) as gate:
        return gate.check(app)


@pytest.mark.parametrize("nature", ["enterprise", "natural_person", "institution"])
@pytest.mark.parametrize("kind", list(NUMBERS))
def test_the_gate_allows_what_was_registered(kind: str, nature: str) -> None:
    """On each platform of the form, without a reason."""
    form = good_form(kind, nature)
    record = _record(form, NUMBERS[kind])
    for row in form["app"]["platforms"]:
        decision = _decision(record, form, row["platform"])
        assert decision.allowed, decision.codes


def test_the_gate_allows_a_sector_with_its_approval() -> None:
    """As the form examined it."""
    form = good_form() | {"pre_approvals": [approval(sector="出版、新闻")]}
    form["app"]["sectors"] = ["新闻"]
    assert examine(form, today=TODAY).complete
    record = _record(form)
    assert record.pre_approvals == ("出版、新闻",)
    assert _decision(record, form).allowed


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/app/name", "另一个示例", "name_mismatch"),
        ("/app/platforms/0/package", "cn.example.other", "package_mismatch"),
        ("/app/platforms/0/signing_certificate", "f" * 32, "signing_certificate_mismatch"),
        ("/app/platforms/0/public_key", str(modulus("another")), "public_key_mismatch"),
        ("/operator/name", "北京示例软件有限公司", "operator_mismatch"),
        ("/operator/document_number", uscc("91110105MA0EXAM9C"), "document_number_mismatch"),
    ],
)
def test_the_gate_denies_what_differs_from_the_form(pointer: str, value: str, code: str) -> None:
    """One thing that is other than it was registered is one reason."""
    decision = _decision(_record(good_form()), spoilt(good_form(), pointer, value))
    assert decision.denied
    assert decision.codes == (code,)


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/app/domains/0", "other.example.cn", "domain_not_covered"),
        ("/app/endpoints/0", "203.0.113.9", "domain_not_covered"),
    ],
)
def test_an_access_provider_s_gate_holds_the_network_resources_to_the_form(pointer: str, value: str, code: str) -> None:
    """What is registered is connected, and nothing else."""
    record = _record(good_form())
    assert _decision(record, good_form(), make=Gate.for_connecting).allowed
    assert code in _decision(record, spoilt(good_form(), pointer, value), make=Gate.for_connecting).codes


def test_a_record_has_what_the_form_states() -> None:
    """In the registry's words and normal forms."""
    form = good_form()
    form["operator"] |= {
        "nature": "公司",
        "document_type": "统一社会信用代码",
        "document_number": "9151 0107 MA6E XAM9 CE",
    }
    form["app"] |= {"domains": ["Notes.Example.cn."], "endpoints": ["::ffff:203.0.113.7"]}
    record = _record(form, origin=Origin.SIMULATED)
    assert record.operator_kind == "企业"
    assert (record.document_type, record.document_number) == ("uscc", "91510107MA6EXAM9CE")
    assert (record.domains, record.endpoints) == (("notes.example.cn",), ("203.0.113.7",))
    assert record.kind is ServiceKind.APP
    assert record.access_providers == ("示例云",)
    assert [row.platform for row in record.platforms or ()] == [Platform.ANDROID, Platform.IOS, Platform.HARMONYOS]
    assert (record.access_restricted, record.blacklisted) == (None, None)
    assert record.origin is Origin.SIMULATED


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_a_record_reads_back_as_itself(kind: str) -> None:
    """As a live registry keeps it."""
    record = _record(good_form(kind), NUMBERS[kind])
    assert RegistrationRecord.read(record.written()) == record


def test_a_form_kept_without_persons_gives_the_same_record() -> None:
    """As the registration system keeps it; and so does the form as it was read."""
    form = good_form()
    kept = {name: part for name, part in form.items() if name != "persons"}
    read = examine(form, today=TODAY).form
    assert _record(kept) == _record(form) == _record(read)
    assert app_of(kept) == app_of(read)  # type: ignore[arg-type]  # it is complete


def test_of_an_incomplete_form_the_record_has_what_can_be_read() -> None:
    """What is absent is absent, not empty."""
    record = _record({"operator": {"name": "示例"}, "app": {"name": "示例", "endpoints": ["10.0.0.1"]}})
    assert (record.operator, record.service_name) == ("示例", "示例")
    assert (record.operator_kind, record.document_type, record.kind, record.domains) == (None, None, None, None)
    assert record.endpoints == ()
    assert _record({}).operator is None


def test_an_app_is_of_a_platform_of_the_form() -> None:
    """By its name in either language; without one of the first."""
    form = good_form()
    assert app_of(form).platform is Platform.ANDROID
    assert app_of(form, "苹果").platform is Platform.IOS
    assert app_of(form, Platform.HARMONYOS).platform is Platform.HARMONYOS
    for platform in ("wechat", "andriod", Platform.QQ):
        with pytest.raises(RegistrationError, match="no such platform") as caught:
            app_of(form, platform)
        assert caught.value.code == "registration.platform"
        assert caught.value.hint == "it has android, ios, harmonyos"


def test_a_form_without_platforms_has_no_app() -> None:
    """And one without a name none that can be read."""
    with pytest.raises(RegistrationError, match="it has none"):
        app_of({})
    with pytest.raises(InvalidApp):
        app_of(spoilt(good_form(), "/app/name", ""))
