"""A sink with a journal file, in a process of its own: prints its webhook URL, and serves until it is killed.

Run with the paths of an integration document and of a journal, and with how many connections may be open at a time, if
that is bounded otherwise than usual.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.core.conversations import Organization, User
from emulator.core.reading import read_document
from emulator.engine.clock import SystemClock
from emulator.engine.connections import Patience
from emulator.engine.journal import open_journal
from emulator.engine.platform import PlatformSettings, open_platform
from emulator.engine.public_listener import open_listener

if TYPE_CHECKING:
    from emulator.core.document import Integration


async def main(integration: Integration, database: Path, connections: int | None) -> None:
    """Serve for ever."""
    user = User(extension="101", name="Alice", numbers=("+61855555555",))
    organization = Organization(id="1", domain="acme", users=(user,), contact="+61123456789")
    patience = Patience(connections=connections)
    with open_journal(database) as journal:
        async with (
            open_listener("127.0.0.1", 0, SystemClock(), patience=patience) as listener,
            open_platform(PlatformSettings(integration=integration), journal, listener=listener) as platform,
        ):
            sys.stdout.write(platform.open_account(organization).webhook_url + "\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


if __name__ == "__main__":
    played = read_document("acme.json", Path(sys.argv[1]).read_bytes()).playable()
    asyncio.run(main(played, Path(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else None))
