"""The glossary holds: its words exist, and the words it rules out are nowhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
RULED_OUT_HEADING = "## Words we do not use"


class RuledOut(NamedTuple):
    """One word that is not used, what is written for it, and where it stands all the same."""

    word: str
    instead: str
    exceptions: tuple[str, ...]

    def found_in(self, text: str, path: str) -> list[str]:
        """Where the word stands in a text, each place with a little around it."""
        if path in self.exceptions:
            return []
        for phrase in self.exceptions:
            text = text.replace(phrase, "·" * len(phrase))
        pattern = re.compile(rf"(?<![A-Za-z]){re.escape(self.word)}(?:s|es)?(?![A-Za-z])", re.IGNORECASE)
        return [text[max(0, m.start() - 30) : m.end() + 30] for m in pattern.finditer(text)]


def _rows(section: str) -> Iterator[list[str]]:
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def _sections() -> dict[str, str]:
    parts = re.split(r"^(## .+)$", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _ruled_out() -> list[RuledOut]:
    rows = _rows(_sections()[RULED_OUT_HEADING])
    return [RuledOut(word, instead, tuple(re.findall(r"`([^`]+)`", exceptions))) for word, instead, exceptions in rows]


def _texts() -> dict[str, str]:
    """Every text that is held to the glossary, without addresses and with blanks for line breaks."""
    paths = [
        *sorted((ROOT / "src").rglob("*.py")),
        *sorted((ROOT / "src").rglob("*.toml")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted(ROOT.glob("README*.md")),
    ]
    texts = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        if path == GLOSSARY:
            text = text.partition(RULED_OUT_HEADING)[0]
        without_addresses = re.sub(r"https?://[^\s>)\]]+", "", text)
        texts[path.relative_to(ROOT).as_posix()] = re.sub(r"\s+", " ", without_addresses)
    return texts


def _names() -> set[str]:
    """Every name that some module of icpgate makes public; read, not imported, because of the extras."""
    names: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                names.update(ast.literal_eval(node.value))
    return names


@pytest.mark.parametrize("ruled_out", _ruled_out(), ids=lambda r: r.word)
def test_word_is_not_used(ruled_out: RuledOut) -> None:
    """Where the glossary has a word for a thing, no other is used."""
    used = [f"{path}: …{place}…" for path, text in _texts().items() for place in ruled_out.found_in(text, path)]
    assert not used, f"write {ruled_out.instead!r} for {ruled_out.word!r}:\n" + "\n".join(used)


def test_a_ruled_out_word_is_found() -> None:
    """The search sees a word in prose, in a name and in the plural, and not inside another word."""
    word = RuledOut("owner", "operator", ("code owners",))
    assert word.found_in("the Owner pays", "a.md")
    assert word.found_in("owner_name = 1", "a.py")
    assert word.found_in("its owners", "a.md")
    assert not word.found_in("ownership of code owners", "a.md")


def test_no_exception_is_left_over() -> None:
    """An exception that nothing needs any more is taken out of the table."""
    texts = _texts()
    everything = " ".join(texts.values())
    unused = [
        f"{ruled_out.word}: {exception}"
        for ruled_out in _ruled_out()
        for exception in ruled_out.exceptions
        if exception not in texts and exception not in everything and exception not in OFFERED
    ]
    assert not unused


OFFERED = {"Apache License", "LICENSE"}
"""Allowed before the first page needs them: the names of a file and of a text that are not ours."""


def test_one_row_a_word() -> None:
    """No word is explained twice, and none without a meaning."""
    sections = _sections()
    field = list(_rows(sections["## Words of the field"]))
    gate = list(_rows(sections["## Words of the gate"]))
    assert all(meaning for *_, meaning in [*field, *gate])
    words = [word for row in field for word in row[2].split(", ")] + [row[0] for row in gate]
    assert len(words) == len(set(words))


def test_named_classes_exist() -> None:
    """A class or member that the glossary names is there under that name."""
    public = _names()
    named = re.findall(r"`([A-Z][A-Za-z]*[a-z][A-Za-z]*)(?:\.[A-Z_]+)?`", GLOSSARY.read_text(encoding="utf-8"))
    wanted = set(named) - {"Ztbah", "Wzbah", "Wzmc", "Cxtj", "Cxtjlx"}
    assert wanted - public == set()
