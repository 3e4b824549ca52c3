"""
The identifiers of an app's package and domains: what each platform accepts, in one normal form.

Package names are case-sensitive everywhere; domain names are not, and are kept as IDNA A-labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from icpgate.errors import quote
from icpgate.signing import Platform

__all__ = ["IdentifierDefect", "domain_defect", "package_defect"]

MAX_DOMAIN: Final = 253
MAX_PACKAGE: Final = 255


@dataclass(frozen=True, slots=True)
class IdentifierDefect:
    """Why an identifier was refused."""

    code: str
    message: str
    expected: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Form:
    pattern: re.Pattern[str]
    characters: re.Pattern[str]
    expected: str
    code: str = "app.package"


_DOTTED: Final = _Form(
    re.compile(r"android|[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+"),
    re.compile(r"[A-Za-z0-9_.]"),
    "parts of letters, digits and _ that begin with a letter, joined by dots, such as com.example.app",
)
_BUNDLE: Final = _Form(
    re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"),
    re.compile(r"[A-Za-z0-9.-]"),
    "letters, digits, - and dots, such as com.example.app",
    "app.bundle",
)
_IDENTIFIER: Final = _Form(
    re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    re.compile(r"[A-Za-z0-9._-]"),
    "letters, digits, dots, - and _, such as the platform's AppID",
)
_FORMS: Final = {
    Platform.ANDROID: _DOTTED,
    Platform.HARMONYOS: _DOTTED,
    Platform.IOS: _BUNDLE,
}


def package_defect(platform: Platform, package: str) -> tuple[str, IdentifierDefect | None]:
    """
    The package in its normal form, and what is wrong with it, if anything.

    Look-alike letters of other scripts are refused: two packages that read the same to a person
    must not be two packages. Case is kept.
    """
    text = package.strip(" ")
    form = _FORMS.get(platform, _IDENTIFIER)
    if not text:
        return text, IdentifierDefect(form.code, "empty", form.expected)
    if len(text) > MAX_PACKAGE:
        return text, IdentifierDefect(form.code, f"{len(text)} characters", f"at most {MAX_PACKAGE}")
    for position, character in enumerate(text):
        if not form.characters.fullmatch(character):
            message = f"U+{ord(character):04X} at character {position + 1} of {quote(text)}"
            return text, IdentifierDefect(form.code, message, form.expected)
    if not form.pattern.fullmatch(text):
        return text, IdentifierDefect(form.code, f"{quote(text)} is not a package of {platform}", form.expected)
    return text, None


_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_EXPECTED_DOMAIN: Final = "a domain name such as example.cn"


def _refused(message: str, hint: str = "") -> IdentifierDefect:
    return IdentifierDefect("app.domain", message, _EXPECTED_DOMAIN, hint)


def domain_defect(text: str) -> tuple[str, IdentifierDefect | None]:
    """
    A domain as lower-case A-labels without a final dot, and what is wrong with it, if anything.

    Internationalised labels are encoded as IDNA 2003, which the standard library has. Whether the
    name exists or resolves is not looked at.
    """
    given = text.strip(" ")
    if "://" in given or "/" in given or "@" in given or ":" in given:
        return given, _refused(f"{quote(given)} is an address, not a name", "give the host name alone")
    try:
        normal = given.rstrip(".").encode("idna").decode("ascii").lower() if len(given) <= MAX_DOMAIN else ""
    except UnicodeError:
        return given, _refused(f"{quote(given)} is not a domain name")
    labels = normal.split(".")
    if all(label.isdigit() for label in labels):
        return given, _refused(f"{quote(given)} is not a domain name", "an IP address belongs into endpoints")
    if len(labels) < 2 or len(normal) > MAX_DOMAIN or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004 -- name and top level
        return given, _refused(f"{quote(given)} is not a domain name")
    return normal, None
