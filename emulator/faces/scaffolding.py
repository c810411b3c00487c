"""The files of a new project: a document from a few answers or from a draft, and what is beside it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from emulator.core.document import PLACEHOLDER
from emulator.core.rendering import absolute_url
from emulator.core.template import parse_template
from emulator.errors import RenderingError
from emulator.faces.installation import REQUIREMENT

AuthKind = Literal["bearer", "basic", "none"]
Document = Mapping[str, Any]

_LOCAL = "http://127.0.0.1:8080"
_CONDITION = re.compile(r"\[(\w+(?: \w+)*)\]")
_VALUE = re.compile(r"<(\w+)>")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_. -]*(?<! )")
_LONGEST_ID = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a new project is made from."""

    name: str
    """Of the service, as the portal shows it."""
    url: str
    """Where its API is, without a slash at its end."""
    auth: AuthKind
    files: bool
    """Whether it sends and receives files."""
    subscribe: bool
    """Whether it is told the webhook URL by a request."""


def id_from(name: str) -> str:
    """A service id that looks like *name*: letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_ID].strip("-") or "my-sms-service"


# -- the document


@dataclass(frozen=True, slots=True)
class _Scheme:
    """A way to authorize requests."""

    auth: Mapping[str, str] | None
    properties: Mapping[str, str]
    """Each property with the value that the reference provider takes."""
    header: str
    """The Authorization header that they make, or empty text."""
    options: str
    """What the reference provider must be told, inside a YAML list."""


_SCHEMES: Mapping[AuthKind, _Scheme] = {
    "bearer": _Scheme({"type": "Bearer", "token": "$API key$"}, {"API key": "demo-key"}, "Bearer demo-key", ""),
    "basic": _Scheme(
        {"type": "Basic", "username": "$Username$", "password": "$Password$"},
        {"Username": "demo-user", "Password": "demo-secret"},  # not "demo", which would be masked wherever it stands
        "Basic ZGVtby11c2VyOmRlbW8tc2VjcmV0",
        ", --auth, basic, --username, demo-user",
    ),
    "none": _Scheme(None, {}, "", ", --auth, none"),
}


def starter_document(answers: Answers) -> dict[str, Any]:
    """An integration document that says what *answers* say; the reference provider understands its requests."""
    scheme = _SCHEMES[answers.auth]
    parties = {"from": "$from$", "to": "$to$", "extension": "$extension$", "domain": "$domain$"}
    tracked = {"response_map": {"data": {"id": "$messageid$"}}}
    api = {"SendMessage": _request(answers, "/webhook", {**parties, "content": "$content$"}) | tracked}
    if answers.files:
        api["SendFile"] = _request(answers, "/webhook", {**parties, "media_url": "$content$"}) | tracked
    if answers.subscribe:
        subscription = {"domain": "$domain$", "user": "*", "model": "message", "post-url": "$webhook_url$"}
        api["Subscribe"] = _request(answers, "/ns-api/v2/subscriptions", subscription)
    models = [_model("message", "message", "from", "to", "content")]
    models += [_model("file", "mms", "from", "to", "text", "url")] if answers.files else []
    models += [_model("delivered", "messageDelivered", "messageid")]
    return {
        "id": id_from(answers.name),
        "name": answers.name,
        "class": "sms",
        **({"properties": [*scheme.properties]} if scheme.properties else {}),
        **({"auth": scheme.auth} if scheme.auth else {}),
        "API": api,
        "Webhook": models,
    }


def _request(answers: Answers, path: str, parameters: dict[str, str]) -> dict[str, Any]:
    return {
        "request_method": "POST",
        "request_url": answers.url + path,
        "request_content_type": "application/json",
        "request_parameters": parameters,
    }


def _model(event_key: str, event_type: str, *names: str) -> dict[str, Any]:
    return {
        "event_key": event_key,
        "event_type": event_type,
        "request_method": "POST",
        "request_parameters": {"method": "$event_key$", "params": {name: f"${name}$" for name in names}},
    }


# -- the files


def starter_files(answers: Answers) -> dict[str, str | bytes]:
    """Every file of a project that runs at once, against the reference provider; the document is the first."""
    document = starter_document(answers)
    scheme = _SCHEMES[answers.auth]
    values = {"url": _quoted(answers.url), "options": scheme.options, "header": scheme.header}
    flags = {"files": answers.files, "starter": True, "drafted": False, "text_reported": True}
    return _files(document, scheme.properties, flags, values, ("project.yaml", "first-conversation.yaml"))


def draft_files(document: Document) -> dict[str, str | bytes]:
    """Every file of a project around a drafted *document*, the first; its provider is the user's own."""
    properties = dict.fromkeys(document["properties"], PLACEHOLDER)
    hosts = dict.fromkeys(_origins(document, properties), _LOCAL)
    api = document["API"]
    flags = {
        "starter": False,
        "drafted": True,
        "files": "SendFile" in api,
        "text_reported": _is_reported(document, "SendMessage"),
        "file_reported": "SendFile" in api and _is_reported(document, "SendFile"),
    }
    values = {"hosts": _inside_map(hosts)}
    return _files(document, properties, flags, values, ("draft-project.yaml", "draft-conversation.yaml"))


def _files(
    document: Document,
    properties: Mapping[str, str],
    flags: Mapping[str, bool],
    values: Mapping[str, str],
    templates: tuple[str, str],
) -> dict[str, str | bytes]:
    name = f"{document['id']}.json"
    values = {**values, "document": name, "id": document["id"], "values": _inside_map(properties)}
    values["requirement"] = REQUIREMENT
    subscribe = "Subscribe" in document["API"]
    flags = {**flags, "properties": bool(properties), "subscribe": subscribe, "by_hand": not subscribe}
    project, conversation = (_filled(each, flags, values) for each in templates)
    return {
        name: _as_json(document),
        "ringo-emu.yaml": project,
        "scenarios/first-conversation.yaml": conversation,
        "tests/test_ringo.py": _filled("test_ringo.py.txt", flags, {}),
        ".github/workflows/ringo-emu.yml": _filled("workflow.yml", {}, values),
        ".gitignore": "".join(f"{each}\n" for each in IGNORED),
        **({PICTURE: _picture()} if flags["files"] else {}),
        **({".env.example": _environment(document["id"], properties)} if properties else {}),
    }


IGNORED = (".ringo-emu/", ".env")
"""What git must not take: journals, and secrets."""
PICTURE = "fixtures/cat.png"
"""The file that scenarios send, and that recipes name: the platform serves it itself."""


def _picture() -> bytes:
    from emulator.provider.samples import sample

    return next(each.data for each in [sample(PICTURE.rpartition("/")[2])] if each)


def _environment(service: str, properties: Iterable[str]) -> str:
    """What .env may hold: a line for each of *properties*, as environment variables are called.

    Each begins with the *service*: many systems set such as USERNAME themselves, and the environment goes before .env.
    """
    names = dict.fromkeys(f"{_variable(service)}_{_variable(name) or 'VALUE'}" for name in properties)
    lines = [
        "# Copy this file to .env, which git ignores, and fill it in there. In ringo-emu.yaml a value then is such as",
        f"# $env.{next(iter(names))}$",
        "# A variable of the same name in the environment goes before the line here.",
        *(f"{name}=" for name in names),
    ]
    return "\n".join(lines) + "\n"


def _variable(name: str) -> str:
    """*name* as environment variables are written; with an underscore before a digit, as none begins with one."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").upper()
    return f"_{plain}" if plain[:1].isdigit() else plain


def _filled(template: str, flags: Mapping[str, bool], values: Mapping[str, str]) -> str:
    """A file of templates/: ``<name>`` is a value; a line that begins with ``[name]`` stands only if it holds.

    A flag is one of *flags*, or a value that is not empty; of several in one pair of brackets all must hold.
    """
    text = (resources.files("emulator.faces") / "templates" / template).read_text("utf-8")
    holds: Mapping[str, object] = {**values, **flags}
    lines = []
    for line in text.splitlines(keepends=True):
        condition = _CONDITION.match(line)
        if condition is None or all(holds[name] for name in condition.group(1).split()):
            lines.append(line[condition.end() :] if condition else line)
    return _VALUE.sub(lambda match: values.get(match.group(1), match.group()), "".join(lines))


def _as_json(document: Document) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, out of a draft
        return json.dumps(document, indent=2) + "\n"
    return text


def _inside_map(entries: Mapping[str, str]) -> str:
    return ", ".join(f"{_quoted(name)}: {_quoted(value.replace('$', '$$'))}" for name, value in entries.items())


def _quoted(text: str) -> str:
    """*text* as YAML, in quotes where it might mean something."""
    # JSON writes a text as YAML does in double quotes, but for the characters that YAML refuses to see.
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=not text.isprintable())


def _origins(document: Document, properties: Mapping[str, str]) -> list[str]:
    """The hosts that the document's requests go to."""
    origins = []
    for request in document["API"].values():
        filled = parse_template(request["request_url"]).fill(
            lambda variable: properties.get(variable.name, PLACEHOLDER)
        )
        with suppress(RenderingError):
            match = re.match(r"https?://[^/?#]+", absolute_url(filled))
            origins += [match.group()] if match else []
    return origins


def _is_reported(document: Document, name: str) -> bool:
    """Whether the delivery of what a request sent is told, and can be told of it."""
    reports = any(
        model["event_type"] == "messageDelivered" and not model["event_key"].startswith(PLACEHOLDER)
        for model in document.get("Webhook", ())
    )
    return reports and "$messageid$" in json.dumps(document["API"][name].get("response_map"))
