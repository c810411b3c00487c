"""Which account a webhook URL leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.conversations import Organization
from emulator.core.profile import Profile
from emulator.engine.accounts import Account
from emulator.engine.directory import MOST_STRAYS, Directory, Stray
from emulator.engine.sharing import SharedUrl

if TYPE_CHECKING:
    from tests.engine.conftest import ManualClock


@pytest.fixture
def account(organization: Organization, clock: ManualClock) -> Account:
    """An account without messages."""
    return Account(organization, organization.id, "http://127.0.0.1/services/acme-sms/a1", clock, Profile())


def test_an_account_is_found_by_both_ids(account: Account) -> None:
    """Framework 6.1: the URL names the service and the account."""
    directory = Directory("acme-sms")
    directory.add(account)

    assert directory.find("acme-sms", account.id) is account
    assert directory.find("other-sms", account.id) is None
    assert directory.find("acme-sms", "1") is None


def test_a_closed_account_is_not_found(account: Account) -> None:
    """Its URL leads nowhere, and closing it twice does no harm."""
    directory = Directory("acme-sms")
    directory.add(account)
    directory.remove(account)
    directory.remove(account)

    assert directory.find("acme-sms", account.id) is None
    assert directory.webhook_urls() == []


def test_closing_leaves_a_later_account_of_the_same_id_open(organization: Organization, clock: ManualClock) -> None:
    """Where the URL stays the same, the end of one scenario does not shut out the next."""
    directory = Directory("acme-sms")
    earlier, later = (Account(organization, "1", "http://x/a1", clock, Profile()) for _ in range(2))
    directory.add(earlier)
    directory.add(later)
    directory.remove(earlier)
    there = directory.find("acme-sms", "1")
    assert isinstance(there, SharedUrl)
    assert [later] == there.accounts

    directory.remove(later)
    directory.remove(later)
    assert directory.find("acme-sms", "1") is None


def test_the_latest_few_urls_are_told(organization: Organization, clock: ManualClock) -> None:
    """An answer stays short, however many scenarios run at once."""
    directory = Directory("acme-sms")
    for number in range(9):
        directory.add(Account(organization, str(number), f"http://x/a{number}", clock, Profile()))

    assert directory.webhook_urls() == [f"http://x/a{number}" for number in range(4, 9)]


def test_the_shelf_is_made_once() -> None:
    """Whoever shares and whoever serves means the same links."""
    directory = Directory("acme-sms")
    assert directory.shelf is directory.shelf


def test_strays_are_bounded() -> None:
    """The latest are kept: who posts to a wrong URL for hours costs no memory."""
    directory = Directory("acme-sms")
    for number in range(MOST_STRAYS + 2):
        directory.strays.append(Stray(number, 0.0, "/x"))

    assert [stray.exchange for stray in directory.strays] == list(range(2, MOST_STRAYS + 2))
