"""``check``: what is demanded of an answer, or of the webhook that brought an event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.core import rules
from emulator.core.bodies import first_bytes, parse_json
from emulator.core.comparing import ABSENT, Complaint, Difference, complaints, describe, differences
from emulator.core.messages import Headers, Reply
from emulator.core.plain import source_text
from emulator.core.profile import status_fits
from emulator.core.records import Record
from emulator.core.scalars import Duration, duration_literal, format_duration
from emulator.errors import UnreadableBodyError
from emulator.scenario.results import Detail, Failure

if TYPE_CHECKING:
    from emulator.core.media import ReceivedFile
    from emulator.core.messages import Request
    from emulator.core.source import Path
    from emulator.engine.calling import CallResult
    from emulator.engine.inbox import Arrival
    from emulator.errors import Finding

_MOST_ROWS = 8
STATUS = re.compile(r"[1-5](\d\d|xx)\Z")


class ReplyCheck(Record):
    """What is demanded of an answer."""

    status: Any = None
    """A status such as ``200``, a class such as ``2xx``, or a matcher."""
    within: Duration | None = None
    """How long the answer may take."""
    body: Any = None
    """Matchers under JSONPath keys, or a matcher of the whole body."""
    headers: dict[str, Any] = {}
    """A matcher for each header."""
    messageid: Any = None
    """A matcher of the id that ``response_map`` names."""
    state: Any = None
    """A matcher of the message's state."""
    refreshed: Any = None
    """Whether an access token was renewed for the request."""


class MediaCheck(Record):
    """What is demanded of the file of an mms."""

    type: Any = None
    """A matcher of its media type, such as ``image/png``: what its bytes say."""
    size: Any = None
    """A matcher of its size in bytes."""
    sha256: Any = None
    """A matcher of its digest, in hexadecimal digits."""
    declared: Any = None
    """A matcher of the Content-Type that it came with."""


class ArrivalCheck(Record):
    """What is demanded of the webhook that brought an event."""

    method: Any = None
    body: Any = None
    headers: dict[str, Any] = {}
    attempts: Any = None
    """A matcher of how often it was posted until it was taken: more than once only where ``sink`` refused it."""
    same_body: Any = None
    """Whether every one of these posts had the very same body."""
    media: MediaCheck | None = None
    """The file of an mms: it must have come, and be so."""


def matcher_complaints(check: Mapping[str, Any]) -> Iterator[Complaint]:
    """What is wrong with the matchers of a ``check``; paths begin below it."""
    for key, matcher in check.items():
        if key in {"headers", "media"} and isinstance(matcher, Mapping):
            for name, each in matcher.items():
                yield from complaints(each, (key, name))
        elif key == "status":
            yield from status_complaints(matcher, (key,))
        elif key != "within":
            yield from complaints(matcher, (key,))


def status_complaints(matcher: Any, path: Path) -> Iterator[Complaint]:
    """What is wrong with a status, a class of them, or a matcher."""
    if isinstance(matcher, dict):
        yield from complaints(matcher, path)
        return
    text = source_text(matcher)
    if isinstance(text, str) and "$" not in text and not STATUS.match(text):
        yield Complaint(path, False, f"{text!r} is no status", "write such as 200 or 2xx")


def check_reply(check: ReplyCheck, call: CallResult, state: str | None) -> Iterator[Difference]:
    """Every way in which an answer is not what *check* demands."""
    if check.status is not None:
        yield from status_differences(check.status, call.status)
    if check.within is not None and call.ended - call.began > check.within:
        yield Difference("within", format_duration(check.within), format_duration(call.ended - call.began))
    if check.messageid is not None:
        yield from differences(check.messageid, ABSENT if call.messageid is None else call.messageid, "messageid")
    if check.state is not None:
        yield from differences(check.state, ABSENT if state is None else state, "state")
    if check.refreshed is not None:
        yield from differences(check.refreshed, call.refreshed, "refreshed")
    reply = call.reply
    yield from _headers(check.headers, reply.headers if reply else ())
    if check.body is not None:
        yield from _body(check.body, reply)


def check_arrival(check: ArrivalCheck, request: Request | None, arrival: Arrival) -> Iterator[Difference]:
    """Every way in which a webhook is not what *check* demands; its *request* is needed for `needs_request`."""
    if request is not None:
        if check.method is not None:
            yield from differences(check.method, request.method, "method")
        yield from _headers(check.headers, request.headers)
    if check.body is not None:
        yield from differences(check.body, arrival.payload, "")
    if check.attempts is not None:
        yield from _among_posts(differences(check.attempts, arrival.attempts, "attempts"), arrival)
    if check.same_body is not None:
        yield from _among_posts(differences(check.same_body, arrival.is_same_body, "same_body"), arrival)


def needs_request(check: ArrivalCheck) -> list[str]:
    """What of *check* looks at the request itself, which the journal alone keeps."""
    return (["method"] if check.method is not None else []) + [f"header {name}" for name in check.headers]


def cannot_be_checked(needed: Sequence[str], exchange: int) -> Failure:
    """The failure that a check amounts to whose webhook is no longer in the journal: it must not pass unseen."""
    return Failure(
        code="SCN-304",
        expected=f"webhook #{exchange} can be checked: {', '.join(needed)}",
        received=f"the journal is full, and no longer has #{exchange}: whether the check holds is not known",
        mend="expect it sooner after it comes, or split the scenario into shorter ones",
        exchange=exchange,
    )


def check_media(check: MediaCheck, file: ReceivedFile) -> Iterator[Difference]:
    """Every way in which a file is not what *check* demands."""
    found = file.data()
    for name in check.model_fields_set:
        yield from differences(getattr(check, name), found.get(name, ABSENT), f"media.{name}")


def media_asked_for(check: MediaCheck) -> frozenset[str]:
    """The findings that say just what a *check* that holds asked for."""
    named = check.model_fields_set
    return frozenset(rule.code for name, found in _SAID_BY.items() if name in named for rule in found)


_SAID_BY = {
    "declared": (rules.FILE_TYPE_DIFFERS, rules.FILE_TYPE_MISSING),
    "type": (rules.FILE_IS_A_PAGE, rules.FILE_IS_A_PART, rules.FILE_TYPE_MISSING),
    "size": (rules.FILE_EMPTY,),
}


def missing_file(finding: Finding, exchange: int) -> Failure:
    """The failure that a file amounts to which did not come."""
    return Failure(
        code=finding.code,
        expected="the file of the mms",
        received=finding.message,
        mend=finding.remedy,
        exchange=exchange,
    )


def slow_file(url: str, within_s: float, exchange: int) -> Failure:
    """The failure that a file amounts to which is still on its way."""
    return Failure(
        code=rules.FILE_TOO_SLOW.code,
        expected=f"the file of the mms   within {duration_literal(within_s)}",
        received=f"{url} is still being fetched",
        mend="have the file ready when you post it, or allow more time by within:",
        exchange=exchange,
    )


def _among_posts(found: Iterable[Difference], arrival: Arrival) -> Iterator[Difference]:
    """*found*, with the webhooks in which it shows."""
    numbers = ", ".join(f"#{each}" for each in (*arrival.refused[-_MOST_ROWS:], arrival.exchange))
    for each in found:
        yield each._replace(found=f"{each.found} ({numbers})") if arrival.refused else each


def status_differences(expected: Any, status: int | None) -> Iterator[Difference]:
    """Whether a status is not what is *expected*."""
    if isinstance(expected, dict):
        yield from differences(expected, ABSENT if status is None else status, "status")
        return
    pattern = str(source_text(expected))
    if status is None or not status_fits(status, (pattern,)):
        yield Difference("status", pattern, "no answer" if status is None else str(status))


def _headers(expected: Mapping[str, Any], headers: Headers) -> Iterator[Difference]:
    for name, matcher in expected.items():
        found = next((value for key, value in headers if key.lower() == name.lower()), ABSENT)
        yield from differences(matcher, found, f"header {name}")


def _body(expected: Any, reply: Reply | None) -> Iterator[Difference]:
    body = reply.body if reply else b""
    try:
        value = parse_json(body, reply.header("Content-Type") if reply else None)
    except UnreadableBodyError:
        found = first_bytes(body) if body else "nothing"
        yield Difference("body", f"JSON with {describe(expected)}", found)
        return
    yield from differences(expected, value, "")


def forbidden_failure(fail_if: Mapping[str, Any], *, what: str, exchange: int | None = None) -> Failure:
    """The failure that a ``fail_if`` which holds amounts to."""
    rows = [Detail(key, describe(matcher), wrong=True) for key, matcher in fail_if.items()]
    return Failure(
        code="CHK-02",
        expected="fail_if does not hold",
        received=f"{_numbered(what, exchange)} is just that:",
        details=tuple(rows),
        mend="correct the provider, or fail_if if it says too much",
        exchange=exchange,
    )


def check_failure(found: tuple[Difference, ...], *, what: str, exchange: int | None = None) -> Failure:
    """The failure that *found* amounts to."""
    rows = [Detail(each.path or "$", f"expected {each.expected}; found {each.found}", wrong=True) for each in found]
    if len(rows) > _MOST_ROWS:
        rows[_MOST_ROWS:] = [Detail("", f"and {len(found) - _MOST_ROWS} more")]
    return Failure(
        code="CHK-01",
        expected="; ".join(f"{each.path or '$'} {each.expected}" for each in found[:3]) + ("; …" * (len(found) > 3)),
        received=f"{_numbered(what, exchange)} differs in {len(found)} place{'s' if len(found) > 1 else ''}:",
        details=tuple(rows),
        mend="correct the provider, or the check if it asks for too much",
        exchange=exchange,
    )


def _numbered(what: str, exchange: int | None) -> str:
    return what if exchange is None else f"{what} #{exchange}"
