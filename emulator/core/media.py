"""Kinds of media: what bytes are, what a name promises, whether a declared type is true; and names in headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.errors import Finding

HEAD_BYTES = 4096
"""As much of a file as `sniff` looks at."""
UNSPECIFIC = "application/octet-stream"
HTML = "text/html"
TEXT = "text/plain"

_BRANDS = (
    ("3g2", "video/3gpp2"),
    ("3g", "video/3gpp"),
    ("qt", "video/quicktime"),
    ("m4a", "audio/mp4"),
    ("m4b", "audio/mp4"),
    ("hei", "image/heic"),
    ("hev", "image/heic"),
    ("mif1", "image/heic"),
    ("msf1", "image/heic"),
    ("avif", "image/avif"),
)
"""What the ``ftyp`` box of an ISO media file begins with: one container, many kinds; any other is MP4."""
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|title)\b", re.IGNORECASE)
_BEFORE_HTML = ((b"<!--", b"-->"), (b"<?xml", b"?>"))
_VCARD = re.compile(rb"BEGIN:VCARD\s", re.IGNORECASE)
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == kind


def _is_mp3_frame(head: bytes) -> bool:
    """An MPEG audio frame: eleven set bits, and a version, layer, bit rate and sampling rate that there are."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, rate, sampling = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and rate not in {0, 15} and sampling != 3


_SIGNATURES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("image/jpeg", _begins(b"\xff\xd8\xff")),
    ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    ("image/webp", _riff(b"WEBP")),
    ("image/bmp", lambda head: head[:2] == b"BM" and len(head) >= 14 and head[6:10] == bytes(4)),
    ("audio/wav", _riff(b"WAVE")),
    ("audio/amr-wb", _begins(b"#!AMR-WB\n")),
    ("audio/amr", _begins(b"#!AMR\n")),
    ("audio/ogg", _begins(b"OggS")),
    ("audio/mpeg", lambda head: head[:3] == b"ID3" or _is_mp3_frame(head)),
    ("application/pdf", _begins(b"%PDF-")),
)
KNOWN = frozenset({name for name, _ in _SIGNATURES} | {name for _, name in _BRANDS} | {"video/mp4"})
"""The types that have a signature: what is declared as one of them and has another, or none, is something else."""
_ALIASES: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "image/x-bmp": "image/bmp",
    "image/heif": "image/heic",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heic",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/aac": "audio/mp4",
    "video/x-m4v": "video/mp4",
    "audio/amr-nb": "audio/amr",
    "audio/x-amr": "audio/amr",
    "application/ogg": "audio/ogg",
    "video/ogg": "audio/ogg",
    "audio/opus": "audio/ogg",
    "audio/3gpp": "video/3gpp",
    "audio/3gpp2": "video/3gpp2",
    "application/x-pdf": "application/pdf",
    "text/x-vcard": "text/vcard",
    "text/directory": "text/vcard",
    "application/xhtml+xml": HTML,
    "binary/octet-stream": UNSPECIFIC,
    "application/x-octet-stream": UNSPECIFIC,
}
_ISO = frozenset({"video/mp4", "audio/mp4"})
"""One container and often one brand: sound alone is not told from pictures by a file's beginning."""
_BY_SUFFIX: Mapping[str, str] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "heic": "image/heic",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "3gp": "video/3gpp",
    "3g2": "video/3gpp2",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "amr": "audio/amr",
    "awb": "audio/amr-wb",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "pdf": "application/pdf",
    "vcf": "text/vcard",
    "txt": TEXT,
    "json": "application/json",
}


def sniff(head: bytes) -> str | None:
    """What a file is that begins with *head*; None where nothing says."""
    for name, fits in _SIGNATURES:
        if fits(head):
            return name
    if head[4:8] == b"ftyp":
        return _iso_kind(head)
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free"}:  # QuickTime wrote its files without ftyp for years
        return "video/quicktime"
    return _text_kind(head[:HEAD_BYTES])


def _iso_kind(head: bytes) -> str:
    brand = head[8:12].decode("latin-1").lower()
    return next((name for prefix, name in _BRANDS if brand.startswith(prefix)), "video/mp4")


def _text_kind(head: bytes) -> str | None:
    text = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if not text or _NOT_IN_TEXT.search(text):
        return None
    if _VCARD.match(text):
        return "text/vcard"
    if _HTML.match(text, _behind_comments(text)):
        return HTML
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(head) < HEAD_BYTES or error.reason != "unexpected end of data":
            return None  # else a character is cut by the end of what is looked at
    return TEXT


def _behind_comments(text: bytes) -> int:
    """Where *text* goes on behind the comments and the XML declaration that may stand before HTML."""
    at = 0
    while ends := next((end for begin, end in _BEFORE_HTML if text[at : at + 5].lower().startswith(begin)), None):
        found = text.find(ends, at + 4)
        if found < 0:
            break
        at = found + len(ends)
        while text[at : at + 1].isspace():
            at += 1
    return at


def type_of_name(name: str) -> str | None:
    """What the end of a file's *name* promises."""
    return _BY_SUFFIX.get(name.rpartition(".")[2].lower()) if "." in name else None


def canonical(content_type: str) -> str:
    """A type without parameters and capitals, under the name that `sniff` gives it."""
    plain = content_type.partition(";")[0].strip().lower()
    return _ALIASES.get(plain, plain)


def is_true(declared: str, found: str | None) -> bool:
    """Whether a file declared as *declared* may be what it was *found* to be."""
    said = canonical(declared)
    if said == found or (said in _ISO and found in _ISO):
        return True
    if found in KNOWN or found in {HTML, "text/vcard"}:
        return False
    return said not in KNOWN and not (found is None and said.startswith("text/"))  # plain text may be any text


def content_disposition(name: str) -> str:
    """The header that gives a file its *name*, whatever that holds (RFC 6266)."""
    plain = "".join(each if " " <= each <= "~" and each not in '"\\/' else "_" for each in name) or "file"
    header = f'inline; filename="{plain}"'
    if plain == name:
        return header
    return f"{header}; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """The file of an incoming mms, as it was fetched or not. *findings* say what is wrong with it.

    *exchange* is the one that asked for it last. Without *sha256* it did not come as a whole.
    """

    url: str
    exchange: int | None = None
    status: int | None = None
    declared: str | None = None
    type: str | None = None
    """What its bytes say that it is; else what was declared."""
    size: int | None = None
    sha256: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def came(self) -> bool:
        """Whether the whole file is there."""
        return self.sha256 is not None

    def data(self) -> dict[str, object]:
        """What matchers are held against, and what the journal keeps."""
        found = {"type": self.type, "declared": self.declared, "size": self.size, "sha256": self.sha256}
        return {name: value for name, value in found.items() if value is not None}
