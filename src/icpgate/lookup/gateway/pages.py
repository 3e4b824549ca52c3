"""
What the pages of one list say together.

- There are more rows wherever any of the list's own counts says so; none of them is believed to say *no more*
  against the others.
- A list that changes while it is read, repeats a page or does not end is *truncated*: nobody can say what is not
  in it.
- Rows of other numbers are counted, not kept. One that cannot be read is kept: it may be the one that was asked for.
- A list may hold short rows and rows with details of one registration. They are one row where they agree;
  where they do not, the mapping finds them ambiguous.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByNumber, Why
from icpgate.lookup.mapping.extraction import pass_checks
from icpgate.lookup.mapping.keys import Keys
from icpgate.lookup.mapping.row import Row
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from icpgate.answer import Query
    from icpgate.jsontext import Json
    from icpgate.lookup.mapping import ApiMapping

__all__ = ["MOST_ROWS", "Pages"]

MOST_ROWS: Final = 200
"""Rows of one page that are looked at: the public query gives 26, and a row may cost 0.1 ms."""

MOST_COMPARED: Final = 100_000
"""
Fields that are compared to make one row of several: a hundredth of a second. Rows of one number that differ do so
by their domain, which is looked at first, so that a website of 200 domains needs 20,000.
"""

_NUMBER: Final = "serviceLicence"
_DOMAIN: Final = "domain"


class Pages:
    """The pages of one list, in the order in which they came; `most` is how many are read at all."""

    def __init__(self, mapping: ApiMapping, query: Query, most: int) -> None:
        """Begin before the first page."""
        self._mapping = mapping
        self._query = query
        self._most = most
        self._kept = _Rows()
        self._known: set[bytes] = set()
        self._envelope: dict[str, Json] = {}
        self._count = 0
        self._total: int | None = None
        self._has_more = True
        self._has_found = False
        self._has_unread = False
        self.read = 0
        """How many pages were read."""

    @property
    def goes_on(self) -> bool:
        """
        Whether the next page is worth asking for.

        A number is looked for until it is found; of a domain every registration counts.
        """
        if self._has_found and type(self._query) is ByNumber:
            return False
        return self._has_more and self.read < self._most

    def add(self, value: Json) -> None:
        """Take the next page; raises `Unanswered` for one that says why not, or that cannot be the next."""
        pass_checks(self._mapping, value)
        self.read += 1
        params = value.get("params") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(params, dict) or not isinstance(params.get("list"), list):
            raise Unanswered(Why.SCHEMA, "no list at /params/list")
        rows, total = params["list"], params.get("total")
        if type(total) is not int or total < 0 or not isinstance(rows, list):
            raise Unanswered(Why.SCHEMA, "no count of the rows at /params/total")
        if len(rows) > MOST_ROWS:
            raise Unanswered(Why.TOO_LARGE, f"more than {MOST_ROWS} rows")
        self._refuse_another_list(params.get("pageNum"), total)
        self._envelope = self._envelope or value
        self._total = total
        given = self._take(rows)
        if self._count > total:
            raise Unanswered(Why.SCHEMA, "more rows than /params/total says")
        self._has_more = _is_more(params, self.read, self._count, total)
        if self._has_more and not given:
            raise Unanswered(Why.TRUNCATED, "a page without new rows, and yet more are declared")

    def joined(self) -> Json:
        """The answer with the rows that are about the query; its total says whether more are declared."""
        rows = self._kept.rows
        total = len(rows) + (1 if self._has_more else 0)
        return self._envelope | {"params": {"list": rows, "total": total}}

    def _refuse_another_list(self, number: Json, total: int) -> None:
        if type(number) is int and number != self.read:
            raise Unanswered(Why.TRUNCATED, "another page than was asked for")
        if self._total is not None and total != self._total:
            raise Unanswered(Why.TRUNCATED, "a list that changed while it was read")

    def _take(self, rows: list[Json]) -> int:
        """Keep the rows that no earlier page had; how many that were."""
        told = [(_digest(row), row) for row in rows]
        new = [(digest, row) for digest, row in told if digest not in self._known]
        self._known.update(digest for digest, _ in new)
        self._count += len(new)
        for _, row in new:
            about = self._is_about_query(row)
            if about or (about is None and not self._has_unread):
                self._kept.add(row)
            self._has_found = self._has_found or about is True
            self._has_unread = self._has_unread or about is None
        return len(new)

    def _is_about_query(self, row: Json) -> bool | None:
        """Whether a row repeats the query's key; None for one that cannot be read."""
        failures = self._mapping.records.failures if self._mapping.records is not None else frozenset()
        try:
            read = Row(row, row, failures, "a row")
            return bool(Keys.of_row(self._mapping, read, self._query).is_about(self._query))
        except Unanswered:
            return None


def _is_more(params: dict[str, Json], page: int, known: int, total: int) -> bool:
    """Whether any of the counts of a page declares rows beyond those that are known."""
    if known < total or params.get("hasNextPage") is True:
        return True
    # An empty list is called *not the last page* by some versions of what counts the pages.
    if total and params.get("isLastPage") is False:
        return True
    last = (params.get("pages"), params.get("lastPage"))
    return any(type(count) is int and count > page for count in last)


def _digest(row: Json) -> bytes:
    """By which a row is known again: the rows of all pages together may be large."""
    return hashlib.blake2b(json.dumps(row, sort_keys=True).encode("ascii"), digest_size=16).digest()


class _Rows:
    """Rows, with those of one number that do not contradict each other made one."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self._places: dict[str, list[int]] = {}
        self._left = MOST_COMPARED

    def add(self, row: Json) -> None:
        """Add a row, or what it says to another; raises `Unanswered` when there are too many."""
        number = row.get(_NUMBER) if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(number, str):
            same = self._places.setdefault(number, [])
            if any(self._joins(self.rows[place], row) for place in same):
                return
            same.append(len(self.rows))
        if len(self.rows) >= MOST_ROWS:
            raise Unanswered(Why.TOO_LARGE, f"more than {MOST_ROWS} rows")
        self.rows.append(row)

    def _joins(self, one: Json, other: dict[str, Json]) -> bool:
        """Whether two rows say the same where both say something; then the first says what both do."""
        assert isinstance(one, dict)  # noqa: S101 -- only rows that are objects have a place
        compared = 0
        for name in (_DOMAIN, *other):
            compared += 1
            known, value = one.get(name), other.get(name)
            if known is not None and value is not None and (type(known) is not type(value) or known != value):
                self._spend(compared)
                return False
        self._spend(compared)
        one.update((name, value) for name, value in other.items() if value is not None)
        return True

    def _spend(self, compared: int) -> None:
        self._left -= compared
        if self._left < 0:
            raise Unanswered(Why.TOO_LARGE, "too many different rows of one number")
