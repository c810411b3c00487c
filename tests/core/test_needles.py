"""Which of many texts stand in another."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.needles import FEW, Needles

TEXTS = st.text("aab%é€😀\ud800", min_size=4, max_size=24)
MANY = st.lists(TEXTS, min_size=1, max_size=12, unique=True)
AROUND = st.text("ab%é", max_size=9)


def crowd(length: int) -> list[str]:
    """So many others of that length that none is looked for by itself."""
    return [f"#{number:0{length - 1}}" for number in range(FEW + 1)]


@given(MANY, AROUND, AROUND, st.booleans())
def test_all_that_stand_there_are_found(texts: list[str], before: str, after: str, is_crowded: bool) -> None:
    """And nothing else, wherever they stand, one within the other, few or many."""
    others = [each for length in (4, 8, 16, 32) for each in crowd(length)] if is_crowded else []
    needles = Needles([*others, *texts])
    for text in texts:
        whole = before + text + after
        assert set(needles.found_in(whole)) == {each for each in texts if each in whole}


@given(MANY, st.data())
def test_what_is_no_longer_looked_for_is_not_found(texts: list[str], data: st.DataObject) -> None:
    """Those that have an end in common stay."""
    gone = set(data.draw(st.lists(st.sampled_from(texts))))
    needles = Needles([*crowd(4), *crowd(8), *crowd(16), *texts])
    for each in gone:
        needles.discard(each)
        needles.discard(each)
    for text in texts:
        assert set(needles.found_in(text)) == {each for each in texts if each in text and each not in gone}


@pytest.mark.parametrize("length", [5, 10, 40])
def test_of_many_every_one_is_found_at_every_place(length: int) -> None:
    """Wherever it is cut into blocks."""
    texts = [secrets.token_hex(length)[:length] for _ in range(3 * FEW)]
    needles = Needles(texts)
    for at in range(9):
        assert set(needles.found_in("-" * at + texts[0] + "-")) == {texts[0]}
        assert set(needles.found_in("-" * at + texts[0][:-1])) == set()
