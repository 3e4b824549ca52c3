"""
Registrations as they stand: what may be begun about them, and what a bureau does to them without an application.

At most one application about a registration is open at a time, so that no two approvals ever contradict each other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from icpgate.record import RegistrationStatus
from icpgate.registration import storage
from icpgate.registration.effects import must_have_access, publish
from icpgate.registration.keeping import text_of
from icpgate.registration.reading import canonical, seen_registration, seen_row
from icpgate.registration.refusals import NotAllowed, RegistrationError, UnknownApplication
from icpgate.registration.states import Purpose, Role, State, Step
from icpgate.registration.storage import History, Kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from icpgate.jsontext import Json
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.live.database import Connection, Database
    from icpgate.registration.application import Actor, Registration
    from icpgate.registration.storage import EntityRow, RegistrationRow

__all__ = ["Standing"]


class Standing:
    """What the registration system does with registrations; its own, used by `RegistrationSystem` alone."""

    def __init__(self, database: Database, clock: Clock, *, simulated: bool) -> None:
        """Over the same database and clock."""
        self._database = database
        self._clock = clock
        self._simulated = simulated

    # --- beginnings -----------------------------------------------------------------------------------

    def beginning(
        self, connection: Connection, form: Mapping[str, Json], who: Actor, account: str | None, now: datetime
    ) -> Kept:
        """An application for something new."""
        own = who.name if who.role is Role.OPERATOR else self.account_of(form, account)
        if who.role is Role.OPERATOR and account not in {None, who.name}:
            raise NotAllowed("an operator's application is its own", hint="leave operator_account out")
        return self._kept(connection, Purpose.NEW, who, own, now)

    def account_of(self, form: Mapping[str, Json], account: str | None) -> str:
        """The account that is stated, else the operator's name in the form."""
        if account is not None:
            return text_of(account, "operator_account", 256)
        operator = form.get("operator")
        name = operator.get("name") if isinstance(operator, dict) else None
        if not isinstance(name, str) or not name.strip():
            message = "whose application it is cannot be told: the form names no operator"
            raise RegistrationError(message, hint="state operator_account", code="registration.account")
        return text_of(name, "/operator/name", 256)

    def names_another(self, connection: Connection, kept: Kept, edited: Kept) -> bool:
        """
        Whether an edit of a change of operator puts a third one in the second one's place.

        The account that was stated is then not the new one's; where the form named the registered operator, it is.
        """
        row = storage.registration_row(connection, kept.number or "")
        before, after = kept.form.get("operator"), edited.form.get("operator")
        is_handed_over = kept.purpose is Purpose.CHANGE_OPERATOR and row is not None
        return is_handed_over and before != after and before != (row and row.form.get("operator"))

    def change(self, connection: Connection, number: str, who: Actor, purpose: Purpose, now: datetime) -> Kept:
        """An application for a change, which begins with the persons that are kept."""
        row = seen_row(connection, number, who, lock=True)
        self._refuse_ended(row)
        self._refuse_open(connection, row.number, row.entity_number)
        kept = self._kept(connection, purpose, who, row.operator_account, now)
        return replace(
            kept,
            number=row.number,
            entity_number=row.entity_number,
            persons=row.persons,
            persons_of=row.persons_of,
            persons_kept=row.persons_kept,
        )

    def cancellation(
        self, connection: Connection, number: str, who: Actor, purpose: Purpose, access_provider: str, now: datetime
    ) -> Kept:
        """An application for a cancellation; a bureau's may begin while others are open."""
        if purpose is Purpose.CANCEL_ENTITY:
            return self._entity_cancellation(connection, number, who, now)
        row = seen_row(connection, number, who, lock=True)
        self._refuse_ended(row)
        provider = ""
        if purpose is Purpose.CANCEL_ACCESS:
            own = who.name if who.role is Role.ACCESS_PROVIDER and not access_provider else access_provider
            provider = text_of(own, "access_provider", 256)
            if who.role is Role.ACCESS_PROVIDER and provider != who.name:
                raise NotAllowed("an access provider ends its own access alone", hint=f"{who.name} is this account")
            must_have_access(row, provider)
        if who.role is not Role.BUREAU:
            self._refuse_open(connection, row.number, row.entity_number, ending=provider)
        entity = storage.entity_row(connection, row.entity_number)
        return replace(
            self._kept(connection, purpose, who, row.operator_account, now),
            number=row.number,
            entity_number=row.entity_number,
            access_provider=provider,
            province="" if entity is None else entity.province,
        )

    def _entity_cancellation(self, connection: Connection, number: str, who: Actor, now: datetime) -> Kept:
        entity, rows = self._entity(connection, number, who)
        if not entity.is_active:
            raise RegistrationError(f"{entity.entity_number} is cancelled", code="registration.ended")
        accounts = {row.operator_account for row in rows if row.standing is not RegistrationStatus.CANCELLED}
        are_others = bool(accounts - {who.name}) if who.role is Role.OPERATOR else len(accounts) > 1
        if who.role is not Role.BUREAU and are_others:
            message = f"services of {entity.entity_number} are other accounts'"
            raise NotAllowed(message, hint="each account cancels its own services")
        if who.role is not Role.BUREAU:
            for row in rows:
                self._refuse_open(connection, row.number, row.entity_number)
        account = who.name if who.role is Role.OPERATOR else min(accounts or {rows[0].operator_account})
        kept = self._kept(connection, Purpose.CANCEL_ENTITY, who, account, now)
        return replace(kept, entity_number=entity.entity_number, province=entity.province)

    def _kept(self, connection: Connection, purpose: Purpose, who: Actor, account: str, now: datetime) -> Kept:
        taker = who.name if who.role in {Role.PLATFORM, Role.ACCESS_PROVIDER} else ""
        return Kept(
            id=f"A{storage.next_of(connection, 'application'):08d}",
            purpose=purpose,
            state=State.DRAFT,
            form={},
            form_digest="",
            operator_account=account,
            created_at=now,
            updated_at=now,
            taken_in_by=taker,
        )

    def _refuse_ended(self, row: RegistrationRow) -> None:
        if row.standing is RegistrationStatus.CANCELLED:
            message = f"{row.number} is cancelled"
            raise RegistrationError(message, hint="a cancelled app is registered anew", code="registration.ended")

    def _refuse_open(self, connection: Connection, number: str, entity_number: str, *, ending: str = "") -> None:
        """Another application is in the way; of one that ends an access only another one that ends it too."""
        for kept in storage.open_applications(connection, number, entity_number, lock=True):
            if ending and kept.access_provider != ending:
                continue
            message = f"{kept.id} ({kept.purpose.value}, {kept.state.value}) about it is open"
            raise RegistrationError(message, hint="finish or withdraw that one first", code="registration.open")

    def numbers_of(self, connection: Connection, kept: Kept) -> tuple[str, ...]:
        """The registrations whose record an application changes by being open."""
        if kept.purpose is Purpose.NEW:
            return ()
        if kept.purpose is Purpose.CANCEL_ENTITY:
            rows = storage.registrations_of(connection, kept.entity_number or "", lock=True)
            return tuple(row.number for row in rows)
        return (kept.number,) if kept.number is not None else ()

    # --- a bureau's own --------------------------------------------------------------------------------

    def blacklist(self, number: str, who: Actor, reason: str, *, blacklisted: bool) -> Registration:
        """See `RegistrationSystem.blacklist`."""
        if who.role is not Role.BUREAU:
            raise NotAllowed("only a bureau blacklists", hint="see docs/registration.md")
        why = text_of(reason, "the reason", 2_000)
        step = Step.BLACKLIST if blacklisted else Step.END_BLACKLISTING

        def work(connection: Connection) -> Registration:
            now, text = self._clock.now(), canonical(number)
            row = storage.registration_row(connection, text)
            if row is None:
                entity, rows = self._entity(connection, number, who)
                storage.save_entity(connection, replace(entity, blacklisted=blacklisted))
            else:
                rows = [replace(seen_row(connection, text, who, lock=True), blacklisted=blacklisted)]
            for each in rows:
                storage.save_registration(connection, replace(each, observed_at=now))
                publish(connection, each.number, simulated=self._simulated)
                before, after = ("", "blacklisted") if blacklisted else ("blacklisted", "")
                storage.add_history(
                    connection,
                    History(now, who.role.value, who.name, step, before, after, number=each.number, note=why),
                )
            return seen_registration(connection, rows[0].number, who, simulated=self._simulated)

        return self._database.write(work)

    def _entity(self, connection: Connection, number: str, who: Actor) -> tuple[EntityRow, list[RegistrationRow]]:
        """An entity by its number or one of its services', with all its services."""
        text = canonical(number)
        row = storage.registration_row(connection, text)
        entity = storage.entity_row(connection, row.entity_number if row is not None else text, lock=True)
        rows = [] if entity is None else storage.registrations_of(connection, entity.entity_number, lock=True)
        if entity is None or not rows or (who.role is Role.BUREAU and who.province not in {"", entity.province}):
            raise UnknownApplication("no entity with that number, or none that this account may see")
        if who.role is Role.OPERATOR and all(each.operator_account != who.name for each in rows):
            raise UnknownApplication("no entity with that number, or none that this account may see")
        return entity, rows

    def observe(self, number: str, who: Actor, evidence: str) -> Registration:
        """See `RegistrationSystem.observe`."""
        shown = text_of(evidence, "the evidence", 500)
        if who.role is Role.OPERATOR:
            raise NotAllowed("an operator's own word about its registration is no observation")

        def work(connection: Connection) -> Registration:
            row, now = seen_row(connection, number, who, lock=True), self._clock.now()
            storage.save_registration(connection, replace(row, observed_at=now))
            publish(connection, row.number, simulated=self._simulated)
            step = History(now, who.role.value, who.name, Step.OBSERVE, number=row.number, note=shown)
            storage.add_history(connection, step)
            return seen_registration(connection, row.number, who, simulated=self._simulated)

        return self._database.write(work)
