"""The table of the console's API: what is served, described and tested."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

from emulator.faces.console import asking, records
from emulator.faces.console.handlers import controls, exchanges, messages, organization, scenarios, system
from emulator.faces.console.problems import Handler
from emulator.faces.console.raw import file_bytes, openapi_json, received_bytes, session, stream, upload

BASE = "/api/v1"
_KIB = 1024
USUAL_BODY = 256 * _KIB
REPLAY_BODY = 2 * _KIB * _KIB

Method = Literal["GET", "POST", "PUT", "DELETE"]


class Route(NamedTuple):
    """A request that takes and gives JSON; *answer* is a record's class, None for an empty answer."""

    method: Method
    path: str
    handle: Callable[[Any, Any, Any], Awaitable[Any]]
    answer: type | None
    where: type[asking.Where] = asking.Nowhere
    body: type[asking.Said] = asking.NoBody
    most_bytes: int = USUAL_BODY

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (self.handle.__doc__ or "").partition("\n")[0]


class RawRoute(NamedTuple):
    """A request whose body or answer is something else, of the type *sends* or *gives*."""

    method: Method
    path: str
    handle: Handler
    gives: str | None
    where: type[asking.Where] = asking.Nowhere
    sends: str | None = None
    answer: type | None = None
    status: int = 200

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (self.handle.__doc__ or "").partition("\n")[0]


ROUTES: tuple[Route, ...] = (
    Route("GET", "/organization", organization.organization, records.Organization),
    Route("GET", "/users", organization.users, records.Users),
    Route("GET", "/numbers", organization.numbers, records.Numbers),
    Route("GET", "/webhook-url", organization.webhook_url, records.WebhookUrl),
    Route("GET", "/conversations", messages.conversation_list, records.Conversations),
    Route("GET", "/messages", messages.message_list, records.Messages, asking.MessagesWhere),
    Route("GET", "/messages/{id}", messages.message, records.Message, asking.ById),
    Route("GET", "/messages/{id}/undelivered", messages.undelivered, records.Undelivered, asking.UndeliveredWhere),
    Route("POST", "/messages", messages.send, records.Sent, body=asking.SendBody),
    Route("GET", "/files", messages.upload_list, records.Uploads),
    Route("GET", "/exchanges", exchanges.exchange_list, records.Exchanges, asking.ExchangesWhere),
    Route("GET", "/exchanges/{id}", exchanges.exchange, records.ExchangeDetail, asking.ById),
    Route(
        "POST",
        "/exchanges/{id}/replay",
        exchanges.replay,
        records.Replayed,
        asking.ById,
        asking.ReplayBody,
        REPLAY_BODY,
    ),
    Route("GET", "/triggers", controls.trigger_list, records.Triggers),
    Route("POST", "/triggers/{name}", controls.pull_trigger, records.Triggered, asking.ByName, asking.TriggerBody),
    Route("POST", "/subscribe", controls.subscribe, records.Called),
    Route("GET", "/faults", controls.faults, records.Faults),
    Route("PUT", "/faults", controls.plan_faults, records.Faults, body=asking.FaultsBody),
    Route("DELETE", "/faults", controls.clear_faults, records.Faults, asking.FaultsWhere),
    Route("POST", "/reset", controls.reset, None),
    Route("POST", "/scenarios", scenarios.scenario, records.KeptScenario, body=asking.ScenarioBody),
    Route("GET", "/document", system.document, records.Document),
    Route("GET", "/events", system.events, records.FeedEvents, asking.EventsWhere),
    Route("GET", "/health", system.health, records.Health),
    Route("GET", "/ready", system.ready, records.Readiness),
)
RAW_ROUTES: tuple[RawRoute, ...] = (
    RawRoute(
        "POST",
        "/files",
        upload,
        "application/json",
        asking.FileWhere,
        sends="application/octet-stream",
        answer=records.Upload,
        status=201,
    ),
    RawRoute("GET", "/files/{id}", file_bytes, "application/octet-stream", asking.ByKey),
    RawRoute("GET", "/messages/{id}/file", received_bytes, "application/octet-stream", asking.ById),
    RawRoute("GET", "/stream", stream, "text/event-stream", asking.StreamWhere),
    RawRoute("POST", "/session", session, None, status=204),
    RawRoute("GET", "/openapi.json", openapi_json, "application/json"),
)
