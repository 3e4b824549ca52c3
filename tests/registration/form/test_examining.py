"""Every missing or wrong thing at once, each exactly once, and nothing of a good form."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from icpgate.registration.form import FormDefect, Severity, defect_texts, examine
from tests.registration.forms import BAD, TODAY, approval, good_form, id_card, modulus, persons, spoilt, uscc

CARD: Final = id_card("51010719900101001")
LONG: Final = "长" * 300
RSA_SPKI: Final = f"30820122300d06092a864886f70d01010105000382010f003082010a0282010100{modulus('x'):x}0203010001"
END: Final = "-----END PUBLIC KEY-----"
COLONS: Final = "0a:1b:2c:3d:4e:5f:60:71:82:93:a4:b5:c6:d7:e8:f9"
NEWS: Final = approval(sector="新闻")

Spoilt = tuple[str, object, str]
"""A pointer, the value that is put there, and the code that follows; the defect is at the pointer."""

APP_DEFECTS: Final[list[Spoilt]] = [
    ("/operator", BAD, "form.missing"),
    ("/operator", "示例", "form.type"),
    ("/operator/nature", "enterprize", "form.choice"),
    ("/operator/nature", BAD, "form.missing"),
    ("/operator/name", "  ", "form.missing"),
    ("/operator/name", "！？", "form.says_nothing"),
    ("/operator/name", LONG, "form.too_long"),
    ("/operator/document_type", "id_card_of_sorts", "form.choice"),
    ("/operator/document_number", "91510107MA6EXAM9CX", "form.document_number"),
    ("/operator/region", "519999", "form.region"),
    ("/operator/region", "810000", "form.region"),
    ("/operator/region", 510107, "form.type"),
    ("/operator/address", "暂无", "form.says_nothing"),
    ("/operator/licence_number", "蜀ICP备2021014694号", "form.licence_number"),
    ("/operator/licence_number", "京ICP证030173号-2A", "form.licence_number"),
    ("/operator/licence_number", "执照", "form.licence_number"),
    ("/persons", None, "form.missing"),
    ("/persons/app", BAD, "form.missing"),
    ("/persons/app", [], "form.type"),
    ("/persons/entity/name", "\u200b张示例", "form.invisible"),
    ("/persons/entity/name", "…", "form.says_nothing"),
    ("/persons/entity/document_type", "uscc", "form.document_not_personal"),
    ("/persons/entity/document_number", CARD[:-1] + "3", "form.document_number"),
    ("/persons/entity/valid_until", "2026-11-23", "form.document_past"),
    ("/persons/app/valid_until", "2036-02-30", "form.date"),
    ("/persons/entity/mobile", "+8613800000000", "form.mobile"),
    ("/persons/entity/mobile", "12800000000", "form.mobile"),
    ("/persons/entity/emergency_phone", "13800000000", "form.emergency_same"),
    ("/persons/app/emergency_phone", "110", "form.emergency_phone"),
    ("/persons/app/email", "li.example.cn", "form.email"),
    ("/persons/app/email", "li@localhost", "form.email"),
    ("/app", 7, "form.type"),
    ("/app/name", "☂", "form.name"),
    ("/app/name", {"zh": "示例"}, "form.type"),
    ("/app/kind", "website", "form.choice"),
    ("/app/kind", BAD, "form.missing"),
    ("/app/kind", "mini_program", "form.kind_of_platforms"),
    ("/app/icon", None, "form.missing"),
    ("/app/icon/sha256", "0" * 64, "form.sha256"),
    ("/app/icon/sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "form.sha256"),
    ("/app/icon/document", BAD, "form.missing"),
    ("/app/service_content", [], "form.missing"),
    ("/app/service_content", "工具", "form.type"),
    ("/app/service_content/0", "", "form.missing"),
    ("/app/languages/0", "Chinese!", "form.language"),
    ("/app/languages/0", True, "form.type"),
    ("/app/domains", BAD, "form.missing"),
    ("/app/domains/0", "https://notes.example.cn/", "form.domain"),
    ("/app/domains/0", "*.example.cn", "form.domain"),
    ("/app/domains/-", "NOTES.example.cn.", "form.duplicate"),
    ("/app/endpoints", BAD, "form.missing"),
    ("/app/endpoints", [], "form.missing"),
    ("/app/endpoints/0", "203.0.113.7:443", "form.endpoint"),
    ("/app/endpoints/0", "127.0.0.1", "form.endpoint"),
    ("/app/endpoints/0", "192.168.1.7", "form.endpoint_private"),
    ("/app/endpoints/0", "100.64.0.1", "form.endpoint_private"),
    ("/app/endpoints/0", "fd00::1", "form.endpoint_private"),
    ("/app/endpoints", ["203.0.113.7"] * 1_001, "form.too_many"),
    ("/app/access_providers", [], "form.missing"),
    ("/app/access_providers/-", " 示例云 ", "form.duplicate"),
    ("/app/platforms", [], "form.missing"),
    ("/app/platforms/0", "android", "form.type"),
    ("/app/platforms/0/platform", "andriod", "form.choice"),
    ("/app/platforms/0/platform", BAD, "form.missing"),
    ("/app/platforms/0/package", "notes", "form.package"),
    ("/app/platforms/0/package", BAD, "form.missing"),
    ("/app/platforms/0/name", "示例随手记安卓版", "form.name_per_platform"),
    ("/app/platforms/0/signing_certificate", BAD, "form.missing"),
    ("/app/platforms/0/signing_certificate", "0a1b2c", "form.certificate"),
    ("/app/platforms/0/signing_certificate", "0a1b2c3d" * 5, "form.certificate_algorithm"),
    ("/app/platforms/1/signing_certificate", "0a1b2c3d" * 4, "form.certificate_algorithm"),
    ("/app/platforms/2/signing_certificate", "0a1b2c3d" * 8, "form.certificate_algorithm"),
    ("/app/platforms/0/signing_certificate", COLONS, "form.certificate_notation"),
    ("/app/platforms/0/public_key", BAD, "form.missing"),
    ("/app/platforms/0/public_key", "no key", "form.key"),
    ("/app/platforms/-", good_form()["app"]["platforms"][0], "form.duplicate"),
    ("/app/sdks", BAD, "form.missing"),
    ("/app/sdks/0/vendor", BAD, "form.missing"),
    ("/app/sdks/0/purpose", "无", "form.says_nothing"),
    ("/app/sdks/-", good_form()["app"]["sdks"][0] | {"purpose": "统计"}, "form.duplicate"),
    ("/app/sectors/-", "新闻", "form.approval_missing"),
    ("/app/sectors", "新闻", "form.type"),
    ("/commitment_letter", BAD, "form.missing"),
    ("/commitment_letter/signed_on", "2026-11-25", "form.signed_in_future"),
    ("/commitment_letter/signed_on", "2026年11月1日", "form.date"),
    ("/commitment_letter/signed_on", 20261101, "form.type"),
    ("/authenticity_sheet/sha256", "abc", "form.sha256"),
    ("/authenticity_sheet/sha256", BAD, "form.missing"),
    ("/authenticity_sheet/sha256", good_form()["commitment_letter"]["sha256"], "form.same_document"),
    ("/pre_approvals", {}, "form.type"),
    ("/comment", "", "form.unknown_field"),
]

APPROVED: Final = good_form() | {
    "app": good_form()["app"] | {"sectors": ["出版"]},
    "pre_approvals": [approval()],
}
APPROVAL_DEFECTS: Final[list[Spoilt]] = [
    ("/pre_approvals/0/valid_until", "2026-11-23", "form.approval_past"),
    ("/pre_approvals/0/valid_from", "2026-11-25", "form.approval_not_begun"),
    ("/pre_approvals/0/valid_until", "2025-12-31", "form.approval_dates"),
    ("/pre_approvals/0/valid_until", "31.1.2031", "form.date"),
    ("/pre_approvals/0/document_number", "办理中", "form.says_nothing"),
    ("/pre_approvals/0/authority", BAD, "form.missing"),
    ("/pre_approvals/0/document", BAD, "form.missing"),
    ("/pre_approvals/0/sector", BAD, "form.missing"),
    ("/pre_approvals/0/sector", ["出版"], "form.type"),
    ("/pre_approvals/0", None, "form.missing"),
    ("/pre_approvals", "出版", "form.type"),
    ("/pre_approvals/-", approval(authority="出版局"), "form.duplicate"),
    ("/app/sectors/-", "publishing", "form.duplicate"),
    ("/app/sectors/-", "宗教", "form.approval_missing"),
    ("/app/sectors/0", 3, "form.type"),
]
HOSTED_DEFECTS: Final[list[Spoilt]] = [
    ("/app/host_platform", BAD, "form.missing"),
    ("/app/host_platform", "支付宝", "form.host_platform_other"),
    ("/app/platforms/0/platform", "android", "form.platform_of_kind"),
    ("/app/platforms/0/package", "wx 01", "form.package"),
    ("/app/access_providers", BAD, "form.missing"),
    ("/app/kind", "miniature", "form.choice"),
    ("/app/icon", {"document": "icon.png"}, "form.missing"),
    ("/app/kind", "app", "form.kind_of_platforms"),
]
PERSON_DEFECTS: Final[list[Spoilt]] = [
    ("/operator/document_number", "51010719900101001X", "form.document_number"),
    ("/operator/licence_number", "京ICP证030173号", "form.licence_of_person"),
    ("/operator/nature", "企业", "form.document_of_nature"),
]

SINGLE: Final = [
    *(("app", good_form(), each) for each in APP_DEFECTS),
    *(("approved", APPROVED, each) for each in APPROVAL_DEFECTS),
    *(("mini_program", good_form("mini_program"), each) for each in HOSTED_DEFECTS),
    *(("person", good_form(nature="natural_person"), each) for each in PERSON_DEFECTS),
]
ELSEWHERE: Final = {"/operator/nature": {"企业": "/operator/document_type"}}
"""Where the defect stands that follows from a value at another place."""


def _found(form: object, today: date = TODAY) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in examine(form, today=today).defects]  # type: ignore[arg-type]  # hostile


def _warned(form: dict[str, Any], today: date = TODAY) -> list[tuple[str, str]]:
    examination = examine(form, today=today)
    assert examination.defects == ()
    return [(each.pointer, each.code) for each in examination.warnings]


@pytest.mark.parametrize("kind", ["app", "mini_program", "quick_app"])
@pytest.mark.parametrize("nature", ["enterprise", "natural_person", "institution"])
def test_a_good_form_has_no_defect_and_no_warning(kind: str, nature: str) -> None:
    """Of each kind and nature."""
    examination = examine(good_form(kind, nature), today=TODAY)
    assert (examination.defects, examination.warnings) == ((), ())
    assert examination.complete
    assert examination.form is not None


@pytest.mark.parametrize(
    ("name", "form", "bad"), SINGLE, ids=[f"{n}{p}-{c}-{i}" for i, (n, _, (p, _, c)) in enumerate(SINGLE)]
)
def test_a_form_with_one_defect_reports_exactly_it(name: str, form: dict[str, Any], bad: Spoilt) -> None:
    """At its place, and nothing that would follow from it."""
    pointer, value, code = bad
    place = ELSEWHERE.get(pointer, {}).get(value, pointer) if name == "person" and isinstance(value, str) else pointer
    if place.endswith("/-"):
        place = _appended(form, place)
    if name == "mini_program" and pointer == "/app/icon":
        place = "/app/icon/sha256"
    examination = examine(spoilt(form, pointer, value), today=TODAY)
    assert [(each.pointer, each.code) for each in examination.defects] == [(place, code)]
    assert examination.form is None


def _appended(form: dict[str, Any], pointer: str) -> str:
    part: Any = form
    for step in pointer.removesuffix("/-").split("/")[1:]:
        part = part[step]
    return f"{pointer.removesuffix('-')}{len(part)}"


def test_fifty_forms_at_least_have_one_defect_each() -> None:
    """And every code of a defect has such a form, but for the one that is of no form at all."""
    assert len(SINGLE) >= 50
    defects = {code for code, text in defect_texts().items() if text.severity is Severity.DEFECT}
    assert defects - {code for *_, (_, _, code) in SINGLE} == {"form.unreadable"}


TWELVE: Final[list[Spoilt]] = [
    ("/operator/document_number", "91510107MA6EXAM9CX", "form.document_number"),
    ("/operator/region", "519999", "form.region"),
    ("/persons/entity/valid_until", "2020-01-01", "form.document_past"),
    ("/persons/entity/mobile", "138", "form.mobile"),
    ("/persons/app", BAD, "form.missing"),
    ("/app/icon", BAD, "form.missing"),
    ("/app/sectors", ["新闻"], "form.approval_missing"),
    ("/app/domains/0", "notes", "form.domain"),
    ("/app/endpoints/0", "10.0.0.1", "form.endpoint_private"),
    ("/app/platforms/1/signing_certificate", "0a1b2c3d" * 4, "form.certificate_algorithm"),
    ("/commitment_letter/signed_on", "2027-01-01", "form.signed_in_future"),
    ("/authenticity_sheet", BAD, "form.missing"),
]


def test_a_form_with_twelve_defects_reports_twelve() -> None:
    """In the order of the form, each once, each with what to do in both languages."""
    form = good_form()
    for pointer, value, _ in TWELVE:
        form = spoilt(form, pointer, value)
    examination = examine(form, today=TODAY)
    places = {"/app/sectors": "/app/sectors/0"}
    expected = [(places.get(pointer, pointer), code) for pointer, _, code in TWELVE]
    assert [(each.pointer, each.code) for each in examination.defects] == expected
    assert all(all(each.written().values()) for each in examination.defects)


_BESIDE: Final = {
    "form.emergency_same",
    "form.certificate_algorithm",
    "form.package",
    "form.same_document",
    "form.kind_of_platforms",
}
"""What is wrong only beside something right: a mobile number, a platform, another document."""


def _together(spoils: list[Spoilt]) -> list[Spoilt]:
    """Of these the ones that can stand in one form: none inside another, none that can be told by a right one alone."""
    chosen: list[Spoilt] = []
    for pointer, value, code in spoils:
        overlaps = any(
            f"{one}/".startswith(f"{pointer}/") or f"{pointer}/".startswith(f"{one}/") for one, _, _ in chosen
        )
        if not overlaps and pointer.count("/") > 1 and not pointer.endswith("/-") and code not in _BESIDE:
            chosen.append((pointer, value, code))
    return chosen


@pytest.mark.parametrize("seed", range(6))
def test_defects_do_not_hide_each_other(seed: int) -> None:
    """Every sixth single defect of an app together: all of them, and no other."""
    chosen = _together(APP_DEFECTS[seed::6])
    form = good_form()
    for pointer, value, _ in chosen:
        form = spoilt(form, pointer, value)
    assert len(chosen) > 6
    assert sorted(_found(form)) == sorted((pointer, code) for pointer, _, code in chosen)


def test_an_empty_form_lacks_its_parts() -> None:
    """A part that is not there is one defect; nothing is said of what would be in it."""
    parts = ("operator", "persons", "app", "commitment_letter", "authenticity_sheet")
    assert _found({}) == [(f"/{part}", "form.missing") for part in parts]


def test_a_form_without_its_kind_is_held_to_what_its_platforms_show() -> None:
    """Android tells an app, so that a missing icon is said at once; HarmonyOS alone tells nothing."""
    form = spoilt(spoilt(good_form(), "/app/kind", BAD), "/app/icon", BAD)
    assert _found(form) == [("/app/kind", "form.missing"), ("/app/icon", "form.missing")]
    harmony = spoilt(form, "/app/platforms", form["app"]["platforms"][2:])
    assert _found(harmony) == [("/app/kind", "form.missing")]


def test_a_platform_that_was_slipped_in_does_not_change_the_kind() -> None:
    """An app on one platform, with all that an app has: the platform is wrong, not the kind."""
    form = spoilt(good_form(), "/app/platforms", good_form()["app"]["platforms"][:1])
    assert _found(spoilt(form, "/app/platforms/0/platform", "wechat")) == [
        ("/app/platforms/0/platform", "form.platform_of_kind")
    ]


def test_a_moment_is_on_a_day_in_shanghai() -> None:
    """In the evening of London it is tomorrow there."""
    form = spoilt(good_form(), "/commitment_letter/signed_on", "2026-11-25")
    assert _found(form, datetime(2026, 11, 24, 15, 59, tzinfo=UTC)) != []
    assert _found(form, datetime(2026, 11, 24, 16, 0, tzinfo=UTC)) == []


def test_a_misspelt_field_is_one_defect() -> None:
    """The field that was meant is not missing besides, and is named."""
    form = good_form()
    form["app"]["platforms"][0]["pakage"] = form["app"]["platforms"][0].pop("package")
    form["app"]["platforms"][1]["bundle_id"] = form["app"]["platforms"][1].pop("package")
    examination = examine(form, today=TODAY)
    assert [(each.pointer, each.code, each.fix) for each in examination.defects] == [
        ("/app/platforms/0/pakage", "form.unknown_field", "Did you mean package?"),
        ("/app/platforms/1/bundle_id", "form.unknown_field", "Did you mean package?"),
    ]


def test_a_misspelt_field_beside_the_right_one_is_only_unknown() -> None:
    """Nothing is missing, and nothing is excused."""
    assert _found(spoilt(good_form(), "/app/nmae", "示例")) == [("/app/nmae", "form.unknown_field")]


def test_words_of_either_language_are_read() -> None:
    """As the registration system and providers have them."""
    form = good_form("mini_program")
    form["operator"] |= {"nature": "企业", "document_type": "统一社会信用代码"}
    form["persons"]["entity"] |= {"document_type": "身份证", "valid_until": "长期"}
    form["app"] |= {"kind": "小程序", "host_platform": "微信"}
    form["app"]["platforms"][0]["platform"] = "微信小程序"
    assert _warned(form) == []


def test_an_atomic_service_is_a_quick_app() -> None:
    """On HarmonyOS, without certificate and key."""
    form = spoilt(good_form("quick_app"), "/app/platforms/0/platform", "harmonyos")
    assert _warned(spoilt(form, "/app/kind", "元服务")) == []


def test_an_empty_list_of_domains_or_sdks_is_the_statement_that_there_are_none() -> None:
    """It is not missing."""
    assert _warned(spoilt(spoilt(good_form(), "/app/domains", []), "/app/sdks", [])) == []


def test_two_packages_of_one_platform_are_no_duplicate() -> None:
    """Some providers register several packages under one number."""
    other = good_form()["app"]["platforms"][0] | {"package": "cn.example.notes.lite"}
    assert _warned(spoilt(good_form(), "/app/platforms/-", other)) == []


def test_one_cell_may_name_several_sectors() -> None:
    """As the gate reads it; each needs its approval."""
    form = spoilt(good_form(), "/app/sectors", ["出版、新闻"])
    assert _found(form) == [("/app/sectors/0", "form.approval_missing")] * 2
    form = spoilt(form, "/app/sectors", ["出版；，新闻、出版"])
    assert _warned(spoilt(form, "/pre_approvals", [approval(sector="新闻"), approval()])) == []


def test_an_approval_without_dates_has_no_end() -> None:
    """As the gate takes it."""
    permit = {name: text for name, text in approval().items() if not name.startswith("valid")}
    assert _warned(spoilt(APPROVED, "/pre_approvals/0", permit)) == []


def test_an_approval_that_cannot_be_read_stands_for_one_sector() -> None:
    """With two sectors and one unreadable approval, one is surely missing."""
    form = spoilt(spoilt(APPROVED, "/app/sectors", ["出版", "新闻"]), "/pre_approvals/0/sector", BAD)
    assert _found(form) == [("/app/sectors/1", "form.approval_missing"), ("/pre_approvals/0/sector", "form.missing")]


def test_a_natural_person_with_a_company_s_document_is_told() -> None:
    """The number is right for its document; only the two do not fit."""
    form = good_form(nature="natural_person")
    form["operator"] |= {"document_type": "uscc", "document_number": uscc("91510107MA6EXAM9C")}
    assert _found(form) == [("/operator/document_type", "form.document_of_nature")]


def test_a_document_of_another_kind_is_taken_of_an_organisation_alone() -> None:
    """A natural person has one of the documents that are listed."""
    form = spoilt(good_form(), "/operator/document_type", "其他")
    assert _warned(form) == []
    form = spoilt(good_form(nature="natural_person"), "/operator/document_type", "其他")
    assert _found(form) == [("/operator/document_type", "form.document_of_nature")]


def test_a_licence_holder_states_its_licence() -> None:
    """Of either family, without the part of a service."""
    for licence in ("京ICP证030173号", "粤B2-20090059"):
        assert _warned(spoilt(good_form(), "/operator/licence_number", licence)) == []


# --- warnings ------------------------------------------------------------------------------------

WARNED: Final[list[tuple[dict[str, Any], str, object, str]]] = [
    (good_form(), "/app/name", "中国示例", "form.name_reserved"),
    (good_form(), "/app/name", "示例DEMO", "form.name_trial"),
    (good_form(), "/app/name", "成都示例科技有限公司", "form.name_is_operator"),
    (good_form(nature="natural_person"), "/app/name", "示例商城", "form.name_of_person"),
    (good_form(), "/operator/document_number", uscc("12510100MB1EXAM9C"), "form.credit_code_class"),
    (good_form(), "/operator/region", "510100", "form.region_coarse"),
    (good_form(), "/operator/region", "110103", "form.region_former"),
    (good_form(), "/operator/address", "四川省成都市武侯区", "form.address_vague"),
    (good_form(), "/persons/app/valid_until", "2027-02-24", "form.document_expiring"),
    (good_form(), "/persons/app/emergency_phone", "13800000000", "form.emergency_shared"),
    (good_form(), "/persons/entity/emergency_phone", "13800000001", "form.emergency_shared"),
    (good_form(), "/persons/app/emergency_phone", "13900000000", "form.emergency_shared"),
    (good_form(), "/app/domains/0", "a.b.notes.example.cn", "form.domain_level"),
    (good_form(), "/app/host_platform", "wechat", "form.host_platform_of_app"),
    (good_form(), "/app/platforms/2/signing_certificate", "0a1b2c3d" * 4, "form.certificate_unusual"),
    (good_form(), "/app/sectors", ["出版社"], "form.sector_unknown"),
    (good_form(), "/app/sectors", ["网约车"], "form.approval_wider"),
    (APPROVED, "/pre_approvals/-", NEWS, "form.approval_unused"),
    (APPROVED, "/pre_approvals/0/valid_until", "2027-01-01", "form.approval_expiring"),
]
PLACES: Final = {
    "form.sector_unknown": "/app/sectors/0",
    "form.approval_wider": "/app/sectors/0",
    "form.approval_unused": "/pre_approvals/1/sector",
}


@pytest.mark.parametrize(
    ("form", "pointer", "value", "code"), WARNED, ids=[f"{c}-{i}" for i, (*_, c) in enumerate(WARNED)]
)
def test_what_bureaus_commonly_return_is_a_warning(
    form: dict[str, Any], pointer: str, value: object, code: str
) -> None:
    """The form is complete all the same."""
    assert _warned(spoilt(form, pointer, value)) == [(PLACES.get(code, pointer), code)]


def test_the_same_person_twice_with_other_data_is_a_warning() -> None:
    """By the document number; another mail address is nobody's business."""
    form = good_form()
    form["persons"]["app"]["document_number"] = form["persons"]["entity"]["document_number"]
    assert _warned(form) == [
        ("/persons/app/name", "form.persons_contradict"),
        ("/persons/app/mobile", "form.persons_contradict"),
    ]


def test_one_person_may_be_responsible_for_both() -> None:
    """With the same data there is nothing to say."""
    form = good_form()
    form["persons"]["app"] = deepcopy(form["persons"]["entity"])
    assert _warned(form) == []


def test_a_natural_person_is_responsible_in_person() -> None:
    """Somebody else's document is a warning."""
    form = good_form(nature="natural_person")
    form["persons"]["entity"] = deepcopy(form["persons"]["app"])
    assert _warned(form) == [("/persons/entity/document_number", "form.person_not_operator")]


def test_a_government_may_name_the_country() -> None:
    """Its own names are its own."""
    form = good_form()
    form["operator"] |= {"nature": "government", "document_number": uscc("11510100MB1EXAM9C")}
    assert _warned(spoilt(form, "/app/name", "国家示例")) == []


def test_every_warning_has_its_form() -> None:
    """No code of a warning is without a test here."""
    warnings = {code for code, text in defect_texts().items() if text.severity is Severity.WARNING}
    assert warnings - {code for *_, code in WARNED} == {"form.persons_contradict", "form.person_not_operator"}


# --- days ------------------------------------------------------------------------------------------


def test_the_last_day_of_a_document_is_a_day_on_which_it_is_valid() -> None:
    """It is past on the day after, and near its end for three months before."""
    form = spoilt(good_form(), "/persons/entity/valid_until", "2027-06-30")
    last = date(2027, 6, 30)
    assert _found(form, last) == []
    assert _found(form, last + timedelta(days=1)) == [("/persons/entity/valid_until", "form.document_past")]
    expiring = [("/persons/entity/valid_until", "form.document_expiring")]
    assert _warned(form, last) == expiring
    assert _warned(form, last - timedelta(days=92)) == expiring
    assert _warned(form, last - timedelta(days=93)) == []


def test_an_approval_holds_on_its_first_and_last_day() -> None:
    """And on the last day of the calendar nothing goes wrong."""
    form = spoilt(
        spoilt(APPROVED, "/pre_approvals/0/valid_from", "2026-11-24"), "/pre_approvals/0/valid_until", "2026-11-24"
    )
    assert _found(form) == []
    assert ("/pre_approvals/0/valid_until", "form.approval_past") in _found(form, date.max)


# --- texts -----------------------------------------------------------------------------------------


def test_no_message_repeats_what_is_stated_about_the_operator_or_a_person() -> None:
    """Whatever is wrong with it, the name of a field included."""
    mark = "张三李四机密"
    form = good_form()
    form["operator"] = dict.fromkeys(form["operator"], mark * 50) | {"name": f"{mark}\x00"}
    person = {**dict.fromkeys(persons()["entity"], mark), mark: 1, f"{mark}2": 2}  # type: ignore[call-overload]  # a person
    form["persons"] = {"entity": person, "app": person, mark: mark}
    examination = examine(form, today=TODAY)
    assert len(examination.defects) > 15
    assert mark not in json.dumps([each.written() for each in examination.defects], ensure_ascii=False)


@pytest.mark.parametrize(
    ("kind", "number", "reason", "reason_zh"),
    [
        ("id_card", "5101071990010100", "it has 16 characters", "共16个字符"),
        ("id_card", "51010719900101OO1X", "the character at place 15 cannot stand there", "第15个字符有误"),
        ("passport", "E1234567*", "the character at place 9 cannot stand there", "第9个字符有误"),
        ("id_card", CARD[:-1] + "3", "the check character does not fit the rest", "校验码与其余各位不符"),
        ("id_card", "00010719900101001X", "it does not begin with a province", "前两位不是省级区划代码"),
        ("id_card", "51010719901301001X", "no date of birth stands at place 7", "第7位起不是出生日期"),
        ("passport", "0000000", "it is a placeholder", "为占位号码"),
    ],
)
def test_what_is_wrong_with_a_document_number_is_told_by_its_place(
    kind: str, number: str, reason: str, reason_zh: str
) -> None:
    """And by no character of it, nor by what it might have been meant to be."""
    form = good_form()
    form["persons"]["app"] |= {"document_type": kind, "document_number": number}
    [defect] = examine(form, today=TODAY).defects
    assert reason in defect.message
    assert reason_zh in defect.message_zh
    assert "did you mean" not in defect.fix


def test_the_slip_in_a_company_s_number_is_named() -> None:
    """It is nobody's secret."""
    [defect] = examine(spoilt(good_form(), "/operator/document_number", "915IOIO7MA6EXAM9CE"), today=TODAY).defects
    assert "1 for I at character 4" in defect.fix


def test_no_repr_shows_what_is_stated_about_the_operator_or_a_person() -> None:
    """Of an examination and its form."""
    shown = repr(examine(good_form(nature="natural_person"), today=TODAY))
    assert "示例随手记" in shown
    assert [text for text in ("张示例", "李示例", "13800000000", CARD, "@", "示例路") if text in shown] == []


def test_texts_are_filled_in_and_whole() -> None:
    """No place is left open, nothing stands twice, and both languages are there."""
    for *_, (pointer, value, _) in SINGLE[:80]:
        for each in examine(spoilt(good_form(), pointer, value), today=TODAY).defects:
            assert not re.search(r"\{(?:field|found|expected|hint)\}", "".join(each.written().values()))
            assert each.text("zh-CN") == each.message_zh != each.text("en") == each.message
            assert each.fix_text("zh") == each.fix_zh != each.fix_text("en") == each.fix


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    """A form cannot write into the texts."""
    examination = examine(spoilt(good_form(), "/app/languages/0", "{field}{hint}"), today=TODAY)
    assert "'{field}{hint}'" in examination.defects[0].message


def test_a_defect_is_written_with_six_texts() -> None:
    """As clients read it."""
    [defect] = examine(spoilt(good_form(), "/app/icon", BAD), today=TODAY).defects
    assert defect == FormDefect(
        "/app/icon",
        "form.missing",
        "The app's icon is missing.",
        "缺少APP图标。",
        "Fill in the app's icon.",
        "填写APP图标。",
    )
    assert list(defect.written()) == ["pointer", "code", "message", "message_zh", "fix", "fix_zh"]


def test_an_examination_is_written_with_its_findings() -> None:
    """As JSON."""
    written = examine({}, today=TODAY).written()
    assert json.loads(json.dumps(written))["complete"] is False
    assert len(written["defects"]) == 5  # type: ignore[arg-type]  # a list


def test_a_wide_blank_is_a_blank() -> None:
    """Inside a text it may be seen."""
    assert _warned(spoilt(good_form(), "/operator/address", "　示例路　1号　")) == []


def test_a_key_is_taken_in_every_notation() -> None:
    """A PEM block has line breaks, which no other text may have."""
    body = b64encode(bytes.fromhex(RSA_SPKI)).decode()
    pem = "\n".join(["-----BEGIN PUBLIC KEY-----", *(body[at : at + 64] for at in range(0, len(body), 64)), END])
    for key in (f"{modulus('x'):x}", str(modulus("x")), f"0x{modulus('x'):X}", RSA_SPKI, body, pem):
        assert _found(spoilt(good_form(), "/app/platforms/0/public_key", key)) == []
