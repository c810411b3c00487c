"""Sends requests that the document addresses to one host to another, so that it stays as it will be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def rewrite(url: str, hosts: Mapping[str, str]) -> str:
    """*url* with the longest of the prefixes in *hosts* replaced; a prefix ends where a part of the URL ends."""
    for prefix in sorted(hosts, key=len, reverse=True):
        left = prefix.rstrip("/")
        rest = url[len(left) :]
        if url[: len(left)].lower() == left.lower() and (not rest or rest[0] in "/?#"):
            return hosts[prefix].rstrip("/") + rest
    return url
