"""What a document makes the platform do is shown before anything is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest

from emulator.core.conversations import NumberSettings
from emulator.core.explaining import (
    SAMPLES,
    ExplainedRequest,
    Origin,
    Samples,
    check_samples,
    example_body,
    explain_oauth,
    explain_requests,
    explain_webhooks,
)
from emulator.core.profile import Profile
from emulator.core.reading import read_document
from emulator.errors import RenderingError, UsageError

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DOCUMENTS = [
    SCENARIOS / "reference.json",
    SCENARIOS / "reference-oauth2.json",
    *(SCENARIOS / "shapes").glob("*/integration.json"),
]
NOTHING = Samples({}, {})


def document(*changes: tuple[tuple[str | int, ...], Any], name: str = "reference.json") -> IntegrationDocument:
    """An example document with other values at some places."""
    data = json.loads((SCENARIOS / name).read_text("utf-8"))
    for (*path, last), value in changes:
        node = data
        for step in path:
            node = node[step]
        node[last] = value
    return read_document(name, json.dumps(data).encode()).playable().document


def send(explained: tuple[ExplainedRequest, ...]) -> ExplainedRequest:
    """SendMessage."""
    return next(each for each in explained if each.name == "SendMessage")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_webhook_fits_the_models_of_its_own_document(path: Path) -> None:
    """Framework 6.10: the request that is shown for a model is taken by one, and brings each of its variables."""
    read = read_document(path.name, path.read_bytes()).playable().document

    for webhook in explain_webhooks(read, NOTHING):
        assert webhook.events, webhook.request
        assert {event.event_type for event in webhook.events} == {webhook.model.event_type}
        assert all(event.variables for event in webhook.events)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_request_is_shown(path: Path) -> None:
    """With sample values where nothing is given: no variable is left."""
    read = read_document(path.name, path.read_bytes()).playable().document
    explained = explain_requests(read, NOTHING, Profile())

    assert [each.name for each in explained] == [
        each for each in ("SendMessage", "SendFile", "Subscribe") if read.api.method(each)
    ]
    for each in explained:
        request = each.rendered.request
        assert urlsplit(request.url).hostname
        assert "$" not in request.url
        said = unquote_plus(f"{request.url} {request.body.decode()}")
        content = {"SendMessage": "Hello there!", "SendFile": "cat.jpg", "Subscribe": "services"}[each.name]
        assert content in said


def test_a_value_of_ones_own_stands_in_place_of_the_sample() -> None:
    """For every request, or for one alone."""
    samples = Samples({"API key": "mine"}, {"content": "for all", "SendMessage.content": "for this one"})
    explained = explain_requests(document(), samples, Profile())
    bodies = {each.name: each.rendered.request.body for each in explained}

    assert send(explained).rendered.request.header("Authorization") == "Bearer mine"
    assert b"for this one" in bodies["SendMessage"]
    assert b"for all" in bodies["SendFile"]


@pytest.mark.parametrize(
    ("samples", "message", "mend"),
    [
        (Samples({"API kee": "x"}, {}), 'the document has no property "API kee"', 'did you mean "API key"?'),
        (Samples({}, {"contend": "x"}), 'the platform supplies no "contend"', 'did you mean "content"?'),
        (Samples({}, {"SendMessage.webhook_url": "x"}), 'the platform supplies no "SendMessage.webhook_url"', None),
    ],
)
def test_a_name_that_is_not_there(samples: Samples, message: str, mend: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        check_samples(document(), samples)

    assert caught.value.message == message
    assert mend is None or mend in (caught.value.mend or "")


@pytest.mark.parametrize(
    ("unset", "single", "inside"),
    [
        ("drop", "the key is left out", "empty in the text"),
        ("empty", "empty text", "empty in the text"),
        ("literal", "its name stays", "its name stays"),
    ],
)
def test_where_values_come_from(unset: str, single: str, inside: str) -> None:
    """Framework 3: and what becomes of a key whose variable has no value, by the profile."""
    parameters = {"a": "$content$", "b": "to $to$ by $API key$", "c": "fixed", "d": 1, "e": ["$from$"]}
    made = document((("API", "SendMessage", "request_parameters"), parameters))
    explained = explain_requests(made, NOTHING, Profile.model_validate({"unset": unset}))

    origins = {each.path: each for each in send(explained).origins}
    assert origins["$.a"] == Origin("$.a", "$content$ built-in", single)
    assert origins["$.b"] == Origin("$.b", "$to$ built-in, $API key$ property", inside)
    assert (origins["$.c"], origins["$.d"]) == (Origin("$.c", "literal"), Origin("$.d", "literal"))
    assert origins["Authorization"] == Origin("Authorization", "$API key$ property", "an error: nothing is sent")
    if unset == "drop":
        assert origins["$.e[0]"].unset == "the element is left out"


def test_oauth_step_by_step() -> None:
    """Framework 5: who does what, the requests of the platform among it; other documents have no such steps."""
    steps = explain_oauth(document(name="reference-oauth2.json"), NOTHING, Profile())
    asked = [each.request for each in steps if each.request is not None]

    assert [each.method for each in asked] == ["GET", "POST", "POST"]
    assert dict(parse_qsl(urlsplit(asked[0].url).query))["response_type"] == "code"
    grants = [dict(parse_qsl(each.body.decode()))["grant_type"] for each in asked[1:]]
    assert grants == ["authorization_code", "refresh_token"]
    assert explain_oauth(document(), NOTHING, Profile()) == ()


def test_an_example_has_the_shape_of_its_model() -> None:
    """Each variable has a value that a reader knows again; one that the platform does not know keeps its name."""
    model = document().webhooks[0]
    shape = {"kind": "$event_key$", "list": ["$from$", 1, None, True], "odd": "<$shoe size$>"}

    assert example_body(shape, model) == {
        "kind": model.event_key,
        "list": ["+61123456789", 1, None, True],
        "odd": "<<shoe size>>",
    }


def test_a_webhook_by_query() -> None:
    """Framework 6: of a model with GET the example is a query."""
    parameters = {"method": "$event_key$", "messageid": "$messageid$"}
    made = document((("Webhook", 2, "request_method"), "GET"), (("Webhook", 2, "request_parameters"), parameters))
    webhook = explain_webhooks(made, Samples({}, {"webhook_url": "http://127.0.0.1/hook"}))[2]

    assert (webhook.request.method, webhook.request.body) == ("GET", b"")
    query = dict(parse_qsl(webhook.request.url.removeprefix("http://127.0.0.1/hook?")))
    assert query == {"method": "delivered", "messageid": webhook.events[0].variables["messageid"]}


@pytest.mark.parametrize(
    ("url", "given", "message", "mend"),
    [
        (
            "https://$Host$:$Port$/v1",
            {},
            "API.SendMessage.request_url, 'https://$Host$:$Port$/v1', needs $Host$ and $Port$, which have no value",
            'give them by --property "Host=…" --property "Port=…"',
        ),
        (
            "https://$Host$:$Port$/v1",
            {"Host": "api.example"},
            "API.SendMessage.request_url, 'https://$Host$:$Port$/v1', needs $Port$, which has no value",
            'give it by --property "Port=…"',
        ),
        (
            "https://$Host$/v1",
            {"Host": "not a host"},
            "'https://$Host$/v1', filled, is 'https://not a host/v1', which is no absolute http(s) URL",
            "correct the value of $Host$: write https://host/path",
        ),
    ],
    ids=["none-given", "one-given", "wrong-value"],
)
def test_an_address_without_its_properties(url: str, given: dict[str, str], message: str, mend: str) -> None:
    """The property is named that has no value, or a value of which no address can be made."""
    read = document((("properties",), ["API key", "Host", "Port"]), (("API", "SendMessage", "request_url"), url))
    with pytest.raises(RenderingError) as caught:
        explain_requests(read, Samples(given, {}), Profile())
    assert (message, mend) == (caught.value.message, caught.value.mend)


def test_an_endpoint_without_its_properties() -> None:
    """The same for the endpoints of OAuth2."""
    read = document(
        (("properties",), ["Client ID", "Client Secret", "Test Host"]),
        (("OAuth2", "token_endpoint"), "https://$Test Host$/token"),
        name="reference-oauth2.json",
    )
    with pytest.raises(RenderingError) as caught:
        explain_oauth(read, NOTHING, Profile())
    assert (
        caught.value.message
        == "OAuth2.token_endpoint, 'https://$Test Host$/token', needs $Test Host$, which has no value"
    )


def test_numbers_and_texts_go_out_as_the_organization_says() -> None:
    """Framework 7: what is shown is what is sent, by the settings of the number that sends."""
    settings = {SAMPLES["from"]: NumberSettings(outbound="international", header="<", footer=">")}
    requests = explain_requests(document(), Samples({}, {}, settings), Profile())
    bodies: dict[str, Any] = {each.name: each.rendered.json for each in requests}

    assert (bodies["SendMessage"]["from"], bodies["SendMessage"]["to"]) == ("61855555555", "61123456789")
    assert bodies["SendMessage"]["content"] == f"<{SAMPLES['content']}>"
    assert (bodies["SendFile"]["from"], bodies["SendFile"]["to"]) == ("61855555555", "61123456789")
    assert "<" not in str(bodies["SendFile"]["media_url"]), "a file has no text around it"
