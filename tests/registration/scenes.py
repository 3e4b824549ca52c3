"""Forms with everything right, the people of a registration system, and the way from a draft to a number."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from icpgate.app import App
from icpgate.registration.application import SUBJECTS, Actor, Verification
from icpgate.registration.states import Purpose, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpgate.registration.application import Application, Subject
    from icpgate.registration.system import RegistrationSystem

__all__ = [
    "ACCESS_PROVIDER",
    "BUREAU",
    "KINDS",
    "LINK",
    "MD5",
    "NOW",
    "OPERATOR",
    "PLATFORM",
    "a_form",
    "account",
    "an_app",
    "approved",
    "cancelled",
    "carried",
    "changed",
    "confirmed",
    "handed_in",
    "persons",
    "submitted",
    "uscc",
    "verified",
]

NOW: Final = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LINK: Final = "https://beian.miit.gov.cn/"
MD5: Final = "0123456789abcdef0123456789abcdef"

PLATFORM: Final = Actor(Role.PLATFORM, "store.example.cn")
ACCESS_PROVIDER: Final = Actor(Role.ACCESS_PROVIDER, "cloud.example.cn")
BUREAU: Final = Actor(Role.BUREAU, "bureau")

_REGIONS: Final = ("510107", "110105", "440305")
KINDS: Final = ("app", "mini_program", "quick_app")
_PLATFORMS: Final = {"app": "android", "mini_program": "wechat", "quick_app": "quick_app"}
_CREDIT: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def account(position: int) -> Actor:
    """The account of the operator in this position."""
    return Actor(Role.OPERATOR, f"operator-{position}")


OPERATOR: Final = account(0)


def uscc(position: int, region: str = "510107") -> str:
    """An invented unified social credit code with its right check character; no two positions have the same."""
    head = f"91{region}MA{position:07d}"
    total = sum(_CREDIT.index(character) * pow(3, place, 31) for place, character in enumerate(head))
    return head + _CREDIT[-total % 31]


def _card(position: int) -> str:
    head = f"51010719900101{position % 1000:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(head))
    return head + "0123456789X"[(1 - total) % 11]


def persons(position: int = 0) -> dict[str, object]:
    """The persons responsible for the entity and for the app, invented."""

    def person(name: str, which: int) -> dict[str, object]:
        return {
            "name": name,
            "document_type": "id_card",
            "document_number": _card(which),
            "valid_until": "2036-01-01",
            "mobile": "13800000000",
            "emergency_phone": "13900000000",
            "email": f"duty{position}@example.cn",
        }

    return {"entity": person("张示例", 2 * position), "app": person("李示例", 2 * position + 1)}


def _modulus(position: int) -> str:
    """Digits that are an RSA modulus of 2,048 bits to whoever reads them."""
    whole = b"".join(hashlib.sha256(f"{position}/{part}".encode()).digest() for part in range(8))
    return str(int.from_bytes(whole) | 1 << 2047 | 1)


def package_of(position: int, service: int, kind: str = "app") -> str:
    """The package, or AppID, of an operator's service."""
    if kind == "mini_program":
        return f"wx{position:08x}{service:08x}"
    return f"cn.example.o{position}.s{service}"


def a_form(position: int = 0, service: int = 0, kind: str = "app", **changes: object) -> dict[str, object]:
    """
    A complete form: the operator in this position, and one of its services.

    The changes are to the form's part `app`; `top` among them is to the form itself.
    """
    region = _REGIONS[position % len(_REGIONS)]
    top = cast("dict[str, object]", changes.pop("top", {}))
    platform: dict[str, object] = {"platform": _PLATFORMS[kind], "package": package_of(position, service, kind)}
    if kind == "app":
        platform |= {"signing_certificate": MD5, "public_key": _modulus(position * 1_000 + service)}
    app: dict[str, object] = {
        "name": f"示例应用{position}之{service}",
        "kind": kind,
        "icon": {"document": "icon.png", "sha256": "a" * 64},
        "service_content": ["工具"],
        "languages": ["zh"],
        "sectors": [],
        "domains": [f"s{service}.o{position}.example.cn"],
        "endpoints": ["203.0.113.7"],
        "access_providers": ["示例云"],
        "platforms": [platform],
        "sdks": [],
    }
    if kind != "app":
        app["host_platform"] = "wechat" if kind == "mini_program" else "快应用联盟"
    form: dict[str, object] = {
        "operator": {
            "nature": "enterprise",
            "name": f"示例科技{position}有限公司",
            "document_type": "uscc",
            "document_number": uscc(position, region),
            "region": region,
            "address": "示例路1号",
        },
        "persons": persons(position),
        "app": app | changes,
        "commitment_letter": {"document": "commitment.pdf", "sha256": "b" * 64, "signed_on": "2026-11-01"},
        "authenticity_sheet": {"document": "sheet.pdf", "sha256": "c" * 64},
        "pre_approvals": [],
    }
    return form | top


def an_app(form: dict[str, Any], number: str | None, *, platform: int = 0) -> App:
    """What a store holds of the app that the form is about, as its developer would hand it in with this number."""
    app, operator = form["app"], form["operator"]
    on = app["platforms"][platform]
    fields: dict[str, object] = {
        "name": app["name"],
        "kind": app["kind"],
        "platform": on["platform"],
        "package": on["package"],
        "registration_number": number,
        "operator": {name: operator[name] for name in ("name", "document_type", "document_number")},
        "domains": app["domains"],
        "display": {"number": number, "link": LINK},
    }
    return App.parse({name: value for name, value in fields.items() if value is not None})


def verified(
    system: RegistrationSystem, id_: str, actor: Actor = PLATFORM, subjects: Iterable[Subject] = SUBJECTS
) -> Application:
    """Have it verified, and all of it passed, by default in every respect."""
    form_digest = system.application(id_, actor=actor).form_digest
    for subject in subjects:
        system.verify(id_, Verification(subject, "test", True, "seen", form_digest=form_digest), actor=actor)  # noqa: FBT003 -- it passed
    return system.application(id_, actor=actor)


def handed_in(system: RegistrationSystem, form: dict[str, object], actor: Actor = OPERATOR) -> Application:
    """A new application, handed in."""
    return system.submit(system.new(form, actor=actor).id, actor=actor)


def submitted(system: RegistrationSystem, id_: str, taker: Actor = PLATFORM) -> Application:
    """Verified and submitted to the bureau; a cancellation is submitted as it is."""
    verified(system, id_, taker)
    return system.submit(id_, actor=taker)


def confirmed(system: RegistrationSystem, id_: str, actor: Actor = OPERATOR) -> Application:
    """Out of a draft, or returned, to where the bureau has it on its table."""
    application = system.submit(id_, actor=actor)
    if application.purpose in (Purpose.NEW, Purpose.CHANGE, Purpose.ADD_PLATFORM, Purpose.CHANGE_OPERATOR):
        submitted(system, id_)
    return system.confirm(id_, actor=actor)


def carried(system: RegistrationSystem, id_: str, actor: Actor = OPERATOR, **given: str) -> Application:
    """Out of a draft, or returned, to the bureau's approval; `given` is what the bureau says with it."""
    confirmed(system, id_, actor)
    return system.approve(id_, actor=BUREAU, **given)  # type: ignore[arg-type]  # texts by name


def approved(system: RegistrationSystem, form: dict[str, object], actor: Actor = OPERATOR, **given: str) -> Application:
    """From the form to the number."""
    return carried(system, system.new(form, actor=actor).id, actor, **given)


def changed(
    system: RegistrationSystem,
    number: str,
    form: dict[str, object],
    purpose: Purpose = Purpose.CHANGE,
    actor: Actor = OPERATOR,
) -> Application:
    """A change, from the form to the bureau's approval."""
    return carried(system, system.change(number, form, actor=actor, purpose=purpose).id, actor)


def cancelled(
    system: RegistrationSystem, number: str, purpose: Purpose = Purpose.CANCEL_SERVICE, actor: Actor = OPERATOR
) -> Application:
    """A cancellation, to the bureau's approval."""
    return carried(system, system.cancel(number, actor=actor, purpose=purpose).id, actor)
