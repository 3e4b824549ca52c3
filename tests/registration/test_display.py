"""What an app has to show is what the gate's rules of display demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from icpgate.number import ServiceKind, parse
from icpgate.registration.display import display_of
from icpgate.registration.refusals import NumberRefused
from tests.cases import Scene, described, registered

if TYPE_CHECKING:
    from icpgate.decision import Decision

HEAD = "蜀ICP备2021014694号"
KINDS = {
    "app": (f"{HEAD}-10A", {"kind": "app", "platform": "android", "package": "com.sig.wameiji"}),
    "mini_program": (f"{HEAD}-11X", {"kind": "mini_program", "platform": "wechat", "package": "wx0123456789abcdef"}),
    "quick_app": (f"{HEAD}-12K", {"kind": "quick_app", "platform": "quick_app", "package": "com.sig.quick"}),
}
DISPLAY_CODES = {"display_missing", "display_mismatch", "display_link_missing"}


def _decided(kind: str, display: object) -> Decision:
    number, fields = KINDS[kind]
    certificates = [{"digest": "0123456789abcdef0123456789abcdef", "provenance": "verified"}] if kind == "app" else None
    app = described(registration_number=number, display=display, signing_certificates=certificates, **fields)
    platform = {"platform": fields["platform"], "package": fields["package"]}
    host = registered(registration_number="粤B2-20090059-1A", service_name="微信", platforms=None, domains=None)
    record = registered(registration_number=number, kind=kind, platforms=[platform])
    return Scene(records=[record, host]).check(app)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gate_passes_what_the_texts_say(kind: str) -> None:
    """An app that shows the number and the link meets every rule of display, and the gate allows it."""
    decision = _decided(kind, display_of(KINDS[kind][0]).as_display())
    assert DISPLAY_CODES.isdisjoint(decision.codes)
    assert decision.allowed, decision.codes


@pytest.mark.parametrize("kind", KINDS)
def test_the_gate_would_have_noticed(kind: str) -> None:
    """The same app that shows another app's number is refused for that."""
    other = display_of(f"{HEAD}-99{KINDS[kind][0][-1]}").as_display()
    assert "display_mismatch" in _decided(kind, other).codes


@pytest.mark.parametrize("kind", [None, *ServiceKind])
def test_each_kind_has_its_place_in_both_languages(kind: ServiceKind | None) -> None:
    """The texts of no two kinds are the same, and each language has its own."""
    ends = {
        None: "", ServiceKind.WEBSITE: "-1", ServiceKind.APP: "-1A", ServiceKind.MINI_PROGRAM: "-1X",
        ServiceKind.QUICK_APP: "-1K",
    }  # fmt: skip
    texts = display_of(HEAD + ends[kind])
    others = [display_of(HEAD + end) for other, end in ends.items() if other is not kind]
    assert texts.text("en") not in [other.placement for other in others]
    assert texts.text("zh-CN") not in [other.placement_zh for other in others]
    assert texts.placement.isascii()
    assert any("\u4e00" <= character <= "\u9fff" for character in texts.placement_zh)


def test_a_website_shows_it_at_the_bottom_centre() -> None:
    """As Order 33 has it."""
    texts = display_of(f"{HEAD}-1")
    assert "bottom centre" in texts.placement
    assert "底部居中" in texts.placement_zh


def test_a_number_is_shown_as_it_is_registered() -> None:
    """A text that needs repair comes out in the canonical form; a number is taken as well as a text."""
    assert display_of(" 蜀icp备２０２１０１４６９４号－１０a ").number == f"{HEAD}-10A"
    assert display_of(parse(f"{HEAD}-10A")) == display_of(f"{HEAD}-10A")


def test_no_entity_number_passes_for_an_app_s() -> None:
    """An entity's number comes with the words that it names no service."""
    texts = display_of(HEAD)
    assert "no service" in texts.placement
    assert "主体备案号" in texts.placement_zh


@pytest.mark.parametrize("text", ["", "蜀ICP备00000000号-1A", "no number", None, 7])
def test_what_is_no_number_is_refused(text: object) -> None:
    """With an error of the registration system, and no other."""
    with pytest.raises(NumberRefused):
        display_of(text)  # type: ignore[arg-type]  # what a caller may hand in all the same
