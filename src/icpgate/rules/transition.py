"""
When the duty began, for whom: the notice's stages as dated data.

Preparation until registration opened; then new apps register first while existing ones have time; then
inspection; then for good. A boundary belongs to the later stage, in Asia/Shanghai, to the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING

from icpgate.record import BEIJING

if TYPE_CHECKING:
    from icpgate.app import App

__all__ = ["Phase", "Transition"]


class Phase(StrEnum):
    """The stages of the notice."""

    PREPARATION = "preparation"
    EXISTING_APPS = "existing_apps"
    INSPECTION = "inspection"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Transition:
    """
    The stages' boundaries; each is the first moment of the later stage.

    `existing_before`: an app first listed before it is an existing one. `forgives`: the codes that
    a transition period lifts; whatever contradicts a registration is never among them.
    """

    new_apps_from: datetime
    existing_before: datetime
    existing_apps_end: datetime
    inspection_end: datetime
    forgives: frozenset[str]

    def phase(self, as_of: datetime) -> Phase:
        """The stage at that moment."""
        if as_of < self.new_apps_from:
            return Phase.PREPARATION
        if as_of < self.existing_apps_end:
            return Phase.EXISTING_APPS
        return Phase.INSPECTION if as_of < self.inspection_end else Phase.PERMANENT

    def covers(self, app: App, as_of: datetime) -> bool:
        """Whether the duty did not yet bind this app at that moment."""
        if as_of >= self.existing_apps_end:
            return False
        return as_of < self.new_apps_from or self.is_existing(app, as_of)

    def is_existing(self, app: App, as_of: datetime) -> bool:
        """Whether the app was in business before the notice; an app of the future is not."""
        if app.first_listed_on is None:
            return False
        first = datetime.combine(app.first_listed_on, time(), BEIJING)
        return first < self.existing_before and first <= as_of

    def end(self, app: App, as_of: datetime) -> datetime:
        """When the period that covers the app at that moment ends."""
        return self.existing_apps_end if self.is_existing(app, as_of) else self.new_apps_from
