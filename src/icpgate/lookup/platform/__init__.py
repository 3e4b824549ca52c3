"""
What platforms of mini programs say about the registration of their own: each platform in its file.

    settings → PlatformSettings, Program    once, with every defect
    meaning → meaning_of                    checks and fields, from the platform's file
    wechat → state_of                       what the status of a mini program means
    douyin → says_no                        the little that is public

Pure, but for reading the file of settings. Fields and error codes stand in `wechat.toml` and `douyin.toml`.
"""

from __future__ import annotations

__all__: list[str] = []
