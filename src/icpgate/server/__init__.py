"""
A registry over HTTP: the protocol of docs/protocol.md. Needs the extra `server`.

    request → queries → registry → answers → response
"""

from __future__ import annotations

from icpgate.server.app import registry_app

__all__ = ["registry_app"]
