"""Approvals of the sectors that need one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from icpgate.record import BEIJING
from icpgate.rules.approval import PreApprovalPresent, PreApprovalValid, Sector, SectorList, sectors
from tests.cases import case_of, described, failed, not_applicable, not_checkable, passed, registered

if TYPE_CHECKING:
    from icpgate.rules import Finding, Rule

NEWS = "an internet news information service licence of the cyberspace administration"
PUBLISHING = "a network publishing service licence of the press and publication administration"
BOTH_LISTS = (SectorList.NOTICE, SectorList.WIDER)
SECOND = timedelta(seconds=1)


def approval(sector: str = "news", **fields: Any) -> dict[str, object]:
    """An approval with a number."""
    return {"sector": sector, "document_number": "1012"} | fields


def present(sectors: list[str], approvals: list[dict[str, object]], *, record: object = None, **other: Any) -> Finding:
    """Whether the approvals are there."""
    app = described(sectors=sectors, pre_approvals=approvals)
    return PreApprovalPresent().check(case_of(app, registered(pre_approvals=record), **other))


def valid(approvals: list[dict[str, object]], *, sectors: tuple[str, ...] = ("news",), **other: Any) -> Finding:
    """Whether they are valid."""
    return PreApprovalValid().check(case_of(described(sectors=list(sectors), pre_approvals=approvals), **other))


@pytest.mark.parametrize("rule", [PreApprovalPresent, PreApprovalValid])
def test_no_sector_no_approval(rule: type[Rule]) -> None:
    """An app of no sector needs none, whatever it holds."""
    case = case_of(described(pre_approvals=[approval(valid_until="2000-01-01")]))
    assert rule().check(case) == not_applicable(rule)  # type: ignore[arg-type]  # both are demands


@pytest.mark.parametrize(
    "word", ["news", "News", "新闻", "新聞", "互联网新闻信息服务", "internet_news", "Internet News"]
)
def test_an_approval_for_the_sector(word: str) -> None:
    """A sector has many names, in both languages, and each of them is the sector."""
    assert present([word], [approval("新闻")]) == passed(PreApprovalPresent)
    assert present(["news"], [approval(word)]) == passed(PreApprovalPresent)


@pytest.mark.parametrize(
    "approvals", [[], [approval("publishing")], [approval(document_number=None)], [approval("something")]]
)
def test_no_approval_for_the_sector(approvals: list[dict[str, object]]) -> None:
    """Another sector's approval, and one without a number, are none."""
    assert present(["news"], approvals) == failed(PreApprovalPresent, "sector.news", "news", NEWS)


def test_every_missing_approval_is_named_once() -> None:
    """A sector stated twice is one sector."""
    finding = present(["news", "新闻", "出版", "education"], [approval("education")])
    expected = f"{NEWS}; {PUBLISHING}"
    assert finding == failed(PreApprovalPresent, "sector.news", "news, publishing", expected)


@pytest.mark.parametrize(
    "entries",
    [
        ["新闻"],
        ["出版、文化、出版、新闻、宗教"],
        ["出版", "新闻"],
        ["出版，新闻"],
        ["出版,新闻"],
        ["出版；新闻"],
        [" 新闻 "],
    ],
)
def test_the_registration_may_have_the_approval(entries: list[str]) -> None:
    """The registration system lists approvals as words, joined and repeated."""
    assert present(["news"], [], record=entries) == passed(PreApprovalPresent)


@pytest.mark.parametrize("entries", [None, [], ["出版、文化"], ["新闻出版"], ["无"]])
def test_the_registration_may_lack_the_approval(entries: list[str] | None) -> None:
    """Absent or empty, a record without the sector approves nothing."""
    assert present(["news"], [], record=entries).detail == "sector.news"


def test_without_a_record_only_the_app_can_have_it() -> None:
    """A registry that did not answer approves nothing."""
    app = described(sectors=["news"])
    assert PreApprovalPresent().check(case_of(app, asked=False)).detail == "sector.news"


def test_an_unknown_sector_cannot_be_judged() -> None:
    """A word that stands for no sector may need an approval or not."""
    expected = "a known sector instead of 'Newspapers'"
    assert present(["Newspapers"], []) == not_checkable(PreApprovalPresent, "sector.unknown", expected)
    assert present(["news", "Newspapers", "x"], [approval()]).expected == expected
    assert present(["Newspapers", "news"], []).detail == "sector.news"


def test_a_wider_list_only_where_the_policy_says_so() -> None:
    """Platforms ask for more than the notice does."""
    case = case_of(described(sectors=["games"]))
    assert PreApprovalPresent().check(case) == passed(PreApprovalPresent)
    wider = PreApprovalPresent(lists=BOTH_LISTS).check(case)
    assert (wider.detail, wider.expected) == (
        "sector.games", "a game publication approval of the press and publication administration"
    )  # fmt: skip
    assert PreApprovalPresent(lists=(SectorList.WIDER,)).check(case_of(described(sectors=["news"]))) == passed(
        PreApprovalPresent
    )


@pytest.mark.parametrize(
    ("as_of", "demanded"),
    [
        (datetime(2023, 7, 21, tzinfo=BEIJING) - SECOND, False),
        (datetime(2023, 7, 21, tzinfo=BEIJING), True),
    ],
)
def test_since_when(as_of: datetime, demanded: bool) -> None:  # noqa: FBT001 -- a column of a table
    """The notice demands it from its own day on."""
    assert (present(["news"], [], as_of=as_of).detail == "sector.news") is demanded
    expired = [approval(valid_until="2000-01-01")]
    assert (valid(expired, as_of=as_of).detail == "sector.news") is demanded


@pytest.mark.parametrize(
    ("as_of", "demanded"),
    [
        (datetime(2025, 1, 20, tzinfo=BEIJING) - SECOND, True),
        (datetime(2025, 1, 20, tzinfo=BEIJING), False),
    ],
)
def test_until_when(as_of: datetime, demanded: bool) -> None:  # noqa: FBT001 -- a column of a table
    """An approval that the law no longer asks for is not asked for."""
    case = case_of(described(sectors=["医疗保健"]), as_of=as_of)
    finding = PreApprovalPresent(lists=BOTH_LISTS).check(case)
    assert (finding.detail == "sector.healthcare") is demanded


NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"valid_until": "2026-11-24"},
        {"valid_from": "2026-11-24"},
        {"valid_from": "2020-01-01", "valid_until": "2030-01-01"},
    ],
)
def test_a_valid_approval(fields: dict[str, Any]) -> None:
    """First and last day belong to it; without dates it has neither beginning nor end."""
    assert valid([approval(**fields)], as_of=NOON) == passed(PreApprovalValid)


@pytest.mark.parametrize(
    ("fields", "dates"),
    [
        ({"valid_until": "2026-11-23"}, "..2026-11-23"),
        ({"valid_from": "2026-11-25"}, "2026-11-25.."),
        ({"valid_from": "2020-01-01", "valid_until": "2022-01-01"}, "2020-01-01..2022-01-01"),
    ],
)
def test_an_approval_of_another_time(fields: dict[str, Any], dates: str) -> None:
    """An approval that has ended, or not begun, is none today."""
    finding = valid([approval(**fields)], as_of=NOON)
    expected = "an approval valid on 2026-11-24"
    assert finding == failed(PreApprovalValid, "sector.news", f"news: 1012 valid {dates}", expected)


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [
        (datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC), "pass"),
        (datetime(2026, 11, 24, 16, 0, 0, tzinfo=UTC), "fail"),
    ],
)
def test_a_day_ends_at_midnight_in_china(as_of: datetime, outcome: str) -> None:
    """The last day is one of Asia/Shanghai."""
    assert valid([approval(valid_until="2026-11-24")], as_of=as_of).outcome.value == outcome


def test_one_valid_approval_will_do() -> None:
    """An old approval beside a new one is history."""
    old, new = approval(valid_until="2020-01-01"), approval(document_number="2024")
    assert valid([old, new], as_of=NOON) == passed(PreApprovalValid)


def test_every_expired_approval_is_named() -> None:
    """One finding has all of it."""
    held = [approval(valid_until="2020-01-01"), approval("publishing", document_number="7", valid_until="2021-01-01")]
    finding = valid(held, sectors=("news", "publishing", "education"), as_of=NOON)
    found = "news: 1012 valid ..2020-01-01, publishing: 7 valid ..2021-01-01"
    assert finding == failed(PreApprovalValid, "sector.news", found, "an approval valid on 2026-11-24")


def test_what_is_not_there_cannot_expire() -> None:
    """A missing approval is the other demand's, and so is one without a number."""
    assert valid([], as_of=NOON) == passed(PreApprovalValid)
    assert valid([approval(document_number=None, valid_until="2020-01-01")], as_of=NOON) == passed(PreApprovalValid)


def test_an_approval_that_is_not_demanded_may_expire() -> None:
    """What the policy does not ask for is not looked at."""
    held = [approval("games", valid_until="2020-01-01")]
    assert valid(held, sectors=("games",), as_of=NOON) == passed(PreApprovalValid)
    wider = PreApprovalValid(lists=BOTH_LISTS)
    case = case_of(described(sectors=["games"], pre_approvals=held), as_of=NOON)
    assert wider.check(case).detail == "sector.games"


@pytest.mark.parametrize("rule", [PreApprovalPresent, PreApprovalValid])
def test_a_policy_names_at_least_one_list(rule: type[Rule]) -> None:
    """No list at all would switch the check off in silence."""
    with pytest.raises(ValidationError):
        TypeAdapter(rule).validate_python({"lists": ()})


def test_a_sector_as_it_is_read() -> None:
    """Its words in both languages and its id, folded; the texts in English; its dates."""
    read = {sector.id: sector for sector in sectors.__wrapped__()}
    assert tuple(read.values()) == sectors()
    medical = read["healthcare"]
    words = {"healthcare", "medicalcare", "医疗保健", "医疗保健类", "医疗保健信息服务", "互联网医疗保健信息服务"}
    assert medical == Sector(
        id="healthcare",
        names=frozenset(words),
        authority=medical.authority,
        document=medical.document,
        list=SectorList.WIDER,
        since=None,
        until=datetime(2025, 1, 20, tzinfo=BEIJING),
    )
    assert medical.authority.isascii()
    assert medical.document.isascii()
    assert read["film_and_television"].names >= {"filmandtelevision", "影视", "广播电影电视节目"}
    assert read["news"].since == datetime(2023, 7, 21, tzinfo=BEIJING)
