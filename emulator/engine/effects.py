"""What a webhook does, held back until it is recorded: a webhook that is answered 500 must have done nothing.

What is decided of one webhook depends on those before it, so the state of an account changes at once, and is taken
back where the record fails. What others notice (a step that waits, the console, a file that is fetched) cannot be taken
back, so it comes only after the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Effects:
    """What is still to be done, and how to take back what was done."""

    __slots__ = ("_afterwards", "_undo")

    def __init__(self) -> None:
        self._afterwards: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self._undo: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def afterwards(self, effect: Callable[..., object], *arguments: Any) -> None:
        """Call *effect* with *arguments* once it is certain."""
        self._afterwards.append((effect, arguments))

    def unless(self, undo: Callable[..., object], *arguments: Any) -> None:
        """Something was done, which a call of *undo* with *arguments* takes back."""
        self._undo.append((undo, arguments))

    def happen(self) -> None:
        """It is certain: do what is still to be done."""
        self._undo.clear()  # what is called here may refer to this: nothing must be left for the garbage collector
        effects, self._afterwards = self._afterwards, []
        for effect, arguments in effects:
            effect(*arguments)

    def take_back(self) -> None:
        """It is not to be: take back what was done, the latest first."""
        while self._undo:
            undo, arguments = self._undo.pop()
            undo(*arguments)
        self._afterwards.clear()


class _Certain(Effects):
    """For what is certain from the beginning."""

    __slots__ = ()

    def afterwards(self, effect: Callable[..., object], *arguments: Any) -> None:
        effect(*arguments)

    def unless(self, undo: Callable[..., object], *arguments: Any) -> None:
        del undo, arguments


CERTAIN: Effects = _Certain()
"""Nothing is held back."""
