"""Requests that a web page had a browser send: a provider's server sends none of the headers by which these are told.

Whoever opens a page lets it send requests to this machine too.
It cannot read the answers, but a webhook has its effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.core.bodies import first_bytes
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Mapping


class SentByPageError(UnreadableBodyError):
    """A web page sent it, not a provider."""

    status: ClassVar[int] = 403


def sent_by_page(headers: Mapping[str, str]) -> SentByPageError | None:
    """Why a request with *headers*, whatever their case, is one that a web page sent; None where it is not.

    What a person types as an address is sent by no page (``Sec-Fetch-Site: none``).
    """
    origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
    if origin is not None:
        told = f"Origin: {first_bytes(origin.encode('utf-8', 'replace'))}"
    elif site is not None and site.strip().lower() != "none":
        told = f"Sec-Fetch-Site: {first_bytes(site.encode('utf-8', 'replace'))}"
    else:
        return None
    return SentByPageError(
        f"a web page sent it: it has {told}, which browsers send and servers do not",
        mend="post it from a server; to take it from a page of yours, write profile: {webhooks_from_pages: take}",
    )
