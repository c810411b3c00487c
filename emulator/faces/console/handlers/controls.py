"""What makes things happen: triggers, Subscribe, faults, and forgetting it all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.presenting import finding_data
from emulator.engine.faults import Fault, FaultPlan
from emulator.errors import UsageError
from emulator.faces.console import records
from emulator.faces.console.problems import ApiError
from emulator.scenario.recording import Pulled
from emulator.scenario.steps.base import Cause, Common, Turn
from emulator.scenario.steps.provoking import Trigger, trigger_needs

if TYPE_CHECKING:
    from emulator.faces.console.asking import ByName, FaultsBody, FaultsWhere, NoBody, Nowhere, TriggerBody
    from emulator.faces.console.parts import Console


async def trigger_list(console: Console, where: Nowhere, body: NoBody) -> records.Triggers:
    """The triggers of the project file."""
    del where, body
    triggers = console.project.file.triggers
    return records.Triggers(
        items=tuple(
            records.Trigger(name=name, way=entry.way, needs=trigger_needs(entry)) for name, entry in triggers.items()
        )
    )


async def pull_trigger(console: Console, where: ByName, body: TriggerBody) -> records.Triggered:
    """Make the provider emit something, as if the contact had."""
    if where.name not in console.project.file.triggers:
        raise ApiError(404, f'the project file has no trigger "{where.name}"', "see GET /api/v1/triggers")
    arguments = {"trigger": where.name, "with": dict(body.given)}
    integration = console.platform.settings.integration
    for complaint in Trigger.complaints(arguments, integration.document, console.project):
        raise UsageError(complaint.message, mend=complaint.mend)
    asked: list[str] = []

    async def ask(question: str) -> bool:
        asked.append(question)  # the page shows it, and nothing waits for the answer
        return True

    turn = Turn(
        platform=console.platform,
        account=console.account,
        project=console.project,
        variables={},
        cause=Cause("the console", console.platform.clock.now()),
        ask=ask,
    )
    with console.turnstiles.actions.passed():
        outcome = await Trigger.model_validate(arguments).run(turn, Common())
    failure, status, number = outcome.failure, outcome.results.get("status"), outcome.results.get("exchange")
    if number is not None:
        console.done.pull(number, Pulled(where.name, body.given))
    return records.Triggered(
        exchange=number,
        status=status if isinstance(status, int) else None,
        failure=None if failure is None else failure.received,
        mend=None if failure is None else failure.mend,
        ask=asked[0] if asked else None,
    )


async def subscribe(console: Console, where: Nowhere, body: NoBody) -> records.Called:
    """Tell the provider the webhook URL again."""
    del where, body
    with console.turnstiles.actions.passed():
        call = await console.platform.subscribe(console.account)
    if console.readiness.ready:
        console.tell(replace(console.readiness, subscribed=call.failure is None, failure=call.failure))
    return records.called_record(call, [finding_data(each) for each in call.findings])


async def faults(console: Console, where: Nowhere, body: NoBody) -> records.Faults:
    """How webhooks are answered on purpose; what is left of it."""
    del where, body
    return records.faults_record(console.account.faults.plans())


async def plan_faults(console: Console, where: Nowhere, body: FaultsBody) -> records.Faults:
    """Answer webhooks so from now on."""
    del where
    answers = tuple(
        Fault(
            each.kind,
            status=each.status if each.kind == "status" else 200,
            pause_s=each.pause_s if each.kind == "slow" else 0.0,
        )
        for each in body.faults
    )
    console.account.faults.plan(body.on, FaultPlan(answers, body.how, body.seed))
    return _told_faults(console)


async def clear_faults(console: Console, where: FaultsWhere, body: NoBody) -> records.Faults:
    """Answer webhooks as usual again, those of one event type or all."""
    del body
    console.account.faults.plan(where.on, None)
    return _told_faults(console)


def _told_faults(console: Console) -> records.Faults:
    record = records.faults_record(console.account.faults.plans())
    console.feed.publish("faults", record)
    return record


async def reset(console: Console, where: Nowhere, body: NoBody) -> None:
    """Forget all messages and exchanges, and the faults."""
    del where, body
    await console.platform.journal.clear()
    console.account.forget()
    console.account.faults.plan(None, None)
    console.feed.publish("reset", records.Nothing())
    _told_faults(console)
