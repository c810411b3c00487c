"""Reads an integration document: JSON with places, then records, then what the records mean (framework 2)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from emulator.core import rules
from emulator.core.document import Integration, IntegrationDocument
from emulator.core.findings import has_errors, in_file_order
from emulator.core.json_text import MAX_FINDINGS, JsonTree, read_json
from emulator.core.linting import lint
from emulator.core.messages import kind_of
from emulator.core.shapes import Report, TooManyError, read_record
from emulator.core.source import SourceText, UndecodableError, decode_source, jsonpath, moved_path
from emulator.core.variable_rules import check_variables, texts
from emulator.errors import DocumentError, Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from emulator.core.findings import Rule
    from emulator.core.source import Path

MAX_BYTES = 1024 * 1024
"""A larger file is no integration document: those are a few kilobytes long."""

_MODELS = re.compile(r"\$\.Webhook\b")
_MODEL_KEYS = frozenset({"event_type", "event_key", "request_parameters"})


class Assumptions(Protocol):
    """The settings of the profile that matter while a document is read."""

    @property
    def document_shapes(self) -> str:
        """``accept`` or ``refuse``: parts that stand where the framework's page prints them."""
        ...

    @property
    def nested_form(self) -> str:
        """``refuse`` or ``json``: an object inside a form or query."""
        ...


class Defaults(NamedTuple):
    """The profile's defaults; a test holds them to it. Reading without a project need not import the profile."""

    document_shapes: str = "accept"
    nested_form: str = "refuse"


@dataclass(frozen=True)
class Reading:
    """A document as far as it could be read, and everything there is to say about it, in file order."""

    integration: Integration | None
    findings: tuple[Finding, ...]

    def playable(self) -> Integration:
        """The document, if the platform could play it.

        Raises:
            DocumentError: It has errors; all of them are in it.
        """
        if self.integration is None or has_errors(self.findings):
            raise DocumentError(self.findings)
        return self.integration


def read_document(name: str, data: bytes, assumptions: Assumptions | None = None) -> Reading:
    """Read the bytes of an integration document called *name*."""
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1024 / 1024:.0f} MB"
        return _unreadable(
            rules.TOO_LARGE,
            name,
            f"the file has {size}",
            "a document is a few kilobytes; is this the right file?",
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _unreadable(rules.NOT_TEXT, name, "the file is UTF-16", "save the file as UTF-8")
    try:
        source = decode_source(name, data)
    except UndecodableError as error:
        return _not_text(name, data, error.offset)
    tree = read_json(source)
    if not tree.complete:
        return Reading(None, _told(name, tree.findings))
    return _interpret(tree, assumptions or Defaults())


def _unreadable(rule: Rule, name: str, message: str, remedy: str) -> Reading:
    return Reading(None, (rule.at(Location(file=name), message, remedy),))


def _not_text(name: str, data: bytes, offset: int) -> Reading:
    before = SourceText(name, data[:offset].decode("utf-8", "replace"))
    line_start = before.text.rfind("\n") + 1
    place = before.location(line_start)
    where = Location(file=name, line=place.line, column=len(before.text) - line_start + 1)
    message = f"byte 0x{data[offset]:02x} is not UTF-8"
    return Reading(None, (rules.NOT_TEXT.at(where, message, "save the file as UTF-8"),))


@dataclass(frozen=True)
class _Normal:
    """A document's data in its usual shape, and where moved parts stand in the file."""

    data: Any
    moved: dict[Path, Path]
    findings: tuple[Finding, ...]


def _interpret(tree: JsonTree, assumptions: Assumptions) -> Reading:
    if not isinstance(tree.value, dict):
        where = tree.places.locate(())
        finding = rules.WRONG_TYPE.at(
            where,
            f"an integration document is a JSON object; found {kind_of(tree.value)}",
            "write { … }, one document a file",
        )
        return Reading(None, _told(where.file, [*tree.findings, finding]))
    normal = _normalize(tree.value, tree, assumptions)
    report = Report(
        missing=rules.MISSING_KEY,
        unknown=rules.UNKNOWN_KEY,
        wrong_type=rules.WRONG_TYPE,
        bad_value=rules.BAD_VALUE,
        locate=lambda path, key: tree.places.locate(moved_path(path, report.moved), key=key),
        unknown_key=_unknown_key,
        moved=dict(normal.moved),
    )
    document = _document(normal.data, report)
    integration = None
    meaning: Iterator[Finding] = iter(())
    if document is not None:
        integration = Integration(document, tree.places, {**report.moved, **_closed_up(report)})
        spoilt = {jsonpath(moved_path(path, report.moved)) for path in report.wrong}
        whole = chain(
            lint(integration, nested_forms=assumptions.nested_form), _unread_auth(integration, normal.data, report)
        )
        meaning = _beside(whole, spoilt)
    findings = _told(tree.places.source.name, chain(tree.findings, normal.findings, report.findings, meaning))
    if report.moved != normal.moved and integration is not None:
        integration = _as_written(integration, normal, report)
    return Reading(None if report.wrong or report.is_short else integration, findings)


def _as_written(integration: Integration, normal: _Normal, report: Report) -> Integration | None:
    """The document as the platform reads it: without what stands under misspelt keys."""
    document = _document(normal.data, replace(report, as_meant=False, findings=[], wrong=[], kept={}))
    return None if document is None else replace(integration, document=document, moved=normal.moved)


def _unread_auth(integration: Integration, data: Mapping[str, Any], report: Report) -> Iterator[Finding]:
    """What is wrong with the templates of an auth that could not be read, of an unknown type."""
    auth = data.get("auth")
    if integration.document.auth is None and isinstance(auth, dict) and ("auth", "type") in report.wrong:
        known = frozenset(integration.document.properties)
        for path, text in texts({key: value for key, value in auth.items() if key != "type"}, ("auth",)):
            yield from check_variables(integration, path, text, known)


def _unknown_key(name: str, path: Path) -> tuple[Rule, str] | None:
    """For a key that is known elsewhere, or that means what the format has not: the rule broken and the remedy."""
    home = HOMES.get(name)
    if home is not None:
        return rules.MISPLACED_KEY, f'"{name}" belongs {home}'
    if path[:1] == ("Webhook",) and "status" in name.lower():
        return rules.UNKNOWN_KEY, "the format has no states but delivered: messageDelivered is its only report"
    words = (words for pattern, words in _CANNOT_BE_SAID.items() if re.search(pattern, name, re.IGNORECASE))
    return next(((rules.UNKNOWN_KEY, each) for each in words), None)


HOMES: Mapping[str, str] = {
    **dict.fromkeys(("class", "properties", "auth", "OAuth2", "API", "Webhook"), "at the top level of the document"),
    **dict.fromkeys(("SendMessage", "SendFile", "Subscribe"), "inside API"),
    **dict.fromkeys(("request_url", "request_content_type", "response_map"), "inside a request of API"),
    **dict.fromkeys(("request_method", "request_parameters"), "inside a request or a model of Webhook"),
    **dict.fromkeys(("event_key", "event_type"), "inside a model of Webhook"),
    **dict.fromkeys(("token", "username", "password"), "inside auth"),
    **dict.fromkeys(("client_id", "client_secret", "token_endpoint", "authorization_endpoint"), "inside OAuth2"),
}
"""Where each key is read."""

_CANNOT_BE_SAID = {
    "header": "the format has no headers of your own: a request has Content-Type and what auth makes",
    "quer(y|ies)": "the format has no query beside request_parameters: write it into request_url",
    "timeout|retr(y|ies)": "the format has no timeouts or retries: the platform chooses its own",
    "signature|secret|hmac": "the format has no signatures: webhooks and requests are not signed",
    "unsubscribe": "the format has no unsubscribe: a subscription stays until the provider ends it",
    "error|fail": 'the format has no failures: a literal in response_map, such as "status": "0", makes them visible',
}
"""What providers look for and the format has not (framework 2 and 9), by what they call it."""


def _document(data: Any, report: Report) -> IntegrationDocument | None:
    try:
        document = read_record(IntegrationDocument, data, (), report)
    except TooManyError:
        return None
    return document if isinstance(document, IntegrationDocument) else None


def _closed_up(report: Report) -> dict[Path, Path]:
    """Where the elements of a record's lists stand in the file, if wrong ones before them were left out."""
    return {
        (*path, index): moved_path((*path, place), report.moved)
        for path, places in report.kept.items()
        for index, place in enumerate(places)
    }


def _beside(findings: Iterable[Finding], spoilt: set[str]) -> Iterator[Finding]:
    """Those of *findings* that are not about what is wrong already, at the paths *spoilt*, or due to it."""
    below = tuple(f"{path}{step}" for path in spoilt for step in (".", "["))
    no_properties = any(path.startswith("$.properties") for path in spoilt)
    of_models = (rules.NO_WEBHOOK.code, rules.NO_REPORTS.code) if any(map(_MODELS.match, spoilt)) else ()
    for finding in findings:
        due_to_it = spoilt and finding.code == rules.UNUSED_PROPERTY.code
        due_to_it = due_to_it or (no_properties and finding.code == rules.UNKNOWN_VARIABLE.code)
        due_to_it = due_to_it or finding.code in of_models
        if not due_to_it and finding.path not in spoilt and not finding.path.startswith(below):
            yield finding


def _told(name: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first errors, and as many others, in file order; a note where there may be more."""
    errors: dict[Finding, None] = {}
    others: dict[Finding, None] = {}
    for finding in findings:
        kind = errors if finding.severity is Severity.ERROR else others
        if len(kind) < MAX_FINDINGS:
            kind[finding] = None
        if len(errors) == MAX_FINDINGS:
            break
    told = in_file_order([*errors, *others])
    if MAX_FINDINGS not in {len(errors), len(others)}:
        return told
    message = f"there may be more: {MAX_FINDINGS} errors and as many warnings are told at most"
    return (*told, rules.TOO_MANY.at(Location(file=name), message, "mend these first"))


def _normalize(value: dict[str, Any], tree: JsonTree, assumptions: Assumptions) -> _Normal:
    """Put parts where they usually stand: the framework's page prints some of them elsewhere."""
    if assumptions.document_shapes == "refuse":
        return _Normal(value, {}, ())
    data, moved, findings = dict(value), dict[tuple[str | int, ...], tuple[str | int, ...]](), []
    api = data.get("API")
    if "Subscribe" in data and isinstance(api, dict) and "Subscribe" not in api:
        data["API"] = {**api, "Subscribe": data.pop("Subscribe")}
        moved[("API", "Subscribe")] = ("Subscribe",)
        findings.append(
            rules.SUBSCRIBE_OUTSIDE.at(
                tree.places.locate(("Subscribe",), key=True),
                "Subscribe stands outside API; it is read as API.Subscribe",
                "move it into API, where the other requests are",
            )
        )
    webhook = data.get("Webhook")
    if isinstance(webhook, dict):
        keys: list[Path] = [("Webhook",)] if webhook.keys() & _MODEL_KEYS else [("Webhook", key) for key in webhook]
        data["Webhook"] = [webhook] if webhook.keys() & _MODEL_KEYS else list(webhook.values())
        moved.update({("Webhook", index): key for index, key in enumerate(keys)})
        findings.append(
            rules.WEBHOOK_OBJECT.at(
                tree.places.locate(("Webhook",), key=True),
                "Webhook is an object; its models are read as a list",
                "write a list: [ … ]",
            )
        )
    return _Normal(data, moved, tuple(findings))
