"""
Understand a gateway that answers in the envelope of the ministry's public query: page by page, exactly or not at all.

    settings → GatewaySettings         once, with every defect
    pages → Pages                      what several pages of one list say together
    blacklist → searches, found_in     whether what was found is held for illegal
    challenge → is_challenge           which HTML is a captcha, a firewall or a login

Pure, but for reading the file of settings. What a row and an envelope mean says the mapping `gateway.toml`.
"""

from __future__ import annotations

__all__: list[str] = []
