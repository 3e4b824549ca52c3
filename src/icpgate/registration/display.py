"""
What a registered app has to show: its number, the link below it, and where the two stand.

The sources name no place more exact than a prominent one for apps (docs/sources.md, notice-display), and the bottom
centre of the home page for websites (docs/sources.md, order33-13). The pages named here for the others are common
practice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from icpgate.app import Display
from icpgate.errors import InvalidNumber
from icpgate.number import RegistrationNumber, ServiceKind, parse
from icpgate.registration.refusals import NumberRefused
from icpgate.rules.display import LINK

__all__ = ["DisplayTexts", "display_of"]


@dataclass(frozen=True, slots=True)
class DisplayTexts:
    """The number and the address its link opens, and in words where they stand."""

    number: str
    link: str
    placement: str
    placement_zh: str

    def text(self, lang: str) -> str:
        """The placement in `lang` ("zh-CN" or "en")."""
        return self.placement_zh if lang.startswith("zh") else self.placement

    def as_display(self) -> Display:
        """What a gatekeeper sees in an app that follows the texts: `App(display=…)`."""
        return Display(number=self.number, link=self.link)


_FIRST_OR_ABOUT: Final = "such as the bottom of its first page or its About page"
_BELOW: Final = "with a link to the registration system directly below it"
_BELOW_ZH: Final = "并在其下方链接备案系统网址"

_PLACEMENTS: Final = {
    ServiceKind.APP: (
        f"Show the number in a prominent place of the app, such as its About, Settings or Me page, {_BELOW}.",
        f"在APP显著位置（如“关于”“设置”或“我的”页面）标明备案号，{_BELOW_ZH}。",
    ),
    ServiceKind.MINI_PROGRAM: (
        f"Show the number in a prominent place of the mini program, {_FIRST_OR_ABOUT}, {_BELOW}.",
        f"在小程序显著位置（如首页底部或“关于”页面）标明备案号，{_BELOW_ZH}。",
    ),
    ServiceKind.QUICK_APP: (
        f"Show the number in a prominent place of the quick app, {_FIRST_OR_ABOUT}, {_BELOW}.",
        f"在快应用显著位置（如首页底部或“关于”页面）标明备案号，{_BELOW_ZH}。",
    ),
    ServiceKind.WEBSITE: (
        f"Show the number at the bottom centre of the website's home page, {_BELOW}.",
        f"在网站首页底部居中位置标明备案号，{_BELOW_ZH}。",
    ),
    None: (
        "This is an entity's number and names no service: each service shows the number of its own.",
        "这是主体备案号，不对应任何服务：各服务应标明自己的服务备案号。",
    ),
}


def display_of(number: RegistrationNumber | str) -> DisplayTexts:
    """
    What the app, mini program, quick app or website with this number has to show.

    Raises `NumberRefused` for a text that is no number. Of an entity's number the texts say that nothing is to be
    shown under it.

    >>> texts = display_of("蜀ICP备2021014694号-10A")
    >>> texts.number, texts.link
    ('蜀ICP备2021014694号-10A', 'https://beian.miit.gov.cn/')
    """
    read = number if isinstance(number, RegistrationNumber) else _read(number)
    placement, placement_zh = _PLACEMENTS[read.service_kind]
    return DisplayTexts(read.canonical, LINK, placement, placement_zh)


def _read(text: object) -> RegistrationNumber:
    try:
        return parse(text)
    except InvalidNumber as error:
        raise NumberRefused(error.message, hint=error.hint) from None
