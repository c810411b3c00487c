"""Turns bytes into text by a closed list of charsets; what is not of its charset is refused, never replaced."""

from __future__ import annotations

from emulator.errors import UnreadableBodyError

UTF_8 = "utf-8"
# Python knows a hundred codecs more. Some are no charsets (idna, hex), and some take minutes for a megabyte (punycode):
# a charset is named by whoever posts, so nothing is looked up that does not stand here.
_CODECS = {
    UTF_8: "utf8 unicode-1-1-utf-8",
    "utf-16": "utf16",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "utf-32": "utf32",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
    "ascii": "us-ascii iso646-us",
    "latin-1": "iso-8859-1 iso8859-1 latin1 l1",
    **{f"iso8859-{part}": f"iso-8859-{part}" for part in (*range(2, 12), *range(13, 17))},
    **{f"cp{page}": f"windows-{page}" for page in range(1250, 1259)},
    "koi8-r": "koi8r",
    "koi8-u": "koi8u",
    "mac-roman": "macintosh macroman",
    "shift-jis": "sjis x-sjis",
    "cp932": "windows-31j ms932",
    "euc-jp": "eucjp",
    "iso2022-jp": "iso-2022-jp",
    "gb2312": "euc-cn",
    "gbk": "cp936 windows-936",
    "gb18030": "",
    "big5": "big5-tw",
    "big5hkscs": "big5-hkscs",
    "euc-kr": "euckr ks-c-5601-1987",
    "cp949": "uhc windows-949",
}
_BY_LABEL = {label: codec for codec, labels in _CODECS.items() for label in (codec, *labels.split())}
_IN_WORDS = {UTF_8: "UTF-8", "ascii": "US-ASCII", "latin-1": "ISO-8859-1"}


def codec_of(charset: str) -> str:
    """The codec of the charset that a header names.

    Raises:
        UnreadableBodyError: It is none that is read.
    """
    codec = _BY_LABEL.get(charset.lower().replace("_", "-"))
    if codec is None:
        raise UnreadableBodyError(f"unknown charset {charset[:40]!r}", mend="send UTF-8")
    return codec


def in_words(codec: str) -> str:
    """What people call a charset."""
    return _IN_WORDS.get(codec, codec)


def decoded(data: bytes, codec: str, what: str = "the body") -> str:
    """*data*, which is called *what*, as text.

    Raises:
        UnreadableBodyError: A byte of it is not of that charset; the message says which, and where.
    """
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(codec, "ignore")
        line, column = place(before, len(before))
        raise UnreadableBodyError(
            f"{what} is not {in_words(codec)}: byte 0x{data[error.start]:02x} at line {line}, column {column}",
            mend="send UTF-8, or say in Content-Type which charset it is",
        ) from error


def place(text: str, at: int) -> tuple[int, int]:
    """The line and the column, both from 1, of a place in *text*."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
