"""What the registration system keeps and hands out: actors, applications, verifications, history, registrations."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from icpgate.record import write_time
from icpgate.registration.states import Role, State, legal_steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from icpgate.jsontext import Json
    from icpgate.record import RegistrationRecord
    from icpgate.registration.states import Purpose, Step

__all__ = ["SUBJECTS", "Actor", "Application", "Deadline", "HistoryEntry", "Registration", "Subject", "Verification"]


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Who takes a step: a role, and the account's name.

    An operator acts on its own applications alone, a bureau with a `province` (such as 蜀) on that province's.
    """

    role: Role
    name: str
    province: str = ""


class Subject(StrEnum):
    """What is verified before an application is submitted to the bureau."""

    IDENTITY = "identity"
    NETWORK = "network"
    APP = "app"


SUBJECTS: Final = tuple(Subject)


@dataclass(frozen=True, slots=True)
class Verification:
    """
    One verification: of what, how, on which evidence, by whom, with which result.

    `evidence` names what was looked at; it holds no personal data. It is about the form with `form_digest`
    and no other: once the form is edited it counts no more. `by` and `at` are set by the system.
    """

    subject: Subject
    method: str
    passed: bool
    evidence: str
    note: str = ""
    form_digest: str = ""
    by: str = ""
    at: datetime | None = None

    def written(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "subject": self.subject.value,
            "method": self.method,
            "passed": self.passed,
            "evidence": self.evidence,
            "note": self.note,
            "form_digest": self.form_digest,
            "by": self.by,
            "at": None if self.at is None else write_time(self.at),
        }


@dataclass(frozen=True, slots=True)
class Deadline:
    """
    The last working day of a period, in Asia/Shanghai; None when the calendar of its year is not known.

    `unknown` then says which year, or that no calendar is installed.
    """

    last_day: date | None
    unknown: str = ""

    def written(self) -> dict[str, Json]:
        """As JSON."""
        return {"last_day": None if self.last_day is None else self.last_day.isoformat(), "unknown": self.unknown}


@dataclass(frozen=True, slots=True)
class Application:
    """
    One application as it stands.

    `form` is the form without the persons responsible, who are kept encrypted. `number` is the registration's:
    of the one that is changed or cancelled, or that was given. `taken_in_by` is the platform or access provider
    that verifies it, empty before. `revision` counts the steps. `notes` are why it was returned or rejected.
    `access_provider` is whose access ends, where that is what it is for.
    """

    id: str
    purpose: Purpose
    state: State
    form: Mapping[str, Json] = field(repr=False)
    form_digest: str
    operator_account: str
    taken_in_by: str
    province: str
    revision: int
    created_at: datetime
    updated_at: datetime
    number: str | None = None
    sms_until: datetime | None = None
    review_until: Deadline | None = None
    notes: tuple[str, ...] = ()
    verifications: tuple[Verification, ...] = ()
    persons_kept: tuple[str, ...] = ()
    access_provider: str = ""
    simulated: bool = False

    @property
    def current(self) -> dict[Subject, Verification]:
        """The newest verification of each subject that is about the form as it is now."""
        return {each.subject: each for each in self.verifications if each.form_digest == self.form_digest}

    @property
    def unverified(self) -> tuple[Subject, ...]:
        """What still lacks a passed verification."""
        current = self.current
        return tuple(subject for subject in SUBJECTS if subject not in current or not current[subject].passed)

    def legal(self, role: Role | None = None) -> tuple[Step, ...]:
        """The steps that can follow, or, with a role, that it may take; a bureau has none before it sees it."""
        if role is Role.BUREAU and self.state is State.DRAFT:
            return ()
        return tuple(dict.fromkeys(row.step for row in legal_steps(self.state, self.purpose, role)))

    def written(self) -> dict[str, Json]:
        """As JSON: what the CLI and HTTP show. The persons responsible are named by their parts alone."""
        return {
            "id": self.id,
            "purpose": self.purpose.value,
            "state": self.state.value,
            "number": self.number,
            "access_provider": self.access_provider,
            "simulated": self.simulated,
            "operator_account": self.operator_account,
            "taken_in_by": self.taken_in_by,
            "province": self.province,
            "revision": self.revision,
            "created_at": write_time(self.created_at),
            "updated_at": write_time(self.updated_at),
            "sms_until": None if self.sms_until is None else write_time(self.sms_until),
            "review_until": None if self.review_until is None else self.review_until.written(),
            "notes": list(self.notes),
            "verifications": [each.written() for each in self.verifications],
            "unverified": [subject.value for subject in self.unverified],
            "persons_kept": list(self.persons_kept),
            "legal": {role.value: [step.value for step in self.legal(role)] for role in Role},
            "form_digest": self.form_digest,
            "form": dict(self.form),
        }


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step that was taken. Entries are only ever added."""

    sequence: int
    at: datetime
    role: str
    name: str
    step: Step
    before: str
    after: str
    application: str
    number: str
    note: str = ""

    def written(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "sequence": self.sequence,
            "at": write_time(self.at),
            "role": self.role,
            "name": self.name,
            "step": self.step.value,
            "before": self.before,
            "after": self.after,
            "application": self.application,
            "number": self.number,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Registration:
    """
    A registration with its number: what the registry says of it, and what the system knows besides.

    `form` is empty for a platform or access provider that took no application about it in.
    """

    record: RegistrationRecord
    operator_account: str
    open_application: str | None
    evidence: str
    form: Mapping[str, Json] = field(repr=False)

    def written(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "record": self.record.written(),  # type: ignore[dict-item]  # JSON names and values, by its own contract
            "operator_account": self.operator_account,
            "open_application": self.open_application,
            "evidence": self.evidence,
        }
