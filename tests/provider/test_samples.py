"""The provider's sample files are true files of their kind, and the fixture of the scenarios is one of them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from emulator.core.media import sniff
from emulator.provider.samples import NAMES, sample

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_what_it_says(name: str) -> None:
    """By its bytes."""
    found = sample(name)
    assert found is not None
    assert found.content_type == sniff(found.data)


def test_there_are_no_others() -> None:
    """Nor any path that leads elsewhere."""
    assert [sample(name) for name in ("dog.png", "../cat.png", "")] == [None] * 3


def test_the_picture_of_the_scenarios() -> None:
    """It is the provider's own, so that both can be compared."""
    picture = sample("cat.png")
    assert picture is not None
    assert (ROOT / "scenarios/fixtures/cat.png").read_bytes() == picture.data


def test_the_png_is_whole() -> None:
    """Each chunk has its checksum, and the pixels are as many as the header says."""
    picture = sample("cat.png")
    assert picture is not None
    data, at, chunks = picture.data, 8, {}
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(kind + body),)
        chunks[kind] = body
        at += 12 + length
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    rows = zlib.decompress(chunks[b"IDAT"])
    assert (width, height, len(rows)) == (64, 64, 64 * 65)
    assert max(rows) < len(chunks[b"PLTE"]) // 3
    assert list(chunks)[-1] == b"IEND"


def test_the_pdf_finds_its_objects() -> None:
    """Each entry of its table leads to the object of that number."""
    found = sample("page.pdf")
    assert found is not None
    start = int(found.data.split()[-2])
    entries = found.data[start:].split(b"\n")[3:6]
    for number, entry in enumerate(entries, 1):
        assert found.data[int(entry[:10]) :].startswith(b"%d 0 obj" % number)
