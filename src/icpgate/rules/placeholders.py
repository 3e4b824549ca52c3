"""
Texts that stand where somebody had nothing to write, and what a mask has left of a text.

Two sides that share such a text share nothing: it never binds, and it is no evidence.
"""

from __future__ import annotations

import re
from typing import Final

from icpgate.chinese import fold

__all__ = ["is_masked", "says_nothing"]

# fmt: off
_NOTHING: Final = frozenset({
    "无", "暂无", "没有", "未知", "不详", "未公开", "保密", "个人", "公司", "企业", "测试", "办理中", "申请中",
    "待定", "待补充",
    "空", "null", "none", "nil", "nan", "n/a", "na", "no", "nothing", "unknown", "test", "tbd",
    "todo", "undefined", "example", "person", "personal", "company",
})
# fmt: on
_MASK: Final = re.compile(r"[*＊●○■□×✕#＃?？…•·某]{1,}|[xX]{3,}|\.{3,}")


def is_masked(text: str) -> bool:
    """Whether a part of the text was made unreadable, so that nobody can know what it was."""
    return _MASK.search(text) is not None


def says_nothing(text: str) -> bool:
    """Whether the text is a word for nothing, or has nothing in it that could be a name or number."""
    folded = fold(text)
    return folded in _NOTHING or not any(character.isalnum() and character != "0" for character in folded)
