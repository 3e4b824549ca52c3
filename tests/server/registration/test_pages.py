"""The pages: what they say, in which language, to whom; and that nothing on them can act."""

from __future__ import annotations

import asyncio
import html
import re
import sys
import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import Observation, Unavailable, Why
from icpgate.document import DocumentType
from icpgate.errors import ConfigurationError
from icpgate.number import ServiceKind
from icpgate.record import RegistrationStatus
from icpgate.registration.application import Subject
from icpgate.registration.states import Purpose, Role, State, Step
from icpgate.server.asking import Asking
from icpgate.server.registration import registration_app
from icpgate.server.registration.rendering import LANGUAGES
from icpgate.server.registration.sessions import IDLE_SECONDS, Sessions
from icpgate.signing import Platform
from icpgate.testing import FixedClock
from tests.server.registration.scenes import (
    BUREAU,
    ELSEWHERE,
    NUMBER,
    OPERATOR,
    TOKENS,
    Browser,
    Site,
    brought_to,
    form,
    hidden,
    named,
    serving,
    system,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Message

    from icpgate.registration.system import RegistrationSystem
    from tests.server.told import Said

HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistrationSystem]:
    """A simulated registry."""
    with system(tmp_path_factory.mktemp("pages")) as made:
        yield made


@pytest.fixture(scope="module")
def site(simulated: RegistrationSystem) -> Iterator[Site]:
    """It, served."""
    with serving(simulated) as served:
        yield served


@pytest.fixture
def browser(site: Site) -> Browser:
    """Somebody who is not logged in."""
    return Browser(site)


@pytest.fixture
def bureau(browser: Browser) -> Browser:
    """A reviewer."""
    assert browser.login().status == 303
    return browser


@pytest.fixture(scope="module")
def number(simulated: RegistrationSystem) -> str:
    """A registration's."""
    return brought_to(simulated, State.APPROVED).number or ""


def text(said: Said) -> str:
    """What stands on a page, without its markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", said.body.decode())))


# --- every page -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/?number=x", "/login", "/nowhere", "/review/x/y"])
def test_a_page_can_do_nothing_but_be_read(browser: Browser, path: str) -> None:
    """No script runs on it, nothing comes from elsewhere, no other page frames it."""
    said = browser.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in said.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert said.headers["content-type"] == "text/html; charset=utf-8"
    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["cache-control"] == "no-store"
    page = said.body.decode()
    assert "<script" not in page
    assert " style=" not in page
    assert not re.search(r"\son\w+=", page)
    assert re.search(r"<title>[^<]+</title>", page)
    assert set(re.findall(r'(?:src|href|action)="([^"]*)"', page)) <= {
        address for address in re.findall(r'"([^"]*)"', page) if address.startswith(("/", "#"))
    }


def test_the_style_is_ours(browser: Browser) -> None:
    """And loads nothing either."""
    said = browser.get("/style.css")
    assert (said.status, said.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "url(" not in said.body.decode()
    assert "@import" not in said.body.decode()


@pytest.mark.parametrize(
    ("query", "header", "lang"),
    [
        ("", "", "zh-CN"),
        ("", "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("", "zh-TW,en;q=0.9", "zh-CN"),
        ("", "fr, en;q=0.3, zh;q=0.5", "zh-CN"),
        ("", "fr, en;q=x, ;;, zh;q=0", "zh-CN"),
        ("?lang=en", "zh-CN", "en"),
        ("?lang=zh-CN", "en", "zh-CN"),
        ("?lang=xx", "en", "en"),
    ],
)
def test_the_language_is_the_reader_s(browser: Browser, query: str, header: str, lang: str) -> None:
    """As the address says, else as the browser does, else Chinese."""
    said = browser.get(f"/{query}", Accept_Language=header)
    assert said.headers["content-language"] == lang
    assert f'<html lang="{lang}">' in said.body.decode()
    assert ("备案号公共查询" in text(said)) == (lang == "zh-CN")


def test_a_language_that_was_asked_for_stays(browser: Browser) -> None:
    """In every link of the page; the other one is a link away."""
    page = browser.get("/?lang=en&number=x").body.decode()
    assert 'href="/review?lang=en"' in page
    assert 'href="/?number=x&amp;lang=zh-CN"' in page


def texts() -> dict[str, Any]:
    """The words of the pages."""
    package = files("icpgate.server.registration")
    return tomllib.loads(package.joinpath("texts.toml").read_text(encoding="utf-8"))


def test_both_languages_have_the_same_words() -> None:
    """Group by group."""
    words = texts()
    assert set(words) == set(LANGUAGES)
    for group, members in words["en"].items():
        assert set(members) == set(words["zh-CN"][group]), group
        assert all(members.values())
        assert all(words["zh-CN"][group].values())


@pytest.mark.parametrize(
    ("group", "known"),
    [
        ("status", RegistrationStatus),
        ("status_note", RegistrationStatus),
        ("kind", ServiceKind),
        ("state", State),
        ("purpose", Purpose),
        ("step", Step),
        ("role", Role),
        ("subject", Subject),
        ("value", [*DocumentType, *Platform]),
        ("why", Why),
    ],
)
def test_every_word_of_ours_has_its_name(group: str, known: Any) -> None:
    """So that no page says `under_review`."""
    assert {str(word) for word in known} <= set(texts()["en"][group])


@pytest.mark.parametrize("path", ["/nowhere", "/login/", "/review/a/b/c"])
def test_an_address_that_does_not_exist_is_a_page(browser: Browser, path: str) -> None:
    """For people; programs ask below /v1."""
    said = browser.get(f"{path}?lang=en")
    assert (said.status, "There is no such page" in text(said)) == (404, True)


def test_another_method_is_told_so(browser: Browser) -> None:
    """With the right one."""
    said = browser.post("/review", {})
    assert (said.status, said.headers["allow"]) == (405, "GET, HEAD")


def test_pages_need_their_extra(simulated: RegistrationSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is named."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ConfigurationError, match="the pages need jinja2") as caught:
        registration_app(simulated, tokens=TOKENS)
    assert "icpgate[server]" in caught.value.hint


# --- the public look-up ---------------------------------------------------------------------------------


def test_a_registration_is_shown(browser: Browser, number: str) -> None:
    """With its state, whose it is, and what it has to show; without a document number."""
    said = browser.get(f"/?lang=en&number={number}")
    for words in ("Registered", number, OPERATOR.name, "示例阅读", "App", "beian.miit.gov.cn", "SIMULATED"):
        assert words in text(said)
    assert "91510108MA6632C60R" not in said.body.decode()


def test_answers_are_told_apart(browser: Browser, number: str, tmp_path: Path) -> None:
    """Registered, not registered, an entity's, no number at all, and nobody can say."""
    entity = number.rpartition("-")[0]
    told = {
        typed: text(browser.get(f"/?lang=en&number={typed}"))
        for typed in (number, f"{entity}-999A", entity, "蜀ICP备2026000001-1A", "x")
    }
    words = [
        "This service is registered.",
        "There is no such registration",
        "This is an entity's number",
        "This is not a registration number",
        "This is not a registration number",
    ]
    assert [word in page for word, page in zip(words, told.values(), strict=True)] == [True] * 5
    with system(tmp_path, simulated=False, name="other.db") as other, serving(other) as elsewhere:
        page = text(Browser(elsewhere).get(f"/?lang=en&number={number}"))
    assert ("There is no such registration" in page) != ("Nobody can say" in page)
    assert "SIMULATED" not in page


def test_nobody_can_say_is_no_answer(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither yes nor no, and why."""

    async def unavailable(_: Asking, queries: Any) -> list[Observation]:
        now = datetime(2026, 11, 25, tzinfo=UTC)
        return [Observation(query, Unavailable(Why.TIMEOUT, "told to"), now, "test", "test") for query in queries]

    monkeypatch.setattr(Asking, "observations", unavailable)
    page = text(browser.get(f"/?lang=en&number={NUMBER}"))
    assert "Nobody can say at the moment" in page
    assert "the registry did not answer in time" in page


def test_a_number_s_own_hint_is_shown(browser: Browser) -> None:
    """In the reader's language."""
    chinese = browser.get("/?number=蜀ICP备2026000001-1A")
    english = browser.get("/?lang=en&number=蜀ICP备2026000001-1A")
    assert text(chinese) != text(english)
    assert "aria-invalid" in english.body.decode()


def test_a_blacklisted_registration_says_so(simulated: RegistrationSystem, browser: Browser) -> None:
    """Whatever its state."""
    found = brought_to(simulated, State.APPROVED).number or ""
    simulated.blacklist(found, actor=BUREAU, reason="违法违规")
    assert "This registration is blacklisted" in text(browser.get(f"/?lang=en&number={found}"))


def test_hostile_names_are_inert(simulated: RegistrationSystem, bureau: Browser) -> None:
    """In the address, in a form, in a note, in a record: escaped, and nothing invisible."""
    hostile = form(operator={**form()["operator"], "name": "<b>示例</b>", "address": HOSTILE})
    sdk = {"name": HOSTILE, "vendor": "{{7*7}}", "purpose": HOSTILE}
    hostile["app"] = {**hostile["app"], "name": HOSTILE, "service_content": [HOSTILE], "sdks": [sdk]}
    made = brought_to(simulated, State.APPROVED, hostile)
    returned = brought_to(simulated, State.UNDER_REVIEW, hostile)
    simulated.send_back(returned.id, actor=BUREAU, notes=[HOSTILE])
    paths = (
        f"/?number={HOSTILE}%E2%80%AE%00",
        f"/?number={made.number}",
        "/review?state=approved",
        f"/review/{made.id}",
        f"/review/{returned.id}",
        f"/review/{made.id}?lang={HOSTILE}",
    )
    for path in paths:
        page = bureau.get(path).body.decode()
        assert not re.search("<script|<b>|\u202e|\0|>49<", page), path
    assert "&lt;script&gt;alert(1)" in page


# --- logging in ---------------------------------------------------------------------------------------


def test_who_is_not_logged_in_is_sent_to_the_login(browser: Browser) -> None:
    """From every page of the bureau, and before anything else is looked at."""
    for said in (
        browser.get("/review?lang=en"),
        browser.get("/review/x?lang=en"),
        browser.post("/review/x/decision?lang=en", {}),
    ):
        assert (said.status, said.headers["location"]) == (303, "/login?lang=en")


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(browser: Browser) -> None:
    """And it is not the token."""
    said = browser.login()
    assert said.headers["location"] == "/review"
    name, *attributes = said.headers["set-cookie"].split("; ")
    assert name.startswith("icpgate_session=")
    assert {each.lower() for each in attributes} >= {"httponly", "samesite=strict", "path=/"}
    assert "secure" not in {each.lower() for each in attributes}
    assert browser.get("/review").status == 200
    assert "bureau-token" not in name


def test_over_tls_the_cookies_are_secure(simulated: RegistrationSystem) -> None:
    """Both of them."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/login", "query_string": b"", "headers": [], "scheme": "https"}
    asyncio.run(registration_app(simulated, tokens=TOKENS)({**scope, "server": ("example.cn", 443)}, receive, send))
    assert b"; Secure" in dict(sent[0]["headers"])[b"set-cookie"]


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [
        ("wrong-token-00000001", 401, "not the right token"),
        ("", 401, "not the right token"),
        ("operator-token-000001", 403, "not a bureau"),
    ],
)
def test_another_token_does_not_log_in(browser: Browser, token: str, status: int, words: str) -> None:
    """And is not repeated."""
    proof = hidden(browser.get("/login?lang=en"), "proof")
    said = browser.post("/login?lang=en", {"proof": proof, "token": token})
    assert (said.status, words in text(said)) == (status, True)
    assert not token or token not in said.body.decode()
    assert browser.get("/review").status == 303


def test_logging_out_ends_the_session(bureau: Browser) -> None:
    """For whoever kept the cookie, too."""
    kept = dict(bureau.cookies)
    proof = hidden(bureau.get("/review"), "proof")
    assert bureau.post("/logout", {"proof": proof}).status == 303
    bureau.cookies = kept
    assert bureau.get("/review").status == 303


def test_an_idle_session_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After half an hour."""
    clock = FixedClock(datetime(2026, 11, 25, tzinfo=UTC))
    monkeypatch.setattr("icpgate.server.registration.pages.Sessions", lambda: Sessions(clock.monotonic))
    with serving(site.system) as other:
        browser = Browser(other)
        browser.login()
        clock.advance(IDLE_SECONDS - 1)
        assert browser.get("/review").status == 200
        clock.advance(IDLE_SECONDS + 1)
        assert browser.get("/review").status == 303


@pytest.mark.parametrize("path", ["/login", "/logout", "/review/x/decision"])
@pytest.mark.parametrize("proof", [None, "", "0" * 64, "ü"])
def test_a_form_without_its_proof_is_refused(bureau: Browser, path: str, proof: str | None) -> None:
    """Whoever sent it, whatever else is right."""
    said = bureau.post(path, {"token": "bureau-token-00000001"} | ({} if proof is None else {"proof": proof}))
    assert said.status == 403
    assert bureau.get("/review").status == 200


def test_a_proof_of_another_session_is_refused(site: Site, bureau: Browser) -> None:
    """A reviewer cannot be made to send another's form."""
    other = Browser(site)
    other.login(ELSEWHERE)
    proof = hidden(other.get("/review"), "proof")
    assert bureau.post("/logout", {"proof": proof}).status == 403


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"token=%FF", "application/x-www-form-urlencoded", 400),
        (b"\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=1" for _ in range(30)), "application/x-www-form-urlencoded", 400),
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(browser: Browser, body: bytes, content_type: str, status: int) -> None:
    """On a page."""
    said = browser.site.call("POST", "/login", body, Content_Type=content_type)
    assert said.status == status
    assert said.headers["content-type"].startswith("text/html")


# --- reviewing -----------------------------------------------------------------------------------------


def test_the_queue_has_what_is_to_be_decided(simulated: RegistrationSystem, bureau: Browser) -> None:
    """Of the reviewer's province, and with a way to each."""
    made = brought_to(simulated, State.UNDER_REVIEW, named("示例排队"))
    said = bureau.get("/review?lang=en")
    assert "示例排队" in text(said)
    assert f'href="/review/{made.id}?lang=en"' in said.body.decode()
    other = Browser(bureau.site)
    other.login(ELSEWHERE)
    assert "示例排队" not in text(other.get("/review"))
    assert other.get(f"/review/{made.id}").status == 404


@pytest.mark.parametrize("state", [State.RETURNED, State.APPROVED, State.REJECTED])
def test_what_was_decided_has_its_own_list(simulated: RegistrationSystem, bureau: Browser, state: State) -> None:
    """A tab for each."""
    name = f"示例{state}"
    brought_to(simulated, state, named(name))
    assert name in text(bureau.get(f"/review?state={state}"))
    assert name not in text(bureau.get("/review?state=x"))


def test_a_long_queue_has_pages(
    simulated: RegistrationSystem, bureau: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each application on one of them."""
    monkeypatch.setattr("icpgate.server.registration.review.PAGE", 1)
    made = [brought_to(simulated, State.UNDER_REVIEW).id for _ in range(2)]
    found: list[str] = []
    path = "/review?lang=en"
    while path:
        page = bureau.get(path).body.decode()
        found += re.findall(r'href="/review/([^"?]+)\?lang=en"', page)
        after = re.search(r'class="button" href="([^"]+)"', page)
        path = after[1].replace("&amp;", "&") if after else ""
    assert [key for key in found if key in made] == made


def test_an_application_is_shown_with_all_that_a_decision_needs(simulated: RegistrationSystem, bureau: Browser) -> None:
    """Form, verifications, history; of the persons responsible only that they are kept."""
    made = brought_to(simulated, State.UNDER_REVIEW)
    said = bureau.get(f"/review/{made.id}?lang=en")
    page = said.body.decode()
    for words in (
        "示例阅读",
        "cn.example.reader",
        "91510108MA6632C60R",
        "Kept encrypted",
        "for the entity",
        "Identity",
        "Confirmed",
        "Unified social credit code",
    ):
        assert words in page
    assert "13800000000" not in page
    assert "11010519491231002X" not in page
    assert 'name="number"' not in page


def test_a_person_s_document_number_is_masked(simulated: RegistrationSystem, bureau: Browser) -> None:
    """Of an operator who is one."""
    operator = {**form()["operator"], "nature": "natural_person", "name": "李示例", "document_type": "id_card"}
    operator["document_number"] = "11010519491231002X"
    made = brought_to(simulated, State.UNDER_REVIEW, form(operator=operator))
    page = bureau.get(f"/review/{made.id}").body.decode()
    assert "***X" in page
    assert "11010519491231002X" not in page


def test_a_cancellation_is_shown_by_its_number(simulated: RegistrationSystem, bureau: Browser) -> None:
    """It has no form of its own to be named by."""
    found = brought_to(simulated, State.APPROVED, named("示例注销")).number or ""
    made = simulated.cancel(found, actor=OPERATOR, notes=["不再运营"])
    simulated.submit(made.id, actor=OPERATOR)
    simulated.confirm(made.id, actor=OPERATOR)
    assert found in text(bureau.get("/review"))
    page = bureau.get(f"/review/{made.id}?lang=en")
    assert all(words in text(page) for words in (found, "Cancel service", "不再运营"))
    fields = {"proof": hidden(page, "proof"), "revision": hidden(page, "revision"), "decision": "approve"}
    assert bureau.post(f"/review/{made.id}/decision", fields).status == 303
    assert "no longer valid" in text(bureau.get(f"/?lang=en&number={found}"))


def test_a_decision_about_another_province_s_is_not_taken(simulated: RegistrationSystem, site: Site) -> None:
    """It is not even told that there is such an application."""
    made = brought_to(simulated, State.UNDER_REVIEW)
    browser = Browser(site)
    browser.login(ELSEWHERE)
    fields = {"proof": hidden(browser.get("/review"), "proof"), "revision": "7", "decision": "approve"}
    assert browser.post(f"/review/{made.id}/decision", fields).status == 404
    assert simulated.application(made.id, actor=BUREAU).state is State.UNDER_REVIEW


@pytest.mark.parametrize(
    ("decision", "notes", "state"),
    [
        ("approve", "", State.APPROVED),
        ("return", "请更正地址\r\n\r\n请补充承诺书", State.RETURNED),
        ("reject", "不符合要求", State.REJECTED),
    ],
)
def test_a_decision_is_taken(
    simulated: RegistrationSystem, bureau: Browser, decision: str, notes: str, state: State
) -> None:
    """And shown; a note a line."""
    made = brought_to(simulated, State.UNDER_REVIEW)
    page = bureau.get(f"/review/{made.id}")
    fields = {"proof": hidden(page, "proof"), "revision": hidden(page, "revision"), "notes": notes}
    said = bureau.post(f"/review/{made.id}/decision", fields | {"decision": decision})
    assert (said.status, said.headers["location"]) == (303, f"/review/{made.id}")
    after = simulated.application(made.id, actor=BUREAU)
    assert after.state is state
    assert list(after.notes) == [line for line in notes.splitlines() if line]
    shown = bureau.get(f"/review/{made.id}")
    assert 'decision"' not in shown.body.decode()
    assert all(note in text(shown) for note in after.notes)


def test_a_decision_without_its_notes_is_not_taken(simulated: RegistrationSystem, bureau: Browser) -> None:
    """The page says so, and keeps what was typed."""
    made = brought_to(simulated, State.UNDER_REVIEW)
    page = bureau.get(f"/review/{made.id}?lang=en")
    fields = {"proof": hidden(page, "proof"), "revision": hidden(page, "revision"), "decision": "reject"}
    said = bureau.post(f"/review/{made.id}/decision?lang=en", fields)
    assert (said.status, "needs notes" in text(said)) == (422, True)
    assert simulated.application(made.id, actor=BUREAU).state is State.UNDER_REVIEW


@pytest.mark.parametrize("revision", ["1", "", "x", "-1", "9" * 30, "١"])
def test_a_decision_about_an_older_page_is_not_taken(
    simulated: RegistrationSystem, bureau: Browser, revision: str
) -> None:
    """Somebody took a step in between."""
    made = brought_to(simulated, State.UNDER_REVIEW)
    proof = hidden(bureau.get(f"/review/{made.id}"), "proof")
    fields = {"proof": proof, "revision": revision, "decision": "return", "notes": "第一条\r\n第二条"}
    said = bureau.post(f"/review/{made.id}/decision?lang=en", fields)
    assert (said.status, "took a step in between" in text(said)) == (409, True)
    assert "第一条\n第二条\n</textarea>" in said.body.decode()
    assert f'href="/review/{made.id}?lang=zh-CN"' in said.body.decode()


def test_a_decision_that_is_none_is_not_taken(simulated: RegistrationSystem, bureau: Browser) -> None:
    """Nothing is done in place of a word that the page does not have."""
    made = brought_to(simulated, State.UNDER_REVIEW)
    page = bureau.get(f"/review/{made.id}")
    fields = {"proof": hidden(page, "proof"), "revision": hidden(page, "revision"), "decision": "x", "notes": "n"}
    assert bureau.post(f"/review/{made.id}/decision", fields).status == 400
    assert simulated.application(made.id, actor=BUREAU).state is State.UNDER_REVIEW


def test_a_bureau_s_number_is_recorded(tmp_path: Path) -> None:
    """Where the registry is not simulated: with its evidence, or not at all."""
    with system(tmp_path, simulated=False) as made, serving(made) as site:
        browser = Browser(site)
        browser.login()
        application = brought_to(made, State.UNDER_REVIEW)
        page = browser.get(f"/review/{application.id}?lang=en")
        assert "SIMULATED" not in text(page)
        fields = {"proof": hidden(page, "proof"), "revision": hidden(page, "revision"), "decision": "approve"}
        path = f"/review/{application.id}/decision?lang=en"
        assert browser.post(path, fields | {"number": NUMBER}).status == 422
        said = browser.post(path, fields | {"number": "蜀ICP备2026012345号", "evidence": "通知书"})
        assert (said.status, 'value="通知书"' in said.body.decode()) == (422, True)
        assert browser.post(path, fields | {"number": NUMBER, "evidence": "通知书"}).status == 303
        assert NUMBER in text(browser.get(f"/?number={NUMBER}"))


def test_a_deadline_that_has_passed_is_marked(tmp_path: Path) -> None:
    """In the queue and on the application."""
    clock = FixedClock(datetime(2026, 1, 5, 2, 0, tzinfo=UTC))
    with system(tmp_path, clock=clock) as made, serving(made) as site:
        browser = Browser(site)
        browser.login()
        application = brought_to(made, State.UNDER_REVIEW)
        paths = ("/review?lang=en", f"/review/{application.id}?lang=en")
        assert not any("Overdue" in text(browser.get(path)) for path in paths)
        clock.advance(40 * 86_400)
        assert all("Overdue" in text(browser.get(path)) for path in paths)


@pytest.mark.parametrize("path", ["/review/x", "/review/%00", "/review?after=%00"])
def test_an_application_that_is_not_there_is_a_page(bureau: Browser, path: str) -> None:
    """Whatever its id."""
    said = bureau.get(path)
    assert said.status == 404
    assert said.headers["content-type"].startswith("text/html")
