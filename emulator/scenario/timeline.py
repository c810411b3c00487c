"""What happened, in order: the scenario's timeline, made of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.core.near_misses import in_short
from emulator.core.presenting import finding_of
from emulator.core.scalars import format_duration
from emulator.core.telling import Thing, Told, thing
from emulator.errors import Severity
from emulator.scenario.results import TimelineEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from emulator.engine.accounts import Account
    from emulator.engine.exchanges import Exchange
    from emulator.engine.inbox import Arrival
    from emulator.engine.platform import Platform
    from emulator.errors import Finding

_MOST = 500
_LONGEST_VALUE = 60
_LONGEST_REASON = 160
_MOST_NAMED = 3
NEAR_MISS = "near miss"
STATE = "state"
"""What is nearly an event, and a report of a state for which there is none."""
"""The label of a webhook that fits no model."""


def timeline(
    exchanges: Iterable[Exchange], began: float, notes: Iterable[TimelineEntry] = ()
) -> tuple[TimelineEntry, ...]:
    """*exchanges* since *began* and *notes*, in the order in which they began."""
    entries = [entry_of(exchange, began) for exchange in exchanges]
    return tuple(sorted([*entries, *notes], key=lambda entry: entry.at_s))


def exchanges_since(platform: Platform, account: Account, began: float, *, after: int = 0) -> list[Exchange]:
    """The account's latest exchanges since *began*, strays among them; those up to *after* need not be looked at."""
    found = platform.journal.of_account(account.label, after=after, limit=_MOST)
    return [each for each in found if each.clock >= began]


def webhooks_in_words(exchanges: Iterable[Exchange], but: frozenset[Thing] = frozenset()) -> list[Told]:
    """What was found out about webhooks, each thing once with the webhooks it is about; a note is no warning.

    The things *but* are left out.
    """
    told: dict[Thing, tuple[Mapping[str, str], list[int]]] = {}
    for exchange in exchanges:
        for finding in exchange.outcome.get("findings", ()) if is_told(exchange) else ():
            about = thing(finding["code"], finding["path"], finding["message"])
            if finding["severity"] != Severity.NOTE and about not in but:
                told.setdefault(about, (finding, []))[1].append(exchange.id)
    return [
        Told(f"{first['message']} ({_numbers(ids)}); {first['remedy']} [{first['code']}]", about, len(ids))
        for about, (first, ids) in told.items()
    ]


def is_told(exchange: Exchange) -> bool:
    """Whether nobody else tells what was found out about *exchange*: the provider began it."""
    return exchange.direction == "in" and exchange.kind in {"webhook", "media"}


def findings_in(exchanges: Iterable[Exchange], kinds: frozenset[str] = frozenset()) -> list[Finding]:
    """What was found out about webhooks, fetches and exchanges of further *kinds*, notes too."""
    looked_at = (each for each in exchanges if is_told(each) or each.kind in kinds)
    return [finding_of(data) for each in looked_at for data in each.outcome.get("findings", ())]


def _numbers(ids: Sequence[int]) -> str:
    """``#5, #7 and 12 more``."""
    named = ", ".join(f"#{each}" for each in ids[:_MOST_NAMED])
    return named if len(ids) <= _MOST_NAMED else f"{named} and {len(ids) - _MOST_NAMED} more"


def entry_of(exchange: Exchange, began: float) -> TimelineEntry:
    """One exchange as a line of the timeline."""
    incoming = exchange.direction == "in"
    return TimelineEntry(
        at_s=max(0.0, exchange.clock - began),
        arrow="←" if incoming else "→",
        label=exchange.kind if not incoming else _events(exchange),
        detail=f"{_what(exchange)}  {_end(exchange)}",
        exchange=exchange.id,
    )


def _what(exchange: Exchange) -> str:
    """What a webhook said, or why nobody understood it; of all else the request line."""
    if exchange.direction == "out":
        return f"{exchange.request.method} {exchange.sent_to or exchange.request.url}"
    outcome = exchange.outcome
    said = [variables_in_words(event["variables"]) for event in outcome.get("events", [])]
    missed = " · ".join(in_short(miss) for miss in outcome.get("unmatched", [])[:_MOST_NAMED])
    why = outcome.get("problem") or _refusal(exchange)
    what = " ".join([*said, missed]).strip()
    return f"{what}: {_shortened(why)}" if what and why else what or _shortened(why or "") or _request_line(exchange)


def _request_line(exchange: Exchange) -> str:
    return f"{exchange.request.method} {urlsplit(exchange.request.url).path}"


def _refusal(exchange: Exchange) -> str | None:
    """Why a webhook that fitted a model was answered with an error all the same."""
    errors = (each for each in exchange.outcome.get("findings", ()) if each["severity"] == Severity.ERROR)
    return next((each["message"] for each in errors), None)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "…"


def variables_in_words(variables: Mapping[str, str]) -> str:
    """``{from: +61123456789, content: hello}``; long values are cut."""
    inner = ", ".join(f"{name}: {_cut(value)}" for name, value in variables.items())
    return f"{{{inner}}}"


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…"


def _events(exchange: Exchange) -> str:
    if exchange.kind != "webhook":
        return exchange.kind
    events = [event["event_type"] for event in exchange.outcome.get("events", [])]
    if events:
        return ", ".join(events)
    missed = exchange.outcome.get("unmatched", [])
    if missed and all(miss["nearest"] and miss["nearest"].get("state") for miss in missed):
        return STATE
    return NEAR_MISS if missed else "refused"


def _end(exchange: Exchange) -> str:
    again = f" (attempt {exchange.attempt})" if exchange.attempt > 1 else ""
    spoilt = exchange.outcome.get("tampered")
    purpose = f", {' and '.join(spoilt)} on purpose" if spoilt else ""
    if exchange.error:
        return f"{exchange.error}{purpose}{again}"
    if exchange.reply is None:
        return "no answer yet"
    if exchange.kind == "media":
        return f"{exchange.reply.status}{_bytes(exchange)}{again}"
    if exchange.direction == "in":
        purpose = ", on purpose" if "fault" in exchange.outcome else ""
        return f"{exchange.reply.status}{purpose}{again}"
    return f"{exchange.reply.status} in {format_duration(exchange.duration_s or 0.0)}{purpose}"


def _bytes(exchange: Exchange) -> str:
    """How much of a file was sent, or came; a trap is told."""
    media = exchange.outcome.get("media", {})
    purpose = f", {media['trap']} on purpose" if media.get("trap") else ""
    size = media.get("size")
    if size is None:
        return purpose
    most = "at most " if media.get("broken") else ""
    return f", {most}{media['sent']} of {size} bytes{purpose}" if "sent" in media else f", {size} bytes"


def arrivals_in_words(arrivals: Sequence[Arrival], began: float) -> list[str]:
    """``messageDelivered {messageid: …} by webhook #7 at +1.21 s``."""
    words = []
    for arrival in arrivals:
        if arrival.event is not None:
            said = variables_in_words(arrival.event.variables)
            at = format_duration(max(0.0, arrival.at - began))
            words.append(f"{arrival.event.event_type} {said} by webhook #{arrival.exchange} at +{at}")
    return words
