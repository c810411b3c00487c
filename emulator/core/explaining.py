"""What a document makes the platform do: every request with sample values, every webhook with an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from emulator.core.document import (
    API_NAMES,
    ApiMethod,
    ApiName,
    BasicAuth,
    BearerAuth,
    IntegrationDocument,
    WebhookModel,
)
from emulator.core.findings import suggestion
from emulator.core.matching import compile_models, match
from emulator.core.messages import Request
from emulator.core.oauth import authorization_url, client_of, code_request, refresh_request
from emulator.core.rendering import RenderedRequest, json_bytes, render
from emulator.core.source import jsonpath
from emulator.core.template import leaves, parse_template
from emulator.core.variable_rules import supplied
from emulator.errors import RenderingError, UsageError

if TYPE_CHECKING:
    from emulator.core.conversations import NumberSettings
    from emulator.core.matching import CompiledModel, Event
    from emulator.core.messages import Json, Scalar
    from emulator.core.profile import Profile

SAMPLES: Mapping[str, str] = {
    "from": "+61855555555",
    "to": "+61123456789",
    "extension": "101",
    "domain": "acme",
    "content": "Hello there!",
    "webhook_url": "https://shell.ringotel.co/services/{id}/a12345678901234567890",
}
"""Values that the platform would supply."""
ACCESS_TOKEN = "<access token>"  # noqa: S105 - a placeholder
"""Stands for the token that an OAuth2 provider would give."""
_REDIRECT = "<redirect address>"
_FILE_SAMPLE = "https://files.example.com/cat.jpg"
_INCOMING: Mapping[str, str] = {
    "from": "+61123456789",
    "to": "+61855555555",
    "content": "Hello there!",
    "text": "Sending a file",
    "url": "https://files.example.com/cat.jpg",
    "messageid": "9612c4e2-27f8-4463-a517-c6306ffdabff",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value of a request comes from; *unset* says what happens when the variable has no value."""

    path: str
    source: str
    unset: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainedRequest:
    """One request with sample values."""

    name: ApiName
    rendered: RenderedRequest
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class ExplainedWebhook:
    """One webhook model with a request that the provider could make."""

    index: int
    model: WebhookModel
    request: Request
    body: Json
    events: tuple[Event, ...]
    """What the document's models make of it."""


@dataclass(frozen=True, slots=True)
class OAuthStep:
    """One step of getting a token: who does what, and the request made, if one is."""

    sentence: str
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Samples:
    """Values to explain with: *properties* by name, *built_in* by name or ``Request.name``."""

    properties: Mapping[str, str]
    built_in: Mapping[str, str]
    settings: Mapping[str, NumberSettings] = field(default_factory=dict)
    """What the organization has set for each SMS number: numbers and texts go out as it says."""

    def variables(self, document: IntegrationDocument, name: ApiName) -> dict[str, Scalar]:
        """Every variable of a request, sample values where nothing else is given."""
        values: dict[str, Scalar] = {each: f"<{each}>" for each in document.properties}
        values |= self.properties
        for each in supplied(name):
            sample = _FILE_SAMPLE if name == "SendFile" and each == "content" else SAMPLES[each]
            values[each] = self.built_in.get(
                f"{name}.{each}", self.built_in.get(each, sample.replace("{id}", document.id))
            )
        return {**values, **self._as_set(name, values)}

    def _as_set(self, name: ApiName, values: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Those of *values* that go out otherwise, by the settings of the number that sends (framework 7)."""
        number = values.get("from")
        if not isinstance(number, str) or number not in self.settings:
            return {}
        settings = self.settings[number]
        written = {each: settings.number(str(values[each])) for each in ("from", "to") if each in values}
        text = {"content": settings.text(str(values["content"]))} if name == "SendMessage" else {}
        return {**written, **text}


def check_samples(document: IntegrationDocument, samples: Samples) -> None:
    """Refuse names that the document or the platform does not have.

    Raises:
        UsageError: A name is unknown.
    """
    for name in samples.properties:
        if name not in document.properties:
            raise UsageError(f'the document has no property "{name}"', mend=suggestion(name, document.properties))
    known = {f"{api}.{each}" for api in API_NAMES for each in supplied(api)} | SAMPLES.keys()
    for name in samples.built_in:
        if name not in known:
            raise UsageError(f'the platform supplies no "{name}"', mend=suggestion(name, SAMPLES))


def explain_requests(document: IntegrationDocument, samples: Samples, profile: Profile) -> tuple[ExplainedRequest, ...]:
    """Every request that *document* makes the platform make.

    Raises:
        RenderingError: One cannot be made from the values given.
        UsageError: A value is given for a name that is not there.
    """
    check_samples(document, samples)
    explained = []
    for name in API_NAMES:
        method = document.api.method(name)
        if method is not None:
            auth = BearerAuth(type="Bearer", token=ACCESS_TOKEN) if document.oauth2 else document.auth
            with _naming_what_is_missing(document, samples, {f"API.{name}.request_url": method.url}):
                rendered = render(method, samples.variables(document, name), profile, auth=auth)
            explained.append(ExplainedRequest(name, rendered, _origins(document, method, profile)))
    return tuple(explained)


@contextmanager
def _naming_what_is_missing(document: IntegrationDocument, samples: Samples, urls: Mapping[str, str]) -> Iterator[None]:
    """Where no address can be made in the block, the properties are to blame that stand in it and have no value."""
    try:
        yield
    except RenderingError:
        for place, url in urls.items():
            names = dict.fromkeys(each.name for each in parse_template(url).variables)
            missing = [each for each in names if each in document.properties and each not in samples.properties]
            if missing:
                needed = " and ".join(f"${each}$" for each in missing)
                message = f"{place}, {url!r}, needs {needed}, {'which have' if missing[1:] else 'which has'} no value"
                given = " ".join(f'--property "{each}=…"' for each in missing)
                raise RenderingError(message, mend=f"give {'them' if missing[1:] else 'it'} by {given}") from None
        raise


def _origins(document: IntegrationDocument, method: ApiMethod, profile: Profile) -> tuple[Origin, ...]:
    origins = [_origin(document, "request_url", method.url, needed=True, profile=profile)]
    origins += [
        _origin(document, "Authorization", each, needed=True, profile=profile) for each in _auth_templates(document)
    ]
    for path, leaf in leaves(method.parameters):
        shown = jsonpath(path) if path else "$"
        origins.append(
            _origin(document, shown, leaf, needed=False, profile=profile)
            if isinstance(leaf, str)
            else Origin(shown, "literal")
        )
    return tuple(origins)


def _auth_templates(document: IntegrationDocument) -> tuple[str, ...]:
    match document.auth:
        case _ if document.oauth2 is not None:
            return (ACCESS_TOKEN,)
        case BearerAuth(token=token):
            return (token,)
        case BasicAuth(username=username, password=password):
            return (username, password)
        case _:
            return ()


def _origin(document: IntegrationDocument, path: str, text: str, *, needed: bool, profile: Profile) -> Origin:
    template = parse_template(text)
    if not template.variables:
        return Origin(path, "literal")
    sources = [
        f"${each.name}$ {'property' if each.name in document.properties else 'built-in'}" for each in template.variables
    ]
    if needed:
        unset = "an error: nothing is sent"
    elif template.single is None:
        unset = "its name stays" if profile.unset == "literal" else "empty in the text"
    else:
        left_out = (
            "the element is left out" if path.endswith("]") and not path.endswith('"]') else "the key is left out"
        )
        unset = {"drop": left_out, "empty": "empty text", "literal": "its name stays"}[profile.unset]
    return Origin(path, ", ".join(sources), unset)


def explain_oauth(document: IntegrationDocument, samples: Samples, profile: Profile) -> tuple[OAuthStep, ...]:
    """The OAuth 2.0 web server flow, step by step; nothing for a document that has none (framework 5).

    Raises:
        RenderingError: An endpoint cannot be made from the values given.
    """
    oauth2 = document.oauth2
    if oauth2 is None:
        return ()
    places = ("authorization_endpoint", "token_endpoint")
    with _naming_what_is_missing(document, samples, {f"OAuth2.{each}": getattr(oauth2, each) for each in places}):
        client = client_of(oauth2, samples.variables(document, "SendMessage"), profile)
    consent = authorization_url(client, _REDIRECT, "<state>")
    return (
        OAuthStep("The admin's browser opens the authorization endpoint:", Request(method="GET", url=consent)),
        OAuthStep(f"The admin agrees; the provider sends the browser to {_REDIRECT}?code=<code>&state=<state>"),
        OAuthStep(
            "The platform compares the state and exchanges the code (credentials in the body: an assumption):",
            code_request(client, "<code>", _REDIRECT, profile),
        ),
        OAuthStep(f"Every request carries Authorization: Bearer {ACCESS_TOKEN}"),
        OAuthStep(
            "Before the token expires, and once after a 401, the platform renews it and keeps the refresh token that "
            "the answer names, if it names one:",
            refresh_request(client, "<refresh token>", profile),
        ),
    )


def explain_webhooks(document: IntegrationDocument, samples: Samples) -> tuple[ExplainedWebhook, ...]:
    """For every webhook model a request that fits it, and what the models make of that."""
    url = samples.built_in.get("webhook_url", SAMPLES["webhook_url"].replace("{id}", document.id))
    compiled = compile_models(document.webhooks)
    return tuple(_webhook(index, model, url, compiled) for index, model in enumerate(document.webhooks))


def _webhook(index: int, model: WebhookModel, url: str, compiled: Sequence[CompiledModel]) -> ExplainedWebhook:
    body = example_body(model.parameters, model)
    if model.verb in {"GET", "DELETE"}:
        query = urlencode(body, doseq=True) if isinstance(body, dict) else ""
        request = Request(method=model.verb, url=f"{url}?{query}")
    else:
        headers = (("Content-Type", "application/json"),)
        request = Request(method=model.verb, url=url, headers=headers, body=json_bytes(body))
    return ExplainedWebhook(index, model, request, body, match(compiled, model.verb, body).events)


def example_body(shape: Any, model: WebhookModel) -> Any:
    """*shape* with an example in place of every variable."""
    if isinstance(shape, dict):
        return {key: example_body(value, model) for key, value in shape.items()}
    if isinstance(shape, list):
        return [example_body(value, model) for value in shape]
    if not isinstance(shape, str):
        return shape
    values = {**_INCOMING, "event_key": model.event_key}
    return parse_template(shape).fill(lambda variable: values.get(variable.name, f"<{variable.name}>"))
