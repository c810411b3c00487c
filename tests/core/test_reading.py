"""Reading an integration document: everything that is wrong with it, at its place, and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.profile import Profile
from emulator.core.reading import read_document
from emulator.errors import DocumentError, Finding

REFERENCE = Path(__file__).parents[2] / "scenarios/reference.json"

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

VALID = REFERENCE.read_text("utf-8")
API = '"request_method": "POST",'


def shown(findings: tuple[Finding, ...]) -> str:
    """Findings as a person sees them."""
    lines = []
    for finding in findings:
        where = finding.where
        lines.append(f"{where} {finding.severity} {finding.code} {finding.message}")
        if where is not None and where.text is not None and where.column is not None:
            lines += [
                f"  | {where.text[:120]}",
                "  | " + " " * (where.column - 1) + "^" * where.width + " " + finding.remedy,
            ]
        else:
            lines.append(f"  {finding.remedy}")
    return "\n".join(lines) + "\n"


MISTAKES = {
    "comment": VALID.replace('"name"', '// our name\n  "name"', 1),
    "trailing-comma": VALID.replace('"$API key$"\n', '"$API key$",\n', 1),
    "curly-quotes": VALID.replace('"Reference SMS"', "“Reference SMS”"),
    "single-quotes": VALID.replace('"Reference SMS"', "'Reference SMS'"),
    "missing-quote": VALID.replace('"Reference SMS",', '"Reference SMS,'),
    "missing-comma": VALID.replace('"Reference SMS",', '"Reference SMS"'),
    "duplicate-key": VALID.replace('"class": "sms",', '"class": "sms",\n  "class": "sms",'),
    "truncated": VALID[:900],
    "not-utf-8": VALID.replace("Reference SMS", "Caf\udce9"),
    "deep": "[" * 10_000,
    "list": "[1, 2]",
    "page": "<!doctype html>\n<html><body>404</body></html>",
    "yaml": "id: acme\nname: Acme\n",
    "empty": "",
    "misspelt-key": VALID.replace('"request_url"', '"request_ur"', 1),
    "misspelt-optional-key": VALID.replace('"properties"', '"propertys"', 1).replace("$API key$", "literal"),
    "missing-key": VALID.replace('  "name": "Reference SMS",\n', ""),
    "wrong-type": VALID.replace('"name": "Reference SMS"', '"name": 5'),
    "wrong-word": VALID.replace('"mms"', '"file"'),
    "wrong-case": VALID.replace(API, '"request_method": "post",', 1),
    "wrong-class": VALID.replace('"class": "sms"', '"class": "crm"'),
    "unusable-id": VALID.replace('"reference-sms"', '"reference sms"'),
    "unknown-variable": VALID.replace("$from$", "$Form$", 1),
    "variable-of-a-webhook": VALID.replace('"content": "$content$"', '"content": "$text$"', 1),
    "property-in-another-case": VALID.replace("$API key$", "$API Key$"),
    "auth-of-another-kind": VALID.replace('"type": "Bearer"', '"type": "Digest"'),
    "model-lacks-a-variable": VALID.replace('          "to": "$to$",\n', "", 1),
    "response-map-names-another": VALID.replace('"id": "$messageid$"', '"id": "$id$"', 1),
    "relative-url": VALID.replace("https://api.example.com/webhook", "api.example.com/webhook", 1),
    "nested-form": VALID.replace("application/json", "application/x-www-form-urlencoded", 1).replace(
        '"from": "$from$",', '"from": {"number": "$from$"},', 1
    ),
    "one-line": json.dumps(json.loads(VALID)).replace('"Reference SMS"', '"Reference SMS'),
    "byte-order-mark": "\ufeff" + VALID,
    "carriage-returns": VALID.replace("\n", "\r\n").replace("Reference SMS", "Reference\tSMS"),
    "backslash": VALID.replace("Reference SMS", r"Reference\SMS"),
    "python-words": VALID.replace('"Reference SMS"', "None"),
    "phone-number": VALID.replace('"Reference SMS"', "+61123456789"),
    "missing-colon": VALID.replace('"name":', '"name"'),
    "wrong-bracket": VALID.replace('"API key"\n  ]', '"API key"\n  }'),
    "text-after-the-end": VALID + "}\n",
    "models-without-list": VALID.replace('"Webhook": [', '"Webhook": {').replace("  ]\n}", "  }\n}"),
    "nothing-in-it": "{}",
    "wrong-types": VALID.replace('"properties": [', '"logo": [], "properties": {"a":')
    .replace('"API key"\n  ]', '"b"\n  }')
    .replace('"Webhook": [', '"Webhook": [5,'),
    "wrong-model-before-others": VALID.replace('"event_key": "message",', "", 1).replace('"$url$"', '"$Url$"'),
    "model-in-an-object": VALID.replace('"Webhook": [\n    {', '"Webhook": {"in": {')
    .replace('    {\n      "event_key": "file"', '    "file": {\n      "event_key": "file"')
    .replace('    {\n      "event_key": "delivered"', '    "dlr": {\n      "event_kay": "delivered"')
    .replace("  ]\n}", "  }\n}"),
    "content-in-an-mms": VALID.replace('"text": "$text$"', '"text": "$content$"'),
    "file-in-a-form": VALID.replace("application/json", "multipart/form-data", 2).replace(
        "multipart/form-data", "application/json", 1
    ),
    "control-character-in-a-key": VALID.replace('"name"', '"na\\u001bme"'),
    "many-unknown-keys": VALID.replace('"name"', "".join(f'"key {n}": 1,' for n in range(60)) + '"name"'),
    "several-at-once": VALID.replace('"Reference SMS",', "'Reference SMS'", 1)
    .replace('"request_url"', '"requesturl"', 1)
    .replace("$API key$", "$api key$"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told(name: str, golden: SnapshotAssertion) -> None:
    """Framework 2.1, 2.2, 8.9: each mistake is told with its place, what is wrong and how to mend it, and is not
    played."""
    reading = read_document("acme.json", MISTAKES[name].encode("utf-8", "surrogateescape"))
    assert golden == shown(reading.findings)


HUGE = b" " * 50 * 1024 * 1024


@pytest.mark.parametrize(
    "data", [HUGE, VALID.encode("utf-16"), b"\xff\xfe\0"], ids=["50-mb", "utf-16", "utf-16-cut-off"]
)
def test_what_is_no_document_is_refused(data: bytes, golden: SnapshotAssertion) -> None:
    """Framework 2.2: a file that is too large, or not UTF-8, is refused unread, and told why."""
    reading = read_document("acme.json", data)
    assert reading.integration is None
    assert golden == shown(reading.findings)


PLAYABLE = {"misspelt-optional-key", "byte-order-mark", "many-unknown-keys", "file-in-a-form"}


@pytest.mark.parametrize("name", sorted(PLAYABLE))
def test_what_is_only_odd_is_played(name: str) -> None:
    """Framework 2.1: A document with warnings and notes alone is played."""
    assert read_document("acme.json", MISTAKES[name].encode()).playable().document.api.SendMessage.verb == "POST"


@pytest.mark.parametrize("name", sorted(MISTAKES.keys() - PLAYABLE))
def test_what_is_wrong_is_not_played(name: str) -> None:
    """Framework 2.1: A document with an error is refused, and the refusal carries every finding."""
    reading = read_document("acme.json", MISTAKES[name].encode("utf-8", "surrogateescape"))
    with pytest.raises(DocumentError) as caught:
        reading.playable()
    assert reading.findings == caught.value.findings


def test_the_reference_document_is_right() -> None:
    """A right document gives no finding at all."""
    assert read_document("reference.json", VALID.encode()).findings == ()


NAMES = st.text(alphabet="abcXYZ üé-_.#0", min_size=1, max_size=8).filter(lambda name: name not in {"from", "to"})
SCALARS = st.none() | st.booleans() | st.integers() | st.text(alphabet='abc "\\\n👩', max_size=6)
VERBS_AND_TYPES = st.sampled_from(
    [
        ("POST", "application/json"),
        ("PUT", "application/x+json; charset=utf-8"),
        ("GET", "application/json"),
        ("PATCH", "application/x-www-form-urlencoded"),
        ("DELETE", "application/json"),
        ("POST", "multipart/form-data"),
    ]
)


@st.composite
def valid_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents without a mistake."""
    data: dict[str, Any] = json.loads(VALID)
    properties = ["a secret", *draw(st.lists(NAMES.filter("a secret".__ne__), unique=True, max_size=4))]
    data |= {
        "id": draw(st.text(alphabet="abcXYZ019._-", min_size=1)),
        "name": draw(st.text(min_size=1)),
        "properties": properties,
        "logo": draw(st.sampled_from(["https://a.example/x.png", "http://a.example"])),
    }
    data["auth"] = draw(
        st.sampled_from([{"type": "Basic", "username": "u", "password": ""}, {"type": "Bearer", "token": "$a secret$"}])
    )
    verb, kind = draw(VERBS_AND_TYPES)
    more = draw(st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=2), max_size=3))
    used = {f"p{number}": f"<${name}$>" for number, name in enumerate(properties)}
    message = data["API"]["SendMessage"]
    message["request_parameters"] |= more | used
    message |= {"request_method": verb, "request_content_type": kind}
    if verb in {"GET", "DELETE"}:
        del message["request_content_type"]
    return data


@given(valid_documents(), st.sampled_from([None, 1, "\t"]))
def test_a_valid_document_gives_no_finding(document: dict[str, Any], indent: Any) -> None:
    """Framework 2.1: whatever is right is not complained of, however it is laid out."""
    text = json.dumps(document, indent=indent, ensure_ascii=indent is None)
    assert read_document("x.json", text.encode("utf-8")).findings == ()


@given(st.binary(max_size=200) | st.text(alphabet="{}[]\",:$'aé\0\ufeff \n/*", max_size=80).map(str.encode))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    """Whatever the bytes are, they are read or refused with findings."""
    reading = read_document("x.json", data)
    assert reading.findings or reading.integration is not None


@given(st.integers(0, len(VALID)), st.integers(0, 40), st.binary(max_size=3) | st.text(max_size=3).map(str.encode))
def test_no_damage_makes_it_raise(start: int, length: int, inserted: bytes) -> None:
    """A right document that was damaged anywhere is read, or refused with findings."""
    data = VALID.encode()
    reading = read_document("x.json", data[:start] + inserted + data[start + length :])
    assert reading.findings or reading.integration is not None


@given(st.integers(0, len(VALID)))
def test_a_document_cut_off_anywhere_is_told_of(length: int) -> None:
    """A document of which only the beginning came is never played, unless only white space is missing."""
    reading = read_document("x.json", VALID.encode()[:length])
    assert (VALID.strip() == VALID[:length].strip()) == (reading.findings == ())


NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "$from$", "$", "POST", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "to", ""]), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_no_wrong_node_makes_it_raise(data: st.DataObject) -> None:
    """A right document with any node replaced by anything is read, or refused with findings at places of the file."""
    document: Any = json.loads(VALID)
    node: Any = document
    path: tuple[Any, ...] = ()
    while isinstance(node, dict | list) and node and data.draw(st.integers(0, 3)):
        step = data.draw(st.sampled_from([*node] if isinstance(node, dict) else [*range(len(node))]))
        around, node, path = node, node[step], (*path, step)
    if path:
        around[path[-1]] = data.draw(NODES)
    reading = read_document("x.json", json.dumps(document, indent=1).encode())
    assert reading.findings or reading.integration is not None
    assert all(each.where is not None and each.where.line for each in reading.findings)


def test_every_finding_is_told_at_most_so_often() -> None:
    """A document full of mistakes tells the first of them, and that there may be more; errors are never crowded out."""
    document: Any = json.loads(VALID)
    document["properties"] = [f"unused {number}" for number in range(10_000)] + ["API key"]
    document["API"]["SendMessage"]["request_parameters"] |= {f"k{number}": f"$v{number}$" for number in range(10_000)}
    findings = read_document("x.json", json.dumps(document).encode()).findings
    assert (50, 50) == tuple(sum(each.code == code for each in findings) for code in ("DOC-301", "DOC-302"))
    assert findings[-1].code == "DOC-123"
    document["Webhook"] = [{} for _ in range(10_000)]
    findings = read_document("x.json", json.dumps(document).encode()).findings
    assert {"DOC-201", "DOC-123"} == {each.code for each in findings}


@pytest.mark.parametrize(
    ("service", "fits"),
    [
        ("acme-sms", True),
        ("A.c_m-3", True),
        ("a/b", False),
        ("a b", False),
        ("a?b", False),
        ("caf\xe9", False),
        ("", False),
    ],
)
def test_what_an_id_may_hold(raw: dict[str, Any], service: str, fits: bool) -> None:
    """Framework 2.3: what needs no encoding in the webhook URL; anything else is told at the id."""
    raw["id"] = service
    findings = read_document("x.json", json.dumps(raw).encode()).findings
    assert [each.path for each in findings] == ([] if fits else ["$.id"])


@pytest.mark.parametrize("word", ["crm", "SMS", "mms"])
def test_another_class(raw: dict[str, Any], word: str) -> None:
    """Framework 2.4: it is refused, with the one that can be played."""
    raw["class"] = word
    (finding,) = read_document("x.json", json.dumps(raw).encode()).findings
    assert (finding.path, finding.severity) == ("$.class", "error")
    assert '"sms"' in finding.remedy


def test_subscribe_is_read_where_the_page_prints_it(raw: dict[str, Any]) -> None:
    """Framework 2.9: Subscribe outside API is API.Subscribe, with a note; the profile can refuse it."""
    raw["Subscribe"] = raw["API"].pop("Subscribe")
    data = json.dumps(raw).encode()
    reading = read_document("x.json", data)
    assert [finding.code for finding in reading.findings] == ["DOC-205"]
    assert reading.playable().document.api.Subscribe is not None
    refused = read_document("x.json", data, Profile(document_shapes="refuse"))
    assert [finding.code for finding in refused.findings] == ["DOC-210"]


@pytest.mark.parametrize("bare", [False, True], ids=["object-of-models", "bare-model"])
def test_webhook_may_be_an_object(raw: dict[str, Any], bare: bool) -> None:
    """Framework 2.10: an object of models, or one bare model, is read as a list, with a warning."""
    models = raw["Webhook"]
    raw["Webhook"] = models[0] if bare else {model["event_key"]: model for model in models}
    reading = read_document("x.json", json.dumps(raw).encode())
    assert "DOC-206" in [finding.code for finding in reading.findings]
    keys = [model.event_key for model in reading.playable().document.webhooks]
    assert (["message"] if bare else ["message", "file", "delivered"]) == keys


def test_a_finding_in_a_moved_part_points_into_the_file(raw: dict[str, Any]) -> None:
    """A mistake inside a Subscribe outside API is told where it stands, not where it was put."""
    raw["Subscribe"] = {**raw["API"].pop("Subscribe"), "request_url": "ftp://x"}
    text = json.dumps(raw, indent=2)
    where = next(each.where for each in read_document("x.json", text.encode()).findings if each.code == "DOC-403")
    assert where is not None
    assert where.line is not None
    assert '"request_url": "ftp://x"' in text.splitlines()[where.line - 1]


def test_unknown_keys_are_kept_and_warned_of(raw: dict[str, Any]) -> None:
    """Framework 2.12: a key that nothing public defines has no effect, and is told with a suggestion."""
    raw["API"]["SendMessage"]["request_header"] = {"X-API-Key": "x"}
    findings = read_document("x.json", json.dumps(raw).encode()).findings
    assert [(each.code, each.severity) for each in findings] == [("DOC-202", "warning")]
