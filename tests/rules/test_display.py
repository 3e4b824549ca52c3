"""What the app shows."""

from __future__ import annotations

import pytest

from icpgate.errors import quote
from icpgate.rules.display import LINK, DisplayAgrees, Displayed, DisplayLinked
from tests.cases import NUMBER, case_of, described, failed, not_applicable, not_checkable, passed

ENTITY = "蜀ICP备2021014694号"


def shown(number: str | None = None, link: str | None = None) -> dict[str, object]:
    """The app with what was seen in it."""
    return described(display={"number": number, "link": link})


@pytest.mark.parametrize("number", [NUMBER, "x"])
def test_something_is_shown(number: str) -> None:
    """Whether it is the right number is another demand."""
    assert Displayed().check(case_of(shown(number))) == passed(Displayed)


@pytest.mark.parametrize("number", [None, "", " \n", "\u3000"])
def test_nothing_is_shown(number: str | None) -> None:
    """Blanks show nothing, and agree with nothing."""
    assert Displayed().check(case_of(shown(number))) == failed(Displayed, "display.number", "no number shown", NUMBER)
    assert DisplayAgrees().check(case_of(shown(number))) == not_applicable(DisplayAgrees)


def test_an_app_that_was_not_looked_at() -> None:
    """Who did not look knows nothing of the display."""
    case = case_of(described(display=None))
    assert Displayed().check(case) == not_checkable(Displayed, "app.display", NUMBER)
    assert DisplayAgrees().check(case) == not_applicable(DisplayAgrees)
    assert DisplayLinked().check(case) == not_checkable(DisplayLinked, "app.display", LINK)


def test_without_a_number_any_will_do() -> None:
    """Where no number is stated, none is expected in particular, and none can disagree."""
    case = case_of(described(registration_number=None, display={}), asked=False)
    assert Displayed().check(case).expected == "the registration number"
    other = case_of(described(registration_number=None, display={"number": NUMBER}), asked=False)
    assert DisplayAgrees().check(other) == not_applicable(DisplayAgrees)


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f" {NUMBER} ",
        "蜀 ICP 备 2021014694 号-10A",
        "蜀ＩＣＰ备２０２１０１４６９４号－１０Ａ",
        f"APP备案号：{NUMBER}",
        f"ICP备案/许可证号:{NUMBER}",
        f"<a href='{LINK}'>{NUMBER}</a>",
        f"{NUMBER} | {NUMBER}",
        f"{NUMBER} {ENTITY}-1 {ENTITY} 合字B2-20170010",
        f"{NUMBER}\n川公网安备 51010802000001号",
    ],
)
def test_the_number_is_shown(text: str) -> None:
    """A label, markup, another writing and numbers of other kinds beside it do not matter."""
    assert DisplayAgrees().check(case_of(shown(text))) == passed(DisplayAgrees)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{ENTITY}-11A", f"{ENTITY}-11A"),
        (f"备案号：{ENTITY}", ENTITY),
        (f"备案号：{ENTITY}-10", f"{ENTITY}-10"),
        (f"{ENTITY}-10X", f"{ENTITY}-10X"),
        (f"{ENTITY} {ENTITY}-1", f"{ENTITY}, {ENTITY}-1"),
    ],
)
def test_another_number_is_shown(text: str, found: str) -> None:
    """The entity's number and the website's are not the app's."""
    assert DisplayAgrees().check(case_of(shown(text))) == failed(DisplayAgrees, "display.other_number", found, NUMBER)


def test_two_numbers_of_the_same_kind() -> None:
    """Which of two apps it is, nobody could tell."""
    finding = DisplayAgrees().check(case_of(shown(f"{NUMBER} {ENTITY}-11A")))
    found = f"{NUMBER}, {ENTITY}-11A"
    assert finding == failed(DisplayAgrees, "display.several_numbers", found, f"{NUMBER} alone")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (f"{NUMBER}\u202e", "number.bidi"),
        (f"APP备案号：{NUMBER}\u200b", "number.invisible"),
        (f"备案号 {NUMBER}\x00", "number.format"),
        ("蜀\u0406CP备2021014694号-10A", "number.confusable"),
        ("已备案", "number.format"),
        (f"{NUMBER}B", "number.suffix"),
        ("京公网安备11010802022657号", "number.police"),
    ],
)
def test_what_is_shown_is_no_number(text: str, detail: str) -> None:
    """Where what is seen may not be what is read, no number is found; the reason is the text's."""
    finding = DisplayAgrees().check(case_of(shown(text)))
    assert finding.detail == detail
    assert finding.expected == NUMBER
    assert finding.found == quote(text)


def test_blanks_of_lines_hide_nothing() -> None:
    """A screen's text has lines and tabs."""
    assert DisplayAgrees().check(case_of(shown(f"关于\r\n\t备案号\n{NUMBER}"))) == passed(DisplayAgrees)


def test_two_apps_of_one_number() -> None:
    """A number of an entity is compared as any other."""
    case = case_of(described(registration_number=ENTITY, display={"number": ENTITY}), asked=False)
    assert DisplayAgrees().check(case) == passed(DisplayAgrees)


@pytest.mark.parametrize(
    "link",
    [
        "https://beian.miit.gov.cn/",
        "https://beian.miit.gov.cn",
        "http://beian.miit.gov.cn/",
        "HTTPS://BEIAN.MIIT.GOV.CN/#/Integrated/index",
        "https://beian.miit.gov.cn/#/Integrated/index",
        "https://beian.miit.gov.cn/?from=app&next=http://example.cn",
        "https://beian.miit.gov.cn:443/",
        "http://beian.miit.gov.cn:80",
        "beian.miit.gov.cn",
        "beian.miit.gov.cn:443",
        "//beian.miit.gov.cn/",
        "  https://beian.miit.gov.cn/\n",
    ],
)
def test_a_link_to_the_registration_system(link: str) -> None:
    """Any page of that host will do."""
    assert DisplayLinked().check(case_of(shown(NUMBER, link))) == passed(DisplayLinked)


@pytest.mark.parametrize(
    "link",
    [
        "https://beian.miit.gov.cn.evil.cn/",
        "https://evil.cn/beian.miit.gov.cn",
        "https://evil.cn/?https://beian.miit.gov.cn/",
        "https://beian.miit.gov.cn@evil.cn/",
        "https://user@beian.miit.gov.cn/",
        "https://beian.miit.gov.cn/@evil.cn",
        "https://beian.miit.gov.cn#@evil.cn",
        "https://beian.miit.gov.cn\\@evil.cn",
        "https://beian.miit.gov.cn/\\evil.cn",
        "https://beian.miit.gov.cn:8443/",
        "https://beian.miit.gov.cn:80/",
        "http://beian.miit.gov.cn:443/",
        "//beian.miit.gov.cn:80x",
        "https://beian.miit.gov.cn./",
        "https://www.beian.miit.gov.cn/",
        "https://beian-miit.gov.cn/",
        "https://beianxmiitxgovxcn/",
        "https://beian.miit.gov.cn/a b",
        "https://bei\u0430n.miit.gov.cn/",
        "https://be\u0131an.miit.gov.cn/",
        "https://xn--bein-w5d.miit.gov.cn/",
        "https://beian\u3002miit.gov.cn/",
        "https://beian.miit.gov.cn/\u202e",
        "javascript:location='https://beian.miit.gov.cn/'",
        "javascript://beian.miit.gov.cn/%0aalert(1)",
        "ftp://beian.miit.gov.cn/",
        "https:beian.miit.gov.cn",
        "https:///beian.miit.gov.cn",
        "https://beian.miit.gov.cnx",
        "https://gsxt.gov.cn/",
        "x",
    ],
)
def test_a_link_elsewhere(link: str) -> None:
    """What one reader takes for that host and another does not leads elsewhere."""
    finding = DisplayLinked().check(case_of(shown(NUMBER, link)))
    assert (finding.code, finding.detail, finding.expected) == ("display_link_missing", "display.link_elsewhere", LINK)
    assert finding.found == quote(link)


@pytest.mark.parametrize("link", [None, "", "  "])
def test_no_link(link: str | None) -> None:
    """A number without a link is half of the duty."""
    expected = failed(DisplayLinked, "display.link", "no link", LINK)
    assert DisplayLinked().check(case_of(shown(NUMBER, link))) == expected


def test_the_link_of_the_registration_system() -> None:
    """The address that apps have to link to."""
    finding = DisplayLinked().check(case_of(described(display=None)))
    assert finding.expected == "https://beian.miit.gov.cn/"
