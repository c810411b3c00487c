"""The command line: finds the command, calls it, and turns errors into exit codes.

Exit codes: 0 all passed, 1 a check failed, 2 usage or a file is wrong, 3 provider or port unreachable,
4 a bug of ours, 5 nothing was checked, 130 interrupted, 141 nobody reads what is printed.
"""

from __future__ import annotations

import atexit
import gc
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from emulator import __version__
from emulator.errors import RingoError
from emulator.faces.pipes import EXIT_CODE, PIPES, PipeClosedError, guard

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "new": "Start a project: a document, scenarios, a test and a workflow that run at once.",
    "run": "Play scenarios against the provider and judge what happens.",
    "serve": "Play Ringotel until stopped: a webhook URL, and a log of all that comes.",
    "lint": "Say everything that is wrong with an integration document.",
    "explain": "Show every request that Ringotel would make, without a network.",
    "match": "Say which webhook model a body fits, and why the others do not.",
    "profile": "Show every assumption about Ringotel, its value here and where that comes from.",
    "doctor": "Say what keeps the project from being played here: files, hosts, TLS, ports, clocks.",
    "schema": "Print a JSON Schema, so that an editor completes and checks the files.",
    "send": "Send one text or file through the provider.",
    "journal": "Look at recorded exchanges.",
    "provider": "Run the reference provider, a small correct one.",
    "wait-ready": "Wait until a URL answers.",
}
"""The commands and their short help, so that --help need not import them."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is called: --help costs no more than click."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which one meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = import_module(f"emulator.faces.commands.{name}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin like that; none is imported for it."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in --help."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; a misspelt one gets a suggestion."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from emulator.core.findings import suggestion

            ctx.fail(f'no command "{args[0]}"; {suggestion(args[0], COMMANDS)}')
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ringo-emu")
def cli() -> None:
    """Plays Ringotel, so that a messaging provider can test its SMS/MMS integration.

    \b
    Example: ringo-emu lint acme.json
             ringo-emu run scenarios/
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    # Cold start: what a program imports is no garbage, yet at the default (700) it is searched some forty times.
    gc.set_threshold(50_000)
    # At its end the interpreter searches all of it for garbage that the system takes back anyhow, modules one by one: a
    # fifth of a short run. What is frozen is not searched; everything else of an orderly end takes place.
    atexit.register(gc.freeze)
    if sys.stdout is not None and sys.stderr is not None:  # as where a shell closed one: >&-
        guard()
    # A script starts what is in its background with SIGINT ignored. Whoever sends it to a run wants an end with its
    # teardowns, as Ctrl-C gives; that a run outlives its script helps nobody.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # a terminal without UTF-8 is no reason to fail
    try:
        result = cli.main(args=arguments, prog_name="ringo-emu", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except PipeClosedError:
        return EXIT_CODE
    except click.Abort:
        if PIPES.is_closed:
            return EXIT_CODE
        click.echo("interrupted", err=True)
        return 130
    except RingoError as error:
        from emulator.faces.output import tell_error

        return tell_error(error)
    except Exception as error:  # noqa: BLE001 - the last resort: it is told as a bug of ours, traceback and all
        from emulator.faces.output import tell_bug

        return tell_bug(error)
    if PIPES.is_closed:
        return EXIT_CODE
    return result if isinstance(result, int) else 0
