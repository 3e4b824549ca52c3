"""
A registration's record out of its form, and the app that a gate would check: form, record and gate agree.

Both take a form as it was read, or as it is kept: plain JSON without the persons responsible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.app import App
from icpgate.record import Origin, RegisteredPlatform, RegistrationRecord
from icpgate.registration.form.examining import read_form
from icpgate.registration.form.values import Form
from icpgate.registration.form.words import NATURES
from icpgate.registration.refusals import RegistrationError
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationStatus
    from icpgate.registration.form.values import FormPlatform

__all__ = ["app_of", "record_of"]


def record_of(  # noqa: PLR0913 -- what a bureau and the registry say, all by name
    form: Mapping[str, object] | Form,
    number: RegistrationNumber,
    *,
    status: RegistrationStatus,
    observed_at: datetime,
    source: str,
    origin: Origin = Origin.BUREAU,
    approved_at: datetime | None = None,
) -> RegistrationRecord:
    """
    What the registry says of the registration with this form and number.

    Of a form that is not complete the record has what can be read. Whether access is restricted, or the
    registration blacklisted, no form says: both are None.
    """
    read = form if isinstance(form, Form) else read_form(form)
    operator, app = read.operator, read.app
    return RegistrationRecord(
        registration_number=number,
        status=status,
        observed_at=observed_at,
        source=source,
        origin=origin,
        service_name=app.name,
        kind=app.kind,
        operator=operator.name,
        operator_kind=None if operator.nature is None else NATURES[operator.nature].zh,
        document_type=None if operator.document_type is None else operator.document_type.value,
        document_number=operator.document_number,
        platforms=tuple(map(_registered, app.platforms)),
        domains=app.domains,
        endpoints=app.endpoints,
        access_providers=app.access_providers,
        approved_at=approved_at,
        pre_approvals=tuple(dict.fromkeys(approval.sector for approval in read.pre_approvals)),
    )


def _registered(platform: FormPlatform) -> RegisteredPlatform:
    certificate = platform.signing_certificate
    return RegisteredPlatform(
        platform=platform.platform,
        package=platform.package,
        signing_certificate=None if certificate is None else certificate.digest,
        public_key=platform.key_as_stated,
    )


def app_of(form: Mapping[str, object] | Form, platform: Platform | str | None = None, **known: object) -> App:
    """
    What a gatekeeper would check for one platform of the form; without a platform, for its first.

    `known` are further fields of `App`, such as `registration_number` and `display`, and win. Raises
    `RegistrationError` when the form has no such platform, and `InvalidApp` when it lacks what an app has.
    """
    read = form if isinstance(form, Form) else read_form(form)
    row = _platform(read, platform)
    operator, certificate = read.operator, row.signing_certificate
    fields: dict[str, object] = {
        "name": read.app.name,
        "kind": read.app.kind,
        "platform": row.platform,
        "package": row.package,
        "operator": {
            "name": operator.name,
            "document_type": operator.document_type,
            "document_number": operator.document_number,
        },
        "signing_certificates": None if certificate is None else (certificate,),
        "public_key": row.public_key,
        "domains": read.app.domains,
        "endpoints": read.app.endpoints,
        "host_platform": read.app.host_platform,
        "sectors": read.app.sectors,
        "pre_approvals": read.pre_approvals,
    }
    return App.parse({name: value for name, value in fields.items() if value is not None} | known)


def _platform(form: Form, platform: Platform | str | None) -> FormPlatform:
    wanted = platform if platform is None or isinstance(platform, Platform) else Platform.read(platform)
    if platform is None or wanted is not None:
        for row in form.app.platforms:
            if wanted is None or row.platform is wanted:
                return row
    stated = ", ".join(row.platform for row in form.app.platforms)
    message = "the form has no such platform"
    raise RegistrationError(message, hint=f"it has {stated or 'none'}", code="registration.platform")
