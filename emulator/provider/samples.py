"""Small files for tests, each a true file of its kind, made here so that nothing has to be downloaded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

_CAT = (
    "................",
    "..#..........#..",
    "..##........##..",
    "..#+#......#+#..",
    "..#++######++#..",
    "..#++++++++++#..",
    ".#++++++++++++#.",
    ".#++o++++++o++#.",
    ".#++++++++++++#.",
    "##+++++##+++++##",
    ".#++++#..#++++#.",
    "##+++++##+++++##",
    "..#++++++++++#..",
    "...##++++++##...",
    ".....######.....",
    "................",
)
_COLOURS = {".": (255, 255, 255), "#": (60, 50, 45), "+": (230, 150, 60), "o": (30, 130, 70)}
_SCALE = 4


class Sample(NamedTuple):
    """A file: its type, and its bytes."""

    content_type: str
    data: bytes


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png() -> bytes:
    """The cat, with a palette."""
    order = list(_COLOURS)
    rows = [bytes(order.index(pixel) for pixel in row for _ in range(_SCALE)) for row in _CAT for _ in range(_SCALE)]
    size = len(rows)
    header = struct.pack(">IIBBBBB", size, size, 8, 3, 0, 0, 0)
    palette = bytes(part for name in order for part in _COLOURS[name])
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _jpeg() -> bytes:
    """Eight by eight pixels of one grey: the smallest picture that baseline JPEG can hold."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    one_code = bytes([1] + [0] * 15) + b"\0"  # one code of one bit: no difference (DC), end of block (AC)
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            segment(0xDB, b"\0" + b"\1" * 64),
            segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 1) + b"\1\x11\0"),
            segment(0xC4, b"\x00" + one_code),
            segment(0xC4, b"\x10" + one_code),
            segment(0xDA, b"\1\1\0\0\x3f\0"),
            b"\x3f",  # two bits of picture, and six to fill the byte
            b"\xff\xd9",
        )
    )


def _gif() -> bytes:
    """One black pixel."""
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0;"


def _wav() -> bytes:
    """A hundredth of a second of silence."""
    silence = bytes([128] * 80)
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(silence)) + silence
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def _mp4() -> bytes:
    """The head of a film, with no picture in it."""

    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data) + 8) + kind + data

    unity = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    duration = struct.pack(">IIIII", 0, 0, 0, 1000, 0)
    header = duration + struct.pack(">IH10x", 0x10000, 0x100) + unity + bytes(24) + struct.pack(">I", 1)
    return box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", box(b"mvhd", header)) + box(b"mdat", b"")


def _pdf() -> bytes:
    """An empty page."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    )
    written, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj%sendobj\n" % (number, each)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return written + b"xref\n0 %d\n" % (len(objects) + 1) + table + end


_MAKERS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "cat.png": ("image/png", _png),
    "grey.jpg": ("image/jpeg", _jpeg),
    "dot.gif": ("image/gif", _gif),
    "silence.wav": ("audio/wav", _wav),
    "silence.amr": ("audio/amr", lambda: b"#!AMR\n" + b"\x7c" * 5),
    "film.mp4": ("video/mp4", _mp4),
    "page.pdf": ("application/pdf", _pdf),
    "card.vcf": ("text/vcard", lambda: b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Alice\r\nFN:Alice Doe\r\nEND:VCARD\r\n"),
    "note.txt": ("text/plain", lambda: b"A note.\n"),
}
NAMES = tuple(_MAKERS)


def sample(name: str) -> Sample | None:
    """The file of that name."""
    found = _MAKERS.get(name)
    return Sample(found[0], found[1]()) if found else None
