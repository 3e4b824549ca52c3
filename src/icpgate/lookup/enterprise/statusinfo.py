"""
What the `return` of `isp_querybeianstatus` says about the condition that was asked.

- First the code: under any but success nothing else is looked at, whatever stands beside it.
- Exactly one `StatusInfo`, with each field at most once, that repeats the condition letter for letter.
- `Bazt` is *registered* when it is the text `0`, *not registered* when it is `1`, and nothing otherwise: an empty
  or a missing state is none. A *no* that has a number, or a *yes* that has none, contradicts itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.errors import InvalidNumber
from icpgate.lookup.enterprise.codes import refusal_of
from icpgate.lookup.steps import Unanswered
from icpgate.number import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.lookup.enterprise.xmltree import Element

__all__ = ["Asked", "Registered", "registered"]

_FIELDS: Final = ("Cxtjlx", "Cxtj", "Cxtj2", "Wzmc", "Ztbah", "Wzbah", "Bazt")
_FOLDED: Final = {name.casefold() for name in _FIELDS}
_OF_A_YES: Final = ("Wzmc", "Ztbah", "Wzbah")


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition as it was asked: its type, its text or texts, and whether it is about an entity alone."""

    condition: int
    texts: tuple[str, ...] = field(repr=False)
    of_entity: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """The numbers as they were sent, and the service's name; None where the answer has none."""

    entity_number: str
    service_number: str | None = None
    service_name: str | None = None


def registered(answer: Element, asked: Asked) -> Registered | None:
    """What is registered under the condition; None for *not registered*. Raises `Unanswered` only."""
    codes = [part for part in answer.children if part.name[1].casefold() == "msg_code"]
    if len(codes) != 1 or codes[0].name[1] != "msg_code":
        raise Unanswered(Why.MALFORMED, "not one msg_code")
    refusal = refusal_of(_text(codes[0]))
    if refusal is not None:
        raise Unanswered(refusal.why, refusal.detail, retry_after=refusal.retry_after)
    infos = [part for part in answer.children if part.name[1].casefold() == "statusinfo"]
    if len(infos) != 1 or infos[0].name[1] != "StatusInfo":
        raise Unanswered(Why.MALFORMED, "not one StatusInfo")
    fields = _fields(infos[0])
    _echo(fields, asked)
    return _said(fields, of_entity=asked.of_entity)


def _text(element: Element) -> str:
    if element.children:
        raise Unanswered(Why.MALFORMED, "elements where a text belongs")
    return element.text


def _fields(info: Element) -> dict[str, str]:
    """The fields by name. Others may stand there, but none that differs from ours by its case alone."""
    fields: dict[str, str] = {}
    if info.text.strip():
        raise Unanswered(Why.MALFORMED, "a text where elements belong")
    for part in info.children:
        name = part.name[1]
        if name in _FIELDS and name not in fields:
            fields[name] = _text(part)
        elif name.casefold() in _FOLDED:
            raise Unanswered(Why.MALFORMED, "a field twice")
    return fields


def _echo(fields: Mapping[str, str], asked: Asked) -> None:
    said = (fields.get("Cxtj"), fields.get("Cxtj2") or None)
    expected = (*asked.texts, None)[:2]
    if fields.get("Cxtjlx") != str(asked.condition) or said != expected:
        raise Unanswered(Why.MALFORMED, "an answer to another condition")


def _said(fields: Mapping[str, str], *, of_entity: bool) -> Registered | None:
    state = fields.get("Bazt")
    if not state:
        raise Unanswered(Why.SCHEMA, "no Bazt")
    if state == "1":
        if any(fields.get(name) for name in _OF_A_YES):
            raise Unanswered(Why.MALFORMED, "not registered, but with a number or a name")
        return None
    if state != "0":
        raise Unanswered(Why.SCHEMA, "another Bazt")
    name, entity, service = (fields.get(name) for name in _OF_A_YES)
    if not entity or bool(service) is of_entity or (of_entity and name):
        raise Unanswered(Why.MALFORMED, "registered, but without the numbers of it")
    _agree(entity, service)
    return Registered(entity, service or None, None if of_entity else name)


def _agree(entity: str, service: str | None) -> None:
    """The entity's number is one, and the service's, if there is one, is that of a service of it."""
    try:
        number, own = parse(entity), parse(service) if service else None
    except InvalidNumber:
        raise Unanswered(Why.MALFORMED, "no registration number") from None
    if not number.is_entity or (own is not None and (own.is_entity or own.entity_number != number.canonical)):
        raise Unanswered(Why.MALFORMED, "two numbers of different entities")
