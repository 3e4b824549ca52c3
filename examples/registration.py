"""
From the form to the number, to the listing, to the cancellation: an app, a mini program and a quick app.

All of it is simulated. Only a provincial bureau issues numbers; the system made here mints them as a bureau
does, and everything that it says bears the word SIMULATED. A gate believes it only when it is told to.

Run it in a checkout: python examples/registration.py
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from icpgate import App, Decision, Gate
from icpgate.registration import (
    Actor,
    Application,
    IncompleteForm,
    Purpose,
    RegistrationSystem,
    Role,
    Subject,
    Vault,
    Verification,
    display_of,
)
from icpgate.testing import FixedClock

# The story is told on one day in November 2026. A real system leaves `clock` out.
CLOCK = FixedClock(datetime.fromisoformat("2026-11-24T08:00:00+08:00"))

# Who takes part: the operator, the platform through which it registers, and the bureau of its province.
OPERATOR = Actor(Role.OPERATOR, "示例科技")
PUBLISHER = Actor(Role.OPERATOR, "示例出版")
PLATFORM = Actor(Role.PLATFORM, "示例应用商店")
BUREAU = Actor(Role.BUREAU, "四川省通信管理局", province="蜀")
BEIJING = Actor(Role.BUREAU, "北京市通信管理局", province="京")

PERSON = {
    "name": "张示例",
    "document_type": "id_card",
    "document_number": "510107199001010018",
    "valid_until": "2036-01-01",
    "mobile": "13800000000",
    "emergency_phone": "13900000000",
    "email": "duty@example.cn",
}
# The Internet Information Service Registration Form (互联网信息服务备案登记表), as the operator fills it in.
FORM: dict[str, Any] = {
    "operator": {
        "nature": "enterprise",
        "name": "示例科技有限公司",
        "document_type": "uscc",
        "document_number": "91510107MAEXAMPL2T",
        "region": "510107",
        "address": "示例路1号",
    },
    "persons": {"entity": PERSON, "app": PERSON | {"name": "李示例"}},
    "app": {
        "name": "示例记账",
        "kind": "app",
        "icon": {"document": "icon.png", "sha256": "a" * 64},
        "service_content": ["工具"],
        "languages": ["zh"],
        "sectors": [],
        "domains": ["accounts.example.cn"],
        "endpoints": ["203.0.113.7"],
        "access_providers": ["示例云"],
        "platforms": [
            {
                "platform": "android",
                "package": "cn.example.accounts",
                "signing_certificate": "0123456789abcdef0123456789abcdef",
                "public_key": str(2**2047 + 2**1024 + 2026_11_24 * 2 + 1),
            }
        ],
        "sdks": [],
    },
    "commitment_letter": {"document": "commitment.pdf", "sha256": "b" * 64, "signed_on": "2026-11-01"},
    "authenticity_sheet": {"document": "sheet.pdf", "sha256": "c" * 64},
    "pre_approvals": [],
}


def form_with(app: dict[str, Any], **parts: object) -> dict[str, Any]:
    """The same form, with these fields of the app and these other parts instead."""
    form: dict[str, Any] = deepcopy(FORM) | deepcopy(parts)
    form["app"] = form["app"] | app
    return form


MINI_PROGRAM = form_with(
    {
        "name": "示例记账小程序",
        "kind": "mini_program",
        "host_platform": "微信",
        "domains": ["mini.example.cn"],
        "platforms": [{"platform": "wechat", "package": "wx0123456789abcdef"}],
    }
)
QUICK_APP = form_with(
    {
        "name": "示例记账快应用",
        "kind": "quick_app",
        "host_platform": "快应用联盟",
        "domains": ["quick.example.cn"],
        "platforms": [{"platform": "quick_app", "package": "cn.example.accounts.quick"}],
    }
)
READER = form_with(
    {"name": "示例书城", "service_content": ["出版"], "sectors": ["出版"], "domains": ["books.example.cn"]},
    operator=FORM["operator"]
    | {
        "name": "示例出版有限公司",
        "document_number": "91110105MAEXAMPL36",
        "region": "110105",
    },
)
PERMIT = {
    "sector": "出版",
    "document_number": "（署）网出证（京）字第000号",
    "authority": "国家新闻出版署",
    "document": "permit.pdf",
    "valid_from": "2026-01-01",
    "valid_until": "2031-01-01",
}


class Story:
    """The registration system, and a line for everything that somebody does with it."""

    def __init__(self, folder: Path) -> None:
        """A new system in one file. The persons responsible are kept encrypted, with a key of this run."""
        url = f"sqlite:///{folder / 'registry.db'}"
        self.system = RegistrationSystem.create(url, simulated=True, vault=Vault(Vault.new_key()), clock=CLOCK)

    def told(self, who: Actor, did: str, application: Application) -> Application:
        """Print a step and where the application stands after it; an hour passes."""
        number = "" if application.number is None else f"  {application.number}"
        print(f"  {who.role.value:<9} {did:<26} → {application.state.value}{number}")
        for note in application.notes if did.startswith(("sends", "rejects")) else ():
            print(f"            “{note}”")
        CLOCK.advance(3600)
        return application

    def begun(self, form: dict[str, Any], operator: Actor) -> Application:
        """A draft may be incomplete, and is told all that it lacks; what is handed in may not."""
        draft = self.told(operator, "begins a draft", self.system.new(form, actor=operator))
        for defect in self.system.check(form).defects:
            print(f"            {defect.pointer}: {defect.message}")
        return draft

    def submitted(self, id_: str, operator: Actor) -> Application:
        """Hand it in; the platform verifies identity, network resources and app, and submits it to the bureau."""
        system = self.system
        self.told(operator, "hands it in", system.submit(id_, actor=operator))
        digest = system.application(id_, actor=PLATFORM).form_digest
        for subject, method, evidence in (
            (Subject.IDENTITY, "business register", "the operator is in it under this name and number"),
            (Subject.NETWORK, "resolution", "the domain resolves to 203.0.113.7, an address of 示例云"),
            (Subject.APP, "package file", "package, certificate and name are those of the file"),
        ):
            seen = Verification(subject, method, passed=True, evidence=evidence, form_digest=digest)
            self.told(PLATFORM, f"verifies the {subject.value}", system.verify(id_, seen, actor=PLATFORM))
        return self.told(PLATFORM, "submits it", system.submit(id_, actor=PLATFORM))

    def reviewed(self, id_: str, operator: Actor) -> Application:
        """The operator confirms by SMS, within 24 hours; from then on the bureau has 20 working days."""
        application = self.told(operator, "confirms by SMS", self.system.confirm(id_, actor=operator))
        if application.review_until is not None:
            print(f"            to be decided by {application.review_until.last_day}")
        return application

    def approved(self, id_: str, bureau: Actor) -> str:
        """The bureau approves, and the number is there."""
        application = self.told(bureau, "approves it", self.system.approve(id_, actor=bureau))
        return str(application.number)

    def registered(self, form: dict[str, Any]) -> str:
        """The whole way, without a hitch."""
        draft = self.begun(form, OPERATOR)
        self.submitted(draft.id, OPERATOR)
        self.reviewed(draft.id, OPERATOR)
        return self.approved(draft.id, BUREAU)

    def cancelled(self, number: str, purpose: Purpose, operator: Actor) -> None:
        """A cancellation is an application too: handed in, confirmed, decided."""
        system = self.system
        draft = self.told(operator, f"asks to {purpose.value}", system.cancel(number, actor=operator, purpose=purpose))
        self.told(operator, "hands it in", system.submit(draft.id, actor=operator))
        self.reviewed(draft.id, operator)
        self.approved(draft.id, BUREAU)

    def judged(self, form: dict[str, Any], number: str | None, *, allow_simulated: bool = True) -> Decision:
        """What a store's gate says of the app with this number; simulated registrations are for development."""
        app, platform = form["app"], form["app"]["platforms"][0]
        submission = App(
            name=app["name"],
            kind=app["kind"],
            platform=platform["platform"],
            package=platform["package"],
            registration_number=number,
            operator={"name": form["operator"]["name"], "document_number": form["operator"]["document_number"]},
            domains=app["domains"],
            sectors=app["sectors"],
            pre_approvals=form["pre_approvals"],
            display=None if number is None else display_of(number).as_display(),
        )
        with Gate.for_listing(self.system.registry(), clock=CLOCK, allow_simulated=allow_simulated) as gate:
            decision = gate.check(submission)
        said = "allow" if decision.allowed else f"deny: {', '.join(decision.codes)}"
        print(f"  the gate says {said}{' [SIMULATED]' if decision.simulated else ''}")
        return decision


def app(story: Story) -> str:
    """An app: what a form lacks is said at once, and the number opens the store."""
    print("An app")
    lacking = form_with({"icon": None, "languages": []})
    draft = story.begun(lacking, OPERATOR)
    try:
        story.system.submit(draft.id, actor=OPERATOR)
    except IncompleteForm as refused:
        print(f"  refused: {refused}")
    story.told(OPERATOR, "fills in what is missing", story.system.edit(draft.id, FORM, actor=OPERATOR))
    story.judged(FORM, None)
    story.submitted(draft.id, OPERATOR)
    story.reviewed(draft.id, OPERATOR)
    number = story.approved(draft.id, BUREAU)
    shown = display_of(number)
    print(f"  the app shows {shown.number}, and below it {shown.link}")
    print(f"            {shown.placement}")
    story.judged(FORM, number)
    print("  and where nobody has told it to believe a simulated registry:")
    story.judged(FORM, number, allow_simulated=False)
    return number


def others(story: Story) -> tuple[str, str]:
    """A mini program and a quick app of the same operator: one sequence, a letter for each kind."""
    print("\nA mini program of the same operator")
    mini_program = story.registered(MINI_PROGRAM)
    story.judged(MINI_PROGRAM, mini_program)
    print("\nA quick app of the same operator")
    quick_app = story.registered(QUICK_APP)
    story.judged(QUICK_APP, quick_app)
    return mini_program, quick_app


def returned(story: Story) -> str:
    """An app that needs another authority's approval first, and that the bureau sends back once."""
    print("\nAn app that needs an approval first, and comes back once")
    draft = story.begun(READER, PUBLISHER)
    form = READER | {"pre_approvals": [PERMIT]}
    story.told(PUBLISHER, "adds the approval", story.system.edit(draft.id, form, actor=PUBLISHER))
    story.submitted(draft.id, PUBLISHER)
    story.reviewed(draft.id, PUBLISHER)
    notes = ["the icon is not legible"]
    story.told(BEIJING, "sends it back", story.system.send_back(draft.id, actor=BEIJING, notes=notes))
    form["app"] = form["app"] | {"icon": {"document": "icon-2.png", "sha256": "d" * 64}}
    story.told(PUBLISHER, "edits the form", story.system.edit(draft.id, form, actor=PUBLISHER))
    story.submitted(draft.id, PUBLISHER)
    story.reviewed(draft.id, PUBLISHER)
    number = story.approved(draft.id, BEIJING)
    story.judged(form, number)
    return number


def ended(story: Story, number: str, mini_program: str, quick_app: str) -> None:
    """Cancelling a service ends it alone; cancelling the entity ends all that it has."""
    print("\nThe app is cancelled")
    story.cancelled(number, Purpose.CANCEL_SERVICE, OPERATOR)
    story.judged(FORM, number)
    story.judged(MINI_PROGRAM, mini_program)
    print("\nThe operator cancels all that it has")
    story.cancelled(mini_program, Purpose.CANCEL_ENTITY, OPERATOR)
    story.judged(MINI_PROGRAM, mini_program)
    story.judged(QUICK_APP, quick_app)


def main() -> None:
    """Tell the four stories, and how three of them end."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder))
        with story.system:
            number = app(story)
            mini_program, quick_app = others(story)
            returned(story)
            ended(story, number, mini_program, quick_app)


if __name__ == "__main__":
    main()
