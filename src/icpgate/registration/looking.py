"""A registration system as it is opened and looked at; what changes anything is in `system`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from icpgate.lookup.clocks import SystemClock
from icpgate.lookup.live.about import about_of
from icpgate.lookup.live.database import create_database, open_database
from icpgate.lookup.registries.live import LiveRegistry
from icpgate.registration import storage
from icpgate.registration.keeping import acting, whole
from icpgate.registration.reading import application_of, canonical, seen_registration
from icpgate.registration.refusals import NotAllowed, PersonsRefused, UnknownApplication
from icpgate.registration.standing import Standing
from icpgate.registration.states import Role, State, Step
from icpgate.registration.storage import History
from icpgate.registration.taking import as_of, may_see, opened

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from types import TracebackType

    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.live.database import Connection, Database
    from icpgate.registration.application import Actor, Application, HistoryEntry, Registration
    from icpgate.registration.persons import Vault
    from icpgate.registration.storage import Kept

__all__ = ["Looking"]

MAX_LISTED: Final = 500


class Looking:
    """The part of `RegistrationSystem` that changes nothing but the history of who read persons."""

    def __init__(self, url: str, database: Database, *, vault: Vault | None = None, clock: Clock | None = None) -> None:
        """Take the open database of the URL; `vault` keeps the persons responsible: without it none are taken."""
        self._url = url
        self._database = database
        self._vault = vault
        self._clock = clock if clock is not None else SystemClock()
        self.simulated = database.read(about_of).simulated
        self._standing = Standing(database, self._clock, simulated=self.simulated)

    @classmethod
    def open(cls, url: str, *, vault: Vault | None = None, clock: Clock | None = None) -> Self:
        """Over the registry that stands at the URL; raises `RegistryStoreError` where there is none."""
        return cls(url, open_database(url), vault=vault, clock=clock)

    @classmethod
    def create(  # noqa: PLR0913 -- what a registry says of itself, by name
        cls,
        url: str,
        *,
        simulated: bool = False,
        authoritative: bool | None = None,
        scope: str = "all",
        source: str = "",
        vault: Vault | None = None,
        clock: Clock | None = None,
    ) -> Self:
        """
        Make a registry at the URL, and open it.

        `simulated`: it mints numbers, and every ordinary gate refuses them. `authoritative`: what it lacks within
        `scope` is not registered; a simulated one always says so, another only when it is told.
        """
        database = create_database(url, simulated=simulated, authoritative=authoritative, scope=scope, source=source)
        return cls(url, database, vault=vault, clock=clock)

    def __enter__(self) -> Self:
        """Nothing to open: it is open from its construction on."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the database; may be called twice."""
        self._database.close()

    def registry(self) -> LiveRegistry:
        """The registry that a gate asks, over a connection of its own; close it, or the gate that has it."""
        return LiveRegistry.open(self._url)

    def application(self, application: str, *, actor: Actor) -> Application:
        """The application as it stands now."""
        who = acting(actor)
        return self._database.read(lambda connection: self._read(connection, opened(connection, application, who)))

    def applications(
        self, *, actor: Actor, states: Collection[State] = (), after: str = "", limit: int = 50
    ) -> tuple[Application, ...]:
        """The applications that are this actor's business, oldest first, at most 500 beyond the id `after`."""
        who, wanted = acting(actor), frozenset(states) or frozenset(State)
        stored = wanted | {State.AWAITING_SMS} if State.LAPSED in wanted else wanted
        most = max(1, min(limit, MAX_LISTED))

        def work(connection: Connection) -> tuple[Application, ...]:
            found: list[Application] = []
            last, now = after, self.now()
            while len(found) < most:
                rows = storage.application_rows(connection, stored, last, MAX_LISTED, where=_business(who))
                for kept in rows:
                    if may_see(kept, who) and as_of(kept, now).state in wanted and len(found) < most:
                        found.append(self._read(connection, kept))
                if len(rows) < MAX_LISTED:
                    break
                last = rows[-1].id
            return tuple(found)

        return self._database.read(work)

    def registration(self, number: str, *, actor: Actor) -> Registration:
        """A registration with its number; an operator sees its own alone."""
        who = acting(actor)
        return self._database.read(
            lambda connection: seen_registration(connection, number, who, simulated=self.simulated)
        )

    def registrations(self, entity_number: str, *, actor: Actor) -> tuple[Registration, ...]:
        """Every registration of an entity that this actor may see, in the order of its sequence."""
        who = acting(actor)

        def work(connection: Connection) -> tuple[Registration, ...]:
            found = []
            for row in storage.registrations_of(connection, canonical(entity_number)):
                with suppress(UnknownApplication):
                    found.append(seen_registration(connection, row.number, who, simulated=self.simulated))
            if not found:
                message = "no entity with that number, or none that this account may see"
                raise UnknownApplication(message, hint="a service's number shows one registration")
            return tuple(found)

        return self._database.read(work)

    def history(self, name: str, *, actor: Actor) -> tuple[HistoryEntry, ...]:
        """
        Every step of an application, by its id, or all that happened to a registration, by its number.

        To a registration belong the steps of its applications too, from their drafts on, as far as they are this
        actor's business.
        """
        who = acting(actor)

        def work(connection: Connection) -> tuple[HistoryEntry, ...]:
            if storage.application_row(connection, name) is not None:
                return storage.history_of(connection, application=opened(connection, name, who).id)
            number = str(seen_registration(connection, name, who, simulated=self.simulated).record.registration_number)
            entries = {entry.sequence: entry for entry in storage.history_of(connection, number=number)}
            for kept in storage.applications_about(connection, number):
                if may_see(kept, who):
                    steps = storage.history_of(connection, application=kept.id)
                    entries.update((entry.sequence, entry) for entry in steps)
            return tuple(entries[sequence] for sequence in sorted(entries))

        return self._database.read(work)

    def persons(self, application: str, *, actor: Actor) -> Mapping[str, object]:
        """The persons responsible of an application, decrypted; that somebody read them is written down."""
        who = acting(actor)

        def work(connection: Connection) -> Mapping[str, object]:
            kept = opened(connection, application, who, lock=True)
            if who.role in {Role.PLATFORM, Role.ACCESS_PROVIDER} and kept.persons_of != kept.id:
                message = f"the persons of {kept.id} were handed in with another application"
                raise NotAllowed(message, hint="they are shown to whoever took that one in")
            persons = whole(kept, self._vault).get("persons")
            if not isinstance(persons, dict):
                raise PersonsRefused(f"{kept.id} has no persons")
            step = History(
                self.now(), who.role.value, who.name, Step.READ_PERSONS, application=kept.id, number=kept.number or ""
            )
            storage.add_history(connection, step)
            return persons

        return self._database.write(work)

    def now(self) -> datetime:
        """What time it is by the clock of the system."""
        return self._clock.now()

    def _read(self, connection: Connection, kept: Kept) -> Application:
        verifications = storage.verifications_of(connection, kept.id)
        return application_of(as_of(kept, self.now()), verifications, simulated=self.simulated)

    def _shown(self, kept: Kept) -> Application:
        return self._database.read(lambda connection: self._read(connection, kept))


def _business(who: Actor) -> tuple[tuple[str, str], ...]:
    """What narrows a list down before `may_see` decides."""
    if who.role is Role.OPERATOR:
        return (("operator_account = ?", who.name),)
    if who.role is Role.BUREAU:
        return (("province = ?", who.province),) if who.province else ()
    return (("taken_in_by IN (?, '')", who.name),)
