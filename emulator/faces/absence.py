"""Why nobody listens where a provider should: what to do then depends on who starts it, if anybody does."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.core.addresses import is_loopback

if TYPE_CHECKING:
    from emulator.engine.processes import RunningProcess
    from emulator.scenario.project import Project


class Absence:
    """Says how to mend it that nothing answers at an address of this machine; nothing where nothing better is known."""

    def __init__(self, project: Project, *, in_serve: bool = False) -> None:
        """*in_serve*: whether the process is one that ``serve`` starts, and would start again."""
        self._project = project
        self._in_serve = in_serve
        self.process: RunningProcess | None = None
        """The provider's process, once it runs."""
        self.serving: int | None = None
        """The process id of the ``serve`` whose provider is used in place of one of our own."""

    def mend(self, url: str, place: str) -> str | None:
        """What to do where nothing answers at *url*, which is written in *place*."""
        parts = urlsplit(url)
        if not is_loopback(parts.hostname or ""):
            return None
        entry = self._project.file.provider
        if entry is not None and urlsplit(entry.ready).port == parts.port:
            return self._of_the_process()
        name = next((name for name, value in self._drawn() if value == str(parts.port)), None)
        if name is None:
            return None
        free = f"${name}$ is a free port, another one each time"
        if entry is None:
            why = f"{free}, and nothing is started that is told it: let provider: start the provider"
        elif any(str(parts.port) in text for text in (*entry.run, *entry.env.values())):
            return None
        else:
            why = f"{free}, and provider: does not pass it on: write ${name}$ into its run: or env:"
        return f"{why}, or point {place} to where it listens"

    def _of_the_process(self) -> str | None:
        if self.serving is not None:
            return f"the provider is the one that serve (process {self.serving}) has started: start serve again"
        code = self.process.exit_code if self.process is not None else None
        if code is None:
            return None
        after = "start serve again to start it again" if self._in_serve else "see what it printed last"
        return f"the provider's process has ended with code {code}; {after}"

    def _drawn(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self._project.names.items() if name.startswith("port.")]
