"""The form's fields, natures and texts as rows of docs/form.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.registration.form.fields import form_fields
from icpgate.registration.form.texts import Severity, defect_texts
from icpgate.registration.form.words import NATURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.registration.form.fields import FormField
    from icpgate.registration.form.texts import DefectText

__all__ = ["form_page"]

_NEEDED: Final = {
    "always": "yes",
    "app": "for apps",
    "hosted": "for mini programs and quick apps",
    "no": "no",
}


def form_page() -> Iterator[str]:
    """The generated part of docs/form.md, line by line."""
    yield "## Fields"
    yield ""
    yield "`*` is any position of a list. What is needed inside a part is needed when the part is there."
    yield ""
    yield "| field | is | 中文 | type | needed | at most | basis |"
    yield "|---|---|---|---|---|---|---|"
    yield from map(_field, form_fields())
    yield ""
    yield "## Natures of operators"
    yield ""
    yield "| nature | 中文 | documents |"
    yield "|---|---|---|"
    for nature, facts in NATURES.items():
        yield f"| `{nature.value}` | {facts.zh} | {', '.join(f'`{kind}`' for kind in sorted(facts.documents))} |"
    for severity, title in ((Severity.DEFECT, "Defects"), (Severity.WARNING, "Warnings")):
        yield ""
        yield f"## {title}"
        yield ""
        yield "`{field}` is the field's name; the others are filled in with what was found and expected."
        yield ""
        yield "| code | message and fix | 中文 | basis |"
        yield "|---|---|---|---|"
        yield from (_text(text) for text in defect_texts().values() if text.severity is severity)


def _field(field: FormField) -> str:
    most = f"{field.most:,}" if field.type in {"text", "list"} else ""
    what = f"{field.en}, such as `{field.example}`" if field.example else field.en
    needed = _NEEDED[field.needed]
    return f"| `{field.pointer}` | {what} | {field.zh} | {field.type} | {needed} | {most} | {_basis((field.source,))} |"


def _text(text: DefectText) -> str:
    en, zh = f"{text.message.en} {text.fix.en}", f"{text.message.zh}{text.fix.zh}"
    return f"| `{text.code}` | {en} | {zh} | {_basis(text.source)} |"


def _basis(source: tuple[str, ...]) -> str:
    return ", ".join(f"[{heading}](sources.md#{heading})" for heading in source)
