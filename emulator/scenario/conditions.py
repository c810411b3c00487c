"""``when``: whether a step is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emulator.core.comparing import ABSENT, Complaint, complaints, differences, shown
from emulator.core.plain import plain_data
from emulator.errors import UsageError
from emulator.scenario.placeholders import Lookup, UnfilledError, fill


def condition_complaints(condition: Any) -> Iterator[Complaint]:
    """What is wrong with a ``when``; paths begin below it."""
    if not isinstance(condition, dict):
        return
    for name, matcher in condition.items():
        if not (name.startswith("$") and name.endswith("$") and len(name) > 2):
            yield Complaint(
                (name,), True, f'"{name}" is no placeholder', "write such as when: {$sms.state$: delivered}"
            )
        yield from complaints(matcher, (name,))


def reason_to_skip(condition: Any, lookup: Lookup) -> str | None:
    """Why the step is not to be done; None if it is.

    A map holds a matcher for each placeholder; anything else holds if it is neither false nor empty. A placeholder
    has no value where the step that supplies it was skipped: then there is nothing.

    Raises:
        UnfilledError: A placeholder inside a matcher has no value.
        UsageError: What it holds is no matcher.
    """
    if condition is None:
        return None
    if isinstance(condition, dict):
        for name, matcher in condition.items():
            filled = fill(matcher, lookup)
            for complaint in complaints(filled):
                raise UsageError(complaint.message, mend=complaint.mend)
            wrong = differences(filled, _value(name, lookup), name)
            if wrong:
                return f"when: {name} should be {wrong[0].expected}; it is {wrong[0].found}"
        return None
    value = _value(condition, lookup)
    empty = value is ABSENT or value is False or value in (None, "", [], {})
    return f"when: {shown(condition)} is {shown(value)}" if empty else None


def _value(text: Any, lookup: Lookup) -> Any:
    try:
        return plain_data(fill(text, lookup))
    except UnfilledError:
        return ABSENT
