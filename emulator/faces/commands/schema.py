"""``ringo-emu schema``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from emulator.engine.user_files import read_file
from emulator.errors import UsageError
from emulator.faces import completing


@click.command()
@click.argument("kind", type=click.Choice(["integration", "scenario", "project"]))
@click.option(
    "--for",
    "document",
    metavar="DOCUMENT",
    shell_complete=completing.files,
    help="Complete the names of this integration document, too.",
)
def command(kind: str, document: str | None) -> int:
    """Print a JSON Schema (2020-12) for editors: of integration documents, scenarios or the project file.

    \b
    Example: ringo-emu schema scenario --for acme.json > .ringo-emu/scenario.schema.json
    """
    from emulator.core.reading import read_document

    own = None
    if document is not None:
        try:
            data = read_file(Path(document), pipes=True)
        except OSError as error:
            raise UsageError(
                f"{document} cannot be read: {error.strerror}", mend="name an integration document"
            ) from error
        own = read_document(document, data).playable().document
    if kind == "integration":
        from emulator.core.shape_schema import integration_schema

        schema = integration_schema(own)
    else:
        from emulator.scenario.schema import project_schema, scenario_schema

        schema = scenario_schema(own) if kind == "scenario" else project_schema(own)
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
    return 0
