"""
The rows of faults that an upstream, a connection and a second level can have, F1 to F88.

A row names behaviours of the fault server (`fs`), of its ports (`port`), or the tests that make the fault
themselves. A row is listed whether or not there is anything for it: `test_rows.py` finds what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["ROWS", "Row"]

_HERE: Final = "tests/edge/test_ports.py"
_REDIS: Final = "tests/lookup/cache/test_redis.py"
_ASYNC: Final = "tests/lookup/cache/test_redis_async.py"
_ENCODING: Final = "tests/lookup/cache/test_encoding.py"
_LEVELS: Final = "src/icpgate/testing/contracts/entries.py"


@dataclass(frozen=True)
class Row:
    """What a row is about, and where it is shown: behaviours by name, or tests as `path::name`."""

    about: str
    fs: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    tests: tuple[str, ...] = field(default=())


def _fs(about: str, names: str) -> Row:
    return Row(about, tuple(names.split()))


def _port(about: str, names: str, *tests: str) -> Row:
    return Row(about, port=tuple(names.split()), tests=tests)


def _tests(about: str, *tests: str) -> Row:
    return Row(about, tests=tests)


ROWS: Final[dict[str, Row]] = {
    "F1": _fs("no byte", "slow-first-byte"),
    "F2": _fs("headers a byte at a time", "slow-headers"),
    "F3": _fs("body a byte at a time", "slow-body"),
    "F4": _fs("endless chunks of white space", "slow-chunks"),
    "F5": _fs("endless 102", "trickle-1xx"),
    "F6": _fs("103 at full speed", "flood-1xx flood-1xx-for-ever"),
    "F7": _fs("never answers", "never"),
    "F8": _fs("stalls", "stall-mid-headers stall-mid-body stall-before-end stall-close-delimited"),
    "F9": _fs("closed", "close-at-once close-mid-headers truncated truncated-chunked truncated-chunk"),
    "F10": _fs("reset", "reset-before reset-mid-headers reset-mid-body reset-after-json"),
    "F11": _fs("cut where HTTP cannot tell", "truncated-no-length"),
    "F12": _fs("a length that is too short", "length-short length-cuts-json"),
    "F13": _fs(
        "lengths that are none",
        "length-twice length-and-chunked length-negative length-garbage length-plus length-huge",
    ),
    "F14": _fs("broken chunks", "chunk-garbage chunk-negative chunk-huge chunk-underscore chunk-no-crlf te-unknown"),
    "F15": _fs("floods between chunks", "chunk-ext-flood trailer-flood"),
    "F16": _fs("chunks of one byte", "chunk-tiny-flood"),
    "F17": _fs(
        "no status line",
        "status-garbage status-short status-999 http09 http2-frames binary-noise switching continue-only",
    ),
    "F18": _fs(
        "odd or old heads",
        "header-no-colon header-nul header-folded header-utf8 header-space-colon bare-lf http10 http2-line "
        "status-no-reason type-none type-text charset-bom",
    ),
    "F19": _fs("a second answer behind the first", "desync-glued"),
    "F20": _fs("the same later", "desync-late"),
    "F21": _fs("dead connections in the pool", "close-idle reset-second"),
    "F22": _fs("bodies without an end", "huge-body huge-chunked endless-body"),
    "F23": _fs("bombs", "gzip-bomb deflate-bomb gzip-bomb-nested gzip-endless"),
    "F24": _fs("codings", "coding-chain coding-unknown coding-br"),
    "F25": _fs("codings that lie", "gzip-lie gzip-unsaid gzip-corrupt gzip-members truncated-gzip"),
    "F26": _fs("heads without an end", "huge-header many-headers endless-headers"),
    "F27": _fs("cookies", "many-cookies"),
    "F28": _fs(
        "charsets that lie",
        "charset-lie-utf8 charset-lie-gbk charset-bogus charset-codec charset-utf16 charset-bad-bytes",
    ),
    "F29": _fs("GBK", "ok-gbk"),
    "F30": _fs(
        "no JSON",
        "json-invalid json-cut json-two json-trailing json-comment json-jsonp json-prefix json-control json-empty "
        "json-blank",
    ),
    "F31": _fs("other JSON", "json-null json-true json-string json-array empty-object empty-success"),
    "F32": _fs("values out of range", "json-nan json-overflow json-bignum json-deep json-deep-open"),
    "F33": _fs("keys twice, keys in capitals", "json-dup-keys json-dup-keys-rev json-case-keys"),
    "F34": _fs("values of other types", "json-types"),
    "F35": _fs("large JSON", "json-many-keys json-long-string json-proto"),
    "F36": _fs("hostile texts", "json-surrogate json-nul json-hostile-text"),
    "F37": _fs("pages", "captcha captcha-as-json login-page"),
    "F38": _fs("200 with an error", "error-body error-body-only error-token"),
    "F39": _fs("a limit or a failure told as success", "fake-200 sentinel"),
    "F40": _fs("other numbers", "wrong-number near-number main-number wide-number"),
    "F41": _fs("fuzzy searches", "fuzzy-hits fuzzy-miss short-page"),
    "F42": _fs("two records", "conflict"),
    "F43": _fs("by turns", "flip-flop"),
    "F44": _fs("other times", "stale-age future-date"),
    "F45": _fs(
        "other statuses",
        "202 203 204 204-body 206 300 304 400 403 404 407 408 410 425 500 501 502 503 504 521",
    ),
    "F46": _fs("401", "401 401-digest"),
    "F47": _fs(
        "Retry-After",
        "429-seconds 429-zero 429-date 429-past 429-huge 429-negative 429-garbage 429-float 429-full-width",
    ),
    "F48": _fs("503 with a wait", "503-wait"),
    "F49": _fs(
        "redirects",
        "redirect-loop redirect-chain redirect-other-host redirect-307 redirect-308 redirect-localhost "
        "redirect-decimal-ip redirect-ipv6-mapped redirect-userinfo redirect-metadata redirect-file "
        "redirect-gopher redirect-none redirect-bad redirect-relative redirect-refresh",
    ),
    "F50": _fs("failures, then right", "fail-then-ok"),
    "F51": _fs("right, then failures", "ok-then-fail"),
    "F52": _fs("active, then revoked", "active-then-revoked"),
    "F53": _fs("a random mix", "roulette"),
    "F54": _fs("SOAP in GBK", "soap-ok"),
    "F55": _fs("SOAP whose charset lies", "soap-lie-utf8 soap-lie-header soap-no-decl"),
    "F56": _fs("SOAP faults", "soap-fault soap-fault-200"),
    "F57": _fs("maintenance", "soap-maintenance"),
    "F58": _fs("no status", "soap-status-empty"),
    "F59": _fs(
        "entities and document types",
        "soap-xxe-file soap-xxe-http soap-dtd-http soap-internal-entity soap-bomb soap-quadratic",
    ),
    "F60": _fs("nested", "soap-deep"),
    "F61": _fs("other XML", "soap-comment-split soap-wrong-ns soap-json soap-html soap-truncated"),
    "F62": _fs("an echo of something else", "soap-wrong-echo"),
    "F63": _port("refused", "refused", f"{_HERE}::test_refused_at_once"),
    "F64": _port("dropped", "backlog"),
    "F65": _port("accepted, and no more", "accept-close accept-rst accept-hang banner"),
    "F66": _port("up and down", "flap", f"{_HERE}::test_a_service_that_comes_and_goes"),
    "F67": _tests("no route", f"{_HERE}::test_no_route"),
    "F68": _tests(
        "a silent resolver",
        f"{_HERE}::test_a_resolver_that_is_silent",
        f"{_HERE}::test_who_waits_for_a_thread_gets_one",
    ),
    "F69": _tests(
        "names that change",
        f"{_HERE}::test_names_that_change",
        f"{_HERE}::test_a_name_that_leads_where_no_registry_stands",
    ),
    "F70": _port(
        "certificates",
        "tls-expired tls-not-yet tls-wrong-host tls-self-signed tls-unknown-ca",
        f"{_HERE}::test_by_default_nobody_of_ours_is_trusted",
    ),
    "F71": _port("no TLS", "tls-old tls-garbage tls-alert tls-close tls-hang tls-plain tls-cut-hello"),
    "F72": _tests("the environment", f"{_HERE}::test_the_environment_leads_nowhere"),
    "F73": _fs("a slow line", "slow-line"),
    "F74": _tests("no files left", f"{_HERE}::test_files_run_out"),
    "F75": _tests(
        "frozen",
        f"{_REDIS}::test_frozen",
        f"{_REDIS}::test_frozen_while_many_ask",
        f"{_ASYNC}::test_a_frozen_server_blocks_no_loop",
    ),
    "F76": _tests(
        "refused or killed",
        f"{_REDIS}::test_refused",
        f"{_REDIS}::test_killed_and_started_again",
        f"{_REDIS}::test_hung_up_in_the_middle",
    ),
    "F77": _tests("a byte at a time", f"{_REDIS}::test_one_byte_at_a_time"),
    "F78": _tests(
        "errors",
        f"{_REDIS}::test_errors",
        f"{_REDIS}::test_a_server_that_does_not_write",
        "tests/lookup/cache/test_outage.py::test_one_warning_a_minute",
    ),
    "F79": _tests(
        "replies of another command",
        f"{_REDIS}::test_replies_that_belong_to_another_command",
        f"{_REDIS}::test_a_reply_that_nobody_asked_for",
    ),
    "F80": _tests(
        "cancelled",
        f"{_ASYNC}::test_cancelled_in_flight",
        f"{_ASYNC}::test_cancelled_while_the_server_is_frozen",
    ),
    "F81": _tests(
        "values that are none",
        f"{_REDIS}::test_values_set_by_hand",
        f"{_REDIS}::test_half_a_gibibyte_is_not_fetched",
        f"{_REDIS}::test_a_key_of_another_type",
        f"{_ENCODING}::test_what_is_no_entry",
    ),
    "F82": _tests(
        "values about something else",
        f"{_ENCODING}::test_something_else_was_asked",
        f"{_LEVELS}::test_an_older_observation_never_replaces_a_newer",
        f"{_LEVELS}::test_an_observation_of_next_week_fences_nothing",
    ),
    "F83": _tests(
        "forged values", f"{_ENCODING}::test_another_secret", f"{_ENCODING}::test_what_anybody_may_have_sealed"
    ),
    "F84": _tests("its clock set back", f"{_REDIS}::test_a_clock_that_was_set_back"),
    "F85": _tests("full", f"{_REDIS}::test_full"),
    "F86": _tests("flushed under load", f"{_REDIS}::test_flushed_under_load"),
    "F87": _tests(
        "the holder of a lock stopped",
        f"{_REDIS}::test_a_holder_that_is_stopped_beyond_its_lock",
        "tests/lookup/test_stampede.py::test_the_holder_of_the_lock_is_stopped_past_its_end",
    ),
    "F88": _tests("a failover", f"{_REDIS}::test_a_failover_that_lost_something"),
}
