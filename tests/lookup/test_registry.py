"""Registries by their URL, and what they say they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByNumber
from icpgate.errors import ConfigurationError, RegistryFileError
from icpgate.lookup import Capabilities, Registry, SimpleRegistry, registry_from_url
from icpgate.lookup.registries.snapshot import SnapshotRegistry
from icpgate.lookup.transport import Transport
from tests.lookup.files import imported, row

if TYPE_CHECKING:
    from pathlib import Path


def test_a_snapshot_by_its_url(tmp_path: Path) -> None:
    """The path stands behind the colon as it is."""
    imported(tmp_path / "registry.icpdb", row())
    registry = registry_from_url(f"snapshot:{tmp_path / 'registry.icpdb'}")
    assert isinstance(registry, SnapshotRegistry)
    assert isinstance(registry, Registry)
    assert registry.id == "snapshot:registry.icpdb"
    registry.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "'' is not the URL of a registry"),
        ("registry.icpdb", "did you mean snapshot:registry.icpdb?"),
        ("快照:registry.icpdb", "not the URL of a registry"),
        ("snapshto:registry.icpdb", "did you mean snapshot:?"),
        ("ftp://example.cn", "'ftp' is not a kind of registry"),
        ("snapshot:", "without the path of a file"),
        ("sqlite:", "without the path of a file"),
        ("postgresql:", "without the name of a database"),
        ("postgres://user:secret@host/db", "did you mean postgresql:?"),
        ("json_api:", "without the path of a mapping"),
    ],
)
def test_urls_that_are_none(url: str, said: str) -> None:
    """The error names what was meant, and never a secret."""
    with pytest.raises(ConfigurationError) as caught:
        registry_from_url(url)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_missing_file_is_refused_at_once(tmp_path: Path) -> None:
    """A gate over a file that is not there would never allow anything."""
    with pytest.raises(RegistryFileError, match="no such file"):
        registry_from_url(f"snapshot:{tmp_path / 'none.icpdb'}")


def test_kinds_of_query_of_capabilities() -> None:
    """What can be asked, as the client tests it."""
    assert Capabilities().queries == (ByNumber,)
    assert Capabilities(by_number=False, by_document=True).queries == (ByDocument,)


ENTERPRISE = """
namespace = "http://beianstatus.example.cn/"
isp_id = "110000000211"
user_name = "example"
home = "蜀"
[bureaus]
"蜀" = "https://sichuan.example.cn"
[secrets]
password = "file:secret"
"""
PLATFORM = """
[[program]]
platform = "wechat"
number = "京ICP备2026999901号-4X"
package = "wx0123456789abcdef"
token = "file:secret"
url = "http://platform.example.cn"
"""
MAPPING = """
[request.number]
path = "/{number}"
headers = { Authorization = "Bearer {secret:token}" }
[secrets]
token = "file:secret"
[records]
object = ""
[record]
registration_number = "/number"
status = { constant = "registered" }
"""
FILES = {
    "enterprise": ENTERPRISE,
    "gateway": 'url = "http://gateway.example.cn"\n[secrets]\ntoken = "file:secret"\n',
    "platform": PLATFORM,
    "json_api": f'url = "http://api.example.cn"\n{MAPPING}',
}


@pytest.mark.parametrize("scheme", FILES)
def test_a_registry_by_the_file_of_its_settings(scheme: str, tmp_path: Path) -> None:
    """Its secrets stand beside it, wherever the program runs; it travels as was stated, in clear only by name."""
    path = tmp_path / "settings.toml"
    path.write_text(FILES[scheme], encoding="utf-8")
    (tmp_path / "secret").write_text("Passw0rd")
    url = f"{scheme}:{path}"
    registry = registry_from_url(url, insecure_http=True, transport=Transport(connections=3))
    assert isinstance(registry, SimpleRegistry)
    assert registry.channel is not None
    assert registry.channel.connections == 3
    plain = registry_from_url(url, insecure_http=True)
    assert isinstance(plain, SimpleRegistry)
    assert plain.channel is None
    registry_from_url(url, transport=Transport(insecure_http=True))
    if scheme != "enterprise":  # it has its own word for it
        with pytest.raises(ConfigurationError, match="beyond this machine"):
            registry_from_url(url, transport=Transport(connections=3))
    (tmp_path / "secret").unlink()
    with pytest.raises(ConfigurationError, match="No such file"):
        registry_from_url(url, insecure_http=True)
