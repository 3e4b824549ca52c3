"""
Makes pages: a template, the words of a language, and values that cannot do anything but be read.

- Every value is escaped, and what nobody sees in it (controls, marks of direction) is written out.
- A page loads its style from here and nothing else from anywhere; no script runs on it, even one of ours.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from icpgate.errors import ConfigurationError, shown
from icpgate.record import BEIJING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jinja2 import Environment
    from starlette.requests import Request

__all__ = ["CHINESE", "LANGUAGES", "Looks", "Words", "is_overlong", "language_of", "moment_of", "style"]

CHINESE: Final = "zh-CN"
LANGUAGES: Final = (CHINESE, "en")

POLICY: Final = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "vary": "Accept-Language, Cookie",
}
LONGEST_SHOWN: Final = 5_000
"""Characters of one value; nobody reads more of it on a page."""


def language_of(request: Request) -> str:
    """The language of a page: as its address asks, else as the browser does, else Chinese."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    for tag in _preferred(request.headers.get("accept-language", "")):
        if tag in {"zh", "en"}:
            return CHINESE if tag == "zh" else "en"
    return CHINESE


def _preferred(header: str) -> list[str]:
    """The primary tags of an Accept-Language, the most wanted first."""
    wanted = []
    for position, part in enumerate(header[:1_000].split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or "1")
        except ValueError:
            quality = 0.0
        if quality > 0:
            wanted.append((-quality, position, tag.strip().lower().partition("-")[0]))
    return [tag for _, _, tag in sorted(wanted)]


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("texts.toml").read_text(encoding="utf-8"))


@cache
def style() -> str:
    """The style sheet of every page."""
    return files(__package__).joinpath("templates", "style.css").read_text(encoding="utf-8")


def is_overlong(values: object) -> bool:
    """Whether a list is so long that a page folds it up."""
    return isinstance(values, list) and len(values) > 12  # noqa: PLR2004 -- as many as a screen of a phone shows


def moment_of(moment: datetime) -> str:
    """A moment for people, who all go by Asia/Shanghai."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


class Words:
    """The words of one language."""

    def __init__(self, lang: str) -> None:
        """`lang` is one of `LANGUAGES`."""
        self._texts: dict[str, Any] = _texts()[lang]

    def text(self, key: str, **parts: object) -> str:
        """A text of the pages."""
        text: str = self._texts["text"][key]
        return text.format(**parts) if parts else text

    def word(self, group: str, word: object) -> str:
        """What a word of our own is called; a word that is none of ours as it is."""
        known: str = self._texts[group].get(str(word), str(word))
        return known

    def knows(self, group: str, word: object) -> bool:
        """Whether the word has a name."""
        return str(word) in self._texts[group]


class Looks:
    """The pages of one application."""

    def __init__(self, base: str, *, simulated: bool) -> None:
        """`base` begins every path; raises `ConfigurationError` without the extra `server`."""
        self._base = base
        self._simulated = simulated
        self._environment = _environment()

    def url(self, path: str, request: Request, **query: str) -> str:
        """An address of ours, in the language that the request asked for by its own address."""
        lang = request.query_params.get("lang", "")
        parts = {**query, **({"lang": lang} if lang in LANGUAGES and "lang" not in query else {})}
        return f"{self._base}{path}" + (f"?{urlencode(parts)}" if parts else "")

    def page(self, name: str, request: Request, values: Mapping[str, object], *, status: int = 200) -> Response:
        """The page of a template."""
        lang = language_of(request)
        words = Words(lang)
        template = self._environment.get_template(f"{name}.html")
        own = {
            "lang": lang,
            "t": words.text,
            "word": words.word,
            "knows": words.knows,
            "url": lambda path, **query: self.url(path, request, **query),
            "here": self._here(request),
            "here_lang": lang if request.query_params.get("lang") == lang else "",
            "simulated": self._simulated,
            "account": None,
            "is_overlong": is_overlong,
        }
        body = template.render({**own, **values}).encode("utf-8", "replace")
        return Response(body, status, {**_HEADERS, "content-language": lang})

    def _here(self, request: Request) -> dict[str, str]:
        """This page in each language; what a form sent is not repeated in an address."""
        path = request.scope["path"].removeprefix(self._base)
        query = {name: value for name, value in request.query_params.items() if name != "lang"}
        if request.method != "GET":
            path, query = path.removesuffix("/decision"), {}
        return {lang: self.url(path, request, **(query | {"lang": lang})) for lang in LANGUAGES}


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 -- the extra may be missing
        from markupsafe import Markup  # noqa: PLC0415 -- as above
    except ModuleNotFoundError as error:
        message = f"the pages need {error.name}"
        raise ConfigurationError(message, hint="pip install 'icpgate[server]'", code="config.extra") from None

    def finalize(value: object) -> object:
        if isinstance(value, Markup) or type(value) is int:
            return value
        return value.isoformat() if type(value) is date else shown(value, at_most=LONGEST_SHOWN)

    folder = files(__package__).joinpath("templates")
    environment = Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = moment_of
    return environment
