"""
The registry in one file, swapped whole: `snapshot:registry.icpdb`.

- The file is verified when the registry is made; a damaged, newer, cut or foreign one raises.
- Before every batch it is looked whether another file has taken its place, which costs a
  microsecond. A good one is used from then on. A bad one is not: the old one serves on, and
  `problem` says why.
- A file that was changed in place is neither the old nor the new one: nobody can say until a good
  one stands there.
- Every row states when and by whom it was observed: reading an old file today makes nothing fresh.
"""

from __future__ import annotations

import logging
import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from icpgate.answer import ByDocument, ByNumber, Found, Observation, Unavailable, Why, echoes
from icpgate.errors import RegistryFileError
from icpgate.log import logger
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.scope import Scope
from icpgate.lookup.snapshot.reading import RegistryFile
from icpgate.lookup.statement import absence
from icpgate.lookup.steps import ReadLocally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.answer import Answer, Query
    from icpgate.lookup.snapshot.layout import Identity
    from icpgate.lookup.steps import Flow
    from icpgate.record import RegistrationRecord

__all__ = ["SnapshotRegistry"]

_LOG: Final = logging.getLogger("icpgate.lookup.snapshot")


class SnapshotRegistry:
    """One registry file. It may be shared by threads and used after a fork."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Verify and open the file; raises `RegistryFileError` with its place."""
        self._file = RegistryFile(os.fspath(path))
        self._path = os.path.abspath(path)  # noqa: PTH100 -- a caller may change the folder later
        self.id = f"snapshot:{os.path.basename(self._path)}"  # noqa: PTH119 -- folders may be private
        self._seen: Identity | None = self._file.identity
        self._is_closed = False
        self._spoiled = False
        self._looking = threading.Lock()
        self._process = os.getpid()
        self.problem: RegistryFileError | None = None
        """Why the file that stands at the path now is not the one in use; None when it is."""

    @property
    def capabilities(self) -> Capabilities:
        """See `Registry.capabilities`; of the file in use."""
        file = self._file
        saying_no = [statement for statement in file.statements if statement.authoritative]
        return Capabilities(
            by_document=True,
            by_domain=True,
            quick=True,
            authoritative=bool(saying_no),
            scope=Scope.union(statement.scope for statement in saying_no or file.statements),
            contains=file.about.contains,
        )

    def close(self) -> None:
        """Let go of the file; may be called twice. Whoever asks afterwards is told that nobody can say."""
        self._is_closed = True
        self._file.close()

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        reply = yield ReadLocally(partial(self._at_once, queries), quick=True)
        if reply.error is None and reply.value is None:
            reply = yield ReadLocally(partial(self._findings, queries))
        if reply.error is not None:
            raise reply.error
        findings = cast("list[_Finding]", reply.value)  # what `_findings` returned
        return [
            Observation(query, answer, reply.now if seen is None else seen, source or self.id, self.id)
            for query, (answer, seen, source) in zip(queries, findings, strict=True)
        ]

    def _at_once(self, queries: Sequence[Query]) -> list[_Finding] | None:
        """What the file in use says to a few queries; None when another stands there: to verify it takes time."""
        if len(queries) > _A_FEW or self._file.identity_there() != self._seen:
            return None
        return self._findings(queries)

    def _findings(self, queries: Sequence[Query]) -> list[_Finding]:
        try:
            file = self._current()
        except RegistryFileError as error:
            return [_nobody(error)] * len(queries)
        return [self._finding(file, query) for query in queries]

    def _finding(self, file: RegistryFile, query: Query) -> _Finding:
        try:
            records = _records(file, query)
            if not records:
                return _absent(file, query)
        except RegistryFileError as error:
            if file is not self._file:  # it was replaced and closed between our look and our read
                return self._finding(self._file, query)
            return _nobody(error)
        record = records[0]
        seen = record.observed_at if len(records) == 1 else min(each.observed_at for each in records)
        return Found(records), seen, record.source

    def _current(self) -> RegistryFile:
        """The file to read, after a look whether another has taken its place."""
        if self._is_closed:
            raise RegistryFileError("the registry is closed", code="snapshot.closed")
        there = self._file.identity_there()
        if there != self._seen:
            self._look(there)
        if self._spoiled:
            raise RegistryFileError("changed in place", code="snapshot.corrupt")
        return self._file

    def _look(self, there: Identity | None) -> None:
        """One thread looks at what stands there now; meanwhile the others go on with what they have."""
        if self._process != os.getpid():
            # The lock may have been held at the moment of the fork, by a thread that is not here.
            self._looking, self._process = threading.Lock(), os.getpid()
        if self._looking.acquire(blocking=False):
            try:
                if there != self._file.identity:
                    self._adopt(there)
                else:
                    self._settle(None, spoiled=False)
                self._seen = there
            finally:
                self._looking.release()

    def _adopt(self, there: Identity | None) -> None:
        """Use the file that stands at the path, if it is a good one."""
        try:
            newer = RegistryFile(self._path)
        except RegistryFileError as error:
            in_place = there is not None and there.is_same_file(self._file.identity)
            self._settle(error, spoiled=self._spoiled or in_place)
            if _LOG.isEnabledFor(logging.WARNING):
                logger(_LOG.name).warning("registry_file_refused", registry=self.id, code=error.code)
            return
        older, self._file = self._file, newer
        self._settle(None, spoiled=False)
        older.close()
        if _LOG.isEnabledFor(logging.INFO):
            logger(_LOG.name).info("registry_file_adopted", registry=self.id, digest=newer.digest)

    def _settle(self, problem: RegistryFileError | None, *, spoiled: bool) -> None:
        self.problem, self._spoiled = problem, spoiled


_A_FEW: Final = 200
"""So many are found in a few milliseconds, for which an event loop can wait."""

_Finding: TypeAlias = "tuple[Answer, datetime | None, str]"
"""An answer, when it was observed and by whom; None and nothing mean now and we."""

_WHYS: Final = {"snapshot.open": Why.CONNECTION, "snapshot.closed": Why.CONFIGURATION}


def _nobody(error: RegistryFileError) -> _Finding:
    """A detail is for evidence: the code of the error, but not its message, which has the folder."""
    return Unavailable(_WHYS.get(error.code, Why.MALFORMED), error.code), None, ""


def _absent(file: RegistryFile, query: Query) -> _Finding:
    if not isinstance(query, ByNumber):
        return Unavailable(Why.NOT_LISTED, f"nothing found {type(query).__name__}"), None, ""
    number = query.number
    has_services = number.is_entity and file.has_services(number)
    answer, no = absence(number, file.statements, has_services=has_services)
    if no is None:
        return answer, None, ""
    there = file.identity_there()
    if there is not None and there != file.identity and there.is_same_file(file.identity):
        # A row that is found has its checksum, but a page that was overwritten can hide a row.
        return _nobody(RegistryFileError("changed in place", code="snapshot.corrupt"))
    return answer, no.observed_at, no.source


def _records(file: RegistryFile, query: Query) -> tuple[RegistrationRecord, ...]:
    if isinstance(query, ByNumber):
        record = file.find(query.number)
        return () if record is None else (record,)
    if isinstance(query, ByDocument):
        found = file.by_document(query.document_number, query.package)
    else:
        found = file.by_domain(query.domain)
    return tuple(record for record in found if echoes(query, record))
