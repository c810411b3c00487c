"""``check: {media: …}`` looks at the file of an mms; what is wrong with a file is told in every run."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from emulator.engine.clock import SystemClock
from emulator.errors import ScenarioError
from emulator.scenario.results import ScenarioResult, Status
from tests.scenario.conftest import PICTURE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.scenario.conftest import Stage

    Play = Callable[..., Awaitable[ScenarioResult]]

DIGEST = sha256(PICTURE).hexdigest()
CAT = "https://x.test/cat.jpg"


@pytest.fixture
def play(stage: Stage) -> Play:
    """Has a picture come in, before the request that causes it is answered, and plays these keys beside its step."""

    async def played(beside: str = "", step: str = "expect: mms", url: str = CAT) -> ScenarioResult:
        stage.provider.files(url, after_s=0, on="/in", text="a cat")
        steps = f"  - request: {{POST: {stage.provider.url}/in}}\n  - {step}\n{beside}"
        return await stage.play(f"scenario: A picture comes in\nsteps:\n{steps}", SystemClock())

    return played


@pytest.mark.parametrize(
    "media",
    [
        "{type: image/jpeg}",
        "{type: {starts_with: image/}, size: {lte: 1048576}, sha256: {length: 64}}",
        f"{{sha256: {DIGEST}, size: {len(PICTURE)}, declared: image/jpeg}}",
        "{}",
    ],
)
async def test_a_file_that_is_as_it_should_be(media: str, play: Play) -> None:
    """Framework 10.13: its type, size and digest, with the matchers of the language; the step waits for it."""
    result = await play(f"    check: {{media: {media}}}\n")
    assert (Status.PASSED, (), ()) == (result.status, result.failures, result.warnings)


ASKED = {
    "declared": ("text/plain", b"\xff\xd8\xff\xe0 a JPEG", "{declared: text/plain}", "MEDIA-107"),
    "page": ("text/html", b"<!doctype html><p>log in", "{type: text/html}", "MEDIA-106"),
    "untyped": ("application/octet-stream", b"\xff\xd8\xff\xe0 a JPEG", "{type: image/jpeg}", None),
}


@pytest.mark.parametrize("case", ASKED)
async def test_what_a_check_of_a_file_asks_for_is_no_finding(case: str, play: Play, stage: Stage) -> None:
    """Framework 10.11: a type that is not true is told, unless a check wants just that."""
    kind, data, check, code = ASKED[case]
    stage.provider.pictures["/cat.jpg"] = lambda: web.Response(body=data, content_type=kind)
    told = await play()
    assert [code] * (code is not None) == [each.rpartition("[")[2][:-1] for each in told.warnings]
    stage.provider.posts.clear()
    asked = await play(f"    check: {{media: {check}}}\n")
    assert (Status.PASSED, ()) == (asked.status, asked.warnings)


async def test_a_file_that_is_another(play: Play) -> None:
    """Framework 10.13: every way in which it differs is told, with the webhook that brought it."""
    result = await play("    check: {media: {type: image/png, size: {lte: 9}}, method: POST}\n")
    ((_, _, _, failure),) = result.failures
    assert failure.code == "CHK-01"
    assert {f"{each.label}: {each.text}" for each in failure.details} == {
        "media.type: expected image/png; found image/jpeg",
        f"media.size: expected at most 9; found {len(PICTURE)}",
    }


async def test_a_file_that_does_not_come(play: Play, stage: Stage) -> None:
    """Framework 10.12: the failure is why it did not, and the run does not tell it twice."""
    stage.provider.pictures["/cat.jpg"] = lambda: web.Response(status=403)
    result = await play("    check: {media: {type: image/jpeg}}\n")
    ((_, _, _, failure),) = result.failures
    assert (failure.code, failure.received) == ("MEDIA-102", f"the file {CAT} was answered 403")
    assert "without a login" in failure.mend
    assert result.warnings == ()


async def test_a_file_that_is_still_on_its_way(stage: Stage, play: Play) -> None:
    """Framework 10.13: the step waits until its deadline, no longer; the run waits for the file all the same."""
    gate = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        # From when it was asked for: however late a busy machine comes to that, the step's deadline is long past then.
        asyncio.get_running_loop().call_later(2, gate.set)
        await gate.wait()
        return web.Response(status=404)

    files = web.Application()
    files.router.add_get("/{name}", slow)
    runner = web.AppRunner(files)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/cat.png?key=1"
        result = await play("    within: 200ms\n    check: {media: {type: image/png}}\n", url=url)
    finally:
        await runner.cleanup()
    ((_, _, _, failure),) = result.failures
    assert failure.code == "MEDIA-104"
    assert failure.received == f"{url.partition('?')[0]} is still being fetched"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("fail_if: {media: {type: image/jpeg}}", "CHK-02"),
        ("fail_if: {media: {type: image/jpeg}, method: POST}", "CHK-02"),
        ("fail_if: {media: {type: image/png}}", None),
        ("fail_if: {media: {type: image/jpeg}, method: GET}", None),
    ],
)
async def test_what_must_not_be(keys: str, code: str | None, play: Play) -> None:
    """The step fails if all of it holds."""
    result = await play(f"    {keys}\n")
    assert [failure.code for _, _, _, failure in result.failures] == ([code] if code else [])


async def test_what_must_not_be_of_a_file_that_does_not_come(play: Play, stage: Stage) -> None:
    """Nobody knows what it would be: that is told."""
    stage.provider.pictures["/cat.jpg"] = lambda: web.Response(status=404)
    result = await play("    fail_if: {media: {type: image/jpeg}}\n")
    assert [failure.code for _, _, _, failure in result.failures] == ["MEDIA-102"]


# -- in every run


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda: web.Response(status=404), "was answered 404; post the very address"),
        (lambda: web.Response(body=PICTURE, content_type="image/png"), "declared as image/png, but by its bytes it is"),
        (lambda: web.Response(text="<html>", content_type="text/html"), "is a web page"),
    ],
)
async def test_what_is_wrong_is_told_in_every_run(
    answer: Callable[[], web.Response], told: str, play: Play, stage: Stage
) -> None:
    """Framework 10.12: as a warning, though no step looked at the file; a scenario that fails has it too."""
    stage.provider.pictures["/cat.jpg"] = answer
    for beside, status in (("", Status.PASSED), ("    check: {method: GET}\n", Status.FAILED)):
        stage.provider.posts.clear()
        result = await play(beside)
        (warning,) = result.warnings
        assert result.status is status
        assert told in warning


async def test_a_type_that_is_not_true_is_told_though_the_check_holds(play: Play, stage: Stage) -> None:
    """A check says what a step is about; what else is wrong is told all the same."""
    stage.provider.pictures["/cat.jpg"] = lambda: web.Response(body=PICTURE, content_type="image/png")
    result = await play("    check: {media: {type: image/jpeg}}\n")
    assert Status.PASSED is result.status
    assert len(result.warnings) == 1


async def test_a_note_is_no_warning(play: Play, stage: Stage) -> None:
    """A file without a type of its own is recorded as such, no more."""
    stage.provider.pictures["/cat.jpg"] = lambda: web.Response(body=PICTURE, content_type="application/octet-stream")
    result = await play()
    assert (Status.PASSED, ()) == (result.status, result.warnings)
    assert stage.journal.last(1)[0].outcome["findings"][0]["code"] == "MEDIA-112"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("expect: message\n    check: {media: {type: x}}", "only an mms has a file | expect an mms, or take media out"),
        ("expect: mms\n    check: {media: {typ: x}}", 'unknown key "typ" | did you mean "type"?'),
        ("expect: mms\n    check: {media: {size: {lower: 3}}}", 'unknown operator "lower" | '),
        ("expect: mms\n    check: {media: image/png}", "media must be an object; found text | write an object"),
    ],
)
def test_what_is_wrong_in_the_file(step: str, told: str, stage: Stage) -> None:
    """Told when it is loaded, with the key that may have been meant."""
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n  - {step}\n")
    (finding,) = caught.value.findings
    assert f"{finding.message} | {finding.remedy}".startswith(told)
