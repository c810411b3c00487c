"""Masks secrets by value, in whatever writing they appear (design: the last writer of every output does this)."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from emulator.core.document import BasicAuth, BearerAuth, IntegrationDocument
from emulator.core.template import parse_template

MASK = "***"
_LONGEST_CUT = 256
_CUT = re.compile("(.+?)(['\"]?…)")
_ENCODED_BYTE = re.compile("%[0-9A-F]{2}")
SHORTEST = 4
"""Shorter values are not masked: they would blot out ordinary text without hiding anything."""
MOST_LEARNT = 2000
"""Secrets learnt while running that are remembered; the oldest, dead for long, go first."""


class Redactor:
    """Knows the secrets' values, as they are and as JSON, URLs, forms and Basic pairs write them.

    Everybody who writes shares one of these, so that a secret that is learnt while running (`learn`), such as a
    token, is masked by all of them from then on.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._learnt: tuple[str, ...] = ()
        self._recent: dict[str, set[str]] = {}
        values = {secret for secret in secrets if len(secret) >= SHORTEST}
        writings = sorted({each for value in values for each in _writings(value)}, key=len, reverse=True)
        self._values = frozenset(values)
        self._text = re.compile("|".join(map(re.escape, writings))) if writings else None
        self._beginnings = {
            each[:length] for each in writings for length in range(SHORTEST, min(len(each), _LONGEST_CUT))
        }
        encoded = [writing.encode("utf-8", "surrogatepass") for writing in writings]
        self._bytes = re.compile(b"|".join(map(re.escape, encoded))) if encoded else None

    @property
    def values(self) -> frozenset[str]:
        """What is masked, but for what was learnt."""
        return self._values

    def and_also(self, secrets: Iterable[str]) -> Redactor:
        """A redactor that masks *secrets* too."""
        more = Redactor(self._values | set(secrets))
        more.learn(self._recent)
        return more

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask *secrets* too, from now on; of those that were learnt, the latest `MOST_LEARNT` count.

        They are looked for one by one: to make a pattern of all of them anew for each token would take longer, and
        so would looking for it.
        """
        for value in secrets:
            if len(value) >= SHORTEST and value not in self._recent:
                self._recent[value] = _writings(value)
        while len(self._recent) > MOST_LEARNT:
            del self._recent[next(iter(self._recent))]
        writings = {each for below in self._recent.values() for each in below}
        # One assignment, as another thread may be masking; the longest first, as one may be a part of another.
        self._learnt = tuple(sorted(writings, key=len, reverse=True))

    def finds(self, values: Iterable[object]) -> bool:
        """Whether a text or bytes of *values* hold a secret: cheaper than masking, and mostly the answer is no."""
        if self._learnt:
            values = tuple(values)
            whole = "\0".join(
                value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                for value in values
                if isinstance(value, str | bytes)
            )
            if any(secret in whole for secret in self._learnt):
                return True
        if self._text is None or self._bytes is None:
            return False
        text, data = self._text.search, self._bytes.search
        return any(
            (text(value) if isinstance(value, str) else isinstance(value, bytes) and data(value)) for value in values
        )

    def text(self, text: str) -> str:
        """*text* with every secret masked, and the beginning of one where the text was cut off (``…``)."""
        for secret in self._learnt:
            if secret in text:
                text = text.replace(secret, MASK)
        masked = self._text.sub(MASK, text) if self._text is not None else text
        return _CUT.sub(self._cut, masked) if "…" in masked and (self._text or self._learnt) else masked

    def _cut(self, match: re.Match[str]) -> str:
        before, end = match.groups()
        for secret in self._learnt:
            at = _beginning_at_end(before, secret)
            if at is not None:
                return before[:at] + MASK + end
        for length in range(min(len(before), _LONGEST_CUT), SHORTEST - 1, -1):
            if before[-length:] in self._beginnings:
                return before[:-length] + MASK + end
        return match.group()

    def data(self, data: bytes) -> bytes:
        """*data* with every secret masked; all else is kept byte for byte."""
        for secret in self._learnt:
            written = secret.encode("utf-8", "surrogatepass")
            if written in data:
                data = data.replace(written, MASK.encode())
        return self._bytes.sub(MASK.encode(), data) if self._bytes else data

    def json(self, value: Any) -> Any:
        """*value* with every secret masked in its texts, keys and numbers; its shape is kept."""
        if self._text is None and not self._learnt:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.json(below) for key, below in value.items()}
        if isinstance(value, list | tuple):
            return [self.json(below) for below in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            masked = self.text(str(value))
            return value if masked == str(value) else masked
        return value


def _beginning_at_end(text: str, secret: str) -> int | None:
    """Where in *text* a beginning of *secret*, of `SHORTEST` characters or more, stands that the end cuts off."""
    head = secret[:SHORTEST]
    at = text.find(head, max(0, len(text) - _LONGEST_CUT))
    while at >= 0 and not secret.startswith(text[at:]):
        at = text.find(head, at + 1)
    return at if at >= 0 else None


def basic_pair(username: str, password: str) -> str:
    """The pair as a Basic Authorization header holds it: a secret of its own."""
    return base64.b64encode(f"{username}:{password}".encode("utf-8", "replace")).decode()


def _writings(value: str) -> set[str]:
    in_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    encoded = {
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
    }
    return {
        value,
        *in_json,
        *(each.replace("/", "\\/") for each in in_json),  # as PHP writes JSON
        *encoded,
        *(_ENCODED_BYTE.sub(lambda match: match.group().lower(), each) for each in encoded),
        repr(value)[1:-1],  # in our own messages
        value.replace("'", "'\"'\"'"),  # in a curl line
        html.escape(value),
    }


def secrets_of(document: IntegrationDocument, properties: Mapping[str, str]) -> set[str]:
    """Every value that no output may show: the properties, and what the authorization makes of them."""
    secrets = set(properties.values())

    def filled(template: str) -> str:
        return parse_template(template).fill(lambda variable: properties.get(variable.name, ""))

    match document.auth:
        case BasicAuth(username=username, password=password):
            secrets |= {filled(password), basic_pair(filled(username), filled(password))}
        case BearerAuth(token=token):
            secrets.add(filled(token))
    if document.oauth2 is not None:
        secrets.add(filled(document.oauth2.client_secret))
    return secrets
