"""The page's files: read once, at start-up, and served from memory. What was not there then does not exist."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from emulator.faces.console.guard import policy

FOLDER = Path(__file__).with_name("static")
_IMPORT_MAP = re.compile(rb"<script\s+type=[\"']?importmap[\"']?\s*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
    ".md": "text/plain",
}
_TEXT = ("text/", "application/json", "image/svg")
_MOST_BYTES = 16 * 1024 * 1024


class Page(NamedTuple):
    """A file as it is served."""

    data: bytes
    content_type: str
    etag: str
    policy: str


def read_pages(folder: Path = FOLDER) -> dict[str, Page]:
    """The files below *folder*, by the path under which they are served; ``index.html`` is ``/`` too.

    Raises:
        ValueError: They are too large to be kept.
    """
    pages, size = {}, 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            data = path.read_bytes()
            size += len(data)
            pages[f"/{path.relative_to(folder).as_posix()}"] = _page(path, data)
    if size > _MOST_BYTES:
        raise ValueError(f"the page's files have {size} bytes")
    if "/index.html" in pages:
        pages["/"] = pages["/index.html"]
    return pages


def _page(path: Path, data: bytes) -> Page:
    # The system's own table may say anything, so what we serve is looked up in ours first.
    kind = _TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    hashes = []
    if kind == "text/html":
        hashes = [base64.b64encode(hashlib.sha256(each).digest()).decode() for each in _IMPORT_MAP.findall(data)]
    if kind.startswith(_TEXT):
        kind += "; charset=utf-8"
    return Page(data, kind, f'"{hashlib.sha256(data).hexdigest()[:32]}"', policy(hashes))


def serve_page(pages: dict[str, Page], request: web.Request) -> web.Response:
    """The file at the path that *request* names.

    Raises:
        web.HTTPNotFound: There was none when the console started.
    """
    page = pages.get(request.path)
    if page is None:
        raise web.HTTPNotFound
    headers = {"ETag": page.etag, "Cache-Control": "no-cache", "Content-Security-Policy": page.policy}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    if page.etag in known:
        return web.Response(status=304, headers=headers)
    return web.Response(body=page.data, headers={**headers, "Content-Type": page.content_type})
