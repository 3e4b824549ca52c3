"""
The registration form: what it says, what is missing or wrong in it, its schema, and its beginning out of a package.

    form → shape → values → examination
"""

from __future__ import annotations

from icpgate.registration.form.examining import Examination, examine, read_form
from icpgate.registration.form.facts import form_from_facts
from icpgate.registration.form.schema import form_schema
from icpgate.registration.form.texts import DefectText, FormDefect, Severity, defect_texts
from icpgate.registration.form.values import Form

__all__ = [
    "DefectText",
    "Examination",
    "Form",
    "FormDefect",
    "Severity",
    "defect_texts",
    "examine",
    "form_from_facts",
    "form_schema",
    "read_form",
]
