"""The persons responsible: sealed for one application, by a key that nothing shows."""

from __future__ import annotations

import base64
import pickle
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from icpgate.registration.persons import KEY_FILE_VARIABLE, KEY_VARIABLE, Vault, vault_from
from icpgate.registration.refusals import PersonsRefused, RegistrationError
from tests.registration.forms import persons

if TYPE_CHECKING:
    from pathlib import Path

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
"""The same in every worker: it is in the names of tests."""

APPLICATION = "a-2026-000001"
PRIVATE = ("张示例", "李示例", "13800000000", "13900000001", "zhang@example.cn", "51010719900101001", KEY)
"""What stands in the persons and their key, and may stand nowhere else."""


def _refused(blob: bytes, application: str = APPLICATION, vault: Vault | None = None) -> PersonsRefused:
    with pytest.raises(PersonsRefused) as raised:
        (Vault(KEY) if vault is None else vault).open(blob, application)
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + str(vars(raised.value))
    assert [word for word in PRIVATE if word in told] == []
    return raised.value


def test_what_was_sealed_opens() -> None:
    """For the same application, with the same key, in another process's vault."""
    assert Vault(KEY).open(Vault(KEY).seal(persons(), APPLICATION), APPLICATION) == persons()


@settings(max_examples=40)
@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5)))
def test_any_json_comes_back_as_it_was(sealed: dict[str, Any]) -> None:
    """Whatever the texts are; halves of characters cannot be in JSON, and are refused."""
    vault = Vault(KEY)
    assert vault.open(vault.seal(sealed, APPLICATION), APPLICATION) == sealed


def test_nothing_is_readable_and_nothing_repeats() -> None:
    """No name, number or key stands in the bytes; the same persons never give the same bytes twice."""
    vault = Vault(KEY)
    one, other = vault.seal(persons(), APPLICATION), vault.seal(persons(), APPLICATION)
    assert [word for word in PRIVATE if word.encode() in one] == []
    assert one[5:17] != other[5:17]
    assert one[17:] != other[17:]


def test_the_form_of_what_is_kept() -> None:
    """A byte for the form, four for the key, a nonce of twelve, then AES-256 in GCM bound to the application."""
    blob = Vault(KEY).seal({"entity": {}}, APPLICATION)
    key = base64.urlsafe_b64decode(KEY + "=")
    assert blob[0] == 1
    assert len(key) == 32
    assert AESGCM(key).decrypt(blob[5:17], blob[17:], APPLICATION.encode()) == b'{"entity":{}}'


def test_it_does_not_open_for_another_application() -> None:
    """Bytes that somebody moved in the database are no one else's persons."""
    blob = Vault(KEY).seal(persons(), APPLICATION)
    assert "another application's" in _refused(blob, "a-2026-000002").message


def test_another_key_does_not_open_it() -> None:
    """And the error says which remedy there is."""
    error = _refused(Vault(KEY).seal(persons(), APPLICATION), vault=Vault(Vault.new_key()))
    assert "another key" in error.message
    assert "older" in error.hint


def test_every_damaged_byte_is_noticed() -> None:
    """One bit anywhere, a cut, or anything added: nothing opens."""
    blob = Vault(KEY).seal(persons(), APPLICATION)
    for place in range(len(blob)):
        _refused(blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :])
    for length in (0, 1, 4, 5, 10, 17, 20, len(blob) - 1):
        _refused(blob[:length])
    _refused(blob + b"\0")


def test_keys_are_replaced_one_after_the_other() -> None:
    """The new key seals, the older ones still open; without them what they sealed is closed."""
    oldest, old, new = Vault.new_key(), Vault.new_key(), Vault.new_key()
    first, second = Vault(oldest).seal(persons(), "1"), Vault(old).seal(persons(), "2")
    vault = Vault(new, older=[old, oldest])
    assert vault.open(first, "1") == vault.open(second, "2") == persons()
    sealed = vault.seal(persons(), "3")
    assert Vault(new).open(sealed, "3") == persons()
    _refused(first, "1", vault=Vault(new, older=[old]))


def test_a_key_that_is_listed_twice_is_one_key() -> None:
    """The first one seals all the same."""
    vault = Vault(KEY, older=[Vault.new_key(), KEY])
    assert repr(vault) == "Vault(2 keys)"
    assert Vault(KEY).open(vault.seal(persons(), APPLICATION), APPLICATION) == persons()


def test_no_key_is_shown() -> None:
    """Neither by the vault nor by what refuses a key."""
    assert KEY not in repr(Vault(KEY)) + str(Vault(KEY)) + str(vars(Vault(KEY)))
    with pytest.raises(PersonsRefused) as raised:
        Vault(KEY + "A")
    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_keys_are_new_each_time() -> None:
    """43 letters of base64url, never the same."""
    keys = {Vault.new_key() for _ in range(50)}
    assert len(keys) == 50
    assert {len(key) for key in keys} == {43}
    assert Vault(f" {KEY}\n").open(Vault(KEY).seal({}, "1"), "1") == {}
    assert Vault(KEY + "=").open(Vault(KEY).seal({}, "1"), "1") == {}


@pytest.mark.parametrize(
    "key",
    ["", "short", KEY[:-1], KEY + KEY, "钥" * 43, "A" * 43, KEY[:20] + "!" + KEY[21:], None, 7, b"k" * 32],
    ids=["empty", "short", "cut", "twice", "chinese", "all the same", "another sign", "none", "an integer", "bytes"],
)
def test_what_is_no_key_is_refused(key: object) -> None:
    """Before anything is sealed with it, for the first key and for an older one."""
    with pytest.raises(PersonsRefused, match="base64url"):
        Vault(key)  # type: ignore[arg-type]  # what a caller may hand in all the same
    with pytest.raises(PersonsRefused, match="base64url"):
        Vault(KEY, older=[key])  # type: ignore[list-item]  # as above


@pytest.mark.parametrize(
    "value", [{"a": "\ud800张示例"}, {"a": float("nan")}, {"a": {1, 2}}, ["张示例"], "张示例", None]
)
def test_what_is_no_json_is_not_sealed(value: object) -> None:
    """The error says nothing of it."""
    with pytest.raises(PersonsRefused) as raised:
        Vault(KEY).seal(value, APPLICATION)  # type: ignore[arg-type]  # as above
    assert "张示例" not in "".join(traceback.format_exception(raised.value))


def test_an_endless_object_is_not_sealed() -> None:
    """One that contains itself."""
    endless: dict[str, object] = {}
    endless["a"] = endless
    with pytest.raises(PersonsRefused):
        Vault(KEY).seal(endless, APPLICATION)


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(PersonsRefused, match=r"icpgate\[crypto\]"):
        Vault(KEY)


def test_it_is_an_error_of_the_registration_system() -> None:
    """With a code, and it survives a pool of processes."""
    error = pickle.loads(pickle.dumps(_refused(b"")))  # noqa: S301 -- our own bytes
    assert isinstance(error, RegistrationError)
    assert error.code == "registration.persons"


# --- where the key is -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.delenv(KEY_FILE_VARIABLE, raising=False)


def _key_file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "persons.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def _opens(vault: Vault | None, *keys: str) -> bool:
    assert vault is not None
    return all(vault.open(Vault(key).seal(persons(), "1"), "1") == persons() for key in keys)


def test_no_key_no_vault() -> None:
    """Nothing is made up where nothing is stated."""
    assert vault_from() is None


def test_the_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older keys stand after it."""
    older = Vault.new_key()
    monkeypatch.setenv(KEY_VARIABLE, f"{KEY} {older}")
    assert _opens(vault_from(), KEY, older)


def test_the_key_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by the environment or by the caller; the first line seals, those below open."""
    older = Vault.new_key()
    path = _key_file(tmp_path, f"{KEY}\n{older}\n")
    monkeypatch.setenv(KEY_FILE_VARIABLE, path)
    monkeypatch.setenv(KEY_VARIABLE, Vault.new_key())
    for vault in (vault_from(), vault_from(path)):
        assert _opens(vault, KEY, older)
        assert vault is not None
        assert Vault(KEY).open(vault.seal({}, "1"), "1") == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602, 0o610])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Nor may they write it, or come to it by their group; the error says what to do."""
    path = _key_file(tmp_path, KEY, mode)
    with pytest.raises(PersonsRefused, match="others may read") as raised:
        vault_from(path)
    assert "chmod 600" in raised.value.hint
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "has no key"), ("\n \n", "has no key"), ("密钥", "not a key"), ("nonsense", "43 random letters"),
     (f"{KEY}\nnonsense", "43 random letters")],
)  # fmt: skip
def test_a_file_without_a_key_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Also one with a good key above something else; no message repeats what is in it."""
    with pytest.raises(PersonsRefused, match=message) as raised:
        vault_from(_key_file(tmp_path, text))
    assert "nonsense" not in "".join(traceback.format_exception(raised.value))
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("name", ["missing.key", ".", "a\0b", "missing\u202e.key"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    """Not a vault without a key."""
    with pytest.raises(PersonsRefused, match="cannot be read") as raised:
        vault_from(str(tmp_path / name))
    assert str(raised.value).isprintable()
