"""Reading an integration document: everything that is wrong with it, at its place, and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.profile import Profile
from emulator.core.reading import MAX_BYTES, read_document
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
    "several-at-once": VALID.replace('"Reference SMS",', "'Reference SMS'", 1)
    .replace('"request_url"', '"requesturl"', 1)
    .replace("$API key$", "$api key$"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told(name: str, golden: SnapshotAssertion) -> None:
    """framework 2, 8: each mistake is told with its place, what is wrong and how to mend it, and is not played."""
    reading = read_document("acme.json", MISTAKES[name].encode("utf-8", "surrogateescape"))
    assert golden == shown(reading.findings)


@pytest.mark.parametrize("name", sorted(MISTAKES.keys() - {"misspelt-optional-key"}))
def test_what_is_wrong_is_not_played(name: str) -> None:
    """A document with an error is refused, and the refusal carries every finding."""
    reading = read_document("acme.json", MISTAKES[name].encode("utf-8", "surrogateescape"))
    with pytest.raises(DocumentError) as caught:
        reading.playable()
    assert reading.findings == caught.value.findings


def test_the_reference_document_is_right() -> None:
    """A right document gives no finding at all."""
    assert read_document("reference.json", VALID.encode()).findings == ()


def test_a_huge_file_is_refused_unread() -> None:
    """50 MB are refused by their size."""
    reading = read_document("big.json", b"[" + b"1," * (MAX_BYTES * 6) + b"1]")
    assert [finding.code for finding in reading.findings] == ["DOC-103"]


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    """Whatever the bytes are, they are read or refused with findings."""
    reading = read_document("x.json", data)
    assert reading.findings or reading.integration is not None


@given(st.integers(0, len(VALID)), st.integers(0, 40), st.text(max_size=3))
def test_no_damage_makes_it_raise(start: int, length: int, inserted: str) -> None:
    """A right document that was damaged anywhere is read, or refused with findings."""
    damaged = VALID[:start] + inserted + VALID[start + length :]
    reading = read_document("x.json", damaged.encode("utf-8", "replace"))
    assert reading.findings or reading.integration is not None


def test_subscribe_is_read_where_the_page_prints_it(raw: dict[str, Any]) -> None:
    """framework 2: Subscribe outside API is API.Subscribe, with a note; the profile can refuse it."""
    raw["Subscribe"] = raw["API"].pop("Subscribe")
    data = json.dumps(raw).encode()
    reading = read_document("x.json", data)
    assert [finding.code for finding in reading.findings] == ["DOC-205"]
    assert reading.playable().document.api.Subscribe is not None
    refused = read_document("x.json", data, Profile(document_shapes="refuse"))
    assert [finding.code for finding in refused.findings] == ["DOC-202"]


@pytest.mark.parametrize("bare", [False, True], ids=["object-of-models", "bare-model"])
def test_webhook_may_be_an_object(raw: dict[str, Any], bare: bool) -> None:
    """framework 2: an object of models, or one bare model, is read as a list, with a warning."""
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
    """framework 2: a key that nothing public defines has no effect, and is told with a suggestion."""
    raw["API"]["SendMessage"]["request_header"] = {"X-API-Key": "x"}
    findings = read_document("x.json", json.dumps(raw).encode()).findings
    assert [(each.code, each.severity) for each in findings] == [("DOC-202", "warning")]
