"""``check`` of a whole scenario: how long answers and delivery reports took, and how many came."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BeforeValidator

from emulator.core.comparing import Complaint, complaints, describe, differences
from emulator.core.records import Record
from emulator.core.scalars import Duration, format_duration
from emulator.core.validating import MendableError
from emulator.scenario.results import Detail, Failure

if TYPE_CHECKING:
    from emulator.engine.inbox import Arrival
    from emulator.engine.platform import Sending

_WORDS = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most"}


def _bounds(value: Any) -> Any:
    if not isinstance(value, dict):
        raise MendableError("a time is held against bounds", "write such as {lt: 2s}")
    if not value:
        raise MendableError("no bound is given", "write such as {lt: 2s}")
    return value


class Bounds(Record):
    """What a time must be; at least one of them."""

    gt: Duration | None = None
    gte: Duration | None = None
    lt: Duration | None = None
    lte: Duration | None = None

    def sentence(self) -> str:
        """``at least 1 s and less than 2 s``."""
        given = self.model_dump(exclude_none=True)
        return " and ".join(f"{_WORDS[name]} {format_duration(bound)}" for name, bound in given.items())

    def hold(self, seconds: float) -> bool:
        """Whether *seconds* are within them."""
        return (
            (self.gt is None or seconds > self.gt)
            and (self.gte is None or seconds >= self.gte)
            and (self.lt is None or seconds < self.lt)
            and (self.lte is None or seconds <= self.lte)
        )


TimeBounds = Annotated[Bounds, BeforeValidator(_bounds)]


class LatencyCheck(Record):
    """What is demanded of many times: percentiles are by nearest rank."""

    count: Any = None
    """A matcher of how many there are."""
    min: TimeBounds | None = None
    mean: TimeBounds | None = None
    p50: TimeBounds | None = None
    p90: TimeBounds | None = None
    p95: TimeBounds | None = None
    p99: TimeBounds | None = None
    max: TimeBounds | None = None


class ScenarioCheck(Record):
    """What is demanded of a scenario as a whole."""

    delivery_latency: LatencyCheck | None = None
    """From the moment a message was sent to its delivery report."""
    answer_latency: LatencyCheck | None = None
    """From the moment a message was sent to the provider's answer."""
    undelivered: Any = None
    """A matcher of how many sent messages have no delivery report at the end."""
    duration: TimeBounds | None = None
    """From the scenario's start to the end of its last step."""


class Measured(NamedTuple):
    """What was measured in a scenario; times are seconds."""

    delivery_latency: Sequence[float]
    answer_latency: Sequence[float]
    undelivered: int
    duration: float


def measure(sendings: Sequence[Sending], arrivals: Sequence[Arrival], duration_s: float) -> Measured:
    """Times of *sendings* and of the first delivery report for each of them."""
    reported: dict[str, float] = {}
    for arrival in arrivals:
        if arrival.event is not None and arrival.event.event_type == "messageDelivered":
            reported.setdefault(arrival.event.variables["messageid"], arrival.at)
    sent = [(each.call.messageid, each.call.began) for each in sendings if each.call.failure is None]
    known = [(reported[messageid], began) for messageid, began in sent if messageid in reported]
    return Measured(
        delivery_latency=[max(0.0, at - began) for at, began in known],
        answer_latency=[each.call.ended - each.call.began for each in sendings if each.call.reply is not None],
        undelivered=len(sent) - len(known),
        duration=duration_s,
    )


def check_complaints(check: Mapping[str, Any]) -> Iterator[Complaint]:
    """What is wrong with the matchers in a scenario's ``check``; paths begin below it."""
    for name in ("delivery_latency", "answer_latency"):
        below = check.get(name)
        if isinstance(below, dict):
            yield from complaints(below.get("count"), (name, "count"))
    yield from complaints(check.get("undelivered"), ("undelivered",))


def check_measured(check: ScenarioCheck, measured: Measured) -> Failure | None:
    """The failure that *measured* amounts to; None where *check* holds."""
    wrong = tuple(_wrong(check, measured))
    if not wrong:
        return None
    rows = [Detail(label, f"expected {expected}; found {found}", wrong=True) for label, expected, found in wrong]
    rows += [Detail(name, summary(times)) for name, times in _latencies(check, measured) if times]
    return Failure(
        code="SCN-508",
        expected="; ".join(f"{label} {expected}" for label, expected, _ in wrong[:3]) + ("; …" * (len(wrong) > 3)),
        received=f"{len(wrong)} measure{'s' if len(wrong) > 1 else ''} outside:",
        details=tuple(rows),
        mend="make the provider faster, or allow more in the scenario's check",
    )


def _latencies(check: ScenarioCheck, measured: Measured) -> Iterator[tuple[str, Sequence[float]]]:
    if check.delivery_latency is not None:
        yield "delivery_latency", measured.delivery_latency
    if check.answer_latency is not None:
        yield "answer_latency", measured.answer_latency


def _wrong(check: ScenarioCheck, measured: Measured) -> Iterator[tuple[str, str, str]]:
    for (name, times), wanted in zip(
        _latencies(check, measured), filter(None, (check.delivery_latency, check.answer_latency)), strict=True
    ):
        if wanted.count is not None and differences(wanted.count, len(times)):
            yield f"{name}.count", describe(wanted.count), str(len(times))
        for key in _STATISTICS:
            bounds: Bounds | None = getattr(wanted, key)
            if bounds is None:
                continue
            if not times:
                yield f"{name}.{key}", bounds.sentence(), "nothing to measure"
            elif not bounds.hold(found := statistic(key, times)):
                yield f"{name}.{key}", bounds.sentence(), format_duration(found)
    if check.undelivered is not None and differences(check.undelivered, measured.undelivered):
        yield "undelivered", describe(check.undelivered), str(measured.undelivered)
    if check.duration is not None and not check.duration.hold(measured.duration):
        yield "duration", check.duration.sentence(), format_duration(measured.duration)


_STATISTICS = ("min", "mean", "p50", "p90", "p95", "p99", "max")


def statistic(name: str, times: Sequence[float]) -> float:
    """``p95`` and its like of *times*, of which there is at least one."""
    ordered = sorted(times)
    if name == "mean":
        return math.fsum(ordered) / len(ordered)
    if name in {"min", "max"}:
        return ordered[0 if name == "min" else -1]
    rank = math.ceil(int(name[1:]) * len(ordered) / 100)
    return ordered[rank - 1]


def summary(times: Sequence[float]) -> str:
    """``20 times: min 3 ms, mean 4 ms, …``."""
    return f"{len(times)} times: " + ", ".join(
        f"{name} {format_duration(statistic(name, times))}" for name in _STATISTICS
    )
