"""A registration system that is used by the command alone: who acts, and how far an application has come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.commandline import Ran, run
from tests.registration.forms import good_form

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BUREAU", "OPERATOR", "PERSONS", "PLATFORM", "PROVIDER", "Desk"]

OPERATOR: Final = ("--as", "operator", "--name", "成都示例科技有限公司")
PLATFORM: Final = ("--as", "platform", "--name", "示例商店")
PROVIDER: Final = ("--as", "access_provider", "--name", "示例云")
BUREAU: Final = ("--as", "bureau", "--name", "四川局", "--province", "蜀")

PERSONS: Final = ("张示例", "李示例", "13800000000", "13800000001", "zhang@example.cn", "510107199102020020")
"""What no command may ever write: it is about the persons responsible."""


class Desk:
    """A folder with a registry, a key, and a form."""

    def __init__(self, folder: Path, *, simulated: bool = True, url: str | None = None) -> None:
        """A registry of its own, in the folder unless it stands elsewhere."""
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'registry.db'}"
        self.key = str(folder / "persons.key")
        flags = ["--simulate"] if simulated else []
        assert run("registry", "init", self.url, *flags).code == 0
        assert run("registration", "key", self.key).code == 0
        self.written: list[str] = []

    def form(self, form: dict[str, Any] | None = None, name: str = "form.json") -> str:
        """The path of a form; a good one when none is given."""
        path = self.folder / name
        path.write_text(json.dumps(good_form() if form is None else form, ensure_ascii=False), encoding="utf-8")
        return str(path)

    def do(self, *arguments: str) -> Ran:
        """Run a command on the registry, with the key."""
        ran = run("registration", *arguments, "--registry", self.url, "--persons-key-file", self.key)
        self.written.append(ran.out + ran.err)
        return ran

    def done(self, *arguments: str) -> dict[str, Any]:
        """What a command that has to succeed writes as JSON."""
        ran = self.do(*arguments, "--format", "json")
        assert ran.code == 0, ran.err
        value: dict[str, Any] = ran.json
        return value

    def draft(self, form: dict[str, Any] | None = None) -> str:
        """The id of a draft."""
        return str(self.done("new", self.form(form), *OPERATOR)["id"])

    def submitted(self, form: dict[str, Any] | None = None) -> str:
        """The id of an application that was handed in."""
        draft = self.draft(form)
        assert self.done("submit", draft, *OPERATOR)["state"] == "submitted"
        return draft

    def verified(self, form: dict[str, Any] | None = None) -> str:
        """The id of one that has passed all three verifications."""
        name = self.submitted(form)
        for subject in ("identity", "network", "app"):
            self.verify(name, subject)
        return name

    def verify(self, name: str, subject: str, *more: str) -> dict[str, Any]:
        """State that a subject has passed."""
        result = more or ("--passed",)
        return self.done("verify", name, subject, "--method", "look", "--evidence", "seen", *result, *PLATFORM)

    def reviewed(self, form: dict[str, Any] | None = None) -> str:
        """The id of one that the bureau has to decide."""
        name = self.verified(form)
        assert self.done("submit", name, *PLATFORM)["state"] == "awaiting_sms"
        assert self.done("confirm", name, *OPERATOR)["state"] == "under_review"
        return name

    def registered(self, form: dict[str, Any] | None = None) -> str:
        """The number of an approved one."""
        return str(self.done("review", self.reviewed(form), "approve", *BUREAU)["number"])
