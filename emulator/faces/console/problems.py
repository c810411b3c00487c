"""Errors as the API tells them, in one shape (RFC 9457), and which status an error of ours is."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from emulator.errors import InputError, JournalError, RingoError
from emulator.faces.console.encoding import encoded
from emulator.faces.console.records import Problem

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

    from emulator.core.redaction import Redactor

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CONTENT_TYPE = "application/problem+json"
LOG = logging.getLogger(__name__)
_DETAILS = {404: "there is nothing at this path", 405: "this path has other methods"}
_MENDS = {404: "see /api/v1/openapi.json", 405: "see the Allow header"}


class ApiError(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, detail: str, mend: str | None = None) -> None:
        super().__init__(detail)
        self.problem = problem(status, detail, mend)
        self.headers: dict[str, str] = {}


def problem(status: int, detail: str, mend: str | None = None) -> Problem:
    """An error as the API tells it."""
    return Problem(type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail, mend=mend)


def problem_response(told: Problem, redactor: Redactor) -> web.Response:
    """The answer that tells an error."""
    return web.Response(status=told.status, body=encoded(told, redactor), content_type=CONTENT_TYPE)


def telling_problems(redactor: Redactor) -> Middleware:
    """The middleware that turns every error into an answer of the one shape."""

    @web.middleware
    async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            return await handler(request)
        except ApiError as error:
            found, headers = error.problem, error.headers
        except InputError as error:
            found = problem(422, error.message, "see GET /api/v1/document")
        except JournalError as error:
            found = problem(503, error.message, error.mend)
        except RingoError as error:
            found = problem(422, error.message, error.mend)
        except web.HTTPException as error:
            found = problem(error.status, _DETAILS.get(error.status, error.reason), _MENDS.get(error.status))
            headers = {name: value for name, value in error.headers.items() if name == "Allow"}
        except ConnectionError:
            raise  # who asked has gone away
        except Exception:
            LOG.exception("a bug of ours: %s %s", request.method, redactor.text(request.path))
            found = problem(500, "a bug of ours", "please report it with what serve printed")
        response = problem_response(found, redactor)
        response.headers.update(headers)
        if request.content.exception() is not None:
            request.content.feed_eof()  # aiohttp would read on, meet the error again and print it
            response.force_close()
        return response

    return told
