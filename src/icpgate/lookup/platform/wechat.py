"""
WeChat: what its status of a mini program means (get_icp_entrance_info), and where that and the rest are asked.

The table is the platform's own. From 1024 on a status is *not registered* and three bits that say what is missing
for an application: 1 the program's data, 2 its category, 4 its certification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.lookup.mapping.model import Ask
from icpgate.lookup.mapping.template import Template
from icpgate.lookup.steps import Unanswered
from icpgate.record import RegistrationStatus

if TYPE_CHECKING:
    from icpgate.jsontext import Json

__all__ = ["ADDRESS", "ORDER", "STATUS", "state_of"]

ADDRESS: Final = "https://api.weixin.qq.com"

_TOKEN: Final = (("access_token", Template.parse("{secret:token}", ())),)
STATUS: Final = Ask(method="GET", path=Template.parse("/wxa/icp/get_icp_entrance_info", ()), query=_TOKEN)
ORDER: Final = Ask(method="GET", path=Template.parse("/wxa/icp/get_online_icp_order", ()), query=_TOKEN)

_STATES: Final = {
    2: RegistrationStatus.PENDING,  # with the platform
    3: RegistrationStatus.RETURNED,  # by the platform
    4: RegistrationStatus.PENDING,  # with the bureau
    5: RegistrationStatus.RETURNED,  # by the bureau
    6: RegistrationStatus.REGISTERED,
}
_NOT_REGISTERED: Final = range(1024, 1024 + 8)


def state_of(value: Json) -> RegistrationStatus | None:
    """The state of the registration in a checked answer; None for *not registered*. Raises `Unanswered`."""
    info = value.get("info") if isinstance(value, dict) else None
    status = info.get("status") if isinstance(info, dict) else None
    if not isinstance(info, dict) or type(status) is not int:
        raise Unanswered(Why.SCHEMA, "no status at /info/status")
    if status in _NOT_REGISTERED:
        return None
    state = _STATES.get(status)
    if state is None:
        raise Unanswered(Why.SCHEMA, "an unknown status at /info/status")
    if state is not RegistrationStatus.REGISTERED:
        return state
    is_cancelling = info.get("is_canceling")
    if type(is_cancelling) is not bool:  # without it a registration that ends would look like one that stays
        raise Unanswered(Why.SCHEMA, "neither true nor false at /info/is_canceling")
    return RegistrationStatus.CANCELLING if is_cancelling else state
