"""Drafting an integration document from an OpenAPI description."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.document import IntegrationDocument
from emulator.core.drafting import Draft, draft_document
from emulator.core.findings import has_errors
from emulator.core.reading import read_document
from emulator.errors import Severity, UsageError

Json = Any


def described(paths: Json, **more: Json) -> dict[str, Any]:
    """A description with these paths."""
    head = {"openapi": "3.0.3", "info": {"title": "Pigeon Post", "version": "1"}}
    return head | {"servers": [{"url": "https://api.pigeon.example"}], "paths": paths} | more


def obj(required: str = "", /, **fields: Json) -> dict[str, Any]:
    """An object's schema; a field that is a text has that type."""
    each = {name: {"type": field} if isinstance(field, str) else field for name, field in fields.items()}
    return {"type": "object", "properties": each, "required": required.split()}


def listed(items: Json) -> dict[str, Any]:
    """A list's schema."""
    return {"type": "array", "items": {"type": items} if isinstance(items, str) else items}


def body(schema: Json, content_type: str = "application/json") -> dict[str, Any]:
    """What carries a body of that schema."""
    return {"content": {content_type: {"schema": schema}}}


def operation(schema: Json = None, answer: Json = None, content_type: str = "application/json", **more: Json) -> Json:
    """An operation with a body, and an answer 200."""
    asked = {} if schema is None else {"requestBody": body(schema, content_type)}
    return asked | {"responses": {"200": {"description": "ok"} | ({} if answer is None else body(answer))}} | more


def modelled(found: Draft) -> list[dict[str, Any]]:
    """The webhook models of a draft that are no skeletons."""
    return [each for each in found.document["Webhook"] if not each["event_key"].startswith("change-me")]


TO_AND_TEXT = obj("to text", to="string", text="string")
SEND = operation(
    obj("from to text", **{"from": "string", "to": "string", "text": "string"}), obj(id="string"), operationId="sendSms"
)
"""The plainest operation that sends a message."""


def draft(description: Json) -> Draft:
    """The draft of *description*; it must read without errors."""
    found = draft_document(description, name="pigeon.yaml")
    reading = read_document("draft.json", json.dumps(found.document).encode())
    assert [each for each in reading.findings if each.severity is Severity.ERROR] == []
    return found


def request(description: Json, name: str = "SendMessage") -> dict[str, Any]:
    """One request of the draft."""
    found: dict[str, Any] = draft(description).document["API"][name]
    return found


def parameters(schema: Json, name: str = "SendMessage", content_type: str = "application/json") -> Json:
    """The parameters that are drafted for a body of that schema."""
    sending = operation(schema, content_type=content_type, operationId="sendMessage")
    return request(described({"/messages": {"post": sending}}), name)["request_parameters"]


# -- whole descriptions of different shapes

PAYLOAD = obj(
    id="string",
    to=listed(obj(phone_number="string", status={"type": "string", "enum": ["queued", "delivered"]})),
    text="string",
    media=listed(obj(url="string", content_type="string")),
    **{"from": obj(phone_number="string")},
)


def event(name: str) -> dict[str, Any]:
    """A webhook whose payload stands below data.payload, beside its name."""
    data = obj(event_type={"type": "string", "enum": [name]}, payload={"$ref": "#/components/schemas/Payload"})
    return {"post": {"requestBody": body(obj(data=data))}}


NESTED_EVENTS = described(
    {
        "/v2/messages": {
            "post": operation(
                {"$ref": "#/components/schemas/NewMessage"},
                obj(data=obj(record_type="string", id="string", to=listed(obj(id="string")))),
                operationId="SendMessage",
                summary="Send a message",
            ),
            "get": operation(answer=obj(data=listed(PAYLOAD)), operationId="ListMessages"),
        },
        "/v2/messages/{id}": {"delete": operation(operationId="CancelMessage")},
        "/v2/webhook_endpoints": {
            "post": operation(
                obj(
                    "url events",
                    url={"type": "string", "format": "uri"},
                    events=listed({"type": "string", "enum": ["message.received", "call.ended", "message.finalized"]}),
                ),
                operationId="CreateWebhookEndpoint",
            )
        },
        "/v2/webhook_endpoints/{id}": {"patch": operation(obj(url="string"), operationId="UpdateWebhookEndpoint")},
    },
    openapi="3.1.0",
    webhooks={"incoming": event("message.received"), "finished": event("message.finalized")},
    components={
        "schemas": {
            "Payload": PAYLOAD,
            "NewMessage": {
                "allOf": [
                    obj("to", to="string", **{"from": "string"}),
                    obj(
                        "messaging_profile_id",
                        text="string",
                        media_urls=listed("string"),
                        messaging_profile_id={"type": "string", "example": "1234"},
                    ),
                ]
            },
        },
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    },
    security=[{"bearer": []}],
)

FORM_BASIC = described(
    {
        "/2010/Accounts/{AccountSid}/Messages.json": {
            "parameters": [{"name": "AccountSid", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": operation(
                obj(
                    "To", To="string", From="string", Body="string", MediaUrl=listed("string"), Cap={"type": "integer"}
                ),
                obj(account_sid="string", sid={"type": ["string", "null"]}),
                "application/x-www-form-urlencoded",
                operationId="CreateMessage",
            ),
        }
    },
    components={"securitySchemes": {"both": {"type": "http", "scheme": "Basic"}}},
)

QUERY_KEY = described(
    {
        "/http/sms/send": {
            "get": {
                "summary": "Send an SMS",
                "parameters": [
                    {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "recipient", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "sender", "in": "query", "schema": {"type": "string"}},
                    {"name": "body", "in": "query", "schema": {"type": "string"}},
                    {"name": "format", "in": "query", "required": True, "schema": {"enum": ["json", "xml"]}},
                    {"name": "unused", "in": "query", "schema": {"type": "string"}},
                ],
                "responses": {200: {"content": {"application/json": {"example": {"result": [{"id": 7}]}}}}},
            }
        }
    },
    components={"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "key"}}},
)

ONE_OF = described(
    {
        "/v1/messages": {
            "post": operation(
                obj(
                    "message",
                    message=obj(
                        "to content sender",
                        to=listed("string"),
                        sender=obj("type number", type={"const": "LONG"}, number="string"),
                        content={
                            "oneOf": [{"$ref": "#/components/schemas/Text"}, {"$ref": "#/components/schemas/Image"}]
                        },
                    ),
                ),
                obj(message=obj(id="string"), id="string"),
                tags=["Messages"],
                operationId="create",
            )
        }
    },
    components={
        "schemas": {
            "Text": obj("type text", type={"type": "string", "enum": ["text"]}, text="string"),
            "Image": obj("type url", type={"type": "string", "enum": ["image"]}, image_url="string"),
        },
        "securitySchemes": {"h": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
    },
)

IN_A_LIST = described(
    {
        "/sms/3/messages": {
            "post": operation(
                obj(
                    "messages",
                    messages=listed(
                        obj(
                            "destinations content",
                            sender="string",
                            destinations=listed(obj("to", to="string", messageId="string")),
                            content=obj("text", text="string"),
                        )
                    ),
                ),
                obj(bulkId="string", messages=listed(obj(messageId="string", status=obj(id="integer")))),
                operationId="send-sms-messages",
                callbacks={
                    "report": {
                        "{$request.body#/url}": {
                            "post": {
                                "requestBody": body(
                                    obj(
                                        results=listed(
                                            obj(messageId="string", status=obj(name={"enum": ["PENDING", "DELIVERED"]}))
                                        )
                                    )
                                )
                            }
                        }
                    }
                },
            )
        }
    }
)

SEPARATE_MMS = described(
    {
        "/sms": {"post": operation(obj("to message", to="string", message="string"), obj(uuid="string"))},
        "/mms": {
            "post": operation(
                obj("to message attachments", to="string", message="string", attachments=listed(obj(url="string"))),
                obj(uuid="string"),
                "multipart/form-data",
                operationId="sendMms",
            )
        },
        "/lists": {"get": operation(operationId="lists")},
    }
)

OAUTH = described(
    {"/messages": {"post": SEND | {"security": [{"login": ["sms write"]}]}}},
    servers=[{"url": "https://{region}.pigeon.example/{v}", "variables": {"v": {"default": "v2"}, "region": {}}}],
    components={
        "securitySchemes": {
            "login": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": "https://pigeon.example/authorize",
                        "tokenUrl": "/token",
                        "scopes": {"sms write": ""},
                    }
                },
            }
        }
    },
)

QUERY_OF_A_POST = described(
    {
        "/Account/{auth_id}/Message/": {
            "post": {
                "operationId": "send_message",
                "parameters": [
                    {"$ref": "#/components/parameters/src"},
                    {"name": "dst", "in": "query", "schema": {"oneOf": [listed("string"), {"type": "string"}]}},
                    {"name": "text", "in": "query", "schema": {"type": "string"}},
                    {"name": "type", "in": "query", "required": True, "schema": {"type": "string", "default": "a b"}},
                    {"name": "X-Trace", "in": "header", "required": True, "schema": {"type": "string"}},
                ],
                "responses": {"2XX": body(obj(api_id="string", message_uuid=listed("string")))},
            }
        }
    },
    components={"parameters": {"src": {"name": "src", "in": "query", "schema": {"type": "string"}}}},
    servers=[{"url": "/v1/"}],
)

SHAPES = [NESTED_EVENTS, FORM_BASIC, QUERY_KEY, ONE_OF, IN_A_LIST, SEPARATE_MMS, OAUTH, QUERY_OF_A_POST]


@pytest.mark.parametrize("description", SHAPES)
def test_every_shape_is_played(description: Json) -> None:
    """Descriptions of many shapes give documents that the platform could play, keys in the usual order."""
    found = draft(description)
    read = read_document("draft.json", json.dumps(found.document).encode()).playable().document
    assert isinstance(read, IntegrationDocument)
    order = ["id", "name", "class", "properties", "auth", "OAuth2", "API", "Webhook"]
    assert list(found.document) == [key for key in order if key in found.document]
    assert draft(copy.deepcopy(description)) == found


def test_a_whole_document() -> None:
    """Nested events, a list of files, a subscription: all that a document can hold is found."""
    found = draft(NESTED_EVENTS)
    assert found.left == ()
    assert found.document["properties"] == ["API token", "Messaging profile id"]
    assert found.document["auth"] == {"type": "Bearer", "token": "$API token$"}
    assert found.document["API"]["SendFile"]["request_parameters"] == {
        "to": "$to$",
        "from": "$from$",
        "media_urls": ["$content$"],
        "messaging_profile_id": "$Messaging profile id$",
    }
    assert found.document["API"]["Subscribe"] == {
        "request_method": "POST",
        "request_url": "https://api.pigeon.example/v2/webhook_endpoints",
        "request_content_type": "application/json",
        "request_parameters": {"url": "$webhook_url$", "events": ["message.received", "message.finalized"]},
    }
    assert [(model["event_type"], model["event_key"]) for model in found.document["Webhook"]] == [
        ("mms", "message.received"),
        ("message", "message.received"),
        ("messageDelivered", "message.finalized"),
    ]
    assert found.document["Webhook"][2]["request_parameters"] == {
        "data": {
            "payload": {"id": "$messageid$", "to": [{"status": "delivered"}]},
            "event_type": "$event_key$",
        }
    }
    why = 'API.SendMessage is POST /v2/messages ("Send a message"): its operationId and its fields from, to, text'
    assert why in found.guessed


def test_a_form_with_basic_authorization() -> None:
    """Capitals, a path parameter and Basic."""
    sending = request(FORM_BASIC)
    assert sending["request_url"].endswith("/2010/Accounts/$Account sid$/Messages.json")
    assert sending["request_content_type"] == "application/x-www-form-urlencoded"
    assert sending["request_parameters"] == {"To": "$to$", "From": "$from$", "Body": "$content$"}
    assert sending["response_map"] == {"sid": "$messageid$"}
    assert draft(FORM_BASIC).document["properties"] == ["Account sid", "Password"]


def test_a_query() -> None:
    """A GET takes its fields in the query, the key stands in the address, the answer is known by its example."""
    assert request(QUERY_KEY) == {
        "request_method": "GET",
        "request_url": "https://api.pigeon.example/http/sms/send?key=$API key$",
        "request_parameters": {"recipient": "$to$", "sender": "$from$", "body": "$content$", "format": "json"},
        "response_map": {"result": [{"id": "$messageid$"}]},
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("SendMessage", {"type": "text", "text": "$content$"}),
        ("SendFile", {"type": "image", "image_url": "$content$"}),
    ],
)
def test_alternatives(name: str, content: Json) -> None:
    """Of oneOf the alternative is taken that the request is about; a key in a header is told."""
    sender = {"type": "LONG", "number": "$from$"}
    sending = request(ONE_OF, name)
    assert sending["request_parameters"] == {"message": {"to": ["$to$"], "sender": sender, "content": content}}
    assert sending["response_map"] == {"message": {"id": "$messageid$"}}
    assert 'a key in the header "X-API-Key" cannot be said' in draft(ONE_OF).left[0]


def test_lists_of_messages_and_a_callback() -> None:
    """A message in a list of messages, its recipient in a list of destinations, its report in a callback."""
    sending = request(IN_A_LIST)
    assert sending["request_parameters"] == {
        "messages": [
            {"sender": "$from$", "destinations": [{"to": "$to$"}], "content": {"text": "$content$"}},
        ]
    }
    assert sending["response_map"] == {"messages": [{"messageId": "$messageid$"}]}
    found = draft(IN_A_LIST)
    assert modelled(found) == [
        {
            "event_key": "DELIVERED",
            "event_type": "messageDelivered",
            "request_method": "POST",
            "request_parameters": {"results": [{"messageId": "$messageid$", "status": {"name": "$event_key$"}}]},
        }
    ]
    assert any("model of type message" in each for each in found.left)


def test_separate_operations() -> None:
    """Texts and files by operations of their own; what a form cannot hold and what must be said is told."""
    found = draft(SEPARATE_MMS)
    api = found.document["API"]
    assert api["SendMessage"]["request_parameters"] == {"to": "$to$", "message": "$content$"}
    assert api["SendFile"]["request_parameters"] == {"to": "$to$", "message": ""}
    assert "API.SendFile.request_parameters.message: a text is required, which the platform has none of here" in (
        found.left
    )
    assert any(each.startswith("API.SendFile.request_parameters.attachments: it is nested") for each in found.left)
    assert any(each.endswith("looks like the SMS number; write $from$ where it stands") for each in found.left)


def test_oauth() -> None:
    """An authorization code flow; an endpoint without a host is told; server variables."""
    found = draft(OAUTH)
    assert found.document["OAuth2"] == {
        "client_id": "$Client id$",
        "client_secret": "$Client secret$",
        "flow_type": {"default": "0"},
        "authorization_endpoint": "https://pigeon.example/authorize",
        "authorization_parameters": {"default": "scope=sms%20write"},
        "token_endpoint": "https://api.example.com/token",
        "token_parameters": {"content_type": "application/x-www-form-urlencoded;charset=utf-8"},
        "request_auth": "Bearer",
    }
    assert found.document["API"]["SendMessage"]["request_url"] == "https://$Region$.pigeon.example/v2/messages"
    assert found.left[0].startswith("OAuth2.token_endpoint: the description names no host")


def test_the_query_of_a_post() -> None:
    """Fields in the query of a POST stand in the address; a header and a missing host are told."""
    found = draft(QUERY_OF_A_POST)
    assert found.document["API"]["SendMessage"] == {
        "request_method": "POST",
        "request_url": "https://api.example.com/v1/Account/$Auth id$/Message/"
        "?src=$from$&dst=$to$&text=$content$&type=a%20b",
        "response_map": {"message_uuid": ["$messageid$"]},
    }
    assert any('the header "X-Trace" is required' in each for each in found.left)
    assert any("request_url: the description names no host" in each for each in found.left)


# -- fields


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ({"const": 7}, 7),
        ({"type": "string", "default": "fast"}, "fast"),
        ({"type": "string", "example": "fast"}, "fast"),
        ({"type": "string", "enum": ["slow", "fast"]}, "slow"),
        ({"type": "string", "enum": ["slow", "sms_text"]}, "sms_text"),
        ({"type": "string", "default": "$a$"}, "$Kind$"),
        ({"type": "string", "default": "{your_kind}"}, "$Kind$"),
        ({"type": "string", "example": "%KIND%"}, "$Kind$"),
        ({"type": "string", "default": None}, "$Kind$"),
        ({"type": "number", "default": float("nan")}, "$Kind$"),
        ({"type": "integer", "default": 10**5000}, "$Kind$"),
        ({"default": {"a": 1}}, "$Kind$"),
        (obj("a", a={"default": True}, b="string"), {"a": True}),
        (obj("a", a="string") | {"example": {"a": "x"}}, {"a": "x"}),
        (obj(), {}),
        (listed("string") | {"default": ["a", "b"]}, ["a", "b"]),
        (listed("string"), ["$Kind$"]),
        (listed("string") | {"example": ["a"]}, ["a"]),
        (listed({"type": "string", "readOnly": True}), []),
        ({"type": "array"}, ["$Kind$"]),
        ({"anyOf": [{"type": "null"}, {"$ref": "#/nowhere"}, {"default": 1}]}, 1),
    ],
)
def test_a_required_field(field: Json, written: Json) -> None:
    """What a required field offers is written; where it offers nothing, it becomes a property."""
    schema = obj("to text kind", to="string", text="string", kind=field)
    assert parameters(schema)["kind"] == written


def test_what_is_not_written() -> None:
    """Optional fields, read-only ones and examples of ids; one property for one name."""
    schema = obj(
        "to text made account_id accountId ä",
        to="string",
        text="string",
        made={"type": "string", "readOnly": True},
        account_id={"type": "string", "example": "ac-1"},
        accountId="string",
        more=obj("a", a="string"),
        **{"ä": "string", "$": "string"},
    )
    schema["required"] += ["$", None]
    assert parameters(schema) == {
        "to": "$to$",
        "text": "$content$",
        "account_id": "$Account id$",
        "accountId": "$Account id$",
        "ä": "$Ä$",
        "$": "$Value$",
    }


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({"src": "string", "dst": "string", "text": "string"}, {"src": "from", "dst": "to", "text": "content"}),
        (
            {"originator": "string", "recipients": listed("integer"), "body": "string", "number": "string"},
            {"originator": "from", "recipients": ["to"], "body": "content"},
        ),
        (
            {"source": "string", "from": "string", "to": "string", "msg": "string"},
            {"from": "from", "to": "to", "msg": "content"},
        ),
        ({"msisdn": "string", "message": "string"}, {"msisdn": "to", "message": "content"}),
        (
            {"from": obj(number="string"), "to": obj(number="string"), "message": obj(body="string")},
            {"from": {"number": "from"}, "to": {"number": "to"}, "message": {"body": "content"}},
        ),
        (
            {"recipients": listed(obj(mobile="string", text="string"))},
            {"recipients": [{"mobile": "to", "text": "content"}]},
        ),
        (
            {"to": {"type": "string", "format": "email"}, "toNumber": "string", "content": "string", "text": "boolean"},
            {"toNumber": "to", "content": "content"},
        ),
    ],
)
def test_names_of_fields(fields: Json, written: Json) -> None:
    """Sender, recipient and text by the names that providers give them, and by what they stand in."""

    def with_dollars(value: Json) -> Json:
        if isinstance(value, str):
            return f"${value}$"
        return (
            [with_dollars(each) for each in value]
            if isinstance(value, list)
            else {name: with_dollars(each) for name, each in value.items()}
        )

    assert parameters(obj("", **fields)) == with_dollars(written)


@pytest.mark.parametrize(
    ("media", "written"),
    [
        ({"media_url": "string"}, {"media_url": "$content$"}),
        ({"mediaUrls": listed("string")}, {"mediaUrls": ["$content$"]}),
        (
            {"attachments": listed(obj("kind", url="string", content="string", kind={"enum": ["pdf", "image"]}))},
            {"attachments": [{"url": "$content$", "kind": "image"}]},
        ),
        ({"image": obj(link="string")}, {"image": {"link": "$content$"}}),
    ],
)
def test_files(media: Json, written: Json) -> None:
    """A file goes by its URL, alone or in a list, beside what else its object needs."""
    schema = obj("to", to="string", text="string", **media)
    assert parameters(schema, "SendFile") == {"to": "$to$"} | written
    assert parameters(schema) == {"to": "$to$", "text": "$content$"}


@pytest.mark.parametrize("media", [{"type": "string", "format": "binary"}, {"type": "string", "format": "byte"}])
def test_a_file_itself_is_no_url(media: Json) -> None:
    """The platform has a file's URL alone: without a field for it there is no SendFile."""
    found = draft(described({"/messages": {"post": operation(obj("to text", to="string", text="string", file=media))}}))
    assert "SendFile" not in found.document["API"]
    assert any(each.startswith("API.SendFile: no operation takes a file by its URL") for each in found.left)


def test_a_file_that_must_be_there() -> None:
    """Where a text needs a file, or a body is not known, that is told."""
    schema = obj("to text media_urls", to="string", text="string", media_urls=listed("string"))
    assert parameters(schema)["media_urls"] == []
    assert parameters(obj("to text media_url", to="string", text="string", media_url="string"))["media_url"] == ""
    assert parameters(schema, "SendFile")["text"] == ""


@pytest.mark.parametrize(
    ("content_type", "written", "told"),
    [
        ("application/vnd.pigeon+json", "application/vnd.pigeon+json", ""),
        ("*/*", "application/json", ""),
        ("application/xml", "application/json", "takes application/xml, which the platform cannot write"),
        ("", "application/json", "takes an unnamed type"),
        ("multipart/form-data", "multipart/form-data", ""),
    ],
)
def test_content_types(content_type: str, written: str, told: str) -> None:
    """JSON or a form; what the platform cannot write is told."""
    schema = TO_AND_TEXT
    found = draft(described({"/messages": {"post": operation(schema, content_type=content_type)}}))
    assert found.document["API"]["SendMessage"]["request_content_type"] == written
    assert bool(told) == any(told in each for each in found.left if "request_content_type" in each)


def test_json_is_preferred() -> None:
    """Of several content types JSON is taken, then a form."""
    sending = copy.deepcopy(SEND)
    carrier = sending["requestBody"]["content"]
    carrier["text/xml"] = carrier["multipart/form-data"] = carrier["application/json"]
    carrier["application/x-www-form-urlencoded"] = carrier.pop("application/json")
    form = request(described({"/sms": {"post": sending}}))
    assert form["request_content_type"] == "application/x-www-form-urlencoded"
    carrier["application/json"] = carrier["text/xml"]
    assert request(described({"/sms": {"post": sending}}))["request_content_type"] == "application/json"


def test_a_form_must_be_an_object() -> None:
    """A list of messages cannot be a form."""
    schema = listed(TO_AND_TEXT)
    assert parameters(schema) == [{"to": "$to$", "text": "$content$"}]
    assert parameters(schema, content_type="multipart/form-data") == {}


def test_a_body_that_is_not_described() -> None:
    """An operation that is a sender by its name alone; what it takes must be filled in."""
    found = draft(described({"/messages": {"post": operation({"$ref": "schemas.yaml#/Message"}, operationId="send")}}))
    assert found.document["API"]["SendMessage"]["request_parameters"] == {}
    assert any("schemas.yaml#/Message" in each and "bundle the description" in each for each in found.left)
    assert any("nothing of the body" in each for each in found.left)
    assert any(each.endswith("looks like the text; write $content$ where it stands") for each in found.left)
    bare = draft(described({"/messages": {"post": {"operationId": "send"}}}))
    assert "request_parameters" not in bare.document["API"]["SendMessage"]


def test_examples_of_a_body() -> None:
    """A body that is shown, not described; shown values are used where it is both."""
    shown = {"content": {"application/json": {"examples": {"a": {"value": {"to": "1", "text": "x", "list": []}}}}}}
    sending = {"operationId": "sendSms", "requestBody": shown}
    assert request(described({"/sms": {"post": sending}}))["request_parameters"] == {
        "to": "$to$",
        "text": "$content$",
    }
    shown["content"]["application/json"]["schema"] = obj("to text mode", to="string", text="string", mode="string")
    shown["content"]["application/json"]["examples"]["a"]["value"]["mode"] = "fast"
    assert request(described({"/sms": {"post": sending}}))["request_parameters"]["mode"] == "fast"


def lengthy(**fields: Json) -> Json:
    """The parameters for a body whose text and recipient are required, beside *fields*."""
    return parameters(obj("to text", to="string", text="string", **fields))


OLD = {"type": "string", "deprecated": True}


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        (
            obj("to message", to="string", message={"type": "string", "example": "See you at 5"}, text=OLD),
            {"to": "$to$", "message": "$content$"},
        ),
        (obj("to text", to="string", text=OLD), {"to": "$to$", "text": "$content$"}),
        (obj("", to=OLD, phone="string", text="string"), {"phone": "$to$", "text": "$content$"}),
        (
            obj("to sms", to="string", sms=obj("body", body="string"), text=OLD, old=obj(text="string")),
            {"to": "$to$", "sms": {"body": "$content$"}},
        ),
        (
            obj("to", to="string", oneOf="string")
            | {"oneOf": [obj(text=OLD) | {"deprecated": True}, obj(message="string")]},
            {"to": "$to$", "message": "$content$"},
        ),
    ],
)
def test_what_is_deprecated(schema: Json, written: Json) -> None:
    """A deprecated field, or alternative, is taken only where there is no other."""
    assert parameters(schema) == written


def test_a_deprecated_operation() -> None:
    """A deprecated operation is taken only where there is no other, however well it fits."""
    old = operation(
        SEND["requestBody"]["content"]["application/json"]["schema"], operationId="sendSms", deprecated=True
    )
    both = described({"/v1/sms/send": {"post": old}, "/v2/texts": {"post": operation(TO_AND_TEXT)}})
    assert request(both)["request_url"].endswith("/v2/texts")
    assert request(described({"/v1/sms/send": {"post": old}}))["request_url"].endswith("/v1/sms/send")


def test_a_deprecated_parameter() -> None:
    """A parameter says it of itself, beside its schema."""
    names = {"text": True, "message": False, "to": False}
    asked = [
        {"name": name, "in": "query", "deprecated": is_old, "schema": {"type": "string"}}
        for name, is_old in names.items()
    ]
    sending = {"operationId": "sendSms", "parameters": asked}
    assert request(described({"/sms": {"get": sending}}))["request_parameters"] == {
        "message": "$content$",
        "to": "$to$",
    }


def test_the_text_that_must_be_there() -> None:
    """A text that is required goes before one that is not, and its example is no constant."""
    schema = obj("to body", to="string", text="string", body={"type": "string", "example": "Your code is 1"})
    assert parameters(schema) == {"to": "$to$", "body": "$content$"}
    found = draft(
        described({"/sms": {"post": operation(obj("to text body", to="string", text="string", body="string"))}})
    )
    assert found.document["API"]["SendMessage"]["request_parameters"]["body"] == "$Body$"
    assert any("body: it is required and looks like a text, as text does" in each for each in found.left)


@pytest.mark.parametrize(
    "example", ["https://primary.example/script.xml", "+61855550100", "0855 550 100", "a@b.example"]
)
def test_what_is_somebody_elses(example: str) -> None:
    """An address or a number that a description shows is nobody's constant, whatever its field is called."""
    schema = obj("to text kind", to="string", text="string", kind={"type": "string", "example": example})
    assert parameters(schema)["kind"] == "$Kind$"
    sender = obj("to text from sender", to="string", text="string", **{"from": "string"})
    sender["properties"]["sender"] = {"type": "string", "example": "Pigeon"}
    assert parameters(sender)["sender"] == "$Sender$"


def test_a_text_that_goes_out_only_if_another_fails() -> None:
    """The text of an optional failover is not the message's, whatever else cannot be read."""
    content = obj("parts", parts=listed(obj("kind", kind="string")))
    options = obj(smsFailover=obj(text="string"), resend=obj(text="string"))
    schema = obj("to content", to="string", content=content, options=options)
    with pytest.raises(UsageError) as caught:
        draft(described({"/sms": {"post": operation(schema, operationId="sendSms")}}))
    assert "no field looks like a text" in (caught.value.mend or "")


# -- optional credentials


def test_optional_credentials() -> None:
    """Framework 9.2: without auth, fields that look like credentials are properties; a signature is told."""
    fields = {"api_key": "string", "api_secret": "string", "sig": "string", "to": "string", "text": "string"}
    found = draft(described({"/sms": {"post": operation(obj("api_key to text", **fields))}}))
    sent = found.document["API"]["SendMessage"]["request_parameters"]
    assert sent == {"api_key": "$API key$", "api_secret": "$API secret$", "to": "$to$", "text": "$content$"}
    assert found.document["properties"] == ["API key", "API secret"]
    assert any("request_parameters has api_secret too" in each for each in found.guessed)
    assert any("request_parameters: sig is left out: the platform signs nothing" in each for each in found.left)


def test_optional_credentials_in_a_query_and_below() -> None:
    """A user name counts beside a secret only; what stands in an object of its own counts too."""
    assert lengthy(username="string", login=obj(user="string", password="string")) == {
        "to": "$to$",
        "text": "$content$",
        "username": "$Username$",
        "login": {"user": "$User$", "password": "$Password$"},
    }
    assert lengthy(username="string") == {"to": "$to$", "text": "$content$"}


def test_optional_credentials_beside_auth() -> None:
    """Where auth says who asks, they are left out, and that is told."""
    schema = obj("to text", to="string", text="string", token="string", password=OLD)
    sending = operation(schema, parameters=[{"name": "X-API-Key", "in": "header", "schema": {"type": "string"}}])
    bearer = {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}}
    found = draft(described({"/sms": {"post": sending}}, components=bearer))
    assert found.document["API"]["SendMessage"]["request_parameters"] == {"to": "$to$", "text": "$content$"}
    assert any("request_parameters: token is left out: it is optional beside auth" in each for each in found.left)
    assert any('the header "X-API-Key" looks like a credential' in each for each in found.left)


# -- alternatives


def with_schemas(schema: Json, **schemas: Json) -> dict[str, Any]:
    """A description whose message has that schema."""
    return described({"/sms": {"post": operation(schema, operationId="sendSms")}}, components={"schemas": schemas})


def ref(name: str) -> Json:
    """A reference to a schema of the description."""
    return {"$ref": f"#/components/schemas/{name}"}


PART = obj("kind", kind={"type": "string", "enum": ["T", "F"]})
TEXT_PART = {"allOf": [ref("Part"), obj("text", text="string")]}
FILE_PART = {"allOf": [ref("Part"), obj("fileUrl", fileUrl="string")]}


@pytest.mark.parametrize(
    "schemas",
    [
        {"Part": PART | {"discriminator": {"propertyName": "kind", "mapping": {"T": "TextPart", "F": "FilePart"}}}},
        {
            "Part": PART
            | {
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {"F": ref("FilePart")["$ref"], "T": ref("TextPart")["$ref"]},
                }
            }
        },
    ],
)
def test_a_discriminator_without_one_of(schemas: Json) -> None:
    """Its mapping names the alternatives, and what each holds in the field that tells them apart."""
    schema = obj("to parts", to="string", parts=listed(ref("Part")))
    description = with_schemas(schema, **schemas, TextPart=TEXT_PART, FilePart=FILE_PART)
    assert request(description)["request_parameters"]["parts"] == [{"kind": "T", "text": "$content$"}]
    assert request(description, "SendFile")["request_parameters"]["parts"] == [{"kind": "F", "fileUrl": "$content$"}]


def test_a_discriminator_without_a_mapping() -> None:
    """Whatever extends the base by allOf is an alternative, and its name stands in the field."""
    base = obj("kind", kind="string") | {"discriminator": {"propertyName": "kind"}}
    schema = obj("to part", to="string", part=ref("Part"))
    farther = {"allOf": [ref("Empty"), obj("text", text="string")]}
    description = with_schemas(schema, Part=base, Empty={"allOf": [ref("Part")]}, Note=farther, FilePart=FILE_PART)
    assert request(description)["request_parameters"]["part"] == {"kind": "Note", "text": "$content$"}


def test_a_base_that_names_its_alternatives() -> None:
    """A schema that is referred to by itself has the value that its base's discriminator knows it by."""
    base = obj("kind", kind="string") | {"discriminator": {"propertyName": "kind", "mapping": {"T": "TextPart"}}}
    description = with_schemas(obj("to part", to="string", part=ref("TextPart")), Part=base, TextPart=TEXT_PART)
    assert request(description)["request_parameters"]["part"] == {"kind": "T", "text": "$content$"}


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "object", "allOf": [{"type": "string"}]}, "$content$"),
        ({"type": "string", "allOf": [obj("body", body="string")]}, {"body": "$content$"}),
        ({"type": "array", "allOf": [obj("body", body="string")]}, {"body": "$content$"}),
        ({"type": "object", "allOf": [listed("string")]}, ["$content$"]),
        ({"allOf": [{"type": ["string", "null"]}, {"type": "string"}]}, "$content$"),
    ],
)
def test_a_type_that_contradicts_what_stands_beside_it(schema: Json, written: Json) -> None:
    """A bare type beside allOf is not believed where allOf says otherwise."""
    assert parameters(obj("to text", to="string", text=schema)) == {"to": "$to$", "text": written}


def test_the_channel_decides_among_alternatives() -> None:
    """Of alternatives with the same fields the one is taken that names SMS."""
    kinds = [obj("channel to text", channel={"const": name}, to="string", text="string") for name in ("viber", "sms")]
    assert parameters({"oneOf": kinds})["channel"] == "sms"


def test_another_content_type_is_tried() -> None:
    """Where nothing is said of the JSON, the form is taken."""
    sending = operation(TO_AND_TEXT, content_type="multipart/form-data")
    sending["requestBody"]["content"] = {"application/json": {}} | sending["requestBody"]["content"]
    assert request(described({"/sms": {"post": sending}}))["request_content_type"] == "multipart/form-data"


# -- which operation


@pytest.mark.parametrize(
    ("path", "verb", "more"),
    [
        ("/http/sendsms", "get", {}),
        ("/http/api.php", "get", {"operationId": "send_message"}),
        ("/sms/{user}", "get", {"summary": "Send one SMS"}),
    ],
)
def test_a_message_goes_by_get(path: str, verb: str, more: Json) -> None:
    """Old gateways take a message as a query; a user in the path is a property, not the extension."""
    asked = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("from", "dest", "msg")]
    found = draft(described({path: {verb: {"parameters": asked} | more}}))
    sending = found.document["API"]["SendMessage"]
    assert sending["request_parameters"] == {"from": "$from$", "dest": "$to$", "msg": "$content$"}
    assert "extension" not in sending["request_url"]


def test_a_query_that_only_looks_for_messages() -> None:
    """A GET with the fields of a message does not send unless its name says so."""
    asked = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("from", "to", "text")]
    with pytest.raises(UsageError) as caught:
        draft(described({"/messages": {"get": {"parameters": asked, "operationId": "getMessages"}}}))
    assert 'GET /messages ("getMessages"): it is a GET, and its name does not say that it sends' in (
        caught.value.mend or ""
    )


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        (obj(text="string"), "a recipient"),
        (obj(to="string"), "a text"),
        (obj(title="string"), "a recipient or a text"),
    ],
)
def test_a_message_needs_recipient_and_text(schema: Json, missing: str) -> None:
    """An operation whose name only says "send a message" is not taken: what it lacks is told."""
    with pytest.raises(UsageError) as caught:
        draft(described({"/messages": {"post": operation(schema, operationId="sendMessage")}}))
    assert f'POST /messages ("sendMessage"): no field looks like {missing}' in (caught.value.mend or "")


def test_the_operation_that_sends() -> None:
    """Among operations that have to do with messages the one is taken that sends a single one."""
    fields = TO_AND_TEXT
    paths = {
        "/messages/bulk": {"post": operation(fields, operationId="sendBulkMessages")},
        "/messages/schedule": {"post": operation(fields, operationId="scheduleMessage")},
        "/emails": {"post": operation(fields, summary="Send an email message")},
        "/messages/{id}": {"patch": operation(fields, operationId="updateMessage")},
        "/messages": {"post": operation(fields, summary="Create a message"), "get": operation(operationId="list")},
        "/webhooks/messages": {"post": operation(fields, operationId="testMessageWebhook")},
    }
    assert request(described(paths))["request_url"].endswith("/messages")


def test_fields_in_the_path() -> None:
    """A recipient in the path, a version that can only be one, and dollars that are no variables."""
    path = "/{version}/$a$/send sms/{to}?x=1"
    version = {"name": "version", "in": "path", "required": True, "schema": {"enum": ["v1"]}}
    to = {"name": "to", "in": "path", "required": True, "schema": {"type": "string"}}
    text = {"name": "text", "in": "query", "schema": {"type": "string"}}
    sending = {"operationId": "sendSms", "parameters": [version, to, text, {"in": "query"}]}
    assert request(described({path: {"post": sending}}))["request_url"] == (
        "https://api.pigeon.example/v1/%24a%24/send%20sms/$to$?x=1&text=$content$"
    )


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        ([{"url": "//pigeon.example/"}], "https://pigeon.example/sms"),
        ([{"url": "ftp://pigeon.example"}], "https://api.example.com/sms"),
        ([{"url": "{base}/v1"}], "https://api.example.com/sms"),
        ([{"url": "v1"}], "https://api.example.com/v1/sms"),
        ([], "https://api.example.com/sms"),
        (["https://a.example"], "https://api.example.com/sms"),
    ],
)
def test_servers(servers: Json, url: str) -> None:
    """An address is absolute; where none is named, an example's stands, and that is told."""
    found = draft(described({"/sms": {"post": SEND}}, servers=servers))
    assert found.document["API"]["SendMessage"]["request_url"] == url
    assert any("names no host" in each for each in found.left) == ("api.example.com" in url)


def test_the_nearest_server_counts() -> None:
    """An operation's server goes before the path's, that before the description's."""
    item = {"post": SEND, "servers": [{"url": "https://path.example"}]}
    assert request(described({"/sms": item}))["request_url"] == "https://path.example/sms"
    item["post"] = SEND | {"servers": [{"url": "https://own.example"}]}
    assert request(described({"/sms": item}))["request_url"] == "https://own.example/sms"


def subscribing(operations: Json) -> Json:
    """The Subscribe that is drafted beside a plain SendMessage, if one is."""
    return draft(described({"/sms": {"post": SEND}} | operations)).document["API"].get("Subscribe")


def test_a_subscription_for_events_of_any_name() -> None:
    """All values of a list are taken, be they abbreviations, but those that are about another service."""
    kinds = listed({"type": "string", "enum": ["dlr", "mo", "voice", "inbound-fax"]})
    hook = operation(
        obj("url kinds", url={"type": "string", "format": "uri"}, kinds=kinds), operationId="createWebhook"
    )
    made: Any = subscribing({"/webhooks": {"post": hook}})
    assert made["request_parameters"]["kinds"] == ["dlr", "mo"]


def test_subscribe() -> None:
    """Whatever takes a callback's address is a subscription; the one that makes a new one is best."""
    fields = obj("postUrl domain", postUrl="string", domain="string")
    found = subscribing(
        {
            "/subscriptions/{id}": {"put": operation(fields)},
            "/subscriptions": {"post": operation(fields), "get": operation()},
            "/webhooks/test": {"post": operation(obj(url="string"), operationId="testWebhook")},
            "/callbacks": {"post": operation(obj(name="string"))},
        }
    )
    assert found["request_url"].endswith("/subscriptions")
    assert found["request_parameters"] == {"postUrl": "$webhook_url$", "domain": "$Domain$"}
    assert subscribing({"/webhooks": {"post": operation(obj(name="string"))}}) is None
    assert subscribing({"/webhooks/{id}": {"delete": operation(obj(url="string"))}}) is None


CALLBACK = obj("callback", callback="string")


@pytest.mark.parametrize(
    ("path", "item", "why"),
    [
        ("/calls/{id}/webhooks", operation(CALLBACK, operationId="hookMessagesOfACall"), "it is about call, calls"),
        ("/webhooks", operation(CALLBACK, tags=["Toll-free verification"]), "it is about toll, verification"),
        ("/cxml/webhooks", operation(obj("url", url="string")), "it is about cxml"),
        ("/webhooks", operation(CALLBACK, summary="Notify of recordings"), "it is about recordings"),
    ],
)
def test_a_webhook_of_another_service(path: str, item: Json, why: str) -> None:
    """A webhook for something else than messages is no Subscribe: which was looked at, and why not, is told."""
    found = draft(described({"/sms": {"post": SEND}, path: {"post": item}}))
    assert "Subscribe" not in found.document["API"]
    told = next(each for each in found.left if each.startswith("API.Subscribe"))
    assert f"(looked at: POST {path}" in told
    assert f": {why})" in told


@pytest.mark.parametrize(
    ("fields", "takes"),
    [
        (obj("url", url="string"), False),
        (obj("url", url="string", events=listed({"enum": ["call.ended", "sms.received"]})), True),
        (obj("url", url={"type": "string", "description": "Where incoming messages are posted."}), True),
        (obj("smsUrl", smsUrl="string"), True),
    ],
)
def test_a_webhook_needs_evidence(fields: Json, takes: bool) -> None:
    """Where a description has other services too, something must say that a webhook is about messages."""
    calls = {"/calls": {"post": operation(obj(to="string"), operationId="createCall")}}
    assert (subscribing(calls | {"/webhooks": {"post": operation(fields)}}) is not None) == takes


def test_the_address_of_a_number() -> None:
    """A number's own address for incoming texts is one, without the word webhook in the operation."""
    number = operation(obj("", voiceUrl="string", smsUrl="string", statusCallback="string"), summary="Change a number")
    found = subscribing({"/numbers/{sid}": {"post": number}})
    assert found["request_parameters"] == {"smsUrl": "$webhook_url$"}
    assert found["request_url"].endswith("/numbers/$Sid$")


def test_the_address_of_reports_in_a_message() -> None:
    """$webhook_url$ stands in Subscribe alone, so a callback in the message is told, not filled."""
    sending = operation(obj("to text", to="string", text="string", statusCallback="string", dlr_url="string"))
    found = draft(described({"/sms": {"post": sending}}))
    assert any(each.startswith("API.SendMessage: statusCallback, dlr_url takes the address") for each in found.left)
    assert "$webhook_url$" not in json.dumps(found.document)


# -- answers


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (obj(messageId="string", id="string"), {"messageId": "$messageid$"}),
        (obj(id="string", messages=listed(obj(id="string"))), {"messages": [{"id": "$messageid$"}]}),
        (obj(account=obj(id="string"), request_id="string"), {"request_id": "$messageid$"}),
        (listed(obj(message_uuid="string")), [{"message_uuid": "$messageid$"}]),
        ({"anyOf": [obj(error="string"), obj(id="integer")]}, {"id": "$messageid$"}),
        (obj(id="boolean", uid="string", ok={"enum": [1]}), None),
        ({"type": "string"}, None),
    ],
)
def test_the_id_in_the_answer(answer: Json, written: Json) -> None:
    """The message's id, wherever the answer has it; where it has none, that is told."""
    found = draft(described({"/sms": {"post": operation(TO_AND_TEXT, answer)}}))
    assert found.document["API"]["SendMessage"].get("response_map") == written
    assert any(each.startswith("API.SendMessage.response_map: the answer") for each in found.left) == (written is None)


@pytest.mark.parametrize(
    ("responses", "written"),
    [
        ({"400": body(obj(id="string")), 202: body(obj(uuid="string"))}, {"uuid": "$messageid$"}),
        ({"default": body(obj(id="string"))}, {"id": "$messageid$"}),
        ({"200": body(obj(id="string"), "text/xml")}, None),
        ({"200": body(obj(id="string"), "*/*")}, {"id": "$messageid$"}),
        ({"404": body(obj(id="string"))}, None),
        ({}, None),
    ],
)
def test_which_answer(responses: Json, written: Json) -> None:
    """The first success counts, if it is JSON; YAML's numbers are statuses too."""
    assert request(described({"/sms": {"post": SEND | {"responses": responses}}})).get("response_map") == written


# -- authorization


def authorized(**schemes: Json) -> Draft:
    """The draft of a description with these security schemes."""
    return draft(described({"/sms": {"post": SEND}}, components={"securitySchemes": schemes}))


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ({"type": "apiKey", "in": "cookie", "name": "s"}, 'a key in the cookie "s"'),
        ({"type": "apiKey", "in": "query"}, "a key in the query"),
        ({"type": "apiKey", "in": "header", "name": "Authorization"}, 'a key in the header "Authorization"'),
        ({"type": "http", "scheme": "digest"}, "the security scheme digest"),
        ({"type": "oauth2", "flows": {"clientCredentials": {}}}, "OAuth 2.0 without the flow authorizationCode"),
        ({"type": "openIdConnect"}, "the security scheme openIdConnect"),
        ({}, "the security scheme of the description"),
    ],
)
def test_authorization_that_cannot_be_said(scheme: Json, told: str) -> None:
    """Framework 9.2: what the format cannot say is told, not left out silently."""
    found = authorized(one=scheme)
    assert "auth" not in found.document
    assert found.left[0].startswith(f"auth: {told} cannot be said in the format")


def test_the_best_way_in() -> None:
    """Of several ways the one that the format can say; a key in Authorization may be a Bearer's."""
    bearer = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Write Bearer and the token"}
    found = authorized(header={"type": "apiKey", "in": "header", "name": "X"}, bearer=bearer)
    assert found.document["auth"]["type"] == "Bearer"
    assert not any(each.startswith("auth") for each in found.left)


def test_schemes_together() -> None:
    """Schemes that are wanted together: what can be said of them, and the rest told."""
    schemes = {
        "a": {"type": "apiKey", "in": "query", "name": "api key"},
        "b": {"type": "apiKey", "in": "query", "name": "api_secret"},
        "c": {"type": "http", "scheme": "bearer"},
        "d": {"type": "http", "scheme": "basic"},
    }
    found = draft(
        described(
            {"/sms#x": {"post": SEND}},
            components={"securitySchemes": schemes},
            security=[{}, {"a": [], "b": [], "c": [], "d": [], "e": []}],
        )
    )
    assert found.document["properties"] == ["API token", "API key", "API secret"]
    url = found.document["API"]["SendMessage"]["request_url"]
    assert url == "https://api.pigeon.example/sms?api%20key=$API key$&api_secret=$API secret$#x"
    assert [each.split(" cannot")[0] for each in found.left[:2]] == [
        "auth: the security scheme basic",
        "auth: the security scheme of the description",
    ]


def test_no_authorization() -> None:
    """An operation that asks for none, in so many words."""
    schemes = {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}}
    found = draft(described({"/sms": {"post": SEND | {"security": []}}}, components=schemes))
    assert "auth" not in found.document
    assert found.left[0].startswith("auth: the description asks for no authorization")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Send `Authorization: App 0123abcd-key`. Not a Bearer token.", ""),
        ("Write 'AccessKey {your key}' there", ""),
        ("`Authorization: Bearer <token>`", "Bearer"),
        ("A bearer token", "Bearer"),
        ("Without Bearer", ""),
    ],
)
def test_the_word_before_a_key(text: str, kind: str) -> None:
    """Framework 9.2: the format has Bearer alone; another word in the header is told, in plain words."""
    key = {"type": "apiKey", "in": "header", "name": "Authorization", "description": text}
    found = authorized(one=key)
    assert found.document.get("auth", {}).get("type", "") == kind
    if not kind:
        assert found.left[0].startswith("auth: ")
        assert "cannot be said in the format" in found.left[0]
    http = authorized(one={"type": "http", "scheme": "bearer", "description": "`Authorization: App <key>`"})
    assert "auth" not in http.document
    assert http.left[0].startswith('auth: the header "Authorization: App …" cannot be said in the format')


@pytest.mark.parametrize(
    ("path", "properties"),
    [
        ("/accounts/{AccountSid}/sms", ["Account sid", "Password"]),
        ("/v1/{auth_id}/sms", ["Auth id", "Password"]),
        ("/accounts/{accountId}/sms", ["Username", "Password", "Account id"]),
        ("/sms", ["Username", "Password"]),
    ],
)
def test_the_user_of_basic(path: str, properties: list[str]) -> None:
    """Where the path holds the user name of Basic too, one property serves; an account may be another thing."""
    basic = {"securitySchemes": {"b": {"type": "http", "scheme": "basic"}}}
    found = draft(described({path: {"post": SEND}}, components=basic))
    assert found.document["properties"] == properties
    assert found.document["auth"]["username"] == f"${properties[0]}$"


def test_other_ways_in_are_told() -> None:
    """The way that is not taken is named, and so is authorization that may be left out, or is ruled out."""
    schemes = {"b": {"type": "http", "scheme": "bearer"}, "k": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    found = draft(
        described(
            {"/sms": {"post": SEND}}, components={"securitySchemes": schemes}, security=[{}, {"b": []}, {"k": []}]
        )
    )
    assert "auth is Bearer: the description's security scheme, which it makes optional" in found.guessed
    assert any('other ways too, which are left out: a key in the header "X-Key"' in each for each in found.guessed)
    ruled_out = draft(described({"/sms": {"post": SEND | {"security": []}}}, components={"securitySchemes": schemes}))
    assert "asks for no authorization, though it describes the security scheme bearer" in ruled_out.left[0]


# -- webhooks


def models(*payloads: Json, verb: str = "post", **more: Json) -> list[dict[str, Any]]:
    """The models that are drafted for webhooks with these payloads."""
    hooks = {f"hook{index}": {verb: {"requestBody": body(each)} | more} for index, each in enumerate(payloads)}
    return modelled(draft(described({"/sms": {"post": SEND}}, webhooks=hooks)))


TEXT_IN = {"from": "string", "to": "string", "text": "string"}


def test_one_payload_for_every_event() -> None:
    """One webhook for texts, files and reports, told apart by an enum: a model of each."""
    kinds = {"type": "string", "enum": ["delivered", "failed", "incoming_sms", "incoming_mms"]}
    found = models(obj(kind=kinds, id="string", media_url="string", **TEXT_IN))
    assert [(each["event_type"], each["event_key"]) for each in found] == [
        ("mms", "incoming_mms"),
        ("message", "incoming_sms"),
        ("messageDelivered", "delivered"),
    ]
    assert found[2]["request_parameters"] == {"id": "$messageid$", "kind": "$event_key$"}


def test_alternative_payloads() -> None:
    """One webhook whose payload is one of several: each is found."""
    report = obj(type={"const": "dlr"}, uuid="string", status={"enum": ["sent", "delivered", "undelivered"]}, **TEXT_IN)
    text = obj(type={"const": "inbound"}, **TEXT_IN)
    found = models({"oneOf": [report, text, obj(ping="string")]})
    assert [each["request_parameters"] for each in found] == [
        {"type": "$event_key$", "to": "$to$", "from": "$from$", "text": "$content$"},
        {"type": "$event_key$", "uuid": "$messageid$", "status": "delivered"},
    ]


def test_a_report_is_no_message() -> None:
    """A report that repeats sender, recipient and text is a report."""
    status = {"type": "string", "example": "delivered"}
    assert [each["event_type"] for each in models(obj(id="string", status=status, **TEXT_IN))] == ["messageDelivered"]
    incoming = models(obj(id="string", status=status, **TEXT_IN), operationId="messageReceived")
    assert [each["event_type"] for each in incoming] == ["message", "messageDelivered"]


def test_payloads_that_are_no_event() -> None:
    """No id, no status, another event, a text without sender: no model."""
    assert models(obj(id="string"), obj(status={"enum": ["delivered"]}), obj(to="string", text="string")) == []
    assert models(obj(id="string", status={"enum": ["not delivered", "failed", 1]})) == []
    assert models(obj(event={"const": "call.outbound"}, **TEXT_IN)) == []
    assert models({"type": "string"}, {"$ref": "#/webhooks"}) == []


def test_webhooks_by_get() -> None:
    """A GET carries its event in the query; its model is flat."""
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in TEXT_IN]
    found = models({}, verb="get", parameters=parameters)
    assert [(each["request_method"], set(each["request_parameters"])) for each in found] == [("GET", set(TEXT_IN))]
    parameters[0]["schema"] = obj(number="string")
    assert models({}, verb="get", parameters=parameters) == []


def test_an_example_rules_out_nothing() -> None:
    """A field that may hold anything tells no event, unless its example says plainly which one."""
    shown = models(obj(type={"type": "string", "example": "sms"}, **TEXT_IN))
    assert "type" not in shown[0]["request_parameters"]
    plain = models(obj(type={"type": "string", "example": "sms.received"}, **TEXT_IN))
    assert (plain[0]["event_key"], plain[0]["request_parameters"]["type"]) == ("sms.received", "$event_key$")


def test_webhooks_before_openapi_31() -> None:
    """Some write them as callbacks, under a key of their own."""
    hooks = {"inbound": {"{$url}": {"post": {"requestBody": body(obj(**TEXT_IN))}}}}
    found = draft(described({"/sms": {"post": SEND}}, **{"x-webhooks": hooks}))
    assert [each["event_type"] for each in modelled(found)] == ["message"]


def test_doubles_are_told_once() -> None:
    """The same model from two webhooks is one, and one that names its event comes before one that does not."""
    named = obj(event={"const": "sms.received"}, **TEXT_IN)
    assert [each["event_key"] for each in models(obj(**TEXT_IN), named, named)] == ["sms.received", "message"]


def test_the_key_is_that_of_the_alternative() -> None:
    """The event's name comes from the alternative that the model is made of, though another has its fields too."""
    mapping = {"msg-read": ref("Status")["$ref"], "msg-delivered": ref("Status")["$ref"], "msg-in": ref("In")["$ref"]}
    payload = {"oneOf": [ref("Status"), ref("In")], "discriminator": {"propertyName": "what", "mapping": mapping}}
    hook = {"post": {"requestBody": body(obj(what="string") | payload)}}
    known = {"Status": obj(what="string", id="string", **TEXT_IN), "In": obj(what="string", id="string", **TEXT_IN)}
    known["In"]["properties"]["what"] = {"enum": ["msg-in", "message-received"]}
    known["Status"]["properties"]["eventType"] = {"enum": ["msg-read", "msg-delivered"]}
    found = modelled(draft(described({"/sms": {"post": SEND}}, webhooks={"h": hook}, components={"schemas": known})))
    assert [(each["event_type"], each["event_key"]) for each in found] == [
        ("message", "msg-in"),
        ("messageDelivered", "msg-delivered"),
    ]


def test_the_next_alternative_is_tried() -> None:
    """An alternative that looks better by what it requires, and has none of it, is not the last word."""
    chat = obj("from to text message", channel={"const": "chat"}, **{"from": "string", "to": "string"})
    text = obj("from to body", channel={"enum": ["sms"]}, body="string", **{"from": "string", "to": "string"})
    for payload in ({"anyOf": [chat, text]}, obj(data={"oneOf": [text, chat]}), listed({"oneOf": [chat, text]})):
        assert [(each["event_type"], each["event_key"]) for each in models(payload)] == [("message", "sms")]


def test_a_value_that_is_the_only_one() -> None:
    """A field with one value tells the event, whatever it is called; others of them are literals where required."""
    payload = obj("evt v", evt={"enum": ["mo"]}, v={"const": 2}, region={"enum": ["eu"]}, **TEXT_IN)
    found = models(payload)
    assert found[0]["event_key"] == "mo"
    assert found[0]["request_parameters"] == {
        "evt": "$event_key$",
        "v": 2,
        "to": "$to$",
        "from": "$from$",
        "text": "$content$",
    }
    hook = {"hook": {"post": {"requestBody": body(payload)}}}
    whole = draft(described({"/sms": {"post": SEND}}, webhooks=hook)).document
    codes = {each.code for each in read_document("draft.json", json.dumps(whole).encode()).findings}
    assert "DOC-502" not in codes


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ({"type": "string", "description": "One of `sent`, `delivered`, `undelivered`."}, "delivered"),
        ({"type": "string", "description": "undelivered, not delivered or DELIVRD"}, "DELIVRD"),
        ({"type": "integer", "description": "0: failed, 1: delivered"}, "1"),
        ({"type": "string", "description": "What became of it."}, None),
        ({"type": "string", "enum": ["sent", "failed"], "description": "delivered"}, None),
    ],
)
def test_a_status_that_is_told_in_words(field: Json, key: str | None) -> None:
    """Reports whose status has no enum: what its description says in words is taken, and told."""
    found = models(obj(id="string", messageStatus=field))
    assert [each["event_key"] for each in found] == ([] if key is None else [key])


def test_a_status_by_its_values() -> None:
    """A field that may be "delivered" is the status, whatever it is called."""
    found = models(listed(obj(ref="string", st={"enum": ["DELIVRD", "UNDELIV"]})))
    assert found == [
        {
            "event_key": "DELIVRD",
            "event_type": "messageDelivered",
            "request_method": "POST",
            "request_parameters": [{"ref": "$messageid$", "st": "$event_key$"}],
        }
    ]


@pytest.mark.parametrize(
    ("payload", "more"),
    [
        (obj(id="string", status="string", **TEXT_IN), {}),
        (obj(id="string", **TEXT_IN), {"operationId": "messageStatusReport"}),
        (obj(id="string", status={"enum": ["sent", "failed"]}, **TEXT_IN), {"summary": "Sent when a text fails"}),
    ],
)
def test_a_report_without_delivered_is_no_message(payload: Json, more: Json) -> None:
    """A status report that repeats the text is not read as one that came in."""
    assert models(payload, **more) == []
    assert [each["event_type"] for each in models(obj(status={"enum": ["received"]}, **TEXT_IN))] == ["message"]


def test_a_file_is_no_text() -> None:
    """A webhook of files alone makes no model of a text, and one of texts none of a file."""
    fields = {"fileUrl": "string", **TEXT_IN}
    for payload, more in (
        (obj("fileUrl", **fields), {}),
        (obj(**fields), {"operationId": "incomingMms"}),
        (obj(kind={"const": "mms"}, **fields), {}),
    ):
        assert [each["event_type"] for each in models(payload, **more)] == ["mms"]
    assert [each["event_type"] for each in models(obj(kind={"const": "sms"}, **fields))] == ["message"]


def looked_at(event_type: str, **hooks: Json) -> str:
    """What is told of the model of *event_type* that could not be drafted."""
    found = draft(described({"/sms": {"post": SEND}}, webhooks={name: {"post": each} for name, each in hooks.items()}))
    return next(each for each in found.left if each.startswith("Webhook") and f"of type {event_type}" in each)


def test_what_was_looked_at() -> None:
    """Which webhooks come nearest, and what each lacks."""
    report = {"requestBody": body(listed(obj(ref="string", st="string")))}
    text = {"requestBody": body(obj(to="string", text="string"))}
    told = looked_at("messageDelivered", dlr=report, mo=text, other={})
    assert told == (
        "Webhook[1] is a skeleton of a model of type messageDelivered: no delivery report, an id with a status, is"
        " described (looked at: POST dlr: [0].ref may be the id and [0].st the status, but no enum, example or"
        " description says what stands there when a message was delivered; POST mo: no field looks like the id of a"
        " message; POST other: nothing is said of its body); write the provider's keys and its event_key, or remove it"
    )
    assert "POST mo: no field looks like who sent it;" in looked_at("message", mo=text, dlr=report)
    assert "(the description has no webhooks and no callbacks)" in looked_at("mms")
    read = {"requestBody": body(obj(event={"enum": ["sms.read"]}, **TEXT_IN))}
    assert 'POST seen: its event is another event, such as "sms.read"' in looked_at("message", seen=read)


def test_a_skeleton_always_stands() -> None:
    """Where no webhook is described a skeleton shows where to go on; lint tells that it is one."""
    report = {"post": {"requestBody": body(listed(obj(ref="string", st="string")))}}
    found = draft(described({"/sms": {"post": SEND}}, webhooks={"dlr": report})).document
    assert [each["event_type"] for each in found["Webhook"]] == ["message", "messageDelivered"]
    assert found["Webhook"][1]["request_parameters"] == [{"ref": "$messageid$", "st": "$event_key$"}]
    assert found["Webhook"][1]["event_key"] == "change-me: what [0].st is when a message was delivered"
    findings = read_document("draft.json", json.dumps(found, indent=1).encode()).findings
    assert [each.code for each in findings if each.severity is not Severity.NOTE] == ["DOC-505", "DOC-505"]
    assert all("docs/your-document.md" in each.remedy for each in findings if each.code == "DOC-505")


# -- references


def test_references() -> None:
    """Escapes, lists, parameters, bodies, answers, paths and callbacks by reference."""
    description = {
        "openapi": "3.1.0",
        "paths": {"/sms": {"$ref": "#/components/pathItems/a~1b~0%20c"}},
        "components": {
            "pathItems": {"a/b~ c": {"post": {"operationId": "sendSms", "requestBody": {"$ref": "#/x/0"}}}},
        },
        "x": [
            {"content": {"application/json": {"schema": {"$ref": "#/x/1"}}}},
            TO_AND_TEXT,
        ],
    }
    assert request(description)["request_parameters"] == {"to": "$to$", "text": "$content$"}


@pytest.mark.parametrize("away", ["other.yaml", "https://a.example/x.json#/a", "#name", "#/x/9", "#/x/²", "#/no"])
def test_references_that_lead_away(away: str) -> None:
    """Nothing is fetched: what is not in the file is told."""
    schema = obj("to text more", to="string", text="string", more={"$ref": away})
    found = draft(described({"/sms": {"post": operation(schema)}}, x=[1]))
    assert any(each.startswith(f"references were not followed: {away}; ") for each in found.left)
    assert found.document["API"]["SendMessage"]["request_parameters"]["more"] == "$More$"


def test_many_references_are_counted() -> None:
    """Five are named."""
    more = {f"f{index}": {"$ref": f"f{index}.yaml"} for index in range(7)}
    found = draft(described({"/sms": {"post": operation(obj("to text", to="string", text="string", **more))}}))
    assert any("f4.yaml and 2 more;" in each for each in found.left)


def with_refs(*names: str) -> dict[str, Any]:
    """The schema of a message with a field for each of the schemas called *names*."""
    fields = {f"f{index}": {"$ref": f"#/components/schemas/{name}"} for index, name in enumerate(names)}
    return obj("to text", to="string", text="string", **fields)


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {"A": {"allOf": [{"$ref": "#/components/schemas/A"}, TO_AND_TEXT]}},
        {"A": obj("to text reply", to="string", text="string", reply={"$ref": "#/components/schemas/A"})},
        {"A": listed({"$ref": "#/components/schemas/A"})},
        {"A": {"$ref": "#"}},
        {"A": {"oneOf": [{"$ref": "#/components/schemas/A"}] * 50}},
        {"A": with_refs(*("AB"[index % 2] for index in range(300))), "B": {}},
        {"A": {"$ref": "#/components/schemas/B"}, **{each: with_refs(*"BCDEFGHIJ") for each in "BCDEFGHIJ"}},
        {letter: with_refs(*after * 9) for letter, after in zip("ABCDEFGHIJKL", "BCDEFGHIJKLA", strict=True)},
    ],
)
def test_circles_end(schemas: Json) -> None:
    """References that come back to themselves, or multiply, are followed so far and no further."""
    sending = operation({"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A"}, operationId="sendSms")
    schemas = {"schemas": schemas, "parameters": {"P": {"$ref": "#/components/parameters/P"}}}
    description = described(
        {"/sms": {"post": sending | {"parameters": [{"$ref": "#/components/parameters/P"}]}}},
        components=schemas,
        webhooks={"a": {"$ref": "#/webhooks/a"}, "b": {"post": sending}},
    )
    assert draft(description).document["API"]["SendMessage"]["request_method"] == "POST"


def deep(wrap: Json, levels: int = 1000) -> Json:
    """A value that is nested that often."""
    value: Json = TO_AND_TEXT
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: obj("a", a=inner),
        lambda inner: {"type": "array", "items": inner},
        lambda inner: {"allOf": [inner]},
        lambda inner: {"anyOf": [inner, inner]},
        lambda inner: {"example": inner, "type": "object"},
        lambda inner: {"default": inner, "enum": [inner], "examples": [[inner]]},
    ],
)
def test_depth_is_bounded(wrap: Json) -> None:
    """A thousand levels neither overflow the stack nor take long."""
    nested = deep(wrap)
    sending = operation(obj("to text more", to="string", text="string", more=nested), nested)
    sending["requestBody"]["content"]["application/json"]["example"] = {"more": nested}
    hook = {"requestBody": {"content": {"application/json": {"example": nested}}}}
    description = described({"/sms": {"post": sending}}, webhooks={"a": {"post": hook}}, info=nested)
    assert draft(description).document["API"]["SendMessage"]["request_parameters"]["to"] == "$to$"


def test_values_that_contain_themselves() -> None:
    """YAML's anchors can make a value a part of itself."""
    value: dict[str, Any] = TO_AND_TEXT
    value["properties"]["me"] = value
    value["example"] = value
    loop: list[Any] = []
    loop.append(loop)
    sending = operation(value)
    sending["responses"]["200"] = {"content": {"application/json": {"example": {"a": loop}}}}
    assert request(described({"/sms": {"post": sending}}))["request_parameters"]["to"] == "$to$"


# -- names


@pytest.mark.parametrize(
    ("info", "name", "slug"),
    [
        ({"title": " Pigeon Post: SMS/MMS (v2) "}, "Pigeon Post: SMS/MMS (v2)", "pigeon-post-sms-mms-v2"),
        ({"title": "鳩"}, "鳩", "sms-provider"),
        ({"title": 5}, "pigeon", "pigeon"),
        (None, "pigeon", "pigeon"),
    ],
)
def test_id_and_name(info: Json, name: str, slug: str) -> None:
    """The title gives name and id; what cannot be had of it is told."""
    found = draft_document(described({"/sms": {"post": SEND}}, info=info), name="a/pigeon.yaml")
    assert (found.document["name"], found.document["id"]) == (name, slug)
    told = [each for each in found.left if each.startswith(("id:", "name:"))]
    assert bool(told) == (slug == "sms-provider" or name == "pigeon")


# -- errors


@pytest.mark.parametrize(
    ("description", "message", "mend"),
    [
        ([], "holds no object", "right file"),
        ({}, 'has no key "openapi"', '"openapi": "3.0.3"'),
        ({"swagger": "2.0", "paths": {}}, "Swagger 2.0", "convert it to OpenAPI 3"),
        ({"openapi": "4.0.0", "paths": {"/": {}}}, 'version is "4.0.0"', "convert"),
        ({"openapi": "three"}, 'version is "three"', "convert"),
        ({"openapi": {}}, "version is no text", "convert"),
        ({"openapi": "3.0.0"}, "describes no paths", "add its paths"),
        ({"openapi": 3.1, "paths": []}, "describes no paths", "add its paths"),
        ({"openapi": 3, "paths": {"/a": {}}}, "describes no operation", "bundle"),
        ({"openapi": "3.0.0", "paths": {"/a": {"$ref": "a.yaml"}}}, "references to other files", "bundle"),
    ],
)
def test_what_is_no_description(description: Json, message: str, mend: str) -> None:
    """What cannot be drafted from is said, with what to do about it."""
    with pytest.raises(UsageError) as caught:
        draft_document(description, name="pigeon.yaml")
    assert "pigeon.yaml" in caught.value.message
    assert message in caught.value.message
    assert mend in (caught.value.mend or "")


def test_nothing_that_sends() -> None:
    """The closest operations are named, five at most."""
    paths = {f"/things/{number}": {"get": {"summary": f"Thing {number}"}} for number in range(9)}
    paths["/messages/{id}/cancel"] = {"post": {"operationId": "cancelMessage"}}
    paths["/mail"] = {"post": operation(TO_AND_TEXT, operationId="sendMail")}
    with pytest.raises(UsageError, match="no operation that looks like sending a message") as caught:
        draft_document(described(paths), name="pigeon.yaml")
    mend = caught.value.mend or ""
    assert mend.endswith(
        'POST /messages/{id}/cancel ("cancelMessage"): no field looks like a recipient or a text, '
        'POST /mail ("sendMail"), '
        'GET /things/0 ("Thing 0"), GET /things/1 ("Thing 1"), GET /things/2 ("Thing 2")'
    )


# -- anything at all

WORDS = st.sampled_from(
    [
        *(
            "openapi",
            "paths",
            "/sms",
            "post",
            "get",
            "parameters",
            "requestBody",
            "content",
            "application/json",
            "schema",
        ),
        *("properties", "required", "type", "items", "enum", "const", "default", "example", "allOf", "oneOf", "$ref"),
        *("name", "in", "to", "from", "text", "media_url", "id", "status", "responses", "200", "components", "schemas"),
        *("securitySchemes", "security", "servers", "url", "variables", "webhooks", "callbacks", "info", "title"),
    ]
)
TEXTS = ["3.0.0", "#/paths", "#", "string", "object", "array", "query", "path", "$to$", "{a}", "\ud800$x$"]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | WORDS
    | st.sampled_from(
        ["3.0.0", "#/paths", "#", "string", "object", "array", "query", "path", "$to$", "{a}", "\ud800$x$"]
    )
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5)
)


def paths_in(value: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in *value*."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for step, inner in below for each in paths_in(inner, (*path, step)))]


def check(description: Json) -> None:
    """If a draft can be made, it must read without errors; what it is made from stays as it is."""
    before = json.dumps(description)
    with suppress(UsageError):
        found = draft_document(description, name="pigeon.yaml")
        reading = read_document("draft.json", json.dumps(found.document, allow_nan=False).encode())
        assert not has_errors(reading.findings), reading.findings
        assert all(sentence.isprintable() for sentence in (*found.guessed, *found.left))
    assert json.dumps(description) == before


@given(ANYTHING | st.builds(described, ANYTHING, openapi=st.just("3.1.0"), webhooks=ANYTHING, components=ANYTHING))
def test_anything_is_drafted_or_refused(description: Json) -> None:
    """Whatever a file holds, nothing but a UsageError comes of it."""
    check(description)


@given(st.data())
@settings(max_examples=200)
def test_whatever_is_drafted_reads_without_errors(data: st.DataObject) -> None:
    """A description with parts replaced, left out or moved gives a document without errors, or is refused."""
    description = copy.deepcopy(data.draw(st.sampled_from(SHAPES)))
    for _ in range(data.draw(st.integers(1, 4))):
        places = paths_in(description)[1:]
        *around, last = data.draw(st.sampled_from(places))
        holder = description
        for step in around:
            holder = holder[step]
        match data.draw(st.integers(0, 2)):
            case 0:
                del holder[last]
            case 1:
                holder[last] = data.draw(ANYTHING)
            case _ if isinstance(holder, dict):
                holder[data.draw(WORDS | st.text(max_size=5))] = holder.pop(last)
            case _:
                holder.append(copy.deepcopy(holder[0]))
    check(description)
