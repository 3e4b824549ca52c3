"""
The registration system: applications from the form to the number, and what becomes of the number afterwards.

    form → verifications → confirmation → review → number → display; change, cancellation, blacklisting

- Every step is one transaction: it is written down with its history and the registry's record, or not at all.
  When a method returns, the step is on the disk.
- Who may do what in which state is in `states.TRANSITIONS`; this file adds what a step needs besides.
- A bureau's number is recorded with its evidence. Numbers are minted in a simulated registry alone.
- The persons responsible are kept encrypted; nothing but `persons` gives them out, and that is written down.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from icpgate.record import BEIJING
from icpgate.registration import storage
from icpgate.registration.demands import approval_given, demand_complete, demand_verified, verification_given
from icpgate.registration.effects import Approval, effect_of, publish
from icpgate.registration.form import examine
from icpgate.registration.keeping import acting, keep, notes_of, plain, text_of, whole
from icpgate.registration.looking import Looking
from icpgate.registration.refusals import OutOfDate, RegistrationError
from icpgate.registration.states import CANCELLATIONS, Purpose, Role, State, Step, transition
from icpgate.registration.storage import History, Kept
from icpgate.registration.taking import as_of, begin, finish, lapse, opened, refuse_role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from icpgate.lookup.live.database import Connection
    from icpgate.registration.application import Actor, Application, Registration, Verification
    from icpgate.registration.form import Examination

__all__ = ["RegistrationSystem"]

_VERIFY_AGAIN: Final = "the form was edited: verify it as it is now"


class RegistrationSystem(Looking):
    """
    A registration system over a live registry. Threads and processes may share its database.

    Every method that takes an `actor` raises `UnknownApplication`, `NotAllowed` or `IllegalStep` when it is not
    that actor's to do, `OutOfDate` when `revision` is given and no longer the last, and `RegistryStoreError` when
    the database cannot be read or written. Nothing is changed then.
    """

    # --- the form ------------------------------------------------------------------------------------

    def check(self, form: Mapping[str, object]) -> Examination:
        """Everything that is missing or wrong in a form, as of today. Nothing is stored."""
        return examine(form, today=self.now().astimezone(BEIJING).date())

    def new(self, form: Mapping[str, object], *, actor: Actor, operator_account: str | None = None) -> Application:
        """
        A draft of a new registration; the form may be incomplete.

        `operator_account` is the account of the operator where somebody else makes the draft; left out, it is the
        operator's name in the form.
        """
        return self._create(Purpose.NEW, form, acting(actor), operator_account)

    def edit(
        self,
        application: str,
        form: Mapping[str, object],
        *,
        actor: Actor,
        revision: int | None = None,
    ) -> Application:
        """Another form in place of the draft's; one without persons keeps those there are. It is verified anew."""

        def work(connection: Connection, kept: Kept, now: datetime) -> Kept:
            given = plain(form)
            edited = keep(kept, given, self._vault)
            if self._standing.names_another(connection, kept, edited):
                edited = replace(edited, next_account=self._standing.account_of(given, None))
            return self._published(connection, finish(connection, edited, Step.EDIT, acting(actor), now))

        return self._take(application, Step.EDIT, actor, revision, work)

    def submit(self, application: str, *, actor: Actor, revision: int | None = None) -> Application:
        """
        Hand the form in; or, once it is verified, submit it to the bureau's system.

        Handing in raises `IncompleteForm` with every defect. Submitting raises `Unverified` unless identity,
        network and app were each verified about this very form, and starts the 24 hours for the confirmation.
        """

        def work(connection: Connection, kept: Kept, now: datetime) -> Kept:
            who = acting(actor)
            transition(kept.state, kept.purpose, Step.SUBMIT, who.role)
            if kept.purpose not in CANCELLATIONS:
                demand_complete(connection, kept, self.check(whole(kept, self._vault)))
                if kept.state is State.VERIFYING:
                    demand_verified(connection, kept)
            return self._published(connection, finish(connection, kept, Step.SUBMIT, who, now))

        return self._take(application, Step.SUBMIT, actor, revision, work)

    def verify(
        self,
        application: str,
        verification: Verification,
        *,
        actor: Actor,
        revision: int | None = None,
    ) -> Application:
        """
        Write down a verification: what was looked at, and with which result.

        It is about the form as it is now; one that names the digest of another form raises `OutOfDate`. Who
        verifies first has taken the application in. The evidence itself is not looked at.
        """
        given = verification_given(verification)

        def work(connection: Connection, kept: Kept, now: datetime) -> Kept:
            who = acting(actor)
            if given.form_digest not in {"", kept.form_digest}:
                raise OutOfDate("the verification is about another form", hint=_VERIFY_AGAIN)
            entry = replace(given, form_digest=kept.form_digest, by=who.name, at=now)
            result = "passed" if entry.passed else "failed"
            after = finish(
                connection, kept, Step.VERIFY, who, now, note=f"{entry.subject.value} {result}: {entry.method}"
            )
            storage.add_verification(connection, kept.id, entry)
            return after

        return self._take(application, Step.VERIFY, actor, revision, work)

    def send_back(
        self,
        application: str,
        *,
        actor: Actor,
        notes: Sequence[str],
        revision: int | None = None,
    ) -> Application:
        """Return it to the operator with what has to be put right (the step `return`)."""
        return self._noted(application, Step.RETURN, actor, notes, revision)

    def confirm(self, application: str, *, actor: Actor, revision: int | None = None) -> Application:
        """The operator's confirmation, within 24 hours; the bureau's 20 working days begin."""
        return self._noted(application, Step.CONFIRM, actor, None, revision)

    def approve(
        self,
        application: str,
        *,
        actor: Actor,
        number: str | None = None,
        evidence: str = "",
        revision: int | None = None,
    ) -> Application:
        """
        The bureau's approval, and what follows from it in the registry.

        In a simulated registry a number is minted, and none may be given. In any other the bureau's number is
        recorded, with the evidence for it: its notice, a message, a look at its public record. Raises
        `NumberRefused` when the number cannot be this registration's.
        """

        def work(connection: Connection, kept: Kept, now: datetime) -> Kept:
            who = acting(actor)
            transition(kept.state, kept.purpose, Step.APPROVE, who.role)
            if kept.purpose not in CANCELLATIONS:
                demand_verified(connection, kept)
            approval = approval_given(kept, Approval(who, now, self.simulated, number, evidence))
            about = effect_of(connection, kept, approval)
            is_entity = kept.purpose is Purpose.CANCEL_ENTITY
            after = finish(
                connection,
                kept if is_entity else replace(kept, number=about),
                Step.APPROVE,
                who,
                now,
                note=approval.evidence,
            )
            if not is_entity:
                publish(connection, about, simulated=self.simulated)
            return after

        return self._take(application, Step.APPROVE, actor, revision, work)

    def reject(
        self,
        application: str,
        *,
        actor: Actor,
        notes: Sequence[str],
        revision: int | None = None,
    ) -> Application:
        """The bureau's rejection, which ends the application."""
        return self._noted(application, Step.REJECT, actor, notes, revision)

    def withdraw(self, application: str, *, actor: Actor, revision: int | None = None) -> Application:
        """End the application without a decision."""
        return self._noted(application, Step.WITHDRAW, actor, None, revision)

    # --- what becomes of a registration --------------------------------------------------------------

    def change(
        self,
        number: str,
        form: Mapping[str, object],
        *,
        actor: Actor,
        purpose: Purpose = Purpose.CHANGE,
        operator_account: str | None = None,
    ) -> Application:
        """
        A draft of a change: of what is registered, of platforms added, or of the operator.

        The number is kept, but by a change of operator, which ends it and gives the new operator one of its own;
        `operator_account` is then the new operator's. A form without persons keeps those there are. What the
        purpose does not allow is refused when the form is handed in. Raises `RegistrationError` while another
        application about this registration is open.
        """
        if purpose not in {Purpose.CHANGE, Purpose.ADD_PLATFORM, Purpose.CHANGE_OPERATOR}:
            raise RegistrationError(f"{purpose} is no change", code="registration.purpose")
        return self._create(purpose, form, acting(actor), operator_account, number=number)

    def cancel(
        self,
        number: str,
        *,
        actor: Actor,
        purpose: Purpose = Purpose.CANCEL_SERVICE,
        access_provider: str = "",
        notes: Sequence[str] = (),
    ) -> Application:
        """
        A draft of a cancellation: of the service, of the entity with all its services, or of one access.

        Of an operator, platform or access provider it is a draft to be submitted. A bureau's takes effect at once,
        and closes whatever is open about the registration. `access_provider` names whose access ends. For the
        entity, `number` may be the entity's or any of its services'.
        """
        if purpose not in CANCELLATIONS:
            raise RegistrationError(f"{purpose} is no cancellation", code="registration.purpose")
        who = acting(actor)
        given = tuple(text_of(note, "a note", 2_000) for note in notes)

        def work(connection: Connection) -> Kept:
            now = self.now()
            kept = self._standing.cancellation(connection, number, who, purpose, access_provider, now)
            kept = self._added(connection, replace(kept, notes=given), who, now)
            if who.role is not Role.BUREAU:
                return kept
            approval = Approval(who, now, self.simulated, None, "; ".join(given) or "the bureau's own decision")
            effect_of(connection, kept, approval)
            after = finish(connection, kept, Step.APPROVE, who, now, note=approval.evidence)
            return self._published(connection, after)

        return self._shown(self._database.write(work))

    def blacklist(self, number: str, *, actor: Actor, reason: str) -> Registration:
        """The bureau blacklists a service, or an entity with all its services."""
        return self._standing.blacklist(number, acting(actor), reason, blacklisted=True)

    def end_blacklisting(self, number: str, *, actor: Actor, reason: str) -> Registration:
        """The bureau ends a blacklisting; what was blacklisted by itself beside the entity stays so."""
        return self._standing.blacklist(number, acting(actor), reason, blacklisted=False)

    def observe(self, number: str, *, actor: Actor, evidence: str) -> Registration:
        """Somebody looked at the bureau's record again and found it as it is here: it is fresh from now on."""
        return self._standing.observe(number, acting(actor), evidence)

    def lapse_due(self) -> tuple[str, ...]:
        """Write down every confirmation that was not given in time; the ids. Without it, the next step does."""

        def work(connection: Connection) -> tuple[str, ...]:
            now, lapsed = self.now(), []
            for row in storage.application_rows(connection, {State.AWAITING_SMS}, "", 10_000):
                kept = storage.application_row(connection, row.id, lock=True)
                if kept is not None and as_of(kept, now).state is not kept.state:
                    self._published(connection, lapse(connection, kept, now))
                    lapsed.append(kept.id)
            return tuple(lapsed)

        return self._database.write(work)

    # --- within ---------------------------------------------------------------------------------------

    def _take(
        self,
        application: str,
        step: Step,
        actor: Actor,
        revision: int | None,
        work: Callable[[Connection, Kept, datetime], Kept],
    ) -> Application:
        who = acting(actor)
        refuse_role(step, who)

        def taken(connection: Connection) -> Application:
            now = self.now()
            kept = opened(connection, application, who, lock=True)
            return self._read(connection, work(connection, begin(connection, kept, who, now, revision=revision), now))

        return self._database.write(taken)

    def _noted(
        self,
        application: str,
        step: Step,
        actor: Actor,
        notes: Sequence[str] | None,
        revision: int | None,
    ) -> Application:
        given = None if notes is None else notes_of(notes)

        def work(connection: Connection, kept: Kept, now: datetime) -> Kept:
            noted = kept if given is None else replace(kept, notes=given)
            after = finish(connection, noted, step, acting(actor), now, note="; ".join(given or ()))
            return self._published(connection, after)

        return self._take(application, step, actor, revision, work)

    def _published(self, connection: Connection, kept: Kept) -> Kept:
        """The registry says what follows from the application as it is now."""
        for number in self._standing.numbers_of(connection, kept):
            publish(connection, number, simulated=self.simulated)
        return kept

    def _create(
        self,
        purpose: Purpose,
        form: Mapping[str, object],
        who: Actor,
        account: str | None,
        *,
        number: str | None = None,
    ) -> Application:
        refuse_role(Step.EDIT, who)
        given = plain(form)

        def work(connection: Connection) -> Application:
            now = self.now()
            kept = (
                self._standing.beginning(connection, given, who, account, now)
                if number is None
                else self._standing.change(connection, number, who, purpose, now)
            )
            if purpose is Purpose.CHANGE_OPERATOR:
                kept = replace(
                    kept, next_account=self._standing.account_of(given, account), persons=None, persons_kept=()
                )
            kept = keep(kept, given, self._vault)
            return self._read(connection, self._added(connection, kept, who, now))

        return self._database.write(work)

    def _added(self, connection: Connection, kept: Kept, who: Actor, now: datetime) -> Kept:
        storage.insert_application(connection, kept)
        step = History(
            now,
            who.role.value,
            who.name,
            Step.CREATE,
            "",
            kept.state.value,
            kept.id,
            kept.number or "",
            kept.purpose.value,
        )
        storage.add_history(connection, step)
        return kept
