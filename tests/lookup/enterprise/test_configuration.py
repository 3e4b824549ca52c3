"""The configuration of the enterprise registry: every key, and every defect with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from icpgate.document import DocumentType
from icpgate.errors import ConfigurationError
from icpgate.lookup.enterprise.configuration import PATH, Configuration, load_file, load_text
from icpgate.lookup.enterprise.hours import Window

PAGE = Path(__file__).parents[3] / "docs" / "enterprise.md"
LEAST = """
namespace = "http://beianstatus.example.cn/"
isp_id = "110000000211"
user_name = "example"
[bureaus]
"蜀" = "https://sichuan.example.cn"
"""


def documented() -> str:
    """The worked example of the page."""
    return PAGE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]


def refused(text: str) -> str:
    """What is said of a configuration that is refused."""
    with pytest.raises(ConfigurationError) as caught:
        load_text(text)
    return str(caught.value)


def test_the_least() -> None:
    """An endpoint, a namespace, an account: it believes no *no*, and asks nothing that is not specified."""
    configuration = load_text(LEAST)
    [bureau] = configuration.bureaus.values()
    assert bureau.url == f"https://sichuan.example.cn{PATH}"
    assert (bureau.place, bureau.isp_id, bureau.user_name, bureau.password) == (
        "蜀", "110000000211", "example", "password",
    )  # fmt: skip
    assert (configuration.home, configuration.id, configuration.charset) == ("蜀", "enterprise", "GBK")
    assert not configuration.authoritative
    assert not configuration.observed_app_query
    assert configuration.cacheable
    assert (configuration.maintenance, configuration.secrets, configuration.conditions) == ((), {}, {})


def test_the_example_of_the_page() -> None:
    """Is one, and has every key."""
    configuration = load_text(documented())
    assert set(configuration.bureaus) == {"蜀", "京"}
    assert configuration.bureaus["京"].isp_id == "110000000999"
    assert configuration.bureaus["京"].password == "beijing"  # noqa: S105 -- the name of a secret
    assert configuration.home == "蜀"
    assert configuration.observed_app_query
    assert configuration.maintenance == (Window.parse("23:30-06:00"),)
    assert configuration.conditions == {DocumentType.ORGANISATION_CODE: 3}
    assert configuration.parameters.isp_id == "ispID"
    assert configuration.parameters.second_condition == "queryCondition2"


def test_every_key_is_documented() -> None:
    """In the table of the page."""
    keys = re.search(r"known: ([a-z_, ]+)", refused(LEAST.replace("isp_id", "zzzzzzzzz", 1)))
    assert keys is not None
    page = PAGE.read_text(encoding="utf-8")
    assert [key for key in keys[1].split(", ") if f"| `{key}` |" not in page and f"`[{key}]`" not in page] == []


def test_aliases_and_all() -> None:
    """川 is 蜀, and an endpoint of all is one."""
    assert set(load_text(LEAST.replace("蜀", "川")).bureaus) == {"蜀"}
    everywhere = load_text(LEAST.replace('"蜀"', "all"))
    assert set(everywhere.bureaus) == {"all"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("namespace =", "namespaces =", "namespaces: unknown key (did you mean namespace?)"),
        ("namespace =", "id =", "namespace: missing"),
        ('isp_id = "110000000211"', "", "bureaus.蜀.isp_id: missing"),
        ('"110000000211"', '"1-1"', "bureaus.蜀.isp_id"),
        ('user_name = "example"', "", "bureaus.蜀.user_name: missing"),
        ('"example"', '"𠮷"', "bureaus.蜀.user_name: missing, or with a character"),
        ("example.cn/", "example.cn/ x", "namespace: not a name of ASCII without blanks"),
        ('"蜀" =', '"新疆省" =', "bureaus.新疆省: not a province"),
        ("https://", "ftp://", "bureaus.蜀.url: neither http:// nor https://"),
        ("https://", "http://", "bureaus.蜀.url: http:// beyond this machine"),
        ("https://", "https://u:s3cret@", "bureaus.蜀.url: credentials in the address"),
        ('"https://sichuan.example.cn"', "3", "bureaus.蜀.url: missing"),
        ('"https://sichuan.example.cn"', "{ url = 'https://a.cn', user = 'x' }", "bureaus.蜀.user: unknown key"),
        ('"蜀" = "https://sichuan.example.cn"', "", "bureaus: missing"),
        ('cn"\n', 'cn"\n"川" = "https://b.cn"\n', "bureaus.川: a second endpoint of 蜀"),
        ("[bureaus]", 'home = "京"\n[bureaus]', "home: '京' is no bureau of this configuration"),
        ("[bureaus]", 'path = "x"\n[bureaus]', "path: not a path"),
        ("[bureaus]", 'path = "/a?wsdl"\n[bureaus]', "path: not a path"),
        ("[bureaus]", 'path = "/../a"\n[bureaus]', "path: not a path"),
        ("[bureaus]", 'charset = "big5"\n[bureaus]', "charset: 'big5' is not known"),
        ("[bureaus]", "authoritative = true\n[bureaus]", "scope: missing"),
        ("[bureaus]", 'scope = "everything"\n[bureaus]', "scope: 'everything' is not a scope"),
        ("[bureaus]", 'observed_app_query = "yes"\n[bureaus]', "observed_app_query: str given"),
        ("[bureaus]", 'maintenance = "23:00-01:00"\n[bureaus]', "maintenance: str given"),
        ("[bureaus]", 'maintenance = ["23:00"]\n[bureaus]', "maintenance[0]: '23:00' given"),
        ("[bureaus]", "maintenance = [3]\n[bureaus]", "maintenance[0]: '3' given"),
        ("[bureaus]", "[conditions]\npass_port = 7\n[bureaus]", "conditions.pass_port"),
        ("[bureaus]", "[conditions]\npassport = 0\n[bureaus]", "conditions.passport: '0' given"),
        ("[bureaus]", "[conditions]\npassport = 102\n[bureaus]", "conditions.passport: '102' given"),
        ("[bureaus]", "[conditions]\npassport = true\n[bureaus]", "conditions.passport: 'True' given"),
        ("[bureaus]", '[parameters]\nisp_id = "a b"\n[bureaus]', "parameters.isp_id: not the name of a parameter"),
        ("[bureaus]", '[parameters]\nuser = "a"\n[bureaus]', "parameters.user: unknown key"),
        ("[bureaus]", '[secrets]\npassword = "hunter2"\n[bureaus]', "secrets.password: not env:NAME or file:PATH"),
        ("[bureaus]", '[secrets]\nother = "env:X"\n[bureaus]', "secrets.other: unknown secret"),
        ("[bureaus]", "[bureaus", "not TOML"),
    ],
)
def test_what_is_refused(before: str, after: str, said: str) -> None:
    """With its place, and without a secret."""
    text = refused(LEAST.replace(before, after, 1))
    assert said in text
    assert "hunter2" not in text
    assert "s3cret" not in text


def test_every_defect_at_once() -> None:
    """Not the first alone."""
    text = refused('charset = "x"\nhome = "京"\n')
    assert all(place in text for place in ("charset", "home", "bureaus", "namespace"))


def test_http_in_clear_has_to_be_asked_for() -> None:
    """By its name: anybody on the way can repeat a call."""
    text = LEAST.replace("https://", "http://").replace("[bureaus]", "insecure_http = true\n[bureaus]")
    assert load_text(text).bureaus["蜀"].url == f"http://sichuan.example.cn{PATH}"


def test_files(tmp_path: Path) -> None:
    """Their name stands in what is said; one that is none is told."""
    path = tmp_path / "bureau.toml"
    path.write_text(LEAST, encoding="utf-8")
    assert isinstance(load_file(path), Configuration)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match=r"bureau\.toml: not a file of UTF-8"):
        load_file(path)
    with pytest.raises(ConfigurationError, match="No such file"):
        load_file(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="not a file"):
        load_file("a\0b")


def test_a_secret_is_in_no_repr() -> None:
    """Nor is the user."""
    text = LEAST.replace("[bureaus]", '[secrets]\npassword = "env:HIDDEN"\n[bureaus]')
    shown = repr(load_text(text))
    assert "HIDDEN" not in shown
    assert "'example'" not in shown
