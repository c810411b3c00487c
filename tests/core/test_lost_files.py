"""Files that a webhook names and its event does not bring are told by name; what means little to people, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.bodies import read_webhook
from emulator.core.document import WebhookModel
from emulator.core.lost_files import addresses_in
from emulator.core.matching import Defaults, compile_models, match
from emulator.core.near_misses import in_short, near_miss_data

if TYPE_CHECKING:
    from emulator.core.matching import Event, Matched
    from emulator.core.messages import Json

FORM = "application/x-www-form-urlencoded"
ENDS = {"from": "$from$", "to": "$to$"}
ONE, TWO, THREE = (f"https://files.example.com/{name}.jpg" for name in ("one", "two", "three"))


def model(kind: Any, **parameters: Any) -> WebhookModel:
    return WebhookModel(event_key="", event_type=kind, verb="POST", parameters={**ENDS, **parameters})


def matched(models: list[WebhookModel], said: Json, **settings: str) -> Matched:
    return match(compile_models(models, Defaults(**settings)), "POST", said)


def event(models: list[WebhookModel], said: dict[str, Json], **settings: str) -> Event:
    (found,) = matched(models, {"from": "+1", "to": "+2", **said}, **settings).events
    return found


def form(text: str) -> Json:
    return read_webhook("POST", "", FORM, f"from=1&to=2&{text}".encode())[0]


@pytest.mark.parametrize(
    ("wanted", "said", "others"),
    [
        ("MediaUrl0", {"MediaUrl0": ONE, "MediaUrl1": TWO, "MediaUrl2": THREE}, "$.MediaUrl1 and $.MediaUrl2 name"),
        ("MediaUrl1", {"MediaUrl0": ONE, "MediaUrl1": TWO, "MediaContentType0": ONE}, "$.MediaUrl0 names"),
        ("image", {"image": ONE, "image2": TWO, "image3": THREE}, "$.image2 and $.image3 name"),
        ("media[0]", {"media[0]": ONE, "media[1]": TWO}, '$["media[1]"] names'),
    ],
)
def test_files_in_numbered_keys(wanted: str, said: dict[str, Json], others: str) -> None:
    """Framework 9.6: the first is taken and each of the others is named."""
    (finding,) = event([model("mms", **{wanted: "$url$"})], said).findings
    assert finding.code == "WH-112"
    assert finding.message.startswith(f"{others} more files; an mms takes one, that of")
    assert finding.remedy == "post one webhook for each file"


def test_files_under_numbered_objects() -> None:
    """Framework 9.6: the number may stand higher up."""
    (finding,) = event(
        [model("mms", file1={"href": "$url$"})], {"file1": {"href": ONE}, "file2": {"href": TWO}}
    ).findings
    assert finding.message.startswith("$.file2.href names more files")


@pytest.mark.parametrize(
    "said",
    [
        {"MediaUrl0": ONE},
        {"MediaUrl0": ONE, "MediaUrl1": ""},
        {"MediaUrl0": ONE, "MediaUrl1": None},
        {"MediaUrl0": ONE, "MediaUrl1": "none"},
        {"MediaUrl0": ONE, "OtherUrl1": TWO},
    ],
)
def test_what_is_no_further_file(said: dict[str, Json]) -> None:
    """An empty key, or one of another name, is nothing to warn of."""
    assert () == event([model("mms", MediaUrl0="$url$")], said).findings


def test_files_in_one_text() -> None:
    """Framework 6.33, 9.6: of addresses in one text the first is taken, the others are named."""
    said: dict[str, Json] = {"media": f"{ONE},{TWO}, {THREE}"}
    found = event([model("mms", media="$url$")], said)
    (finding,) = found.findings
    assert found.variables["url"] == ONE
    assert finding.message == f"$.media holds 3 addresses, and an mms takes one; left out: {TWO}, {THREE}"
    whole = event([model("mms", media="$url$")], said, joined_urls="whole")
    assert (whole.variables["url"], len(whole.findings)) == (said["media"], 1)


@pytest.mark.parametrize("text", [ONE, f"{ONE}?a=1,2;b", "", f"look: {ONE},{TWO}", "http://a b"])
def test_what_is_one_address_stays(text: str) -> None:
    """A comma may stand in an address."""
    assert [text] == addresses_in(text)


def test_addresses_of_any_length() -> None:
    """Framework 6.6: the work grows as the text does; were it to grow as the square, this would not end."""
    assert len(addresses_in(" " * 500_000 + ",http" * 100_000)) == 1


def test_keys_of_a_form_that_repeat() -> None:
    """Framework 6.34: the first value is taken, and further ones are warned of; a JSON list is none of it."""
    models = [model("mms", media="$url$")]
    (found,) = matched(models, form(f"media={ONE}&media={TWO}")).events
    assert found.variables["url"] == ONE
    assert [("WH-103", "$.media")] == [(each.code, each.path) for each in found.findings]
    assert matched(models, {"from": "1", "to": "2", "media": [ONE, TWO]}).events == ()


def test_a_single_value_of_a_form_is_a_list_of_one() -> None:
    """Framework 6.34: a form has no other way to say it; JSON has."""
    models = [model("mms", media=["$url$"])]
    assert matched(models, form(f"media={ONE}")).events[0].variables["url"] == ONE
    assert matched(models, form(f"media={ONE}&media={TWO}")).events[0].variables["url"] == ONE
    assert matched(models, {"from": "1", "to": "2", "media": ONE}).events == ()


def test_an_empty_file_or_id_is_none() -> None:
    """Framework 6.32: what stands there empty is not bound, and the model that can do without is taken."""
    models = [model("mms", media="$url$"), model("message", text="$content$")]
    said: dict[str, Json] = {"text": "hi", "media": " "}
    assert event(models, said).event_type == "message"
    assert event(models, said, empty_values="present").event_type == "mms"
    report = WebhookModel(event_key="", event_type="messageDelivered", verb="POST", parameters={"id": "$messageid$"})
    shaped = WebhookModel(event_key="", event_type="messageDelivered", verb="POST", parameters={"id": "<$messageid$>"})
    for each in (report, shaped):
        assert matched([each], {"id": "<>" if each is shaped else ""}).events == ()
        assert matched([each], {"id": "<1>"}).events
    (miss,) = matched([report], {"id": ""}).unmatched
    assert in_short(near_miss_data(miss, {"id": ""}, report)) == (
        "like messageDelivered, but id: expected $messageid$, not empty; found ''"
    )


@pytest.mark.parametrize(("text", "empty"), [("", "the text is empty, and "), ("look", "")])
def test_a_file_that_no_model_reads(text: str, empty: str) -> None:
    """Framework 8.2: an MMS posted as a message loses its file; the document is the first to mend."""
    said: dict[str, Json] = {"text": text, "media": [{"type": "x", "url": ONE}], "callback": "https://example.com/"}
    (finding,) = event([model("message", text="$content$")], said).findings
    assert ("WH-110", "$.media[0].url") == (finding.code, finding.path)
    assert finding.message == f"{empty}$.media[0].url has the address of a file, which the message model does not read"
    assert finding.remedy.startswith("describe an mms model")
    both = [model("mms", file="$url$"), model("message", text="$content$")]
    assert event(both, said).findings[0].remedy.startswith("let an mms model fit it")


def test_a_message_that_says_nothing() -> None:
    """Framework 8.2: nothing of a callback's address makes a file."""
    (finding,) = event(
        [model("message", text="$content$")], {"text": " \n", "callback": ONE.replace("files", "x")}
    ).findings
    assert ("WH-111", "the text is empty: people see an empty message") == (finding.code, finding.message)
    assert (
        () == event([model("message", text="$content$")], {"text": "hi", "callback": "https://example.com/x"}).findings
    )


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("a\x00b", "WH-108", "$.text holds the control character U+0000"),
        ("a\x92b", "WH-108", "$.text holds the control character U+0092"),
        ("caf\ufffd", "WH-109", "$.text holds U+FFFD: a character was lost before it was posted"),
    ],
)
def test_characters_that_nobody_typed(text: str, code: str, said: str) -> None:
    """Framework 6.8: what another reader has destroyed before is told."""
    (finding,) = event([model("message", text="$content$")], {"text": text}).findings
    assert (code, said) == (finding.code, finding.message)
    assert () == event([model("message", text="$content$")], {"text": "a\tb\r\nc \u200d\U0001f469"}).findings


def test_json_inside_a_text() -> None:
    """Framework 9: the format cannot unpack it, and the near miss says so."""
    wanted = WebhookModel(
        event_key="", event_type="message", verb="POST", parameters={"result": {**ENDS, "t": "$content$"}}
    )
    said = form('result={"from":"1","to":"2","t":"hi"}')
    (miss,) = matched([wanted], said).unmatched
    assert "it is JSON inside a text, which the format cannot unpack" in in_short(near_miss_data(miss, said, wanted))
    mend = near_miss_data(miss, said, wanted)["nearest"]["remedy"]
    assert mend == "post the JSON itself, with Content-Type: application/json"


def test_a_path_written_as_a_key() -> None:
    """Framework 9: a form has no objects, whatever brackets its keys have; the document can have such a key."""
    wanted = WebhookModel(
        event_key="", event_type="messageDelivered", verb="POST", parameters={"data": {"id": "$messageid$"}}
    )
    said = form("data[id]=7")
    (miss,) = matched([wanted], said).unmatched
    told = in_short(near_miss_data(miss, said, wanted))
    assert 'data.id is missing: found ["data[id]"]' in told
    assert "brackets in a key make no object: write the key into the document as it comes, or post JSON" in told


def test_a_form_where_json_is_expected() -> None:
    """Framework 8.3, 9: a form is flat; that is told in place of what to write into it."""
    wanted = WebhookModel(
        event_key="", event_type="message", verb="POST", parameters={"params": {**ENDS, "content": "$content$"}}
    )
    said = form("content=hi")
    (miss,) = matched([wanted], said).unmatched
    mend = near_miss_data(miss, said, wanted)["nearest"]["remedy"]
    assert mend == "post JSON, or write the model as flat as the form is: a form cannot hold $.params"
    assert isinstance(said, dict)
    plain = dict(said)
    (miss,) = matched([wanted], plain).unmatched
    assert "a form" not in near_miss_data(miss, plain, wanted)["nearest"]["remedy"]
