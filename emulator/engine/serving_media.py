"""Serves shared files to the provider: types, ranges and names as HTTP wants them, or trouble on purpose."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import HttpVersion11, hdrs, web

from emulator.core import rules
from emulator.core.media import HEAD_BYTES, UNSPECIFIC, content_disposition, sniff, type_of_name
from emulator.core.messages import Reply, Request
from emulator.core.presenting import finding_data
from emulator.core.ranges import Span, UnsatisfiableError, parse_range
from emulator.core.scalars import format_duration
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.faults import Faults
from emulator.engine.reading_peer import PeerWatch
from emulator.engine.receiving import problem_answer
from emulator.engine.retries import fetch_storm
from emulator.engine.shelf import Fetch
from emulator.engine.sink import headers_of, url_of
from emulator.engine.user_files import open_file
from emulator.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from emulator.engine.making_trouble import Holder
    from emulator.engine.shelf import Link
    from emulator.engine.sink import SinkContext

_CHUNK = 64 * 1024
_AFTER_THE_REDIRECT = "redirected"
_AT_FIRST = frozenset({"redirect", "not_found_first"})
_JSON = "application/json; charset=utf-8"


class _Plan(NamedTuple):
    """How a request is answered: with the bytes *span* of a file, or with a *reason* why not."""

    status: int
    headers: dict[str, str]
    span: Span | None = None
    reason: str | None = None
    size: int = 0


async def serve_media(context: SinkContext, request: web.Request, holder: Holder) -> web.StreamResponse:
    """Answer a request for a shared file, and keep what was really sent of it."""
    token = request.match_info["token"]
    link = context.directory.shelf.find(token)
    serving = _Serving(context, request, holder, token, link)
    return await serving.answer()


class _Serving:
    """One request for a shared file."""

    def __init__(
        self, context: SinkContext, request: web.Request, holder: Holder, token: str, link: Link | None
    ) -> None:
        self.context = context
        self.request = request
        self.holder = holder
        self.link = link
        self.at = context.clock.now()
        self.number = UNNUMBERED
        self.shelf = context.directory.shelf
        self.token = token
        self.attempt = self.shelf.begin(token)
        self.wall = context.clock.wall()
        self.sent = 0
        self.hash = sha256()
        self.ending: asyncio.Future[None] | None = None
        self.ended: float | None = None
        self.is_broken = False
        """Whether the provider closed the connection before it had read all."""

    async def answer(self) -> web.StreamResponse:
        try:
            self.number = (await self.context.journal.begin(self._exchange(None, {}))).id
        except JournalError as error:
            return web.Response(status=500, body=problem_answer(error.message), headers={"Content-Type": _JSON})
        try:
            file = open_file(self.link.path) if self.link else None
        except OSError:
            file = None
        if file is None or self.link is None:
            reason = f"the file {self.link.path.name} is gone" if self.link else "no file is shared under this link"
            return await self._refused(_Plan(404, {}, reason=reason))
        with file:
            plan = self._plan(self.link, file)
            if plan.reason is not None or plan.span is None:
                return await self._refused(plan)
            return await self._file(self.link, plan, plan.span, file)

    # -- what to answer

    def _plan(self, link: Link, file: BinaryIO) -> _Plan:
        if self.context.clock.now() >= link.expires:
            after = "at once, on purpose" if link.trap == "expired" else f"after {format_duration(link.lifetime_s)}"
            return _Plan(410, {}, reason=f"this link expired {after}; a file is to be fetched when SendFile names it")
        if link.trap == "not_found_first" and self.attempt == 1:
            return _Plan(404, {}, reason="not found the first time, on purpose; the next request finds it")
        if link.trap == "redirect" and _AFTER_THE_REDIRECT not in self.request.query:
            location = f"{link.url}?{_AFTER_THE_REDIRECT}"
            return _Plan(302, {"Location": location}, reason="redirected, on purpose; the file is at the Location")
        return self._of_file(link, file)

    def _of_file(self, link: Link, file: BinaryIO) -> _Plan:
        file.seek(0, 2)
        size = file.tell()
        tag = f'"{size:x}-{os.fstat(file.fileno()).st_mtime_ns:x}"'
        headers = {
            "ETag": tag,
            "Accept-Ranges": "bytes",
            "Content-Type": _content_type(link, file),
            "Content-Disposition": content_disposition(link.path.name),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        }
        asked = self.request.headers
        known = [each.strip().removeprefix("W/") for each in asked.get("If-None-Match", "").split(",")]
        if tag in known or "*" in known:
            return _Plan(304, headers, size=size)
        if link.trap == "no_length":
            return _Plan(200, {**headers, "Accept-Ranges": "none"}, Span(0, size), size=size)
        if asked.get("If-Range", tag) != tag or self.request.method == hdrs.METH_HEAD:
            return _Plan(200, headers, Span(0, size), size=size)
        try:
            span = parse_range(asked.get("Range"), size)
        except UnsatisfiableError:
            reason = f"the file has {size} bytes, none of them in the range that was asked for"
            return _Plan(416, {"Content-Range": f"bytes */{size}"}, reason=reason, size=size)
        if span is None:
            return _Plan(200, headers, Span(0, size), size=size)
        told = {**headers, "Content-Range": f"bytes {span.start}-{span.end - 1}/{size}"}
        return _Plan(206, told, span, size=size)

    # -- answering

    async def _refused(self, plan: _Plan) -> web.StreamResponse:
        body = problem_answer(plan.reason) if plan.reason else b""
        headers = {**plan.headers, "Content-Type": _JSON} if body else plan.headers
        await self._record(plan, headers)
        return web.Response(status=plan.status, body=body or None, headers=headers)

    async def _file(self, link: Link, plan: _Plan, span: Span, file: BinaryIO) -> web.StreamResponse:
        response = web.StreamResponse(status=plan.status, headers=plan.headers)
        if link.trap != "no_length":
            response.content_length = span.length
        elif self.request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        response.force_close()  # a client that has read all closes the connection, and only so it is known
        peer = PeerWatch(self.request)
        try:
            with suppress(ConnectionError):  # the provider went away: what was sent until then is what it fetched
                await response.prepare(self.request)
                await self._send(link, response, span, file)
                if self.sent and link.trap != "truncated":
                    await response.write_eof()
                    await self._await_reader(peer)
        finally:
            peer.stop()
            try:
                await self._record(plan, dict(response.headers), span)
            finally:
                if self.ending is not None:
                    self.ending.set_result(None)
        return response

    async def _await_reader(self, peer: PeerWatch) -> None:
        """Do not count what the provider left unread."""
        last_byte = self.context.clock.now()
        self.ending = self.shelf.ending()
        unread = await peer.unread()
        self.ended = self.context.clock.now() if peer.has_left else last_byte
        if unread:
            self.is_broken = True
            self.sent = max(0, self.sent - unread)

    async def _send(self, link: Link, response: web.StreamResponse, span: Span, file: BinaryIO) -> None:
        if self.request.method == hdrs.METH_HEAD:
            return
        if self.request.transport is not None:
            # What the socket has not taken is not sent: else a short file would count before anybody reads it.
            self.request.transport.set_write_buffer_limits(high=0)
        half = span.start + span.length // 2
        await self._bytes(response, file, Span(span.start, half))
        if link.trap == "slow" and self.request.transport is not None:
            await self.holder.hold(self.request.transport, link.pause_s, Faults())
        if link.trap == "truncated" and self.request.transport is not None:
            self.request.transport.close()
            return
        await self._bytes(response, file, Span(half, span.end))

    async def _bytes(self, response: web.StreamResponse, file: BinaryIO, span: Span) -> None:
        file.seek(span.start)
        left = span.length
        while left and (chunk := file.read(min(left, _CHUNK))):
            await response.write(chunk)
            await self.request.writer.drain()
            left -= len(chunk)
            self.sent += len(chunk)
            self.hash.update(chunk)

    # -- recording

    async def _record(self, plan: _Plan, headers: dict[str, str], span: Span | None = None) -> None:
        part = None
        if span is not None and self.request.method != hdrs.METH_HEAD:
            part = Span(span.start, span.start + self.sent)
        is_whole, total = self.shelf.sent(self.token, part, plan.size)
        trap = self.link.trap if self.link else None
        if plan.reason is None and trap in _AT_FIRST:
            trap = None  # this time it did nothing
        media: dict[str, object] = {
            "file": self.link.path.name if self.link else None,
            "size": None if plan.reason else plan.size,
            "sent": None if plan.reason else self.sent,
            "bytes": is_whole,
            "sha256": self.hash.hexdigest() if self.sent and not self.is_broken else None,
            "broken": self.is_broken or None,
            "trap": trap,
            "problem": plan.reason,
        }
        fetch = Fetch(
            exchange=self.number,
            at=self.at,
            ended=self.context.clock.now() if self.ended is None else self.ended,
            method=self.request.method,
            token=self.token,
            path=self.request.path,
            status=plan.status,
            sent=self.sent,
            size=plan.size,
            bytes=is_whole,
            total=total,
            attempt=self.attempt,
            reason=plan.reason,
            trap=trap,
            is_broken=self.is_broken,
        )
        outcome: dict[str, object] = {"media": {name: value for name, value in media.items() if value is not None}}
        storm = self.shelf.refusals.storm(self.token, self.at) if plan.status >= HTTPStatus.BAD_REQUEST else None
        if storm is not None and self.context.receiver.hears(rules.FETCH_STORM.code):
            outcome["findings"] = [finding_data(fetch_storm(*storm, plan.status))]
        reply = Reply(status=plan.status, headers=tuple(headers.items()))
        with suppress(JournalError):  # the answer is on its way; the next record tells of it
            await self.context.journal.record(self._exchange(reply, outcome))
        self.shelf.put(fetch)

    def _exchange(self, reply: Reply | None, outcome: Mapping[str, object]) -> Exchange:
        request = self.request
        account = self.link.account if self.link else None
        return Exchange(
            id=self.number,
            direction="in",
            kind="media",
            account=account.label if account else "",
            at=self.wall,
            clock=self.at,
            request=Request(method=request.method, url=url_of(request), headers=headers_of(request)),
            reply=reply,
            duration_s=None if reply is None else self.context.clock.now() - self.at,
            outcome=dict(outcome),
            attempt=self.attempt,
        )


def _content_type(link: Link, file: BinaryIO) -> str:
    if link.trap == "wrong_type":
        return "text/plain"
    named = type_of_name(link.path.name)
    if named is not None:
        return named
    file.seek(0)
    return sniff(file.read(HEAD_BYTES)) or UNSPECIFIC
