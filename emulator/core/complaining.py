"""Failures inside an answer that counts as a success: the platform does not see them, a person should (framework 8).

Every API says it in its own way: by a text under ``error``, by ``"ok": false``, by a word such as ``REJECTED`` or
``invalid_dst``, by a code below zero. What is looked at are the names of keys and the words of short values, never the
texts of messages; where one part says that it went well and a code beside it is only a number, the words count.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from emulator.core import rules
from emulator.core.messages import text_of
from emulator.core.source import jsonpath

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.messages import Json
    from emulator.core.source import Path
    from emulator.errors import Finding


def words_of(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


_DEEPEST = 4
"""Keys below one another that are looked at: what is deeper speaks of details."""
_MOST = 200
_LONGEST_SHOWN = 60
_LONGEST_READ = 300
_MOST_WORDS = 6
"""A longer value is a sentence: there a word alone says nothing."""

_NAMES_A_FAILURE = re.compile(r"(?:err|errors?|faults?|failures?|failed|rejected|invalid|exceptions?)\Z")
_ABOUT_A_FAILURE = re.compile(
    r"(?:err|errors?|faults?|failures?|exceptions?)(?: .*)? (?:message|msg|text|description|desc|details?|code|no|"
    r"number|reason|info|string|id|type)\Z|(?:errno|errcode|errmsg|errortext|errormessage|errorcode|errordescription)\Z"
)
_WHO_FAILED = re.compile(
    r"(?:failed|rejected|invalid|bad|blocked) (?:.* )?(?:recipients?|numbers?|messages?|contacts?)\Z"
)
_SAYS_WHETHER = re.compile(r"(?:is |was )?(?:ok|success|successful|succeeded|accepted)\Z")
_SAYS_WHICH = re.compile(
    r"(?:.* )?(?:status|state|result|outcome|stat|group name|reason)(?: (?:name|text|message|msg|description|desc))?\Z"
)
_SAYS_CODE = re.compile(
    r"(?:(?:result|return|ret|response|resp|status|submit|http|api|sms|message|send|delivery) ?)?code\Z|rc\Z"
)
_RESULT_CODE = re.compile(r"(?:result|return|ret|response|resp|status|submit) ?code\Z|rc\Z")
_SAYS_TYPE = frozenset({"type", "level", "severity"})
_OTHER_MATTERS = words_of(
    """
    request links _links callback callbacks webhook webhooks urls settings options config configuration previous
    history metadata meta country price pricing
    """
)
"""Keys below which nothing is said of this message."""

_BAD_TYPES = frozenset({"error", "err", "fail", "failed", "failure", "fault", "exception", "fatal"})
_BAD = words_of(
    """
    err error errors fail fails failed failing failure failures fault exception reject rejected rejects denied
    deny declined refused invalid undeliverable undelivered expired blocked barred forbidden unauthorized
    unauthorised unauthenticated insufficient missing nok unsupported exceeded exceeds blacklisted blocklisted
    disabled suspended throttled unroutable unreachable incorrect wrong malformed illegal prohibited cancelled
    canceled aborted dropped timeout duplicate unable cannot unavailable unsubscribed unregistered unverified
    inactive unsent optout optedout nocredit nocredits noroute notsent badrequest limit limited quota
    """
)
_GOOD = words_of(
    """
    ok okay success successful successfully succeeded accepted queued queue sent delivered scheduled pending
    submitted enroute processing processed completed complete created received buffered sending done normal
    ready active new
    """
)
_BAD_PHRASE = re.compile(
    r"\b(?:not (?:be |been )?(?:sent|send|delivered|enough|allowed|authori[sz]ed|authenticated|accepted|found|valid|"
    r"permitted|supported|registered|available|possible|processed|queued|routed|ok)|"
    r"no (?:credits?|balance|funds|money|routes?|recipients?|permissions?|such|access)|"
    r"out of (?:credits?|balance|funds)|opt(?:ed)? out|timed out|too (?:long|many)|low (?:balance|credits?))\b"
)
_NOT_YET = re.compile(r"\bnot (?:yet )?(?:delivered|sent)(?: yet| so far)\b|\bnot yet \w+")
_NO_FAILURE = re.compile(
    r"\b(?:no|zero|0|without|none|not) (?:errors?|err|fail(?:ed|ures?)?|faults?|problems?|exceptions?|rejected|"
    r"invalid)\b|"
    r"\b(?:errors?|failed|failures?|rejected|invalid)(?: count)? (?:none|no|0|null|false)\b"
)
_SENTENCE = re.compile(
    r"(?:error|failed|failure|invalid|insufficient|rejected|denied|unable|cannot|could not|unauthori[sz]ed|missing)\b"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")
_E_CODE = re.compile(r"(?:E|ERR|ERROR)[-_ ]?\d{2,}\Z", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d{1,9}\Z")
_NO = frozenset({"false", "no", "0", "n", "f"})
_NOTHING = frozenset({"", "0", "null", "none", "no", "false", "nil", "n a", "undefined", "ok", "success", "successful"})
_HTTP_ERRORS = range(400, 600)
_INFORMAL = range(100, 300)
"""Codes that APIs use for what went well: 100, 200, 202."""


class Sign(NamedTuple):
    """A place of an answer that says that the message was not taken."""

    path: Path
    value: Json

    @property
    def words(self) -> str:
        """``$.status is "REJECTED"``."""
        shown = json.dumps(self.value, ensure_ascii=False, default=str)
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        return f"{jsonpath(self.path)} is {shown}"

    @property
    def literal(self) -> str | None:
        """What a success most likely has in that place, as it would stand in ``response_map``; None if nobody knows."""
        name = _name(self.path)
        key = next((step for step in reversed(self.path) if isinstance(step, str)), "status")
        if isinstance(self.value, bool):
            return f"{json.dumps(key)}: {'false' if _NAMES_A_FAILURE.match(name) else 'true'}"
        if _is_number(self.value):
            return f"{json.dumps(key)}: {'0' if not isinstance(self.value, str) else json.dumps('0')}"
        if not isinstance(self.value, str) or _NAMES_A_FAILURE.match(name) or _ABOUT_A_FAILURE.match(name):
            return None
        word = "True" if self.value.lower() in _NO else "Success"
        word = word.upper() if self.value.isupper() else word if self.value[:1].isupper() else word.lower()
        return f"{json.dumps(key)}: {json.dumps(word)}"


def failure_inside(answer: Json) -> Sign | None:
    """Where *answer*, one with a 2xx, says that it failed; None where it says nothing of the kind."""
    pairs = [(_name(path), path, value, beside) for path, value, beside in islice(_pairs(answer, ()), _MOST)]
    # What is wrong says more than that something is, and a word more than a number.
    for is_failure in (_is_error, _is_refusal, _is_bad_code):
        for name, path, value, beside in pairs:
            if is_failure(name, value, beside):
                return Sign(path, value)
    return None


def told(sign: Sign, response_map_at: str | None) -> Finding:
    """What is to be said of a failure that the platform takes for a success."""
    example = f"{sign.literal}, if your API answers that then" if sign.literal else "its status"
    where = f"response_map ({response_map_at})" if response_map_at else "a response_map"
    return rules.FAILURE_INSIDE.on(
        jsonpath(sign.path),
        f"the answer counts as a success, but {sign.words}",
        f"write what only a success has into {where}, such as {example}; "
        "or answer a failure with another status than 2xx",
    )


def _pairs(value: Json, path: Path) -> Iterator[tuple[Path, Json, Mapping[str, Json]]]:
    """Every key of *value* with what it holds and what stands beside it, the outer first."""
    keys = sum(isinstance(step, str) for step in path)
    if isinstance(value, dict) and keys < _DEEPEST:
        yield from (((*path, key), below, value) for key, below in value.items())
        for key, below in value.items():
            if key.lower() not in _OTHER_MATTERS:
                yield from _pairs(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _pairs(below, (*path, index))


def _name(path: Path) -> str:
    """The last key of *path* as words: ``resultCode``, ``result_code`` and ``result-code`` are ``result code``."""
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    return _words(key)


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(text[:_LONGEST_READ])).lower()


def _is_error(name: str, value: Json, beside: Mapping[str, Json]) -> bool:
    """Whether it is what went wrong."""
    if _ABOUT_A_FAILURE.match(name):
        return _says_something(value) and not (_is_number(value) and _went_well(beside))
    return bool(_NAMES_A_FAILURE.match(name) or _WHO_FAILED.match(name)) and _says_something(value)


def _says_something(value: Json) -> bool:
    """Whether *value* is more than nothing: ``{"code": 0, "message": ""}`` is no failure, nor is a link."""
    if isinstance(value, dict):
        return not _went_well(value) and any(
            _says_something(each) for key, each in value.items() if key.lower() not in _OTHER_MATTERS
        )
    if isinstance(value, list):
        return any(_says_something(each) for each in value)
    if not isinstance(value, str | int | float):
        return False
    if _is_number(value):
        return _number(value) != 0 and _number(value) not in _INFORMAL
    text = text_of(value)
    if text.lower().startswith(("http://", "https://", "/")):
        return False
    words = _words(text)
    return words not in _NOTHING and not (text.strip() and _says_well(words))


def _is_refusal(name: str, value: Json, beside: Mapping[str, Json]) -> bool:
    """Whether it says in words that something went wrong."""
    del beside
    if not isinstance(value, str | int | float):
        return False
    if _SAYS_WHETHER.match(name):
        return text_of(value).strip().lower() in _NO
    if isinstance(value, bool):
        return not value and name in {"sent", "status", "result", "state"}
    if not isinstance(value, str):
        return False
    if name in _SAYS_TYPE:
        return value.strip().lower() in _BAD_TYPES
    return bool(_SAYS_WHICH.match(name) or _SAYS_CODE.match(name)) and _is_bad(value)


def _is_bad(text: str) -> bool:
    """Whether a word or a short sentence says that something failed."""
    if _E_CODE.match(text.strip()):
        return True
    words = _NOT_YET.sub(" ", _NO_FAILURE.sub(" ", _words(text)))
    if _BAD_PHRASE.search(words):
        return True
    each = words.split()
    if len(each) > _MOST_WORDS:
        return _SENTENCE.match(words) is not None and not _GOOD.intersection(each)
    return not _BAD.isdisjoint(each)


def _says_well(words: str) -> bool:
    left = _NO_FAILURE.sub(" ok ", words)
    return not _GOOD.isdisjoint(left.split()) and _BAD.isdisjoint(left.split()) and not _BAD_PHRASE.search(left)


def _went_well(beside: Mapping[str, Json]) -> bool:
    """Whether some text among the values of an object says that it went well."""
    return any(isinstance(each, str) and not _is_number(each) and _says_well(_words(each)) for each in beside.values())


def _is_bad_code(name: str, value: Json, beside: Mapping[str, Json]) -> bool:
    """Whether it is a code that says so: one below zero, or of HTTP's errors; 1 means yes to some, no to others."""
    if not _is_number(value) or not (_SAYS_WHICH.match(name) or _SAYS_CODE.match(name)):
        return False
    number = _number(value)
    if number < 0:
        return True
    if _went_well(beside):
        return False
    if number in _HTTP_ERRORS:
        return True
    is_informal = number in _INFORMAL or number % 1000 == 0 or number == 1
    return _RESULT_CODE.match(name) is not None and not is_informal


def _is_number(value: Json) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and _INTEGER.match(value.strip()) is not None)


def _number(value: Json) -> int:
    return int(value)  # type: ignore[arg-type]
