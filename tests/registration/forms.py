"""Registration forms with everything right, all of it invented, and two tools to spoil them."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from datetime import date
from typing import Any, Final

__all__ = ["BAD", "TODAY", "approval", "good_form", "id_card", "modulus", "persons", "spoilt", "uscc", "without"]

TODAY: Final = date(2026, 11, 24)
"""The day on which the good forms are good."""

BAD: Final = object()
"""Stands in `spoilt` for a field that is taken out."""

_CREDIT: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(head: str) -> str:
    """A unified social credit code of 17 given characters with its check character (GB 32100-2015)."""
    total = sum(_CREDIT.index(character) * pow(3, place, 31) for place, character in enumerate(head))
    return head + _CREDIT[-total % 31]


def id_card(head: str) -> str:
    """An ID card number of 17 given digits with its check character (GB 11643-1999)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(head))
    return head + "0123456789X"[(1 - total) % 11]


def modulus(seed: str) -> int:
    """A number that passes for an RSA modulus of 2,048 bits; nobody has its factors."""
    data = b"".join(hashlib.sha256(f"{seed} {part}".encode()).digest() for part in range(8))
    return int.from_bytes(data) | 1 << 2047 | 1


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_OPERATORS: Final[dict[str, dict[str, object]]] = {
    "enterprise": {
        "nature": "enterprise",
        "name": "成都示例科技有限公司",
        "document_type": "uscc",
        "document_number": uscc("91510107MA6EXAM9C"),
        "region": "510107",
        "address": "四川省成都市武侯区示例路1号2栋3层",
    },
    "natural_person": {
        "nature": "natural_person",
        "name": "张示例",
        "document_type": "id_card",
        "document_number": id_card("51010719900101001"),
        "region": "510107",
        "address": "四川省成都市武侯区示例路2号1单元101室",
    },
    "institution": {
        "nature": "institution",
        "name": "成都市示例馆",
        "document_type": "institution_certificate",
        "document_number": uscc("12510100MB1EXAM9C"),
        "region": "510104",
        "address": "四川省成都市锦江区示例街3号",
    },
}

_PLATFORMS: Final[dict[str, list[dict[str, object]]]] = {
    "app": [
        {
            "platform": "android",
            "package": "cn.example.notes",
            "signing_certificate": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "public_key": str(modulus("android")),
        },
        {
            "platform": "ios",
            "package": "cn.example.notes",
            "signing_certificate": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d",
            "public_key": f"{modulus('ios'):x}",
        },
        {
            "platform": "harmonyos",
            "package": "cn.example.notes",
            "signing_certificate": "1a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d",
            "public_key": f"{modulus('harmonyos'):x}",
        },
    ],
    "mini_program": [{"platform": "wechat", "package": "wx0123456789abcdef"}],
    "quick_app": [{"platform": "quick_app", "package": "cn.example.notes.quick"}],
}
_HOSTS: Final = {"mini_program": "wechat", "quick_app": "快应用联盟"}


def _person(name: str, card: str, mobile: str, emergency: str, email: str) -> dict[str, object]:
    return {
        "name": name,
        "document_type": "id_card",
        "document_number": id_card(card),
        "valid_until": "2036-01-01",
        "mobile": mobile,
        "emergency_phone": emergency,
        "email": email,
    }


def persons() -> dict[str, object]:
    """The two persons responsible, who do not exist."""
    return {
        "entity": _person("张示例", "51010719900101001", "13800000000", "13900000000", "zhang@example.cn"),
        "app": _person("李示例", "51010719910202002", "13800000001", "13900000001", "li@example.cn"),
    }


def _app(kind: str) -> dict[str, object]:
    app: dict[str, object] = {
        "name": "示例随手记",
        "kind": kind,
        "service_content": ["工具"],
        "languages": ["zh"],
        "sectors": [],
        "domains": ["notes.example.cn"],
        "access_providers": ["示例云"],
        "platforms": deepcopy(_PLATFORMS[kind]),
    }
    if kind == "app":
        sdk = {"name": "示例推送", "vendor": "北京示例软件有限公司", "purpose": "消息推送"}
        icon = {"document": "icon.png", "sha256": _sha256("icon")}
        return app | {"icon": icon, "endpoints": ["203.0.113.7"], "sdks": [sdk]}
    return app | {"host_platform": _HOSTS[kind]}


def good_form(kind: str = "app", nature: str = "enterprise") -> dict[str, Any]:
    """
    A complete form without a warning, as plain JSON, made anew at each call.

    `kind` is app (on three platforms), mini_program or quick_app; `nature` is enterprise, natural_person or
    institution.
    """
    return {
        "operator": dict(_OPERATORS[nature]),
        "persons": persons(),
        "app": _app(kind),
        "commitment_letter": {"document": "commitment.pdf", "sha256": _sha256("letter"), "signed_on": "2026-11-01"},
        "authenticity_sheet": {"document": "sheet.pdf", "sha256": _sha256("sheet")},
        "pre_approvals": [],
    }


def approval(**changes: object) -> dict[str, object]:
    """An approval for publishing that is valid on `TODAY`."""
    return {
        "sector": "出版",
        "document_number": "（署）网出证（川）字第00000001号",
        "authority": "国家新闻出版署",
        "document": "permit.pdf",
        "valid_from": "2026-01-01",
        "valid_until": "2031-01-01",
    } | changes


def spoilt(form: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    """The form with another value at a JSON pointer; `BAD` takes the field out, `-` appends to a list."""
    spoilt_form = deepcopy(form)
    *way, last = pointer.removeprefix("/").split("/")
    part: Any = spoilt_form
    for step in way:
        part = part[int(step) if isinstance(part, list) else step]
    key: Any = int(last) if isinstance(part, list) and last != "-" else last
    if value is BAD:
        del part[key]
    elif last == "-":
        part.append(value)
    else:
        part[key] = value
    return spoilt_form


def without(form: dict[str, Any], pointer: str) -> dict[str, Any]:
    """The form without what stands at a JSON pointer."""
    return spoilt(form, pointer, BAD)
