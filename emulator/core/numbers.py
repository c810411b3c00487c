"""Phone numbers, compared whatever their format (framework 6 and 7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

E164 = re.compile(r"\+[1-9]\d{6,14}\Z")
_SHORTEST_SUFFIX = 7
_SHORTEST_INTERNATIONAL = 10
_NORTH_AMERICAN = 11
_NOT_DIGITS = re.compile(r"[^0-9]+")


NumberFormat = Literal["e164", "international", "national", "national0", "as_typed"]


Writing = Literal["e164", "no_plus", "zeros", "scheme", "national", "short", "name", "other"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z.-]*:(?=[+0-9])")
_PARTS = re.compile(r"[0-9 ().\-/+]+\Z")
_TWO_DIGIT_CODES = re.compile("20|27|3[0-4]|36|39|4[01]|4[3-9]|5[1-8]|6[0-6]|8[1246]|9[0-5]|98")


def writing_of(number: str, beside: Sequence[str] = ()) -> Writing:
    """How *number* is written; spaces around it do not matter.

    With country code and plus (``other``: with more between the digits), without the plus, with ``00`` in its place,
    behind a scheme such as ``tel:``, nationally, or as no usual number. Whether digits alone have a country code their
    length alone does not say: the whole numbers *beside* it, written with plus, show how long one of that country is.
    """
    number = number.strip()
    if E164.match(number):
        return "e164"
    if _SCHEME.match(number):
        return "scheme"
    if not _PARTS.match(number) or not digits_of(number):
        return "other" if digits_of(number) and not any(map(str.isalpha, number)) else "name"
    if number.startswith("+"):
        return "other"
    digits = digits_of(number)
    if len(digits) < _SHORTEST_SUFFIX:
        return "short"
    if digits.startswith("00"):
        return "zeros" if E164.match(f"+{digits[2:]}") else "national"
    return "national" if digits.startswith("0") or _lacks_country_code(digits, beside) else "no_plus"


def _lacks_country_code(digits: str, beside: Sequence[str]) -> bool:
    if len(digits) < _SHORTEST_INTERNATIONAL:
        return True
    if country_code(digits) == "1" and len(digits) != _NORTH_AMERICAN:
        return True
    whole = [digits_of(each) for each in beside if E164.match(each)]
    return any(len(country_code(each)) + len(digits) == len(each) for each in whole)


def country_code(digits: str) -> str:
    """The country code with which the digits of a whole number begin (ITU-T E.164)."""
    if digits[:1] in {"1", "7"}:
        return digits[:1]
    return digits[:2] if _TWO_DIGIT_CODES.match(digits) else digits[:3]


def contact_key(contact: str) -> str:
    """What all writings of one contact have in common that are surely the same: digits, or the letters of a name."""
    contact = contact.strip()
    scheme = _SCHEME.match(contact)
    plain = contact[scheme.end() :] if scheme else contact
    if any(map(str.isalpha, plain)):
        return plain
    digits = digits_of(plain)
    if not plain.startswith("+") and digits.startswith("00") and E164.match(f"+{digits[2:]}"):
        digits = digits[2:]
    return digits or plain


def formatted(number: str, how: NumberFormat, country: str | None) -> str:
    """*number* as the format of an SMS number makes it; *country* is its country code in digits.

    Only what begins with a plus is known to be a whole number: short codes and names go out as they are typed.
    """
    if how == "as_typed" or not E164.match(number):
        return number
    digits = digits_of(number)
    if how == "e164":
        return f"+{digits}"
    if how == "international" or country is None or not digits.startswith(country):
        return digits
    return ("0" if how == "national0" else "") + digits.removeprefix(country)


def digits_of(number: str) -> str:
    """The digits of *number*, in ASCII."""
    if number.isascii():
        return _NOT_DIGITS.sub("", number)
    return "".join(str(int(char)) for char in number if char.isdecimal())


def same_number(one: str, other: str) -> bool:
    """Whether two writings mean one number: equal digits, or one national and one international writing."""
    first, second = digits_of(one).removeprefix("00"), digits_of(other).removeprefix("00")
    if first == second:
        return bool(first)
    longer, shorter = sorted((first, second.lstrip("0")), key=len, reverse=True)
    national = shorter.lstrip("0")
    return len(national) >= _SHORTEST_SUFFIX and longer.endswith(national)


def find_number(wanted: str, numbers: Sequence[str]) -> str | None:
    """The one of *numbers* that *wanted* means; None if none does, or more than one."""
    if wanted in numbers:
        return wanted
    known = list(numbers)
    exact = [number for number in known if digits_of(number) == digits_of(wanted) != ""]
    found = exact or [number for number in known if same_number(wanted, number)]
    return found[0] if len(found) == 1 else None
