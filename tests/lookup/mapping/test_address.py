"""Where an API begins."""

from __future__ import annotations

import pytest

from icpgate.errors import ConfigurationError
from icpgate.lookup.mapping.address import Address, encoded_path


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://registry.example.cn", "https://registry.example.cn"),
        ("https://registry.example.cn/", "https://registry.example.cn"),
        ("HTTPS://Registry.Example.CN:443/Prefix//", "https://registry.example.cn/Prefix"),
        ("https://registry.example.cn:8443/a/b", "https://registry.example.cn:8443/a/b"),
        ("https://registry.example.cn./", "https://registry.example.cn."),
        ("https://localhost", "https://localhost"),
        ("https://my_registry:8080", "https://my_registry:8080"),
        ("https://例子.中国/查询", "https://xn--fsqu00a.xn--fiqs8s/%E6%9F%A5%E8%AF%A2"),
        ("https://registry.example.cn/%E6%9F%A5", "https://registry.example.cn/%E6%9F%A5"),
        ("https://203.0.113.7/x", "https://203.0.113.7/x"),
        ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:80/x", "http://localhost/x"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address(url: str, text: str) -> None:
    """In one form, ASCII, without a slash at its end."""
    assert Address.parse(url).text == text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("registry.example.cn", "neither http:// nor https://"),
        ("ftp://registry.example.cn", "neither http:// nor https://"),
        ("file:///etc/passwd", "neither http:// nor https://"),
        ("", "neither http:// nor https://"),
        ("https://", "a host that is none"),
        ("https:///x", "a host that is none"),
        ("https://a..b", "a host that is none"),
        ("https://-a.cn", "a host that is none"),
        ("https://2130706433/", "a host that is none"),
        ("https://127.1/", "a host that is none"),
        ("https://0x7f.0.0.1/", "a host that is none"),
        (f"https://{'a' * 64}.cn", "a host that is none"),
        (f"https://{'a.' * 127}cn", "a host that is none"),
        ("https://a%2eb.cn", "a host that is none"),
        ("https://user:s3cret@registry.example.cn", "credentials in the address"),
        ("https://s3cret@registry.example.cn", "credentials in the address"),
        ("https://registry.example.cn/?key=s3cret", "a query or fragment"),
        ("https://registry.example.cn/?", "a query or fragment"),
        ("https://registry.example.cn/#s3cret", "a query or fragment"),
        ("https://registry.example.cn:0", "a port of 0"),
        ("https://registry.example.cn:99999", "not an address"),
        ("https://registry.example.cn:s3cret", "not an address"),
        ("https://[::1", "not an address"),
        ("https://registry.example.cn\\@evil.example", "not an address"),
        ("https://registry.example.cn/a b", "not an address"),
        ("https://registry.example.cn/\n", "not an address"),
        ("https://registry.example.cn/{number}", "not an address"),
        ("https://registry.example.cn/a/../b", "with . or .."),
        ("https://registry.example.cn/%2e%2E/b", "with . or .."),
        ("https://registry.example.cn/100%", "encodes nothing"),
        ("http://registry.example.cn", "beyond this machine"),
        ("http://10.0.0.1", "beyond this machine"),
        ("http://localhost.example.cn", "beyond this machine"),
        ("http://127.0.0.1.example.cn", "beyond this machine"),
        (None, "not an address"),
        (b"https://registry.example.cn", "not an address"),
    ],
)
def test_what_is_no_address(url: object, said: str) -> None:
    """Refused, without a word of what may be a password."""
    with pytest.raises(ConfigurationError, match=r"url: ") as caught:
        Address.parse(url)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_http_beyond_this_machine_is_asked_for_by_name() -> None:
    """Everybody on the way can read and change what goes there."""
    assert Address.parse("http://10.0.0.1:8000", insecure_http=True).text == "http://10.0.0.1:8000"
    with pytest.raises(ConfigurationError, match="neither http"):
        Address.parse("ftp://10.0.0.1", insecure_http=True)


def test_a_path_is_encoded_once() -> None:
    """What is encoded already stays as it is."""
    assert encoded_path("/a b/%20/é?#") == "/a%20b/%20/%C3%A9%3F%23"
