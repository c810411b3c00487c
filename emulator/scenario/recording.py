"""A stretch of what was played by hand, as a scenario that plays it again. Pure.

What went out becomes actions, what came in becomes expectations, in the order of the exchanges. Ids become captures,
texts literals; who is the usual number or contact is left out, so that the scenario can be played with others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from emulator.core.conversations import MessageState
from emulator.core.numbers import same_number
from emulator.core.scalars import duration_literal

if TYPE_CHECKING:
    from emulator.core.conversations import Message, Organization
    from emulator.engine.exchanges import Exchange

_SLACK = 3
"""An event may take so many times as long as it took when it was played."""
_USUAL_S = 5.0
"""What ``within`` is where a step has none."""
_ROUND_S = (10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_BY_ITSELF = frozenset({"Subscribe", "media", "authorize", "token", "refresh"})
"""What no step need ask for."""
_STEMS = {"send_message": "text", "send_file": "file", "trigger": "trigger", "replay": "replay", "expect": "event"}
_TAKEN_ON_PURPOSE = frozenset({"empty", "slow"})


class Pulled(NamedTuple):
    """A trigger that was pulled, with the values that it was given."""

    trigger: str
    given: Mapping[str, Any]


class Played(NamedTuple):
    """What was played, and what is known of it.

    *messages* are filed by the exchange that sent them, *pulled* by the exchange that a trigger made, *repeated* by
    the exchange that made another (its value) again. *files* names for a URL that was sent the file behind it, as a
    path relative to the project file. *reply* is a trigger that plays an incoming text and needs only its content.
    """

    exchanges: Sequence[Exchange]
    organization: Organization
    messages: Mapping[int, Message]
    pulled: Mapping[int, Pulled] = {}
    repeated: Mapping[int, int] = {}
    files: Mapping[str, str] = {}
    reply: str | None = None


class Recorded(NamedTuple):
    """A scenario as YAML, and in *notes* what of the stretch it does not play."""

    text: str
    notes: tuple[str, ...]


def as_scenario(name: str, played: Played) -> Recorded:
    """The scenario *name* that plays *played* again."""
    return _Recording(played).written(name)


class _Step(NamedTuple):
    """A step to write; *subject* is the exchange by whose results other steps know it."""

    verb: str
    value: Any
    beside: Mapping[str, Any] = {}
    subject: int | None = None


class _Result(NamedTuple):
    """A placeholder for a result of the step whose *subject* is that exchange."""

    subject: int
    key: str


class _Recording:
    """Turns exchanges into steps, one after the other."""

    def __init__(self, played: Played) -> None:
        self._played = played
        self._exchanges = sorted(played.exchanges, key=lambda each: each.id)
        self._chosen = frozenset(each.id for each in self._exchanges)
        self._sent = {message.messageid: exchange for exchange, message in played.messages.items() if message.messageid}
        self._notes: list[str] = []
        self._steps: list[_Step] = []
        self._latest: int | None = None
        """The exchange that sent the latest message so far."""
        self._cause: float | None = None
        self._given: set[str] = set()
        self._provocations = 0
        """Triggers and replays so far of which nothing has come yet."""

    def written(self, name: str) -> Recorded:
        self._faults()
        for exchange in self._exchanges:
            self._incoming(exchange) if exchange.direction == "in" else self._outgoing(exchange)
        lines = [f"scenario: {_flow(_literal(name))}"]
        if self._leaves_reports_out():
            lines.append("unexpected: allow")
        return Recorded("\n".join([*lines, "steps:", *self._lines()]) + "\n", tuple(self._notes))

    def _leaves_reports_out(self) -> bool:
        """Whether a message that is sent was reported by a webhook that was not chosen."""
        sent = (self._played.messages.get(number) for number in self._chosen)
        return any(each is not None and each.report is not None and each.report not in self._chosen for each in sent)

    # -- what was done

    def _outgoing(self, exchange: Exchange) -> None:
        step = self._action(exchange)
        if step is not None:
            self._steps.append(step)
            self._cause = exchange.clock

    def _action(self, exchange: Exchange) -> _Step | None:
        message = self._played.messages.get(exchange.id)
        pulled = self._played.pulled.get(exchange.id)
        if message is not None:
            return self._send(exchange, message)
        if pulled is not None:
            return self._trigger(pulled, exchange.id)
        if exchange.kind == "replay":
            return self._replay(exchange)
        if exchange.kind in {"SendMessage", "SendFile"}:
            self._left_out(exchange, "its message is not known any more")
        elif exchange.kind not in _BY_ITSELF:
            self._left_out(exchange, f"no step makes a request of this kind ({exchange.kind}) by hand")
        return None

    def _replay(self, exchange: Exchange) -> _Step | None:
        original = self._played.repeated.get(exchange.id)
        if original is None:
            self._left_out(exchange, "it was edited, or it is not known any more what it repeats")
            return None
        if original not in self._chosen:
            self._left_out(exchange, f"#{original}, which it makes again, is not chosen")
            return None
        self._provocations += 1
        return _Step("replay", _Result(original, "exchange"), subject=exchange.id)

    def _send(self, exchange: Exchange, message: Message) -> _Step | None:
        organization = self._played.organization
        user = organization.user_of(message.number)
        arguments: dict[str, Any] = {}
        if message.number != organization.numbers[0]:
            arguments["from"] = _literal(message.number)
        if message.contact != organization.contact:
            arguments["to"] = _literal(message.contact)
        if message.extension is not None and (user is None or message.extension != user.extension):
            arguments["extension"] = _literal(message.extension)
        key, verb = ("file", "send_file") if message.is_file else ("content", "send_message")
        subject = _literal(self._played.files.get(message.content, message.content))
        tampered = exchange.outcome.get("tampered")
        if tampered:
            arguments["tamper"] = tampered[0] if len(tampered) == 1 else list(tampered)
        value: Any = {key: subject, **arguments} if arguments else subject
        beside = {}
        if message.state is MessageState.FAILED:
            if exchange.reply is None:
                self._left_out(exchange, "the provider gave no answer")
                return None
            beside = {"check": {"status": exchange.reply.status, "state": "failed"}}
        self._latest = exchange.id
        return _Step(verb, value, beside, exchange.id)

    def _trigger(self, pulled: Pulled, subject: int | None = None) -> _Step:
        organization = self._played.organization
        usual = {"from": organization.contact, "to": organization.numbers[0]}
        given = {key: value for key, value in pulled.given.items() if usual.get(key) != value}
        self._provocations += 1
        self._given.update(value for value in given.values() if isinstance(value, str))
        literal = {key: _literal(value) if isinstance(value, str) else value for key, value in given.items()}
        return _Step("trigger", pulled.trigger, {"with": literal} if literal else {}, subject)

    def _left_out(self, exchange: Exchange, why: str) -> None:
        self._notes.append(f"#{exchange.id} is left out: {why}")

    # -- what came

    def _incoming(self, exchange: Exchange) -> None:
        if exchange.kind != "webhook":
            return
        events = exchange.outcome.get("events") or ()
        if not events:
            self._left_out(exchange, "it is a webhook of which nothing could be used")
        elif _took_effect(exchange):
            for place, event in enumerate(events):
                self._expect(exchange, event["event_type"], event["variables"], exchange.id if place == 0 else None)
        elif exchange.outcome.get("fault") is None:
            self._left_out(exchange, f"it was answered {exchange.reply.status if exchange.reply else 'nothing'}")

    def _expect(self, exchange: Exchange, event_type: str, variables: Mapping[str, str], subject: int | None) -> None:
        beside: dict[str, Any] = {}
        if event_type == "messageDelivered":
            value = self._reported(exchange, variables["messageid"])
            if value is None:
                return
        else:
            value = self._arrived(exchange, event_type, variables)
        if exchange.attempt > 1:
            beside["check"] = {"attempts": exchange.attempt}
        waited = None if self._cause is None else exchange.clock - self._cause
        if waited is not None and waited * _SLACK > _USUAL_S:
            beside = {"within": duration_literal(_rounded(waited * _SLACK)), **beside}
        self._steps.append(_Step("expect", value, beside, subject))

    def _reported(self, exchange: Exchange, messageid: str) -> Any:
        sent = self._sent.get(messageid)
        if sent is None or sent not in self._chosen:
            self._left_out(exchange, "the message that it reports is not chosen")
            return None
        return "messageDelivered" if sent == self._latest else {"messageDelivered": _Result(sent, "messageid")}

    def _arrived(self, exchange: Exchange, event_type: str, variables: Mapping[str, str]) -> Any:
        organization = self._played.organization
        text = "text" if event_type == "mms" else "content"
        matchers: dict[str, Any] = {}
        if organization.number_like(variables["to"]) != organization.numbers[0]:
            matchers["to"] = _literal(variables["to"])
        if not same_number(variables["from"], organization.contact):
            matchers["from"] = _literal(variables["from"])
        if event_type == "mms":
            url = variables["url"]
            matchers["url"] = _literal(url) if url in self._given else {"format": "url"}
        if text in variables:
            matchers[text] = _literal(variables[text])
        if self._provocations:
            self._provocations -= 1
        else:
            self._play_reply(exchange, event_type, variables)
        return {event_type: matchers[text] if list(matchers) == ["content"] else matchers}

    def _play_reply(self, exchange: Exchange, event_type: str, variables: Mapping[str, str]) -> None:
        reply = self._played.reply
        if reply is None or event_type != "message":
            self._notes.append(f"#{exchange.id} came by itself: see to it that it comes again, by a trigger or by hand")
            return
        given = {"from": variables["from"], "content": variables["content"]}
        if same_number(variables["from"], self._played.organization.contact):
            del given["from"]
        self._steps.append(self._trigger(Pulled(reply, given)))
        self._provocations -= 1
        self._cause = None
        self._notes.append(f'#{exchange.id} came by itself: the trigger "{reply}" plays it')

    # -- trouble on purpose

    def _faults(self) -> None:
        """How webhooks were answered on purpose, as a step before all others."""
        by_type: dict[str, list[str]] = {}
        for exchange in self._exchanges:
            if exchange.direction == "in" and exchange.kind == "webhook":
                for event_type in {event["event_type"] for event in exchange.outcome.get("events") or ()}:
                    by_type.setdefault(event_type, []).append(exchange.outcome.get("fault") or "200")
        for event_type, answers in by_type.items():
            last = max((place for place, each in enumerate(answers) if each != "200"), default=-1)
            if last >= 0:
                respond = [int(each) if each.isdecimal() else each for each in answers[: last + 1]]
                self._steps.append(_Step("sink", {"on": event_type, "respond": respond}))

    # -- writing

    def _lines(self) -> Iterator[str]:
        names = dict(self._names())
        for step in self._steps:
            yield f"  - {step.verb}: {_flow(_named(step.value, names))}"
            if step.subject in names:
                yield f"    as: {names[step.subject]}"
            for key, value in step.beside.items():
                yield f"    {key}: {_flow(_named(value, names))}"

    def _names(self) -> Iterator[tuple[int, str]]:
        """A name for each step whose results another needs."""
        wanted = {each.subject for step in self._steps for each in _results(step.value)}
        counts: dict[str, int] = {}
        for step in self._steps:
            if step.subject is not None and step.subject in wanted:
                stem = _STEMS[step.verb]
                counts[stem] = counts.get(stem, 0) + 1
                yield step.subject, f"{stem}{counts[stem]}"


def _took_effect(exchange: Exchange) -> bool:
    if exchange.outcome.get("fault") in _TAKEN_ON_PURPOSE:
        return True
    return exchange.reply is not None and 200 <= exchange.reply.status < 300


def _rounded(seconds: float) -> float:
    return next((each for each in _ROUND_S if each >= seconds), _ROUND_S[-1])


def _literal(text: str) -> str:
    """*text* where placeholders could stand."""
    return text.replace("$", "$$")


def _results(value: Any) -> Iterable[_Result]:
    if isinstance(value, _Result):
        yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from _results(below)


def _named(value: Any, names: Mapping[int, str]) -> Any:
    if isinstance(value, _Result):
        return f"${names[value.subject]}.{value.key}$"
    return {key: _named(below, names) for key, below in value.items()} if isinstance(value, dict) else value


class _OneLine(yaml.SafeDumper):
    """Writes every text in one line."""


_LINE_ENDS = frozenset("\n\x85\u2028\u2029")


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Half of a character (a lone surrogate) cannot be written in YAML, not even as an escape.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    style = None if _LINE_ENDS.isdisjoint(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_OneLine.add_representer(str, _text)


def _flow(value: Any) -> str:
    """*value* as YAML in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(below)}' for key, below in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    # In a list, so that what would end a value inside of braces is quoted.
    line = yaml.dump([value], Dumper=_OneLine, default_flow_style=True, allow_unicode=True, width=float("inf"))
    return line.strip()[1:-1]
