"""Steps that make the provider do something: ``trigger``, ``request``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import unquote_plus, urlencode

from pydantic import Field, ValidationError

from emulator.core.comparing import Complaint
from emulator.core.findings import nearest_name, suggestion
from emulator.core.messages import Headers, Request, text_of
from emulator.core.plain import source_text
from emulator.core.rendering import absolute_url, json_bytes
from emulator.core.scalars import Text, parse_duration
from emulator.core.template import leaves
from emulator.core.validating import MendableError
from emulator.errors import UsageError
from emulator.scenario.placeholders import UnfilledError, as_text, fill, in_data, placeholders
from emulator.scenario.project import HttpAction, action_complaints
from emulator.scenario.steps.base import Cause, Common, Outcome, StepKind, Turn
from emulator.scenario.steps.checking import ReplyCheck
from emulator.scenario.steps.commands import COMMAND_RESULTS, Command, command_outcome
from emulator.scenario.steps.sending import ACTION_KEYS, CALL_RESULTS, call_outcome

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.scenario.project import Project, TriggerEntry

_GIVEN = frozenset({"from", "to", "domain", "webhook_url", "env", "port", "python"})
"""What a trigger's placeholders may name without the step's ``with``."""
_TEXTS = frozenset({"from", "to", "content", "text", "url"})
_FILLED = ("request", "ask", "within", "folder", "env")
"""What of a trigger is filled as a whole; a command is filled word by word."""
"""Names that a trigger always gets as text, whatever YAML reads: ``content: 007`` keeps its zeros."""


def http_request(action: HttpAction) -> Request:
    """The request that *action* describes.

    Raises:
        RenderingError: Its URL is none.
    """
    headers: Headers = tuple(action.headers.items())
    for name, value in headers:
        if not (name.isascii() and value.encode("utf-8", "replace").decode() == value):
            raise UsageError(f"the header {name} cannot hold {value!r}", mend="send it in the body")
    body, content_type = b"", None
    if action.json_body is not None:
        body, content_type = json_bytes(action.json_body), "application/json"
    elif action.form is not None:
        body, content_type = urlencode(action.form, errors="replace").encode(), "application/x-www-form-urlencoded"
    elif action.body is not None:
        body, content_type = action.body.encode("utf-8", "replace"), "text/plain; charset=utf-8"
    if content_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", content_type))
    return Request(method=action.http_method, url=absolute_url(action.url), headers=headers, body=body)


def _named(entry: TriggerEntry) -> dict[str, None]:
    """The names that a trigger's placeholders have, in their order."""
    found = (each for template in entry.templates for _, each in placeholders(template, ()))
    return {each.partition(".")[0]: None for each in found}


def trigger_needs(entry: TriggerEntry) -> tuple[str, ...]:
    """The names that whoever pulls the trigger must give a value."""
    return tuple(each for each in _named(entry) if each not in _GIVEN)


class Trigger(StepKind):
    """Makes the provider emit something, in the way that the project file knows."""

    trigger: Text
    """The name of one of the project's triggers."""
    arguments: Annotated[dict[str, Any], Field(alias="with")] = {}
    """Values for its placeholders."""

    verb: ClassVar[str] = "trigger"
    title: ClassVar[str] = "Trigger"
    shorthand: ClassVar[str | None] = "trigger"
    beside: ClassVar[frozenset[str]] = frozenset({"with"})
    common: ClassVar[frozenset[str]] = ACTION_KEYS
    check: ClassVar[Any] = ReplyCheck
    results: ClassVar[frozenset[str]] = CALL_RESULTS | COMMAND_RESULTS

    @classmethod
    def unchecked(cls, arguments: Mapping[str, Any], project: Project) -> str | None:
        """A command and a person give no answer."""
        name = source_text(arguments.get("trigger"))
        entry = project.file.triggers.get(name) if isinstance(name, str) else None
        return None if entry is None or entry.way == "request" else _no_request(str(name))

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Names the trigger."""
        return f"Trigger {source_text(arguments.get('trigger'))}"

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """The project must have the trigger, and the step must give what it needs."""
        name = source_text(arguments.get("trigger"))
        known = project.file.triggers
        if not isinstance(name, str) or "$" in name:
            return
        if name not in known:
            mend = suggestion(name, known) if known else "add it under triggers: in ringo-emu.yaml"
            yield Complaint(("trigger",), False, f'the project file has no trigger "{name}"', mend)
            return
        given = arguments.get("with")
        given = given.keys() if isinstance(given, Mapping) else set()
        wanted = _named(known[name])
        strangers = sorted(given - wanted.keys())
        for each in strangers:
            mend = suggestion(each, wanted.keys() - given)
            yield Complaint(("with", each), True, f'the trigger "{name}" has no ${each}$ to fill', mend)
        for each in wanted:
            if each not in given | _GIVEN and nearest_name(each, strangers) is None:
                yield Complaint(
                    ("trigger",), False, f'the trigger "{name}" needs ${each}$', f"write with: {{{each}: …}}"
                )

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Make the trigger's request, run its command, or ask."""
        organization = turn.account.organization
        given = {key: source_text(value) if key in _TEXTS else value for key, value in self.arguments.items()}
        names = {
            **turn.project.names,
            "from": organization.contact,
            "to": organization.numbers[0],
            "domain": organization.domain,
            "webhook_url": turn.account.webhook_url,
            **given,
        }
        entry = turn.project.file.triggers.get(self.trigger)
        if entry is None:
            raise UsageError(f'the project file has no trigger "{self.trigger}"', mend="add it under triggers:")
        filled = _filled({way: getattr(entry, way) for way in _FILLED}, names, self.trigger)
        words = [as_text(_filled(word, names, self.trigger)) for word in entry.run]
        turn.account.asked_for(*_texts_in(given), *_texts_in(filled["request"]), *_texts_in(filled["ask"]), *words)
        if entry.way == "request":
            action = action_of(filled["request"], f'the trigger "{self.trigger}"', "triggers")
            call = await turn.platform.request("trigger", http_request(action), turn.account)
            return call_outcome(turn, call, common, {})
        if not (common.check is None and common.fail_if is None):
            raise UsageError(f"{_no_request(self.trigger)}: there is nothing to check", mend="take the check out")
        label = f'trigger "{self.trigger}"'
        if entry.way == "ask":
            return await _asked(turn, as_text(filled["ask"]), label)
        folder = turn.project.folder / as_text(filled["folder"])
        env = {name: as_text(value) for name, value in filled["env"].items()}
        command = Command(words, folder, self._within(filled["within"]), label, env)
        return await command_outcome(turn, command, common)

    def _within(self, value: Any) -> float:
        try:
            return value if isinstance(value, float) else parse_duration(value)
        except MendableError as error:
            raise UsageError(f'the trigger "{self.trigger}": within: {error}', mend=error.mend) from error


async def _asked(turn: Turn, question: str, label: str) -> Outcome:
    """Have a person do something; where nobody does, the scenario cannot be played."""
    began = turn.now
    if turn.ask is None:
        return Outcome(skip=f"nobody is there to ask: {question}")
    turn.acted = turn.begins(label)
    if not await turn.ask(question):
        return Outcome(skip=f"nobody answered: {question}")
    turn.cause = Cause(label, turn.now, began)
    return Outcome(note=f"asked: {question}")


def _texts_in(data: Any) -> list[str]:
    """Every scalar of *data* as text: what the provider may post because of it."""
    return [text_of(value) for _, value in leaves(data) if value is not None]


def _no_request(trigger: str) -> str:
    return f'the trigger "{trigger}" makes no request'


def _filled(data: Any, names: Mapping[str, Any], trigger: str) -> Any:
    """*data* filled from *names*.

    Raises:
        UsageError: A name has no value.
    """
    try:
        return fill(data, lambda name: in_data(names, name))
    except UnfilledError as error:
        raise UsageError(
            f'the trigger "{trigger}" needs ${error.name}$', mend=f"write with: {{{error.name}: …}}"
        ) from error


def action_of(data: Any, what: str, key: str) -> HttpAction:
    """The request that *data* describes; *what* is what an error calls it, *key* where it stands in the project file.

    Raises:
        UsageError: It describes none.
    """
    try:
        return HttpAction.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(f"{what} makes no request: {first['msg']}", mend=f"see {key} in the project file") from error


class MakeRequest(HttpAction, StepKind):
    """Makes a request of the scenario's own."""

    verb: ClassVar[str] = "request"
    title: ClassVar[str] = "Request"
    common: ClassVar[frozenset[str]] = ACTION_KEYS
    check: ClassVar[Any] = ReplyCheck
    results: ClassVar[frozenset[str]] = CALL_RESULTS

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """One method, and at most one body."""
        del document, project
        return action_complaints(arguments)

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Make it."""
        turn.account.asked_for(*_texts_in([self.json_body, self.form, self.body]), unquote_plus(self.url))
        call = await turn.platform.request("request", http_request(self), turn.account)
        return call_outcome(turn, call, common, {})
