"""Reads a JSON file that a person wrote: every node with its place, every mistake, and on past the mistakes.

The mistakes it goes on after are those of real documents: comments, trailing and missing commas, single and
curly quotes, a missing quote, a missing or stray bracket, keys written twice.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented, yet what json itself scans with
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.findings import suggestion
from emulator.core.messages import number_from
from emulator.core.source import SourceMap, Span
from emulator.errors import Edit

if TYPE_CHECKING:
    from emulator.core.findings import Rule
    from emulator.core.messages import Json
    from emulator.core.source import Path, SourceText
    from emulator.errors import Finding

MAX_DEPTH = 100
"""Levels of nesting that are read; a document needs fewer than ten."""
MAX_VALUES = 100_000
"""Values that are read; a document has a few dozen."""
MAX_FINDINGS = 50
"""Mistakes that are told before reading stops: after that many it is not JSON that went slightly wrong."""

_SPACE = re.compile(r"[ \t\r\n]*")
_SPACE_ONLY = re.compile(r"[ \t\r\n]*(?=[\w\"{}\[\],:-]|\Z)", re.ASCII)
_ODD_SPACE = re.compile(r"[\s\ufeff\u200b]+")
_LINE_COMMENT = re.compile(r"(?://|#)[^\r\n]*")
_BLOCK_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-])")
_LINE_END = re.compile(r"[\r\n]|\Z")
_WORD = re.compile(r"[^\s,:{}\[\]\"'“”‘’]+")
_LITERALS: dict[str, Json] = {"true": True, "false": False, "null": None}
_NEARLY_LITERALS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "NULL": "null",
    "nil": "null",
    "undefined": "null",
}
_WRONG_QUOTES = {"'": "'", "“": '”“"', "”": '”“"', "‘": "’‘'", "’": "’‘'", "`": "`"}
_END_OF_STRING = {True: re.compile(r"[ \t\r\n]*:"), False: re.compile(r"[ \t\r\n]*(?:[,\]}]|\Z)")}
_CLOSER = {"{": "}", "[": "]"}
_OPENER = {closer: opener for opener, closer in _CLOSER.items()}
_LINE = re.compile(r"^([ \t]*)(?=[^ \t\r\n])", re.MULTILINE)
_INDENTED = re.compile(r"^[ \t]+[^ \t\r\n]", re.MULTILINE)
_TOKEN = re.compile(r'"(?:\\.|[^"\\\r\n])*"?|[{}\[\]:,]|//[^\r\n]*|[^\s"{}\[\]:,/]+|/')


@dataclass(frozen=True)
class JsonTree:
    """What a JSON file holds: *value*, as far as it could be read, and the place of every node."""

    value: Json
    places: SourceMap
    findings: tuple[Finding, ...]
    complete: bool
    """False if reading was given up: *value* is then only a part."""


def read_json(source: SourceText) -> JsonTree:
    """Read *source* to its end, going on after each mistake."""
    tree = _read(source, {})
    if not any(each.code in _OF_BRACKETS for each in tree.findings):
        return tree
    missing = missing_brackets(source.text)
    by_indentation = _read(source, missing) if missing else tree
    return min(by_indentation, tree, key=_unexplained)


def _unexplained(tree: JsonTree) -> tuple[bool, bool, int]:
    """How badly a reading explains a file: one that ends before the file does, or finds more to tell, does so worse."""
    ended_early = any(each.code == rules.TEXT_AFTER_END.code for each in tree.findings)
    return not tree.complete, ended_early, len(tree.findings)


_OF_BRACKETS = {rule.code for rule in (rules.WRONG_BRACKET, rules.UNCLOSED, rules.STRAY, rules.TEXT_AFTER_END)}


def _read(source: SourceText, missing: dict[int, str]) -> JsonTree:
    scanner = _Scanner(source, missing)
    complete = True
    value: Json = None
    try:
        value = scanner.document()
    except _GiveUp:
        complete = False
    return JsonTree(value, SourceMap(source, scanner.spans), tuple(scanner.findings), complete)


@dataclass
class _Open:
    """A bracket that is open, in a line of that indentation; *bracket* is empty where it should stand and does not."""

    bracket: str
    indentation: int
    end: int


def missing_brackets(text: str) -> dict[int, str]:
    """The brackets that are missing if the indentation of the lines is right, by the offsets where they should stand.

    A closing one is missing before a line that is indented no deeper than the line of its opening one; an opening one
    after a colon that ends a line, if a closing one begins a later line of the same indentation.
    """
    if not _INDENTED.search(text):
        return {}
    missing: dict[int, str] = {}
    opened: list[_Open] = []
    end = 0
    for line in _LINE.finditer(text):
        if len(opened) > MAX_DEPTH:
            return {}
        indentation = len(line.group().expandtabs())
        closes = text[line.end()] in _OPENER
        while len(opened) > 1 and opened[-1].indentation > indentation - (not closes):
            bracket = opened.pop().bracket
            missing[end] = missing.get(end, "") + _CLOSER.get(bracket, "")
        if closes and opened and not opened[-1].bracket and opened[-1].indentation == indentation:
            opened[-1].bracket = _OPENER[text[line.end()]]
            missing[opened[-1].end] = opened[-1].bracket
        end = _follow(text, line.end(), indentation, opened, end)
    return {place: brackets for place, brackets in missing.items() if brackets}


def _follow(text: str, start: int, indentation: int, opened: list[_Open], end: int) -> int:
    """Open and close the brackets of the line from *start* on; the end of its last token that is no comma."""
    line_end = _LINE_END.search(text, start)
    last = ""
    for token in _TOKEN.finditer(text, start, line_end.start() if line_end else len(text)):
        word = token.group()
        if word == "," or word.startswith("//"):
            continue
        last, end = word, token.end()
        if word in _CLOSER:
            opened.append(_Open(word, indentation, end))
        elif word in _OPENER and opened and opened[-1].bracket == _OPENER[word]:
            opened.pop()
    if last == ":":
        opened.append(_Open("", indentation, end))
    return end


class _GiveUp(Exception):  # noqa: N818 - no error of its own: the findings tell it
    """Reading on would only repeat what is known."""


@dataclass
class _Scanner:
    source: SourceText
    missing: dict[int, str]
    """Brackets that are read as if they stood at these offsets, with a finding for each."""
    pos: int = 0
    spans: dict[Path, Span] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    open: list[tuple[str, int]] = field(default_factory=list)
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.source.text

    def report(
        self,
        rule: Rule,
        start: int,
        end: int,
        message: str,
        remedy: str,
        path: Path = (),
        *,
        fix: str | None = None,
    ) -> None:
        """Tell what is wrong from *start* to *end*; *fix* is what to write there where that is certain."""
        edit = None if fix is None else Edit(start, end, fix)
        self.findings.append(rule.at(self.source.location(start, end, path), message, remedy, edit=edit))
        if len(self.findings) >= MAX_FINDINGS:
            raise _GiveUp

    # -- the file as a whole

    def document(self) -> Json:
        if self.text.startswith("\ufeff"):
            self.pos = 1
            self.report(
                rules.BYTE_ORDER_MARK,
                0,
                1,
                "the file begins with a byte order mark",
                "save it as UTF-8 without BOM",
                fix="",
            )
        self.skip()
        if self.at_end():
            self.report(rules.NOT_JSON, 0, 1, "the file is empty", "write an integration document: a JSON object")
            raise _GiveUp
        if self.text[self.pos] not in "{[\"“”'‘’" and not _NUMBER.match(self.text, self.pos):
            self.not_json()
        value = self.value((), self.pos, self.pos)
        self.skip()
        if not self.at_end():
            rest = self.text[self.pos : self.pos + 20].split("\n")[0]
            self.report(
                rules.TEXT_AFTER_END,
                self.pos,
                self.pos + len(rest),
                f"text after the end of the document: {rest!r}",
                "remove it, or look for a bracket that closes too early",
            )
        return value

    def not_json(self) -> None:
        word = _WORD.match(self.text, self.pos)
        if word and word.group() in _LITERALS:
            return
        first = self.text[self.pos : self.pos + 30].split("\n")[0]
        remedy = "an integration document is a JSON object: it begins with {"
        if first.startswith("<"):
            remedy = "this looks like a web page saved by mistake; " + remedy
        elif re.match(r"(---|[\w-]+:)", first):
            remedy = "this looks like YAML; " + remedy
        self.report(rules.NOT_JSON, self.pos, self.pos + len(first), f"not JSON: it begins with {first!r}", remedy)
        raise _GiveUp

    def at_end(self) -> bool:
        return self.pos >= len(self.text)

    def skip(self) -> None:
        """Past white space, and past comments with a finding for each."""
        text = self.text
        only = _SPACE_ONLY.match(text, self.pos)
        if only:
            self.pos = only.end()
            return
        while True:
            match = _SPACE.match(text, self.pos)
            self.pos = match.end() if match else self.pos
            comment = _LINE_COMMENT.match(text, self.pos) or _BLOCK_COMMENT.match(text, self.pos)
            if comment:
                self.pos = comment.end()
                self.report(rules.COMMENT, *comment.span(), "JSON has no comments", "remove the comment", fix="")
                continue
            odd = _ODD_SPACE.match(text, self.pos)
            if not odd:
                return
            self.pos = odd.end()
            self.report(
                rules.ODD_SPACE,
                *odd.span(),
                "a space that JSON does not know",
                "replace it with an ordinary space",
                fix=" ",
            )

    # -- nodes

    def value(self, path: Path, key_start: int, key_end: int) -> Json:
        start = self.pos
        if self.at_end():
            self.unclosed()
        char = self.text[start]
        value: Json
        if len(self.spans) >= MAX_VALUES:
            self.report(
                rules.TOO_LARGE,
                start,
                start + 1,
                f"more than {MAX_VALUES} values",
                "a document has a few dozen; is this the right file?",
            )
            raise _GiveUp
        if char in "{[":
            return self.container(char, path, Span(start, start + 1, key_start, key_end))
        value = self.scalar(path)
        self.spans[path] = Span(start, self.pos, key_start, key_end)
        return value

    def container(self, bracket: str, path: Path, span: Span) -> Json:
        """The object or list that *bracket* opens."""
        if len(self.open) >= MAX_DEPTH:
            self.report(
                rules.TOO_DEEP,
                span.start,
                span.end,
                f"nested deeper than {MAX_DEPTH} levels",
                "an integration document needs fewer than ten",
                path,
            )
            raise _GiveUp
        self.open.append((bracket, span.start))
        self.spans[path] = span
        self.pos = span.end
        value = self.object(path) if bracket == "{" else self.array(path)
        self.open.pop()
        return value

    def lacks(self, brackets: str) -> str:
        """The one of *brackets* that should stand here and is missing, if one is; each is asked for once."""
        due = self.missing.get(self.pos, "")
        if due[:1] not in tuple(brackets):
            return ""
        self.missing[self.pos] = due[1:]
        return due[0]

    def without_opening(self, bracket: str, path: Path, key_start: int, key_end: int) -> Json:
        """What stands behind a colon where *bracket* should open it."""
        colon = self.pos - 1
        message = f"{bracket} is missing after this; a {_CLOSER[bracket]} closes it further down"
        self.report(rules.WRONG_BRACKET, colon, colon + 1, message, f"write {bracket}", path)
        return self.container(bracket, path, Span(colon, colon + 1, key_start, key_end))

    def without_closing(self, bracket: str, path: Path) -> None:
        """The innermost container ends here by its indentation, but for *bracket*."""
        opener, opened_at = self.open[-1]
        line = self.source.location(opened_at).line
        message = f"{bracket} is missing after this: the indentation says that the {opener} of line {line} ends here"
        self.report(rules.WRONG_BRACKET, self.pos - 1, self.pos, message, f"write {bracket}", path)

    def object(self, path: Path) -> Json:
        result: dict[str, Json] = {}
        while self.more(path):
            if self.peek() in {"{", "["}:
                self.without_key(path)
                continue
            key_start = self.pos
            key = self.key(path)
            key_end = self.pos
            here = (*path, key)
            if key in result:
                self.report(
                    rules.DUPLICATE_KEY,
                    key_start,
                    key_end,
                    f'"{key}" is written twice in one object; the last one counts',
                    "remove one of the two",
                    here,
                )
            self.skip()
            if self.peek() == ":":
                self.pos += 1
                bracket = self.lacks("{[")
                if bracket:
                    result[key] = self.without_opening(bracket, here, key_start, key_end)
                    continue
                self.skip()
            elif self.peek() in {",", "}", "]", ""}:
                self.report(
                    rules.MISSING_COLON,
                    key_end - 1,
                    key_end,
                    f'"{key}" has no value',
                    'write "key": value',
                    here,
                )
                result[key] = None
                self.spans[here] = Span(key_start, key_end, key_start, key_end)
                continue
            else:
                self.report(
                    rules.MISSING_COLON,
                    key_end - 1,
                    key_end,
                    f'no colon after "{key}"',
                    "write a colon",
                    here,
                )
            result[key] = self.value(here, key_start, key_end)
        return result

    def without_key(self, path: Path) -> None:
        """A value where a key should stand: it is read and left out."""
        self.report(
            rules.STRAY,
            self.pos,
            self.pos + 1,
            f"{self.peek()} stands where a key should",
            "write a key and a colon before it; a list of such stands in [ ]",
            path,
        )
        self.value((*path, ""), self.pos, self.pos)

    def array(self, path: Path) -> Json:
        result: list[Json] = []
        while self.more(path):
            result.append(self.value((*path, len(result)), self.pos, self.pos + 1))
        return result

    def more(self, path: Path) -> bool:
        """Whether another element follows; steps over the comma before it, or over the closing bracket."""
        opener, opened_at = self.open[-1]
        if self.lacks(_CLOSER[opener]):
            self.without_closing(_CLOSER[opener], path)
            return False
        before = self.pos
        first = before == opened_at + 1
        self.skip()
        commas: list[int] = []
        while self.peek() == "," and len(commas) <= MAX_FINDINGS:
            commas.append(self.pos)
            self.pos += 1
            self.skip()
        char = self.peek()
        for comma in commas if first else commas[1:]:
            self.report(
                rules.EXTRA_COMMA,
                comma,
                comma + 1,
                "a comma with nothing before it",
                "remove the comma",
                path,
                fix="",
            )
        if char in {"}", "]"}:
            if commas and not first:
                self.report(
                    rules.TRAILING_COMMA,
                    commas[0],
                    commas[0] + 1,
                    f"a comma before the closing {char}",
                    "remove the comma",
                    path,
                    fix="",
                )
            self.close(char, opener)
            return False
        if char == "":
            self.unclosed()
        if not first and not commas:
            end = self.last_character(before)
            fix = self.text[end : end + 1] + ","
            self.report(
                rules.MISSING_COMMA, end, end + 1, "a comma is missing after this", "write a comma", path, fix=fix
            )
        return True

    def close(self, char: str, opener: str) -> None:
        """Step over a closing bracket; over a wrong one too, unless it closes a container further out."""
        wanted = _CLOSER[opener]
        if char == wanted:
            self.pos += 1
            return
        line = self.source.location(self.open[-1][1]).line
        outer = [self.open.index(each) for each in self.open[:-1] if _CLOSER[each[0]] == char]
        # One that would close the whole file, with more to come, was written in place of the right one.
        closes_outer = outer and (outer[-1] > 0 or not self.text[self.pos + 1 :].strip())
        self.report(
            rules.WRONG_BRACKET,
            self.pos,
            self.pos + 1,
            f"{char} stands where {wanted} should close the {opener} of line {line}",
            f"write {wanted} before it" if closes_outer else f"write {wanted} instead",
        )
        if not closes_outer:
            self.pos += 1

    def unclosed(self) -> None:
        opener, at = self.open[-1]
        line = self.source.location(at).line
        end = self.last_character(len(self.text))
        self.report(
            rules.UNCLOSED,
            end,
            end + 1,
            f"the file ends before the {opener} of line {line} is closed",
            f"write the missing {_CLOSER[opener]}; is the file cut off?",
        )
        raise _GiveUp

    def last_character(self, before: int) -> int:
        while before > 0 and self.text[before - 1].isspace():
            before -= 1
        return max(0, before - 1)

    def peek(self) -> str:
        return self.text[self.pos : self.pos + 1]

    def key(self, path: Path) -> str:
        char = self.peek()
        if char == '"' or char in _WRONG_QUOTES:
            return self.string(path, is_key=True)
        start = self.pos
        word = self.bare_word(ends=":")
        if not word:
            self.report(rules.STRAY, start, start + 1, "a colon with no key before it", "write a key before it", path)
            return ""
        fix = json.dumps(word) if word.isidentifier() and self.text[start : self.pos] == word else None
        message = f"the key {word} has no quotes"
        self.report(rules.MISSING_QUOTE, start, self.pos, message, f'write "{word}"', path, fix=fix)
        return word

    def scalar(self, path: Path) -> Json:
        char = self.peek()
        if char == '"' or char in _WRONG_QUOTES:
            return self.string(path, is_key=False)
        number = _NUMBER.match(self.text, self.pos)
        if number:
            self.pos = number.end()
            return number_from(number.group())
        return self.word(path)

    def word(self, path: Path) -> Json:
        start = self.pos
        word = self.bare_word(ends=",")
        if word in _LITERALS and self.pos == start + len(word):
            return _LITERALS[word]
        if not word:
            char = self.peek()
            if char not in {",", "}", "]"}:
                self.pos += 1
            self.report(rules.STRAY, start, start + 1, f"{char} stands where a value should", "write a value", path)
            return None
        if word in _NEARLY_LITERALS:
            meant = _NEARLY_LITERALS[word]
            certain = meant if self.text[start : self.pos] == word else None
            message = f"{word} is not JSON"
            self.report(rules.NEARLY_LITERAL, start, self.pos, message, f"write {meant}", path, fix=certain)
            return _LITERALS[meant]
        if re.match(r"[+.\d-]|Infinity|NaN", word):
            self.report(
                rules.NOT_A_NUMBER,
                start,
                self.pos,
                f"{word} is not a JSON number",
                f'write "{word}" if it is text',
                path,
            )
            return word
        near = suggestion(word, _LITERALS, quote="{}") if word.isalpha() and len(word) < 7 else ""
        remedy = near if near.startswith("did") else f'write "{word}"'
        self.report(rules.MISSING_QUOTE, start, self.pos, f"{word} has no quotes", remedy, path)
        return word

    def bare_word(self, *, ends: str) -> str:
        """Text that should have been quoted, up to *ends*, a bracket, a line's end or a closing quote alone."""
        match = re.compile(rf'[^{ends}{{}}\[\]\r\n"]+').match(self.text, self.pos)
        if not match:
            return ""
        word = match.group().rstrip()
        self.pos += len(word)
        if self.peek() == '"':
            self.pos += 1
        return word

    # -- strings

    def string(self, path: Path, *, is_key: bool) -> str:
        start = self.pos
        quote = self.text[start]
        if quote != '"':
            return self.wrongly_quoted(start, quote, path, is_key=is_key)
        try:
            value, end = scanstring(self.text, start + 1, True)
        except json.JSONDecodeError as error:
            return self.broken_string(start, error, path, is_key=is_key)
        # One that lacks its closing quote ran on to the next quote: "id: "abc" or "id": "abc, "name"
        ran_on = ":" in value if is_key else value.rstrip().endswith(",")
        if ran_on and not _END_OF_STRING[is_key].match(self.text, end):
            return self.unterminated(start, path, is_key=is_key, quote_at=end - 1)
        self.pos = end
        return str(value)

    def wrongly_quoted(self, start: int, quote: str, path: Path, *, is_key: bool) -> str:
        closers = _WRONG_QUOTES[quote]
        end_of_line = _LINE_END.search(self.text, start)
        limit = end_of_line.start() if end_of_line else len(self.text)
        ends = [at for at in (self.text.find(each, start + 1, limit) for each in closers) if at >= 0]
        if not ends:
            return self.unterminated(start, path, is_key=is_key)
        end = min(ends)
        value = self.text[start + 1 : end]
        self.pos = end + 1
        kind = "curly" if quote in "“”‘’" else "wrong"
        self.report(
            rules.WRONG_QUOTES,
            start,
            self.pos,
            f"{kind} quotes: JSON knows only the straight double quote",
            f"write {json.dumps(value, ensure_ascii=False)}",
            path,
            # What an escape means between such quotes nobody can say.
            fix=None if "\\" in value else json.dumps(value, ensure_ascii=False),
        )
        return value

    def broken_string(self, start: int, error: json.JSONDecodeError, path: Path, *, is_key: bool) -> str:
        at = self.text.rfind("\\", start, error.pos + 1)
        if error.msg.startswith("Invalid \\") and self.text[at + 1] not in "\r\n":
            end = re.compile(r'(?:\\.|[^"\\\r\n])*').match(self.text, start + 1)
            self.pos = end.end() if end else start + 1
            raw = self.text[start + 1 : self.pos]
            self.pos += self.peek() == '"'
            escape = self.text[at : at + 2]
            remedy = "write \\u and four hexadecimal digits" if escape == "\\u" else "write \\\\ for a backslash"
            self.report(rules.BAD_ESCAPE, at, at + 2, f"{escape} is no escape of JSON here", remedy, path)
            return raw
        line_end = _LINE_END.search(self.text, start)
        if line_end and error.msg.startswith("Invalid control") and error.pos < line_end.start():
            self.report(
                rules.CONTROL_CHARACTER,
                error.pos,
                error.pos + 1,
                f"a control character (U+{ord(self.text[error.pos]):04X}) inside a string",
                "write it as an escape, such as \\t",
                path,
                fix=json.dumps(self.text[error.pos])[1:-1],
            )
            with suppress(json.JSONDecodeError):
                value, past = scanstring(self.text, start + 1, False)
                if past <= line_end.start():
                    self.pos = past
                    return str(value)
        return self.unterminated(start, path, is_key=is_key)

    def unterminated(self, start: int, path: Path, *, is_key: bool, quote_at: int | None = None) -> str:
        """A string with no closing quote: it is taken to end where its key or its line does, or before *quote_at*."""
        stop = re.compile(r"[:\r\n]|\Z" if is_key else r"[\r\n]|\Z").search(self.text, start + 1)
        end = min(stop.start() if stop else len(self.text), quote_at or len(self.text))
        raw = self.text[start + 1 : end].rstrip()
        if not is_key:
            raw = raw.removesuffix(",").rstrip(" \t]}")
        self.pos = start + 1 + len(raw)
        self.report(
            rules.MISSING_QUOTE,
            start,
            self.pos,
            "this string has no closing quote",
            f"write {json.dumps(raw, ensure_ascii=False)}",
            path,
        )
        return raw
