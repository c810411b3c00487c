"""What scenarios that are played at the same time have of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.scenario.isolation import lanes

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

USERS = (
    "[{extension: 101, numbers: [+611, +612]}, {extension: 102, numbers: [+612, +613]},"
    " {extension: 103, numbers: [+611]}]"
)


async def test_accounts_of_their_own(stage: Stage) -> None:
    """Framework 6.2: with Subscribe there are as many as wanted; label and first user differ."""
    stage.options["organization.users"] = USERS
    own = lanes(stage.project(), 4)
    assert own.why is None
    assert ["acme", "acme-2", "acme-3", "acme-4"] == [each.domain for each in own.organizations]
    assert ["101", "102", "103", "102"][:3] == [each.users[0].extension for each in own.organizations][:3]
    assert all(len(each.users) == 3 for each in own.organizations)


async def test_numbers_of_their_own(stage: Stage) -> None:
    """Without Subscribe they share the webhook URL, so each has numbers that no other has."""
    del stage.document["API"]["Subscribe"]
    stage.options["organization.users"] = USERS
    own = lanes(stage.project(), 8)
    assert [("+611", "+612"), ("+613",)] == [each.numbers for each in own.organizations]
    assert "the organization has 2 users with an SMS number of their own" == own.why
    assert {"acme"} == {each.domain for each in own.organizations}
    assert 1 == len(lanes(stage.project(), 1).organizations)


async def test_numbers_even_one_after_the_other(stage: Stage) -> None:
    """Where the project says so, what comes late for one scenario is not taken for the next one's."""
    stage.options |= {"isolation": "number", "organization.users": USERS}
    own = lanes(stage.project(), 1)
    assert (2, None) == (len(own.organizations), own.why)


@pytest.mark.parametrize(("isolation", "why"), [("none", "isolation is none"), ("number", "each needs an SMS number")])
async def test_one_after_the_other(stage: Stage, isolation: str, why: str) -> None:
    """Where nothing can tell scenarios apart, there is one lane, and it is said why."""
    stage.options["isolation"] = isolation
    own = lanes(stage.project(), 4)
    assert [stage.project().organization] == list(own.organizations)
    assert own.why is not None
    assert own.why.startswith(why)
    assert lanes(stage.project(), 1).why is None
