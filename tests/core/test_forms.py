"""Reading forms and queries, and telling what their encoding destroyed."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.forms import read_form
from emulator.errors import Severity, UnreadableBodyError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(TEXTS, TEXTS))
def test_what_is_encoded_comes_back_and_is_not_complained_of(fields: dict[str, str]) -> None:
    """Framework 6.6: a form that is encoded as it should be loses nothing."""
    text = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in fields.items())
    assert (fields, ()) == read_form(text)


def test_a_plus_that_was_not_encoded_is_named_with_every_field() -> None:
    """Framework 8.19: the commonest mistake with numbers in forms, told once for the form."""
    fields, (finding,) = read_form("From=+15550100002&To=+1+(555)+010-0001&Body=1+1%3D2&n=+5&b=%2015550100002")
    assert {
        "From": " 15550100002",
        "To": " 1 (555) 010-0001",
        "Body": "1 1=2",
        "n": " 5",
        "b": " 15550100002",
    } == fields
    assert ("WH-106", Severity.WARNING, "$.From") == (finding.code, finding.severity, finding.path)
    assert finding.message == "$.From and $.To begin with a space: a + in a form or query is a space"
    assert finding.remedy == "send each + as %2B, in numbers and in texts"


def test_many_fields_are_not_all_named() -> None:
    """The message stays short."""
    _, (finding,) = read_form("&".join(f"f{number}=+15550100002" for number in range(9)))
    assert finding.message.startswith("$.f0, $.f1, $.f2, $.f3 and 5 more begin with a space")


def test_an_ampersand_that_was_not_encoded_is_told() -> None:
    """Framework 6.6: what stands behind it is no field, but the rest of a text."""
    _, (finding,) = read_form("text=Tom+&+Jerry&to=1")
    assert ("WH-107", '$[" Jerry"]') == (finding.code, finding.path)
    assert finding.message == "' Jerry' has no value: an & in a form or query begins the next field"
    assert finding.remedy == "if it belongs to the text before it, send each & as %26"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Body=caf%E9+noir", "$.Body is not UTF-8: %E9 behind 'caf'"),
        ("Body=%E9", "$.Body is not UTF-8: %E9 at its beginning"),
        ("Body=%C3", "$.Body is not UTF-8: %C3 at its beginning"),
        ("%FF=1", "a key of the form is not UTF-8: %FF at its beginning"),
    ],
)
def test_bytes_of_another_charset_are_refused(text: str, told: str) -> None:
    """Framework 6.8: never silently replaced."""
    with pytest.raises(UnreadableBodyError) as caught:
        read_form(text)
    assert caught.value.message == told
    assert caught.value.mend == "send UTF-8, or say in Content-Type which charset it is"


def test_a_charset_that_is_declared_is_heeded() -> None:
    """Framework 6.8: the charset parameter counts for what percent signs stand for."""
    assert {"Body": "café"} == read_form("Body=caf%E9", "latin-1")[0]
