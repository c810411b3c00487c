"""What the project file says of OAuth2: how to agree on the provider's pages, and how to revoke."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from emulator.engine.consenting import Page
from emulator.errors import UsageError
from emulator.scenario.connecting import ways_of
from emulator.scenario.project import load_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.scenario.project import Project

REFERENCE = Path(__file__).parents[2] / "scenarios/reference-oauth2.json"
PAGE = Page("https://login.example.com/step/1?x=y", {"ticket": "t-1"})
Open = Any


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], Project]:
    """Reads a project file with the given ``oauth``."""

    def read(oauth: str) -> Project:
        path = tmp_path / "ringo-emu.yaml"
        properties = "{Client ID: me-and-you, Client Secret: hush-hush}"
        path.write_text(f"integration: {REFERENCE}\nproperties: {properties}\noauth: {oauth}\n")
        return load_project(path, environment={"PASSWORD": "admins-own"})

    return read


def test_pages_are_answered_in_order(opened: Open) -> None:
    """One request for each page; addresses are relative to it, its hidden fields have names."""
    project = opened(
        "{consent: [{POST: $page$, form: {user: alice, password: $env.PASSWORD$}}, "
        "{POST: ../agree, json: {ticket: $hidden.ticket$}}, {GET: /done}]}"
    )
    first, second, third = (answer(PAGE) for answer in ways_of(project).consent)
    assert (first.method, first.url) == ("POST", PAGE.url)
    assert parse_qs(first.body.decode()) == {"user": ["alice"], "password": ["admins-own"]}
    assert project.redactor.text("alice admins-own") == "alice ***"
    assert (second.url, second.body) == ("https://login.example.com/agree", b'{"ticket": "t-1"}')
    assert (third.method, third.url) == ("GET", "https://login.example.com/done")


def test_one_page_needs_no_list(opened: Open) -> None:
    """A single request stands alone; without any there is nothing to do."""
    assert len(ways_of(opened("{consent: {POST: $page$}}")).consent) == 1
    ways = ways_of(opened("{}"))
    assert (ways.consent, ways.refresh_token, ways.revocation) == ((), None, None)


def test_a_hidden_field_that_is_not_there(opened: Open) -> None:
    """The name is told."""
    (answer,) = ways_of(opened("{consent: {POST: $page$, form: {x: $hidden.tikcet$}}}")).consent
    with pytest.raises(UsageError, match=r"needs \$hidden.tikcet\$") as caught:
        answer(PAGE)
    assert caught.value.mend == "has the page such a hidden field? see the journal"


def test_a_refresh_token_is_a_secret(opened: Open) -> None:
    """It is masked from the start."""
    project = opened("{refresh_token: $env.PASSWORD$}")
    assert ways_of(project).refresh_token == "admins-own"
    assert project.redactor.text("admins-own") == "***"


def test_tokens_are_revoked(opened: Open) -> None:
    """The request gets the tokens and the client by name."""
    revoke = ways_of(
        opened("{revoke: {POST: 'http://127.0.0.1:1/', form: {token: $refresh_token$, id: $client_id$}}}")
    ).revocation
    assert revoke is not None
    names = {"access_token": "at", "refresh_token": "rt", "client_id": "me", "client_secret": "s"}
    assert revoke(names).body == b"token=rt&id=me"
