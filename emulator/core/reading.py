"""Reads an integration document: JSON with places, then records, then what the records mean (framework 2)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.core import rules
from emulator.core.document import Integration, IntegrationDocument, moved_path
from emulator.core.findings import has_errors, in_file_order
from emulator.core.json_text import JsonTree, read_json
from emulator.core.linting import lint
from emulator.core.profile import Profile
from emulator.core.source import SourceText, UndecodableError, decode_source, node_at
from emulator.core.validating import Shape, validate
from emulator.errors import DocumentError, Finding, Location

if TYPE_CHECKING:
    from emulator.core.findings import Rule
    from emulator.core.source import Path

MAX_BYTES = 4 * 1024 * 1024
"""A larger file is no integration document: those are a few kilobytes long."""

_MODEL_KEYS = frozenset({"event_type", "event_key", "request_parameters"})


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


def read_document(name: str, data: bytes, profile: Profile | None = None) -> Reading:
    """Read the bytes of an integration document called *name*."""
    profile = profile or Profile()
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1024 / 1024:.0f} MB"
        return _unreadable(
            rules.TOO_LARGE,
            name,
            f"the file has {size}",
            "a document is a few kilobytes; is this the right file?",
        )
    try:
        source = decode_source(name, data)
    except UndecodableError as error:
        return _not_text(name, data, error.offset)
    tree = read_json(source)
    if not tree.complete:
        return Reading(None, in_file_order(tree.findings))
    return _interpret(tree, profile)


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


def _interpret(tree: JsonTree, profile: Profile) -> Reading:
    if not isinstance(tree.value, dict):
        where = tree.places.locate(())
        finding = rules.WRONG_TYPE.at(
            where, "an integration document is a JSON object; found a list or a single value", "write { … }"
        )
        return Reading(None, in_file_order([*tree.findings, finding]))
    normal = _normalize(tree.value, tree, profile)
    shape = Shape(
        missing=rules.MISSING_KEY,
        unknown=rules.UNKNOWN_KEY,
        wrong_type=rules.WRONG_TYPE,
        bad_value=rules.BAD_VALUE,
        locate=lambda path, key: tree.places.locate(moved_path(path, normal.moved), key=key),
    )
    result = validate(IntegrationDocument, normal.data, shape)
    document = result.record or _salvage(normal.data, result.wrong, shape)
    integration = Integration(document, tree.places, normal.moved) if document else None
    meaning = lint(integration, profile) if integration else ()
    findings = in_file_order(dict.fromkeys([*tree.findings, *normal.findings, *result.findings, *meaning]))
    return Reading(integration if result.record else None, findings)


_NEUTRAL = {"request_method": "POST", "request_url": "https://unknown.invalid/", "id": "unknown", "name": "unknown"}


def _salvage(data: dict[str, Any], wrong: tuple[Path, ...], shape: Shape) -> IntegrationDocument | None:
    """The document without its wrong parts, if that makes one: so that the rest can be told at once."""
    rest = copy.deepcopy(data)
    for path in sorted(wrong, key=len, reverse=True):
        _neutralize(rest, path)
    rest.setdefault("class", "sms")
    return validate(IntegrationDocument, rest, shape).record


def _neutralize(data: Any, path: Path) -> None:
    *above, last = path or ("",)
    data = node_at(data, tuple(above))
    if last in _NEUTRAL and isinstance(data, dict):
        data[last] = _NEUTRAL[str(last)]
    elif isinstance(data, dict):
        data.pop(last, None)


def _normalize(value: dict[str, Any], tree: JsonTree, profile: Profile) -> _Normal:
    """Put parts where they usually stand: the framework's page prints some of them elsewhere."""
    if profile.document_shapes == "refuse":
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
