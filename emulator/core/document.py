"""The integration document as frozen records; the file's own spellings are the aliases.

Source: the framework's page, in the order in which it prints the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from emulator.core.records import Items, Record
from emulator.core.source import Path, SourceMap
from emulator.errors import Location

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
EventType = Literal["message", "mms", "messageDelivered"]
ApiName = Literal["SendMessage", "SendFile", "Subscribe"]

EVENT_TYPES: tuple[EventType, ...] = ("message", "mms", "messageDelivered")
API_NAMES: tuple[ApiName, ...] = ("SendMessage", "SendFile", "Subscribe")
CLASSES = ("crm", "sms")

Text = Annotated[str, Field(min_length=1)]


class ApiMethod(Record):
    """One request that the platform makes to the provider, such as ``API.SendMessage``."""

    verb: Annotated[Verb, Field(alias="request_method")]
    """The HTTP method, in capitals."""
    url: Annotated[Text, Field(alias="request_url")]
    """Template of the address; absolute once it is filled."""
    content_type: Annotated[Text, Field(alias="request_content_type")] = "application/json"
    """What the body is; without effect for GET and DELETE."""
    parameters: Annotated[Any, Field(alias="request_parameters")] = None
    """The body, or query, as nested template."""
    response_map: Annotated[dict[str, Any] | list[Any] | None, Field()] = None
    """Reverse template over the JSON answer; without it the answer is not read."""


class Api(Record):
    """The requests that the platform can make."""

    SendMessage: ApiMethod
    """Sends a text."""
    SendFile: ApiMethod | None = None
    """Sends a file by its URL; without it MMS is off."""
    Subscribe: ApiMethod | None = None
    """Tells the provider the webhook URL."""

    def method(self, name: ApiName) -> ApiMethod | None:
        """The request called *name*, if the document has it."""
        found: ApiMethod | None = getattr(self, name)
        return found


class BearerAuth(Record):
    """``Authorization: Bearer …``."""

    type: Literal["Bearer"]
    token: Text
    """Template of the token."""


class BasicAuth(Record):
    """``Authorization: Basic …``, in UTF-8."""

    type: Literal["Basic"]
    username: Text
    """Template of the user name."""
    password: str
    """Template of the password."""


Auth = Annotated[BearerAuth | BasicAuth, Field(discriminator="type")]


class OAuth2(Record):
    """OAuth 2.0 web server flow."""

    client_id: Text
    client_secret: Text
    authorization_endpoint: Text
    token_endpoint: Text
    flow_type: dict[str, Any] = {"default": "0"}
    authorization_parameters: dict[str, Any] = {}
    token_parameters: dict[str, Any] = {}
    request_auth: Literal["Bearer"] = "Bearer"


class WebhookModel(Record):
    """What one kind of webhook looks like."""

    event_key: Text
    """The provider's own name of the event."""
    event_type: EventType
    """The platform's name of it."""
    verb: Annotated[Verb, Field(alias="request_method")] = "POST"
    """The HTTP method that the provider uses."""
    parameters: Annotated[dict[str, Any] | list[Any], Field(alias="request_parameters")]
    """Reverse template over the body, or over the query of a GET."""


class IntegrationDocument(Record):
    """The provider's description of its own API, as it is mailed to Ringotel."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
    """The service id of the webhook URL."""
    name: Text
    """Shown in the portal."""
    logo: Annotated[str | None, Field(pattern=r"^https?://[^\s/]+")] = None
    """Absolute http(s) URL of a picture."""
    service_class: Annotated[Literal["sms"], Field(alias="class")]
    """The kind of integration."""
    properties: Items[Text] = ()
    """The fields of the form that an admin fills."""
    auth: Auth | None = None
    """How requests are authorized."""
    oauth2: Annotated[OAuth2 | None, Field(alias="OAuth2")] = None
    """How tokens are got; a sibling of ``auth``."""
    api: Annotated[Api, Field(alias="API")]
    """The requests that the platform makes."""
    webhooks: Annotated[Items[WebhookModel], Field(alias="Webhook")] = ()
    """What the provider posts, the more specific models first."""


@dataclass(frozen=True)
class Integration:
    """A document whose shape is right, with the place of every node of its file."""

    document: IntegrationDocument
    places: SourceMap
    moved: Mapping[Path, Path]
    """Parts that stand elsewhere in the file than in the record."""

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """The place in the file of the record's node at *path*, or of its key."""
        return self.places.locate(moved_path(path, self.moved), key=key)

    def locate_in(self, path: Path, text: str, offset: int) -> Location:
        """The place of *text*, which begins *offset* characters into the text node at *path*."""
        whole = self.locate(path)
        if whole.text is None or whole.column is None:
            return whole
        # An escape before it makes the source longer than the text, so it is looked for, not counted.
        at = whole.text.find(text, whole.column - 1 + offset)
        at = at if at >= 0 else whole.text.find(text, whole.column - 1)
        return whole if at < 0 else replace(whole, column=at + 1, width=len(text))


def moved_path(path: Path, moved: Mapping[Path, Path]) -> Path:
    """*path* as the file has it."""
    for length in range(len(path), 0, -1):
        if path[:length] in moved:
            return (*moved[path[:length]], *path[length:])
    return path
