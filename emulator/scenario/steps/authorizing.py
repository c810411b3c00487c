"""The step that connects an account by OAuth2, or makes its tokens useless: ``oauth``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ValidationInfo

from emulator.core.comparing import Complaint
from emulator.core.plain import source_text
from emulator.core.scalars import is_placeholder
from emulator.errors import UsageError
from emulator.scenario.steps.base import Common, Outcome, StepKind, Turn
from emulator.scenario.steps.checking import ReplyCheck
from emulator.scenario.steps.sending import ACTION_KEYS, CALL_RESULTS, call_outcome

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.scenario.project import Project

_TITLES = {
    "connect": "The account is connected",
    "expire": "The access token expires",
    "revoke": "The tokens are revoked",
}


def _word(value: Any, info: ValidationInfo) -> Any:
    return "connect" if is_placeholder(value, info) else source_text(value)


class OAuth(StepKind):
    """Does to the account's connection what its admin, time or the provider would do."""

    action: Annotated[Literal["connect", "expire", "revoke"], BeforeValidator(_word)]
    """``connect``: go through the authorization anew; ``expire``: take the access token for expired, so that the next
    request renews it; ``revoke``: have the provider revoke the tokens, and go on using them."""

    verb: ClassVar[str] = "oauth"
    title: ClassVar[str] = "OAuth"
    shorthand: ClassVar[str | None] = "action"
    common: ClassVar[frozenset[str]] = ACTION_KEYS
    check: ClassVar[Any] = ReplyCheck
    results: ClassVar[frozenset[str]] = CALL_RESULTS

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Says what happens."""
        return _TITLES.get(str(source_text(arguments.get("action"))), cls.title)

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """The document must have OAuth2."""
        del arguments, project
        if document.oauth2 is None:
            yield Complaint((), True, "the integration document has no OAuth2", "add it, or remove this step")

    @classmethod
    def unchecked(cls, arguments: Mapping[str, Any], project: Project) -> str | None:
        """A token expires without a request."""
        del project
        return _NO_REQUEST if source_text(arguments.get("action")) == "expire" else None

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Do it."""
        if self.action == "expire" and not (common.check is None and common.fail_if is None):
            raise UsageError(f"{_NO_REQUEST}: there is nothing to check", mend="take check and fail_if out")
        call = await turn.platform.oauth(turn.account, self.action)
        return Outcome(note=_TITLES[self.action]) if call is None else call_outcome(turn, call, common, {})


_NO_REQUEST = "oauth: expire makes no request"
