"""Which findings fail a scenario: a severity and what is worse, or codes; by itself none does.

A finding is something to know, not something that was asked for: what a scenario asks for are its steps and checks. Who
wants a run to fail by what is found all the same says so, in the project file or on the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from emulator.core.findings import suggestion
from emulator.core.rules import CATALOGUE
from emulator.errors import Severity, UsageError
from emulator.scenario.results import Detail, Failure

if TYPE_CHECKING:
    from emulator.errors import Finding

NOTHING = "none"
SEVERITIES = tuple(each.value for each in Severity)
_WORST_FIRST = tuple(Severity)
_MOST_ROWS = 8


def complaint_about(word: str) -> tuple[str, str] | None:
    """What is wrong with *word* as something that fails a run, and how to mend it; None if it is right."""
    if word in SEVERITIES or word in CATALOGUE or word == NOTHING:
        return None
    mend = suggestion(word, (*SEVERITIES, NOTHING, *CATALOGUE))
    if not mend.startswith("did you"):
        mend = f"write {', '.join(SEVERITIES)}, {NOTHING} or a code such as WH-204; docs/findings.md lists them"
    return f'"{word}" is neither a severity nor the code of a finding', mend


def parse_fail_on(given: Iterable[str], option: str) -> str:
    """What *given*, with commas or without, says that fails a run: ``[error, WH-204]``, as the project file has it.

    Raises:
        UsageError: A word of it means nothing.
    """
    words = [word.strip() for each in given for word in each.split(",") if word.strip()]
    for word in words:
        complaint = complaint_about(word)
        if complaint is not None:
            raise UsageError(f"{option}: {complaint[0]}", mend=complaint[1])
    return f"[{', '.join(words)}]"


def failing(findings: Iterable[Finding], fail_on: Sequence[str]) -> list[Finding]:
    """Those of *findings* that fail a run, each thing once."""
    worst = max((_WORST_FIRST.index(Severity(each)) for each in fail_on if each in SEVERITIES), default=-1)
    bad = {*fail_on, *_WORST_FIRST[: worst + 1]}
    return list({each.message: each for each in findings if each.code in bad or each.severity in bad}.values())


def found(findings: Iterable[Finding], fail_on: Sequence[str]) -> Failure | None:
    """The failure that *findings* amount to, if one of them fails a run."""
    if not fail_on:
        return None
    bad = failing(findings, fail_on)
    if not bad:
        return None
    rows = [Detail(each.code, each.message, wrong=True) for each in bad[:_MOST_ROWS]]
    if len(bad) > _MOST_ROWS:
        rows.append(Detail("", f"and {len(bad) - _MOST_ROWS} more"))
    count = "1 finding fails" if len(bad) == 1 else f"{len(bad)} findings fail"
    return Failure(
        code="SCN-511",
        expected=f"nothing that fails a run by itself (fail_on: {', '.join(fail_on)})",
        received=f"{count} it:",
        details=tuple(rows),
        mend=f"{bad[0].remedy}; or take {bad[0].code} out of what fails a run",
    )
