"""
What is wrong with an answer of the enterprise-side interface, F54 to F62: each still has the record that allows.

A behaviour is given the call and the address of the sink, which must never be asked for anything, and makes the
answer. They are played by `icpgate.testing.enterprise.EnterpriseServer`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from icpgate.testing.enterprise import EnterpriseAnswer, enveloped, returning

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.testing.enterprise import EnterpriseCall

__all__ = ["FOUND", "RIGHT", "SOAP_FAULTS", "SoapFault", "fields_of"]

FOUND: Final = "found"
"""What a row that says *serve* comes to."""

RIGHT: Final = {
    "Wzmc": "挖煤姬",
    "Ztbah": "蜀ICP备2021014694号",
    "Wzbah": "蜀ICP备2021014694号-10A",
    "Bazt": "0",
}
"""The record that allows, without the condition."""

Makes: TypeAlias = "Callable[[EnterpriseCall, str], EnterpriseAnswer]"


@dataclass(frozen=True, slots=True)
class SoapFault:
    """
    A behaviour by its row and name, and the words one of which must come: `found`, or a why.

    `once`: asking again is no use, so there is exactly one call.
    """

    row: str
    name: str
    make: Makes
    says: frozenset[str]
    once: bool = True

    def __str__(self) -> str:
        """As a test is named."""
        return f"{self.row}-{self.name}"


def fields_of(call: EnterpriseCall) -> dict[str, str]:
    """The fields of the right answer to a call."""
    told = call.parameters
    echoed = {"Cxtjlx": told["queryConditionType"], "Cxtj": told["queryCondition"]}
    second = told.get("queryCondition2")
    return echoed | ({"Cxtj2": second} if second is not None else {}) | RIGHT


def inner_of(call: EnterpriseCall) -> str:
    """The right answer, without its envelope."""
    return returning("0", fields_of(call))


def _right(call: EnterpriseCall, _: str) -> EnterpriseAnswer:
    return EnterpriseAnswer(enveloped(inner_of(call)))


def _altered(change: Callable[[str], str], *, status: int = 200) -> Makes:
    """The right answer with another inner text."""
    return lambda call, _: EnterpriseAnswer(enveloped(change(inner_of(call))), status)


def _bare(change: Callable[[str, str], str], call: EnterpriseCall, sink: str) -> EnterpriseAnswer:
    """The right answer with its elements in place, and the whole text changed; `change` is given the sink too."""
    text = enveloped(inner_of(call), form="elements").decode("gb18030")
    return EnterpriseAnswer(change(text, sink).encode("gb18030"))


def _escaped(change: Callable[[str, str], str], call: EnterpriseCall, sink: str) -> EnterpriseAnswer:
    """The same change within the text that the envelope holds."""
    text = change('<?xml version="1.0" encoding="GBK"?>\n' + inner_of(call), sink)
    return EnterpriseAnswer(enveloped(text.partition("?>")[2].lstrip()))


def _doctype(subset: str, entity: str = "&e;") -> Callable[[str, str], str]:
    """A document type whose entity stands where the state was."""

    def change(text: str, sink: str) -> str:
        declaration, _, rest = text.partition("?>")
        told = subset.replace("SINK", sink)
        return f"{declaration}?><!DOCTYPE x {told}>{rest.replace('<Bazt>0<', f'<Bazt>{entity}<')}"

    return change


_BOMB: Final = '<!ENTITY a0 "0">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
_DOCTYPES: Final = {
    "xxe-file": _doctype('[<!ENTITY e SYSTEM "file:///etc/hostname">]'),
    "xxe-http": _doctype('[<!ENTITY e SYSTEM "SINK/xxe">]'),
    "dtd-http": _doctype('SYSTEM "SINK/x.dtd"', "0"),
    "internal-entity": _doctype('[<!ENTITY e "0">]'),
    "parameter-entity": _doctype('[<!ENTITY % p SYSTEM "SINK/p.dtd"> %p;]', "0"),
    "bomb": _doctype(f"[{_BOMB}]", "&a9;"),
    "quadratic": _doctype(f'[<!ENTITY e "{"0" * 50_000}">]', "&e;" * 2_000),
    "empty-doctype": _doctype("", "0"),
}


def _deep(text: str, _: str) -> str:
    return text.replace("<msg>", "<x>" * 100_000 + "</x>" * 100_000 + "<msg>")


def _lying(call: EnterpriseCall, _: str, *, body: str, header: str) -> EnterpriseAnswer:
    """Declared as GBK within, whatever it is."""
    text = enveloped(inner_of(call)).decode("gb18030")
    return EnterpriseAnswer(text.encode(body), content_type=header)


def _undeclared(call: EnterpriseCall, _: str) -> EnterpriseAnswer:
    body = enveloped(inner_of(call)).partition(b"?>")[2].strip()
    return EnterpriseAnswer(body, content_type="text/xml")


def _fault(call: EnterpriseCall, _: str, *, status: int, code: str = "soapenv:Server") -> EnterpriseAnswer:
    """A fault with the record left behind it."""
    fault = f"<soapenv:Fault><faultcode>{code}</faultcode><faultstring>x</faultstring></soapenv:Fault>"
    text = enveloped(inner_of(call)).decode("gb18030").replace("<soapenv:Body>", f"<soapenv:Body>{fault}")
    return EnterpriseAnswer(text.encode("gb18030"), status)


def _coded(code: str) -> Makes:
    """The record beside a code that is not success."""
    return lambda call, _: EnterpriseAnswer(enveloped(returning(code, fields_of(call))))


def _told(**changes: str) -> Makes:
    """Other fields; a change to nothing but a dash leaves the field out."""

    def make(call: EnterpriseCall, _: str) -> EnterpriseAnswer:
        fields = {name: text for name, text in (fields_of(call) | changes).items() if text != "-"}
        return EnterpriseAnswer(enveloped(returning("0", fields)))

    return make


def _state(text: str) -> Makes:
    return _altered(lambda inner: inner.replace("<Bazt>0</Bazt>", text))


def _json(call: EnterpriseCall, _: str) -> EnterpriseAnswer:
    body = json.dumps({"return": {"msg_code": 0, "StatusInfo": fields_of(call)}}, ensure_ascii=False)
    return EnterpriseAnswer(body.encode("gb18030"))


def _html(call: EnterpriseCall, _: str, *, kind: str) -> EnterpriseAnswer:
    page = f"<html><body>请完成验证{inner_of(call)}</body></html>"
    return EnterpriseAnswer(page.encode("gb18030"), content_type=kind)


def _cut(call: EnterpriseCall, _: str) -> EnterpriseAnswer:
    body = enveloped(inner_of(call))
    return EnterpriseAnswer(body[: -len("</soapenv:Body></soapenv:Envelope>")])


def _of(row: str, words: str, makes: dict[str, Makes], *, once: bool = True) -> list[SoapFault]:
    return [SoapFault(row, f"soap-{name}", make, frozenset(words.split()), once) for name, make in makes.items()]


_NO_STATES: Final = {
    "status-empty": "<Bazt></Bazt>",
    "status-closed": "<Bazt/>",
    "status-missing": "",
    "status-blank": "<Bazt> </Bazt>",
    "status-two": "<Bazt>2</Bazt>",
    "status-padded": "<Bazt>0 </Bazt>",
    "status-zeros": "<Bazt>00</Bazt>",
    "status-full-width": "<Bazt>０</Bazt>",
    "status-word": "<Bazt>false</Bazt>",
    "status-both": "<Bazt>1</Bazt><Bazt>0</Bazt>",
    "status-other-case": "<Bazt>0</Bazt><bazt>1</bazt>",
    "status-nil": '<Bazt xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">0</Bazt>',
    "status-cdata": "<Bazt><![CDATA[0]]></Bazt>",
    "status-nested": "<Bazt><x>0</x></Bazt>",
    "status-instruction": "<Bazt>0<?x 1?></Bazt>",
}

SOAP_FAULTS: Final[tuple[SoapFault, ...]] = (
    *_of("F54", "found", {"ok": _right}),
    *_of(
        "F55",
        "malformed",
        {
            "lie-utf8": partial(_lying, body="utf-8", header="text/xml; charset=GBK"),
            "lie-utf8-untold": partial(_lying, body="utf-8", header="text/xml"),
            "lie-header": partial(_lying, body="gb18030", header="text/xml; charset=utf-8"),
            "lie-both": partial(_lying, body="utf-8", header="text/xml; charset=utf-8"),
            "charset-unknown": partial(_lying, body="gb18030", header="text/xml; charset=big5"),
            "no-decl": _undeclared,
        },
    ),
    *_of("F56", "upstream_error", {"fault": partial(_fault, status=500)}, once=False),
    *_of("F56", "upstream_error", {"fault-200": partial(_fault, status=200)}, once=False),
    *_of("F56", "upstream_error", {"fault-client": partial(_fault, status=200, code="soapenv:Client")}),
    *_of("F57", "maintenance", {"maintenance": _coded("901"), "maintenance-902": _coded("902")}),
    *_of("F57", "unauthorised", {"code-password": _coded("5"), "code-locked": _coded("22")}),
    *_of("F57", "upstream_error", {"code-other": _coded("999"), "code-unknown": _coded("777")}),
    *_of("F57", "malformed", {"code-empty": _coded(""), "code-padded": _coded(" 0"), "code-zeros": _coded("0x0")}),
    *_of(
        "F57",
        "malformed",
        {
            "code-missing": _altered(lambda inner: inner.replace("<msg_code>0</msg_code>", "")),
            "code-twice": _altered(lambda inner: inner.replace("<msg>", "<msg_code>5</msg_code><msg>")),
        },
    ),
    *_of("F58", "malformed schema", {name: _state(text) for name, text in _NO_STATES.items()}),
    *_of("F58", "malformed", {"no-but-numbers": _told(Bazt="1"), "yes-without-number": _told(Wzbah="-")}),
    *_of("F59", "malformed", {name: partial(_bare, change) for name, change in _DOCTYPES.items()}),
    *_of("F59", "malformed", {f"inner-{name}": partial(_escaped, change) for name, change in _DOCTYPES.items()}),
    *_of("F60", "malformed too_large", {"deep": partial(_bare, _deep), "inner-deep": partial(_escaped, _deep)}),
    *_of(
        "F61",
        "malformed",
        {
            "comment-split": _state("<Bazt>0<!-- 1 --></Bazt>"),
            "comment-before": _state("<Bazt><!-- 0 -->1</Bazt>"),
            "wrong-ns": partial(_bare, lambda text, _: text.replace("//beianstatus.", "//other.")),
            "wrong-envelope": partial(
                _bare, lambda text, _: text.replace("schemas.xmlsoap.org/soap/envelope/", "www.w3.org/2003/05/soap")
            ),
            "wrong-ns-field": partial(
                _bare, lambda text, _: text.replace("<Bazt>", '<o:Bazt xmlns:o="urn:o">').replace("</B", "</o:B")
            ),
            "unbound-prefix": partial(_bare, lambda text, _: text.replace("<Bazt>0</Bazt>", "<o:Bazt>0</o:Bazt>")),
            "two-infos": _altered(lambda inner: inner.replace("</return>", "<StatusInfo/></return>")),
            "two-returns": partial(
                _bare, lambda text, _: text.replace("</return>", "</return><return><msg_code>0</msg_code></return>")
            ),
            "two-roots": partial(_bare, lambda text, _: text + text.partition("?>")[2].strip()),
            "text-beside": _altered(lambda inner: inner.replace("<StatusInfo>", "<StatusInfo>0")),
            "references": partial(_bare, lambda text, _: text.replace("<Bazt>0<", "<Bazt>&#0;0<")),
            "no-return": partial(_bare, lambda text, _: text.replace("<return>", "<r>").replace("</return>", "</r>")),
            "return-empty": partial(_bare, lambda text, _: re.sub("<return>.*</return>", "<return> </return>", text)),
            "json": _json,
            "bare": lambda call, _: EnterpriseAnswer(
                ('<?xml version="1.0" encoding="GBK"?>' + inner_of(call)).encode("gb18030")
            ),
        },
    ),
    *_of(
        "F61",
        "blocked",
        {
            "html": partial(_html, kind="text/html; charset=GBK"),
            "html-as-xml": partial(_html, kind="text/xml; charset=GBK"),
        },
    ),
    *_of(
        "F61",
        "truncated",
        {
            "truncated": _cut,
            "empty": lambda _call, _sink: EnterpriseAnswer(b""),
            "inner-empty": lambda _call, _sink: EnterpriseAnswer(enveloped("")),
            "inner-truncated": _altered(lambda inner: inner.removesuffix("</return>")),
        },
        once=False,
    ),
    *_of(
        "F62",
        "malformed",
        {
            "wrong-echo": _told(Cxtj="MTIzNDU2Nzg5"),
            "wrong-echo-second": _told(Cxtj2="Y29tLm90aGVyLmFwcA=="),
            "wrong-echo-type": _told(Cxtjlx="1"),
            "echo-padded": _told(Cxtjlx=" 102"),
            "echo-empty": _told(Cxtj=""),
            "echo-missing": _told(Cxtj="-"),
            "other-entity": _told(Ztbah="京ICP备2026999901号"),
            "no-number": _told(Wzbah="查询失败"),
            "entity-for-service": _told(Wzbah="蜀ICP备2021014694号"),
        },
    ),
)
