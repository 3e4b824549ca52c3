"""The app of a form: name, kind, content, languages, network resources, SDKs."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

from icpgate.chinese import fold
from icpgate.errors import quote
from icpgate.identifiers import domain_defect, endpoint_defect
from icpgate.registration.form.operator import readable_name
from icpgate.registration.form.platforms import host_of, platforms_of
from icpgate.registration.form.report import NOTHING, Report, same
from icpgate.registration.form.texts import Said
from icpgate.registration.form.values import FormApp, Sdk
from icpgate.registration.form.words import KIND_WORDS, Nature, chosen, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from icpgate.number import ServiceKind
    from icpgate.registration.form.shape import Part
    from icpgate.registration.form.values import FormOperator

__all__ = ["app_of_form", "warn_of_name"]

MOST_LEVELS: Final = 4
"""How deep domains are registered (docs/sources.md, network-resources)."""

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_PRIVATE: Final = tuple(map(ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "240.0.0.0/4",
    "fc00::/7", "fe80::/10", "fec0::/10",
)))  # fmt: skip
"""Of private use, shared behind a provider's translation, link-local or reserved. Networks for examples are taken."""


def app_of_form(part: Part | None, report: Report, kind: ServiceKind | None) -> FormApp:
    """The app, with every defect of it reported; `kind` is the one that it is taken for, whatever the form states."""
    if part is None:
        return FormApp()
    stated = chosen(part, "kind", report, kind_of, KIND_WORDS)
    if stated is not None and kind is not None and stated is not kind:
        report.add("form.kind_of_platforms", part.at("kind"), found=same(stated.value), expected=same(kind.value))
    # A platform is not held against a kind that nobody stated.
    platforms = platforms_of(part, report, None if stated is None else kind)
    return FormApp(
        name=readable_name(part, report),
        kind=stated,
        service_content=_distinct(part, "service_content", report, fold),
        languages=_distinct(part, "languages", report, str.casefold, _language),
        sectors=tuple(text for _, text in part.texts("sectors")),
        domains=_listed(part, "domains", report, _domain),
        endpoints=_listed(part, "endpoints", report, _endpoint),
        access_providers=_distinct(part, "access_providers", report, fold),
        platforms=platforms,
        sdks=_sdks(part, report),
        host_platform=host_of(part, report, kind, platforms),
    )


_Reader: TypeAlias = "Callable[[str, str, Report], str | None]"


def _as_it_is(text: str, _: str, __: Report) -> str | None:
    return text


def _distinct(
    part: Part, name: str, report: Report, key: Callable[[str], Hashable], read: _Reader = _as_it_is
) -> tuple[str, ...]:
    """The texts of a list that can be read, each once."""
    seen: dict[Hashable, tuple[str, str]] = {}
    for pointer, text in part.texts(name):
        value = read(text, pointer, report)
        if value is None:
            continue
        first, _ = seen.setdefault(key(value), (pointer, value))
        if first != pointer:
            report.add("form.duplicate", pointer, found=same(first))
    return tuple(value for _, value in seen.values())


def _listed(part: Part, name: str, report: Report, read: _Reader) -> tuple[str, ...] | None:
    return None if part.items(name) is None else _distinct(part, name, report, str, read)


def _language(text: str, pointer: str, report: Report) -> str | None:
    if _LANGUAGE.fullmatch(text):
        return text
    report.add("form.language", pointer, found=same(quote(text)))
    return None


def _domain(text: str, pointer: str, report: Report) -> str | None:
    normal, problem = domain_defect(text)
    if problem is not None:
        hint = same(f" ({problem.hint})") if problem.hint else NOTHING
        found = Said(problem.message, quote(text))
        report.add("form.domain", pointer, found=found, hint=hint)
        return None
    if normal.count(".") >= MOST_LEVELS:
        report.add("form.domain_level", pointer, found=same(quote(normal)))
    return normal


def _endpoint(text: str, pointer: str, report: Report) -> str | None:
    normal, problem = endpoint_defect(text)
    if problem is not None:
        hint = same(f" ({problem.hint})") if problem.hint else NOTHING
        report.add("form.endpoint", pointer, found=Said(problem.message, quote(text)), hint=hint)
        return None
    address = ip_address(normal)
    if any(address in network for network in _PRIVATE):
        report.add("form.endpoint_private", pointer, found=same(normal))
        return None
    return normal


def _sdks(part: Part, report: Report) -> tuple[Sdk, ...] | None:
    if part.items("sdks") is None:
        return None
    seen: dict[tuple[str, str], str] = {}
    sdks = []
    for one in part.parts("sdks"):
        name, vendor, purpose = (one.text(field) for field in ("name", "vendor", "purpose"))
        if name is None or vendor is None or purpose is None:
            continue
        first = seen.setdefault((fold(name), fold(vendor)), one.pointer)
        if first != one.pointer:
            report.add("form.duplicate", one.pointer, found=same(first))
        sdks.append(Sdk(name, vendor, purpose))
    return tuple(sdks)


_RESERVED: Final = ("官方", "中国", "中华", "国家", "全国", "中央")
_COMPANY: Final = ("公司", "集团", "企业", "官网", "商城", "平台")
_TRIAL: Final = ("测试", "试用", "demo", "test")


def warn_of_name(app: FormApp, operator: FormOperator, report: Report) -> None:
    """Names that bureaus commonly return. An app that is only called like another one is nobody's warning."""
    if app.name is None:
        return
    folded = fold(app.name)
    if operator.name is not None and folded == fold(operator.name):
        report.add("form.name_is_operator", "/app/name")
    if operator.nature not in {None, Nature.GOVERNMENT}:
        _warn(folded, _RESERVED, "form.name_reserved", report)
    if operator.nature is Nature.NATURAL_PERSON:
        _warn(folded, _COMPANY, "form.name_of_person", report)
    _warn(folded, _TRIAL, "form.name_trial", report)


def _warn(folded: str, words: tuple[str, ...], code: str, report: Report) -> None:
    found = [word for word in words if word in folded]
    if found:
        report.add(code, "/app/name", found=same(", ".join(found)))
