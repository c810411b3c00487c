"""Steps that make the platform's own requests: ``subscribe``, ``send_message``, ``send_file``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationInfo

from emulator.core import rules
from emulator.core.bodies import parse_json
from emulator.core.comparing import Complaint
from emulator.core.plain import source_text
from emulator.core.scalars import Count, Described, Duration, Text, is_placeholder
from emulator.core.tampering import AUTH, Spoilt, Tamper, expectation, reasons_against
from emulator.engine.faults import Trap
from emulator.engine.user_files import is_file
from emulator.errors import UnreadableBodyError, UsageError
from emulator.scenario.results import Detail, Failure
from emulator.scenario.steps.base import EVERYWHERE, After, Cause, Common, Outcome, StepKind, Turn
from emulator.scenario.steps.checking import ReplyCheck, check_failure, check_reply, forbidden_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.comparing import Difference
    from emulator.core.document import ApiName, IntegrationDocument
    from emulator.engine.calling import CallResult
    from emulator.engine.platform import Sending
    from emulator.errors import Finding
    from emulator.scenario.project import Project

MOST_COPIES = 100
_MENDS = {
    "wrong_auth": "check the credentials of every request before anything else is done",
    "no_auth": "refuse requests without an Authorization header",
    "expired_auth": "check when the access token expires, and answer 401 once it has",
    "broken_json": "answer 400 where the body cannot be read: nothing of it may be done",
    "wrong_type": "answer 415 to a Content-Type that you do not take",
    "oversize": "answer 413 to a body, or 400 to a text, that is too long",
    "unknown_keys": "ignore keys that you do not know: the platform may add some",
}
ABOUT_STATUS = frozenset({rules.REFUSED.code, rules.STILL_REFUSED.code, rules.ALREADY_SUBSCRIBED.code})
"""The findings that a status is by itself."""
_ABOUT_FAILURE = ABOUT_STATUS | {rules.NOT_AN_ANSWER.code, rules.LITERAL_DIFFERS.code}
ACTION_KEYS = EVERYWHERE | {"as", "check", "fail_if"}
CALL_RESULTS = frozenset({"status", "answer", "exchange"})


def needs_method(document: IntegrationDocument, name: ApiName) -> Iterator[Complaint]:
    """A complaint where the document lacks the request that a step makes."""
    if document.api.method(name) is None:
        yield Complaint((), True, f"the integration document has no API.{name}", "add it, or remove this step")


def call_outcome(
    turn: Turn,
    call: CallResult,
    common: Common,
    results: Mapping[str, Any],
    state: str | None = None,
    findings: tuple[Finding, ...] | None = None,
) -> Outcome:
    """What a request amounts to: by itself it must be taken by the provider, and *check* must hold.

    *findings* are those of the call unless others are given; what the check asked for is none.
    """
    turn.cause = Cause(f"{call.name} #{call.exchange}", call.began)
    turn.acted = After(call.exchange, f"#{call.exchange}")
    check = ReplyCheck.model_validate(common.check) if common.check is not None else None
    wrong = tuple(check_reply(check, call, state)) if check is not None and call.reply is not None else ()
    failure: Failure | None = None
    if call.tampered and not (check is not None and (check.status is not None or check.state is not None)):
        failure = _as_if_right(call)
    elif call.failure is not None and not _is_judged_by(check, call, wrong):
        failure = _refused(call)
    if failure is None and wrong:
        failure = _as_checked(call, wrong)
    if check is not None and call.by_status and failure is None:
        turn.asked |= _own_webhooks(turn, call)
    forbidden = ReplyCheck.model_validate(common.fail_if) if common.fail_if is not None else None
    if failure is None and forbidden is not None and not any(check_reply(forbidden, call, state)):
        failure = forbidden_failure(common.fail_if, what=f"the answer to {call.name}", exchange=call.exchange)
    answer = {"status": call.status, "answer": answer_data(call), "exchange": call.exchange}
    return Outcome(
        results={**answer, **results},
        failure=failure,
        findings=unasked(call.findings if findings is None else findings, check, call, wrong),
        checks=sum(each is not None for each in (check, forbidden)) + bool(call.tampered),
        unreachable=call.unreachable,
    )


def answer_data(call: CallResult) -> Any:
    """The answer's JSON, or its text."""
    if call.reply is None:
        return None
    try:
        return parse_json(call.reply.body, call.reply.header("Content-Type"))
    except UnreadableBodyError:
        return call.reply.body.decode("utf-8", "replace")


def _as_if_right(call: CallResult) -> Failure | None:
    """What is wrong with the answer to a request that was spoilt on purpose."""
    words, statuses = expectation(call.tampered)
    if call.status in statuses:
        return None
    how = " and ".join(call.tampered)
    taken = f"{call.status}: the provider did what it was asked" if call.failure is None else call.failure
    return Failure(
        code="TAMPER-01" if AUTH & set(call.tampered) else "TAMPER-02",
        expected=f"{call.name} with {how} is answered {words}",
        received=taken,
        mend=call.mend if call.reply is None and call.mend else _MENDS[call.tampered[0]],
        exchange=call.exchange,
    )


def _own_webhooks(turn: Turn, call: CallResult) -> set[int]:
    """The webhooks that *call* was by itself: those that it posted to the account's own URL."""
    sent = turn.platform.journal.get(call.exchange)
    later = turn.platform.journal.of_account(turn.account.label, after=call.exchange)
    if sent is None:
        return set()
    what = (urlsplit(sent.request.url)[2:4], sent.request.body)
    return {
        each.id
        for each in later
        if each.kind == "webhook" and (urlsplit(each.request.url)[2:4], each.request.body) == what
    }


def _is_judged_by(check: ReplyCheck | None, call: CallResult, wrong: tuple[Difference, ...]) -> bool:
    """Whether *check* says what is right in place of the rule that a request must succeed.

    A status says so in place of the rule about statuses alone: whatever it is, the answer must be one that can be read.
    """
    if check is None or call.reply is None:
        return False
    places = {each.path for each in wrong}
    if check.status is not None and (call.by_status or "status" in places):
        return True
    return check.state is not None and "state" not in places


def _as_checked(call: CallResult, wrong: tuple[Difference, ...]) -> Failure:
    """That the check does not hold; of a status that nobody wanted, with what is known about it."""
    failure = check_failure(wrong, what=f"the answer to {call.name}", exchange=call.exchange)
    if not any(each.path == "status" for each in wrong):
        return failure
    if call.failure is not None and call.by_status and call.mend is not None:
        return replace(failure, details=(*failure.details, Detail("answer", call.failure)), mend=call.mend)
    conflict = next((each for each in call.findings if each.code == rules.ALREADY_SUBSCRIBED.code), None)
    if conflict is not None:
        mend = "409 harms nothing: leave status out of the check, or allow both, as in status: {one_of: [201, 409]}"
        return replace(failure, details=(*failure.details, Detail("answer", conflict.message)), mend=mend)
    return failure


def unasked(
    findings: tuple[Finding, ...], check: ReplyCheck | None, call: CallResult, wrong: tuple[Difference, ...]
) -> tuple[Finding, ...]:
    """*findings* without what *check* asked for: a status that is wanted and comes is no error."""
    if check is None:
        return findings
    places = {each.path for each in wrong}
    asked: set[str] = set()
    if check.status is not None and "status" not in places:
        asked |= ABOUT_STATUS
    if check.state is not None and "state" not in places and call.failure is not None:
        asked |= _ABOUT_FAILURE
    if check.within is not None and "within" not in places:
        asked.add(rules.SLOW_ANSWER.code)
    wants_no_id = check.messageid is not None and "messageid" not in places and call.messageid is None
    if wants_no_id or (check.state is not None and "state" not in places):
        asked.add(rules.UNTRACKED.code)
    body = check.body if isinstance(check.body, Mapping) else {}
    return tuple(
        each for each in findings if each.code not in asked and not (each.path in body and each.path not in places)
    )


def _refused(call: CallResult) -> Failure:
    codes = [finding.code for finding in call.findings if finding.message == call.failure]
    return Failure(
        code=call.code or (codes[0] if codes else rules.REFUSED.code),
        expected=f"{call.name} is taken by the provider",
        received=call.failure or "",
        mend=call.mend or "see the provider's log",
        exchange=call.exchange,
    )


def _tampers(value: Any, info: ValidationInfo) -> Any:
    if is_placeholder(value, info):
        return ()
    plain = source_text(value)
    return tuple(map(source_text, plain)) if isinstance(plain, list) else (plain,)


_WORD: Mapping[str, Any] = {"enum": list(get_args(Tamper))}
Tampers = Annotated[
    tuple[Tamper, ...],
    BeforeValidator(_tampers),
    Described({"anyOf": [_WORD, {"type": "array", "items": _WORD}]}),
]


def tamper_complaints(
    arguments: Mapping[str, Any], document: IntegrationDocument, name: ApiName
) -> Iterator[Complaint]:
    """A complaint for each way in which the request *name* cannot be spoilt."""
    method = document.api.method(name)
    if "tamper" not in arguments or method is None:
        return
    given = source_text(arguments["tamper"])
    words = [str(source_text(each)) for each in given] if isinstance(given, list) else [str(given)]
    known: list[Tamper] = [each for each in get_args(Tamper) if each in words]
    for why, mend in reasons_against(known, method, document):
        yield Complaint(("tamper",), True, why, mend)


class Subscribe(StepKind):
    """Tells the provider the webhook URL."""

    tamper: Tampers = ()
    """How the request is spoilt on purpose."""

    verb: ClassVar[str] = "subscribe"
    title: ClassVar[str] = "Subscribe"
    common: ClassVar[frozenset[str]] = ACTION_KEYS
    check: ClassVar[Any] = ReplyCheck
    results: ClassVar[frozenset[str]] = CALL_RESULTS

    @classmethod
    def expand(cls, value: Any) -> dict[str, Any]:
        """Nothing to say: ``subscribe:``."""
        return {} if source_text(value) is None else super().expand(value)

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """The document must have Subscribe."""
        yield from needs_method(document, "Subscribe")
        yield from tamper_complaints(arguments, document, "Subscribe")

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Make the request."""
        call = await turn.platform.subscribe(turn.account, spoilt=Spoilt(self.tamper))
        return call_outcome(turn, call, common, {})


class _Send(StepKind):
    from_number: Annotated[Text | None, Field(alias="from")] = None
    """The SMS number; the first user's first number unless said otherwise."""
    to: Text | None = None
    """The external party; the organization's contact unless said otherwise."""
    extension: Text | None = None
    """The sending user's extension; that of the number's user unless said otherwise."""
    tamper: Tampers = ()
    """How the request is spoilt on purpose."""
    copies: Annotated[Count, Field(ge=1, le=MOST_COPIES)] = 1
    """How often it is sent, all at the same time."""

    common: ClassVar[frozenset[str]] = ACTION_KEYS
    check: ClassVar[Any] = ReplyCheck

    def parties(self, turn: Turn) -> tuple[str, str, str | None]:
        """The SMS number, the contact and the extension.

        Raises:
            UsageError: The organization has no such number.
        """
        organization = turn.account.organization
        number = organization.number_like(self.from_number) if self.from_number else organization.numbers[0]
        if number is None:
            raise UsageError(
                f"{self.from_number} is no SMS number of the organization",
                mend=f"it has {', '.join(organization.numbers)}; add it to organization in ringo-emu.yaml",
            )
        user = organization.user_of(number)
        extension = self.extension or (user.extension if user else None)
        return number, self.to or organization.contact, extension

    async def play(self, turn: Turn, common: Common, more: Mapping[str, Any], send: Send) -> Outcome:
        """Send it as often as the step says; every answer must be right."""
        spoilt = Spoilt(self.tamper, is_copy=self.copies > 1)
        sendings = await asyncio.gather(*(send(spoilt) for _ in range(self.copies)))
        sendings.sort(key=lambda each: each.call.exchange)
        outcomes = [_sent(turn, each, common, more) for each in sendings]
        worst = next((each for each in outcomes if each.failure is not None), outcomes[-1])
        turn.acted = After(first := sendings[0].call.exchange, f"#{first}")  # its event may be that of any copy
        ids = dict.fromkeys(each.call.messageid for each in sendings if each.call.messageid is not None)
        return replace(
            worst,
            results={**worst.results, "messageids": list(ids)},
            findings=tuple(finding for each in outcomes for finding in each.findings),
        )


Send = Callable[[Spoilt], Awaitable["Sending"]]


def _sent(turn: Turn, sending: Sending, common: Common, more: Mapping[str, Any]) -> Outcome:
    turn.sent(sending)
    results = {"messageid": sending.call.messageid, "state": sending.message.state.value, **more}
    return call_outcome(turn, sending.call, common, results, sending.message.state.value, sending.findings)


class SendMessage(_Send):
    """Sends a text."""

    content: Text
    """The text."""

    verb: ClassVar[str] = "send_message"
    title: ClassVar[str] = "SendMessage"
    shorthand: ClassVar[str | None] = "content"
    results: ClassVar[frozenset[str]] = CALL_RESULTS | {"messageid", "messageids", "state", "content", "from", "to"}

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """What is spoilt must be there."""
        del project
        return tamper_complaints(arguments, document, "SendMessage")

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Send it."""
        number, contact, extension = self.parties(turn)

        def send(spoilt: Spoilt) -> Awaitable[Sending]:
            return turn.platform.send_message(
                turn.account, number=number, contact=contact, content=self.content, extension=extension, spoilt=spoilt
            )

        return await self.play(turn, common, {"content": self.content, "from": number, "to": contact}, send)


def _trap(value: Any, info: ValidationInfo) -> Any:
    return None if is_placeholder(value, info) else source_text(value)


class SendFile(_Send):
    """Sends a file by its URL; a local file is served by the public listener."""

    file: Text
    """An http(s) URL, or a file's path relative to the project file."""
    caption: Text | None = None
    """A text that goes with it, as a SendMessage of its own."""
    trap: Annotated[Trap | None, BeforeValidator(_trap)] = None
    """What the link to a local file does on purpose when it is fetched."""
    pause: Duration = 10.0
    """How long ``trap: slow`` waits in the middle of the file."""

    verb: ClassVar[str] = "send_file"
    title: ClassVar[str] = "SendFile"
    shorthand: ClassVar[str | None] = "file"
    results: ClassVar[frozenset[str]] = CALL_RESULTS | {"messageid", "messageids", "state", "media", "from", "to"}

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """The document must have SendFile, and a local file must be there."""
        yield from needs_method(document, "SendFile")
        yield from tamper_complaints(arguments, document, "SendFile")
        file = arguments.get("file")
        if isinstance(file, str) and "$" not in file and not _is_url(file) and not is_file(project.folder / file):
            yield Complaint(("file",), False, f"there is no file {file}", "paths are relative to the project file")
        if "trap" in arguments and isinstance(file, str) and _is_url(file):
            message = "a trap needs a file that ringo-emu serves; this one lies elsewhere"
            yield Complaint(("trap",), True, message, "name a local file, or take trap out")
        if "pause" in arguments and "$" not in str(source_text(arguments.get("trap"))) and not _is_slow(arguments):
            yield Complaint(("pause",), True, "pause goes with trap: slow", "write trap: slow, or take pause out")

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Send it."""
        number, contact, extension = self.parties(turn)
        url = self.file
        if not _is_url(url):
            path = turn.project.folder / self.file
            url = turn.platform.share(path, turn.account, trap=self.trap, pause_s=self.pause)

        def send(spoilt: Spoilt) -> Awaitable[Sending]:
            return turn.platform.send_file(
                turn.account,
                number=number,
                contact=contact,
                url=url,
                caption=self.caption,
                extension=extension,
                spoilt=spoilt,
            )

        return await self.play(turn, common, {"media": url, "from": number, "to": contact}, send)


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _is_slow(arguments: Mapping[str, Any]) -> bool:
    return bool(source_text(arguments.get("trap")) == "slow")
