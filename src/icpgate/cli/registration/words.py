"""The labels of what the commands write, and what words such as a state are called in Chinese."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

__all__ = ["CHINESE", "SIMULATED", "joined", "label", "labelled", "word"]

CHINESE: Final = "zh-CN"
SIMULATED: Final = {
    CHINESE: "SIMULATED：模拟备案，号码并非通信管理局核发",
    "en": "SIMULATED: no bureau issued its numbers",
}
_LABELS: Final = {
    "purpose": ("purpose", "事项"),
    "state": ("state", "状态"),
    "number": ("number", "备案号"),
    "operator": ("operator", "主办单位"),
    "document": ("document", "证件"),
    "account": ("account", "主办者账号"),
    "app": ("app", "应用"),
    "platform": ("platform", "运行平台"),
    "domains": ("domains", "域名"),
    "endpoints": ("addresses", "IP 地址"),
    "ends": ("ends the access of", "取消接入"),
    "access_providers": ("access providers", "接入服务提供者"),
    "taken_in_by": ("taken in by", "受理单位"),
    "province": ("province", "省份"),
    "persons": ("persons kept", "已加密保存的负责人"),
    "confirm_until": ("confirm before", "短信核验截止"),
    "decide_until": ("decide by", "办理期限"),
    "over": ("(over)", "（已超期）"),
    "verification": ("verified", "核验"),
    "passed": ("passed", "通过"),
    "failed": ("failed", "未通过"),
    "older_form": ("of an older form", "针对旧版表单"),
    "lacks": ("lacks", "尚缺"),
    "note": ("note", "意见"),
    "steps": ("next", "可执行的步骤"),
    "nothing": ("nothing can follow", "已办结"),
    "revision": ("revision", "版本"),
    "status": ("status", "备案状态"),
    "blacklisted": ("blacklisted", "违法违规名单"),
    "yes": ("yes", "是"),
    "approved": ("approved", "审核通过日期"),
    "observed": ("observed", "最近核对"),
    "evidence": ("evidence", "依据"),
    "open": ("open application", "办理中的申请"),
    "link": ("link", "链接"),
    "placement": ("where", "位置"),
    "complete": ("complete", "完整"),
    "defects": ("{count} defects", "{count} 处缺陷"),
    "defect": ("1 defect", "1 处缺陷"),
    "warning": ("warning", "提示"),
    "fix": ("fix", "处理"),
    "id": ("application", "申请编号"),
    "updated": ("last step", "更新时间"),
    "at": ("at", "时间"),
    "who": ("who", "操作者"),
    "step": ("step", "步骤"),
    "after": ("state after", "之后的状态"),
    "time": ("time", "到期"),
}


def label(name: str, lang: str, **parts: object) -> str:
    """A label in `lang`."""
    return _LABELS[name][lang == CHINESE].format(**parts)


def labelled(name: str, lang: str, value: str) -> str:
    """A label and its value."""
    return f"{label(name, lang)}{'：' if lang == CHINESE else ': '}{value}"


def joined(lang: str, *parts: str) -> str:
    """Parts of a list, as the language joins them."""
    return ("、" if lang == CHINESE else ", ").join(parts)


def word(group: str, code: str, lang: str) -> str:
    """A word of ours: in English as it is typed, in Chinese what the pages call it, with the word behind."""
    if lang != CHINESE:
        return code
    named = _pages()[CHINESE][group].get(code)
    return code if named is None else f"{named}（{code}）"


@cache
def _pages() -> dict[str, Any]:
    """The words of the pages: both call a thing by the same name. Read as a file: the pages need extras."""
    path = files("icpgate").joinpath("server", "registration", "texts.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
