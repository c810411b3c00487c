"""``expect: media_fetch`` proves that a provider fetched the very bytes, in time; each way not to has its sentence."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.errors import ScenarioError
from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.scenario.results import ScenarioResult, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from syrupy.assertion import SnapshotAssertion

    from emulator.engine.exchanges import Exchange
    from tests.scenario.conftest import Stage

    Play = Callable[[str], Awaitable[ScenarioResult]]

DATA = bytes(range(256)) * 40
MOST_LINES = 25
_VARYING = {r"127\.0\.0\.1:\d+": "127.0.0.1:PORT", r"/a\d{20}": "/aACCOUNT", r"/media/[\w-]{22}": "/media/TOKEN"}


class Fetcher:
    """Fetches the file of each SendFile as a test says, once or several times."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.urls: list[str] = []
        stage.provider.on_request = self._look
        self._plans: list[tuple[float, dict[str, Any]]] = []
        self.got: list[tuple[int, bytes]] = []
        self._open: set[int] = set()
        self._ended = asyncio.Event()
        stage.journal.subscribe(self._recorded)

    def _recorded(self, exchange: Exchange) -> None:
        """A fetch is recorded as it begins, and again once the connection has ended."""
        if exchange.kind == "media":
            (self._open.add if exchange.reply is None else self._open.discard)(exchange.id)
            if not self._open:
                self._ended.set()

    def _look(self, path: str) -> None:
        """A request begins; what it holds is known once the next thing happens."""
        if path == "/webhook":
            for after_s, how in self._plans:
                self.stage.clock.later(after_s, lambda how=how: self.fetch(**how))
            self._plans = []

    def fetches(self, after_s: float = 0.5, **how: Any) -> None:
        """After the next message, so."""
        self._plans.append((after_s, how))

    async def fetch(
        self, method: str = "GET", wrong: str | None = None, which: int = -1, read: int | None = None, **headers: str
    ) -> None:
        """Fetch the file of a message; *wrong* stands in place of its token, *read* bytes are read."""
        sent = [body["media_url"] for body in self.stage.provider.bodies if body and body.get("media_url")]
        url = sent[which]
        if wrong is not None:
            url = re.sub(r"/media/[^/]+", f"/media/{wrong}", url)
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, url, headers=headers, allow_redirects=headers == {"Follow": "yes"}) as answer,
            ):
                self.got.append((answer.status, await answer.read()))
        except aiohttp.ClientError as error:
            self.got.append((0, type(error).__name__.encode()))
        while self._open:
            self._ended.clear()
            await asyncio.wait_for(self._ended.wait(), 10)
        await asyncio.sleep(0)  # who recorded it goes on


@pytest.fixture
def fetcher(stage: Stage) -> Fetcher:
    """A provider that fetches, and a file to send."""
    (stage.folder / "cat.jpg").write_bytes(DATA)
    return Fetcher(stage)


@pytest.fixture
def play(stage: Stage, fetcher: Fetcher) -> Play:
    """Plays a scenario that sends the file and then does these steps."""

    async def played(steps: str, send: str = "cat.jpg") -> ScenarioResult:
        return await stage.play(f"scenario: A picture goes out\nsteps:\n  - send_file: {send}\n    as: out\n{steps}")

    return played


# -- what fits


@pytest.mark.parametrize(
    ("send", "how", "expectation"),
    [
        ("cat.jpg", [{}], "media_fetch"),
        ("cat.jpg", [{}], "{media_fetch: }"),
        ("cat.jpg", [{}], "{media_fetch: $out.media$}"),
        ("cat.jpg", [{}], "{media_fetch: {of: $out.media$, bytes: complete, status: 200, method: GET}}"),
        ("cat.jpg", [{"Range": "bytes=0-99"}, {"Range": "bytes=100-"}], "{media_fetch: {bytes: complete}}"),
        ("cat.jpg", [{"Range": "bytes=0-99"}], "{media_fetch: {bytes: partial, status: 206}}"),
        ("cat.jpg", [{"method": "HEAD"}], "{media_fetch: {method: HEAD}}"),
        ("{file: cat.jpg, trap: not_found_first}", [{}], "{media_fetch: {status: 404}}"),
        ("{file: cat.jpg, trap: not_found_first}", [{}, {}], "{media_fetch: {status: {lt: 300}}}"),
        ("{file: cat.jpg, trap: redirect}", [{"Follow": "yes"}], "media_fetch"),
        ("{file: cat.jpg, trap: expired}", [{}], "{media_fetch: {status: 4xx}}"),
        ("{file: cat.jpg, trap: truncated}", [{}], "{media_fetch: {bytes: partial}}"),
        ("{file: cat.jpg, trap: wrong_type}", [{}], "media_fetch"),
        ("{file: cat.jpg, trap: no_length}", [{}], "media_fetch"),
        ("{file: cat.jpg, trap: slow, pause: 3s}", [{}], "media_fetch"),
        ("cat.jpg", [{"wrong": "other"}, {}], "{media_fetch: {after: 500ms}}"),
    ],
)
async def test_a_fetch_that_comes(
    send: str, how: list[dict[str, Any]], expectation: str, play: Any, fetcher: Fetcher
) -> None:
    """Framework 10.6: the very bytes, however they were asked for; or what else is expected of the fetch."""
    for number, each in enumerate(how, 1):
        fetcher.fetches(number * 0.5, **each)
    result = await play(f"  - expect: {expectation}\n", send)
    assert (Status.PASSED, ()) == (result.status, result.failures)


async def test_several_fetches(play: Play, fetcher: Fetcher) -> None:
    """``times`` of them, each counted once; the results are those of the last."""
    fetcher.fetches(0.5)
    fetcher.fetches(1.5)
    result = await play(
        "  - expect: media_fetch\n    times: 2\n    as: it\n  - note: $it.attempts$\n  - expect_none: media_fetch\n"
    )
    assert Status.PASSED is result.status
    assert [each.detail for each in result.timeline if each.label == "note"] == ["2"]


async def test_what_is_refused_is_no_fetch(play: Any, fetcher: Fetcher) -> None:
    """A link that redirects has sent none of the file: ``expect_none`` looks for bytes that go out."""
    fetcher.fetches(0.5, Follow="yes")
    result = await play("  - expect: media_fetch\n  - expect_none: media_fetch\n", "{file: cat.jpg, trap: redirect}")
    assert (Status.PASSED, ()) == (result.status, result.failures)


async def test_each_message_has_its_own_link(stage: Stage, fetcher: Fetcher) -> None:
    """The fetch of one message's file is none of the other's, though it is the same file."""
    fetcher.fetches(0.5)
    result = await stage.play(
        "scenario: Two\nsteps:\n  - send_file: cat.jpg\n    as: one\n  - send_file: cat.jpg\n    as: two\n"
        "  - expect: {media_fetch: $two.media$}\n  - expect_none: {media_fetch: $one.media$}\n"
    )
    assert (Status.PASSED, ()) == (result.status, result.failures)


async def test_nobody_has_to_expect_a_fetch(play: Play, fetcher: Fetcher) -> None:
    """What no step expects is no failure: it is in the timeline."""
    fetcher.fetches(0.5)
    result = await play("  - wait: 1s\n  - expect_none: messageDelivered\n")
    assert Status.PASSED is result.status
    (entry,) = [each for each in result.timeline if each.label == "media"]
    assert entry.detail.endswith("/cat.jpg  200, 10240 of 10240 bytes")


async def test_in_order(play: Play, fetcher: Fetcher, stage: Stage) -> None:
    """Inside ``in_order`` a fetch counts only after what it should follow."""
    fetcher.fetches(0.5)
    stage.provider.reports(after_s=1.0)
    steps = "  - in_order:\n      - expect: {}\n      - expect: {}\n"
    result = await play(steps.replace("{}", "messageDelivered", 1).replace("{}", "media_fetch", 1))
    assert Status.FAILED is result.status


# -- what does not


def _report(fetcher: Fetcher) -> None:
    fetcher.stage.provider.reports(after_s=0.2)


def _times(count: int, **how: Any) -> Callable[[Fetcher], None]:
    def plan(fetcher: Fetcher) -> None:
        for number in range(1, count + 1):
            fetcher.fetches(number * 0.5, **how)

    return plan


def _then(fetcher: Fetcher) -> None:
    fetcher.fetches(0.5, Range="bytes=0-99")
    fetcher.fetches(1.0, Range="bytes=50-149")


def _gone(fetcher: Fetcher) -> None:
    async def remove() -> None:
        (fetcher.stage.folder / "cat.jpg").unlink()

    fetcher.stage.clock.later(0.1, remove)
    fetcher.fetches(0.5)


FAILURES: dict[str, tuple[str, Callable[[Fetcher], None], str]] = {
    "never": ("cat.jpg", lambda _: None, "expect: media_fetch"),
    "by-another-address": ("cat.jpg", _times(1, wrong="other"), "expect: media_fetch"),
    "partly": ("cat.jpg", _then, "expect: media_fetch"),
    "partly-on-purpose": ("{file: cat.jpg, trap: truncated}", _times(1), "expect: media_fetch"),
    "only-head": ("cat.jpg", _times(2, method="HEAD"), "expect: media_fetch"),
    "expired": ("cat.jpg", lambda fetcher: fetcher.fetches(3.0), "expect: media_fetch"),
    "expired-on-purpose": ("{file: cat.jpg, trap: expired}", _times(1), "expect: media_fetch"),
    "late": ("cat.jpg", lambda fetcher: fetcher.fetches(5.5), "expect: media_fetch"),
    "late-by-its-end": ("{file: cat.jpg, trap: slow, pause: 5s}", _times(1), "expect: media_fetch"),
    "long-before": ("cat.jpg", _times(1), "expect: {media_fetch: {after: 4s}}"),
    "not-again": ("{file: cat.jpg, trap: not_found_first}", _times(1), "expect: media_fetch"),
    "redirect-not-followed": ("{file: cat.jpg, trap: redirect}", _times(1), "expect: media_fetch"),
    "gone": ("cat.jpg", _gone, "expect: media_fetch"),
    "another-status": ("cat.jpg", _times(1), "expect: {media_fetch: {status: 206, method: GET}}"),
    "not-as-often": ("cat.jpg", _times(1), "expect: media_fetch\n    times: 2"),
    "taken": ("cat.jpg", _times(1), "expect: media_fetch\n  - expect: {media_fetch: $out.media$}"),
    "not-expected": ("cat.jpg", _times(1), "expect_none: media_fetch"),
    "twice": ("cat.jpg", _times(2), "expect: media_fetch\n  - expect_none: media_fetch"),
    "elsewhere": ("https://files.test/cat.jpg", lambda _: None, "expect: media_fetch"),
    "none-elsewhere": ("https://files.test/cat.jpg", lambda _: None, "expect_none: media_fetch"),
    "nothing-sent": ("", lambda _: None, "expect: media_fetch"),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_fetch_that_is_not_the_one(
    name: str,
    stage: Stage,
    fetcher: Fetcher,
    capsys: pytest.CaptureFixture[str],
    golden: SnapshotAssertion,
) -> None:
    """Framework 10.6: never, another address, a part, only HEAD, expired, late and the rest: each has its sentence."""
    send, plan, step = FAILURES[name]
    if name == "expired":
        stage.options["profile.media_lifetime"] = "2s"
    plan(fetcher)
    sending = f"  - send_file: {send}\n    as: out\n" if send else "  - send_message: hello\n"
    result = await stage.play(f"scenario: A picture goes out\nsteps:\n{sending}  - {step}\n")
    assert Status.FAILED is result.status
    ConsoleReport(Output()).scenario(result)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= MOST_LINES
    for pattern, word in _VARYING.items():
        shown = re.sub(pattern, word, shown)
    assert shown == golden


# -- what is wrong in the file


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("send_file: {file: cat.jpg, trap: redirekt}", 'trap cannot be "redirekt" | did you mean "redirect"?'),
        ("send_file: {file: cat.jpg, trpa: slow}", 'unknown key "trpa" | did you mean "trap"?'),
        (
            "send_file: {file: 'https://x.test/cat.jpg', trap: slow}",
            "a trap needs a file that ringo-emu serves; this one lies elsewhere | name a local file, or take trap out",
        ),
        (
            "send_file: {file: cat.jpg, pause: 3s}",
            "pause goes with trap: slow | write trap: slow, or take pause out",
        ),
        ("expect: media_fecth", "'media_fecth' is no event | did you mean \"media_fetch\"?"),
        ("expect: {media_fetch: {off: x}}", 'unknown key "off" | did you mean "of"?'),
        ("expect: {media_fetch: {bytes: some}}", 'media_fetch.bytes cannot be "some" | use one of: '),
        ("expect: {media_fetch: {method: POST}}", 'media_fetch.method cannot be "POST" | use one of: '),
        ("expect: {media_fetch: {after: 5}}", "media_fetch.after: '5' is no duration"),
        ("expect: {media_fetch: {status: ok}}", "'ok' is no status | write such as 200 or 2xx"),
        ("expect: {media_fetch: {status: {lower: 3}}}", 'unknown operator "lower"'),
        ("expect: {media_fetch: [a]}", "media_fetch must be an object; found a list | write an object"),
        (
            "expect: media_fetch\n    check: {method: GET}",
            "a check looks at a webhook, and media_fetch is none | write status, bytes or method below media_fetch",
        ),
    ],
)
def test_what_is_wrong_is_told_when_it_is_loaded(step: str, told: str, stage: Stage, fetcher: Fetcher) -> None:
    """Framework 10.5, 10.6: every key is checked, with the one that may have been meant."""
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n  - {step}\n")
    (finding,) = caught.value.findings
    assert f"{finding.message} | {finding.remedy}".startswith(told)


async def test_what_placeholders_hold(play: Any, fetcher: Fetcher, stage: Stage) -> None:
    """Each may stand where a word or a duration stands."""
    fetcher.fetches(0.5)
    result = await stage.play(
        "scenario: Filled\nvars: {trap: slow, pause: 2s, bytes: complete, after: 100ms}\nsteps:\n"
        "  - send_file: {file: cat.jpg, trap: $trap$, pause: $pause$}\n"
        "  - expect: {media_fetch: {bytes: $bytes$, after: $after$}}\n"
    )
    assert (Status.PASSED, ()) == (result.status, result.failures)
