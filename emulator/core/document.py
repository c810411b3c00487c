"""The integration document as frozen records; the file's own spellings stand beside the fields.

Source: the framework's page, in the order in which it prints the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Literal, get_args

from emulator.core.shapes import Anything, ByTag, ListOf, Nested, OneOf, RecordOf, Text, key
from emulator.core.source import Path, SourceMap, moved_path
from emulator.errors import Location

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
EventType = Literal["message", "mms", "messageDelivered"]
ApiName = Literal["SendMessage", "SendFile", "Subscribe"]

VERBS: tuple[Verb, ...] = get_args(Verb)
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
API_NAMES: tuple[ApiName, ...] = get_args(ApiName)
REQUIRED: Mapping[EventType, tuple[str, ...]] = {
    "message": ("from", "to", "content"),
    "mms": ("from", "to", "url"),
    "messageDelivered": ("messageid",),
}
"""The variables without which an event of each type means nothing."""
GUIDE = "docs/your-document.md"
"""The page that shows how an API is written as a document."""
PLACEHOLDER = "change-me"
"""What ``ringo-emu new`` writes where only the author can know the value; fit to stand in a host name, too."""
_NO_OTHER_SCHEME = 'write "Bearer" or "Basic", or use OAuth2: the format has no X-API-Key header and no signature'
_EVENT_TYPES_MEAN = 'write "message" for a text, "mms" for a file, "messageDelivered" for a delivery report'
FILLED: Mapping[EventType, frozenset[str]] = {
    "message": frozenset(),
    "mms": frozenset({"url"}),
    "messageDelivered": frozenset({"messageid"}),
}
"""The variables that an empty text is no value of: it is no file, and no id (profile: empty_values)."""
OPTIONAL: Mapping[EventType, frozenset[str]] = {
    "message": frozenset(),
    "mms": frozenset({"text"}),
    "messageDelivered": frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiMethod:
    """One request that the platform makes to the provider, such as ``API.SendMessage``."""

    verb: Verb = key("request_method", OneOf(VERBS), salvage="POST")
    """The HTTP method, in capitals."""
    url: str = key("request_url", Text(), salvage="https://unknown.invalid/")
    """Template of the address; absolute once it is filled."""
    content_type: str = key("request_content_type", Text(), default="application/json")
    """What the body is; without effect for GET and DELETE."""
    parameters: Any = key("request_parameters", Anything(), default=None)
    """The body, or query, as nested template."""
    response_map: Any = key("response_map", Nested(may_be_null=True), default=None)
    """Reverse template over the JSON answer; without it the answer is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The requests that the platform can make."""

    SendMessage: ApiMethod = key(
        "SendMessage",
        RecordOf(ApiMethod),
        salvage=ApiMethod(verb="POST", url="https://unknown.invalid/", response_map={"id": "$messageid$"}),
    )
    """Sends a text."""
    SendFile: ApiMethod | None = key("SendFile", RecordOf(ApiMethod), default=None)
    """Sends a file by its URL; without it MMS is off."""
    Subscribe: ApiMethod | None = key("Subscribe", RecordOf(ApiMethod), default=None)
    """Tells the provider the webhook URL."""

    def method(self, name: ApiName) -> ApiMethod | None:
        """The request called *name*, if the document has it."""
        found: ApiMethod | None = getattr(self, name)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BearerAuth:
    """``Authorization: Bearer …``."""

    type: Literal["Bearer"] = key("type", OneOf(("Bearer",)))
    token: str = key("token", Text())
    """Template of the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    """``Authorization: Basic …``, in UTF-8."""

    type: Literal["Basic"] = key("type", OneOf(("Basic",)))
    username: str = key("username", Text())
    """Template of the user name."""
    password: str = key("password", Text(may_be_empty=True))
    """Template of the password."""


Auth = BearerAuth | BasicAuth


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """OAuth 2.0 web server flow."""

    client_id: str = key("client_id", Text())
    client_secret: str = key("client_secret", Text())
    authorization_endpoint: str = key("authorization_endpoint", Text())
    token_endpoint: str = key("token_endpoint", Text())
    flow_type: Any = key("flow_type", Nested(), default=None)
    authorization_parameters: Any = key("authorization_parameters", Nested(), default=None)
    token_parameters: Any = key("token_parameters", Nested(), default=None)
    request_auth: Literal["Bearer"] = key("request_auth", OneOf(("Bearer",)), default="Bearer")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookModel:
    """What one kind of webhook looks like."""

    event_key: str = key("event_key", Text())
    """The provider's own name of the event."""
    event_type: EventType = key("event_type", OneOf(EVENT_TYPES, _EVENT_TYPES_MEAN))
    """The platform's name of it."""
    verb: Verb = key("request_method", OneOf(VERBS), default="POST")
    """The HTTP method that the provider uses."""
    parameters: Any = key("request_parameters", Nested())
    """Reverse template over the body, or over the query of a GET."""

    @property
    def is_skeleton(self) -> bool:
        """Whether it still is what ``ringo-emu new`` wrote for want of a description."""
        return self.event_key.startswith(PLACEHOLDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationDocument:
    """The provider's description of its own API, as it is mailed to Ringotel."""

    id: str = key(
        "id",
        Text(r"[A-Za-z0-9._-]+", "use letters, digits, - _ and . only: it is a part of the webhook URL"),
        salvage="unknown",
    )
    """The service id of the webhook URL."""
    name: str = key("name", Text(), salvage="unknown")
    """Shown in the portal."""
    logo: str | None = key(
        "logo", Text(r"https?://[^\s/]+.*", "write an absolute http:// or https:// URL"), default=None
    )
    """Absolute http(s) URL of a picture."""
    service_class: Literal["sms"] = key(
        "class", OneOf(("sms",), 'write "sms"; the classes known are sms and crm'), salvage="sms"
    )
    """The kind of integration."""
    properties: tuple[str, ...] = key("properties", ListOf(Text()), default=())
    """The fields of the form that an admin fills."""
    auth: Auth | None = key(
        "auth", ByTag("type", {"Bearer": BearerAuth, "Basic": BasicAuth}, _NO_OTHER_SCHEME), default=None
    )
    """How requests are authorized."""
    oauth2: OAuth2 | None = key("OAuth2", RecordOf(OAuth2), default=None)
    """How tokens are got; a sibling of ``auth``."""
    api: Api = key("API", RecordOf(Api))
    """The requests that the platform makes."""
    webhooks: tuple[WebhookModel, ...] = key("Webhook", ListOf(RecordOf(WebhookModel)), default=())
    """What the provider posts, the more specific models first."""


@dataclass(frozen=True)
class Integration:
    """A document whose shape is right, with the place of every node of its file."""

    document: IntegrationDocument
    places: SourceMap
    moved: Mapping[Path, Path]
    """Parts that stand elsewhere in the file than in the record."""

    def has(self, path: Path) -> bool:
        """Whether the file has a node where the record has *path*: a default has none."""
        return moved_path(path, self.moved) in self.places.spans

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """The place in the file of the record's node at *path*, or of its key."""
        return self.places.locate(moved_path(path, self.moved), key=key)

    def key_place(self, path: Path) -> str:
        """``acme.json:37:7``: where the key of the record's node at *path* stands, in words."""
        return str(self.locate(path, key=True))

    def told_place(self, path: Path) -> str:
        """The same for whoever posts webhooks: folders outside the project's are no business of theirs."""
        where = self.locate(path, key=True)
        file = PurePath(where.file)
        is_outside = file.is_absolute() or ".." in file.parts
        return str(replace(where, file=file.name)) if is_outside else str(where)

    def locate_in(self, path: Path, text: str, offset: int) -> Location:
        """The place of *text*, which begins *offset* characters into the text node at *path*."""
        whole = self.locate(path)
        if whole.text is None or whole.column is None:
            return whole
        # An escape before it makes the source longer than the text, so it is looked for, not counted.
        at = whole.text.find(text, whole.column - 1 + offset)
        at = at if at >= 0 else whole.text.find(text, whole.column - 1)
        return (
            whole
            if at < 0
            else replace(whole, column=at + 1, width=len(text), offset=(whole.offset or 0) + at + 1 - whole.column)
        )
