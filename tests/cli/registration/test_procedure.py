"""`icpgate registration`: the procedure by the real command, and what it refuses."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.cli.registration.written import day_of
from icpgate.registration.application import Deadline
from tests.cli.registration.desk import BUREAU, OPERATOR, PLATFORM, PROVIDER, Desk
from tests.commandline import run
from tests.registration.forms import good_form, spoilt, without

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Postgresql

MINTED = re.compile(r"蜀ICP备20\d\d000001号-1A")


def test_from_the_form_to_the_number(desk: Desk) -> None:
    """Each command writes the application as it is then."""
    draft = desk.done("new", desk.form(), *OPERATOR)
    assert (draft["state"], draft["purpose"], draft["persons_kept"]) == ("draft", "new", ["entity", "app"])
    name = draft["id"]
    assert desk.done("submit", name, *OPERATOR)["state"] == "submitted"
    assert desk.verify(name, "identity")["unverified"] == ["network", "app"]
    desk.verify(name, "network")
    desk.verify(name, "app")
    assert desk.done("submit", name, *PLATFORM)["sms_until"] is not None
    assert desk.done("confirm", name, *OPERATOR)["review_until"] is not None
    approved = desk.done("review", name, "approve", *BUREAU)
    assert approved["state"] == "approved"
    assert MINTED.fullmatch(approved["number"])
    assert approved["simulated"] is True


def test_the_same_in_postgresql(postgresql: Postgresql, tmp_path: Path) -> None:
    """A registry that is not there is made by a command of its own; then every step is the same."""
    url = postgresql.url()
    ran = run("registration", "list", "--registry", url, *OPERATOR)
    assert ran.code == 2
    assert "icpgate registry init URL --simulate" in ran.err
    number = Desk(tmp_path, url=url).registered()
    assert MINTED.fullmatch(number)
    assert run("registry", "show", url, number).json["status"] == "registered"


def test_a_form_with_defects_is_not_handed_in(desk: Desk) -> None:
    """Every defect as `check` writes it, and its exit code; the draft stays a draft."""
    draft = desk.draft(without(without(good_form(), "/app/icon"), "/operator/region"))
    ran = desk.do("submit", draft, *OPERATOR)
    assert ran.code == 1
    assert ran.out.startswith("SIMULATED")
    assert ran.out.endswith("2 defects\n")
    assert "registration.incomplete" in ran.err
    refused = desk.do("submit", draft, *OPERATOR, "--format", "json")
    assert [each["pointer"] for each in refused.json["defects"]] == ["/operator/region", "/app/icon"]
    assert "lacks: /operator/region, /app/icon" in desk.do("show", draft, *OPERATOR).out
    edited = desk.done("edit", draft, desk.form(), *OPERATOR)
    assert (edited["state"], edited["revision"]) == ("draft", 2)
    assert "lacks" not in desk.do("show", draft, *OPERATOR).out


def test_what_a_draft_lacks_but_the_persons_that_are_kept(desk: Desk) -> None:
    """A draft without any says so; once they are kept nothing is said of them, here or ever."""
    form = good_form()
    form.pop("persons")
    draft = desk.draft(form)
    assert "lacks: /persons\n" in desk.do("show", draft, *OPERATOR).out
    desk.done("edit", draft, desk.form(), *OPERATOR)
    shown = desk.do("show", draft, *OPERATOR).out
    assert "persons kept: entity, app" in shown
    assert "lacks" not in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("A00000009", "no such application"),
        ("蜀ICP备2026123456号-1A", "no registration"),
        ("\udce4", "store."),
        ("号", "no"),
    ],
)
def test_what_is_not_there_is_said(desk: Desk, name: str, words: str) -> None:
    """An application by its id, a registration by its number, and what is neither."""
    ran = desk.do("show", name, *OPERATOR)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("confirm", *OPERATOR), "registration.illegal_step", "legal: verify by access_provider or platform"),
        (("submit", *PLATFORM), "registration.illegal_step", "withdraw by operator"),
        (("confirm", *PLATFORM), "registration.not_allowed", "never a step of the role platform"),
        (("show", "--as", "operator", "--name", "他人"), "registration.unknown", "may see"),
        (("withdraw", *OPERATOR, "--revision", "1"), "registration.out_of_date", "revision 2"),
    ],
)
def test_a_step_that_is_refused_changes_nothing(desk: Desk, arguments: tuple[str, ...], code: str, words: str) -> None:
    """Exit code 2, one line that says what is legal, and nothing on standard output."""
    name = desk.submitted()
    command, *more = arguments
    ran = desk.do(command, name, *more)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert code in ran.err
    assert words in ran.err
    assert desk.done("show", name, *OPERATOR)["revision"] == 2


def test_an_unverified_application_is_not_submitted(desk: Desk) -> None:
    """What is missing is named."""
    name = desk.submitted()
    desk.verify(name, "identity")
    ran = desk.do("submit", name, *PLATFORM)
    assert ran.code == 2
    assert "registration.unverified" in ran.err
    assert "network, app" in ran.err


def test_a_return_tells_why_and_is_handed_in_again(desk: Desk) -> None:
    """By who verifies, and by the bureau; the notes are shown."""
    name = desk.submitted()
    ran = desk.do("return", name, *PLATFORM, "--note", "the icon is blurred", "--note", "the letter is not signed")
    assert "note: the icon is blurred\nnote: the letter is not signed\n" in ran.out
    assert desk.done("submit", name, *OPERATOR)["state"] == "submitted"
    other = desk.reviewed(spoilt(good_form(), "/app/name", "示例便笺"))
    assert desk.done("review", other, "return", *BUREAU, "--note", "again")["state"] == "returned"


def test_a_rejection_and_a_withdrawal_are_final(desk: Desk) -> None:
    """Nothing can follow."""
    rejected = desk.reviewed()
    ran = desk.do("review", rejected, "reject", *BUREAU, "--note", "not an app of this operator")
    assert "state: rejected\n" in ran.out
    assert "next: nothing can follow\n" in ran.out
    withdrawn = desk.draft()
    assert desk.done("withdraw", withdrawn, *OPERATOR)["legal"]["operator"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("approve", "--note", "fine"), "--note goes with return and reject"),
        (("reject", "--number", "x", "--note", "no"), "go with approve"),
        (("return", "--evidence", "x"), "go with approve"),
        (("defer",), "approve"),
        (("reject",), "registration.notes"),
    ],
)
def test_a_decision_takes_what_goes_with_it(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    """Anything else is wrong use."""
    ran = desk.do("review", desk.reviewed(), *arguments, *BUREAU)
    assert ran.code == 2
    assert words in ran.err


def test_a_change_keeps_the_number(desk: Desk) -> None:
    """The registration is changing meanwhile, and as it was once the change is withdrawn."""
    number = desk.registered()
    form = desk.form(spoilt(good_form(), "/app/domains/0", "memo.example.cn"), "changed.json")
    change = desk.done("change", number, form, *OPERATOR)
    assert (change["purpose"], change["number"]) == ("change", number)
    desk.done("submit", change["id"], *OPERATOR)
    shown = desk.done("show", number, *OPERATOR)
    assert (shown["record"]["status"], shown["open_application"]) == ("changing", change["id"])
    again = desk.do("change", number, form, *OPERATOR)
    assert "registration.open" in again.err
    desk.done("withdraw", change["id"], *OPERATOR)
    assert desk.done("show", number, *OPERATOR)["record"]["status"] == "registered"


def test_a_change_of_operator_is_said_to_be_one(desk: Desk) -> None:
    """Its account is the new operator's."""
    number = desk.registered()
    form = good_form(nature="institution")
    path = desk.form(form, "other.json")
    change = desk.done(
        "change", number, path, "--purpose", "change_operator", "--operator-account", "新主办者", *OPERATOR
    )
    assert change["purpose"] == "change_operator"


def test_the_service_is_cancelled(desk: Desk) -> None:
    """A cancellation is an application; in the end the registry says so."""
    number = desk.registered()
    cancel = desk.done("cancel", number, *OPERATOR, "--note", "we close")["id"]
    assert "lacks" not in desk.do("show", cancel, *OPERATOR).out
    assert desk.done("submit", cancel, *OPERATOR)["state"] == "awaiting_sms"
    desk.done("confirm", cancel, *OPERATOR)
    assert desk.done("show", number, *OPERATOR)["record"]["status"] == "cancelling"
    desk.done("review", cancel, "approve", *BUREAU)
    assert desk.done("show", number, *OPERATOR)["record"]["status"] == "cancelled"
    assert run("registry", "show", desk.url, number).json["status"] == "cancelled"


def test_an_access_provider_ends_its_own_access(desk: Desk) -> None:
    """Without anybody's confirmation; the last one leaves a shell."""
    number = desk.registered()
    assert "--scope access" in desk.do("cancel", number, "--access-provider", "示例云", *PROVIDER).err
    cancel = desk.done("cancel", number, "--scope", "access", "--access-provider", "示例云", *PROVIDER)
    assert cancel["purpose"] == "cancel_access"
    assert desk.done("submit", cancel["id"], *PROVIDER)["state"] == "under_review"
    desk.done("review", cancel["id"], "approve", *BUREAU)
    assert desk.done("show", number, *OPERATOR)["record"]["status"] == "shell"


def test_a_bureau_cancels_an_entity_at_once(desk: Desk) -> None:
    """By the number of any of its services."""
    number = desk.registered()
    cancelled = desk.done("cancel", number, "--scope", "entity", "--note", "not traceable", *BUREAU)
    assert cancelled["state"] == "approved"
    assert desk.done("show", number, *OPERATOR)["record"]["status"] == "cancelled"


def test_blacklisting_and_its_end(desk: Desk) -> None:
    """A bureau's alone; the registration stands beside it."""
    number = desk.registered()
    assert "only a bureau" in desk.do("blacklist", number, "--reason", "fraud", *PLATFORM).err
    ran = desk.do("blacklist", number, "--reason", "fraud", *BUREAU)
    assert "status: registered\nblacklisted: yes\n" in ran.out
    assert "blacklisted" not in desk.do("blacklist", number, "--reason", "settled", "--end", *BUREAU).out


def test_a_bureau_s_number_is_recorded_with_its_evidence(bureau_s: Desk) -> None:
    """Nothing is simulated, and nothing says so; no number is made up."""
    name = bureau_s.reviewed()
    told = bureau_s.do("review", name, "approve", "--evidence", "notice", *BUREAU).err
    assert "registration.number: only a bureau issues numbers" in told
    number = "蜀ICP备2026123456号-7A"
    assert "the evidence" in bureau_s.do("review", name, "approve", "--number", number, *BUREAU).err
    evidence = "notice of 2026-11-25"
    approved = bureau_s.done("review", name, "approve", "--number", number, "--evidence", evidence, *BUREAU)
    assert (approved["number"], approved["simulated"]) == (number, False)
    observed = bureau_s.do("observe", number, "--evidence", "public query", *PLATFORM)
    assert f"evidence: {evidence}\n" in observed.out
    for command in (("list",), ("history", number), ("display", number)):
        assert bureau_s.do(*command, *OPERATOR).code == 0
    assert "SIMULATED" not in "".join(bureau_s.written)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_simulated_registry_is_told_by_every_output(desk: Desk, lang: str) -> None:
    """Text and JSON, of one thing and of many."""
    number = desk.registered()
    wanted = [("show", "A00000001"), ("show", number), ("list",), ("history", number), ("display", number)]
    for command in wanted:
        assert "SIMULATED" in desk.do(*command, *OPERATOR, "--lang", lang).out
        assert desk.done(*command, *OPERATOR)["simulated"] is True
    for command in (("list",), ("history", "A00000001")):
        ran = desk.do(*command, *OPERATOR, "--format", "jsonl")
        assert [each["simulated"] for each in ran.jsonl] == [True] * len(ran.jsonl)
    form = desk.do("show", "A00000001", "--form", *OPERATOR)
    assert "SIMULATED" in form.err
    assert "simulated" not in form.json


def test_a_person_s_document_number_is_masked(desk: Desk) -> None:
    """An operator's who is a natural person, in an application and in a registration, as text and as JSON."""
    form = good_form(nature="natural_person")
    card = form["operator"]["document_number"]
    account = ("--as", "operator", "--name", "他人")
    name = desk.done("new", desk.form(form), *account)["id"]
    masked = f"***{card[-1]}"
    assert f"document: id_card  {masked}" in desk.do("show", name, *account).out
    assert desk.done("show", name, *account)["form"]["operator"]["document_number"] == masked
    assert desk.do("show", name, "--form", *account).json["operator"]["document_number"] == card
    desk.written.clear()  # the operator is the person responsible, and is shown


def test_a_registered_person_s_document_number_is_masked(desk: Desk) -> None:
    """What the registry has in clear no `show` writes."""
    form = good_form(nature="natural_person")
    form["persons"]["entity"]["name"] = form["operator"]["name"]
    card = form["operator"]["document_number"]
    account = ("--as", "operator", "--name", form["operator"]["name"])
    name = desk.done("new", desk.form(form), *account)["id"]
    desk.done("submit", name, *account)
    for subject in ("identity", "network", "app"):
        desk.verify(name, subject)
    desk.done("submit", name, *PLATFORM)
    desk.done("confirm", name, *account)
    number = desk.done("review", name, "approve", *BUREAU)["number"]
    shown = desk.done("show", number, *account)
    assert shown["record"]["document_number"] == f"***{card[-1]}"
    assert card not in "".join(desk.written)
    desk.written.clear()  # as above


def test_a_draft_may_be_anything(desk: Desk) -> None:
    """What stands where something else belongs is passed over, and nothing unseen is written as it is."""
    form = {
        "operator": {"name": "示\u202e例", "document_number": "12345678"},
        "app": {"platforms": [1, {}], "domains": 1},
    }
    name = desk.done("new", desk.form(form), *OPERATOR)["id"]
    ran = desk.do("show", name, *OPERATOR)
    assert "operator: 示\\u202e例\n" in ran.out
    assert "document: ***8\n" in ran.out
    for app in (1, {"name": 2}):
        path = desk.form({"operator": {"name": "示例"}, "app": app}, "odd.json")
        assert desk.do("edit", name, path, *OPERATOR).code == 0
    assert desk.do("list", *OPERATOR).code == 0


def test_an_empty_form_lacks_everything(desk: Desk) -> None:
    """The root's place is a slash."""
    assert "lacks: /operator, /persons, /app" in desk.do("new", desk.form({}), *OPERATOR).out


def test_the_list_is_paged_and_filtered(desk: Desk) -> None:
    """Oldest first; whoever lists learns that there may be more."""
    first, second = desk.draft(), desk.submitted()
    page = desk.do("list", *OPERATOR, "--limit", "1", "--format", "json")
    assert [each["id"] for each in page.json["applications"]] == [first]
    assert f"--after {first}" in page.err
    assert "form" not in page.json["applications"][0]
    rest = desk.done("list", *OPERATOR, "--after", first)
    assert [each["id"] for each in rest["applications"]] == [second]
    only = desk.do("list", *OPERATOR, "--state", "submitted", "--format", "jsonl").jsonl
    assert [each["id"] for each in only] == [second]
    text = desk.do("list", *PLATFORM, "--lang", "zh-CN").out
    assert "已提交（submitted）" in text
    assert first not in text


def test_the_times_of_waiting_stand_in_the_list(desk: Desk) -> None:
    """Until when to confirm, and by which day to decide."""
    name = desk.verified()
    desk.done("submit", name, *PLATFORM)
    waiting = desk.done("show", name, *OPERATOR)
    assert "+08:00" in desk.do("list", *OPERATOR).out
    assert "confirm before: " in desk.do("show", name, *OPERATOR).out
    assert waiting["review_until"] is None
    reviewed = desk.done("confirm", name, *OPERATOR)
    due = reviewed["review_until"]["last_day"] or reviewed["review_until"]["unknown"]
    assert f"decide by: {due}\n" in desk.do("show", name, *OPERATOR).out
    assert due.split()[0] in desk.do("list", *OPERATOR).out


def test_a_deadline_that_is_over_is_told() -> None:
    """From the day after it, in Asia/Shanghai; one that is not known is never over."""
    last, evening = Deadline(date(2026, 12, 22)), datetime(2026, 12, 22, 15, 59, tzinfo=UTC)
    assert day_of(last, evening, "en") == "2026-12-22"
    assert day_of(last, evening + timedelta(minutes=1), "en") == "2026-12-22 (over)"
    assert day_of(last, evening + timedelta(minutes=1), "zh-CN") == "2026-12-22 （已超期）"
    assert day_of(Deadline(None, "not known"), evening, "en") == "not known"


def test_the_history_of_an_application_and_of_a_number(desk: Desk) -> None:
    """Each step with who took it."""
    number = desk.registered()
    steps = [each["step"] for each in desk.done("history", "A00000001", *OPERATOR)["entries"]]
    assert steps == ["create", "submit", "verify", "verify", "verify", "submit", "confirm", "approve"]
    assert "通信管理局（bureau）" in desk.do("history", number, *OPERATOR, "--lang", "zh-CN").out


def test_the_application_in_chinese(desk: Desk) -> None:
    """Labels and words are the pages'; each word stands behind, as it is typed."""
    name = desk.submitted()
    desk.verify(name, "identity", "--failed", "--note", "执照已过期")
    desk.done("return", name, *PLATFORM, "--note", "请更新执照")
    desk.done("edit", name, desk.form(spoilt(good_form(), "/app/name", "示例便笺")), *OPERATOR)
    text = desk.do("show", name, *OPERATOR, "--lang", "zh-CN").out
    for words in (
        "SIMULATED：模拟备案",
        "状态：已退回（returned）",
        "核验：身份信息（identity）  未通过  look  执照已过期  针对旧版表单",
        "意见：请更新执照",
        "可执行的步骤：主办者（operator）  修改（edit）、提交（submit）、撤回（withdraw）",
    ):
        assert words in text


def test_what_an_app_has_to_show(desk: Desk) -> None:
    """The number, its link and where, in the language that is asked for."""
    number = desk.registered()
    texts = desk.done("display", number, *OPERATOR)
    assert (texts["number"], texts["link"]) == (number, "https://beian.miit.gov.cn/")
    assert "位置：在APP显著位置" in desk.do("display", number, *OPERATOR, "--lang", "zh-CN").out


def test_a_form_is_taken_out_edited_and_put_back(desk: Desk) -> None:
    """It has no persons, and those that are kept stay."""
    name = desk.draft()
    form = desk.do("show", name, "--form", *OPERATOR).json
    assert "persons" not in form
    form["app"]["name"] = "示例便笺"
    path = desk.folder / "edited.json"
    path.write_text(json.dumps(form, ensure_ascii=False), encoding="utf-8")
    edited = desk.done("edit", name, str(path), *OPERATOR)
    assert edited["form"]["app"]["name"] == "示例便笺"
    assert edited["persons_kept"] == ["entity", "app"]
    assert desk.do("show", "A00000009", "--form", *OPERATOR).code == 2


def test_persons_are_taken_in_with_a_key_alone(desk: Desk, tmp_path: Path) -> None:
    """Without one, and with a key that others may read, the draft is refused."""
    form = desk.form()
    ran = run("registration", "new", form, "--registry", desk.url, *OPERATOR)
    assert ran.code == 2
    assert "icpgate registration key FILE" in ran.err
    loose = tmp_path / "loose.key"
    loose.write_text("x", encoding="ascii")
    loose.chmod(0o644)
    ran = run("registration", "new", form, "--registry", desk.url, "--persons-key-file", str(loose), *OPERATOR)
    assert "chmod 600" in ran.err
    assert desk.done("list", *OPERATOR)["applications"] == []


def test_an_entitys_services_are_shown_together(desk: Desk) -> None:
    """By the entity's own number, to whoever may see them."""
    number = desk.registered()
    entity = number.rpartition("-")[0]
    shown = desk.done("show", entity, *OPERATOR)
    assert [each["record"]["registration_number"] for each in shown["registrations"]] == [number]
    assert number in desk.do("show", entity, *OPERATOR).out
    assert desk.do("show", entity, "--as", "operator", "--name", "别人").code == 2


def test_confirmations_that_were_not_given_are_written_down(desk: Desk) -> None:
    """For a timer: there may be none."""
    assert desk.done("lapse", *PLATFORM)["lapsed"] == []
