"""The yardstick of a warm decision: the same demands on the same app and record, as one plain function."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from icpgate.record import Origin, RegistrationStatus

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.app import App
    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationRecord

_MONTH = timedelta(days=30)
_LINK = "https://beian.miit.gov.cn/"
_REGISTERED = RegistrationStatus.REGISTERED
_BUREAU = Origin.BUREAU


def decide(  # noqa: C901, PLR0912, PLR0915 -- that it is one flat function is the point
    app: App, number: RegistrationNumber | None, record: RegistrationRecord | None, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Allow or deny with codes, for an app whose texts are equal to the record's as they stand."""
    codes = []
    if not app.registration_number:
        codes.append("number_missing")
    if number is None:
        codes.append("number_malformed")
        return "deny", tuple(codes)
    if number.service_kind is None:
        codes.append("entity_number_only")
    elif number.service_kind is not app.kind:
        codes.append("service_kind_mismatch")
    if record is None:
        codes.append("registry_unavailable")
        return "deny", tuple(codes)
    if record.registration_number != number:
        codes.append("not_registered")
    if record.status is not _REGISTERED:
        codes.append(f"registration_{record.status.value}")
    if record.blacklisted:
        codes.append("blacklisted")
    if record.access_restricted:
        codes.append("access_restricted")
    operator = app.operator
    if app.name != record.service_name:
        codes.append("name_mismatch")
    if operator is None or operator.name != record.operator:
        codes.append("operator_mismatch")
    if operator is None or operator.document_number != record.document_number:
        codes.append("document_number_mismatch")
    for platform in record.platforms or ():
        if platform.platform is app.platform:
            if platform.package != app.package:
                codes.append("package_mismatch")
            if all(c.digest != platform.signing_certificate for c in app.signing_certificates):
                codes.append("signing_certificate_mismatch")
            if platform.public_key is not None and str(app.public_key) != platform.public_key:
                codes.append("public_key_mismatch")
    if app.domains and not set(app.domains) <= set(record.domains or ()):
        codes.append("domain_not_covered")
    if app.sectors and not set(app.sectors) <= {approval.sector for approval in app.pre_approvals}:
        codes.append("pre_approval_missing")
    if app.display is not None:
        if app.display.number != app.registration_number:
            codes.append("display_mismatch")
        if app.display.link != _LINK:
            codes.append("display_link_missing")
    if app.declaration is not None:
        codes.append("declaration_unproven")
    if now - record.observed_at > _MONTH:
        codes.append("record_stale")
    if record.origin is not _BUREAU:
        codes.append("record_simulated")
    return ("deny" if codes else "allow"), tuple(codes)
