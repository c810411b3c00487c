"""The longest time that each attack of a stranger holds the event loop, at the limit of a webhook's size.

``python -m bench.attacked`` measures.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Mapping

import aiohttp

from bench.report import Figure
from bench.servers import ORGANIZATION, settings
from emulator.core.packed import MOST_OF_A_REQUEST
from emulator.core.redaction import Redactor
from emulator.engine.journal import open_journal
from emulator.engine.platform import open_platform

_SIZE = 1024 * 1024 - 1024
_MOST_MS = 50.0
_BEAT_S = 0.001
_TIMES = 3
_GUESSED = "user"
"""A secret that strangers may guess: what they send is then masked wherever it stands."""
_JSON = {"Content-Type": "application/json"}
_PACKED = {**_JSON, "Content-Encoding": "gzip"}
_PARTS = {"Content-Type": "multipart/form-data; boundary=x"}
_PART = b'--x\r\nContent-Disposition: form-data; name="a"'


def _filled(lead: bytes, pump: bytes, end: bytes = b"") -> bytes:
    return lead + pump * ((_SIZE - len(lead) - len(end)) // len(pump)) + end


def _text(pump: str, variable: str = "content") -> bytes:
    said = {"to": "+61855555555", "from": "+61123456789", "content": "hello"}
    said.pop(variable)
    begin = json.dumps({"method": "message", "params": said})[:-2] + f', "{variable}": "'
    return _filled(begin.encode(), pump.encode(), b'"}}')


_ATTACKS: Mapping[str, tuple[bytes, Mapping[str, str]]] = {
    "a long text": (_text("a"), _JSON),
    "a text that begins to quote": (_text("…a"), _JSON),
    "a text of addresses": (_text("http://a.jpg?"), _JSON),
    "objects that fit nothing": (_filled(b'{"a": [{}', b",{}", b"]}"), _JSON),
    "lists within lists": (_filled(b'{"a": [', b"[[1,2],[3]],", b"1]}"), _JSON),
    "escapes of letters": (_text("\\u0041"), _JSON),
    "runs of backslashes": (_text("\\\\" * 500 + "\\u0041"), _JSON),
    "percents": (_text("%41b"), _JSON),
    "entities": (_text("&#65;b"), _JSON),
    "a secret that can be guessed": (_text(f"{_GUESSED} "), _JSON),
    "one between escapes": (_text(f"{_GUESSED} \\\\u0041\\\\u0042 %41 "), _JSON),
    "one that is cut off": (_text(f"{_GUESSED[:-1]}… "), _JSON),
    "one in an element that fits nothing": (_filled(b'{"a": [{}', f',{{"b": "{_GUESSED}"}}'.encode(), b"]}"), _JSON),
    "one in a number": (_text(f"{_GUESSED} ", "from"), _JSON),
    "as much as is unpacked": (gzip.compress(f"{_GUESSED} %41 ".encode() * (MOST_OF_A_REQUEST // 9)), _PACKED),
    "more than is unpacked": (gzip.compress(f"{_GUESSED} %41 ".encode() * (64 * _SIZE // 9)), _PACKED),
    "escaped quotes": (_filled(b'{"a": "', b'\\"'), _JSON),
    "many parts": (_filled(b"", _PART + b"\r\n\r\n1\r\n"), _PARTS),
    "encoded words in a header": (_filled(_PART, b"; a==?utf-8?q?a?="), _PARTS),
    "parts within parts": (_filled(b"", _PART + b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"), _PARTS),
    "a form of many fields": (_filled(b"", b"a=1&"), {"Content-Type": "application/x-www-form-urlencoded"}),
    "a charset of Python's": (_filled(b"", b"a"), {"Content-Type": "application/json; charset=punycode"}),
    "packed 500 times": (_filled(b"", b"a"), {**_JSON, "Content-Encoding": ", ".join(["gzip"] * 500)}),
    "many members": (gzip.compress(b"") * 10_000, _PACKED),
}


async def measure() -> list[Figure]:
    """Post each, and look how late the loop gets to what is due."""
    figures = []
    with open_journal(redactor=Redactor(["s3cr3t-key", _GUESSED])) as journal:
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
