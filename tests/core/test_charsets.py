"""The charsets that are read: a closed list, by the names that headers have for them."""

from __future__ import annotations

import pytest

from emulator.core.charsets import codec_of, decoded
from emulator.errors import UnreadableBodyError


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("UTF-8", "é".encode(), "é"),
        ("utf8", "é".encode(), "é"),
        ("ISO-8859-1", b"\xe9", "é"),
        ("iso_8859_15", b"\xa4", "€"),
        ("Windows-1252", b"\x80", "€"),
        ("cp1251", b"\xe4", "д"),
        ("Shift_JIS", b"\x82\xa0", "あ"),
        ("EUC-KR", b"\xb0\xa1", "가"),
        ("Big5", b"\xa4\xa4", "中"),
        ("GB18030", b"\xd6\xd0", "中"),
        ("US-ASCII", b"e", "e"),
    ],
)
def test_by_any_of_its_names(charset: str, data: bytes, text: str) -> None:
    """Framework 6.8: the charset parameter is heeded."""
    assert text == decoded(data, codec_of(charset))


@pytest.mark.parametrize("charset", ["punycode", "idna", "hex", "rot13", "unicode_escape", "utf-7", "x" * 5000, "../x"])
def test_codecs_that_are_no_charsets_are_refused(charset: str) -> None:
    """Whoever posts names the charset: codecs that are slow, or none, are not looked up."""
    with pytest.raises(UnreadableBodyError, match="unknown charset") as caught:
        codec_of(charset)
    assert len(caught.value.message) < 80


def test_a_byte_that_is_not_of_the_charset_is_told_with_its_place() -> None:
    """Framework 6.8: nothing is replaced; line and column count characters."""
    with pytest.raises(UnreadableBodyError, match="the body is not UTF-8: byte 0xe9 at line 2, column 3"):
        decoded("a\nüüü".encode()[:-2] + b"\xe9", "utf-8")
