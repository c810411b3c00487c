"""Masks secrets where they stand as values, in whatever writing (design: the last writer of every output does this).

What may stand where differs with whose text it is, so there are three ways in:

* `Redactor.text`, `data` and `json` are for what comes from elsewhere: a secret that is a whole word or value goes.
* `Redactor.sentence` is for what we say, in which others are quoted: of a secret that could be one of
  our own words or numbers, only what is quoted, is the value of something, or stands in an address goes.
* `Redactor.name` is for names that a person gave: to scenarios, steps, files, tags.

`records` takes data in which all three stand, and tells them apart by their keys.

In all of them a long key of letters and digits, which is nobody's word, goes wherever it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from emulator.core.escapes import in_any_writing, may_be_escaped, meaning, stands_in, unescaped
from emulator.core.needles import Needles
from emulator.core.words import after, before, is_word, value_spans
from emulator.core.writings import Kind, Writing, as_they_are, writings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from emulator.core.messages import Headers, Reply, Request

MASK = "***"
T = TypeVar("T")
_UNKNOWN: tuple[object, object, int] = (None, None, -1)
SHORTEST = 4
"""Shorter values are not masked: they would blot out ordinary text without hiding anything."""
MOST_LEARNT = 2000
"""Secrets learnt while running that are remembered; the oldest, dead for long, go first."""
MOST_LOOKED_INTO = 20
"""Those of them, the latest, that are also masked where characters are written with escapes as nobody has to."""
_LONGEST_CUT = 256
NAMES = frozenset(
    {
        "account", "at", "code", "contact", "contacts", "covers", "direction", "domain", "event", "event_type",
        "extension", "file", "id", "integration", "kind", "label", "left_out", "method", "name", "number", "numbers",
        "path", "scenario", "service", "severity", "state", "status", "step", "tags", "user", "verb", "webhook_url",
    }
)  # fmt: skip
"""Keys whose texts are names, or words and addresses that must stay what they are."""
FROM_ELSEWHERE = frozenset(
    {
        "body", "caption", "content", "curl", "form", "headers", "json", "messageid", "multipart", "output",
        "provider_output", "query", "said", "sent_to", "url", "variables",
    }
)  # fmt: skip
"""Keys below which all is what others wrote, or what was sent to them."""
_AFTER_A_KEY = re.compile(r"\\{0,4}[\"']\s{0,4}:|=")
_AFTER_A_VALUE = re.compile(r"\s*(?:[,;)}\]&\n#]|\Z)")


_JOINS = {Kind.PLAIN: ".-@", Kind.DISTINCT: ".", Kind.CREDENTIAL: ""}
"""What may join it to others in a longer name or address, as in acme.example.com, acme-2, acme@example.com."""


class Redactor:
    """Knows the secrets' values, as they are and as JSON, HTML, XML, URLs, forms, Base64 and Basic pairs write them.

    Everybody who writes shares one of these, so that a secret that is learnt while running (`learn`), such as a
    token, is masked by all of them from then on.
    """

    def __init__(self, secrets: Iterable[str] = (), mild: Iterable[str] = ()) -> None:
        """Those of *secrets* that are *mild* authorize nobody: they may stand in a name that a person gave."""
        self._values = frozenset(secret for secret in secrets if len(secret) >= SHORTEST)
        self._mild = self._values.intersection(mild)
        known = [each for value in self._values for each in writings_of(value, is_mild=value in self._mild)]
        # Where two secrets are written in the same way, the better kept one counts.
        self._known = {each.text: each for each in sorted(known, key=lambda each: each.kind)}
        self._recent: dict[str, list[Writing]] = {}
        self._learnt: Counter[str] = Counter()
        self._all = dict(self._known)
        self._needles = Needles(self._all)
        self._beginnings = _Beginnings(self._all.values())
        self._meant = as_they_are(self._values, self._known)
        self._sought = (_Sought(self._values, self._meant), _Sought((), ()))
        self._foreseen: dict[int, tuple[object, object, int]] = {}
        self._version = 0

    @property
    def values(self) -> frozenset[str]:
        """What is masked, but for what was learnt."""
        return self._values

    @property
    def mild(self) -> frozenset[str]:
        """Those of them that authorize nobody."""
        return self._mild

    @property
    def has_secrets(self) -> bool:
        """Whether there is anything to mask, what was learnt included."""
        return bool(self._all)

    def and_also(self, secrets: Iterable[str], mild: Iterable[str] = ()) -> Redactor:
        """A redactor that masks *secrets* too, of which some are *mild*; what is not mild to one of both is not."""
        secrets, mild = set(secrets), set(mild)
        keen = (self._values - self._mild) | (secrets - mild)
        more = Redactor(self._values | secrets, (self._mild | mild) - keen)
        more.learn(self._recent)
        return more

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask *secrets* too, from now on; of those that were learnt, the latest `MOST_LEARNT` count."""
        new = []
        for value in secrets:
            if value in self._recent:
                self._recent[value] = self._recent.pop(value)  # it is in use: others go before it
            elif len(value) >= SHORTEST:
                new.append(value)
        if not new:
            return
        for value in new:
            self._recent[value] = writings_of(value)
            for each in self._recent[value]:
                self._add(each)
        while len(self._recent) > MOST_LEARNT:
            for each in self._recent.pop(next(iter(self._recent))):
                self._drop(each)
        latest = tuple(islice(reversed(self._recent), MOST_LOOKED_INTO))
        self._meant = as_they_are((*self._values, *latest), self._all)
        self._sought = (self._sought[0], _Sought(latest, as_they_are(latest, self._all)))
        self._version += 1

    def _add(self, writing: Writing) -> None:
        self._learnt[writing.text] += 1
        before = self._all.get(writing.text)
        if before is None or before.kind < writing.kind:
            self._put(writing.text, before, writing)

    def _drop(self, writing: Writing) -> None:
        text = writing.text
        self._learnt[text] -= 1
        if not self._learnt[text]:
            del self._learnt[text]
            self._put(text, self._all[text], self._known.get(text))

    def _put(self, text: str, before: Writing | None, now: Writing | None) -> None:
        """Let *now* count in place of *before*. Another thread may be masking: what it finds it can look up."""
        if before is not None:
            self._beginnings.discard(before)
        if now is not None:
            self._all[text] = now
            self._beginnings.add(now)
        if before is None:
            self._needles.add(text)
        elif now is None:
            self._needles.discard(text)
            del self._all[text]

    def finds(self, values: Iterable[object]) -> bool:
        """Whether a text or bytes of *values* may hold a secret: cheaper than masking, and mostly the answer is no."""
        if not self._all:
            return False
        texts: Iterator[object] = (_decoded(value) if isinstance(value, bytes) else value for value in values)
        whole = "\0".join(text for text in texts if isinstance(text, str))
        if any(True for _ in self._needles.found_in(whole)):
            return True
        return bool(self._meant) and may_be_escaped(whole) and self._means_one(whole)

    def _means_one(self, text: str) -> bool:
        """Whether a secret stands in *text* of which characters are written in another way, whichever."""
        if not any(each.begin_in(text) for each in self._sought):
            return False
        meant = meaning(text)
        return any(each.text in meant for each in self._meant)

    def text(self, text: str) -> str:
        """*text*, which comes from elsewhere, with every secret in it masked that is a word or a value of its own.

        So is the beginning of one where the text was cut off (``…``).
        """
        known = self.foreseen(text)
        return self._masked(text, Kind.PLAIN) if known is None else known

    def sentence(self, text: str) -> str:
        """*text* of our own with every secret masked that it quotes; its own words stay."""
        return self._masked(text, Kind.DISTINCT)

    def name(self, text: str) -> str:
        """A name that a person gave, with nothing masked but what authorizes somebody and is no plain word."""
        return self._masked(text, Kind.CREDENTIAL)

    def data(self, data: bytes) -> bytes:
        """*data*, which comes from elsewhere, with every secret masked; all else is kept byte for byte."""
        if not self._all:
            return data
        text = _decoded(data)
        masked = self._replaced(text, Kind.PLAIN)
        return data if masked is text else masked.encode("utf-8", "surrogateescape")

    def json(self, value: Any) -> Any:
        """*value*, from elsewhere, with every secret masked in its texts, keys and numbers; its shape is kept."""
        return _mapped(value, self.text, self.name) if self._all else value

    def records(self, value: Any, key: str = "") -> Any:
        """*value*, data of our own in which others are quoted; what its texts are is told by their *key*."""
        if key in FROM_ELSEWHERE:
            return self.json(value)
        if isinstance(value, str):
            return self.by_key(key)(value)
        if isinstance(value, list | tuple):
            return [self.records(below, key) for below in value]
        if isinstance(value, Mapping):
            return {self.name(name): self.records(below, name) for name, below in value.items()}
        return value

    def by_key(self, key: str) -> Callable[[str], str]:
        """What masks the texts that stand at *key*."""
        return self.name if key in NAMES else self.text if key in FROM_ELSEWHERE else self.sentence

    def foresee(self, thing: T, mask: Callable[[T], T]) -> None:
        """Remember what *mask* makes of *thing*, until that is forgotten: it takes long, and will be asked for soon."""
        version = self._version
        self._foreseen[id(thing)] = thing, mask(thing), version

    def foreseen(self, thing: T) -> T | None:
        """*thing*, masked, if that very one is remembered and no secret was learnt since."""
        known, masked, version = self._foreseen.get(id(thing), _UNKNOWN) if self._foreseen else _UNKNOWN
        return cast("T", masked) if known is thing and version == self._version else None

    def forget(self, things: Iterable[object]) -> None:
        """Remember no longer what *things* are, masked."""
        for thing in things:
            self._foreseen.pop(id(thing), None)

    def request(self, request: Request) -> Request:
        """*request* with every secret masked."""
        return request._replace(
            url=self.text(request.url), headers=self._headers(request.headers), body=self.data(request.body)
        )

    def reply(self, reply: Reply) -> Reply:
        """*reply* with every secret masked."""
        return reply._replace(headers=self._headers(reply.headers), body=self.data(reply.body))

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self.text(value)) for name, value in headers)

    def _masked(self, text: str, level: Kind) -> str:
        text = self._replaced(text, level)
        return self._without_beginnings(text, level) if "…" in text and self._all else text

    def _replaced(self, text: str, level: Kind) -> str:
        # The longest first, as one may be a part of another.
        for written in sorted(set(self._needles.found_in(text)), key=lambda each: (-len(each), each)):
            if (writing := self._all.get(written)) is not None:
                text = _replaced(text, writing, level)
        return (
            self._without_escaped(text, level)
            if self._meant and may_be_escaped(text) and self._means_one(text)
            else text
        )

    def _without_escaped(self, text: str, level: Kind) -> str:
        """*text* with the secrets masked of which characters are written in another way."""
        meant = unescaped(text)
        spans = [
            meant.written(at, end)
            for writing in self._meant
            if writing.text in meant.text
            for at, end in _spans(meant.text, writing, level)
        ]
        return _masked_spans(text, spans)

    def _without_beginnings(self, text: str, level: Kind) -> str:
        """*text* with the beginnings of secrets masked, of `SHORTEST` characters or more, that ``…`` cuts off."""
        *parts, rest = text.split("…")
        return "".join([self._beginnings.without(part, level) + "…" for part in parts]) + rest


def _decoded(data: bytes) -> str:
    """*data* as text that can be made the same bytes again."""
    return data.decode("utf-8", "surrogateescape")


def _mapped(value: Any, mask: Callable[[str], str], keys: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {keys(str(key)): _mapped(below, mask, keys) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(below, mask, keys) for below in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        masked = mask(str(value))
        return value if masked == str(value) else masked
    return value


def _replaced(text: str, writing: Writing, level: Kind) -> str:
    """*text* with *writing* masked wherever it counts as a value at that level."""
    return _masked_spans(text, list(_spans(text, writing, level)))


def _masked_spans(text: str, spans: list[tuple[int, int]]) -> str:
    """*text* with what stands in *spans* masked; of those that overlap, the first counts."""
    parts: list[str] = []
    kept = 0
    for at, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if at >= kept:
            parts += [text[kept:at], MASK]
            kept = end
    return "".join([*parts, text[kept:]]) if parts else text


def _spans(text: str, writing: Writing, level: Kind) -> Iterator[tuple[int, int]]:
    """Where in *text* *writing* stands as a value at that level."""
    at = text.find(writing.text)
    if at < 0 or (level is Kind.CREDENTIAL and writing.kind < level):
        return
    starts: list[tuple[int, int]] | None = None
    while at >= 0:
        end = at + len(writing.text)
        goes = writing.kind is Kind.KEY or _is_whole(text, at, end, writing)
        if goes and writing.kind < level:
            starts = list(value_spans(text)) if starts is None else starts
            goes = _is_value(text, at, end, starts)
        if goes:
            yield at, end
        at = text.find(writing.text, end if goes else at + 1)


def _is_whole(text: str, at: int, end: int, writing: Writing) -> bool:
    """Whether what stands there is no part of a longer word, number or address."""
    left, right = before(text, at), after(text, end)
    if (writing.begins and is_word(left)) or (writing.ends and is_word(right)):
        return False
    outer_left, outer_right = is_word(text[at - 2 : at - 1]), is_word(text[end + 1 : end + 2])
    # In user:acme@example.com it is a password.
    joins = _JOINS[writing.kind] if left != ":" else _JOINS[writing.kind].replace("@", "")
    if (left in joins and left and outer_left) or (right in joins and right and outer_right):
        return False
    if writing.kind < Kind.CREDENTIAL and _is_key(text, at, end):
        return False
    if writing.kind is Kind.PLAIN and writing.text.isdecimal():
        return left != "+" and not (left == ":" and text[at - 2 : at - 1].isdecimal())  # +1234, 12:1234
    return True


def _is_key(text: str, at: int, end: int) -> bool:
    """Whether what stands there is the name of a value: in JSON, a form, a query, multipart or XML."""
    if _AFTER_A_KEY.match(text, end) is not None:
        return True
    return text[at - 1 : at] == "<" or text[max(0, at - 2) : at] == "</" or text[max(0, at - 6) : at] == 'name="'


def _is_value(text: str, at: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether in a sentence what stands there is quoted, or the value of something: ``key=…``, ``key: …``."""
    index = bisect_right(spans, (at, len(text))) - 1
    if index >= 0 and end <= spans[index][1]:
        return True
    return text[max(0, at - 8) : at].rstrip(" ")[-1:] in (":", "=", "[") and _AFTER_A_VALUE.match(text, end) is not None


class _Sought:
    """The first characters of secrets, in whatever writing. Their pattern takes a while to make, so it is made once."""

    def __init__(self, values: Iterable[str], meant: Iterable[Writing]) -> None:
        self._heads = {value[:SHORTEST] for value in values}
        self._in_base64 = {each.text[:SHORTEST] for each in meant} - self._heads

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return in_any_writing(self._heads, self._in_base64)

    def begin_in(self, text: str) -> bool:
        """Whether one of them stands in *text*."""
        return bool(self._heads) and stands_in(text, self._pattern)


class _Beginnings:
    """The writings of secrets in order, so that those that begin with something are found without looking at each."""

    def __init__(self, writings: Iterable[Writing]) -> None:
        self._texts: dict[tuple[Kind, bool], list[str]] = {(kind, yes): [] for kind in Kind for yes in (True, False)}
        self._heads: Counter[str] = Counter()
        for writing in writings:
            self.add(writing)

    def _of(self, writing: Writing) -> list[str]:
        return self._texts[writing.kind, writing.begins]

    def add(self, writing: Writing) -> None:
        insort(self._of(writing), writing.text)
        self._heads[writing.text[:SHORTEST]] += 1

    def discard(self, writing: Writing) -> None:
        texts = self._of(writing)
        at = bisect_left(texts, writing.text)
        if texts[at : at + 1] == [writing.text]:
            del texts[at]
            self._heads[writing.text[:SHORTEST]] -= 1
            if not self._heads[writing.text[:SHORTEST]]:
                del self._heads[writing.text[:SHORTEST]]

    def without(self, part: str, level: Kind) -> str:
        """*part*, which was cut off at its end, but for a quotation mark, without the beginning of a secret there."""
        quoted = part.endswith(("'", '"'))
        text = part[:-1] if quoted else part
        for at in range(max(0, len(text) - _LONGEST_CUT), len(text) - SHORTEST + 1):
            if text[at : at + SHORTEST] in self._heads and self._begins(text, at, level):
                return text[:at] + MASK + part[len(text) :]
        return part

    def _begins(self, text: str, at: int, level: Kind) -> bool:
        """Whether what stands from *at* on begins a secret."""
        cut = text[at:]
        for (kind, begins), texts in self._texts.items():
            first = bisect_left(texts, cut)
            if first == len(texts) or not texts[first].startswith(cut) or (level is Kind.CREDENTIAL and kind < level):
                continue
            if kind is Kind.KEY or not begins or not is_word(before(text, at)):
                return True
        return False
