"""A client of the console's API, for commands that go through a running ``serve``."""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from emulator.core.messages import Request
from emulator.core.presenting import finding_of
from emulator.engine.client import HttpTransport
from emulator.engine.clock import SystemClock
from emulator.engine.user_files import read_file
from emulator.errors import TransportError, UnreachableError, UsageError
from emulator.faces.console.records import STATES
from emulator.faces.texting import Texted
from emulator.scenario.results import Detail, Failure

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from emulator.faces.texting import Wanted

_ANSWERS_WITHIN_S = 5.0
_LONGEST_POLL_S = 30.0
_STATES = {name: state for state, name in STATES.items()}
_OUR_FAULT = frozenset({400, 404, 413, 415, 422})


class ConsoleClient:
    """Asks the console at *console_url*, whose fragment has the token where one is needed."""

    def __init__(self, console_url: str) -> None:
        parts = urlsplit(console_url)
        self.page = console_url.partition("#")[0]
        """The address without its token."""
        self._base = f"{parts.scheme}://{parts.netloc}/api/v1"
        token = parts.fragment.removeprefix("token=")
        self._headers = (("Authorization", f"Bearer {token}"),) if token else ()

    async def __aenter__(self) -> Self:
        self._http = await HttpTransport().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def plays(self, webhook_url: str) -> bool:
        """Whether it answers, and is the console of that webhook URL.

        Raises:
            UnreachableError: It takes the connection, and does not answer.
        """
        try:
            said = await self._ask("GET", "/webhook-url", timeout_s=_ANSWERS_WITHIN_S)
        except TransportError as error:
            if error.kind == "timeout":
                raise UnreachableError(
                    f"serve runs but does not answer at {self.page}",
                    mend="stop it and start it again, or send by yourself: --alone",
                ) from error
            return False
        except UsageError:
            return False
        return bool(said["webhook_url"] == webhook_url)

    async def text(self, wanted: Wanted, timeout_s: float) -> Texted:
        """Send a message, and wait for its report where that is wanted; *timeout_s* is what the provider may take.

        Raises:
            UsageError: It is refused, and why.
            UnreachableError: The console cannot do it now.
            TransportError: It has gone.
        """
        body: dict[str, Any] = {"number": wanted.number, "content": wanted.text or ""}
        if wanted.contact is not None:
            body["contact"] = wanted.contact
        if isinstance(wanted.file, Path):
            body["file"] = await self._upload(wanted.file)
        elif wanted.file is not None:
            body["url"] = wanted.file
        cursor = (await self._ask("GET", "/events?wait=0", timeout_s=_ANSWERS_WITHIN_S))["cursor"]
        sent = await self._ask("POST", "/messages", body, timeout_s=timeout_s)
        message = sent["message"]
        undelivered = None
        if wanted.wait_s is not None and message["state"] == "sent":
            message = await self._settled(message, cursor, wanted.wait_s)
            if message["state"] == "sent":
                path = f"/messages/{message['id']}/undelivered?within={wanted.wait_s}"
                undelivered = _failure(await self._ask("GET", path, timeout_s=_ANSWERS_WITHIN_S))
        return Texted(
            name="SendFile" if message["is_file"] else "SendMessage",
            state=_STATES[message["state"]],
            exchange=sent["exchange"],
            status=sent["status"],
            messageid=message["messageid"],
            took_s=sent["duration_s"],
            findings=tuple(map(finding_of, sent["findings"])),
            failure=sent["failure"],
            mend=sent["mend"],
            unreachable=sent["unreachable"],
            undelivered=undelivered,
        )

    async def replay(self, exchange: int, timeout_s: float) -> dict[str, Any]:
        """Make the request of *exchange* again; returns what came of it: its number, status, failure and remedy.

        Raises:
            UsageError: It is not known, or not as it was.
            UnreachableError: The console cannot do it now.
            TransportError: It has gone.
        """
        made = await self._ask("POST", f"/exchanges/{exchange}/replay", {}, timeout_s=timeout_s)
        found: dict[str, Any] = made["items"][0]
        return found

    async def _settled(self, message: dict[str, Any], cursor: str, wait_s: float) -> dict[str, Any]:
        """*message* once its report has come, or as it is after *wait_s* seconds."""
        clock = SystemClock()
        deadline = clock.now() + wait_s
        while message["state"] == "sent" and (left := deadline - clock.now()) > 0:
            wait = min(left, _LONGEST_POLL_S)
            path = f"/events?after={quote(cursor)}&type=message&wait={wait:.3f}"
            found = await self._ask("GET", path, timeout_s=wait + _ANSWERS_WITHIN_S)
            cursor = found["cursor"]
            if found["resync"] or any(each["data"]["id"] == message["id"] for each in found["events"]):
                message = await self._ask("GET", f"/messages/{message['id']}", timeout_s=_ANSWERS_WITHIN_S)
        return message

    async def _upload(self, path: Path) -> str:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        from emulator.faces.console.uploads import MOST_FILE_BYTES  # cold start: most texts have no file

        try:
            data = read_file(path, MOST_FILE_BYTES)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}", mend="name another file") from error
        where = f"/files?name={quote(path.name, safe='')}&type={quote(kind, safe='')}"
        sent = await self._answer("POST", where, data, "application/octet-stream", _LONGEST_POLL_S)
        return str(sent["id"])

    async def _ask(self, method: str, path: str, said: Any = None, *, timeout_s: float) -> Any:
        return await self._answer(
            method, path, b"" if said is None else json.dumps(said).encode(), "application/json", timeout_s
        )

    async def _answer(self, method: str, path: str, body: bytes, kind: str, timeout_s: float) -> Any:
        headers = (*self._headers, ("Content-Type", kind)) if body else self._headers
        request = Request(method=method, url=self._base + path, headers=headers, body=body)
        reply = await self._http.send(request, timeout_s=timeout_s)
        try:
            said = json.loads(reply.body)
        except ValueError:
            raise UsageError(f"what answers at {self.page} is no console of serve") from None
        if reply.status < 300:
            return said
        error = UsageError if reply.status in _OUR_FAULT else UnreachableError
        raise error(f"serve: {said['detail']}", mend=said.get("mend"))


def _failure(record: dict[str, Any]) -> Failure:
    details = tuple(Detail(each["label"], each["text"], each["wrong"]) for each in record["details"])
    return Failure(**{**record, "details": details})
