"""
Everything icpgate raises, in one tree.

    IcpGateError
    ├── InvalidNumber          a text that is not a registration number
    ├── InvalidApp             what a gatekeeper holds about an app cannot be read
    ├── InvalidRecord          a registry's row or answer cannot be read
    ├── InvalidJson            a text that is not JSON, or that two readers could read differently
    ├── InvalidPublicKey       a text that is not a public key
    ├── InvalidCertificateDigest   a text that is not a certificate's digest
    ├── ConfigurationError     the caller's settings
    │   ├── PolicyError        a policy file, with every defect and its place
    │   └── MappingError       a registry's mapping, with every defect and its place
    ├── RegistryFileError      a registry file that is damaged, cut, newer or not ours
    ├── RegistryImportError    a file to import, with the place of every defect
    ├── RegistryStoreError     a live registry's database that cannot be opened, read or written
    ├── RegistrationError      a step that the registration system does not take (icpgate.registration)
    ├── Denied                 raised by `Decision.raise_if_denied` only
    └── OutputError            our own output could not be written

Each carries `code`, `message` and `hint`, and survives pickling. None of them prints, exits, or
holds personal data or credentials.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, time
from reprlib import Repr
from typing import Final

__all__ = [
    "ConfigurationError",
    "Defect",
    "Denied",
    "IcpGateError",
    "InvalidApp",
    "InvalidNumber",
    "InvalidPublicKey",
    "InvalidRecord",
    "MappingError",
    "OutputError",
    "PolicyError",
    "RegistryFileError",
    "RegistryImportError",
    "RegistryStoreError",
    "nearest",
    "quote",
    "shown",
]

QUOTED_CHARACTERS: Final = 60
"""How much of an offending text a message repeats: enough to find it, too little to flood a log."""


def quote(text: object) -> str:
    r"""
    The offending text as a message may show it: at most 60 characters, nothing invisible.

    Control, format, bidi and unassigned characters and lone surrogates come out escaped.

    >>> print(quote("京\u202eICP"))
    '京\u202eICP'
    """
    return f"'{shown(text)}'"


def shown(text: object, *, at_most: int = QUOTED_CHARACTERS) -> str:
    """As `quote`, without the marks and with another length; never raises, whatever the object."""
    raw = _written(text)
    visible = "".join(map(_visible, raw[:at_most]))
    return f"{visible}…" if len(raw) > at_most else visible


def _written(value: object) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    try:
        return _PLAIN.repr(value)
    except Exception:  # noqa: BLE001 -- an object that cannot even be shown is named by its type
        return f"<{type(value).__name__}>"


class _Plain(Repr):
    """A short repr that calls no code of the object's own type."""

    def repr_instance(self, x: object, level: int) -> str:
        """See `Repr`; `level` is the depth that is left."""
        plain = x is None or isinstance(x, (bool, float, complex, date, time))
        return repr(x) if plain and level > 0 else f"<{getattr(x, '__name__', type(x).__name__)}>"


_PLAIN: Final = _Plain()


def _visible(character: str) -> str:
    if unicodedata.category(character)[0] in "CZ" and character != " ":
        return character.encode("unicode_escape").decode("ascii")
    return character


LONGEST_WORD: Final = 64
"""No known word is longer; a longer text is not worth comparing."""


def nearest(word: str, known: object) -> str | None:
    """
    The known word that `word` was most likely meant to be, or None when none is close.

    >>> nearest("icp_numer", ["icp_number", "name"])
    'icp_number'
    """
    from difflib import get_close_matches  # noqa: PLC0415 -- only needed once something is wrong

    if len(word) > LONGEST_WORD or not isinstance(known, (list, tuple, set, frozenset, dict)):
        return None
    matches = get_close_matches(word, sorted(map(str, known)), n=1, cutoff=0.6)
    return matches[0] if matches else None


@dataclass(frozen=True, slots=True)
class Defect:
    """
    One thing wrong with an input: where, what, what was expected, what to do.

    `place` is a JSON pointer, `file:line`, or a dotted key, whichever the input has.
    """

    code: str
    place: str
    message: str
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """One line: place, message, expectation and hint."""
        expected = f"; expected {self.expected}" if self.expected else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.place or '/'}: {self.message}{expected}{hint}"


class IcpGateError(Exception):
    """The base of everything icpgate raises."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        """Keep the three parts apart, so that a caller need not parse a text."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        """Message and hint."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle it by its parts: a pool of processes hangs on an error that cannot come back."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[IcpGateError], args: tuple[object, ...], parts: dict[str, object]) -> IcpGateError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(parts)
    return error


LISTED_DEFECTS: Final = 50
"""How many defects a message writes out; `defects` has all of them."""


class _WithDefects(IcpGateError):
    """An error that lists every defect of one input at once."""

    def __init__(self, defects: list[Defect] | tuple[Defect, ...], *, what: str) -> None:
        """Take the defects in the order of the input; there is at least one."""
        self.defects = tuple(defects)
        count = len(self.defects)
        lines = [f"  {defect}" for defect in self.defects[:LISTED_DEFECTS]]
        if count > LISTED_DEFECTS:
            lines.append(f"  … and {count - LISTED_DEFECTS:,} more")
        super().__init__(
            "\n".join([f"{what}: {count:,} defect{'s' if count > 1 else ''}", *lines]),
            code=self.defects[0].code if self.defects else None,
        )


class InvalidApp(_WithDefects):
    """An app as a gatekeeper described it cannot be read; `defects` has all of it."""

    code = "app.invalid"


class InvalidRecord(_WithDefects):
    """A registry's row cannot be read; `defects` has all of it."""

    code = "record.invalid"


class InvalidPublicKey(IcpGateError):
    """A text in none of the notations of a public key."""

    code = "public_key.invalid"


class ConfigurationError(IcpGateError):
    """The caller's settings are wrong: raised at construction, never while deciding."""

    code = "config.value"


class PolicyError(_WithDefects, ConfigurationError):
    """A policy cannot be loaded; `defects` has the place and the fix of everything wrong."""

    code = "config.policy"


class MappingError(_WithDefects, ConfigurationError):
    """The mapping of a registry cannot be used; `defects` has the place and the fix of everything wrong."""

    code = "config.mapping"


class RegistryFileError(IcpGateError):
    """A registry file is damaged, cut, newer than this release, or not a registry file."""

    code = "snapshot.format"


class RegistryStoreError(IcpGateError):
    """
    A live registry's database cannot be opened, read or written.

    Nothing was changed, unless the code is `store.unknown`: then the connection broke at the commit.
    """

    code = "store.failed"


class RegistryImportError(_WithDefects):
    """A file could not be imported; the registry is as it was before."""

    code = "import.invalid"


class OutputError(IcpGateError):
    """Our own output or storage failed."""

    code = "cli.write"


class InvalidNumber(IcpGateError):
    """
    A text that is not a registration number.

    `reason` is the decision's reason code (`number_malformed`, `number_of_other_register`,
    `number_placeholder`, `number_missing`); `code` is the finer detail (`number.digits` …);
    `span` is the place in the text as given, as a half-open pair of character positions.
    """

    code = "number.format"

    def __init__(  # noqa: PLR0913 -- the parts of one error, all by name
        self,
        message: str,
        *,
        code: str,
        reason: str,
        hint: str = "",
        span: tuple[int, int] = (0, 0),
        message_zh: str = "",
        hint_zh: str = "",
    ) -> None:
        """Keep the texts of both languages: a refused developer reads one of them."""
        super().__init__(message, hint=hint, code=code)
        self.reason = reason
        self.span = span
        self.message_zh = message_zh or message
        self.hint_zh = hint_zh or hint

    def text(self, lang: str) -> str:
        """The message in `lang` ("zh-CN" or "en")."""
        return self.message_zh if lang.startswith("zh") else self.message

    def hint_text(self, lang: str) -> str:
        """The hint in `lang` ("zh-CN" or "en")."""
        return self.hint_zh if lang.startswith("zh") else self.hint


class Denied(IcpGateError):
    """Raised by `Decision.raise_if_denied`; `decision` is the decision that was not an allow."""

    code = "denied"

    def __init__(self, message: str, *, decision: object) -> None:
        """Carry the decision, so that the reasons need not be asked for again."""
        super().__init__(message)
        self.decision = decision
