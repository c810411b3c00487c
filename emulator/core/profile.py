"""The profile: every rule of the platform that no public source states, as a setting with our default.

``docs/fidelity.md`` is generated from here, so that nobody depends on an assumption without having been told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BeforeValidator, Field, model_validator

from emulator.core.attribute_docs import attribute_docs
from emulator.core.plain import source_text
from emulator.core.records import Items, Record
from emulator.core.scalars import Count, Data, Described, Duration, Size, duration_literal

Word = BeforeValidator(source_text)

_STATUS = r"^[1-5](\d\d|xx)$"
_STATUS_SCHEMA = {"type": ["string", "integer"], "pattern": _STATUS, "minimum": 100, "maximum": 599}
StatusPattern = Annotated[str, Word, Field(pattern=_STATUS), Described(_STATUS_SCHEMA)]
"""A status code such as ``202``, or a class of them such as ``2xx``."""

_REDIRECT = r"^(/[A-Za-z0-9._~-]+)+$"

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "strict": {
        "timeout": "10s",
        "slow_answer": "2s",
        "max_webhook_body": "256 KiB",
        "media_timeout": "5s",
        "max_media": "1 MiB",
        "early_report_hold": "2s",
        "oauth_on_401": "fail",
        "document_shapes": "refuse",
    },
    "lenient": {
        "nested_form": "json",
        "redirects": "follow",
        "timeout": "60s",
        "slow_answer": "30s",
        "response_map_literals": "ignore",
        "webhook_answer": "lenient",
        "max_webhook_body": "8 MiB",
        "media_timeout": "60s",
        "max_media": "64 MiB",
        "early_report_hold": "30s",
    },
}
"""By name, settings as a file writes them: what they leave out keeps its default.

``strict`` assumes a platform that waits shorter, holds less and forgives less: what passes with it is on the safe side.
``lenient`` assumes one that lets pass what a platform could let pass: what fails with it is most likely wrong.
"""


class Profile(Record):
    """How the emulated platform behaves where nothing public says how Ringotel does."""

    preset: Annotated[Literal["none", "strict", "lenient"], Word] = "none"
    """Settings to begin with, see `ringo-emu profile preset`; what stands beside it goes before them."""
    unset: Annotated[Literal["drop", "empty", "literal"], Word] = "drop"
    """A variable without a value that is a whole leaf: its key is dropped, sent as empty text, or as its own name.
    Inside a longer text it becomes empty (`literal`: its own name); in a URL it is always an error. (framework
    3)"""
    url_variables: Annotated[Literal["encode", "raw"], Word] = "encode"
    """Whether a variable in a URL's path or query is percent-encoded; in host and port it never is. (framework 3)"""
    nested_form: Annotated[Literal["refuse", "json"], Word] = "refuse"
    """An object inside the parameters of a form or a query: refused by the linter, or sent as JSON text.
    (framework 4)"""
    query: Annotated[Literal["keep", "replace"], Word] = "keep"
    """What becomes of a query already in `request_url` when the parameters of a GET or DELETE join it. (framework
    4)"""
    redirects: Annotated[Literal["refuse", "follow"], Word] = "refuse"
    """Whether an answer that redirects is followed. (framework 4)"""
    timeout: Duration = 30.0
    """How long the platform waits for an answer. (framework 4)"""
    slow_answer: Duration = 5.0
    """Above this, an answer is warned of. (framework 4)"""
    success: Items[StatusPattern] = ("2xx",)
    """The statuses that mean the provider took the message. (framework 4)"""
    retries: Annotated[Count, Field(ge=0, le=20)] = 0
    """How often a request without success is sent again, to provoke duplicates. (framework 4)"""
    retry_delay: Duration = 1.0
    """The pause before each of them. (framework 4)"""
    response_map_literals: Annotated[Literal["equal", "ignore"], Word] = "equal"
    """Whether a literal leaf of `response_map` must be equal; if it is not, the message is failed. (framework 4)"""
    account_id: Annotated[Literal["organization", "random"], Word] = "organization"
    """What stands after the `a` of the webhook URL: the organization's id, or an opaque string of its own.
    (framework 6)"""
    model_choice: Annotated[Literal["first", "most_specific"], Word] = "first"
    """Which of several webhook models that fit is taken: the first in the file, or the one with the most leaves.
    (framework 6)"""
    empty_values: Annotated[Literal["absent", "present"], Word] = "absent"
    """Whether an empty text is a value of `$url$` in an `mms` and of `$messageid$` in a report. (framework 6)"""
    joined_urls: Annotated[Literal["first", "whole"], Word] = "first"
    """What `$url$` is where several addresses stand in one text: the first of them, or the whole text. (framework
    6)"""
    webhook_answer: Annotated[Literal["strict", "lenient"], Word] = "strict"
    """`strict` answers 400, 405 or 422 to what the platform cannot use; `lenient` answers 200 to all but 403,
    404, 408 and 413. (framework 6)"""
    webhook_result: Data = {"result": {}}
    """The JSON body of a webhook's 200. (framework 6)"""
    webhooks_from_pages: Annotated[Literal["refuse", "take"], Word] = "refuse"
    """Whether a webhook that a web page had a browser send (it has `Origin` or `Sec-Fetch-Site`) is answered 403.
    (framework 6)"""
    max_webhook_body: Size = 1024 * 1024
    """A larger webhook body, as sent or unpacked, is answered 413. (framework 6)"""
    early_report_hold: Duration = 5.0
    """How long a delivery report for an id not known yet is held for the answer that brings it. (framework 6)"""
    caption: Annotated[Literal["after", "before"], Word] = "after"
    """Whether a file's caption, a SendMessage of its own, goes out after the file or before it. (framework 7)"""
    media_lifetime: Duration = 86400.0
    """How long the link to a file that was sent is good; after that it is answered 410. (framework 10)"""
    media_timeout: Duration = 10.0
    """How long fetching the file of an incoming `mms` may take, redirects and all. (framework 10)"""
    max_media: Size = 10 * 1024 * 1024
    """A larger file of an incoming `mms`, as sent or unpacked, is not taken. (framework 10)"""
    oauth_redirect: Annotated[str, Word, Field(pattern=_REDIRECT)] = "/oauth2/redirect"
    """The path of the OAuth2 redirect URI; before it stands `public_url`, or the listener's own address. (framework
    5)"""
    oauth_client_auth: Annotated[Literal["body", "basic"], Word] = "body"
    """Whether the client's id and secret go to the token endpoint in the form body or by HTTP Basic. (framework 5)"""
    oauth_pkce: Annotated[Literal["off", "S256"], Word] = "off"
    """Whether the authorization request has a code challenge (PKCE, RFC 7636). (framework 5)"""
    oauth_state_lifetime: Duration = 600.0
    """How long the admin may take to agree; the `state` of an older authorization request is refused. (framework
    5)"""
    oauth_refresh_before: Duration = 30.0
    """How long before it expires an access token is renewed; of a short life the second half at most. A token whose
    answer has no `expires_in` is used until a 401. (framework 5)"""
    oauth_on_401: Annotated[Literal["refresh", "fail"], Word] = "refresh"
    """What a 401 leads to: the token is renewed and the request repeated, once; or the message is failed.
    (framework 5)"""
    document_shapes: Annotated[Literal["accept", "refuse"], Word] = "accept"
    """Whether Subscribe outside API, Webhook as an object and a bare webhook model are read as the page seems to
    mean them. (framework 2)"""

    @model_validator(mode="before")
    @classmethod
    def _begin_with_the_preset(cls, data: Any) -> Any:
        """What the file does not say is the preset's; a preset that is none is told by its own field."""
        name = source_text(data.get("preset")) if isinstance(data, dict) else None
        return {**PRESETS[name], **data} if isinstance(name, str) and name in PRESETS else data


SETTINGS: tuple[str, ...] = tuple(name for name in Profile.model_fields if name != "preset")
"""The names of the assumptions, in the order of the page that lists them."""
_SECTION = re.compile(r" \(framework (\d+)\)$")


class Meaning(NamedTuple):
    """What a setting means, and the section of the framework that assumes it; None where it names none."""

    sentence: str
    section: str | None


def meanings(record: type[Record] = Profile) -> dict[str, Meaning]:
    """What each setting of *record* means, read from the source, in their order."""
    docs = attribute_docs(record)
    return {name: _meaning(docs.get(name, "")) for name in record.model_fields if name != "preset"}


def _meaning(text: str) -> Meaning:
    found = _SECTION.search(text)
    return Meaning(text[: found.start()], found[1]) if found else Meaning(text, None)


def choices(name: str) -> tuple[str, ...]:
    """The words that a setting may be; none where it is no choice of words."""
    return tuple(each for each in get_args(Profile.model_fields[name].annotation) if isinstance(each, str))


def literal(name: str, value: Any) -> str:
    """A setting's *value* as a file writes it: ``30s``, ``1 MiB``, ``[2xx]``."""
    if Profile.__annotations__[name] == "Duration":
        return duration_literal(value)
    if Profile.__annotations__[name] == "Size":
        unit, size = next(((unit, size) for unit, size in _UNITS if value % size == 0), ("B", 1))
        return f"{value // size} {unit}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_UNITS = (("MiB", 1024**2), ("KiB", 1024))


def status_fits(status: int, patterns: tuple[str, ...]) -> bool:
    """Whether *status* is one of *patterns*, such as ``2xx`` or ``202``."""
    code = str(status)
    return any(code == pattern or (pattern.endswith("xx") and code[0] == pattern[0]) for pattern in patterns)
