"""Reads the bodies of webhooks and answers (framework 4 and 6)."""

from __future__ import annotations

import json
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from emulator.core import rules
from emulator.core.broken_json import Break, constant_in, why
from emulator.core.charsets import UTF_8, codec_of, decoded
from emulator.core.forms import read_form
from emulator.core.messages import Json, in_one_line, is_json_type, media_type, number_from
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from emulator.errors import Finding

MAX_DEPTH = 200
"""Levels of nesting that are read in a body."""
MAX_CONTAINERS = 20_000
"""Objects and lists that are read in a body."""
MAX_ENCODINGS = 3
"""Content encodings of one body, one around the other."""
MAX_MEMBERS = 100
"""Members of a gzip body: each is unpacked by itself."""
_SHOWN = 60
_SPACE = " \t\r\n"
_FORM_TYPE = "application/x-www-form-urlencoded"
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_LOOKS_LIKE_FORM = re.compile(r"[^\s=&<>{}\[\]]+=[^\s<>]*\Z")


class TooLargeError(UnreadableBodyError):
    """A body is larger, as sent or unpacked, than it may be."""

    status: ClassVar[int] = 413


class TooSlowError(UnreadableBodyError):
    """A body did not come as a whole in the time that it may take."""

    status: ClassVar[int] = 408


def first_bytes(body: bytes) -> str:
    """The beginning of *body* as it is, in one line: what cannot be seen is written as an escape."""
    return in_one_line(body[:_SHOWN].decode("utf-8", "backslashreplace")) + ("…" if len(body) > _SHOWN else "")


def parse_json(body: bytes, content_type: str | None = None, what: str = "the body") -> Json:
    """*body*, which is called *what*, as JSON: by the charset of its type, numbers digit for digit, BOM or not.

    Raises:
        UnreadableBodyError: It is not JSON; the message says where it stops being so, and why.
    """
    return _parsed(body, _declared(content_type or "").charset, what)


def _parsed(body: bytes, charset: str, what: str = "the body") -> Json:
    if not body or body.isspace():
        raise UnreadableBodyError(f"{what} is empty", mend="send a JSON object")
    text = _decoded(body, charset, what)
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text, what)
    try:
        return _loads(text)
    except json.JSONDecodeError as error:
        broken = why(text, error.pos)
    except _ConstantError:
        broken = constant_in(text)
    raise _not_json(broken, text, body, what)


def _not_json(broken: Break, text: str, body: bytes, what: str) -> UnreadableBodyError:
    begins = f"it begins with {first_bytes(body)}"
    if text.lstrip(_SPACE)[:1] not in {"{", "[", '"'}:
        return UnreadableBodyError(
            f"{what} is not JSON: {begins}", mend="send a JSON object with Content-Type: application/json"
        )
    return UnreadableBodyError(
        f"{what} is not JSON: {broken.reason} at {broken.where(text)}; {begins}", mend=broken.mend
    )


class _ConstantError(ValueError):
    """NaN or Infinity, which the decoder would take."""


def _loads(text: str) -> Json:
    value: Json
    try:
        value = _DECODER.decode(text)
    except (json.JSONDecodeError, _ConstantError):
        raise
    except ValueError:  # an integer of more digits than the interpreter converts
        value = json.loads(text, parse_float=number_from, parse_int=number_from, parse_constant=_no_constant)
    return value


def _no_constant(name: str) -> Json:
    raise _ConstantError(name)


_DECODER = json.JSONDecoder(parse_float=number_from, parse_constant=_no_constant)


def _check_depth(text: str, what: str) -> None:
    depth = deepest = count = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', text, re.DOTALL):
        if token.group() in "[{":
            depth += 1
            count += 1
            if count > MAX_CONTAINERS:
                raise UnreadableBodyError(
                    f"{what} holds more than {MAX_CONTAINERS} objects and lists", mend="send less at once"
                )
            deepest = max(deepest, depth)
        elif token.group() in "]}":
            depth -= 1
    if deepest > MAX_DEPTH:
        raise UnreadableBodyError(
            f"{what} is nested {deepest} levels deep", mend=f"at most {MAX_DEPTH} levels are read"
        )


def _decoded(body: bytes, charset: str, what: str) -> str:
    # Most bodies begin with a bracket and another character of ASCII: no other encoding does.
    encoding: str = UTF_8 if body[:1] in {b"{", b"["} and body[1:2] != b"\0" else json.detect_encoding(body)
    if encoding.startswith(UTF_8):
        codec = codec_of(charset)
        encoding = encoding if codec == UTF_8 else codec
    try:
        return decoded(body, encoding, what)
    except UnreadableBodyError as error:
        raise UnreadableBodyError(f"{error.message}; it begins with {first_bytes(body)}", mend=error.mend) from error


def unpack(body: bytes, encoding: str | None, limit: int) -> bytes:
    """*body* without its content encoding.

    Raises:
        TooLargeError: Unpacked it exceeds *limit* bytes.
        UnreadableBodyError: It is not what its encoding says, or an encoding that is not known.
    """
    names = [name.strip().lower() for name in (encoding or "").split(",") if name.strip()]
    if len(names) > MAX_ENCODINGS:
        raise UnreadableBodyError(
            f"{len(names)} content encodings, one around the other", mend="pack the body once, or not at all"
        )
    for name in reversed(names):
        if name == "identity":
            continue
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise UnreadableBodyError(f"unknown content encoding {name[:40]!r}", mend="send gzip, deflate or none")
        body = _inflated(body, name, limit)
    return body


def _inflated(body: bytes, name: str, limit: int) -> bytes:
    """*body*, which is *name*, unpacked: all members of a gzip, of which there may be several, and nothing else."""
    is_gzip = name != "deflate" or body[:2] == b"\x1f\x8b"
    unpacked: list[bytes] = []
    left = limit + 1
    for _ in range(MAX_MEMBERS):
        unpacker = zlib.decompressobj(_window(body, is_gzip=is_gzip))
        try:
            unpacked.append(unpacker.decompress(body, left))
        except zlib.error as error:
            behind = f"something else behind its end: {error}" if unpacked else str(error)
            raise UnreadableBodyError(
                f"the body is not {name}: {behind}", mend="pack it, or leave Content-Encoding out"
            ) from error
        left -= len(unpacked[-1])
        if not left:
            raise TooLargeError(f"unpacked it is larger than {limit} bytes", mend="send less")
        if not unpacker.eof:
            raise UnreadableBodyError(f"the {name} body is cut off", mend="send all of it")
        body = unpacker.unused_data.lstrip(b"\0") if is_gzip else unpacker.unused_data
        if not body:
            return b"".join(unpacked)
        if not is_gzip:
            break
    more = f"more than {MAX_MEMBERS} members" if is_gzip else f"{len(body)} bytes behind its end"
    raise UnreadableBodyError(f"the {name} body has {more}", mend="send what was packed at once, and nothing else")


def _window(body: bytes, *, is_gzip: bool) -> int:
    """What tells zlib which of its formats comes: gzip, zlib or, which some call deflate, no header at all."""
    if is_gzip:
        return zlib.MAX_WBITS | 16
    is_zlib = len(body) > 1 and (body[0] & 0x0F) == 8 and int.from_bytes(body[:2]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def read_webhook(method: str, query: str, content_type: str | None, body: bytes) -> tuple[Json, tuple[Finding, ...]]:
    """What a webhook says: its query for GET and DELETE, else its body, by content type or, failing that, by trial.

    Raises:
        UnreadableBodyError: It is neither JSON nor a form.
    """
    if method in {"GET", "DELETE", "HEAD"}:
        return read_form(query)
    declared = _declared(content_type or "")
    if declared.is_json:
        return _json_by_type(body, declared.charset, content_type or "")
    if declared.kind == "multipart/form-data":
        from emulator.core.multipart import read_multipart  # cold start: few webhooks are multipart

        return read_multipart(content_type or "", body), ()
    if declared.kind == _FORM_TYPE and body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in {b"{", b"["}:
        return _form(body, declared.charset)
    return _by_trial(body, declared.charset, content_type)


class _Declared(NamedTuple):
    """What a content type says."""

    kind: str
    charset: str
    is_json: bool


@lru_cache(maxsize=256)
def _declared(content_type: str) -> _Declared:
    match = _CHARSET.search(content_type)
    charset = match.group(1).lower() if match else "utf-8"
    return _Declared(media_type(content_type), charset, is_json_type(content_type))


def _json_by_type(body: bytes, charset: str, content_type: str) -> tuple[Json, tuple[Finding, ...]]:
    try:
        return _parsed(body, charset), ()
    except UnreadableBodyError:
        if not _is_form_text(body):
            raise
    return _form(body, charset, _guessed(content_type, "a form", _FORM_TYPE))


def _by_trial(body: bytes, charset: str, content_type: str | None) -> tuple[Json, tuple[Finding, ...]]:
    if _is_form_text(body):
        return _form(body, charset, _guessed(content_type, "a form", _FORM_TYPE))
    return _parsed(body, charset), (_guessed(content_type, "JSON", "application/json"),)


def _is_form_text(body: bytes) -> bool:
    return bool(_LOOKS_LIKE_FORM.match(body.decode("utf-8", "replace").strip()))


def _guessed(content_type: str | None, kind: str, right: str) -> Finding:
    said = f"Content-Type {content_type!r}" if content_type else "no Content-Type"
    return rules.CONTENT_TYPE_GUESSED.on("$", f"{said}, but the body is {kind}", f"send Content-Type: {right}")


def _form(body: bytes, charset: str, *findings: Finding) -> tuple[Json, tuple[Finding, ...]]:
    text = _decoded(body, charset, "the form")
    if "=" not in text:
        shown = f"it begins with {first_bytes(body)}" if text.strip() else "it is empty"
        raise UnreadableBodyError(f"not a form: {shown}", mend="send a JSON object")
    fields, told = read_form(text.strip(_SPACE), codec_of(charset))
    return fields, (*findings, *told)
