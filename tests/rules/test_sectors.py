"""The sectors that need an approval: dated data, and which words stand for which."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from icpgate.chinese import fold
from icpgate.rules.approval import Sector, SectorList, sectors, sectors_version

ROOT = Path(__file__).parent.parent.parent
ROWS = tomllib.loads(files("icpgate.rules").joinpath("sectors.toml").read_text(encoding="utf-8"))["sector"]
NOTICE, WIDER = (SectorList.NOTICE,), (SectorList.NOTICE, SectorList.WIDER)
TODAY = datetime.fromisoformat("2026-11-24T00:00:00+08:00")
MEDICAL_ENDS = datetime.fromisoformat("2025-01-20T00:00:00+08:00")
NOTICE_DATED = datetime.fromisoformat("2023-07-21T00:00:00+08:00")
SECOND = timedelta(seconds=1)


def _named(word: str) -> list[str]:
    return [sector.id for sector in sectors() if fold(word) in sector.names]


def _sector(name: str) -> Sector:
    return next(sector for sector in sectors() if sector.id == name)


def test_the_notice_names_five() -> None:
    """The notice's own list is news, publishing, education, film and television, religion."""
    named = {sector.id for sector in sectors() if sector.list is SectorList.NOTICE}
    assert named == {"news", "publishing", "education", "film_and_television", "religion"}


def test_no_word_stands_for_two_sectors() -> None:
    """An approval for one sector can never pass for another's."""
    meanings = defaultdict(set)
    for sector in sectors():
        for name in sector.names:
            meanings[name].add(sector.id)
    assert {name: ids for name, ids in meanings.items() if len(ids) > 1} == {}


@pytest.mark.parametrize(
    ("word", "sector"),
    [
        ("新闻", "news"),
        ("出版", "publishing"),
        ("教育", "education"),
        ("医疗保健", "healthcare"),
        ("药品和医疗器械", "drugs_and_medical_devices"),
        ("电子公告服务", "bulletin_boards"),
        ("文化", "culture"),
        ("广播电影电视节目", "film_and_television"),
        ("网络预约车", "ride_hailing"),
        ("互联网金融", "internet_finance"),
        ("校外培训", "after_school_training"),
        ("宗教", "religion"),
        ("影视", "film_and_television"),
        ("Film and Television", "film_and_television"),
        ("新聞", "news"),
        ("游戏", "games"),
    ],
)
def test_words_of_the_public_record_and_of_platforms(word: str, sector: str) -> None:
    """The registration system's words and those of a platform's form are known, each to one sector."""
    assert _named(word) == [sector]


@pytest.mark.parametrize("word", ["", "购物", "工具", "新闻出版", "以上都不涉及", "网络", "信息服务"])
def test_other_words_stand_for_none(word: str) -> None:
    """A word that names no sector, or two at once, or all of them, is not guessed at."""
    assert _named(word) == []


def test_medical_sectors_end_to_the_second() -> None:
    """Health care, drugs and medical devices are demanded until the revision of 2024 applies."""
    for name in ("healthcare", "drugs_and_medical_devices"):
        assert _sector(name).demanded(WIDER, MEDICAL_ENDS - SECOND)
        assert not _sector(name).demanded(WIDER, MEDICAL_ENDS)
        assert not _sector(name).demanded(NOTICE, MEDICAL_ENDS - SECOND)


def test_notice_sectors_begin_with_the_notice() -> None:
    """What only the notice demands of apps was not demanded before it."""
    for sector in sectors():
        if sector.list is SectorList.NOTICE:
            assert sector.demanded(NOTICE, TODAY)
            assert sector.demanded(NOTICE, NOTICE_DATED)
            assert not sector.demanded(NOTICE, NOTICE_DATED - SECOND)


def test_wider_sectors_are_asked_for_by_policy_only() -> None:
    """A sector of the wider lists is demanded only of those whose policy has them."""
    assert not _sector("games").demanded(NOTICE, TODAY)
    assert _sector("games").demanded(WIDER, TODAY)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row(row: dict[str, dict[str, str]]) -> None:
    """Each row is whole: both languages, dates in Beijing's time, a source that exists, a note."""
    for field in ("names", "authority", "document"):
        assert set(row[field]) == {"zh", "en"}
        assert all(row[field].values())
    for field in ("since", "until"):
        moment = row.get(field, TODAY)
        assert isinstance(moment, datetime)
        assert moment.utcoffset() == timedelta(hours=8)
    headings = re.findall(r"^### (.+)$", (ROOT / "docs" / "sources.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert row["source"]
    assert set(row["source"]) <= set(headings)
    assert row["note"]


def test_texts_are_whole() -> None:
    """What is read from the rows is what a reason needs, each sector once."""
    assert len({sector.id for sector in sectors()}) == len(ROWS)
    assert all(sector.authority and sector.document for sector in sectors())
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", sectors_version())
