"""The base of records that are read from a user's file."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Strict

T = TypeVar("T")


class Record(BaseModel):
    """Frozen, strict, and defined at first use, so that a command pays only for what it reads."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        defer_build=True,
        populate_by_name=False,
    )


Items = Annotated[tuple[T, ...], Strict(False)]
"""A list of the file, kept as a tuple; its elements are read as strictly as everything else."""
