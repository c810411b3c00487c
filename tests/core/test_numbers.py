"""Phone numbers: the same number in any writing, and the writing that an SMS number's format wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.conversations import NumberSettings
from emulator.core.numbers import (
    NumberFormat,
    contact_key,
    country_code,
    digits_of,
    find_number,
    formatted,
    same_number,
    writing_of,
)

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
        ("0061412345678", "zeros"),
        ("0001234567", "national"),
        ("tel:+61412345678", "scheme"),
        ("sms:0412345678", "scheme"),
        ("sip:acme@example.com", "name"),
        (" 61412345678", "no_plus"),
        (" +61412345678 ", "e164"),
        ("(61) 412 345 678", "no_plus"),
        ("12345", "short"),
        ("Acme Ltd", "name"),
        ("", "name"),
        ("+61 412 345 678", "other"),
    ],
)
def test_how_a_number_is_written(number: str, writing: str) -> None:
    """Framework 8.19: by its first characters and its length, where nothing else is known."""
    assert writing_of(number) == writing


@pytest.mark.parametrize(
    ("number", "beside", "writing"),
    [
        ("5550100002", ["+15550100001"], "national"),
        ("(555) 010-0002", ["+15550100001"], "national"),
        ("15550100002", ["+15550100001"], "no_plus"),
        ("1 555 010 0002", ["+15550100001"], "no_plus"),
        ("447700900123", ["+15550100001"], "no_plus"),
        ("4522345678", ["+4512345678"], "no_plus"),
        ("22345678", ["+4512345678"], "national"),
        ("7700900123", ["+447700900124"], "national"),
        ("1701234567", [], "national"),
        ("4522345678", [], "no_plus"),
        ("5550100002", ["12345", "ACME"], "no_plus"),
    ],
)
def test_whole_numbers_beside_it_show_whether_a_country_code_is_missing(
    number: str, beside: list[str], writing: str
) -> None:
    """Framework 8.19: ten digits are a whole number in Denmark and none in North America."""
    assert writing == writing_of(number, beside)


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("+15550100002", "15550100002"),
        (" 15550100002", "15550100002"),
        ("0015550100002", "15550100002"),
        ("tel:+1-555-010-0002", "15550100002"),
        ("5550100002", "5550100002"),
        ("00", "00"),
        ("Acme 24", "Acme 24"),
        ("24", "24"),
        ("", ""),
    ],
)
def test_what_the_writings_of_a_contact_have_in_common(number: str, key: str) -> None:
    """Framework 7.3, 8.19: the conversation agrees with what is said of how the sender is written."""
    assert key == contact_key(number)


@pytest.mark.parametrize(
    ("digits", "code"),
    [("15550100002", "1"), ("79161234567", "7"), ("61412345678", "61"), ("3545551234", "354"), ("", "")],
)
def test_country_codes(digits: str, code: str) -> None:
    """The country codes of E.164 have one to three digits, and none begins another."""
    assert code == country_code(digits)
