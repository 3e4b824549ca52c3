"""Where an app runs: an operating system, the quick-app runtime, or the host of a mini program."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

__all__ = ["Platform"]

MAX_TEXT: Final = 64
"""Longer than any name of a platform; decided before any work."""

_SEPARATORS: Final = re.compile(r"[\s_-]+")


class Platform(StrEnum):
    """
    A platform that a registration can name.

    There is no *other*: two unknown platforms would be taken for the same one.
    """

    ANDROID = "android"
    IOS = "ios"
    HARMONYOS = "harmonyos"
    QUICK_APP = "quick_app"
    WECHAT = "wechat"
    QQ = "qq"
    ALIPAY = "alipay"
    BAIDU = "baidu"
    DOUYIN = "douyin"
    KUAISHOU = "kuaishou"

    @classmethod
    def read(cls, text: str) -> Platform | None:
        """
        The platform of this name, or None.

        Blanks around, letter case and width do not count; blanks, `-` and `_` inside are one
        thing. Known aliases are read, nothing else is: no part of a name, no misspelling.
        """
        if len(text) > MAX_TEXT:
            return None
        folded = unicodedata.normalize("NFKC", text).strip().casefold()
        return _BY_NAME.get(_SEPARATORS.sub("_", folded))


_SYSTEMS: Final = {
    Platform.ANDROID: ("android", "android_os", "安卓", "安卓系统"),
    # In a form that offers 安卓 beside it, 苹果 is iOS.
    Platform.IOS: ("ios", "ipados", "iphone", "iphoneos", "iphone_os", "ipad", "苹果", "苹果系统"),
    # Versions up to 4 run Android packages as well; a name with a version is not read.
    Platform.HARMONYOS: ("harmonyos", "harmony_os", "harmony", "harmonyos_next", "鸿蒙", "鸿蒙系统", "鸿蒙next"),
    Platform.QUICK_APP: ("quick_app", "quickapp", "快应用"),
}
_HOSTS: Final = {
    Platform.WECHAT: ("wechat", "weixin", "微信"),
    Platform.QQ: ("qq",),
    Platform.ALIPAY: ("alipay", "支付宝"),
    Platform.BAIDU: ("baidu", "百度", "百度智能"),
    Platform.DOUYIN: ("douyin", "抖音"),
    Platform.KUAISHOU: ("kuaishou", "快手"),
}
_HOST_SUFFIXES: Final = ("", "小程序", "_小程序", "_mini_program", "_miniprogram")

_BY_NAME: Final = {name: platform for platform, names in _SYSTEMS.items() for name in names} | {
    f"{name}{suffix}": platform for platform, names in _HOSTS.items() for name in names for suffix in _HOST_SUFFIXES
}
