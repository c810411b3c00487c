"""Why an event has another value than was expected: the rows beside the difference, and what mends just that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core import rules
from emulator.core.messages import same_double, text_of
from emulator.core.numbers import same_number
from emulator.scenario.results import Detail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from emulator.core.comparing import Difference
    from emulator.core.conversations import Message
    from emulator.engine.inbox import Arrival

_OTHERWISE = "send what is expected, or correct the expectation"
_LETTER_FOR_LETTER = "report the id that answered SendMessage, letter for letter"


class Reason(NamedTuple):
    """What a difference comes from, and how to mend it."""

    rows: tuple[Detail, ...]
    mend: str


def why_other_value(
    arrival: Arrival, wrong: Sequence[Difference], matchers: Mapping[str, Any], messages: Iterable[Message]
) -> Reason:
    """Why *arrival* has *wrong* values; *matchers* say what was expected, *messages* what went out and came in."""
    variables = arrival.event.variables if arrival.event else {}
    names = [each.path for each in wrong]
    if "messageid" in names:
        return _of_id(variables.get("messageid", ""), matchers.get("messageid"), messages)
    found, wanted = variables.get("from", ""), matchers.get("from")
    if names == ["from"] and isinstance(wanted, str) and found.isdigit() and wanted == f"+{found.lstrip('0')}":
        told = "the same digits without the plus: the contact is found by them all the same"
        mend = f'if it is meant so, expect from: {{ends_with: "{found}"}}; otherwise post numbers as E.164'
        return _because("from", told, mend)
    known = _known(arrival, names)
    if known is not None:
        return known
    for name in names:
        reason = _of_text(name, variables.get(name, ""), matchers.get(name))
        if reason is not None:
            return reason
    return Reason((), _OTHERWISE)


def _of_id(found: str, expected: Any, messages: Iterable[Message]) -> Reason:
    wanted = text_of(expected) if isinstance(expected, str | int | float) else ""
    if same_double(found, wanted):
        told = "the same number after rounding to a double, as most JSON readers do above 2^53"
        return _because("messageid", told, "keep the id as text from end to end, and answer and report it in quotes")
    if wanted and found.casefold() == wanted.casefold():
        return _because("messageid", "the same id, but with capitals and small letters changed", _LETTER_FOR_LETTER)
    if wanted and found.strip() == wanted:
        return _because("messageid", "the same id, but with blanks around it", _LETTER_FOR_LETTER)
    other = next((each for each in messages if each.messageid == found and each.outgoing), None)
    if other is not None:
        sent = f" sent by exchange #{other.exchange}" if other.exchange else ""
        told = f"the id of another message,{sent}" if sent else "the id of another message"
        return _because("messageid", told, "report each message by the id that its own SendMessage was answered")
    if wanted and found and (found in wanted or wanted in found):
        part = "a part of the id" if found in wanted else "the id with more around it"
        return _because("messageid", part, _LETTER_FOR_LETTER)
    return Reason((), "report the id that answered SendMessage")


def sharing_an_id(messages: Iterable[Message], messageid: Any) -> str | None:
    """``#3 and #5``: the exchanges that sent several messages with one id."""
    numbers = [each.exchange for each in messages if each.outgoing and each.messageid == messageid and each.exchange]
    if messageid is None or len(numbers) < 2:
        return None
    return f"{', '.join(f'#{each}' for each in numbers[:-1])} and #{numbers[-1]}"


def _because(label: str, told: str, mend: str) -> Reason:
    return Reason((Detail(label, told),), mend)


_SENDER, _TEXTS = frozenset({"from"}), frozenset({"content", "text"})
_EXPLAINS: Mapping[str, frozenset[str]] = {
    rules.PLUS_IS_A_SPACE.code: frozenset({"from", "to"}) | _TEXTS,
    rules.TEXT_CUT_OFF.code: _TEXTS,
    rules.NUMBER_TURNED_TEXT.code: frozenset({"from", "to"}) | _TEXTS,
    rules.BLANKS_AROUND.code: _SENDER,
    rules.SCHEME_BEFORE.code: _SENDER,
    rules.NATIONAL_SENDER.code: _SENDER,
    rules.NO_PLUS.code: _SENDER,
}
"""The variables that may be others than expected because of what a finding says; the most telling finding first."""


def _known(arrival: Arrival, names: Sequence[str]) -> Reason | None:
    """What was found out about the webhook already that may be the reason."""
    found = {each.code: each for each in (arrival.event.findings if arrival.event else ())}
    telling = [found[code] for code, explained in _EXPLAINS.items() if code in found and explained & set(names)]
    if not telling:
        return None
    explained = frozenset[str]().union(*(_EXPLAINS[each.code] for each in telling))
    return Reason(
        tuple(Detail("known", f"{each.message} [{each.code}]") for each in telling),
        telling[0].remedy if explained >= set(names) else _OTHERWISE,
    )


def _of_text(name: str, found: str, expected: Any) -> Reason | None:
    wanted = text_of(expected) if isinstance(expected, str | int | float) else ""
    if not wanted or not found:
        return None
    if found.isdigit() and found != wanted and found == wanted.lstrip("+0"):
        return _because(name, "a plus or zeros at its beginning are lost", "keep it as text, and send it in quotes")
    if name in {"from", "to"} and same_number(found, wanted):
        return _because(name, "the same number in another writing", "post numbers as E.164, or expect this writing")
    return None
