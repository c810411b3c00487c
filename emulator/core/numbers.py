"""Phone numbers, compared whatever their format (framework 6 and 7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

E164 = re.compile(r"\+[1-9]\d{6,14}\Z")
_SHORTEST_SUFFIX = 7
_SHORTEST_INTERNATIONAL = 10
_NOT_DIGITS = re.compile(r"[^0-9]+")


NumberFormat = Literal["e164", "international", "national", "national0", "as_typed"]


Writing = Literal["e164", "no_plus", "national", "short", "name", "other"]


def writing_of(number: str) -> Writing:
    """How *number* is written: with country code and plus, without the plus, nationally, or as no usual number."""
    if E164.match(number):
        return "e164"
    digits = number if number.isascii() and number.isdigit() else ""
    if not digits:
        return "other" if digits_of(number) and not any(map(str.isalpha, number)) else "name"
    if len(digits) < _SHORTEST_SUFFIX:
        return "short"
    return "national" if digits.startswith("0") or len(digits) < _SHORTEST_INTERNATIONAL else "no_plus"


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
