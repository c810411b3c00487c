"""What the fields of a stranger's API mean, by their names: who sends, who receives, the text, the file, the id.

Nothing here is certain: names are ranked, and the best of a body is taken. A lower rank is better.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from emulator.core.openapi_schema import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from emulator.core.openapi_schema import Preference, Schema
    from emulator.core.source import Path

Role = Literal["to", "from", "text", "media", "hook"]
"""What a field holds: the external party, the SMS number, the text, a file's URL, the webhook URL."""
_UNRANKED = 1000
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that holds a scalar; *required* if all that it stands in is, *deprecated* if any of it is."""

    path: Path
    schema: Schema
    required: bool
    deprecated: bool = False


def leaves_of(schema: Schema, path: Path = (), *, required: bool = True, deprecated: bool = False) -> Iterator[Leaf]:
    """Every scalar below *schema*; of a list, those of an element."""
    deprecated = deprecated or schema.deprecated
    if schema.fields:
        for name, each in schema.fields.items():
            needed = required and name in schema.required
            yield from leaves_of(each, (*path, name), required=needed, deprecated=deprecated)
    elif schema.element is not None:
        yield from leaves_of(schema.element, (*path, 0), required=required, deprecated=deprecated)
    elif path and (not schema.kinds or schema.kinds - {"object", "array", "null"}):
        yield Leaf(path, schema, required, deprecated)


def words(text: str) -> list[str]:
    """``sendSMSMessage`` and ``send-sms_message`` as ``send``, ``sms``, ``message``."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    joined = re.sub(_JOINED, lambda match: " ".join(filter(None, match.groups())), apart.lower())
    return [word for word in re.split(r"[\W_]+", joined) if word]


_JOINED = re.compile(
    r"\b(send)(sms|mms|message|msg|text)(s?)\b|\b(sms|mms|message|msg|text)(send|status|url|callback)\b"
)
"""Words that are often written as one in small letters."""


def property_name(field: str) -> str:
    """What a form calls the value of *field*: ``Account id`` for ``account_id``."""
    named = " ".join(_CAPITALS.get(word, word) for word in words(field))[:_LONGEST_NAME].strip()
    return named[:1].upper() + named[1:] if named else "Value"


_CAPITALS = {word.lower(): word for word in ("API", "URL", "URI", "SMS", "MMS")}

# -- roles

_NUMBER = r"(did|id|tn|no|e164|(phone|mobile)?numbers?|phones?|address(es)?|addr|msisdns?)?"
_FILE = r"(media|mms|attach(ment)?s?|images?|pictures?|photos?|files?|videos?|content|document)"
_CALLS_BACK = (
    r"(post|webhook|callback|notif(y|ication)|target|delivery|event"
    r"|sms|messages?|inbound|hook|status|http|dlr|reports?)"
)
_NAMES: Mapping[Role, tuple[re.Pattern[str], ...]] = {
    "to": (
        re.compile(rf"(send)?(to|recipients?|destinations?|dest|dst|receivers?){_NUMBER}"),
        re.compile(r"msisdns?|(mobile|phone|cell)(number|no)?s?|numbers?"),
    ),
    "from": (
        re.compile(rf"((send|sms)?from|senders?|originators?|originating){_NUMBER}|senderidentity"),
        re.compile(rf"(source|src|origin){_NUMBER}|callerid|shortcode"),
        re.compile(r"msisdn|(mobile|phone)(number)?|number|did"),
    ),
    "text": (
        re.compile(r"(message|sms|msg|body|plain)?text|(message|sms|msg|text)(body|content|message)"),
        re.compile(r"message|contents?|msg|body|sms"),
    ),
    "media": (
        re.compile(rf"{_FILE}(file)?(url|uri|link|href)s?"),
        re.compile(r"media(files?)?|attachments?|images?|pictures?|photos?|files?"),
    ),
    "hook": (
        re.compile(rf"{_CALLS_BACK}*(url|uri|endpoint)|{_CALLS_BACK}+(address|callback)|webhook|callback"),
        re.compile(r"address|target|destination|link|href"),
    ),
}
"""Names of fields by what they hold, the surest first; letters and digits alone."""
_GENERIC: Mapping[Role, re.Pattern[str]] = {
    "to": re.compile(r"(phone)?(number)?|phone|address|msisdn|mobile|e164|value|endpoint|id"),
    "from": re.compile(r"(phone)?(number)?|phone|address|msisdn|mobile|e164|value|endpoint|id"),
    "text": re.compile(r"value"),
    "media": re.compile(r"url|uri|href|link|src|source|value"),
    "hook": re.compile(r"value"),
}
"""Names that mean something by what they stand in: ``"from": {"number": …}``."""
_LONGEST_NAME = 100
"""What is kept of names is bounded: whoever posts a webhook chooses them."""
_NO_SCALAR_FORMATS = frozenset({"binary", "byte", "base64", "date-time", "date", "email", "uuid"})
_CONTAINERS: tuple[Role, ...] = ("to", "from", "media")
_ANOTHER_TEXT = re.compile(
    r"(?=\w*+\Z).*(?:failover|fallback|backup).*|footer|header|buttons?|template|error|quoted|suggestions?"
)
"""What holds texts that are not the message's own."""


def _plain(name: str) -> str:
    """The letters and digits of *name*; nothing of one so long that nobody gave it."""
    return _short_plain(name) if len(name) <= _LONGEST_NAME else ""


@lru_cache(maxsize=4096)
def _short_plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


@lru_cache(maxsize=4096)
def _tier(role: Role, name: str) -> int:
    return next((tier for tier, names in enumerate(_NAMES[role]) if names.fullmatch(name)), _UNRANKED)


def _names_on(path: Path) -> list[str]:
    return [_plain(step) for step in path if isinstance(step, str)]


def _rank(role: Role, path: Path) -> int:
    """How surely the field at *path* has a role, by its name and those that it stands in."""
    named = _plain(path[-1]) if isinstance(path[-1], str) else None
    if named is not None and _tier(role, named) == _UNRANKED and not _GENERIC[role].fullmatch(named):
        return _UNRANKED  # most fields: the rest of this is slow
    *around, own = _names_on(path) or [""]
    tier = _tier(role, own)
    if role != "hook" and any(_tier(other, name) == 0 for name in around for other in _CONTAINERS if other != role):
        # A "number" inside "from" is no recipient, a "text" inside "recipients" is still the text.
        tier = tier if tier == 0 and role == "text" else _UNRANKED
    if role != "media" and any(_tier("media", name) <= 1 for name in around):
        return _UNRANKED
    if role == "text" and any(map(_ANOTHER_TEXT.fullmatch, around)):
        return _UNRANKED
    if tier == 0 or not _GENERIC[role].fullmatch(own):
        return tier * 2
    inside = min((_tier(role, name) for name in around), default=_UNRANKED)
    return min(tier * 2, inside * 2 + 1)


def _may_hold(role: Role, schema: Schema) -> bool:
    kinds = {"string", "integer", "number"} if role in {"to", "from"} else {"string"}
    fits = not schema.kinds or bool(schema.kinds & kinds)
    return fits and not schema.values and schema.format not in _NO_SCALAR_FORMATS


def is_like(*roles: Role) -> Callable[[Leaf], bool]:
    """Whether a field could hold one of *roles*, by its name and those that it stands in."""
    return lambda leaf: any(_may_hold(role, leaf.schema) and _rank(role, leaf.path) < _UNRANKED for role in roles)


def is_sure(name: str) -> bool:
    """Whether a parameter of that name is a number or the text, wherever it stands."""
    sure: tuple[Role, ...] = ("to", "from", "text")
    return any(_tier(role, _plain(name)) == 0 for role in sure)


def is_named_as(variable: str, name: str) -> bool:
    """Whether a field of that name most likely holds what *variable* stands for."""
    plain = _plain(name)
    if variable == "messageid":
        return any(names.fullmatch(plain) for names in _IDS)
    role = _ROLES.get(variable)
    return role is not None and _tier(role, plain) < _UNRANKED


_ROLES: Mapping[str, Role] = {"from": "from", "to": "to", "content": "text", "text": "text", "url": "media"}


def roles_of(leaves: Iterable[Leaf], *roles: Role) -> dict[Role, Leaf]:
    """The best field for each of *roles* that has one; each field has one role."""
    found: dict[Role, Leaf] = {}
    every = list(leaves)
    for role in roles:
        taken = [each.path for each in found.values()]
        free = [each for each in every if each.path not in taken and is_like(role)(each)]
        if role == "text":
            free = [each for each in free if not _stands_aside(each, every)]
        if free:
            found[role] = min(free, key=lambda each: _place(role, each))
    return found


def _place(role: Role, leaf: Leaf) -> tuple[bool, bool, int, int]:
    """The order in which fields are taken: a text that must be there goes before one that need not."""
    return leaf.deprecated, role == "text" and not leaf.required, _rank(role, leaf.path), len(leaf.path)


def _stands_aside(leaf: Leaf, every: Iterable[Leaf]) -> bool:
    """Whether a text stands in something optional, while what must be there is named as what holds the text."""
    if leaf.required or len(_names_on(leaf.path)) < 2:
        return False
    around = {name for each in every if each.required for name in _names_on(each.path)[:-1]}
    return any(_tier("text", name) < _UNRANKED for name in around.difference(_names_on(leaf.path)))


def prefer(*roles: Role) -> Preference:
    """Of alternatives, the one with the most of *roles*, and of these the one that is about texts and files."""

    def count(schema: Schema) -> int:
        # An alternative may say no more than which fields it requires.
        demanded = [] if schema.fields else [role for role in roles if any(map(_named(role), schema.required))]
        return 10 * len({*roles_of(leaves_of(schema), *roles), *demanded}) + channel_of(schema)

    return count


def _named(role: Role) -> Callable[[str], bool]:
    return lambda name: _tier(role, _plain(name)) < _UNRANKED


ANOTHER_SERVICE = frozenset(
    {"call", "calls", "voice", "verification", "verifications", "verify", "cxml", "texml", "twiml", "laml", "script"}
    | {"tollfree", "toll", "fax", "faxes", "video", "conference", "conferences", "recording", "recordings", "porting"}
    | {"campaign", "campaigns", "brand", "brands", "order", "orders", "email", "emails", "payment", "payments"}
    | {"invoice", "invoices", "billing", "sim", "sims", "whatsapp", "lookup", "lookups", "transcription"}
)
"""Words of operations and events that are about something else than messages, whatever stands beside them."""
_CHANNELS = frozenset({"sms", "text", "mms"})
_OTHER_CHANNELS = frozenset(
    {"whatsapp", "viber", "messenger", "chat", "rcs", "email", "voice", "push", "telegram", "line", "wechat", "fax"}
    | {"instagram", "facebook", "kakao", "kakaotalk", "call", "zalo", "imessage"}
)


def channel_of(schema: Schema) -> int:
    """Above 0 if fields that have one value name SMS or MMS, below 0 if they name another channel."""
    only = [set(words(str(each.schema.values[0]))) for each in leaves_of(schema) if len(each.schema.values) == 1]
    if any(each & _OTHER_CHANNELS and not each & _CHANNELS for each in only):
        return -1
    return int(any(each & _CHANNELS for each in only))


# -- credentials

_SECRET = re.compile(
    r"(api|auth|access|account|app|application|client|user|sms|gateway)?"
    r"(key|secret|token|password|passwd|pwd|pass|passcode|apikey|secretkey)"
)
_USER = re.compile(r"(api|auth|account|sms)?(user|username|userid|login|loginid)|account(id|sid)?|(client|app)id")
_SIGNATURE = re.compile(r"sig|signature|hmac|hash|sign")


def is_secret(name: str) -> bool:
    """Whether a field or header of that name proves who asks."""
    return bool(_SECRET.fullmatch(_plain(name).removeprefix("x")))


def credentials_of(leaves: Iterable[Leaf]) -> tuple[list[Leaf], list[Leaf]]:
    """The fields that say, and prove, who asks; and those for a signature. Without a secret nobody is asked for."""
    every = [each for each in leaves if isinstance(each.path[-1], str) and not each.deprecated]
    free = [each for each in every if not each.schema.values and not each.schema.read_only]
    named = [(each, _plain(str(each.path[-1]))) for each in free]
    secrets = [each for each, name in named if is_secret(name)]
    users = [each for each, name in named if _USER.fullmatch(name)] if secrets else []
    return [*users, *secrets], [each for each, name in named if _SIGNATURE.fullmatch(name)] if secrets else []


# -- answers and events

_IDS = (
    re.compile(r"(sms|messages?|msg|mms)s?(id|uuid|guid|sid|ref(erence)?|identifier)"),
    re.compile(r"id|uuid|guid|sid|identifier"),
    re.compile(r"(api|request|batch|bulk|transaction|job|tracking)(id|uuid)|reference|ref"),
)
_NO_ID_BELOW = re.compile(
    r"(errors?|accounts?|users?|links?|contacts?|profiles?|campaigns?|price|cost|carrier|pagination|tags?|company|team)"
    r"|to|from|sender|recipients?|media|attachments?"
)
_STATUS = re.compile(r"(messages?|delivery|dlr|sms|report|receipt)?(status|state)(name|code|text)?|dlr|result|stat")
_STATUS_PART = re.compile(r"(group)?name|value|group|code|description|id")
_EVENT = re.compile(r"(event|notification|webhook|message|record|callback|resource)?(type|name|kind|topic)")
_EVENT_TOO = re.compile(r"event|notification|method|action|topic|trigger|direction")


def _id_rank(leaf: Leaf) -> int:
    *around, own = _names_on(leaf.path) or [""]
    kinds = leaf.schema.kinds
    if any(_NO_ID_BELOW.fullmatch(name) for name in around) or leaf.schema.values:
        return _UNRANKED
    if kinds and not kinds & {"string", "integer", "number"}:
        return _UNRANKED
    tier = next((tier for tier, names in enumerate(_IDS) if names.fullmatch(own)), _UNRANKED)
    return tier * 2 - (tier == 1 and any(name.startswith(("message", "sms")) for name in around))


def id_of(schema: Schema) -> Leaf | None:
    """The field that holds a message's id, if one does."""
    best = min(leaves_of(schema), key=lambda leaf: (_id_rank(leaf), leaf.deprecated, len(leaf.path)), default=None)
    return best if best is not None and _id_rank(best) < _UNRANKED else None


def prefer_id(schema: Schema) -> int:
    """Of alternatives, one with a message's id."""
    return int(id_of(schema) is not None)


def prefer_report(schema: Schema) -> int:
    """Of alternatives, one that says of a message that it was delivered."""
    return prefer_id(schema) + 2 * (delivered_of(schema) is not None)


def texts_of(schema: Schema) -> list[str]:
    """The texts that a field may hold: its enum or const or, where it has none, its default and examples."""
    shown = schema.values or (schema.default, *schema.examples)
    return [each for each in shown if isinstance(each, str) and each and literal(each) is each]


def _first(leaves: Iterable[Leaf], score: Callable[[str], int]) -> tuple[Leaf, str] | None:
    """The field, and the text in it, with the highest score above 0; the first of equals."""
    scored = [
        (score(text), leaf, text)
        for leaf in leaves
        for text in texts_of(leaf.schema)
        # An example rules out nothing: a "type" shown as "sms" may be something else the next time.
        if leaf.schema.values or score(text) >= SURELY
    ]
    best: Any = max(scored, key=lambda each: each[0], default=None)
    return (best[1], best[2]) if best is not None and best[0] > 0 else None


def delivered_of(schema: Schema) -> tuple[Leaf, str] | None:
    """The field that tells a message's status, with what stands there when it was delivered.

    By its name and its values, else by its values alone, else by its name and what is said of it in words.
    """

    def score(text: str) -> int:
        return SURELY * _says_delivered(text)

    leaves = list(leaves_of(schema))
    statuses = list(filter(_is_status, leaves))
    by_values = [each for each in leaves if each.schema.values and not _names_event(each)]
    return _first(statuses, score) or _first(by_values, score) or next(filter(None, map(_in_words, statuses)), None)


def _in_words(leaf: Leaf) -> tuple[Leaf, str] | None:
    """What a status is said to be when a message was delivered: a word, or a number with its meaning."""
    if leaf.schema.values:
        return None
    text = leaf.schema.text
    is_number = bool(leaf.schema.kinds & {"integer", "number"})
    pattern = _CODE_IN_WORDS if is_number else _WORD_IN_WORDS
    found = pattern.search(text)
    return None if found is None else (leaf, found.group(1))


_WORD_IN_WORDS = re.compile(r"(?<!un)(?<!not )(?<![\w-])(delivered|delivrd)\b", re.IGNORECASE)
_CODE_IN_WORDS = re.compile(
    r"\b(\d{1,6})[`'\"]?\s*(?:=|:|-|\u2013|\()\s*[`'\"]?(?:message |successfully )?deliv(?:ere|r)d\b", re.IGNORECASE
)


def status_of(schema: Schema) -> Leaf | None:
    """The field that tells a message's status by its name, whatever stands there."""
    return next(filter(_is_status, leaves_of(schema)), None)


def status_says_inbound(schema: Schema) -> bool:
    """Whether the status that is shown is that of a message that came in."""
    status = status_of(schema)
    return status is not None and any(set(words(text)) & INBOUND for text in texts_of(status.schema))


def _is_status(leaf: Leaf) -> bool:
    *around, own = _names_on(leaf.path) or [""]
    inside = any(_STATUS.fullmatch(name) for name in around)
    return bool(_STATUS.fullmatch(own)) or (inside and bool(_STATUS_PART.fullmatch(own)))


def _says_delivered(text: str) -> bool:
    said = set(words(text))
    return bool(said & {"delivered", "delivrd"}) and not said & {"not", "un", "failed"}


INBOUND = frozenset({"received", "receive", "inbound", "incoming", "mo", "reply", "replied"})
_A_MESSAGE = frozenset({"message", "messages", "sms", "new", "in"})
_A_FILE = frozenset({"mms", "media", "file", "image"})
REPORT = frozenset({"delivered", "delivery", "dlr", "finalized", "report", "receipt", "status", "delivrd", "dr"})
_OTHER = frozenset(
    {"failed", "undelivered", "not", "expired", "queued", "sent", "sending", "outbound", "out", "clicked", "mt"}
    | {"read", "seen", "opened", "typing", "deleted", "reaction", "delivering", "accepted", "rejected", "submitted"}
)


SURELY = 3
"""A score of words that leave no doubt of what an event is."""


def event_score(text: str, event_type: str) -> int:
    """How well the provider's word for an event fits *event_type*; 0 and less do not."""
    said = set(words(text))
    if event_type == "messageDelivered":
        return 3 * _says_delivered(text) + 2 * bool(said & REPORT) - 6 * bool(said & (_OTHER | INBOUND))
    file = (2 if event_type == "mms" else -1) * bool(said & _A_FILE)
    return 4 * bool(said & INBOUND) + bool(said & (_A_MESSAGE | _A_FILE)) + file - 6 * bool(said & (_OTHER | REPORT))


def event_of(schema: Schema, event_type: str) -> tuple[Leaf, str] | None:
    """The field that tells one event from another, with what stands there for *event_type*.

    By its name or, where no name says so, because it has one value, which fits.
    """

    def score(text: str) -> int:
        return event_score(text, event_type)

    leaves = list(leaves_of(schema))
    only = [each for each in leaves if len(each.schema.values) == 1 and not _is_status(each)]
    return _first(filter(_names_event, leaves), score) or _first(only, score)


def _names_event(leaf: Leaf) -> bool:
    own = (_names_on(leaf.path) or [""])[-1]
    return bool(_EVENT.fullmatch(own) or _EVENT_TOO.fullmatch(own))


def other_event_of(schema: Schema, event_type: str) -> tuple[Leaf, str] | None:
    """The field that says that this is an event, but none of *event_type*, with what it says: another one only."""
    if event_of(schema, event_type) is not None:
        return None
    for leaf in filter(_names_event, leaves_of(schema)):
        texts = [str(each) for each in leaf.schema.values]
        if texts and all(event_score(text, event_type) < 0 for text in texts):
            return leaf, texts[0]
    return None
