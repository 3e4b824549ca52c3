"""`icpgate explain`: what a reason code means."""

from __future__ import annotations

import click

from icpgate.cli.output import format_option, lang_option, line, table, to_json
from icpgate.errors import nearest, quote
from icpgate.rules.reasons import ReasonText, reason_texts

__all__ = ["command"]


@click.command("explain")
@click.argument("code", required=False)
@format_option("text", "json")
@lang_option
def command(code: str | None, form: str, lang: str) -> int:
    """Say what CODE means, its basis and its fix; without CODE, list every code."""
    texts = reason_texts()
    if code is None:
        chosen = list(texts.values())
        if form == "json":
            line(to_json([_written(text, lang) for text in chosen], indent=2))
        else:
            for row in table(
                ("code", "says", "title"), [(t.code, t.says.value, t.in_language(lang).title) for t in chosen]
            ):
                line(row)
        return 0
    text = texts.get(code)
    if text is None:
        suggestion = nearest(code, texts)
        hint = f" Did you mean {suggestion}?" if suggestion else " Without a code, explain lists all."
        raise click.UsageError(f"no reason code {quote(code)}.{hint}")
    if form == "json":
        line(to_json(_written(text, lang), indent=2))
    else:
        for label, value in _written(text, lang).items():
            line(f"{label}: {', '.join(value) if isinstance(value, list) else value}")
    return 0


def _written(text: ReasonText, lang: str) -> dict[str, object]:
    words = text.in_language(lang)
    return {
        "code": text.code,
        "title": words.title,
        "says": text.says.value,
        "gatekeeper": words.gatekeeper,
        "developer": words.developer,
        "fix": words.fix,
        "actor": text.actor,
        "basis": list(text.basis),
        "bit": text.bit,
    }
