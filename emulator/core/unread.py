"""What nobody reads: keys of a webhook that no model mentions, and of an answer that ``response_map`` skips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emulator.core.bodies import parse_json, read_webhook, unpack
from emulator.core.likeness import places_of, scalars
from emulator.core.reading import MAX_BYTES
from emulator.core.source import jsonpath
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.document import ApiMethod, IntegrationDocument, WebhookModel
    from emulator.core.messages import Json, Reply, Request


def unread_in(kind: str, request: Request, reply: Reply | None, document: IntegrationDocument) -> list[str]:
    """The keys that nobody reads in an exchange of that *kind*: of a webhook itself, of a request in its answer."""
    method: ApiMethod | None = {"SendMessage": document.api.SendMessage, "SendFile": document.api.SendFile}.get(kind)
    try:
        if kind == "webhook":
            body = unpack(request.body, request.header("Content-Encoding"), MAX_BYTES)
            query = urlsplit(request.url).query
            payload, _ = read_webhook(request.method, query, request.header("Content-Type"), body)
            return unread_places(payload, document.webhooks)
        if method is not None and method.response_map is not None and reply is not None:
            return _unread(parse_json(reply.body), [method.response_map])
    except UnreadableBodyError:
        return []  # what is wrong with it is told where it is read
    return []


def unread_places(body: Json, models: Iterable[WebhookModel]) -> list[str]:
    """The keys of *body* that no model mentions: ``$.NumMedia``; of the elements of a list each key once."""
    return _unread(body, [model.parameters for model in models])


def _unread(body: Json, shapes: Iterable[Any]) -> list[str]:
    read = {path for shape in shapes for path in places_of(shape)}
    found = (tuple(step for step in path if isinstance(step, str)) for path, _ in scalars(body))
    return [jsonpath(path) for path in dict.fromkeys(found) if path and path not in read]
