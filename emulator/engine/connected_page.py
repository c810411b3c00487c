"""The page that an admin sees when the browser is back from the provider."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from emulator.core.messages import Headers, Reply

if TYPE_CHECKING:
    from emulator.core.redaction import Redactor
    from emulator.errors import Finding

CONNECT_PATH = "/oauth2/connect"
"""Under it an admin begins to connect an account."""
PAGE_HEADERS: Headers = (
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),  # the page's own address holds the code
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
"""What goes with everything that is answered to the admin's browser."""
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>ringo-emu: {title}</title>
<h1>{title}</h1>
{paragraphs}
</html>
"""


def page(finding: Finding | None, redactor: Redactor) -> Reply:
    """The page for a redirect that connected the account, or the *finding* that says why it did not, masked."""
    if finding is None:
        return _page(200, "Connected", "You may close this page.")
    said = (f"{finding.code}: {finding.message}", finding.remedy)
    return _page(400, "Not connected", *map(redactor.sentence, said))


def _page(status: int, title: str, *paragraphs: str) -> Reply:
    # What the provider says is shown, but never as HTML.
    text = "\n".join(f"<p>{html.escape(each)}</p>" for each in paragraphs)
    body = _PAGE.format(title=html.escape(title), paragraphs=text).encode("utf-8", "replace")
    headers: Headers = (("Content-Type", "text/html; charset=utf-8"), *PAGE_HEADERS)
    return Reply(status=status, headers=headers, body=body)
