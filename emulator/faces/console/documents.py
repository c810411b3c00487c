"""The integration document's file: read anew when it is saved, and played from then on where that is possible."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.curl import curl_line
from emulator.core.explaining import Samples, explain_oauth, explain_requests, explain_webhooks
from emulator.core.findings import has_errors
from emulator.core.presenting import event_data, finding_data
from emulator.core.reading import MAX_BYTES, Reading, read_document
from emulator.core.rules import CATALOGUE
from emulator.core.source import NOTHING
from emulator.engine.user_files import read_file
from emulator.errors import RenderingError, RingoError, Severity, UsageError
from emulator.faces.console import records
from emulator.faces.logs import document_changed
from emulator.scenario.host_rules import slips
from emulator.scenario.project import shown_path

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.core.document import IntegrationDocument
    from emulator.engine.accounts import Account
    from emulator.engine.platform import Platform
    from emulator.errors import Finding
    from emulator.faces.console.feed import Feed
    from emulator.scenario.project import Project

_LOG = logging.getLogger(__name__)
_STEP_MS = 50


class _State(NamedTuple):
    """The file as it was read last."""

    data: bytes
    problem: str | None
    reading: Reading | None
    why_not: str | None

    def counted(self, severity: Severity) -> int:
        return sum(each.severity is severity for each in self.reading.findings) if self.reading else 0


class DocumentFile:
    """The file, what is wrong with it, and whether it is what is played."""

    def __init__(self, path: Path, platform: Platform, account: Account, feed: Feed, project: Project) -> None:
        self._path = path
        self._name = shown_path(path)
        self._platform = platform
        self._account = account
        self._feed = feed
        self._project = project
        self._state = self._read()

    def _read(self) -> _State:
        """The file as it is now; it is played if it is another than what is played, and can be."""
        try:
            data = read_file(self._path, MAX_BYTES)
        except OSError as error:
            problem = f"{self._name} cannot be read: {error.strerror}"
            return _State(b"", problem, None, problem)
        reading = read_document(self._name, data, self._platform.settings.profile)
        return _State(data, None, reading, self._play(reading))

    def _play(self, reading: Reading) -> str | None:
        if reading.integration is None or has_errors(reading.findings):
            return "it has errors"
        document = reading.integration.document
        for slip in slips(document, self._project.file, {}, lambda name: self._project.names.get(name, NOTHING)):
            return f"{slip.message}: {slip.mend}"
        try:
            if document != self._platform.settings.integration.document:
                self._platform.play(reading.integration)
        except UsageError as error:
            return f"{error.message}: {error.mend}"
        return None

    def look(self) -> None:
        """Read the file again; where it is another than before, tell what became of it."""
        before, self._state = self._state, self._read()
        if (before.data, before.problem) != (self._state.data, self._state.problem):
            self._feed.publish("document", self._change())
            document_changed(self._name, self._state.why_not)

    def _change(self) -> records.DocumentChange:
        state = self._state
        return records.DocumentChange(
            played=state.why_not is None,
            why_not=state.why_not,
            errors=state.counted(Severity.ERROR),
            warnings=state.counted(Severity.WARNING),
        )

    async def watch(self, stop: asyncio.Event) -> None:
        """Look whenever the file changes, until *stop*."""
        from watchfiles import awatch

        # The folder, as most editors save a new file in place of the old one.
        changes = awatch(
            self._path.parent,
            watch_filter=lambda _, path: path == str(self._path),
            step=_STEP_MS,
            stop_event=stop,
            rust_timeout=1000,
            yield_on_timeout=True,
            recursive=False,
        )
        try:
            async for _ in changes:
                self.look()
        except (OSError, RuntimeError) as error:  # such as: too many files are watched on this machine
            _LOG.warning("changes of %s are not noticed: %s", self._name, error)

    def record(self) -> records.Document:
        """All that there is to say of the file."""
        state = self._state
        reading = state.reading
        findings = reading.findings if reading else ()
        base = records.Document(
            file=self._name,
            text=None if state.problem is not None else state.data.decode("utf-8", "replace"),
            problem=state.problem,
            findings=tuple(map(_finding, findings)),
            requests=(),
            webhooks=(),
            oauth2=(),
            played=state.why_not is None,
            why_not=state.why_not,
        )
        if reading is None or reading.integration is None or has_errors(findings):
            return base
        return self._explained(base, reading.integration.document)

    def _explained(self, base: records.Document, document: IntegrationDocument) -> records.Document:
        from dataclasses import replace

        settings = self._platform.settings
        given = {name: value for name, value in settings.properties.items() if name in document.properties}
        samples = Samples(given, self._built_in(), self._account.organization.settings)
        try:
            requests = explain_requests(document, samples, settings.profile)
            steps = explain_oauth(document, samples, settings.profile)
        except RenderingError as error:
            return replace(base, problem=error.message, webhooks=self._webhooks(document, samples))
        return replace(
            base,
            requests=tuple(
                records.sample_request(
                    each.name,
                    each.rendered.request,
                    (records.Origin(path=one.path, source=one.source, unset=one.unset) for one in each.origins),
                )
                for each in requests
            ),
            webhooks=self._webhooks(document, samples),
            oauth2=tuple(
                records.OAuthStep(
                    step=each.sentence,
                    method=each.request.method if each.request else None,
                    url=each.request.url if each.request else None,
                    curl=curl_line(each.request) if each.request else None,
                )
                for each in steps
            ),
        )

    def _built_in(self) -> dict[str, str]:
        """What the platform would supply for the first number of the organization."""
        organization = self._account.organization
        number = next(iter(organization.numbers), None)
        user = organization.user_of(number) if number is not None else None
        known = {
            "from": number,
            "to": organization.contact,
            "extension": user.extension if user else None,
            "domain": organization.domain,
            "webhook_url": self._account.webhook_url,
        }
        return {name: value for name, value in known.items() if value is not None}

    @staticmethod
    def _webhooks(document: IntegrationDocument, samples: Samples) -> tuple[records.SampleWebhook, ...]:
        try:
            explained = explain_webhooks(document, samples)
        except RingoError:
            return ()  # a model that no example can be made for
        return tuple(
            records.SampleWebhook(
                model=each.index,
                event_key=each.model.event_key,
                event_type=each.model.event_type,
                method=each.request.method,
                url=each.request.url,
                body=each.request.body.decode("utf-8", "backslashreplace"),
                curl=curl_line(each.request),
                events=records.outcome_record({"events": [event_data(event) for event in each.events]}).events,
            )
            for each in explained
        )


def _finding(finding: Finding) -> records.LintFinding:
    data = finding_data(finding)
    return records.LintFinding(
        code=data["code"],
        severity=data["severity"],
        message=data["message"],
        remedy=data["remedy"],
        path=data["path"],
        file=data["file"],
        line=data["line"],
        column=data["column"],
        width=finding.where.width if finding.where else 1,
        why=CATALOGUE[finding.code].why,
        fixable=finding.edit is not None,
    )
