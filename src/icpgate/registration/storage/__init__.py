"""
The procedure's rows, read into values and written back. Nothing here decides anything.

Every function works inside a transaction of the live database. A row that a step will change is read with
its lock first: application, then entity, then registrations, so that two steps never wait for each other.
"""

from __future__ import annotations

from icpgate.registration.storage.applications import (
    Kept,
    add_verification,
    application_row,
    application_rows,
    applications_about,
    insert_application,
    open_applications,
    save_application,
    verifications_of,
)
from icpgate.registration.storage.history import History, add_history, history_of
from icpgate.registration.storage.registrations import (
    EntityRow,
    RegistrationRow,
    blacklisted_entity_of,
    entity_of_document,
    entity_row,
    insert_entity,
    insert_registration,
    next_of,
    next_sequence,
    registration_row,
    registrations_of,
    save_entity,
    save_registration,
)

__all__ = [
    "EntityRow",
    "History",
    "Kept",
    "RegistrationRow",
    "add_history",
    "add_verification",
    "application_row",
    "application_rows",
    "applications_about",
    "blacklisted_entity_of",
    "entity_of_document",
    "entity_row",
    "history_of",
    "insert_application",
    "insert_entity",
    "insert_registration",
    "next_of",
    "next_sequence",
    "open_applications",
    "registration_row",
    "registrations_of",
    "save_application",
    "save_entity",
    "save_registration",
    "verifications_of",
]
