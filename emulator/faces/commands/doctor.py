"""``ringo-emu doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.errors import InputError, RenderingError, RingoError, UnreachableError
from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from emulator.core.messages import Headers
    from emulator.engine.probing import Check, Prober, Target
    from emulator.scenario.project import Project

_PACKAGES = ("aiohttp", "click", "pydantic", "PyYAML", "structlog")
"""Those whose version is asked for first when something is strange."""
_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}


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
    help="Port of the webhook listener.",
)
@click.option("--start", is_flag=True, help="Start the provider's process of the project file, and stop it after.")
@click.option("--json", "as_json", is_flag=True, help='Print {"checks": […], "exit_code": …}.')
def command(host: str, port: int, start: bool, as_json: bool, **options: Any) -> int:
    """Say what keeps the project from being played here: files, hosts, TLS, ports, clocks, credentials.

    One line for each check, with a remedy where something is wrong. No message is ever sent. Exit code 2 if a file or
    a setting is wrong, 3 if something cannot be reached.

    \b
    Example: ringo-emu doctor --env staging
    """
    from emulator.faces.session import run_until_done

    project, loading = _loaded(options)
    report = _Report(Output(project.redactor if project else None), as_json=as_json)
    for check in (*_of_this_machine(), *loading):
        report.add(check)
    if project is not None:
        run_until_done(_examine(project, host, port, report, start=start))
    return report.finish()


class _Report:
    """Tells each check as soon as it is known, or all of them as JSON in the end."""

    def __init__(self, output: Output, *, as_json: bool) -> None:
        self._output = output
        self._as_json = as_json
        self._checks: list[Check] = []

    def add(self, check: Check) -> None:
        """One more check."""
        self._checks.append(check)
        if self._as_json:
            return
        style = self._output.styled
        status = style(f"{check.status.value:<5}", fg=_COLORS[check.status.value])
        head = f"{status} {style(f'{check.name:<7}')} {style(check.subject, bold=True)}"
        self._output.line(f"{head}  {style(check.message)}")
        if check.mend is not None:
            self._output.line(" " * 14 + style(f"mend: {check.mend}", fg="cyan"))

    def finish(self) -> int:
        """Tell the sum; returns the exit code. 2, a file is wrong, goes before 3: it is mended first."""
        code = min((each.exit_code for each in self._checks if each.status == "fail"), default=0)
        if self._as_json:
            self._output.json({"checks": [_in_json(each) for each in self._checks], "exit_code": code})
            return code
        ok, warn, fail = (sum(each.status == status for each in self._checks) for status in _COLORS)
        self._output.text(f"{ok} ok, {warn} to look at, {fail} wrong")
        return code


def _in_json(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "subject": check.subject,
        "status": check.status.value,
        "message": check.message,
        "remedy": check.mend,
    }


def _loaded(options: dict[str, Any]) -> tuple[Project | None, list[Check]]:
    from emulator.engine.probing import Check, Status, state_folder

    try:
        project = open_project(**options)
    except InputError as error:
        return None, [
            Check(
                name="file",
                subject=str(each.where) if each.where else each.path,
                status=Status.FAIL,
                message=each.message,
                mend=each.remedy,
                exit_code=2,
            )
            for each in error.findings
            if each.severity == "error"
        ]
    except RingoError as error:
        wrong = Check(
            name="file", subject="project", status=Status.FAIL, message=error.message, mend=error.mend, exit_code=2
        )
        return None, [wrong]
    document = project.integration.document
    loaded = Check(
        name="file", subject=document.id, status=Status.OK, message="the project and its document can be played"
    )
    return project, [loaded, state_folder(project.state_folder)]


def _of_this_machine() -> Iterator[Check]:
    """What is so without any project."""
    import os
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from emulator import __version__
    from emulator.engine.probing import Check, Status, proxies
    from emulator.faces.installation import REQUIREMENT

    here = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Check(name="python", subject=f"ringo-emu {__version__}", status=Status.OK, message=here)
    try:
        found = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    except PackageNotFoundError as error:
        yield Check(
            name="python",
            subject="packages",
            status=Status.WARN,
            message=f"the package {error.name} has no version",
            mend=f"install ringo-emu again: python -m pip install --force-reinstall {REQUIREMENT}",
        )
    else:
        yield Check(name="python", subject="packages", status=Status.OK, message=found)
    yield from _of_our_name(Path.cwd())
    yield proxies(os.environ)


def _of_our_name(folder: Path) -> Iterator[Check]:
    """What else is called as our own package is; nothing where nothing is."""
    from importlib.metadata import packages_distributions

    from emulator.engine.probing import Check, Status
    from ringo_emu_launcher import is_ours

    mend = "install ringo-emu into a virtual environment of its own"
    others = sorted({*packages_distributions().get("emulator", ())} - {"ringo-emu"})
    if others:
        what = (
            f"{' and '.join(others)} has installed a package of that name too: one may have replaced files of the other"
        )
        yield Check(name="python", subject="emulator", status=Status.FAIL, message=what, mend=mend, exit_code=2)
    for file in (folder / "emulator/__init__.py", folder / "emulator.py"):
        if file.is_file() and not is_ours(file):
            what = (
                f"{file.relative_to(folder)} here has the name of ringo-emu's own package: python -m emulator runs it"
            )
            mend = "use the command ringo-emu, which does not look here; for tests, " + mend
            yield Check(name="python", subject="emulator", status=Status.WARN, message=what, mend=mend)


async def _examine(project: Project, host: str, port: int, report: _Report, *, start: bool) -> None:
    async for check in _of_the_project(project, host, port, start=start):
        report.add(check)


async def _of_the_project(project: Project, host: str, port: int, *, start: bool) -> AsyncIterator[Check]:
    """What is so around *project*: the provider first, then the way back to us."""
    import os
    from contextlib import AsyncExitStack
    from dataclasses import replace

    from emulator.engine.client import HttpTransport, tls_context
    from emulator.engine.clock import SystemClock
    from emulator.engine.containers import in_container
    from emulator.engine.probing import Check, Prober, Status, SystemNetwork
    from emulator.errors import UsageError
    from emulator.faces.session import running_provider

    ca_file = project.folder / project.file.ca_file if project.file.ca_file else None
    try:
        tls = tls_context(ca_file)
    except UsageError as error:
        yield Check(
            name="tls", subject="ca_file", status=Status.FAIL, message=error.message, mend=error.mend, exit_code=2
        )
        return
    async with AsyncExitStack() as stack:
        prober = Prober(
            network=SystemNetwork(),
            transport=await stack.enter_async_context(HttpTransport(ca_file=ca_file)),
            clock=SystemClock(),
            tls=tls,
            contained=in_container(os.environ),
        )
        entry = project.file.provider
        asleep = entry is not None and not start
        if entry is not None and start:
            try:
                await stack.enter_async_context(running_provider(project))
            except UnreachableError as error:
                began = Check(name="ready", subject=entry.ready, status=Status.FAIL, message=error.message)
                yield replace(began, mend=error.mend)
                asleep = True  # that nothing answers where it should be is told already
        if entry is not None:
            yield await prober.ready(entry.ready, may_be_down=asleep)
        targets: list[Target] = []
        async for each in _of_the_provider(project, prober, targets, asleep=asleep):
            yield each
        async for each in _of_the_way_back(project, prober, targets, host, port):
            yield each


async def _of_the_provider(
    project: Project, prober: Prober, targets: list[Target], *, asleep: bool
) -> AsyncIterator[Check]:
    """Every place that requests go to, which *targets* gets, and the credentials."""
    from dataclasses import replace

    from emulator.core.no_answer import HOSTS
    from emulator.engine.probing import Check, Status, target_of
    from emulator.faces.absence import Absence

    absence = Absence(project)
    try:
        urls, headers, may_head = _requests(project)
    except RenderingError as error:
        yield Check(
            name="file", subject="request_url", status=Status.FAIL, message=error.message, mend=error.mend, exit_code=2
        )
        return
    reached = set()
    for target, url in {target_of(url): url for url in urls}.items():
        targets.append(target)
        good = True
        async for check in prober.host(target, may_be_down=asleep and target.is_local):
            good = check.status == Status.OK or (check.name == "tls" and check.status == Status.WARN)
            closed = check.name == "tcp" and check.status == Status.FAIL
            yield replace(check, mend=absence.mend(url, HOSTS) or check.mend) if closed else check
        if good:
            reached.add(target)
    if target_of(urls[0]) in reached:
        async for check in prober.credentials(urls[0], headers, may_head=may_head):
            yield check


def _requests(project: Project) -> tuple[list[str], Headers, bool]:
    """The addresses of all requests, that of SendMessage first; the headers that authorize it; whether HEAD is safe.

    Raises:
        RenderingError: One cannot be made from the properties.
    """
    from dataclasses import replace

    from emulator.core.explaining import Samples
    from emulator.core.hosts import rewrite
    from emulator.core.profile import Profile
    from emulator.core.rendering import render, render_url
    from emulator.core.template import parse_template

    document = project.integration.document
    samples = Samples(properties=project.file.properties, built_in={})
    profile: Profile = project.file.profile
    urls = []
    for name in ("SendMessage", "SendFile", "Subscribe"):
        method = document.api.method(name)
        if method is not None:
            urls.append(render_url(method.url, samples.variables(document, name), profile))
    if document.oauth2 is not None:
        values = samples.variables(document, "SendMessage")
        ends = (document.oauth2.authorization_endpoint, document.oauth2.token_endpoint)
        urls += [render_url(end, values, profile) for end in ends]
    send = document.api.SendMessage
    auth = None if document.oauth2 is not None else document.auth
    bare = replace(send, verb="GET", parameters=None)
    headers = render(bare, samples.variables(document, "SendMessage"), profile, auth=auth).request.headers
    # A server may route HEAD like GET: where a GET sends, or the address itself says what to send, HEAD might too.
    variables = {each.name for each in parse_template(send.url).variables}
    may_head = send.verb != "GET" and variables <= set(document.properties)
    return [rewrite(url, project.hosts) for url in urls], headers, may_head


async def _of_the_way_back(
    project: Project, prober: Prober, targets: list[Target], host: str, port: int
) -> AsyncIterator[Check]:
    """Whether the provider can post webhooks here."""
    from emulator.engine.probing import answering_listener, port_free, port_taken, webhook_reach

    try:
        async with answering_listener(host, port) as (base_url, nonce):
            yield port_free(base_url)
            if project.file.public_url is None:
                yield webhook_reach(base_url, targets, contained=prober.contained)
            else:
                yield await prober.public_url(project.file.public_url, nonce)
    except UnreachableError as error:
        yield port_taken(host, port, error)
