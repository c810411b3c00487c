"""``trigger`` and ``request`` make a request of the project's or the scenario's own, and its answer can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.messages import Request
from emulator.errors import RenderingError, ScenarioError
from emulator.scenario.project import HttpAction
from emulator.scenario.results import Failure, ScenarioResult, Status
from emulator.scenario.steps.provoking import http_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.scenario.conftest import Stage

NUMBER, CONTACT, KEY = "+61855555555", "+61123456789", "s3cret-API-key"
ID = "a8d35b94-154a"
CHECKED = "    check: {status: 2xx}\n"


def _failure(result: ScenarioResult) -> Failure:
    ((_, _, _, failure),) = result.failures
    return failure


def _request(stage: Stage, action: str, checked: str = CHECKED) -> str:
    """A scenario that makes one request; URL stands for the provider's."""
    return f"scenario: A request\nsteps:\n  - request: {action.replace('URL', stage.provider.url)}\n{checked}"


def _trigger(stage: Stage, request: str, **others: str) -> None:
    """The project's trigger ``go``, and *others*; URL stands for the provider's."""
    entries = {"go": request, **others}
    inner = ", ".join(
        f"{name}: {{request: {each.replace('URL', stage.provider.url)}}}" for name, each in entries.items()
    )
    stage.triggers = f"{{{inner}}}"


def _complaints(stage: Stage, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        stage.load(text)
    return [f"{each.message} | {each.remedy}" for each in caught.value.findings]


# -- what goes out

JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
TEXT = ("Content-Type", "text/plain; charset=utf-8")
HERE = "http://127.0.0.1:1/x"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"GET": HERE}, Request(method="GET", url=HERE)),
        ({"DELETE": HERE}, Request(method="DELETE", url=HERE)),
        (
            {"POST": HERE, "json": {"a": ["ü", 1, None]}},
            Request(method="POST", url=HERE, headers=(JSON,), body='{"a": ["ü", 1, null]}'.encode()),
        ),
        ({"PUT": HERE, "json": []}, Request(method="PUT", url=HERE, headers=(JSON,), body=b"[]")),
        (
            {"POST": HERE, "form": {"a b": "1&2", "c": "ü"}},
            Request(method="POST", url=HERE, headers=(FORM,), body=b"a+b=1%262&c=%C3%BC"),
        ),
        ({"POST": HERE, "form": {}}, Request(method="POST", url=HERE, headers=(FORM,))),
        ({"PATCH": HERE, "body": "ü\n"}, Request(method="PATCH", url=HERE, headers=(TEXT,), body="ü\n".encode())),
        ({"POST": HERE, "body": "\ud800"}, Request(method="POST", url=HERE, headers=(TEXT,), body=b"?")),
        (
            {"POST": HERE, "headers": {"X-Id": "7", "content-TYPE": "text/csv"}, "body": "a,b"},
            Request(method="POST", url=HERE, headers=(("X-Id", "7"), ("content-TYPE", "text/csv")), body=b"a,b"),
        ),
        (
            {"POST": HERE, "headers": {"X-Id": "7"}, "json": 1},
            Request(method="POST", url=HERE, headers=(("X-Id", "7"), JSON), body=b"1"),
        ),
        (
            {"GET": HERE, "headers": {"Content-Type": "text/csv"}},
            Request(method="GET", url=HERE, headers=(("Content-Type", "text/csv"),)),
        ),
    ],
    ids=[
        "no-body", "delete", "json", "json-list", "form", "empty-form", "text", "lone-surrogate", "own-content-type",
        "own-header", "content-type-of-nothing",
    ],
)  # fmt: skip
def test_a_request_as_described(action: dict[str, Any], expected: Request) -> None:
    """Method, URL, headers and one body of JSON, a form or text; a content type that is given stays as it is."""
    assert expected == http_request(HttpAction.model_validate(action))


@pytest.mark.parametrize("url", ["/x", "ftp://x.test/x", "x.test", ""], ids=["relative", "ftp", "bare", "empty"])
def test_a_url_that_is_none(url: str) -> None:
    """A request that can go nowhere is refused before it is made."""
    with pytest.raises(RenderingError) as caught:
        http_request(HttpAction.model_validate({"GET": url}))
    assert f"{url!r} is no absolute http(s) URL" == caught.value.message


# -- request


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_every_method(method: str, stage: Stage) -> None:
    """``request`` knows five methods, and sends what it is told."""
    result = await stage.play(_request(stage, f'{{{method}: URL/x/$number$?a=1, headers: {{X-Id: 007}}, body: "hi"}}'))
    assert Status.PASSED is result.status
    request = stage.provider.requests[-1]
    assert (method, f"/x/{NUMBER}?a=1", "007", "hi") == (
        request.method,
        request.path_qs,
        request.headers["X-Id"],
        stage.provider.bodies[-1],
    )
    assert ["Subscribe", "Request"] == [step.name for step in result.steps]


async def test_what_yaml_reads_in_a_request(stage: Stage) -> None:
    """JSON is what YAML makes of it; a form and a header keep their characters."""
    await stage.play(
        "scenario: Types\n"
        "steps:\n"
        f"  - request: {{POST: {stage.provider.url}/x, json: {{n: 7, b: true, z: 007, s: '7'}}}}\n"
        f"  - request: {{POST: {stage.provider.url}/x, form: {{n: 007, b: true, to: {CONTACT}}}}}\n"
    )
    assert [{"n": 7, "b": True, "z": 7, "s": "7"}, "n=007&b=true&to=%2B61123456789"] == stage.provider.bodies[-2:]


async def test_results_of_a_request(stage: Stage) -> None:
    """A request supplies its status, its answer and the number of its exchange."""
    stage.provider.answers("/x", {"items": [{"id": "i-1"}]}, 203)
    stage.provider.answers("/y", "plain text", content_type="text/plain")
    await stage.play(
        _request(stage, "{GET: URL/x}", "    as: list\n")
        + f"  - request: {{GET: {stage.provider.url}/y}}\n"
        + "  - send_message: $list.status$ $list.answer.items.0.id$ $list.exchange$ $status$ $answer$\n"
    )
    assert "203 i-1 2 200 plain text" == stage.provider.bodies[-1]["content"]


async def test_hosts_in_a_request(stage: Stage) -> None:
    """A request to the provider's real address goes where the project's ``hosts`` say, as the platform's own do."""
    result = await stage.play(_request(stage, "{GET: https://api.example.com/x}"))
    assert Status.PASSED is result.status
    assert "/x" == stage.provider.requests[-1].path


async def test_a_request_that_is_refused(stage: Stage) -> None:
    """A request fails by itself, unless the provider answers it with a 2xx."""
    stage.provider.answers("/x", {"error": "no"}, 404)
    result = await stage.play(_request(stage, "{GET: URL/x}", ""))
    assert Status.FAILED is result.status
    failure = _failure(result)
    assert ("API-104", "request is taken by the provider", 'the provider answered 404: {"error": "no"}', 2) == (
        failure.code,
        failure.expected,
        failure.received,
        failure.exchange,
    )


async def test_a_request_that_should_be_refused(stage: Stage) -> None:
    """A check of the status says what is right in place of a 2xx."""
    stage.provider.answers("/x", {"error": "no"}, 404)
    result = await stage.play(_request(stage, "{GET: URL/x}", "    check: {status: 404, body: {$.error: no}}\n"))
    assert (Status.PASSED, ()) == (result.status, result.failures)


async def test_a_url_that_turns_out_to_be_none(stage: Stage) -> None:
    """A URL that a placeholder supplies is looked at when the step runs."""
    result = await stage.play(
        "scenario: A URL\nvars: {url: x.test}\nsteps:\n  - request: {GET: $url$}\n" + CHECKED,
    )
    failure = _failure(result)
    assert ("SCN-506", "request can be done", "'x.test' is no absolute http(s) URL") == (
        failure.code,
        failure.expected,
        failure.received,
    )


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("{}", ["a request has one method | write such as POST: http://127.0.0.1:8080/path"]),
        ("{GET: URL, POST: URL}", ["a request has one method | write such as POST: http://127.0.0.1:8080/path"]),
        ("{POST: URL, json: 1, body: x}", ["a request has one body | keep one of json, form and body"]),
        ("{POST: URL, form: {a: 1}, body: x}", ["a request has one body | keep one of json, form and body"]),
        ("GET", ["request needs a map | see request in docs/scenarios.md"]),
    ],
    ids=["no-method", "two-methods", "json-and-body", "form-and-body", "no-map"],
)
def test_a_request_that_is_none(action: str, told: list[str], stage: Stage) -> None:
    """One method and at most one body: anything else is told while the scenario is loaded."""
    assert told == _complaints(stage, _request(stage, action))


# -- trigger


async def test_a_trigger(stage: Stage) -> None:
    """A trigger makes the project's request, filled with the contact, the number, the account and by ``with``."""
    _trigger(
        stage,
        "{POST: URL/in/$domain$, headers: {X-To: $to$}, "
        "json: {from: $from$, to: $to$, text: $content$, hook: $webhook_url$, key: $env.KEY$}}",
    )
    stage.environment["KEY"] = "k"
    result = await stage.play(
        f"scenario: A trigger\nsteps:\n  - trigger: go\n    with: {{content: ping $number$}}\n{CHECKED}"
    )
    assert Status.PASSED is result.status
    request = stage.provider.requests[-1]
    assert ("POST", "/in/acme", NUMBER) == (request.method, request.path, request.headers["X-To"])
    assert {
        "from": CONTACT,
        "to": NUMBER,
        "text": f"ping {NUMBER}",
        "hook": stage.provider.webhook_url,
        "key": "k",
    } == stage.provider.bodies[-1]
    assert ["Subscribe", "Trigger go"] == [step.name for step in result.steps]


SAME = {
    "trigger": "  - trigger: go\n    with: {content: ping}\n",
    "request": "  - request: {POST: URL/in, json: {text: ping}}\n",
    "query": "  - request: {GET: 'URL/in?text=ping'}\n",
}


@pytest.mark.parametrize("step", SAME)
async def test_what_a_step_asks_for_is_no_echo(step: str, stage: Stage) -> None:
    """Framework 8.15, 8.16: a text that a step has the provider post is none, nor a duplicate, though it went out and
    came before; what it did not ask for is."""
    _trigger(stage, "{POST: URL/in, json: {text: $content$}}")
    stage.provider.texts("ping", on="/in")
    asked = SAME[step].replace("URL", stage.provider.url) + "  - expect: {message: ping}\n    within: 1s\n"
    scenario = f"scenario: Both ways\nsteps:\n  - send_message: ping\n{asked}{asked}"
    result = await stage.play(scenario)
    assert (Status.PASSED, ()) == (result.status, result.warnings)

    stage.provider.texts("ping", 0.1, on="/in")
    result = await stage.play(f"{scenario}  - wait: 1s\nunexpected: allow\n")
    assert {"[WH-204]", "[WH-205]"} == {each[-8:] for each in result.warnings}


async def test_with_comes_first(stage: Stage) -> None:
    """What the step gives stands in place of what a trigger has anyway."""
    _trigger(stage, "{POST: URL/in, json: [$from$, $to$, $domain$]}")
    await stage.play("scenario: With\nsteps:\n  - trigger: go\n    with: {from: +61400000001, domain: other}\n")
    assert ["+61400000001", NUMBER, "other"] == stage.provider.bodies[-1]


async def test_text_stays_text_in_a_trigger(stage: Stage) -> None:
    """Parties and contents keep their characters, whatever YAML reads; any other value is what YAML makes of it."""
    _trigger(stage, "{POST: URL/in, json: {from: $from$, to: $to$, c: $content$, t: $text$, u: $url$, n: $n$, l: $l$}}")
    await stage.play(
        "scenario: Text\nsteps:\n  - trigger: go\n"
        "    with: {from: +61400000001, to: 007, content: 0x1F, text: true, url: 1e3, n: 007, l: [1, true]}\n"
    )
    assert {
        "from": "+61400000001",
        "to": "007",
        "c": "0x1F",
        "t": "true",
        "u": "1e3",
        "n": 7,
        "l": [1, True],
    } == stage.provider.bodies[-1]


async def test_what_a_trigger_is_given_is_no_template(stage: Stage) -> None:
    """A message may hold dollars: what ``with`` gives is not read again."""
    _trigger(stage, "{POST: URL/in, json: {text: $content$}}")
    await stage.play("scenario: Dollars\nsteps:\n  - trigger: go\n    with: {content: $$from$$ owes $$5}\n")
    assert {"text": "$from$ owes $5"} == stage.provider.bodies[-1]


async def test_an_event_counts_from_the_trigger(stage: Stage) -> None:
    """``within`` of an expect counts from the trigger that causes the event, and results have its answer."""
    _trigger(stage, "{POST: URL/in}")
    stage.provider.answers("/in", {"queued": 1})
    stage.provider.texts("pong", 2.0, on="/in")
    result = await stage.play(
        "scenario: A reply\nsteps:\n  - wait: 10s\n  - trigger: go\n    as: it\n"
        "  - expect: {message: pong}\n    within: 2s\n"
        "  - send_message: $it.status$ $it.answer.queued$ $it.exchange$\n"
    )
    assert Status.PASSED is result.status
    assert "200 1 2" == stage.provider.bodies[-1]["content"]


async def test_a_trigger_that_the_provider_refuses(stage: Stage) -> None:
    """A trigger fails by itself, unless the provider answers it with a 2xx."""
    _trigger(stage, "{POST: URL/in}")
    stage.provider.answers("/in", "no", 500)
    failure = _failure(await stage.play("scenario: Refused\nsteps:\n  - trigger: go\n"))
    assert ("API-104", "trigger is taken by the provider", "the provider answered 500: no") == (
        failure.code,
        failure.expected,
        failure.received,
    )


@pytest.mark.parametrize(
    ("step", "triggers", "told"),
    [
        ("trigger: go", {}, ['the project file has no trigger "go" | add it under triggers: in ringo-emu.yaml']),
        (
            "trigger: repli",
            {"reply": "{GET: URL}"},
            ['the project file has no trigger "repli" | did you mean "reply"?'],
        ),
        (
            "trigger: reply",
            {"reply": "{GET: URL/$content$}"},
            ['the trigger "reply" needs $content$ | write with: {content: …}'],
        ),
        (
            "trigger: reply\n    with: {contemt: x}",
            {"reply": "{GET: URL/$content$}"},
            ['the trigger "reply" has no $contemt$ to fill | did you mean "content"?'],
        ),
        (
            "trigger: reply\n    with: {n: 1}",
            {"reply": "{GET: URL/$content$}"},
            [
                'the trigger "reply" needs $content$ | write with: {content: …}',
                'the trigger "reply" has no $n$ to fill | use one of: "content"',
            ],
        ),
    ],
    ids=["none-at-all", "misspelt", "lacking", "misspelt-with", "stranger"],
)
def test_a_trigger_that_is_wrong(step: str, triggers: dict[str, str], told: list[str], stage: Stage) -> None:
    """A name that the project lacks, and a ``with`` that does not fit, are told while the scenario is loaded."""
    if triggers:
        inner = ", ".join(f"{name}: {{request: {each}}}" for name, each in triggers.items())
        stage.triggers = f"{{{inner.replace('URL', 'http://127.0.0.1:9')}}}"
    assert told == _complaints(stage, f"scenario: Wrong\nsteps:\n  - {step}\n")


@pytest.mark.parametrize(
    "request_",
    ["{POST: URL, json: {a: $from$, b: $to$, c: $domain$, d: $webhook_url$}}", "{POST: URL/$python$, body: $env.K$}"],
    ids=["account", "machine"],
)
def test_a_trigger_that_needs_nothing(request_: str, stage: Stage) -> None:
    """The names that a trigger always has need no ``with``."""
    stage.environment["K"] = "v"
    _trigger(stage, request_)
    assert 1 == len(stage.load("scenario: Fine\nsteps:\n  - trigger: go\n"))


async def test_a_part_of_what_is_given(stage: Stage) -> None:
    """A trigger may name what stands inside a value that it is given."""
    _trigger(stage, "{POST: URL/in, json: [$sms.id$, $sms.parts.1$]}")
    await stage.play("scenario: Parts\nsteps:\n  - trigger: go\n    with: {sms: {id: m-1, parts: [a, b]}}\n")
    assert ["m-1", "b"] == stage.provider.bodies[-1]


@pytest.mark.parametrize(
    ("name", "received", "mend"),
    [
        ("nobody", 'the project file has no trigger "nobody"', "add it under triggers:"),
        ("needy", 'the trigger "needy" needs $content$', "write with: {content: …}"),
        (
            "numb",
            'the trigger "numb" makes no request: Input should be a valid string',
            "see triggers in the project file",
        ),
    ],
    ids=["unknown", "lacking", "no-request"],
)
async def test_a_trigger_that_is_named_while_it_runs(name: str, received: str, mend: str, stage: Stage) -> None:
    """What loading could not know fails the step: a name that the project lacks, a value that is missing or no text."""
    _trigger(stage, "{POST: URL/in}", needy="{POST: URL/$content$}", numb="{POST: URL/in, body: $webhook.x$}")
    result = await stage.play(
        f"scenario: Named late\nvars: {{name: {name}, map: {{x: [1]}}}}\nsteps:\n"
        f"  - trigger: $name$\n    with: {{webhook: $map$}}\n"
    )
    assert Status.FAILED is result.status
    failure = _failure(result)
    assert ("SCN-506", received, mend) == (failure.code, failure.received, failure.mend)
    assert ["/ns-api/v2/subscriptions"] == [request.path for request in stage.provider.requests]


def test_a_trigger_needs_a_name(stage: Stage) -> None:
    """A list is no trigger's name."""
    _trigger(stage, "{POST: URL/in}")
    assert ["trigger must be text; found a list | write text"] == _complaints(
        stage, "scenario: No name\nsteps:\n  - trigger: [go]\n"
    )


# -- trigger: ask


class Person:
    """Somebody who is asked: *does* that, and then answers, or not."""

    def __init__(self, does: Callable[[], Awaitable[None]] | None = None, *, answers: bool = True) -> None:
        self.does = does
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, question: str) -> bool:
        """Put the question."""
        self.asked.append(question)
        if self.does is not None:
            await self.does()
        return self.answers


ASKS = """{go: {ask: "Send '$content$' from $from$ to $to$, then press enter"}}"""
BY_HAND = (
    "scenario: By hand\nsteps:\n  - trigger: go\n    with: {content: $$5}\n"
    "  - expect: {message: hello}\n    within: 1s\n"
)
QUESTION = f"Send '$5' from {CONTACT} to {NUMBER}, then press enter"


async def test_a_person_makes_the_provider_act(stage: Stage) -> None:
    """What comes while the person is asked counts; time runs from the answer, however long it took."""
    stage.triggers = ASKS
    stage.provider.texts("hello", 300.0, on="/ns-api/v2/subscriptions")
    person = stage.ask = Person(lambda: stage.clock.sleep(600.0))
    result = await stage.play(BY_HAND)
    assert (Status.PASSED, [QUESTION]) == (result.status, person.asked)
    assert f"asked: {QUESTION}" in [each.detail for each in result.timeline]
    assert ["Trigger go", 600.0] == [result.steps[1].name, result.steps[1].duration_s]


async def test_what_should_follow_the_answer(stage: Stage) -> None:
    """What never comes is missed after the trigger, by its name; what came since the question is looked at."""
    stage.triggers = ASKS
    stage.provider.texts("helo", 300.0, on="/ns-api/v2/subscriptions")
    stage.ask = Person(lambda: stage.clock.sleep(600.0))
    failure = _failure(await stage.play(BY_HAND))
    assert 'message {content: hello}   within 1s of trigger "go"' == failure.expected
    assert "helo" in str(failure.details)


@pytest.mark.parametrize(
    ("person", "reason"),
    [(None, "nobody is there to ask"), (Person(answers=False), "nobody answered")],
    ids=["nobody", "no-answer"],
)
async def test_nobody_answers(person: Person | None, reason: str, stage: Stage) -> None:
    """The step, and with it the scenario, is skipped with the reason; the teardown is done."""
    stage.triggers, stage.ask = ASKS, person
    result = await stage.play(f"{BY_HAND}teardown:\n  - note: bye\n")
    assert (Status.SKIPPED, f"{reason}: {QUESTION}", ()) == (result.status, result.reason, result.failures)
    assert [("Subscribe", Status.PASSED), ("Trigger go", Status.SKIPPED), ("bye", Status.PASSED)] == [
        (step.name.replace("Note", "bye"), step.status) for step in result.steps
    ]
    assert result.reason == result.steps[1].reason


async def test_a_question_that_cannot_be_filled(stage: Stage) -> None:
    """It is told as of a request."""
    stage.triggers = ASKS
    stage.ask = person = Person()
    result = await stage.play("scenario: Late\nvars: {name: go}\nsteps:\n  - trigger: $name$\n")
    assert ('the trigger "go" needs $content$', []) == (_failure(result).received, person.asked)
