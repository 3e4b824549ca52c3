"""
From bytes to a small tree of XML, or why there is none.

- The charset is what header and declaration say; where they disagree, nobody's word counts. Bytes that are
  good UTF-8 under a declared GBK would read as other characters, and are refused.
- The text is decoded first and its declaration taken off, because the parser knows no Chinese charset.
- No DOCTYPE, so no entity; no comment and no instruction, where one reader would see what another does not.
- An element has text or children, never both.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from icpgate.answer import Why
from icpgate.lookup.mapping.body import CHARSETS, decoded
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.lookup.steps import Response

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_ELEMENTS", "Element", "Name", "read_text", "read_tree"]

MAX_BYTES: Final = 1_048_576
"""An answer has a thousand."""

MAX_DEPTH: Final = 16
MAX_ELEMENTS: Final = 256
MAX_ATTRIBUTES: Final = 16
"""An answer has a depth of six, a dozen elements, and an attribute or two."""

MAX_ASSIGNED: Final = MAX_ELEMENTS * MAX_ATTRIBUTES
"""
Equals signs in a text: each attribute has one. The parser tells of an element once it has read all its attributes,
and a hundred thousand of them keep an event loop busy for a twentieth of a second.
"""

Name = tuple[str, str]
"""A namespace, empty for none, and the name in it."""

_SPACE: Final = " \t\r\n"
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?'?([^\s\"';,]*)", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"""<\?xml\s[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]*)["']""")
_DECLARATION: Final = re.compile(
    r"""<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')"""
    r"""(?:\s+encoding\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'))?"""
    r"""(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>"""
)
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_PAGE: Final = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_CUT: Final = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
"""What the parser says of a text that could have gone on."""


@dataclass(slots=True)
class Element:
    """An element: its name, its attributes, and either text or children. `is_cdata`: the text is a CDATA section."""

    name: Name
    attributes: Mapping[Name, str] = field(repr=False)
    text: str = field(default="", repr=False)
    children: list[Element] = field(default_factory=list, repr=False)
    is_cdata: bool = False


def read_text(response: Response) -> str:
    """The decoded text of a response that is no page for people; raises `Unanswered` only."""
    body = response.body
    if len(body) > MAX_BYTES:
        raise Unanswered(Why.TOO_LARGE, f"more than {MAX_BYTES:,} bytes")
    if not body.removeprefix(codecs.BOM_UTF8).strip():
        raise Unanswered(Why.TRUNCATED, "an empty body", retry_after=0.0)
    content = response.headers.get("content-type", "")
    if content.partition(";")[0].strip().lower() in _HTML or _PAGE.match(body.removeprefix(codecs.BOM_UTF8)):
        raise Unanswered(Why.BLOCKED, "a captcha or login page")
    return _decoded(body, content)


def _decoded(body: bytes, content: str) -> str:
    names = _CHARSET.findall(content)
    declared = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8))
    if declared is not None:
        names.append(declared[1].decode("latin-1"))
    found = {CHARSETS.get(name.lower(), "") for name in names} or {"utf-8"}
    codec = found.pop()
    if found or not codec:
        raise Unanswered(Why.MALFORMED, "two charsets" if found else "an unknown charset")
    return decoded(body, codec)


def read_tree(text: str) -> Element:
    """
    The root of a decoded text; raises `Unanswered` only.

    A charset that its declaration names must be one that we know, and is not used: it is decoded already.
    """
    if text.count("=") > MAX_ASSIGNED:
        raise Unanswered(Why.MALFORMED, f"more than {MAX_ASSIGNED:,} attributes")
    text = text.removeprefix("\ufeff")
    declaration = _DECLARATION.match(text)
    if declaration is not None:
        if (declaration[1] or declaration[2] or "utf-8").lower() not in CHARSETS:
            raise Unanswered(Why.MALFORMED, "an unknown charset")
        text = text[declaration.end() :]
    # An instruction behind it would be read as a declaration if it stood first.
    return _Builder().built(text.lstrip(_SPACE))


class _Builder:
    """Hears the parser and keeps what it tells, or ends it."""

    def __init__(self) -> None:
        self._root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartCdataSectionHandler = self._cdata
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.XmlDeclHandler = self._instruction
        parser.CommentHandler = self._comment
        self._parser = parser

    def built(self, text: str) -> Element:
        try:
            self._parser.Parse(text.encode("utf-8"), True)  # noqa: FBT003 -- the library takes it by position
        except expat.ExpatError as error:
            if error.code in _CUT:
                raise Unanswered(Why.TRUNCATED, "not XML, or cut", retry_after=0.0) from None
            raise Unanswered(Why.MALFORMED, "not XML, or cut") from None
        except UnicodeEncodeError:  # pragma: no cover -- no codec that is read makes half a character
            raise Unanswered(Why.MALFORMED, "not text") from None
        assert self._root is not None  # noqa: S101 -- the parser accepts no text without an element
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH:
            raise Unanswered(Why.MALFORMED, f"nested deeper than {MAX_DEPTH} levels")
        if self._count > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise Unanswered(Why.MALFORMED, f"more than {MAX_ELEMENTS} elements, or {MAX_ATTRIBUTES} attributes")
        element = Element(_name(name), {_name(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if element.children:
            if element.text.strip(_SPACE) or element.is_cdata:
                raise Unanswered(Why.MALFORMED, "text beside elements")
            element.text = ""

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _cdata(self) -> None:
        self._open[-1].is_cdata = True

    def _doctype(self, *_: object) -> None:
        raise Unanswered(Why.MALFORMED, "a DOCTYPE")

    def _instruction(self, *_: object) -> None:
        raise Unanswered(Why.MALFORMED, "a processing instruction")

    def _comment(self, _: str) -> None:
        raise Unanswered(Why.MALFORMED, "a comment")


def _name(name: str) -> Name:
    namespace, _, local = name.rpartition(" ")
    return namespace, local
