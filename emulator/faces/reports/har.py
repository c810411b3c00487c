"""A run's exchanges as an HTTP Archive (HAR 1.2), for the network panel of a browser and its like."""

from __future__ import annotations

import base64
import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from emulator import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from emulator.core.messages import Headers, Reply, Request
    from emulator.engine.exchanges import Exchange
    from emulator.faces.output import Output
    from emulator.scenario.results import RunResult

_VERSION = "HTTP/1.1"


def render(run: RunResult, exchanges: Callable[[int], Exchange | None], output: Output) -> str:
    """Every exchange that a timeline of *run* names, once, in the order in which they began."""
    del output  # the journal has masked them
    numbers = {entry.exchange for result in run.results for entry in result.timeline if entry.exchange is not None}
    found = [exchanges(number) for number in sorted(numbers)]
    return render_exchanges(each for each in found if each is not None)


def render_exchanges(exchanges: Iterable[Exchange]) -> str:
    """*exchanges*, which are masked, as HAR; times are milliseconds."""
    import harfile

    text = io.StringIO()
    with harfile.HarFile.open(text, creator=harfile.Creator(name="ringo-emu", version=__version__)) as har:
        for each in exchanges:
            took_ms = round((each.duration_s or 0.0) * 1000, 3)
            har.add_entry(
                startedDateTime=each.at,
                time=took_ms,
                request=_request(each),
                response=_response(each.reply),
                timings=harfile.Timings(send=0, wait=took_ms, receive=0),
                comment=_comment(each),
            )
    return text.getvalue()


def _comment(exchange: Exchange) -> str:
    """What HAR has no place for."""
    way = "from the provider" if exchange.direction == "in" else "to the provider"
    trouble = f"; {exchange.error}" if exchange.error else ""
    return f"#{exchange.id} {exchange.kind} {way}{trouble}"


def _request(exchange: Exchange) -> Any:
    import harfile

    request = exchange.request
    url = exchange.sent_to or request.url
    return harfile.Request(
        method=request.method,
        url=url,
        httpVersion=_VERSION,
        headers=_records(request.headers),
        queryString=[
            harfile.Record(name=name, value=value)
            for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)
        ],
        postData=_post_data(request) if request.body else None,
        bodySize=len(request.body),
    )


def _post_data(request: Request) -> Any:
    import harfile

    text, encoding = _text(request.body)
    # HAR knows no encoding of what is sent: the comment says it.
    return harfile.PostData(mimeType=request.header("Content-Type") or "", text=text, comment=encoding)


def _response(reply: Reply | None) -> Any:
    import harfile

    if reply is None:  # as browsers write a request without an answer
        return harfile.Response(status=0, statusText="", httpVersion="")
    text, encoding = _text(reply.body)
    content = harfile.Content(
        size=len(reply.body), mimeType=reply.header("Content-Type") or "", text=text, encoding=encoding
    )
    return harfile.Response(
        status=reply.status,
        statusText=_phrase(reply.status),
        httpVersion=_VERSION,
        headers=_records(reply.headers),
        content=content,
        redirectURL=reply.header("Location") or "",
        bodySize=len(reply.body),
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _records(headers: Headers) -> list[Any]:
    import harfile

    return [harfile.Record(name=name, value=value) for name, value in headers]


def _text(body: bytes) -> tuple[str, str | None]:
    """*body* as text, and its encoding where it is none."""
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
