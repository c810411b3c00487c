"""``ringo-emu new``."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.engine.user_files import absolute, is_file, is_folder, is_there, read_file
from emulator.errors import RingoError, Severity, UsageError

if TYPE_CHECKING:
    from emulator.faces.output import Output

AUTHS = ("bearer", "basic", "none")
_LONGEST_NAME = 200
_NAME = "SMS service"
_URL = "https://api.example.com"
_USUAL_URL = re.compile(r"https?://[\w.:\[\]-]+(/|\Z)", re.ASCII)
_LOCAL_HOST = re.compile(r"(localhost|127\.[\d.]+|\[::1\])(:\d+)?(/|\Z)", re.IGNORECASE)
_BARE_HOST = re.compile(rf"([\w-]+\.)+[a-z][\w-]*(:\d+)?(/|\Z)|{_LOCAL_HOST.pattern}", re.ASCII | re.IGNORECASE)
_IGNORED = ".gitignore"
_DOCUMENT = "the integration document"
_MEANINGS = {
    "ringo-emu.yaml": "what is local: your provider's address, how to start it, how to make it send",
    "scenarios/first-conversation.yaml": "a conversation with a verdict",
    "tests/test_ringo.py": "the same as pytest tests",
    ".github/workflows/ringo-emu.yml": "the same on GitHub",
    _IGNORED: "keeps journals and secrets out of git",
    ".env.example": "for secrets: copy it to .env, and write $env.NAME$ into ringo-emu.yaml",
    "fixtures/cat.png": "a picture to send",
}
_SOMETIMES = frozenset({".env.example", "fixtures/cat.png"})
"""Files that not every project has."""


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="Name of the service, as the portal shows it.")
@click.option("--url", metavar="URL", help="Where its API is.")
@click.option("--auth", type=click.Choice(AUTHS), help="How its API authorizes requests.")
@click.option("--files/--no-files", default=None, help="Whether it sends and receives files (MMS).")
@click.option(
    "--subscribe/--no-subscribe", default=None, help="Whether it has a request that tells it the webhook URL."
)
@click.option("--openapi", metavar="FILE", help="Draft the document from an OpenAPI 3 description, JSON or YAML.")
@click.option("--yes", is_flag=True, help="Ask nothing; use the default for everything that no option sets.")
@click.option("--force", is_flag=True, help="Overwrite files that are there already.")
def command(folder: Path, name: str | None, openapi: str | None, yes: bool, force: bool, **given: Any) -> int:
    """Start a project in FOLDER, by default this one: document, project file, scenarios, test, GitHub workflow.

    What it writes runs at once, against a small provider that comes with ringo-emu. Nothing is asked where standard
    input is no terminal.

    \b
    Example: ringo-emu new acme-sms
             ringo-emu new --yes --name "Acme SMS" --url https://api.acme.example/v1 --auth basic
             ringo-emu new --openapi openapi.yaml acme-sms
    """
    from emulator.faces.output import Output

    ask = not yes and sys.stdin is not None and sys.stdin.isatty()
    known = {key: value for key, value in {"name": name, **given}.items() if value is not None}
    for key, check in (("name", _name), ("url", _url)):
        if key in known:
            known[key] = check(str(known[key]))
    _refuse_no_folder(folder)
    kept = {_IGNORED} if is_file(folder / _IGNORED) else set()
    if ask:  # before the questions: nobody answers them in vain
        _refuse_what_is_in_the_way(folder, _MEANINGS.keys() - kept - _SOMETIMES, force=force)
    plan = _from_answers(folder, known, ask) if openapi is None else _from_description(openapi, known, ask)
    wanted = {each: text for each, text in plan.files.items() if each not in kept}
    _refuse_what_is_in_the_way(folder, wanted, force=force)
    _write(folder, wanted)
    _tell(folder, plan, kept, Output())
    return 0


# -- what to write


@dataclass(frozen=True, slots=True)
class _Plan:
    """The files of a project, the document first, and what is to be said of it."""

    files: Mapping[str, str | bytes]
    guessed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def _from_answers(folder: Path, known: Mapping[str, Any], ask: bool) -> _Plan:
    """A project that the options, which are *known*, and the answers describe."""
    from emulator.faces.scaffolding import Answers, starter_files

    usual = {"name": _name_of(folder), "url": _URL, "auth": "bearer", "files": True, "subscribe": True}
    asked = {key: question(usual[key]) for key, question in _QUESTIONS.items() if ask and key not in known}
    return _Plan(starter_files(Answers(**{**usual, **known, **asked})))


def _from_description(file: str, known: Mapping[str, Any], ask: bool) -> _Plan:
    """A project around what an OpenAPI description says."""
    from emulator.core.drafting import draft_document
    from emulator.faces.openapi_file import read_description_file
    from emulator.faces.scaffolding import draft_files, id_from

    said = [_OPTIONS[each] for each in known if each != "name"]
    if said:
        mend = "change the document afterwards"
        raise UsageError(f"{', '.join(said)} beside --openapi: the description says that", mend=mend)
    draft = draft_document(read_description_file(Path(file)), name=file)
    document = draft.document
    usual = document["name"]
    name = known.get("name") or (_ask_name(usual) if ask else usual)
    if name != usual:
        document |= {"name": name, "id": id_from(name)}
    return _Plan(draft_files(document), draft.guessed, draft.left)


# -- questions


def _ask_name(usual: Any) -> str:
    return str(click.prompt("Name of the service", default=usual, value_proc=_again(_name)))


_QUESTIONS: Mapping[str, Callable[[Any], Any]] = {
    "name": _ask_name,
    "url": lambda usual: click.prompt("URL of its API", default=usual, value_proc=_again(_url)),
    "auth": lambda usual: click.prompt("How it authorizes", default=usual, type=click.Choice(AUTHS)),
    "files": lambda usual: click.confirm("Does it send files (MMS)?", default=usual),
    "subscribe": lambda usual: click.confirm("Has it a request that tells it the webhook URL?", default=usual),
}
_OPTIONS = {"url": "--url", "auth": "--auth", "files": "--files", "subscribe": "--subscribe"}


def _again(check: Callable[[str], str]) -> Callable[[str], str]:
    """*check* as a prompt wants it: what is refused is asked again."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except RingoError as error:
            raise click.UsageError(f"{error.message}; {error.mend}") from error

    return checked


def _name(text: str) -> str:
    name = text.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        problem = "is empty, too long, or holds what cannot be shown"
        raise UsageError(f"the name of the service {problem}", mend=f"write 1 to {_LONGEST_NAME} characters")
    return name


def _name_of(folder: Path) -> str:
    """A name after the folder, where that will do."""
    try:
        return _name(absolute(folder).name)
    except UsageError:
        return _NAME


def _url(text: str) -> str:
    from emulator.core.rendering import absolute_url

    url = text.strip().rstrip("/")
    if _BARE_HOST.match(url):
        url = f"{'http' if _LOCAL_HOST.match(url) else 'https'}://{url}"
        click.echo(f"the URL of the API is taken for {url}", err=True)
    foreign = next((each for each in "$?#@{}<>" if each in url), None)
    if foreign is not None:
        mend = "write such as https://api.example.com/v1; the rest can be added to the document"
        raise UsageError(f'the URL of the API holds "{foreign}"', mend=mend)
    try:
        absolute = absolute_url(url)
    except RingoError as error:
        raise UsageError(f"the URL of the API: {error.message}", mend=error.mend) from error
    if not _USUAL_URL.match(absolute):
        raise UsageError(f"the URL of the API: {url!r} has an odd host", mend="write https://host/path")
    return absolute


# -- writing


def _refuse_no_folder(folder: Path) -> None:
    at = _existing(folder)
    if not is_folder(at):
        raise UsageError(f"{at} is no folder", mend="name a folder, or a new one")


def _existing(path: Path) -> Path:
    """*path*, or the nearest above it that is there."""
    return next((each for each in (path, *path.parents) if is_there(each)), path)


def _refuse_what_is_in_the_way(folder: Path, names: Iterable[str], *, force: bool) -> None:
    """Files that are there already, and folders that are none or cannot be written to: all of them at once."""
    import os

    paths = [folder / each for each in names]
    present = [each for each in paths if is_there(each)]
    parents = dict.fromkeys(_existing(each.parent) for each in paths)
    blocked = [each for each in parents if not is_folder(each) or not os.access(each, os.W_OK | os.X_OK)]
    blocked += [each for each in present if is_folder(each)]
    if blocked:
        mend = "name another folder, or make room in this one"
        raise UsageError("nothing is written: no files can be made here:" + _listed(blocked), mend=mend)
    if present and not force:
        mend = "name another folder, or overwrite them with --force"
        raise UsageError("nothing is written: these files are there already:" + _listed(present), mend=mend)


def _listed(paths: Iterable[Path]) -> str:
    return "".join(f"\n  {path}" for path in sorted(paths))


def _write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write every file whole, first beside where it belongs: what fails on the way leaves nothing behind."""
    from tempfile import TemporaryDirectory

    made: list[Path] = []
    try:
        for parent in dict.fromkeys((folder / name).parent for name in files):
            missing = [each for each in (parent, *parent.parents) if not is_there(each)]
            for each in reversed(missing):
                each.mkdir()
                made.append(each)
        with TemporaryDirectory(dir=folder, prefix=".ringo-emu-new-") as beside:
            for number, text in enumerate(files.values()):
                Path(beside, str(number)).write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
            for number, path in enumerate(folder / name for name in files):
                made += [] if is_there(path) else [path]
                Path(beside, str(number)).replace(path)
    except (OSError, ValueError) as error:
        for each in reversed(made):
            with suppress(OSError):
                each.rmdir() if is_folder(each) else each.unlink()
        raise UsageError(
            f"{folder} cannot be written to: {error.strerror if isinstance(error, OSError) else error}",
            mend="name another folder",
        ) from error


# -- telling


def _tell(folder: Path, plan: _Plan, kept: Iterable[str], output: Output) -> None:
    from emulator.core.reading import read_document

    document = next(iter(plan.files))
    width = max(map(len, plan.files))
    output.text(f"written to {folder}:")
    for name in plan.files:
        meaning = _kept(folder / name) if name in kept else _MEANINGS.get(name, _DOCUMENT)
        output.text(f"  {name:<{width}}  {meaning}")
    for title, sentences in (("guessed", plan.guessed), ("left to fill in", plan.left)):
        if sentences:
            output.text(f"\n{title}:")
        for sentence in sentences:
            output.text(f"  - {sentence}")
    findings = read_document(str(folder / document), (folder / document).read_bytes()).findings
    told = [each for each in findings if each.severity is not Severity.NOTE]
    if told:
        output.text("\nto mend:")
        output.findings(told, codes=True)
    output.text("\nnext:")
    there = "" if absolute(folder) == Path.cwd() else f"cd {_typed(folder)} && "
    output.text(f"  {there}ringo-emu lint {document}")
    output.text("  ringo-emu run scenarios/")


def _kept(path: Path) -> str:
    """That .gitignore stays as it is, and what it should have."""
    from emulator.faces.scaffolding import IGNORED

    lines = read_file(path).decode("utf-8", "replace").splitlines()
    has = {line.strip().strip("/") for line in lines}
    missing = [each for each in IGNORED if each.strip("/") not in has]
    return "is there already, and stays as it is" + (f": add {' and '.join(missing)} to it" if missing else "")


def _typed(folder: Path) -> str:
    """*folder* as a shell wants it."""
    text = str(folder)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
