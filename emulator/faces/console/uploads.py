"""Files to send: kept in a temporary folder, within limits, and served to the provider by the public listener."""

from __future__ import annotations

import asyncio
import mimetypes
import re
import secrets
import shutil
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from emulator.faces.console.records import Upload

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FILE_BYTES = 16 * 1024 * 1024
MOST_FILES = 100
MOST_BYTES = 128 * 1024 * 1024
_LONGEST_NAME = 100
_NOT_IN_NAMES = re.compile(r"[^\w.-]+", re.ASCII)


class Kept(NamedTuple):
    """An upload, and where it is."""

    upload: Upload
    path: Path


class UploadArea:
    """The files; *share* serves one publicly and returns its address, *unshare* ends that."""

    def __init__(self, folder: Path, share: Callable[[Path], str], unshare: Callable[[Path], None]) -> None:
        self._folder = folder
        self._share = share
        self._unshare = unshare
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._by_url: dict[str, Upload] = {}

    async def add(self, name: str, kind: str, data: bytes) -> Upload:
        """Keep a file; the oldest go where there are too many."""
        number = secrets.token_hex(8)
        path = self._folder / number / safe_name(name, kind)
        await asyncio.to_thread(_write, path, data)
        upload = Upload(id=number, name=name, type=kind, size=len(data), url=self._share(path))
        self._kept[number] = Kept(upload, path)
        self._by_url[upload.url] = upload
        while len(self._kept) > MOST_FILES or self._size() > MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            del self._by_url[oldest.upload.url]
            self._unshare(oldest.path)
            await asyncio.to_thread(shutil.rmtree, oldest.path.parent, ignore_errors=True)
        return upload

    def _size(self) -> int:
        return sum(each.upload.size for each in self._kept.values())

    def get(self, number: str) -> Kept | None:
        """The upload of that id."""
        return self._kept.get(number)

    def at(self, url: str) -> Upload | None:
        """The upload that *url* leads to."""
        return self._by_url.get(url)

    def all(self) -> tuple[Upload, ...]:
        """Those that are kept, the latest first."""
        return tuple(each.upload for each in reversed(self._kept.values()))


def safe_name(name: str, kind: str) -> str:
    """A file name for *name*, whatever that is; it ends so that *kind* is guessed of it."""
    plain = _NOT_IN_NAMES.sub("_", name).strip("._-")[-_LONGEST_NAME:].strip("._-") or "file"
    if mimetypes.guess_type(plain)[0] != kind:
        plain += mimetypes.guess_extension(kind) or ".bin"
    return plain


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
