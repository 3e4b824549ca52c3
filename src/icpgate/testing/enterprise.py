"""
The enterprise-side interface of the registration system on this machine, for tests.

It takes calls at the paths of a bureau's host, checks who calls as the specification says (the hash is computed
here on its own), answers in GBK, and can be put under maintenance or told to answer anything else. It needs
nothing beyond the standard library. Condition 102 is built as it was observed from outside; the specification
that was found does not have it.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Final, Literal
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from icpgate.document import DocumentType
from icpgate.record import RegistrationStatus
from icpgate.testing.listening import Listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from icpgate.record import RegistrationRecord

__all__ = ["EnterpriseAnswer", "EnterpriseCall", "EnterpriseServer", "enveloped", "returning"]

NAMESPACE: Final = "http://beianstatus.example.cn/"
QUERY: Final = "/BeianStatusWebService/queryBeianStatus"
OTHERS: Final = ("/BeianStatusWebService/verifyBamm", "/ISPWebService/upDownLoad")
METHOD: Final = "isp_querybeianstatus"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
PARAMETERS: Final = (
    "ispID", "userName", "randVal", "pwdHash", "hashAlgorithm", "queryConditionType", "queryCondition",
    "queryCondition2",
)  # fmt: skip

Form = Literal["text", "cdata", "elements"]

_TEXTS: Final = {
    "0": "操作成功", "4": "用户名错误", "5": "密码错误", "10": "哈希算法错误", "12": "认证信息错误", "13": "非本省企业",
    "16": "随机数过短", "22": "校验次数过多", "901": "系统维护中", "999": "其他错误",
}  # fmt: skip
_STANDING: Final = frozenset(
    {RegistrationStatus.REGISTERED, RegistrationStatus.CHANGING, RegistrationStatus.CANCELLING}
)
_CONDITIONS: Final = {
    "1": (DocumentType.BUSINESS_LICENCE, DocumentType.USCC),
    "2": (DocumentType.ID_CARD,),
    "3": (DocumentType.ORGANISATION_CODE,),
    "4": (DocumentType.INSTITUTION_CERTIFICATE, DocumentType.USCC),
    "5": (DocumentType.MILITARY_CODE,),
    "6": (DocumentType.SOCIAL_ORGANISATION_CERTIFICATE, DocumentType.USCC),
    "7": (DocumentType.PASSPORT,),
    "8": (DocumentType.OFFICER_CARD,),
    "9": (DocumentType.ORGANISATION_CODE,),
    "10": (DocumentType.ORGANISATION_CODE,),
    "11": (DocumentType.TAIWAN_PERMIT,),
}
_LONGEST: Final = 1_048_576
_RANDOM: Final = 20


@dataclass(frozen=True, slots=True)
class EnterpriseCall:
    """A call as it came: its path, its parameters in their order, its headers in lower case, and the body."""

    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnterpriseAnswer:
    """What is sent: the body, the status, and the `Content-Type`, empty for none."""

    body: bytes = field(repr=False)
    status: int = 200
    content_type: str = "text/xml; charset=GBK"


class EnterpriseServer(Listening):
    """
    One bureau's interface over some records, on a free port of 127.0.0.1. Use it as a context manager.

    `calls` has every call. `maintenance` is a code, such as `901`, that everybody is answered; None ends it.
    `alter` may make another answer of the right one, and `form` says how the `return` is written. All of
    them may be set at any time.
    """

    def __init__(  # noqa: PLR0913 -- who may call, all by name
        self,
        records: Iterable[RegistrationRecord] = (),
        *,
        isp_id: str = "110000000211",
        user: str = "example",
        password: str = "Passw0rd",  # noqa: S107 -- nobody's
        province: str = "蜀",
        isp_province: str | None = None,
        most_passwords: int = 5,
    ) -> None:
        """
        Begin to serve at once.

        The provider is of this `province` unless `isp_province` says another (13). After `most_passwords`
        wrong passwords it is locked out (22) until `unlock`.
        """
        self.records = tuple(records)
        self.calls: list[EnterpriseCall] = []
        self.maintenance: str | None = None
        self.alter: Callable[[EnterpriseCall, EnterpriseAnswer], EnterpriseAnswer] | None = None
        self.form: Form = "text"
        self.namespace = NAMESPACE
        self.province = province
        self._who = (isp_id, user, password, province if isp_province is None else isp_province)
        self._wrong, self._most = 0, most_passwords
        self._lock = threading.Lock()
        super().__init__(_handler(self))

    def unlock(self) -> None:
        """Forget the wrong passwords."""
        with self._lock:
            self._wrong = 0

    def configuration(self, **more: str) -> str:
        """
        A configuration of this server as TOML, but for its secrets; `more` are other keys, each as TOML writes it.

        >>> with EnterpriseServer() as server:
        ...     print(server.configuration(observed_app_query="true").splitlines()[0])
        namespace = "http://beianstatus.example.cn/"
        """
        isp_id, user, *_ = self._who
        lines = [f'namespace = "{self.namespace}"', f'isp_id = "{isp_id}"', f'user_name = "{user}"']
        lines += [f"{key} = {value}" for key, value in more.items()]
        return "\n".join([*lines, "[bureaus]", f'"{self.province}" = "{self.url}"', ""])

    def answer_to(self, call: EnterpriseCall) -> EnterpriseAnswer:
        """The answer to a call, altered if it is to be."""
        self.calls.append(call)
        if call.path != QUERY:
            answer = EnterpriseAnswer(_fault("soapenv:Client", "no such method here"), 500)
        else:
            inner = self._said(call.parameters)
            answer = EnterpriseAnswer(enveloped(inner, namespace=self.namespace, form=self.form))
        return answer if self.alter is None else self.alter(call, answer)

    def _said(self, told: Mapping[str, str]) -> str:
        refused = self.maintenance or self._refused(told)
        if refused is not None:
            return returning(refused)
        kind, condition, second = (told.get(name, "") for name in PARAMETERS[-3:])
        fields = {"Cxtjlx": kind, "Cxtj": condition}
        if kind == "102":
            fields["Cxtj2"] = second
        elif kind != "0" and kind not in _CONDITIONS:
            return returning("999")
        record = next((r for r in self.records if _is_meant(r, kind, condition, second)), None)
        return returning("0", fields | _status(record, of_entity=kind not in {"0", "102"}))

    def _refused(self, told: Mapping[str, str]) -> str | None:
        """The code that the caller is refused with, by what is known of it; None for who may ask."""
        isp_id, user, password, province = self._who
        random = told.get("randVal", "")
        if told.get("ispID") != isp_id:
            return "12"
        if province != self.province:
            return "13"
        if told.get("userName") != user:
            return "4"
        if len(random) < _RANDOM:
            return "16"
        if told.get("hashAlgorithm") != "0":
            return "10"
        return self._wrong_password(told.get("pwdHash", ""), password + random)

    def _wrong_password(self, given: str, text: str) -> str | None:
        right = base64.b64encode(hashlib.new("md5", text.encode("gbk"), usedforsecurity=False).digest())
        with self._lock:
            if self._wrong >= self._most:
                return "22"
            if given.encode() == right:
                return None
            self._wrong += 1
            return "5"


def returning(code: str, fields: Mapping[str, str] | None = None) -> str:
    """The inner XML under a `msg_code`, with a `StatusInfo` of these fields if there are any; without a declaration."""
    told = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in (fields or {}).items())
    info = f"<StatusInfo>{told}</StatusInfo>" if fields else ""
    return f"<return><msg_code>{code}</msg_code><msg>{_TEXTS.get(code, '其他')}</msg>{info}</return>"


def enveloped(inner: str, *, namespace: str = NAMESPACE, form: Form = "text", charset: str = "GBK") -> bytes:
    """
    A whole response around the inner XML, encoded as its declaration says.

    Characters that GBK does not have are written as GB 18030 has them, which is how they are met.
    """
    document = f'<?xml version="1.0" encoding="{charset}"?>{inner}'
    held = {
        "text": f"<return>{escape(document)}</return>",
        "cdata": f"<return><![CDATA[{document}]]></return>",
        "elements": inner,
    }[form]
    text = _envelope(f'<ns:{METHOD}Response xmlns:ns="{namespace}">{held}</ns:{METHOD}Response>', charset)
    return text.encode("gb18030" if charset == "GBK" else charset)


def _envelope(body: str, charset: str) -> str:
    return (
        f'<?xml version="1.0" encoding="{charset}"?>\n<soapenv:Envelope xmlns:soapenv="{SOAP}">'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )


def _fault(code: str, text: str) -> bytes:
    body = f"<soapenv:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></soapenv:Fault>"
    return _envelope(body, "GBK").encode("gbk")


def _is_meant(record: RegistrationRecord, kind: str, condition: str, second: str) -> bool:
    if kind == "0":
        return condition in (record.domains or ())
    if kind == "102":
        packages = {_base64(platform.package) for platform in record.platforms or () if platform.package}
        return condition == _base64(record.document_number or "") and second in packages
    named = None if record.document_type is None else DocumentType.read(record.document_type)
    return condition == record.document_number and named in _CONDITIONS[kind]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("gb18030")).decode("ascii")


def _status(record: RegistrationRecord | None, *, of_entity: bool) -> dict[str, str]:
    if record is None or record.status not in _STANDING:
        return {"Bazt": "1"}
    if of_entity:
        return {"Wzmc": "", "Ztbah": record.entity_number, "Wzbah": "", "Bazt": "0"}
    number = record.registration_number.canonical
    return {"Wzmc": record.service_name or "", "Ztbah": record.entity_number, "Wzbah": number, "Bazt": "0"}


def _wsdl(url: str, path: str) -> bytes:
    """What a bureau describes its service with; a client reads the namespace in it."""
    parameters = "".join(f'<xs:element name="{name}" type="xs:string" minOccurs="0"/>' for name in PARAMETERS)
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{NAMESPACE}" targetNamespace="{NAMESPACE}">
<wsdl:types><xs:schema targetNamespace="{NAMESPACE}">
<xs:element name="{METHOD}"><xs:complexType><xs:sequence>{parameters}</xs:sequence></xs:complexType></xs:element>
<xs:element name="{METHOD}Response"><xs:complexType><xs:sequence>
<xs:element name="return" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
</xs:schema></wsdl:types>
<wsdl:message name="{METHOD}"><wsdl:part name="parameters" element="tns:{METHOD}"/></wsdl:message>
<wsdl:message name="{METHOD}Response"><wsdl:part name="parameters" element="tns:{METHOD}Response"/></wsdl:message>
<wsdl:portType name="Service"><wsdl:operation name="{METHOD}"><wsdl:input message="tns:{METHOD}"/>
<wsdl:output message="tns:{METHOD}Response"/></wsdl:operation></wsdl:portType>
<wsdl:binding name="Binding" type="tns:Service">
<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<wsdl:operation name="{METHOD}"><soap:operation soapAction=""/><wsdl:input><soap:body use="literal"/></wsdl:input>
<wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation></wsdl:binding>
<wsdl:service name="Service"><wsdl:port name="Port" binding="tns:Binding"><soap:address location="{url}{path}"/>
</wsdl:port></wsdl:service></wsdl:definitions>"""
    return text.encode()


def _read(body: bytes, content_type: str) -> dict[str, str]:
    """The parameters of a call; raises `ValueError`, or what the parser raises."""
    charset = content_type.partition("charset=")[2].strip('"') or "utf-8"
    text = body.decode("gb18030" if charset.lower() == "gbk" else charset)
    root = ET.fromstring(text.partition("?>")[2])  # noqa: S314 -- the test's own calls
    [call] = root.findall(f"{{{SOAP}}}Body/{{{NAMESPACE}}}{METHOD}")
    return {part.tag: part.text or "" for part in call}


def _answered(server: EnterpriseServer, path: str, headers: Mapping[str, str], body: bytes) -> EnterpriseAnswer:
    if path not in {QUERY, *OTHERS}:
        return EnterpriseAnswer(b"", 404, "")
    try:
        parameters = _read(body, headers.get("content-type", "")) if path == QUERY else {}
    except (ValueError, LookupError, ET.ParseError):
        return EnterpriseAnswer(_fault("soapenv:Client", "not a call"), 500)
    return server.answer_to(EnterpriseCall(path, parameters, headers, body))


def _handler(server: EnterpriseServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path in {QUERY, *OTHERS} and query.lower() == "wsdl":
                self._send(EnterpriseAnswer(_wsdl(server.url, path), content_type="text/xml; charset=UTF-8"))
            else:
                self._send(EnterpriseAnswer(b"", 404, ""))

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("content-length", "0")), _LONGEST))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(_answered(server, self.path, headers, body))

        def _send(self, answer: EnterpriseAnswer) -> None:
            self.send_response_only(answer.status, "Said")
            if answer.content_type:
                self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body)))
            with suppress(OSError):  # who has left is told nothing
                self.end_headers()
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
