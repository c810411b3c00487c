"""Keeps secrets out of what is said about a file that holds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.redaction import Redactor
    from emulator.errors import Finding


def masked(finding: Finding, redactor: Redactor) -> Finding:
    """*finding* without secrets. A source line that holds one goes as a whole: a part of it could be cut off."""
    where = finding.where
    if where is not None and where.text is not None and redactor.finds([where.text]):
        where = replace(where, text=None)
    return replace(finding, message=redactor.text(finding.message), remedy=redactor.text(finding.remedy), where=where)
