"""A platform for a project, with its journal and, where the project says so, the provider's process."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from emulator.core.addresses import is_wildcard
from emulator.engine import containers, private
from emulator.engine.client import HttpTransport
from emulator.engine.clock import SystemClock
from emulator.engine.journal import Journal, open_journal
from emulator.engine.platform import Platform, PlatformSettings, open_platform
from emulator.engine.processes import RunningProcess, provider_process
from emulator.errors import JournalError
from emulator.faces.absence import Absence
from emulator.faces.pipes import PIPES
from emulator.scenario.project import RUN_JOURNAL, SERVE_JOURNAL

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.engine.authorizing import Ways
    from emulator.engine.public_listener import PublicListener
    from emulator.faces.output import Output
    from emulator.scenario.project import Project

T = TypeVar("T")
SERVE = "serve"
"""The name of the command that goes on playing a project."""
FILES_WANTED = 8192
"""Files that the process may open, where the system lets it: each connection is one."""


def settings_of(
    project: Project, host: str = "127.0.0.1", port: int = 0, *, keep_tokens: bool = False
) -> PlatformSettings:
    """The platform that *project* describes; with *keep_tokens*, accounts stay connected between commands."""
    return PlatformSettings(
        integration=project.integration,
        profile=project.file.profile,
        properties=project.file.properties,
        public=frozenset(project.file.public),
        hosts=project.hosts,
        host_places=project.host_places,
        public_url=project.file.public_url,
        host=host,
        port=port,
        contained=containers.in_container(os.environ),
        ca_file=project.folder / project.file.ca_file if project.file.ca_file else None,
        ways=_ways(project),
        muted=frozenset(project.file.ignore_findings),
        tokens_file=project.state_folder / "tokens.json" if keep_tokens else None,
    )


def _ways(project: Project) -> Ways | None:
    if project.integration.document.oauth2 is None:
        return None
    from emulator.scenario.connecting import ways_of

    return ways_of(project)


@asynccontextmanager
async def running_provider(project: Project) -> AsyncIterator[RunningProcess | None]:
    """The provider's process while the block runs; None where the project starts none.

    Raises:
        UnreachableError: It cannot be started, or is not ready in time.
    """
    entry = project.file.provider
    if entry is None:
        yield None
        return
    async with (
        HttpTransport() as transport,
        provider_process(
            entry.run,
            project.folder / entry.folder,
            entry.ready,
            entry.ready_within,
            transport,
            SystemClock(),
            env=entry.env,
            shown=project.redactor.text,
        ) as process,
    ):
        yield process


def reached_from_here_alone(platform: Platform, host: str) -> str | None:
    """What is to be said where *host* lets everybody in, but the provider is told an address of this machine alone."""
    told = platform.public_base
    if platform.settings.public_url is not None or not is_wildcard(host):
        return None
    port = urlsplit(told).port
    return (
        f"warning: --host {host} listens everywhere, but the provider is told {told}, which nobody else reaches: where "
        f"it runs in another container, add --public-url http://NAME:{port} (or public_url: in ringo-emu.yaml), NAME "
        "being that of this machine in the compose network"
    )


class Guest(NamedTuple):
    """A command that may play a project beside a running ``serve``, another one too, and how it tells of that."""

    name: str
    tell: Callable[[str], None]


@asynccontextmanager
async def session(
    project: Project,
    journal: Journal,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    keep_tokens: bool = False,
    listener: PublicListener | None = None,
    guest: Guest,
) -> AsyncIterator[tuple[Platform, RunningProcess | None]]:
    """The platform and the provider's process, both running; *keep_tokens* as for `settings_of`.

    With *listener* the platform shares that one. The *guest* looks for a ``serve`` that plays *project* too: that one's
    provider is used where they would have the same address, and it is told of subscriptions that take the place of its
    own.
    """
    absence = Absence(project, in_serve=guest.name == SERVE)
    settings = replace(settings_of(project, host, port, keep_tokens=keep_tokens), nobody_there=absence.mend)
    async with open_platform(settings, journal, listener=listener) as platform:
        from emulator.faces.neighbours import noting

        with noting(project, platform, guest.name, guest.tell):
            absence.serving = _serve_with_provider(project, guest)
            if absence.serving is not None:
                yield platform, None
                return
            async with running_provider(project) as process:
                absence.process = process
                yield platform, process


def _serve_with_provider(project: Project, guest: Guest) -> int | None:
    """The process id of the ``serve`` that has started the provider which *project* would start at the same address."""
    from emulator.faces.neighbours import running_serve

    serving = running_serve(project) if project.file.provider is not None else None
    if serving is None or project.file.provider is None or serving.provider != project.file.provider.ready:
        return None
    guest.tell(f"the provider is the one that {serving.who} has started")
    return serving.pid


def allow_files() -> None:
    """Let this process open as many files as it may, up to what it can need: many systems begin with 256 or 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run_until_done(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* to its end; SIGTERM and SIGHUP interrupt it as Ctrl-C does, so that everything is stopped in order.

    So does that nobody reads any more what is printed. Under ``nohup``, which ignores SIGHUP, it goes on.

    Raises:
        KeyboardInterrupt: A signal, or the end of the reader, ended it.
    """

    allow_files()

    async def guarded() -> T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, task.cancel)
        PIPES.stop = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            return await task
        finally:
            PIPES.stop = None

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error


@contextmanager
def kept_journal(project: Project) -> Iterator[Journal]:
    """The journal that ``serve`` and ``send`` write as they go.

    Raises:
        JournalError: It cannot be opened.
    """
    with open_journal(project.state_folder / SERVE_JOURNAL, project.redactor) as journal:
        _hide_from_git(project.state_folder)
        journal.on_trouble(partial(_hide_again, project.state_folder))
        yield journal


def _hide_again(folder: Path, _: str, lasts: bool) -> None:
    """A journal that begins anew may be in a new folder."""
    if not lasts:
        with suppress(OSError):  # the journal tells what is wrong there
            _hide_from_git(folder)


def save_journal(project: Project, journal: Journal, output: Output, name: str = RUN_JOURNAL) -> None:
    """Keep a run's *journal* for ``ringo-emu journal``; that it cannot be saved is no reason to fail the run."""
    try:
        journal.save(project.state_folder / name)
        _hide_from_git(project.state_folder)
    except (OSError, JournalError) as error:
        output.text(f"warning: {error}", err=True)


def _hide_from_git(folder: Path) -> None:
    private.close_to_others(folder)  # an earlier version may have made it
    private.write_text(folder / ".gitignore", "*\n")
