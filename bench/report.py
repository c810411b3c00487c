"""What a bench returns, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One thing measured, against a limit measured in the same run. *bound* is the ratio that is promised."""

    name: str
    ours: str
    limit: str
    ratio: float
    bound: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    def row(self) -> str:
        """A row of the table in docs/performance.md."""
        sign = "≥" if self.at_least else "≤"
        return f"| {self.name} | {self.ours} | {self.limit} | {self.ratio:.2f} | {sign} {self.bound:g} |"
