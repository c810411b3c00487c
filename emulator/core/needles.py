"""Which of many texts stand in another, in time that does not depend on how many they are.

A few are looked for one by one: nothing is quicker. Of many, the last bytes of each are cut into blocks of the size
of an integer; the text is cut in the same way, and looked through by blocks. However the text is cut, one of the
blocks of whatever stands in it is among those.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEW = 32
"""So many texts of one class are looked for one by one."""


class Needles:
    """Texts of four bytes or more that are looked for; another thread may be looking while they change."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._classes = (_Blocks("Q", 8, 8), _Blocks("I", 4, 4), _Blocks("I", 4, 1))
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Look for *text*, too; it is not looked for yet."""
        data = _encoded(text)
        self._class_of(data).add(text, data)

    def discard(self, text: str) -> None:
        """Look for *text* no longer."""
        data = _encoded(text)
        self._class_of(data).discard(text, data)

    def _class_of(self, data: bytes) -> _Blocks:
        return next(each for each in self._classes if len(data) >= each.window)

    def found_in(self, text: str) -> Iterator[str]:
        """Those that stand in *text*, in no order."""
        data = b""
        for each in self._classes:
            if len(each.texts) <= FEW:
                for needle in each.few:
                    if needle in text:
                        yield needle
            else:
                data = data or _encoded(text)
                yield from each.found_in(data)


class _Blocks:
    """Texts of *window* bytes or more, by the blocks of their last ones, which stand at every *step* of a text."""

    def __init__(self, kind: Literal["Q", "I"], size: int, step: int) -> None:
        self._kind: Literal["Q", "I"] = kind
        self._size, self._step = size, step
        self.window = size + step - 1
        self.texts: dict[bytes, str] = {}
        self.few: tuple[str, ...] = ()
        self._blocks: Counter[int] = Counter()
        self._lengths: dict[bytes, Counter[int]] = {}

    def add(self, text: str, data: bytes) -> None:
        self.texts[data] = text
        self._lengths.setdefault(data[-self.window :], Counter())[len(data)] += 1
        self._blocks.update(self._blocks_of(data))
        self._choose_few()

    def discard(self, text: str, data: bytes) -> None:
        if self.texts.pop(data, None) != text:
            return
        lengths = self._lengths[data[-self.window :]]
        lengths[len(data)] -= 1
        if not +lengths:
            del self._lengths[data[-self.window :]]
        self._blocks.subtract(blocks := self._blocks_of(data))
        for block in blocks:
            if not self._blocks[block]:
                del self._blocks[block]
        self._choose_few()

    def _choose_few(self) -> None:
        self.few = tuple(self.texts.values()) if len(self.texts) <= FEW else ()

    def _blocks_of(self, data: bytes) -> set[int]:
        last = data[-self.window :]
        return {memoryview(last[at : at + self._size]).cast(self._kind)[0] for at in range(self._step)}

    def found_in(self, data: bytes) -> Iterator[str]:
        """Those that stand in *data*, as often as they do."""
        whole = memoryview(data)
        for shift in range(0, self._size, self._step):
            end = shift + (len(data) - shift) // self._size * self._size
            if end <= shift:
                continue
            view = whole[shift:end].cast(self._kind)
            if self._blocks.keys().isdisjoint(view):
                continue
            for number, block in enumerate(view):
                if block in self._blocks:
                    yield from self._around(data, shift + number * self._size)

    def _around(self, data: bytes, at: int) -> Iterator[str]:
        """Those of which one of the blocks stands there."""
        for begin in range(max(0, at - self._step + 1), at + 1):
            end = begin + self.window
            for length in tuple(self._lengths.get(data[begin:end], ())):
                text = self.texts.get(data[max(0, end - length) : end])
                if text is not None:
                    yield text


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
