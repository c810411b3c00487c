"""Placeholders as other tools write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.core.findings import has_errors
from emulator.core.foreign import foreign_in, meant, without_foreign
from emulator.core.reading import read_document

KNOWN = frozenset({"from", "to", "content", "API key"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{accountId}", ["accountId"]),
        ("{{from}}", ["from"]),
        ("{{ from }}", ["from"]),
        ("%MESSAGE%", ["MESSAGE"]),
        ("to=%to%&text=%text%", ["to", "text"]),
        ("${API key}", ["API key"]),
        ("${from} ${to}", ["from", "to"]),
        ("Hi #{name}, @{to}", ["name", "to"]),
        ("{Your_Space_Name}.example", ["Your_Space_Name"]),
        ("<from>", ["from"]),
        (":to", ["to"]),
        ("[API key]", ["API key"]),
        ("<message>", ["message"]),
    ],
)
def test_what_is_a_placeholder(text: str, found: list[str]) -> None:
    """Styles that mean nothing else anywhere; the others where they are all of a text and name a variable."""
    foreign = foreign_in(text, KNOWN)
    assert [each.name for each in foreign] == found
    assert all(text[each.offset :].startswith(each.text) for each in foreign)
    assert len(without_foreign(text, foreign)) == len(text)
    assert foreign_in(without_foreign(text, foreign), KNOWN) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "Hello",
            "$from$",
            "Dear $to$: $content$",
            "it costs $5 and $6",
            "{",
            "{}",
            "{ }",
            "{{}}",
            '{"a": {"b": 1}}',
        ),
        *("50% off, 20% more", "100%", "5%to10%", "a%20b%C3%A9", "%C3%A9t%C3%A9", "%41bc%42", "%s and %d", "1 < 2 > 0"),
        *("<b>bold</b>", "<3", "<from@a.example>", "<xml><to>1</to></xml>", "<unknown>", "12:30", "at:noon", ":smile:"),
        *("[1]", "[link]", "a:to", "C:\\temp", "#1 of 2", "user@host", "{0}", "{2,3}", "key: value", "::to", "to"),
        "application/json; charset=utf-8",
    ],
)
def test_what_is_none(text: str) -> None:
    """Ordinary texts, markup, percentages, encodings, times and JSON inside a text."""
    assert foreign_in(text, KNOWN) == []


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example/v1/:user/sms", ["user"]),
        ("https://a.example/v1/<user>/sms?to=%to%", ["user", "to"]),
        ("https://{region}.a.example/{v}", ["region", "v"]),
        ("https://a.example:8443/v1/messages:send?at=10:30&x=%7B%C3%A9%7D", []),
        ("https://user:pw@a.example/a%20b%C3%A9", []),
    ],
)
def test_addresses(url: str, found: list[str]) -> None:
    """In an address a segment that begins with a colon, and angle brackets, are placeholders too."""
    assert [each.name for each in foreign_in(url, is_address=True)] == found


@pytest.mark.parametrize(
    ("name", "variable"),
    [("MESSAGE", "content"), ("From", "from"), ("recipient", "to"), ("api_key", "API key"), ("accountId", None)],
)
def test_what_is_meant(name: str, variable: str | None) -> None:
    """The variable of that name in other letters, or the one that has another name here."""
    assert meant(name, KNOWN) == variable


def findings(url: str = "https://a.example/sms", **parameters: Any) -> list[tuple[str, str, str]]:
    """What lint says of a document with this request, notes aside: code, what is underlined, remedy."""
    request = {"request_method": "POST", "request_url": url, "request_parameters": {"to": "$to$"} | parameters}
    document = {"id": "a", "name": "A", "class": "sms", "properties": ["API key"], "API": {"SendMessage": request}}
    text = json.dumps(document | {"auth": {"type": "Bearer", "token": "$API key$"}})
    reading = read_document("a.json", text.encode())
    told = [each for each in reading.findings if each.code not in {"DOC-208", "DOC-209"}]
    assert has_errors(told) == any(each.code == "DOC-403" for each in told)
    return [
        (each.code, text[each.where.column - 1 :][: each.where.width], each.remedy)
        for each in told
        if each.where is not None and each.where.column is not None
    ]


def test_lint_tells_each_with_its_place() -> None:
    """Framework 3: a placeholder of another style goes out as it is; nothing else is told of what it caused."""
    assert findings(text="%MESSAGE%", key="${API key}", token="{{token}}") == [
        ("DOC-307", "%MESSAGE%", "a variable is written $content$"),
        ("DOC-307", "${API key}", "a variable is written $API key$"),
        ("DOC-307", "{{token}}", 'a variable is written $name$: add "token" to properties, and write $token$ here'),
    ]


def test_lint_refuses_a_host_with_one() -> None:
    """Braces in a host are an error, and one finding; in the path they are a warning."""
    assert findings("https://{space}.a.example/{accountId}?key={apiKey}", text="$content$") == [
        ("DOC-403", "{space}", 'a variable is written $name$: add "space" to properties, and write $space$ here'),
        (
            "DOC-307",
            "{accountId}",
            'a variable is written $name$: add "accountId" to properties, and write $accountId$ here',
        ),
        ("DOC-307", "{apiKey}", "a variable is written $API key$"),
    ]


def test_lint_of_models_and_answers() -> None:
    """In a webhook model and in response_map a placeholder is compared, not filled."""
    document = {
        "id": "a",
        "name": "A",
        "class": "sms",
        "API": {
            "SendMessage": {
                "request_method": "POST",
                "request_url": "https://a.example",
                "request_parameters": {"to": "$to$", "text": "$content$"},
                "response_map": {"id": "{{messageId}}"},
            }
        },
        "Webhook": [
            {
                "event_key": "dlr",
                "event_type": "messageDelivered",
                "request_parameters": {"id": "$messageid$", "kind": "$event_key$", "at": "{time}"},
            }
        ],
    }
    told = [each for each in read_document("a.json", json.dumps(document).encode()).findings if each.code != "DOC-209"]
    assert [(each.code, each.message) for each in told] == [
        ("DOC-307", "{{messageId}} is compared as it is"),
        ("DOC-307", "{time} is compared as it is"),
    ]
    assert told[0].remedy == "a variable is written $messageid$"
    assert told[1].remedy.startswith("a variable is written $name$; here are $content$, $event_key$, $from$")
