"""Who a token stands for, and every way in which a file of tokens can be wrong."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError
from icpgate.registration.application import Actor
from icpgate.registration.states import Role
from icpgate.server.registration.tokens import Tokens

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "0123456789abcdef-token"  # noqa: S105 -- a test's
DIGEST = sha256(TOKEN.encode()).hexdigest()


def loaded(folder: Path, text: str) -> Tokens:
    """The tokens of a file with this text."""
    path = folder / "tokens.toml"
    path.write_text(text, encoding="utf-8")
    return Tokens.load(path)


def test_a_token_stands_for_its_account(tmp_path: Path) -> None:
    """By its digest, or by a file of its own beside the list."""
    (tmp_path / "bureau.token").write_text("bureau-token-00000001\n", encoding="utf-8")
    tokens = loaded(
        tmp_path,
        f'[[token]]\nrole = "operator"\nname = "示例科技有限公司"\nsha256 = "{DIGEST}"\n'
        '[[token]]\nrole = "bureau"\nname = "张示例"\nprovince = "蜀"\ntoken_file = "bureau.token"\n',
    )
    assert tokens.actor_of(TOKEN) == Actor(Role.OPERATOR, "示例科技有限公司")
    assert tokens.actor_of(" bureau-token-00000001 ") == Actor(Role.BUREAU, "张示例", "蜀")
    assert tokens.actor(sha256(TOKEN.encode()).digest()) == Actor(Role.OPERATOR, "示例科技有限公司")


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN + "x", DIGEST, "ünï", "\ud800"])
def test_any_other_stands_for_nobody(token: str) -> None:
    """Neither does none at all."""
    tokens = Tokens.of({TOKEN: Actor(Role.BUREAU, "张示例")})
    assert tokens.actor_of(token) is None
    assert tokens.actor(None) is None


def test_nothing_of_a_token_is_shown() -> None:
    """Not even its digest."""
    assert repr(Tokens.of({TOKEN: Actor(Role.BUREAU, "张示例")})) == "<Tokens: 1>"


ROW = f'[[token]]\nrole = "bureau"\nname = "张示例"\nsha256 = "{DIGEST}"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"\[\[token\]\] is expected"),
        ("token = 1", r"\[\[token\]\] is expected"),
        ("token = []", "no token at all"),
        ("token = [1]", "token 1: a table"),
        ("[token", "not TOML"),
        (ROW + "[other]", r"\[\[token\]\] is expected"),
        (ROW + ROW, "stands for two accounts"),
        (ROW + 'port = "1"', "token 1: a table"),
        (ROW.replace('"bureau"', "1"), "every value is a text"),
        (ROW.replace("bureau", "burau"), "the role is 'burau'"),
        (ROW.replace("张示例", " "), "a name of 1 to 64"),
        (ROW.replace("张示例", "x" * 65), "a name of 1 to 64"),
        (ROW.replace("张示例", "a\\u202eb"), "a name of 1 to 64"),
        (ROW + 'province = "四川"', "the province is '四川'"),
        (ROW.replace("bureau", "operator") + 'province = "蜀"', "the province is '蜀'"),
        (ROW.replace(DIGEST, DIGEST[1:]), "64 hexadecimal digits"),
        (ROW + 'token_file = "x"', "either sha256 or token_file"),
        (ROW.replace("sha256", "#"), "either sha256 or token_file"),
        (ROW.replace(f'sha256 = "{DIGEST}"', 'token_file = "none"'), "none"),
        (ROW.replace(f'sha256 = "{DIGEST}"', 'token_file = "short"'), "a token needs 16"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """With the place, and without a token."""
    (tmp_path / "short").write_text("secret-word", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words) as caught:
        loaded(tmp_path, text)
    assert DIGEST not in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        Tokens.load(tmp_path / "nowhere.toml")
