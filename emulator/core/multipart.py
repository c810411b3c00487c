"""Reads ``multipart/form-data`` by a parser made for servers: in one pass, and within limits that are named here."""

from __future__ import annotations

import binascii
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from emulator.core.charsets import UTF_8, codec_of, decoded
from emulator.core.forms import FormFields, flat_object
from emulator.core.source import jsonpath
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS = 1000
"""Parts of one multipart body."""
MAX_PART_HEADERS = 16
"""Headers of one part."""
MAX_PART_HEADER_BYTES = 4096
"""Bytes of one header of a part."""
MAX_PARAMETERS = 32
"""Parameters of one header, as ``name`` and ``filename`` are."""
_PARAMETER = re.compile(r';[ \t\r\n]*+([^\s=;"]++)[ \t]*+=[ \t]*+("(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[^;\s]*+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_WHOLE = (
    "send each part as RFC 7578 says: a line with the boundary, headers, an empty line, the value, all with CRLF; "
    f"a part may have {MAX_PART_HEADERS} headers of {MAX_PART_HEADER_BYTES} bytes"
)
_UNHEARD = logging.Logger("unheard", logging.CRITICAL + 1)  # noqa: LOG001 - nobody shall find it by its name
"""In place of the parser's own logger: what is wrong is told by what is raised, and the logger may be a host's."""


def read_multipart(content_type: str, body: bytes) -> FormFields:
    """The named parts of *body* as texts; a part without a name is no field.

    Raises:
        UnreadableBodyError: It is no multipart body of that boundary, or more than one webhook may hold.
    """
    # Cold start: few webhooks are multipart.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser

    boundary = parameters(content_type).get("boundary", "")
    mark = boundary.encode("utf-8", "surrogateescape")
    if not mark:
        raise UnreadableBodyError(
            "the multipart body has no boundary: its Content-Type names none", mend="add ; boundary=… to Content-Type"
        )
    if b"--" + mark not in body:
        raise _no_parts()
    parts = _Parts()
    try:
        parser = MultipartParser(
            mark, parts.callbacks(), max_header_count=MAX_PART_HEADERS, max_header_size=MAX_PART_HEADER_BYTES
        )
        parser.logger = _UNHEARD
        parser.write(body)
    except FormParserError as error:
        reason = f"a part of the multipart body cannot be read: {error}"
        raise UnreadableBodyError(reason, mend=_WHOLE) from error
    if not parts.count:
        raise _no_parts()
    if not parts.ended:
        raise UnreadableBodyError(
            "the multipart body is cut off: the line that ends it is missing",
            mend="send all of it, and behind the last part the boundary with two dashes before and behind it",
        )
    return flat_object(parts.fields)


def _no_parts() -> UnreadableBodyError:
    return UnreadableBodyError(
        "the multipart body has no parts, or not the boundary its header names",
        mend="write the boundary of Content-Type before each part, with two dashes before it",
    )


class _Parts:
    """Takes the parts as the parser finds them."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        self.ended = False
        self.count = 0
        self._headers: dict[str, bytes] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._data: list[bytes] = []

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": _adds_to(self._name),
            "on_header_value": _adds_to(self._value),
            "on_header_end": self._header,
            "on_part_data": lambda data, start, end: self._data.append(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._last,
        }

    def _begin(self) -> None:
        self.count += 1
        if self.count > MAX_PARTS:
            raise UnreadableBodyError(
                f"the multipart body has more than {MAX_PARTS} parts", mend="post several webhooks, or JSON"
            )
        self._headers.clear()
        self._data.clear()

    def _header(self) -> None:
        self._headers.setdefault(self._name.decode("latin-1").lower(), bytes(self._value))
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        name = parameters(self._text_of("content-disposition")).get("name")
        if name is not None:
            self.fields.append((name, self._text(name)))

    def _last(self) -> None:
        self.ended = True

    def _text_of(self, header: str) -> str:
        return decoded(self._headers.get(header, b""), UTF_8, f"the {header} of part {self.count}")

    def _text(self, name: str) -> str:
        content_type = self._text_of("content-type")
        path = jsonpath((name,))
        if content_type.lstrip().lower().startswith("multipart/"):
            raise UnreadableBodyError(
                f"{path} is a multipart body inside a multipart body", mend="send each value as a part of its own"
            )
        codec = codec_of(parameters(content_type).get("charset", UTF_8))
        encoding = self._text_of("content-transfer-encoding").strip().lower()
        return decoded(_without(encoding, b"".join(self._data), path), codec, path)


def _adds_to(text: bytearray) -> Callable[[bytes, int, int], None]:
    def add(data: bytes, start: int, end: int) -> None:
        text.extend(memoryview(data)[start:end])

    return add


def _without(encoding: str, data: bytes, path: str) -> bytes:
    """*data* without its transfer encoding, which RFC 7578 deprecates and some clients still write."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding != "base64":
        return data
    packed = _NOT_BASE64.sub(b"", data).rstrip(b"=")
    try:
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
    except binascii.Error as error:
        raise UnreadableBodyError(f"{path} is not base64: {error}", mend="send the value as it is") from error


def parameters(header: str) -> dict[str, str]:
    """The parameters of a header, such as ``name="a"; name*=UTF-8''%C3%A4``; the writing with the star goes first.

    Raises:
        UnreadableBodyError: It has too many of them, or one in a charset that is not read.
    """
    found: dict[str, str] = {}
    extended: dict[str, str] = {}
    for count, match in enumerate(_PARAMETER.finditer(header)):
        if count == MAX_PARAMETERS:
            raise UnreadableBodyError(f"a header has more than {MAX_PARAMETERS} parameters", mend="leave them out")
        key, value = match[1].lower(), match[2]
        if key.endswith("*"):
            extended.setdefault(key[:-1], _extended(value))
            continue
        if value.startswith('"') and value.endswith('"') and len(value) > 1:
            value = _ESCAPED.sub(r"\1", value[1:-1])
        found.setdefault(key, value)
    return found | extended


def _extended(value: str) -> str:
    """A value as RFC 5987 writes it: ``charset'language'percent``."""
    charset, quote, rest = value.partition("'")
    text = rest.partition("'")[2] if quote else value
    return decoded(unquote_to_bytes(text), codec_of(charset if quote else UTF_8), "a parameter of a header")
