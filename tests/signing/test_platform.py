"""Names of platforms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.signing import Platform


@pytest.mark.parametrize("platform", Platform)
def test_every_platform_reads_its_own_value(platform: Platform) -> None:
    """What is written is read back."""
    assert Platform.read(platform.value) is platform


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("Android ", Platform.ANDROID),
        ("ANDROID", Platform.ANDROID),
        ("Ａｎｄｒｏｉｄ", Platform.ANDROID),
        ("安卓", Platform.ANDROID),
        ("iPhone", Platform.IOS),
        ("iPadOS", Platform.IOS),
        ("苹果", Platform.IOS),
        ("鸿蒙", Platform.HARMONYOS),
        ("HarmonyOS NEXT", Platform.HARMONYOS),
        ("Harmony OS", Platform.HARMONYOS),
        ("快应用", Platform.QUICK_APP),
        ("quick-app", Platform.QUICK_APP),
        ("微信", Platform.WECHAT),
        ("微信小程序", Platform.WECHAT),
        ("WeChat mini program", Platform.WECHAT),
        ("QQ小程序", Platform.QQ),
        ("支付宝", Platform.ALIPAY),
        ("百度智能小程序", Platform.BAIDU),
        ("抖音", Platform.DOUYIN),
        ("快手", Platform.KUAISHOU),
    ],
)
def test_aliases_are_read(text: str, platform: Platform) -> None:
    """Names that people type, in any case, width and spacing."""
    assert Platform.read(text) is platform


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "7",
        "androi",
        "android 14",
        "鸿蒙4",
        "macos",
        "tiktok",
        "other",
        "小程序",
        "an droid",
        "ios\u200b",
        "android" * 99,
    ],
)
def test_what_is_unknown_is_not_guessed(text: str) -> None:
    """A misspelling, a version, another system or a host without a name is no platform."""
    assert Platform.read(text) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    """Reading answers with a platform or None, whatever the text."""
    assert Platform.read(text) in {*Platform, None}
