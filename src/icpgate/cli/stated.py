"""The registry and the cache that a command is told: by its options, by variables, by the settings file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

import click

from icpgate.cli.config import config_of
from icpgate.cli.output import read_bytes, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.lookup.cache import Cache
    from icpgate.lookup.limits import Limits
    from icpgate.lookup.registry import Registry
    from icpgate.lookup.registrysettings import RegistrySettings

__all__ = ["cache_of", "limits_of", "registry_of", "registry_option", "transport_options"]

F = TypeVar("F")

_TEXTS: Final = {
    "ca_file": "A PEM file with the authorities that the registry's certificate is verified by.",
    "client_certificate": "A PEM file with the certificate that we show the registry.",
    "client_key": "A PEM file with its key, when it is not in the same file.",
    "proxy": "http://host:port, env:NAME or file:PATH; a password on the command line is seen by others.",
}
_FLAGS: Final = {
    "trust_env": "Obey HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
    "insecure_http": "Let http:// leave this machine, where anybody on the way can read and change it.",
    "insecure_tls": "Verify nobody: every decision says so.",
}
# Spelt out, so that whoever looks for a variable finds it.
_VARIABLES: Final = {
    "ca_file": "ICPGATE_CA_FILE",
    "client_certificate": "ICPGATE_CLIENT_CERTIFICATE",
    "client_key": "ICPGATE_CLIENT_KEY",
    "proxy": "ICPGATE_PROXY",
    "trust_env": "ICPGATE_TRUST_ENV",
    "insecure_http": "ICPGATE_INSECURE_HTTP",
    "insecure_tls": "ICPGATE_INSECURE_TLS",
}


class _RegistryParameter(click.ParamType):  # type: ignore[type-arg]  # generic in some versions only
    """A URL, or the settings file's registry."""

    name = "URL"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> RegistrySettings:  # noqa: ARG002 -- click's signature
        """See `click.ParamType`."""
        from icpgate.lookup.registrysettings import RegistrySettings  # noqa: PLC0415 -- only commands that ask one

        return value if isinstance(value, RegistrySettings) else RegistrySettings(url=str(value))


def registry_option(command: Callable[..., F]) -> Callable[..., F]:
    """`--registry`, else ICPGATE_REGISTRY, else the settings file's."""
    return click.option(
        "--registry",
        envvar="ICPGATE_REGISTRY",
        required=True,
        type=_RegistryParameter(),
        help="Such as snapshot:registry.icpdb or https://…; else ICPGATE_REGISTRY.",
    )(command)


def transport_options(command: Callable[..., F]) -> Callable[..., F]:
    """How a registry is reached, over what the settings file says about it."""
    for name, text in reversed(_FLAGS.items()):
        variable = _VARIABLES[name]
        option = click.option(_dashed(name), name, is_flag=True, default=None, envvar=variable, help=text)
        command = option(command)
    for name, text in reversed(_TEXTS.items()):
        command = click.option(_dashed(name), name, envvar=_VARIABLES[name], help=text)(command)
    return command


def _dashed(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def registry_of(settings: RegistrySettings, options: dict[str, object]) -> Registry:
    """
    The registry of settings and of what `transport_options` took, which are taken out of the options.

    Its token is in ICPGATE_REGISTRY_TOKEN or the file of ICPGATE_REGISTRY_TOKEN_FILE, else in the settings file's
    `token_file`; the password of our key in ICPGATE_CLIENT_KEY_PASSWORD, or the file of
    ICPGATE_CLIENT_KEY_PASSWORD_FILE.
    """
    given = {name: options.pop(name) for name in _VARIABLES if name in options}
    stated = {name: value for name, value in given.items() if value is not None}
    password = secret_of("ICPGATE_CLIENT_KEY_PASSWORD")
    if password is not None and (settings.transport.client_certificate or "client_certificate" in stated):
        stated["client_key_password"] = password
    if stated:
        settings = replace(settings, transport=replace(settings.transport, **stated))  # type: ignore[arg-type]  # texts and flags
    token = secret_of("ICPGATE_REGISTRY_TOKEN") or _token_of_file()
    if token is not None and settings.takes_token:
        settings = settings.with_secret("token", token)
    return settings.registry()


def _gate_settings() -> dict[str, object]:
    return config_of(click.get_current_context().find_root().obj).gate


def _token_of_file() -> str | None:
    return _secret_of_file("token_file")


def _secret_of_file(setting: str) -> str | None:
    path = _gate_settings().get(setting)
    return None if path is None else read_bytes(str(path)).decode("utf-8", "replace").strip() or None


def limits_of() -> Limits | None:
    """The limits that the settings file states."""
    return cast("Limits | None", _gate_settings().get("limits"))


def cache_of(url: str | None) -> Cache | None:
    """
    The cache with this second level, and with the settings file's bounds; None where neither is stated.

    Its secret is in ICPGATE_CACHE_SECRET or the file of ICPGATE_CACHE_SECRET_FILE, else in the settings file's
    `cache_secret_file`.
    """
    from icpgate.lookup.cache import Cache  # noqa: PLC0415 -- only commands that have one

    stated = _gate_settings()
    bounds = {"max_entries": stated.get("cache_entries"), "max_bytes": stated.get("cache_bytes")}
    given = {name: cast("int", bound) for name, bound in bounds.items() if bound is not None}
    if url is None and not given:
        return None
    secret = secret_of("ICPGATE_CACHE_SECRET") or _secret_of_file("cache_secret_file")
    return Cache(level=url, secret=secret, **given)
