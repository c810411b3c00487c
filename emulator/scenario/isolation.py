"""Lanes: what scenarios that are played at the same time have of their own, so that none sees another's events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from emulator.scenario.running import has_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.conversations import Organization, User
    from emulator.scenario.project import Project


class Lanes(NamedTuple):
    """An organization for each scenario that may be played at the same time; *why* there are not as many as wanted."""

    organizations: tuple[Organization, ...]
    why: str | None = None


def lanes(project: Project, wanted: int) -> Lanes:
    """As many lanes as *wanted*, or as many as *project* allows.

    With accounts of their own, scenarios differ by webhook URL and by the organization's label; the first user differs
    too, as long as there are users. Without Subscribe they differ by their SMS numbers; failing that, there is one.
    """
    organization = project.organization
    if has_accounts(project):
        return Lanes(tuple(_variant(organization, number) for number in range(wanted)))
    if project.file.isolation == "none":
        return Lanes((organization,), "isolation is none" if wanted > 1 else None)
    if wanted == 1 and project.file.isolation != "number":
        return Lanes((organization,))
    own = tuple(replace(organization, users=(user,)) for user in _with_own_numbers(organization))
    if len(own) < 2:
        return Lanes((organization,), _ONE_NUMBER if wanted > 1 else None)
    # Even one after the other, each has another number: what comes late for one is not taken for the next one's.
    why = f"the organization has {len(own)} users with an SMS number of their own" if wanted > len(own) else None
    return Lanes(own, why)


_ONE_NUMBER = "each needs an SMS number of its own, and the organization has just one user with one"


def _variant(organization: Organization, number: int) -> Organization:
    if number == 0:
        return organization
    first = number % len(organization.users)
    users = (*organization.users[first:], *organization.users[:first])
    return replace(organization, domain=f"{organization.domain}-{number + 1}", users=users)


def _with_own_numbers(organization: Organization) -> Iterator[User]:
    """Each user with those numbers that no user before has."""
    taken: set[str] = set()
    for user in organization.users:
        numbers = tuple(number for number in user.numbers if number not in taken)
        taken |= set(numbers)
        if numbers:
            yield replace(user, numbers=numbers)
