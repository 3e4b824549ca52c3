"""
The pages in a real Chromium, at a desk's and a phone's width, in both languages.

Runs in `make test-all`. With ICPGATE_SCREENSHOTS=1 it writes the screenshots of docs/images.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.registration.states import State
from icpgate.server.registration import registration_app
from icpgate.testing import FixedClock
from tests.server.registration.scenes import BUREAU, TOKEN_OF, TOKENS, brought_to, named, system
from tests.server.told import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.registration.system import RegistrationSystem

PAGE = Path(__file__).parents[3] / "docs" / "registration-http.md"
IMAGES = PAGE.parent / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
LANGUAGES = ("zh-CN", "en")
SHOWN = frozenset(re.findall(r"images/([a-zA-Z-]+\.png)", PAGE.read_text(encoding="utf-8")))
"""The pictures that the docs show."""

pytestmark = pytest.mark.usefixtures("only_in_test_all")


@pytest.fixture(scope="module")
def chromium(only_in_test_all: None) -> Iterator[Any]:  # noqa: ARG001 -- no browser is begun for nothing
    """A browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra test-all")
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Debian's chromium is not installed")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory, only_in_test_all: None) -> Iterator[RegistrationSystem]:  # noqa: ARG001 -- as above
    """A simulated registry with a queue, of which some is overdue."""
    clock = FixedClock(datetime.now(UTC) - timedelta(days=60))
    with system(tmp_path_factory.mktemp("browser"), clock=clock) as made:
        for name in ("示例地图", "示例天气", "示例相机"):
            brought_to(made, State.UNDER_REVIEW, named(name))
            clock.jump(timedelta(days=18).total_seconds())
        clock.jump((datetime.now(UTC) - clock.now()).total_seconds())
        yield made


class Window:
    """A page of one size and language that takes down whatever is not right with it."""

    def __init__(self, chromium: Any, url: str, size: str, lang: str) -> None:
        """A context of its own: no cookie is shared."""
        width, height = SIZES[size]
        self.name = f"{size}-{lang}"
        self.url = url
        self.wrong: list[str] = []
        self.context = chromium.new_context(viewport={"width": width, "height": height}, locale=lang)
        self.page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, said: Any) -> None:
        if said.type in {"error", "warning"}:
            self.wrong.append(said.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(f"{self.url}/"):
            self.wrong.append(request.url)

    def go(self, path: str) -> None:
        """Open a page of ours."""
        self.page.goto(self.url + path)

    def look(self, shot: str = "") -> None:
        """Nothing is cut off or out of reach; what the docs show is kept as a picture where that is asked for."""
        widths = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1], (self.page.url, widths)
        assert self.page.evaluate("document.documentElement.lang") in LANGUAGES
        assert self.page.evaluate("document.scripts.length") == 0
        unlabelled = (
            "[...document.querySelectorAll('input:not([type=hidden]), textarea')].filter(e => !e.labels.length)"
        )
        assert self.page.evaluate(f"{unlabelled}.length") == 0
        name = f"registration-{shot}-{self.name}.png"
        if name in SHOWN and os.environ.get("ICPGATE_SCREENSHOTS"):
            IMAGES.mkdir(exist_ok=True)
            self.page.screenshot(path=IMAGES / name, full_page=shot == "lookup")


@pytest.fixture(scope="module")
def url(simulated: RegistrationSystem) -> Iterator[str]:
    """Where it is served."""
    with served(registration_app(simulated, tokens=TOKENS)) as server:
        yield server.url


@pytest.fixture(params=[(size, lang) for size in SIZES for lang in LANGUAGES], ids="-".join)
def window(request: pytest.FixtureRequest, chromium: Any, url: str) -> Iterator[Window]:
    """A window of each size and language."""
    opened = Window(chromium, url, *request.param)
    yield opened
    opened.context.close()
    assert opened.wrong == []


def test_a_number_is_looked_up(window: Window, simulated: RegistrationSystem) -> None:
    """Typed into the field, by the keyboard alone; the answers look as they should."""
    number = brought_to(simulated, State.APPROVED).number or ""
    window.go("/")
    window.look()
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.activeElement.className") == "skip"
    window.page.focus("#number")
    window.page.keyboard.type(number)
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector(".result.good")
    window.look("lookup")
    for typed, look in ((f"{number[:-2]}9999A", ".result.bad"), ("x", ".result.warn"), (number[:-3], ".result.warn")):
        window.page.fill("#number", typed)
        window.page.click("form[role=search] button")
        window.page.wait_for_selector(look)
        window.look()


def test_a_decision_is_taken_by_clicking(window: Window, simulated: RegistrationSystem) -> None:
    """From the login over the queue to the number, and out again."""
    made = brought_to(simulated, State.UNDER_REVIEW, named("示例阅读"))
    window.go("/review")
    window.look()
    window.page.fill("#token", TOKEN_OF[BUREAU])
    window.page.click("main button")
    window.page.wait_for_selector(".overdue")
    window.look("queue")
    window.page.click(f"a[href*='{made.id}']")
    window.page.wait_for_selector("#decide")
    if window.name.startswith("phone"):
        window.page.evaluate("document.querySelector('#decide').scrollIntoView({block: 'center'})")
    window.look("review")
    window.page.click("button[value=approve]")
    window.page.wait_for_selector("#decide", state="detached")
    window.look()
    assert simulated.application(made.id, actor=BUREAU).state is State.APPROVED
    window.page.click("header form button")
    window.page.wait_for_selector("#number")
    window.go("/review")
    assert window.page.query_selector("#token") is not None


def test_nothing_hostile_runs(window: Window) -> None:
    """Even where it is typed by the reader."""
    window.go("/?number=%3Cscript%3Ewindow.hit%3D1%3C/script%3E%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    assert window.page.evaluate("window.hit === undefined && document.images.length === 0")
    window.look()
