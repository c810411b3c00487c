"""What a well-formed document means, and where that is not what its author wanted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from emulator.core.profile import Profile
from emulator.core.reading import read_document

Change = Callable[[dict[str, Any]], None]


def _set(*path: str | int, to: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        node: Any = document
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = to

    return change


def _without(*path: str | int) -> Change:
    def change(document: dict[str, Any]) -> None:
        node: Any = document
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]

    return change


SEND = ("API", "SendMessage")
OUT = (*SEND, "request_parameters")
OUT_PATH = "$.API.SendMessage.request_parameters"
MESSAGE = ("Webhook", 0, "request_parameters", "params")
IN_PATH, MMS_PATH = "$.Webhook[0].request_parameters", "$.Webhook[1].request_parameters"
MMS = ("Webhook", 1, "request_parameters", "params")
FORM = "application/x-www-form-urlencoded"
OAUTH2 = {
    "client_id": "$API key$",
    "client_secret": "$API key$",
    "authorization_endpoint": "https://a.example",
    "token_endpoint": "https://a.example",
}


@pytest.mark.parametrize(
    ("change", "code", "path", "remedy"),
    [
        (_set(*OUT, "ref", to="$mesageid$"), "DOC-301", f"{OUT_PATH}.ref", "use one of"),
        (_set(*OUT, "to", to="$To$"), "DOC-301", f"{OUT_PATH}.to", "did you mean $to$?"),
        (_set(*OUT, "u", to="$url$"), "DOC-303", f"{OUT_PATH}.u", "in SendFile"),
        (_set(*OUT, "w", to="$webhook_url$"), "DOC-303", f"{OUT_PATH}.w", "only Subscribe"),
        (_set(*OUT, "d", to="costs $5"), "DOC-304", f"{OUT_PATH}.d", "write $name$"),
        (_set(*SEND, "request_url", to="https://$Server$/x"), "DOC-301", "$.API.SendMessage.request_url", "use one of"),
        (_set("properties", to=["API key", "Unused"]), "DOC-302", "$.properties[1]", "remove it"),
        (_set("OAuth2", to=OAUTH2), "DOC-207", "$.auth", "keep one"),
        (_set("Webhook", to=[]), "DOC-208", "$.Webhook", "describe"),
        (_without("API", "SendFile"), "DOC-209", "$.API", "nothing to do"),
        (
            _set(*SEND, "request_content_type", to="text/xml"),
            "DOC-402",
            "$.API.SendMessage.request_content_type",
            "application/json",
        ),
        (
            _set(*SEND, "response_map", "data", "id", to="x"),
            "DOC-404",
            "$.API.SendMessage.response_map",
            "response_map",
        ),
        (
            _set(*SEND, "request_url", to="https://$Server$/x"),
            "DOC-301",
            "$.API.SendMessage.request_url",
            '"Server" to',
        ),
        (_set("properties", to=["API key", "Srever"]), "DOC-302", "$.properties[1]", "use $Srever$"),
        (_set("OAuth2", to=OAUTH2 | {"client_id": "$Id$"}), "DOC-301", "$.OAuth2.client_id", '"Id" to properties'),
        (_set(*MESSAGE, "content", to="$Content$"), "DOC-301", f"{IN_PATH}.params.content", "did you mean $content$?"),
        (_set(*MESSAGE, "media", to="$url$"), "DOC-303", f"{IN_PATH}.params.media", "a file comes as an mms"),
        (_set(*MMS, "text", to="$content$"), "DOC-303", f"{MMS_PATH}.params.text", "the caption is $text$"),
        (_set(*OUT, "id", to="$messageid$"), "DOC-303", f"{OUT_PATH}.id", "a request cannot send it"),
        (_set(*OUT, "event", to="$event_key$"), "DOC-303", f"{OUT_PATH}.event", "only webhook models"),
        (_set("auth", "token", to="$webhook_url$"), "DOC-303", "$.auth.token", "only Subscribe"),
        (
            _set("API", "SendFile", "request_content_type", to="multipart/form-data"),
            "DOC-405",
            "$.API.SendFile.request_content_type",
            "the provider fetches the file",
        ),
        (_without(*SEND, "response_map"), "DOC-404", "$.API.SendMessage", "response_map"),
        (_without("Webhook"), "DOC-208", "$.Webhook", "describe"),
        (_without(*MESSAGE, "content"), "DOC-501", "$.Webhook[0].request_parameters", "$content$"),
        (_set(*MMS, "url", to="$content$"), "DOC-501", "$.Webhook[1].request_parameters", "an mms has $url$"),
        (_set(*MESSAGE, "content", to="$text$"), "DOC-501", "$.Webhook[0].request_parameters", "belong to mms"),
        (
            _without("Webhook", 0, "request_parameters", "method"),
            "DOC-502",
            "$.Webhook[0].request_parameters",
            "$event_key$",
        ),
        (_set("SendMessage", to={}), "DOC-210", "$.SendMessage", '"SendMessage" belongs inside API'),
        (_set("auth", "OAuth2", to=OAUTH2), "DOC-210", "$.auth.OAuth2", "at the top level"),
        (_set("auth", to={"OAuth2": OAUTH2}), "DOC-210", "$.auth.OAuth2", "at the top level"),
        (_set("API", "Webhook", to=[]), "DOC-210", "$.API.Webhook", "at the top level"),
        (_set(*SEND, "token", to="$API key$"), "DOC-210", "$.API.SendMessage.token", "inside auth"),
        (_set("Webhook", 0, "response_map", to={}), "DOC-210", "$.Webhook[0].response_map", "a request of API"),
        (_set("auth", "type", to="HMAC"), "DOC-204", "$.auth.type", "no signature"),
        (_set("Webhook", 0, "event_type", to="sms"), "DOC-204", "$.Webhook[0].event_type", '"message" for a text'),
        (_set("Webhook", 0, "status", to="read"), "DOC-202", "$.Webhook[0].status", "no states but delivered"),
        (_set("OAuth2", to=OAUTH2 | {"flow_type": {"default": "1"}}), "DOC-211", "$.OAuth2.flow_type.default", '"0"'),
        (_set("OAuth2", to=OAUTH2 | {"flow_type": {"flow": "0"}}), "DOC-211", "$.OAuth2.flow_type.flow", '"0"'),
        (_set("OAuth2", to=OAUTH2 | {"flow_type": []}), "DOC-211", "$.OAuth2.flow_type", '"0"'),
        (
            _set("OAuth2", to=OAUTH2 | {"authorization_parameters": {"scope": "a"}}),
            "DOC-211",
            "$.OAuth2.authorization_parameters.scope",
            '{"default": "…"}',
        ),
        (
            _set("OAuth2", to=OAUTH2 | {"authorization_parameters": {"default": "scope=a b"}}),
            "DOC-407",
            "$.OAuth2.authorization_parameters.default",
            "%20",
        ),
        (
            _set("OAuth2", to=OAUTH2 | {"token_parameters": {"content_type": "application/json"}}),
            "DOC-402",
            "$.OAuth2.token_parameters.content_type",
            FORM,
        ),
        (_set("OAuth2", to=OAUTH2 | {"token_endpoint": "http://a"}), "DOC-406", "$.OAuth2.token_endpoint", "https"),
        (_set("OAuth2", to=OAUTH2 | {"client_secret": "s"}), "DOC-305", "$.OAuth2.client_secret", "properties"),
        (_set("auth", "token", to="abc"), "DOC-305", "$.auth.token", "$API key$"),
        (_set(*SEND, "request_url", to="https://me:pw@a.example/"), "DOC-305", "$.API.SendMessage.request_url", ""),
        (_set(*SEND, "request_url", to="https://a.example/?api_key=k"), "DOC-305", "$.API.SendMessage.request_url", ""),
        (_set(*OUT, "api_key", to="12345"), "DOC-305", f"{OUT_PATH}.api_key", "properties"),
        (_set("auth", "token", to="Bearer $API key$"), "DOC-306", "$.auth.token", "leave"),
        (_set(*SEND, "request_url", to="http://a.example/"), "DOC-406", "$.API.SendMessage.request_url", "https://"),
        (_set(*SEND, "request_url", to="https://a.example/a b"), "DOC-407", "$.API.SendMessage.request_url", "%20"),
        (_set(*SEND, "request_method", to="GET"), "DOC-408", "$.API.SendMessage.request_content_type", "remove"),
        (
            _set(*SEND, "response_map", "data", "id", to="$messageid"),
            "DOC-304",
            "$.API.SendMessage.response_map.data.id",
            "",
        ),
        (_without(*SEND, "request_parameters"), "DOC-410", "$.API.SendMessage", "write $content$"),
        (_set(*SEND, "request_parameters", to=None), "DOC-410", OUT_PATH, "write $content$"),
        (_set(*OUT, "to", to="+1"), "DOC-410", OUT_PATH, "write $to$"),
        (
            _set("API", "Subscribe", "request_parameters", to={}),
            "DOC-410",
            "$.API.Subscribe.request_parameters",
            "write $webhook_url$",
        ),
        (_set(*SEND, "response_map", to=None), "DOC-404", "$.API.SendMessage.response_map", "as the provider answers"),
        (_without(*SEND, "response_map"), "DOC-404", "$.API.SendMessage", "as the provider answers"),
        (_without("Webhook", 2), "DOC-409", "$.API.SendMessage.response_map", "delivery report"),
        (_set(*MESSAGE, "more", to=[]), "DOC-504", f"{IN_PATH}.params.more", "remove it"),
        (
            _set(*MESSAGE, "items[0].ref", to="x"),
            "DOC-506",
            f'{IN_PATH}.params["items[0].ref"]',
            '"items": [{"ref": "x"}]',
        ),
        (_set(*MESSAGE, "data.items[*]", to="x"), "DOC-506", f'{IN_PATH}.params["data.items[*]"]', '{"items": ["x"]}'),
        (_set(*MESSAGE, "$.ref", to="x"), "DOC-506", f'{IN_PATH}.params["$.ref"]', '"ref": "x"'),
        (
            _set(*SEND, "response_map", to={"r[0].id": "$messageid$", "r[0].ok": True}),
            "DOC-506",
            '$.API.SendMessage.response_map["r[0].id"]',
            'write {"r": [{"id": "$messageid$", "ok": true}]}; nothing to do if',
        ),
        (_set("Webhook", 0, "request_method", to="GET"), "DOC-504", f"{IN_PATH}.params", "the query's field"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("DOC") else "",
)
def test_oddities_are_told(raw: dict[str, Any], change: Change, code: str, path: str, remedy: str) -> None:
    """Framework 2.7, 2.8, 2.11, 2.14, 3.5, 3.15, 4.3, 4.6, 5.14, 6.18, 8.9, 9.2: each oddity is found at its path,
    and its remedy says what to do."""
    change(raw)
    findings = read_document("x.json", json.dumps(raw, indent=1).encode()).findings
    found = [(each.code, each.path) for each in findings]
    assert (code, path) in found
    assert any(remedy in each.remedy for each in findings if each.code == code)


@pytest.mark.parametrize(
    "key", ["a.b", "a.b.c", "a[b]", "a[b][c]", "a[0]", "a[0][b]", "$event", "a b", "a-b", "1.5", ""]
)
def test_names_of_fields_are_no_paths(raw: dict[str, Any], key: str) -> None:
    """A flat key may have dots, as in JSON of logs, or brackets, as in a form of PHP."""
    _set(*MESSAGE, key, to="x")(raw)
    assert "DOC-506" not in {each.code for each in read_document("x.json", json.dumps(raw).encode()).findings}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("request_headers", "the format has no headers of your own"),
        ("query_parameters", "write it into request_url"),
        ("timeout", "the platform chooses its own"),
        ("retries", "the platform chooses its own"),
        ("webhook_signature", "are not signed"),
        ("Unsubscribe", "the format has no unsubscribe"),
        ("error_map", "a literal in response_map"),
        ("response_mop", 'did you mean "response_map"?'),
        ("colour", "nothing reads it"),
    ],
)
def test_what_the_format_cannot_say(raw: dict[str, Any], key: str, words: str) -> None:
    """Framework 9.1: a key for something that the format has not is told in plain words."""
    del raw["API"]["Subscribe"]["request_parameters"]
    raw["API"]["Subscribe"][key] = "x"
    findings = read_document("x.json", json.dumps(raw).encode()).findings
    (finding,) = [each for each in findings if each.code == "DOC-202"]
    assert ("DOC-202", "warning", f"$.API.Subscribe.{key}") == (finding.code, finding.severity, finding.path)
    assert words in finding.remedy


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (_set(*SEND, "request_url", to="$API key$/x"), []),
        (_set(*SEND, "request_url", to="HTTPS://a"), []),
        (_set("API", "Subscribe", "response_map", to=None), []),
        (_set(*OUT, "costs", to="$ 5"), []),
        (_set(*OUT, "costs", to="5 $"), []),
        (_set("auth", to={"type": "Basic", "username": "$API key$", "password": ""}), []),
        (_set("properties", to=["API key", "from"]), []),
    ],
    ids=["property-as-url", "capitals", "no-map", "dollar", "dollar-behind", "empty-password", "own"],
)
def test_what_is_right_is_not_told(raw: dict[str, Any], change: Change, codes: list[str]) -> None:
    """Framework 2.5, 2.6: what can be played as it is meant gives no finding."""
    change(raw)
    assert codes == [each.code for each in read_document("x.json", json.dumps(raw).encode()).findings]


def test_without_reports_no_id_is_needed(raw: dict[str, Any]) -> None:
    """Framework 4.20: where nothing reports delivery, an answer need not name the message."""
    del raw["Webhook"][2]
    raw["API"]["SendMessage"]["response_map"] = {"ok": True}
    del raw["API"]["SendFile"]["response_map"]
    assert read_document("x.json", json.dumps(raw).encode()).findings == ()


@pytest.mark.parametrize("general_first", [True, False])
def test_a_shadowed_model_is_found(raw: dict[str, Any], general_first: bool) -> None:
    """Framework 9.5: a model that another one before it shadows is never reached; the more specific first is right."""
    general = raw["Webhook"][2]
    special = json.loads(json.dumps(general))
    special["request_parameters"]["params"]["status"] = "DELIVRD"
    raw["Webhook"][2:] = [general, special] if general_first else [special, general]
    findings = read_document("x.json", json.dumps(raw).encode()).findings
    assert ([("DOC-503", "$.Webhook[3]")] if general_first else []) == [(each.code, each.path) for each in findings]
    assert all("whatever fits it fits Webhook[2]" in each.message for each in findings)


def test_a_file_with_a_caption_is_shadowed(raw: dict[str, Any]) -> None:
    """Framework 9.5: a message model that takes every file with a caption, yet none without, shadows the mms model."""
    message, mms = raw["Webhook"][:2]
    mms["request_parameters"] = {
        "type": "in",
        "params": {"from": "$from$", "to": "$to$", "text": "$text$", "url": "$url$"},
    }
    message["request_parameters"] = {"type": "in", "params": {"from": "$from$", "to": "$to$", "text": "$content$"}}
    (finding,) = read_document("x.json", json.dumps(raw).encode()).findings
    assert ("DOC-503", "$.Webhook[1]") == (finding.code, finding.path)
    assert "no mms with a caption reaches this model" in finding.message
    raw["Webhook"][:2] = [mms, message]
    assert () == read_document("x.json", json.dumps(raw).encode()).findings


def test_models_of_other_methods_shadow_nothing(raw: dict[str, Any]) -> None:
    """Framework 6.10: a GET's model and a POST's model never take the same webhook."""
    raw["Webhook"].append({**raw["Webhook"][2], "request_method": "PUT"})
    assert read_document("x.json", json.dumps(raw).encode()).findings == ()


def test_a_misspelt_variable_is_told_once(raw: dict[str, Any]) -> None:
    """A model that lacks a variable because it is misspelt is told of the slip alone."""
    raw["Webhook"][1]["request_parameters"]["params"]["url"] = "$Url$"
    assert [each.code for each in read_document("x.json", json.dumps(raw).encode()).findings] == ["DOC-301"]


def test_a_place_inside_a_text_is_underlined(raw: dict[str, Any]) -> None:
    """The caret stands under the variable, not under the whole text that holds it."""
    raw["API"]["SendMessage"]["request_parameters"]["content"] = 'say "hi" to $Nobody$ now'
    where = read_document("x.json", json.dumps(raw, indent=1).encode()).findings[0].where
    assert where is not None
    assert where.text is not None
    assert where.column is not None
    assert where.text[where.column - 1 : where.column - 1 + where.width] == "$Nobody$"


@pytest.mark.parametrize("verb", ["GET", "DELETE"])
def test_a_query_is_flat(raw: dict[str, Any], verb: str) -> None:
    """Framework 4.4: nested parameters of a GET or DELETE are an error, unless the profile sends them as JSON."""
    raw["API"]["SendMessage"] |= {
        "request_method": verb,
        "request_parameters": {"to": [{"n": "$to$"}], "c": "$content$"},
    }
    del raw["API"]["SendMessage"]["request_content_type"]
    data = json.dumps(raw).encode()
    assert [each.code for each in read_document("x.json", data).findings] == ["DOC-401"]
    assert [each.code for each in read_document("x.json", data, Profile(nested_form="json")).findings] == []


def test_lists_may_repeat_in_a_form(raw: dict[str, Any]) -> None:
    """Framework 4.2: a list in a form repeats its key and is no nesting."""
    raw["API"]["SendMessage"] |= {
        "request_content_type": "application/x-www-form-urlencoded",
        "request_parameters": {"to": ["$to$"], "content": "$content$"},
    }
    assert read_document("x.json", json.dumps(raw).encode()).findings == ()


def test_a_form_needs_an_object(raw: dict[str, Any]) -> None:
    """Framework 4.4: parameters that are a list cannot be a form."""
    raw["API"]["SendMessage"] |= {
        "request_content_type": "multipart/form-data",
        "request_parameters": ["$to$", "$content$"],
    }
    assert [each.code for each in read_document("x.json", json.dumps(raw).encode()).findings] == ["DOC-401"]


def test_a_model_alone_need_not_be_told_apart(raw: dict[str, Any]) -> None:
    """Texts that are all that comes in need no event_key; beside reports, and of reports, its absence is told."""
    from_to = {"from": "$from$", "to": "$to$", "text": "$content$"}
    text = {"event_key": "m", "event_type": "message", "request_parameters": from_to}
    report = {"event_key": "d", "event_type": "messageDelivered", "request_parameters": {"id": "$messageid$"}}
    told = {"event_key": "d", "event_type": "messageDelivered", "request_parameters": {"s": "$event_key$"}}
    told["request_parameters"] |= {"id": "$messageid$"}  # type: ignore[operator]

    def places(*models: dict[str, Any]) -> list[str]:
        document = raw | {"Webhook": list(models)}
        findings = read_document("a.json", json.dumps(document).encode()).findings
        return [each.path for each in findings if each.code == "DOC-502"]

    assert places(text) == []
    assert places(text, told) == ["$.Webhook[0].request_parameters"]
    assert places(report) == ["$.Webhook[0].request_parameters"]
    assert places(text, told | {"event_key": "change-me: the status"}) == []
