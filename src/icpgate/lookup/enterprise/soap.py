"""
The envelope: SOAP 1.1 around one call, and what it holds when it comes back.

What comes back is a text: XML once more, escaped or as a CDATA section, with a declaration of its own that
says GBK. Some servers put its elements there directly. Both are read, nothing else: not a bare `return`, not
another namespace, not an element twice, and nothing beside a fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from icpgate.answer import Why
from icpgate.lookup.enterprise.xmltree import Element, read_text, read_tree
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpgate.lookup.enterprise.xmltree import Name
    from icpgate.lookup.steps import Response

__all__ = ["METHOD", "SOAP", "called", "content_type", "returned"]

METHOD: Final = "isp_querybeianstatus"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
"""The namespace of SOAP 1.1."""

_TYPED: Final = frozenset({("http://www.w3.org/2001/XMLSchema-instance", "type"), (SOAP, "encodingStyle")})
"""The attributes that older servers write and that say nothing new. `xsi:nil` is none of them: nothing is no text."""

_ENVELOPE: Final = (SOAP, "Envelope")
_HEADER: Final = (SOAP, "Header")
_BODY: Final = (SOAP, "Body")
_FAULT: Final = (SOAP, "Fault")
_RETURN: Final = "return"


def content_type(charset: str) -> str:
    """The header of a call in this charset, by the name that it has on the wire."""
    return f"text/xml; charset={charset}"


def called(namespace: str, parameters: Iterable[tuple[str, str]], charset: str) -> bytes:
    """
    The call with these parameters, in this order, in GBK or UTF-8.

    Every text is one that XML and the charset can have; a name is not escaped.
    """
    told = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parameters)
    text = (
        f'<?xml version="1.0" encoding="{charset}"?>'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>'
        f'<q:{METHOD} xmlns:q="{escape(namespace, {chr(34): "&quot;"})}">{told}</q:{METHOD}>'
        "</soapenv:Body></soapenv:Envelope>"
    )
    return text.encode(charset)


def returned(response: Response, namespace: str) -> Element:
    """
    The `return` that a response holds, its elements without a namespace.

    Raises `Unanswered` only; `namespace` is the one of the service.
    """
    root = read_tree(read_text(response))
    if root.name != _ENVELOPE:
        raise Unanswered(Why.MALFORMED, "not an envelope of SOAP 1.1")
    parts = [part for part in root.children if part.name != _HEADER]
    body = _only(parts, (_BODY,))
    faults = [part for part in body.children if part.name == _FAULT]
    if faults:
        raise _fault(faults[0])
    answer = _only(body.children, ((namespace, f"{METHOD}Response"),))
    held = _only(answer.children, (("", _RETURN), (namespace, _RETURN)))
    for element in (root, body, answer, held):
        _plain(element, _TYPED)
    if held.children:
        return _bare(held, namespace, _TYPED)
    inner = read_tree(held.text.lstrip(" \t\r\n")) if held.text.strip() else None
    if inner is None or inner.name != ("", _RETURN):
        raise Unanswered(Why.MALFORMED, "no return in the return")
    _plain(inner, frozenset())
    return _bare(inner, "", frozenset())


def _fault(fault: Element) -> Unanswered:
    """A fault of the server's may have passed a moment later; one of ours will not."""
    codes = [part.text for part in fault.children if part.name == ("", "faultcode")]
    is_ours = [code.rpartition(":")[2].partition(".")[0] for code in codes] == ["Client"]
    return Unanswered(Why.UPSTREAM_ERROR, "a SOAP fault", retry_after=None if is_ours else 0.0)


def _only(elements: Sequence[Element], names: tuple[Name, ...]) -> Element:
    if len(elements) != 1 or elements[0].name not in names:
        raise Unanswered(Why.MALFORMED, f"not one {names[0][1]} alone")
    return elements[0]


def _plain(element: Element, allowed: frozenset[Name]) -> None:
    if not allowed.issuperset(element.attributes):
        raise Unanswered(Why.MALFORMED, "an attribute that changes what is said")


def _bare(element: Element, namespace: str, allowed: frozenset[Name]) -> Element:
    """The element whose parts are of no other namespace, told by their names alone."""
    for part in element.children:
        _plain(part, allowed)
        if part.name[0] not in {"", namespace} or part.is_cdata:
            raise Unanswered(Why.MALFORMED, "an element of another namespace, or CDATA in one")
        part.name = ("", part.name[1])
        _bare(part, namespace, allowed)
    return element
