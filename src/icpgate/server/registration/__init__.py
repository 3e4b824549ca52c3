"""
The registration system over HTTP: a JSON interface, and plain pages for people. Needs the extra `server`.

    request → who asks → what is asked → the registration system, off the event loop → response
"""

from __future__ import annotations

from icpgate.server.registration.app import registration_app
from icpgate.server.registration.tokens import Tokens

__all__ = ["Tokens", "registration_app"]
