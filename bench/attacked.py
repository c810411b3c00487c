"""The longest time that each attack of a stranger holds the event loop, at the limit of a webhook's size.

``python -m bench.attacked`` measures.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Mapping

import aiohttp

from bench.report import Figure
from bench.servers import ORGANIZATION, settings
from emulator.core.redaction import Redactor
from emulator.engine.journal import open_journal
from emulator.engine.platform import open_platform

_SIZE = 1024 * 1024 - 1024
_MOST_MS = 50.0
_BEAT_S = 0.001
_TIMES = 3
_JSON = {"Content-Type": "application/json"}
_PARTS = {"Content-Type": "multipart/form-data; boundary=x"}
_PART = b'--x\r\nContent-Disposition: form-data; name="a"'


def _filled(lead: bytes, pump: bytes, end: bytes = b"") -> bytes:
    return lead + pump * ((_SIZE - len(lead) - len(end)) // len(pump)) + end


def _text(pump: str) -> bytes:
    begin = b'{"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": "'
    return _filled(begin, pump.encode(), b'"}}')


_ATTACKS: Mapping[str, tuple[bytes, Mapping[str, str]]] = {
    "a long text": (_text("a"), _JSON),
    "a text that begins to quote": (_text("…a"), _JSON),
    "a text of addresses": (_text("http://a.jpg?"), _JSON),
    "objects that fit nothing": (_filled(b'{"a": [{}', b",{}", b"]}"), _JSON),
    "lists within lists": (_filled(b'{"a": [', b"[[1,2],[3]],", b"1]}"), _JSON),
    "escapes of letters": (_text("\\u0041"), _JSON),
    "escaped quotes": (_filled(b'{"a": "', b'\\"'), _JSON),
    "many parts": (_filled(b"", _PART + b"\r\n\r\n1\r\n"), _PARTS),
    "encoded words in a header": (_filled(_PART, b"; a==?utf-8?q?a?="), _PARTS),
    "parts within parts": (_filled(b"", _PART + b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"), _PARTS),
    "a form of many fields": (_filled(b"", b"a=1&"), {"Content-Type": "application/x-www-form-urlencoded"}),
    "a charset of Python's": (_filled(b"", b"a"), {"Content-Type": "application/json; charset=punycode"}),
    "packed 500 times": (_filled(b"", b"a"), {**_JSON, "Content-Encoding": ", ".join(["gzip"] * 500)}),
    "many members": (gzip.compress(b"") * 10_000, {**_JSON, "Content-Encoding": "gzip"}),
}


async def measure() -> list[Figure]:
    """Post each, and look how late the loop gets to what is due."""
    figures = []
    with open_journal(redactor=Redactor(["s3cr3t-key"])) as journal:
        async with open_platform(settings(), journal) as platform, aiohttp.ClientSession() as session:
            url = platform.open_account(ORGANIZATION).webhook_url
            for name, (body, headers) in _ATTACKS.items():
                held = min([await _held(session, url, body, headers) for _ in range(_TIMES)])
                figures.append(
                    Figure(f"loop held by {name}", f"{held:.0f} ms", f"{_MOST_MS:.0f} ms", held / _MOST_MS, 1.0)
                )
    return figures


async def _held(session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]) -> float:
    """The longest time, in milliseconds, that nothing else went on while *body* was posted and answered."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_BEAT_S)
            longest = max(longest, (time.perf_counter() - began - _BEAT_S) * 1000)

    beating = asyncio.create_task(beat())
    try:
        async with session.post(url, data=body, headers=headers) as answer:
            await answer.read()
            assert answer.status < 500, answer.status
    finally:
        beating.cancel()
    return longest


if __name__ == "__main__":
    for each in asyncio.run(measure()):
        print(each.row())
