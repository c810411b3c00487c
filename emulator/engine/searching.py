"""What is looked for in the journal, as SQL."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import NamedTuple

from emulator.engine.exchanges import Direction

BODILESS = (
    "id, direction, kind, account, at, clock, method, url, sent_to, request_headers, x'', "
    "status, reply_headers, iif(reply_body IS NULL, NULL, x''), error, duration_s, attempt, outcome"
)
_SEARCHED = ("url", "sent_to", "CAST(request_body AS TEXT)", "CAST(reply_body AS TEXT)", "outcome")
_HAS_EVENT = " AND EXISTS (SELECT 1 FROM json_each(outcome, '$.events') WHERE json_extract(value, '$.event_type') = ?)"
_IS_NEAR_MISS = "coalesce(json_array_length(outcome, '$.unmatched'), 0) > 0"
_IS_BAD = f"""(
    error IS NOT NULL OR status >= 400 OR {_IS_NEAR_MISS}
    OR json_extract(outcome, '$.problem') IS NOT NULL OR json_extract(outcome, '$.failure') IS NOT NULL
    OR EXISTS (SELECT 1 FROM json_each(outcome, '$.findings')
               WHERE json_extract(value, '$.severity') IN ('warning', 'error'))
)"""  # noqa: S608 - no data in it
_LIKE = re.compile(r"[%_\\]")
_ESCAPED = r"\\\g<0>"


class Wanted(NamedTuple):
    """Which exchanges are looked for: those to which all that is set applies."""

    direction: Direction | None = None
    kind: str | None = None
    account: str | None = None
    status: tuple[int, int] | None = None
    """The lowest and the highest."""
    unanswered: bool = False
    text: str = ""
    """A part of an address, a body or what was made of it, whatever the case of ASCII letters, also as JSON escapes
    it."""
    event: str | None = None
    """The type of an event that it brought."""
    near_miss: bool = False
    """Only what fits no webhook model."""
    bad: bool = False
    """Only that with which something is wrong."""
    since: datetime | None = None

    def sql(self) -> tuple[str, list[str | int]]:
        """Conditions that follow another, and their parameters."""
        conditions, parameters = "", list[str | int]()
        for column in ("direction", "kind", "account"):
            value = getattr(self, column)
            if value is not None:
                conditions += f" AND {column} = ?"
                parameters.append(value)
        if self.status is not None:
            conditions += " AND status BETWEEN ? AND ?"
            parameters += self.status
        if self.unanswered:
            conditions += " AND status IS NULL"
        if self.event is not None:
            conditions += _HAS_EVENT
            parameters.append(self.event)
        if self.near_miss:
            conditions += f" AND {_IS_NEAR_MISS}"
        if self.bad:
            conditions += f" AND {_IS_BAD}"
        if self.since is not None:
            conditions += " AND at >= ?"
            parameters.append(self.since.astimezone(UTC).isoformat())
        if self.text:
            written = dict.fromkeys(
                (self.text, json.dumps(self.text)[1:-1], json.dumps(self.text, ensure_ascii=False)[1:-1])
            )
            patterns = [f"%{_LIKE.sub(_ESCAPED, each)}%" for each in written]
            likes = [f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED for _ in patterns]
            conditions += f" AND ({' OR '.join(likes)})"
            parameters += patterns * len(_SEARCHED)
        return conditions, parameters
