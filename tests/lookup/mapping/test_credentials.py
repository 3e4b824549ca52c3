"""Secrets: where they come from, and where they never stand."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError
from icpgate.lookup.mapping.credentials import Credentials, secret_defect

if TYPE_CHECKING:
    from pathlib import Path


def test_where_a_secret_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text, an environment variable, the first line of a file."""
    file = tmp_path / "token"
    file.write_text("\n  from-file \nsecond line\n", encoding="utf-8")
    monkeypatch.setenv("SOME_TOKEN", "from-env")
    credentials = Credentials({"a": "literal", "b": "env:SOME_TOKEN", "c": f"file:{file}", "d": "http://x:y"})
    assert {name: credentials[name] for name in credentials} == {
        "a": "literal",
        "b": "from-env",
        "c": "from-file",
        "d": "http://x:y",
    }


def test_a_secret_is_shown_nowhere() -> None:
    """Neither in repr nor in a pickle."""
    credentials = Credentials({"token": "s3cret"})
    assert repr(credentials) == "Credentials(token)"
    assert "s3cret" not in str(credentials)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(credentials)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("env:NO_SUCH_VARIABLE_HERE", "the environment variable NO_SUCH_VARIABLE_HERE is not set"),
        ("file:no/such/file", "its file cannot be read: No such file"),
        ("file:\0", "its path is none"),
        ("", "empty"),
        (" ", "empty"),
        ("env:", "empty"),
        ("file:", "empty"),
        ("s3cret\r\nX-Other: 1", "cannot be seen"),
        (7, "int given"),
        (None, "NoneType given"),
    ],
)
def test_what_is_no_secret(value: str, said: str) -> None:
    """The error names the secret and where it should be, never what it is."""
    with pytest.raises(ConfigurationError, match=r"secrets\.token: ") as caught:
        Credentials({"token": value})
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\n\n", "empty"), (b"\xff\xfe", "not UTF-8"), (b"x" * 16_385, "more than 16,384 bytes")],
    ids=["empty", "blank", "binary", "large"],
)
def test_what_is_no_file_of_a_secret(tmp_path: Path, content: bytes, said: str) -> None:
    """A device or a dump is not read whole."""
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=said):
        Credentials({"token": f"file:{file}"})


def test_what_is_wrong_is_known_before_it_is_resolved() -> None:
    """A mapping is checked where the variable need not be set."""
    assert secret_defect("env:SOME_TOKEN") is None
    assert secret_defect("s3cret") is None
    assert "empty" in str(secret_defect(""))
