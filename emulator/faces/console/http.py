"""Between HTTP and the handlers: reads parameters and bodies, writes answers. Whatever comes, it fits or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from aiohttp import web
from aiohttp.http import HttpProcessingError
from pydantic import BaseModel, ValidationError

from emulator.core.bodies import parse_json
from emulator.core.messages import media_type
from emulator.engine.connections import body_time
from emulator.errors import UnreadableBodyError
from emulator.faces.console.encoding import as_json, encoded, masked
from emulator.faces.console.parts import Console
from emulator.faces.console.problems import ApiError

if TYPE_CHECKING:
    from emulator.faces.console.problems import Handler
    from emulator.faces.console.routes import Route

M = TypeVar("M", bound=BaseModel)
CONSOLE = web.AppKey("console", Console)
JSON = "application/json"


def handler(route: Route) -> Handler:
    """What serves *route*."""

    async def handle(request: web.Request) -> web.StreamResponse:
        console = request.app[CONSOLE]
        where = parameters(request, route.where)
        asked = await said(request, route.body, route.most_bytes) if route.method in {"POST", "PUT"} else route.body()
        record = await route.handle(console, where, asked)
        if record is None:
            return web.Response(status=204)
        text = as_json(record)
        beside = console.platform.journal.beside
        body = await beside.do(len(text), partial(masked, text, console.redactor))
        return web.Response(body=body, content_type=JSON)

    return handle


def parameters(request: web.Request, model: type[M]) -> M:
    """The parameters of the path and the query.

    Raises:
        ApiError: One is wrong, or unknown.
    """
    query = request.rel_url.query
    values = {key: query[key] for key in query}
    doubled = next((key for key in query if len(query.getall(key)) > 1), None)
    if doubled is not None:
        raise ApiError(400, f"the parameter {doubled!r} stands there twice", "give it once")
    return _valid(model, {**values, **request.match_info}, "parameter")


def _valid(model: type[M], values: object, what: str) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        known = ", ".join(field.alias or name for name, field in model.model_fields.items())
        detail = f"{what} {place}: {first['msg']}" if place else f"the {what}s: {first['msg']}"
        raise ApiError(400, detail[:500], f"it has {known or 'none'}") from None


async def said(request: web.Request, model: type[M], most_bytes: int) -> M:
    """The JSON of the body; where nothing must be said, nothing need be.

    Raises:
        ApiError: It is too large, or something else.
    """
    # JSON alone: what a form of another page can send, a browser sends without asking us first.
    body = await body_of(request, JSON, most_bytes)
    try:
        values = parse_json(body) if body else {}
    except UnreadableBodyError as error:
        raise ApiError(400, error.message, error.mend) from None
    if not isinstance(values, Mapping):
        raise ApiError(400, "the body is no JSON object", "send an object")
    return _valid(model, values, "field")


async def body_of(request: web.Request, content_type: str, most_bytes: int) -> bytes:
    """The body, which must be of that type; an empty one may be of any.

    Raises:
        ApiError: It is too large, or of another type.
    """
    if not request.body_exists or request.content_length == 0:
        return b""
    if media_type(request.headers.get("Content-Type", "")) != content_type:
        raise ApiError(415, f"the body must be {content_type}", f"send Content-Type: {content_type}")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiError(415, "the body is packed", "send it as it is, without Content-Encoding")
    parts: list[bytes] = []
    size = request.content_length or 0
    try:
        async with body_time(request):
            while size <= most_bytes:
                chunk = await request.content.readany()
                if not chunk:
                    return b"".join(parts)
                parts.append(chunk)
                size = sum(map(len, parts)) if request.content_length is None else size
    except TimeoutError:
        request.content.set_exception(web.RequestPayloadError("too slow"))
        raise ApiError(408, "the body had not come as a whole in time", "send all of it at once") from None
    except (web.RequestPayloadError, HttpProcessingError):
        raise ApiError(400, "the body broke off before its end", "send all of it") from None
    raise ApiError(413, f"the body is larger than {most_bytes} bytes", "send less")


def console_of(request: web.Request) -> Console:
    """The console that *request* is for."""
    return request.app[CONSOLE]


def json_response(record: Any, console: Console, status: int = 200) -> web.Response:
    """An answer that holds a record."""
    return web.Response(status=status, body=encoded(record, console.redactor), content_type=JSON)
