"""Phone numbers: the same number in any writing, and the writing that an SMS number's format wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.conversations import NumberSettings
from emulator.core.numbers import NumberFormat, digits_of, find_number, formatted, same_number, writing_of

FORMATS: list[NumberFormat] = ["e164", "international", "national", "national0", "as_typed"]


@pytest.mark.parametrize(
    ("how", "country", "written"),
    [
        ("e164", None, "+61855555555"),
        ("international", None, "61855555555"),
        ("national", "61", "855555555"),
        ("national0", "61", "0855555555"),
        ("national", None, "61855555555"),
        ("national", "49", "61855555555"),
        ("as_typed", "61", "+61855555555"),
    ],
)
def test_formats(how: NumberFormat, country: str | None, written: str) -> None:
    """Framework 7.7: the number goes out as the SMS number's format makes it."""
    assert written == formatted("+61855555555", how, country)


@pytest.mark.parametrize("number", ["12345", "ACME", "0855555555", "+61 8 5555 5555", ""])
@pytest.mark.parametrize("how", FORMATS)
def test_what_is_no_whole_number_stays(how: NumberFormat, number: str) -> None:
    """Framework 7.7: short codes and names have no other writing."""
    assert number == formatted(number, how, "61")


@given(st.from_regex(r"\+61[1-9]\d{8}", fullmatch=True), st.sampled_from(FORMATS))
def test_every_format_is_found_again(number: str, how: NumberFormat) -> None:
    """Framework 6.20, 8.4: whatever way a webhook writes the number, its conversation is found."""
    written = formatted(number, how, "61")
    assert number == find_number(written, [number, "+4930123456"])
    assert same_number(written, number)


def test_digits() -> None:
    """Of any script, without what stands between them."""
    assert ["61855555555", "123", ""] == [digits_of(each) for each in ("+61 (8) 5555-5555", "١٢٣", "ACME")]


def test_what_an_admin_has_set() -> None:
    """Framework 7.5, 7.6: header and footer are added to outgoing texts."""
    settings = NumberSettings(header="Acme: ", footer=" STOP?", outbound="international")
    assert ("Acme: hi STOP?", "61123456789") == (settings.text("hi"), settings.number("+61123456789"))


@pytest.mark.parametrize(
    ("number", "writing"),
    [
        ("+61412345678", "e164"),
        ("61412345678", "no_plus"),
        ("0412345678", "national"),
        ("0061412345678", "national"),
        ("12345", "short"),
        ("Acme Ltd", "name"),
        ("", "name"),
        ("+61 412 345 678", "other"),
    ],
)
def test_how_a_number_is_written(number: str, writing: str) -> None:
    """Framework 8.19: by its first characters and its length; nothing is looked up."""
    assert writing_of(number) == writing
