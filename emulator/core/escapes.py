"""What a text means where JSON, HTML, XML or a URL writes characters in another way, and where each of them stands."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from functools import lru_cache
from html.entities import codepoint2name
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ESCAPE = re.compile(
    r"(?P<json>\\{1,8}u(?:[dD][89abAB][0-9a-fA-F]{2}\\{1,8}u[dD][c-fC-F][0-9a-fA-F]{2}|[0-9a-fA-F]{4}))"
    r"|(?P<mark>\\{1,8}[\"'/])"
    r"|(?P<entity>&(?:amp;){0,3}(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});)"
    r"|(?P<percent>(?:%(?:25){0,3}[0-9a-fA-F]{2})+)"
)
_SHORT = 12
_PIECE = 64 * 1024
_LONGEST_HEAD = 256
"""Four characters in the longest way: each in two halves behind 8 backslashes, or as four bytes, each %252525XX."""
_BYTE = re.compile("%(?:25){0,3}([0-9a-fA-F]{2})")
_CODE = re.compile("u([0-9a-fA-F]{4})")


class Place(NamedTuple):
    """Where in the meaning a character stands that is written with an escape, and where that begins and ends."""

    at: int
    begins: int
    ends: int


class Unescaped(NamedTuple):
    """What a text means, and the *places* of its escapes, in order."""

    text: str
    places: list[Place]

    def written(self, at: int, end: int) -> tuple[int, int]:
        """Where that stands in the text as it is written which stands from *at* to *end* in its meaning."""
        return self._begins(at), self._begins(end)

    def _begins(self, at: int) -> int:
        before = bisect_right(self.places, (at, -1, -1)) - 1
        if before + 1 < len(self.places) and self.places[before + 1].at == at:
            return self.places[before + 1].begins
        if before < 0:
            return at
        place = self.places[before]
        return place.ends + at - place.at - 1


def may_be_escaped(text: str) -> bool:
    """Whether to look closer is worth it: mostly the answer is no."""
    return "\\u" in text or "%" in text or "\\/" in text or ("&" in text and ";" in text)


def in_any_writing(heads: Iterable[str], in_base64: Iterable[str] = ()) -> re.Pattern[str]:
    """What finds the *heads*, a few characters each, in whatever mixture of writings.

    Of those *in_base64* nobody escapes the letters and digits.
    Each alternative begins with a character of its own, so that the search skips whatever begins none of them.
    """
    ways = [_any_writing([_ways(each) for each in head]) for head in heads]
    ways += [_any_writing([[each] if each.isalnum() else _ways(each) for each in head]) for head in in_base64]
    return re.compile("|".join(ways))


def stands_in(text: str, heads: re.Pattern[str]) -> bool:
    """Whether *heads*, as `in_any_writing` makes them, find something in *text*: a piece at a time.

    While a search goes on no other thread does.
    """
    return any(heads.search(text, at, at + _PIECE + _LONGEST_HEAD) for at in range(0, len(text), _PIECE))


def _any_writing(characters: list[list[str]]) -> str:
    first, *others = characters
    rest = "".join([f"(?:{'|'.join(each)})" for each in others])
    return "|".join([f"{way}{rest}" for way in first])


def _ways(character: str) -> list[str]:
    """The ways in which *character* is written, as patterns."""
    units = character.encode("utf-16-be", "surrogatepass")
    in_json = "".join([rf"\\\\{{0,7}}u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2)])
    in_url = "".join([f"%(?:25){{0,3}}(?i:{each:02x})" for each in character.encode("utf-8", "surrogatepass")])
    code = ord(character)
    name = "apos" if character == "'" else codepoint2name.get(code)
    entity = "|".join([f"#0{{0,6}}{code}", f"#[xX]0{{0,5}}(?i:{code:x})", *([name] if name else [])])
    marked = [rf"\\\\{{0,7}}{re.escape(character)}"] if character in "\"'/" else []
    return [re.escape(character), in_json, in_url, f"&(?:amp;){{0,3}}(?:{entity});", *marked]


def meaning(text: str) -> str:
    """What *text* means, however often it was escaped. Takes linear time."""
    return _ESCAPE.sub(lambda match: "".join([character for character, _ in _characters(match)]), text)


def unescaped(text: str) -> Unescaped:
    """The same, and where each escape stands, for several times the price."""
    parts: list[str] = []
    places: list[Place] = []
    kept = at = 0
    for match in _ESCAPE.finditer(text):
        begins = match.start()
        parts.append(text[kept:begins])
        at += begins - kept
        for character, length in _characters(match):
            places.append(Place(at, begins, begins + length))
            parts.append(character)
            begins += length
            at += 1
        kept = match.end()
    return Unescaped("".join([*parts, text[kept:]]), places)


def _characters(match: re.Match[str]) -> Sequence[tuple[str, int]]:
    """The characters that an escape stands for, each with the length of what is written for it."""
    written = match.group()
    return (_of_short if len(written) <= _SHORT else _of)(match.lastgroup, written)


def _of(kind: str | None, written: str) -> Sequence[tuple[str, int]]:
    match kind:
        case "percent":
            return _of_bytes(written)
        case "mark":
            return [(written[-1], len(written))]
        case "entity":
            text = html.unescape(f"&{written[1:].replace('amp;', '') or 'amp;'}")
            return [(text, len(written))] if len(text) == 1 else [(each, 1) for each in written]
    units = "".join([chr(int(code, 16)) for code in _CODE.findall(written)])
    whole = units.encode("utf-16", "surrogatepass").decode("utf-16") if len(units) > 1 else units
    return [(whole, len(written))]


_of_short = lru_cache(maxsize=4096)(_of)


def _of_bytes(written: str) -> list[tuple[str, int]]:
    """The characters of a run of encoded bytes; a byte that is none of UTF-8's stands for itself."""
    found = _BYTE.findall(written)
    lengths = [3] * len(found) if len(written) == 3 * len(found) else [len(m.group()) for m in _BYTE.finditer(written)]
    meant: list[tuple[str, int]] = []
    at = 0
    for character in bytes.fromhex("".join(found)).decode("utf-8", "surrogateescape"):
        size = len(character.encode("utf-8", "surrogateescape"))
        meant.append((character, sum(lengths[at : at + size])))
        at += size
    return meant
