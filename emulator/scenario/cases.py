"""``cases``: a scenario for each row of values, from a list or from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.core.plain import source_text
from emulator.core.source import NOTHING, UndecodableError, decode_source
from emulator.core.validating import MendableError
from emulator.engine.user_files import read_file
from emulator.scenario.placeholders import UnfilledError, fill, in_data, names_in

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from emulator.core.source import Path
    from emulator.scenario.model import Scenario

Row: TypeAlias = Mapping[str, Any]
MOST_ROWS = 10_000
_MOST_BYTES = 1024 * 1024


class CasesError(MendableError):
    """Cases that cannot be used; *path* leads to what is wrong, below ``cases``."""

    def __init__(self, message: str, mend: str, path: Path = ()) -> None:
        super().__init__(message, mend)
        self.path = path


def read_cases(cases: Any, folder: FilePath) -> tuple[Row, ...]:
    """The rows of *cases*, which is a list of maps or the name of a CSV file in *folder*.

    Raises:
        CasesError: It is neither, or its rows do not have the same names.
    """
    rows = _rows(cases) if isinstance(cases, list) else _csv_rows(cases, folder)
    if not rows:
        raise CasesError("cases is empty", "write at least one row")
    if len(rows) > MOST_ROWS:
        raise CasesError(f"cases has {len(rows)} rows", f"{MOST_ROWS} can be played")
    for index, row in enumerate(rows):
        for name in sorted(rows[0].keys() ^ row.keys()):
            message = f"row {index + 1} has {'no' if name in rows[0] else 'a'} {name}, unlike the first row"
            raise CasesError(message, "give every row the same names", (index,) if isinstance(cases, list) else ())
    return tuple(rows)


def _rows(cases: list[Any]) -> list[Row]:
    for index, row in enumerate(cases):
        if not isinstance(row, dict) or not row:
            raise CasesError(
                f"row {index + 1} is no map of values", "write such as - {label: short, text: hi}", (index,)
            )
    return cases


def _csv_rows(name: Any, folder: FilePath) -> list[Row]:
    # Cold start: few scenarios have a table beside them.
    import csv
    import io

    text = source_text(name)
    if not isinstance(text, str):
        raise CasesError("cases is a list of maps, or the name of a CSV file", "write such as cases: texts.csv")
    try:
        data = read_file(folder / text, _MOST_BYTES)
    except OSError as error:
        raise CasesError(
            f"{text} cannot be read: {error.strerror}", "paths are relative to the scenario file"
        ) from error
    if len(data) > _MOST_BYTES:
        raise CasesError(f"{text} is larger than 1 MiB", "is it the right file?")
    try:
        content = decode_source(text, data).text.removeprefix("\ufeff")
        header, *lines = [line for line in csv.reader(io.StringIO(content, newline=""), strict=True) if line]
    except (UndecodableError, csv.Error) as error:
        raise CasesError(f"{text} cannot be read as CSV: {error}", "save it as UTF-8, with commas") from error
    except ValueError as error:
        raise CasesError(f"{text} is empty", "write a line of names, and a line for each case") from error
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            message = f"{text}, row {number}: {len(line)} values for {len(header)} names"
            raise CasesError(message, "put values that hold a comma or a quote in double quotes")
    # What stands in a CSV file is a value, never a template: its dollars are dollars.
    return [dict(zip(header, (value.replace("$", "$$") for value in line), strict=True)) for line in lines]


def expand(scenario: Scenario, rows: tuple[Row, ...]) -> list[Scenario]:
    """*scenario* once for each row; its name is filled from the row, or numbered where it has no placeholder."""
    named = bool(names_in(scenario.name))
    return [
        replace(scenario, row=row, name=_named(scenario.name, row) if named else f"{scenario.name} [{number}]")
        for number, row in enumerate(rows, 1)
    ]


def _named(name: str, row: Row) -> str:
    shown = {key: _shown(value) for key, value in row.items()}
    return str(fill(name, lambda key: in_data(shown, key)))


def _shown(value: Any) -> Any:
    """A value for a name: a placeholder in it is not known before the run, and stays."""
    try:
        return fill(value, lambda _: NOTHING)
    except UnfilledError:
        return value
