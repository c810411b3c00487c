"""Sends requests that the document addresses to one host to another, so that it stays as it will be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def rewrite(url: str, hosts: Mapping[str, str]) -> str:
    """*url* with the longest of the prefixes in *hosts* replaced; a prefix ends where a part of the URL ends."""
    prefix = entry_for(url, hosts)
    return url if prefix is None else hosts[prefix].rstrip("/") + url[len(prefix.rstrip("/")) :]


def entry_for(url: str, hosts: Iterable[str]) -> str | None:
    """The one of the prefixes *hosts* that says where *url* goes."""
    return next((prefix for prefix in sorted(hosts, key=len, reverse=True) if begins(prefix, url)), None)


def begins(prefix: str, url: str) -> bool:
    """Whether *url* is at *prefix* or below it, however its host is spelt."""
    left = prefix.rstrip("/")
    rest = url[len(left) :]
    return url[: len(left)].lower() == left.lower() and (not rest or rest[0] in "/?#")
