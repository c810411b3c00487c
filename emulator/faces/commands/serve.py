"""``ringo-emu serve``."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import click

from emulator.errors import UsageError
from emulator.faces.options import digest_of, open_project, project_options, tell_of_overruled
from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AsyncExitStack

    from emulator.engine.accounts import Account
    from emulator.engine.calling import CallResult
    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform
    from emulator.engine.processes import RunningProcess
    from emulator.engine.public_listener import PublicListener
    from emulator.faces.console.parts import Console
    from emulator.faces.console.records import Readiness
    from emulator.faces.console.server import ConsoleSettings
    from emulator.faces.neighbours import Serving
    from emulator.scenario.project import Project

_LOOK_S = 1.0
"""How often ``serve`` looks whether its journal is still there."""


@click.command()
@project_options
@click.option(
    "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address of the webhook listener."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8085,
    show_default=True,
    help="Port of the webhook listener; 0 is any free one.",
)
@click.option(
    "--also",
    "others",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Project file of another integration or organization to play at the same listener; may be repeated.",
)
@click.option("--subscribe/--no-subscribe", default=True, show_default=True, help="Tell the provider the webhook URL.")
@click.option(
    "--console-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Port of the console; 0 is any free one. By default 8086, or any free one where that is taken.",
)
@click.option(
    "--console-host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Its address; a token is needed beyond loopback.",
)
@click.option("--console-name", "console_names", metavar="NAME", multiple=True, help="Host name that it may have.")
@click.option("--no-console", is_flag=True, help="Only the webhook listener.")
@click.option("--ready-file", metavar="FILE", type=click.Path(path_type=Path), help="Write the ready line there too.")
@click.option("--log-format", type=click.Choice(["auto", "console", "json"]), default="auto", show_default=True)
@click.option("--json", "as_json", is_flag=True, help='Print {"event": "ready", …} first, and logs as JSON.')
def command(
    host: str,
    port: int,
    others: tuple[Path, ...],
    subscribe: bool,
    console_port: int | None,
    console_host: str,
    console_names: tuple[str, ...],
    no_console: bool,
    ready_file: Path | None,
    log_format: str,
    as_json: bool,
    **options: Any,
) -> int:
    """Play Ringotel until stopped: a webhook URL, a console, and a log of all that comes.

    \b
    Example: ringo-emu serve --port 8085
    """
    from contextlib import ExitStack

    from emulator.faces.logs import Log
    from emulator.faces.session import kept_journal, run_until_done

    console = None
    if not no_console:
        from emulator.faces.console.server import ConsoleSettings

        console = ConsoleSettings(host=console_host, port=console_port, names=console_names)
    projects = [open_project(**options), *(_other_project(file, options["environment"]) for file in others)]
    _tell_apart(projects)
    redactor = projects[0].redactor
    if others:  # what one must not tell, no other may
        for each in projects[1:]:
            redactor = redactor.and_also(each.redactor.values, each.redactor.mild)
        projects = [replace(each, redactor=redactor) for each in projects]
    output = Output(redactor)
    log = Log(redactor, as_json=log_format == "json" or (log_format == "auto" and as_json))
    with output.masking(), ExitStack() as stack:
        stack.enter_context(log)
        journals = {
            folder: stack.enter_context(kept_journal(project))
            for folder, project in {each.state_folder: each for each in projects}.items()
        }
        digests = [digest_of(options), *(digest_of({"environment": options["environment"]}) for _ in others)]
        plan = _Plan(host, port, subscribe, console, ready_file, as_json, digests, options["environment"], log.exchange)
        return run_until_done(_serve([(each, journals[each.state_folder]) for each in projects], plan, output))


class _Plan(NamedTuple):
    """How to serve."""

    host: str
    port: int
    subscribe: bool
    console: ConsoleSettings | None
    ready_file: Path | None
    as_json: bool
    digests: Sequence[str]
    """Of each project, what tells whether another command was given the same options."""
    environment: str | None
    log: Callable[[Exchange], None]
    """Told of every exchange."""


class _Served(NamedTuple):
    """A project that is played; *ready* is what is told of it."""

    project: Project
    platform: Platform
    account: Account
    console: Console | None
    ready: dict[str, Any]
    process: RunningProcess | None
    """Of the provider, where the project has it started."""


def _other_project(file: Path, environment: str | None) -> Project:
    from emulator.scenario.project import Overrides, load_project

    project = load_project(file, Overrides(environment=environment))
    tell_of_overruled(project)
    return project


def _tell_apart(projects: Sequence[Project]) -> None:
    """Two may play one document, but not for one organization: they would have one webhook URL."""
    seen = set()
    for project in projects:
        key = project.integration.document.id, project.organization.id
        if key in seen:
            message = f"two projects play {key[0]} for the organization {key[1]}: they would have one webhook URL"
            raise UsageError(message, mend="give one of them another organization: {id: …}")
        seen.add(key)


async def _serve(projects: Sequence[tuple[Project, Journal]], plan: _Plan, output: Output) -> int:
    import asyncio
    from contextlib import AsyncExitStack

    from emulator.engine.clock import SystemClock
    from emulator.engine.containers import in_container
    from emulator.engine.public_listener import open_listener
    from emulator.faces.logs import journal_trouble
    from emulator.faces.neighbours import announced
    from emulator.faces.resubscribing import heeding

    for project, _ in projects:
        _tell_of_another(project)
    opening = open_listener(plan.host, plan.port, SystemClock(), contained=in_container(os.environ))
    async with opening as listener, AsyncExitStack() as stack:
        journals = {id(journal): journal for _, journal in projects}.values()
        for journal in journals:
            journal.subscribe(plan.log)
            journal.on_trouble(journal_trouble)
        served: list[_Served] = []
        for project, journal in projects:
            console = plan.console if plan.console is None or not served else replace(plan.console, port=0)
            served.append(await _open(project, journal, listener, console, stack))
        ready = {"event": "ready", **served[0].ready, "pid": os.getpid()}
        if len(served) > 1:
            ready["also"] = [each.ready for each in served[1:]]
        if plan.as_json:
            output.json(ready)
            _say_where(served[0], plan, output)
        else:
            _say(served, plan, output)
        for folder, servings in _servings(served, plan).items():
            stack.enter_context(announced(folder, servings))
        if plan.ready_file is not None:
            _write_ready(plan.ready_file, ready)
        for each in served:
            heeds = heeding(each.project, each.platform, each.account, each.console, again=plan.subscribe)
            await stack.enter_async_context(heeds)
        beginning = (_begin_and_mind(each, plan, output) for each in served)
        await asyncio.gather(_look_after(journals), *beginning)
    return 0


def _tell_of_another(project: Project) -> None:
    """Say that another ``serve`` plays *project*: it need not be known any more in which terminal."""
    from emulator.faces.logs import beside_serve
    from emulator.faces.neighbours import running_serve

    other = running_serve(project)
    if other is not None:
        page = "no page" if other.page is None else f"its page {other.page}"
        beside_serve(
            f"{other.who} plays this project already, with {page} and the webhook URL {other.webhook_url}; of "
            "two, send goes through the one that was started last"
        )


async def _look_after(journals: Collection[Journal]) -> None:
    """Notice a journal that is gone also while nothing comes."""
    import asyncio

    while True:
        await asyncio.sleep(_LOOK_S)
        for journal in journals:
            journal.look()


def _servings(served: Sequence[_Served], plan: _Plan) -> dict[Path, list[Serving]]:
    """What other commands are to know of this ``serve``, by the state folder where they look."""
    from emulator.faces.neighbours import Serving, target_of

    found: dict[Path, list[Serving]] = {}
    for each, digest in zip(served, plan.digests, strict=True):
        entry = each.project.file.provider
        serving = Serving(
            pid=os.getpid(),
            service=each.project.integration.document.id,
            organization=each.project.organization.id,
            webhook_url=each.account.webhook_url,
            console_url=each.ready["console_url"],
            options=digest,
            environment=plan.environment,
            provider=entry.ready if entry is not None else None,
            target=target_of(each.project, each.project.organization.domain),
        )
        found.setdefault(each.project.state_folder, []).append(serving)
    return found


async def _open(
    project: Project,
    journal: Journal,
    listener: PublicListener,
    settings: ConsoleSettings | None,
    stack: AsyncExitStack,
) -> _Served:
    """Play *project* at *listener*."""
    from emulator.faces.logs import beside_serve
    from emulator.faces.session import SERVE, Guest, session

    opening = session(project, journal, keep_tokens=True, listener=listener, guest=Guest(SERVE, beside_serve))
    platform, process = await stack.enter_async_context(opening)
    account = platform.open_account(project.organization, remembers=False)  # no scenario asks what came
    console, console_url = None, None
    if settings is not None:
        from emulator.faces.console.server import open_console

        console, console_url = await stack.enter_async_context(open_console(platform, account, project, settings))
    ready: dict[str, Any] = {"webhook_url": account.webhook_url}
    if project.integration.document.oauth2 is not None:
        ready["connect_url"] = platform.authorizer.link(account)
    return _Served(project, platform, account, console, {**ready, "console_url": console_url}, process)


def _say_where(served: _Served, plan: _Plan, output: Output) -> None:
    """Say that the page is not where it usually is, and that the provider may not find the webhook URL."""
    from emulator.faces.console.server import USUAL_PORT
    from emulator.faces.session import reached_from_here_alone

    alone = reached_from_here_alone(served.platform, plan.host)
    if alone is not None:
        output.text(alone, err=plan.as_json)

    url = served.ready["console_url"]
    if url is not None and plan.console is not None and plan.console.port is None:
        page = url.partition("#")[0]
        if urlsplit(url).port != USUAL_PORT:
            output.text(f"port {USUAL_PORT} is taken: the page is at {page}", err=plan.as_json)


def _say(served: Sequence[_Served], plan: _Plan, output: Output) -> None:
    for each in served:
        if len(served) > 1:
            output.text(f"{each.project.integration.document.name}, {each.account.organization.domain}")
        output.text(f"webhook URL  {each.account.webhook_url}")
        if each.ready["console_url"] is not None:
            output.text(f"console      {each.ready['console_url']}")
    _say_where(served[0], plan, output)
    output.text("Ctrl-C stops it; see what came by: ringo-emu journal list")


async def _begin_and_mind(served: _Served, plan: _Plan, output: Output) -> None:
    await _begin(served, plan, output)
    if served.process is not None:
        await _mind(served, served.process)


async def _mind(served: _Served, process: RunningProcess) -> None:
    """Tell, here and on the page, that the provider's process has ended, unless it left a service behind."""
    from emulator.engine.client import HttpTransport
    from emulator.engine.processes import answers
    from emulator.faces.logs import provider_ended

    await process.wait()
    await process.last_words()
    entry = served.project.file.provider
    async with HttpTransport() as transport:
        if entry is None or await answers(entry.ready, transport) is None:
            return
    sentence = f"the provider's process has ended with code {process.exit_code}; start serve again to start it again"
    if served.console is not None:
        served.console.tell(replace(served.console.readiness, ready=False, failure=sentence))
    provider_ended(sentence, process.output())


async def _begin(served: _Served, plan: _Plan, output: Output) -> None:
    """Connect and subscribe."""
    document = served.project.integration.document
    if document.oauth2 is not None:
        url = str(served.ready["connect_url"])
        await _connect(served.platform, served.account, url, None if plan.as_json else output)
    subscribed = None
    if plan.subscribe and document.api.Subscribe is not None:
        subscribed = await served.platform.subscribe(served.account)
    if served.console is not None:
        served.console.tell(_readiness(subscribed, has_oauth=document.oauth2 is not None))


def _readiness(subscribed: CallResult | None, *, has_oauth: bool) -> Readiness:
    from emulator.faces.console.records import Readiness

    failure = subscribed.failure if subscribed is not None else None
    taken = None if subscribed is None else failure is None
    return Readiness(ready=True, connected=True if has_oauth else None, subscribed=taken, failure=failure)


async def _connect(platform: Platform, account: Account, url: str, output: Output | None) -> None:
    """Wait until *account* is connected: by what is kept, without a browser, or else by the admin's."""
    if platform.authorizer.is_connected(account):
        return
    result = await platform.authorizer.connect(account)
    if result.failure is None:
        return
    if output is not None:
        output.text(f"not connected: {result.failure}")
        output.text(f"connect it with a browser:  {url}")
    await platform.authorizer.until_connected(account)
    if output is not None:
        output.text("connected")


def _write_ready(path: Path, ready: dict[str, Any]) -> None:
    """Whole or not at all: who waits for the file must not read half a line."""
    from emulator.engine import private
    from emulator.faces.reports.files import write_atomically

    try:
        write_atomically(path, json.dumps(ready) + "\n", private.FILE)  # it may hold the console's token
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", mend="name another --ready-file") from error
