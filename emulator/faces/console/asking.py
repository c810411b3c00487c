"""What requests to the console's API may say: parameters and bodies, every one of them bounded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from emulator.core.tampering import Tamper
from emulator.faces.console.records import Direction, EventType

LONGEST_PAGE = 200
MOST_REPLAYS = 2
LONGEST_WAIT_S = 60
_LARGEST = 2**63 - 1

Id = Annotated[int, Field(ge=1, le=_LARGEST)]
Limit = Annotated[int, Field(ge=1, le=LONGEST_PAGE)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Party = Annotated[str, Field(min_length=1, max_length=100)]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds what cannot be printed")
    return text


class Where(BaseModel):
    """Parameters of a path and a query: texts that may mean numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Said(BaseModel):
    """A body: JSON, taken at its word."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Nowhere(Where):
    """No parameters."""


class ById(Where):
    """One thing, by its number."""

    id: Id


class ByKey(Where):
    """One thing, by its opaque id."""

    id: Short


class ByName(Where):
    """One thing, by its name."""

    name: Annotated[str, Field(min_length=1, max_length=500)]


class MessagesWhere(Where):
    """A page of messages, of all conversations or of one."""

    number: Party | None = None
    contact: Party | None = None
    before: Id | None = None
    limit: Limit = 50


class UndeliveredWhere(ById):
    """A message, and how many seconds its report may take."""

    within: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 5.0


class ExchangesWhere(Where):
    """A page of exchanges: those to which all that is set applies."""

    direction: Direction | None = None
    kind: Short | None = None
    status: Annotated[str, Field(pattern=r"^(?:[1-9][0-9]{2}|[1-9]xx|none)$")] | None = None
    account: Short | None = None
    text: Short | None = None
    before: Id | None = None
    limit: Limit = 50


class EventsWhere(Where):
    """What to wait for, and how many seconds."""

    after: Short | None = None
    wait: Annotated[float, Field(ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False)] = 0.0
    type: Short | None = None
    event_type: EventType | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = LONGEST_PAGE


class StreamWhere(Where):
    """Where the stream begins."""

    after: Short | None = None


class FileWhere(Where):
    """What a file is."""

    name: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_printable)] = "file"
    type: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.+-]{0,60}/[A-Za-z0-9][\w.+-]{0,60}$")] = (
        "application/octet-stream"
    )


class FaultsWhere(Where):
    """Whose plan: that of one event type, or all."""

    on: EventType | None = None


class SendBody(Said):
    """A text, or a file with a caption; *tamper* spoils the request on purpose."""

    number: Party | None = None
    contact: Party | None = None
    content: Annotated[str, Field(max_length=20_000)] = ""
    extension: Party | None = None
    file: Short | None = None
    url: Annotated[str, Field(min_length=1, max_length=8000)] | None = None
    tamper: Annotated[list[Tamper], Field(max_length=7)] = []


class ReplayBody(Said):
    """How often, and with which body in place of its own."""

    times: Annotated[int, Field(ge=1, le=MOST_REPLAYS)] = 1
    body: Annotated[str, Field(max_length=1024 * 1024)] | None = None


class TriggerBody(Said):
    """Values for a trigger's placeholders."""

    given: Annotated[dict[str, JsonValue], Field(alias="with", max_length=50)] = {}


class FaultSaid(Said):
    """How one webhook is answered."""

    kind: Literal["status", "timeout", "reset", "empty", "slow"]
    status: Annotated[int, Field(ge=200, le=599)] = 503
    pause_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 10.0


class FaultsBody(Said):
    """A plan of faults."""

    on: EventType | None = None
    how: Literal["in turn", "always", "chance"] = "in turn"
    faults: Annotated[list[FaultSaid], Field(min_length=1, max_length=1000)]
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0


class ScenarioBody(Said):
    """The exchanges that a scenario is to play, and its name."""

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
    exchanges: Annotated[list[Id], Field(min_length=1, max_length=500)]
    save: bool = False


class NoBody(Said):
    """Nothing: ``{}``, or no body."""
