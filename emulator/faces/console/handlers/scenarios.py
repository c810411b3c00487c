"""What was played, kept as a scenario."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from emulator.core.redaction import MASK
from emulator.engine.journal import mask_exchange
from emulator.errors import UsageError
from emulator.faces.console import keeping, records
from emulator.faces.console.problems import ApiError
from emulator.scenario.recording import Played, as_scenario
from emulator.scenario.steps.provoking import trigger_needs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from emulator.core.conversations import Message
    from emulator.engine.exchanges import Exchange
    from emulator.faces.console.asking import Nowhere, ScenarioBody
    from emulator.faces.console.parts import Console


async def scenario(console: Console, where: Nowhere, body: ScenarioBody) -> records.KeptScenario:
    """A scenario that plays those exchanges again; with ``save``, written to the project's folder."""
    del where
    folder = console.project.folder
    exchanges = [_recorded(console, number) for number in sorted(set(body.exchanges))]
    sent = (each for each in console.account.messages() if each.outgoing and each.exchange in body.exchanges)
    messages = {each.exchange: each for each in sent if each.exchange is not None}
    sources = _sources(console, messages)
    copies = keeping.fixtures(folder, sources.values())
    files = {url: copies[source] for url, source in sources.items()}
    played = Played(
        exchanges=exchanges,
        organization=console.account.organization,
        messages=messages,
        pulled=console.done.pulled,
        repeated=console.done.repeated,
        files=files,
        reply=_reply(console),
    )
    recorded = as_scenario(body.name, played)
    text, notes = console.redactor.text(recorded.text), recorded.notes
    if MASK in text and MASK not in recorded.text:
        notes = (*notes, f"a secret was written as {MASK}: put a placeholder there")
    path = keeping.scenario_file(folder, body.name)
    if body.save:
        try:
            await asyncio.to_thread(keeping.keep, path, text, copies, folder)
        except OSError as error:
            raise UsageError(f"cannot write {path.name}: {error.strerror}", mend="copy the text instead") from None
    return records.KeptScenario(
        file=path.relative_to(folder).as_posix(),
        text=text,
        notes=notes,
        fixtures=tuple(dict.fromkeys(copies.values())),
        is_saved=body.save,
    )


def _recorded(console: Console, number: int) -> Exchange:
    found = console.platform.journal.get(number)
    if found is None:
        raise ApiError(404, f"no exchange #{number} is recorded", "see GET /api/v1/exchanges")
    return mask_exchange(found, console.redactor)


def _sources(console: Console, messages: Mapping[int, Message]) -> dict[str, Path]:
    """The uploads that were sent, by their URLs."""
    found = {}
    for message in messages.values():
        upload = console.uploads.at(message.content) if message.is_file else None
        kept = console.uploads.get(upload.id) if upload else None
        if kept is not None:
            found[message.content] = kept.path
    return found


def _reply(console: Console) -> str | None:
    """The trigger by which a contact's text can be played without a person."""
    triggers = console.project.file.triggers.items()
    return next((name for name, each in triggers if each.way != "ask" and trigger_needs(each) == ("content",)), None)
