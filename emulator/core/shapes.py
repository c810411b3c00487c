"""Reads JSON into frozen records whose fields say what they are: one pass, every mistake at its place.

The integration document is read by this, not by pydantic, because ``lint`` must start at once: importing pydantic's
models alone costs more than a whole ``lint`` (measured in ``bench/``).
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

from emulator.core.findings import case_slip, nearest_name, suggestion
from emulator.core.messages import kind_of
from emulator.core.source import moved_path
from emulator.errors import Edit

if TYPE_CHECKING:
    from emulator.core.findings import Rule
    from emulator.core.source import Path
    from emulator.errors import Finding, Location

R = TypeVar("R")


class _Wrong:
    """What a reader returns that could not read."""


MAX_WRONG = 50
"""Wrong values that are told before reading stops."""


class TooManyError(Exception):
    """So much is wrong that reading on tells nothing new."""


WRONG: Final = _Wrong()
_REQUIRED: Final = object()


@dataclass
class Report:
    """Collects what is wrong with one file's shape. *locate* gives the place of a path, or of its key."""

    missing: Rule
    unknown: Rule
    wrong_type: Rule
    bad_value: Rule
    locate: Callable[[Path, bool], Location]
    unknown_key: Callable[[str, Path], tuple[Rule, str] | None]
    """For an unknown key at a path what is wrong with it, and how to mend that, if more is known than its name."""
    findings: list[Finding] = field(default_factory=list)
    wrong: list[Path] = field(default_factory=list)
    """Where values are missing or cannot be used."""
    kept: dict[Path, tuple[int, ...]] = field(default_factory=dict)
    """Of lists whose wrong elements were left out, the places in the file of the others."""
    as_meant: bool = True
    """Whether what stands under a misspelt key is read as if it were not: to tell what is wrong in it at once."""
    moved: dict[Path, Path] = field(default_factory=dict)
    """Where parts stand in the file that are read as if they stood elsewhere, or under another key."""
    is_short: bool = False
    """Whether a required part was found only under a misspelt key."""

    def spoil(self, path: Path, finding: Finding) -> _Wrong:
        """Tell of what is wrong or missing at *path*.

        Raises:
            TooManyError: Enough has been told.
        """
        self.findings.append(finding)
        self.wrong.append(path)
        if len(self.wrong) >= MAX_WRONG:
            raise TooManyError
        return WRONG

    def refuse(self, rule: Rule, path: Path, message: str, remedy: str, *, edit: Edit | None = None) -> _Wrong:
        """Tell that the value at *path* cannot be used."""
        return self.spoil(path, rule.at(self.locate(path, False), message, remedy, edit=edit))

    def wrong_kind(self, path: Path, wanted: str, value: Any) -> _Wrong:
        """Tell that the value at *path* is of another type."""
        found = repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else kind_of(value)
        return self.refuse(self.wrong_type, path, f"{name_of(path)} must be {wanted}; found {found}", f"write {wanted}")


class Reader(Protocol):
    """Reads one value."""

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The value as the record holds it, or `WRONG` after telling *report*."""
        ...

    def schema(self) -> dict[str, Any]:
        """What is read, as JSON Schema; records stand in ``$defs`` under their names."""
        ...


def key(name: str, reader: Reader, *, default: Any = _REQUIRED, salvage: Any = WRONG) -> Any:
    """A field of a record: the file's spelling, how it is read, and its value where the file has none.

    With *salvage*, a missing or wrong value does not spoil the whole record: the rest can be told about at once.
    """
    metadata = {"key": name, "reader": reader, "salvage": salvage}
    return field(metadata=metadata) if default is _REQUIRED else field(default=default, metadata=metadata)


def name_of(path: Path) -> str:
    """``API.SendMessage.request_url``, ``Webhook[0].event_key``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".") or "the file"


class Text(NamedTuple):
    """Text, by default not empty; with *pattern*, all of it must match, and *mend* says how."""

    pattern: str | None = None
    mend: str = "write another value"
    may_be_empty: bool = False

    def schema(self) -> dict[str, Any]:
        """A string."""
        schema: dict[str, Any] = {"type": "string"} | ({} if self.may_be_empty else {"minLength": 1})
        return schema if self.pattern is None else schema | {"pattern": rf"^(?:{self.pattern})$"}

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The text."""
        if not isinstance(value, str):
            return report.wrong_kind(path, "text", value)
        if not value and not self.may_be_empty:
            return report.refuse(report.bad_value, path, f"{name_of(path)} is empty", "write a value")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            return report.refuse(report.bad_value, path, f"{name_of(path)}: {value!r} cannot be used", self.mend)
        return value


class OneOf(NamedTuple):
    """One of a few words; *mend* says what they mean, where the words alone do not."""

    words: tuple[str, ...]
    mend: str | None = None

    def schema(self) -> dict[str, Any]:
        """The words."""
        return {"enum": list(self.words)}

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The word."""
        if isinstance(value, str) and value in self.words:
            return value
        if not isinstance(value, str):
            return report.wrong_kind(path, "text", value)
        near = nearest_name(value, self.words, alike=0.8 if self.mend else 0.6)
        remedy = f'did you mean "{near}"?' if near else self.mend
        return report.refuse(
            report.bad_value,
            path,
            f'{name_of(path)} cannot be "{value}"',
            remedy or suggestion(value, self.words),
            edit=_slip_edit(report.locate(path, False), value, self.words),
        )


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON."""

    def schema(self) -> dict[str, Any]:
        """Everything."""
        return {}

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The value as it is."""
        del path, report
        return value


class Nested(NamedTuple):
    """An object or a list; null where it *may_be_null*."""

    may_be_null: bool = False

    def schema(self) -> dict[str, Any]:
        """An object or an array."""
        return {"type": ["object", "array", *(["null"] if self.may_be_null else [])]}

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The value as it is."""
        if isinstance(value, dict | list):
            return value
        if value is None and self.may_be_null:
            return None
        return report.wrong_kind(path, "an object or a list", value)


class ListOf(NamedTuple):
    """A list; elements that are wrong are left out."""

    element: Reader

    def schema(self) -> dict[str, Any]:
        """An array."""
        return {"type": "array", "items": self.element.schema()}

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The elements as a tuple."""
        if not isinstance(value, list):
            return report.wrong_kind(path, "a list", value)
        read = [self.element.read(each, (*path, index), report) for index, each in enumerate(value)]
        if WRONG in read:
            report.kept[path] = tuple(index for index, each in enumerate(read) if each is not WRONG)
        return tuple(each for each in read if each is not WRONG)


class RecordOf(NamedTuple):
    """An object that becomes a record."""

    record: type[Any]

    def schema(self) -> dict[str, Any]:
        """The record's definition."""
        return {"$ref": f"#/$defs/{self.record.__name__}"}

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The record."""
        return read_record(self.record, value, path, report)


class ByTag(NamedTuple):
    """An object that becomes one of several records, by the value of one key."""

    tag: str
    records: Mapping[str, type[Any]]
    mend: str
    """What to say of another value of the key."""

    def schema(self) -> dict[str, Any]:
        """The tag, and by it the record's definition."""
        branches = [
            {"if": {"properties": {self.tag: {"const": word}}}, "then": RecordOf(record).schema()}
            for word, record in self.records.items()
        ]
        tag = {self.tag: {"enum": list(self.records)}}
        return {"type": "object", "required": [self.tag], "properties": tag, "allOf": branches}

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """The record that the tag names."""
        if not isinstance(value, dict):
            return report.wrong_kind(path, "an object", value)
        records = list(self.records.values())
        meant = _meant({self.tag: fields_of(records[0])[self.tag]}, value, _beyond(value, records), path, report)
        tag = value.get(meant.get(self.tag, self.tag))
        if isinstance(tag, str) and tag in self.records:
            return read_record(self.records[tag], value, path, report)
        known = {name for record in records for name in fields_of(record)}
        if self.tag in value:
            OneOf(tuple(self.records), self.mend).read(tag, (*path, self.tag), report)
        else:
            _missing(self.tag, path, report)
        _unknown(_beyond(value, records), known, path, report, value)
        return WRONG


def _beyond(value: Iterable[str], records: Iterable[type[Any]]) -> list[str]:
    """The keys of *value* that none of *records* knows."""
    known = {name for record in records for name in fields_of(record)}
    return [name for name in value if name not in known]


def fields_of(record: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """The fields of *record* by their keys in the file."""
    return {each.metadata["key"]: each for each in dataclasses.fields(record)}


def read_record(record: type[R], value: Any, path: Path, report: Report) -> R | _Wrong:
    """Read the object *value* as a *record*; what is wrong or unknown in it is told to *report*."""
    if not isinstance(value, dict):
        return report.wrong_kind(path, "an object", value)
    fields = fields_of(record)
    strangers = [name for name in value if name not in fields]
    meant = _meant(fields, value, strangers, path, report)
    read: dict[str, Any] = {}
    for name, each in fields.items():
        reader = each.metadata["reader"]
        if name in value:
            found = reader.read(value[name], (*path, name), report)
        elif name in meant and report.as_meant:
            found = _read_as_meant(each, meant[name], value, path, report)
            strangers.remove(meant[name])
        elif _is_optional(each):
            continue
        else:
            found = _missing(name, path, report)
        read[each.name] = each.metadata["salvage"] if found is WRONG else found
    _unknown(strangers, fields.keys(), path, report, value)
    # An optional part that is wrong is as good as absent; a required one spoils the record.
    for each in fields.values():
        if read.get(each.name) is WRONG and _is_optional(each):
            del read[each.name]
    return WRONG if any(found is WRONG for found in read.values()) else record(**read)


def _meant(
    fields: Mapping[str, dataclasses.Field[Any]],
    value: Mapping[str, Any],
    strangers: list[str],
    path: Path,
    report: Report,
) -> dict[str, str]:
    """By the keys that *value* lacks, those of *strangers* that they most likely were meant to be."""
    absent = [name for name in fields if name not in value]
    unknown = [each for each in strangers if report.unknown_key(each, path) is None]
    found: dict[str, str] = {}
    # Required keys choose first: where one is missing, the nearest stranger is most likely it.
    for name in [each for each in absent if not _is_optional(fields[each])]:
        likest = nearest_name(name, [each for each in unknown if each not in found.values()])
        found |= {} if likest is None else {name: likest}
    for stranger in [each for each in unknown if each not in found.values()]:
        near = nearest_name(stranger, [each for each in absent if each not in found])
        found |= {} if near is None else {near: stranger}
    return {name: each for name, each in found.items() if isinstance(value[each], list) or not _is_list(fields[name])}


def _is_list(each: dataclasses.Field[Any]) -> bool:
    return isinstance(each.metadata["reader"], ListOf)


def _is_optional(each: dataclasses.Field[Any]) -> bool:
    return each.default is not dataclasses.MISSING


def _read_as_meant(
    each: dataclasses.Field[Any], misspelt: str, value: Mapping[str, Any], path: Path, report: Report
) -> Any:
    """Tell of a *misspelt* key, and read what stands under it as if it were the field's own."""
    name = each.metadata["key"]
    where = report.locate((*path, misspelt), True)
    message, rule = f'unknown key "{misspelt}"', report.unknown
    if not _is_optional(each):
        message, rule = f'{message}; "{name}" is missing', report.missing
        report.is_short = True
    edit = _slip_edit(where, misspelt, [name], value) or _typo_edit(where, misspelt, name, value)
    report.findings.append(rule.at(where, message, f'did you mean "{name}"?', edit=edit))
    report.moved[(*path, name)] = (*moved_path(path, report.moved), misspelt)
    return each.metadata["reader"].read(value[misspelt], (*path, name), report)


def _missing(name: str, path: Path, report: Report) -> _Wrong:
    where = report.locate(path, bool(path))
    message = f'"{name_of((*path, name))}" is missing'
    return report.spoil((*path, name), report.missing.at(where, message, f'add "{name}"'))


def _unknown(strangers: list[str], known: Iterable[str], path: Path, report: Report, beside: Mapping[str, Any]) -> None:
    known = set(known) - beside.keys()
    for name in strangers[:MAX_WRONG]:
        where = report.locate((*path, name), True)
        rule, remedy = report.unknown_key(name, path) or (report.unknown, "")
        near = suggestion(name, known)
        remedy = remedy or (near if near.startswith("did") else f"nothing reads it; {near}")
        message = f'unknown key "{name}"' if rule is report.unknown else f'"{name}" stands in the wrong place'
        report.findings.append(rule.at(where, message, remedy, edit=_slip_edit(where, name, known, beside)))


def _slip_edit(where: Location, name: str, known: Iterable[str], beside: Iterable[str] = ()) -> Edit | None:
    """*name* in the right capitals, unless another key *beside* it could be meant as well."""
    slip = case_slip(name, known)
    twins = [each for each in beside if each != name and each.casefold() == name.casefold()]
    return None if twins or slip is None else Edit.of(where, json.dumps(name), json.dumps(slip))


_CERTAIN = 0.85
"""How alike a misspelt key must be to be mended without asking which one was meant."""


def _typo_edit(where: Location, misspelt: str, name: str, beside: Iterable[str]) -> Edit | None:
    """*name* for a key that is nearly it, unless another key *beside* it is nearly it too."""
    others = [each for each in beside if each != misspelt]
    if nearest_name(misspelt, [name], alike=_CERTAIN) is None or nearest_name(name, others, alike=_CERTAIN) is not None:
        return None
    return Edit.of(where, json.dumps(misspelt), json.dumps(name))
