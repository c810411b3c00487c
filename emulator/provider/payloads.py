"""Every JSON shape that the provider answers or posts; nothing else builds one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.provider.state import Answered

if TYPE_CHECKING:
    from emulator.provider.accepting import Inbound
    from emulator.provider.state import Fetched, Message, Outcome


def created(identifier: str) -> dict[str, Any]:
    """The answer to SendMessage, SendFile and Subscribe."""
    return {"data": {"id": identifier}}


def failure(message: str) -> dict[str, Any]:
    """The answer to what was refused."""
    return {"error": {"message": message}}


def delivered(message_id: str) -> dict[str, Any]:
    """The webhook that reports a message delivered."""
    return {"method": "delivered", "params": {"messageid": message_id}}


def arrived(inbound: Inbound) -> dict[str, Any]:
    """The webhook of a text, or of a file, from outside."""
    parties = {"from": inbound.sender, "to": inbound.to}
    if inbound.url is None:
        return {"method": "message", "params": {**parties, "content": inbound.text}}
    return {"method": "file", "params": {**parties, "text": inbound.text, "url": inbound.url}}


def listed(message: Message) -> dict[str, Any]:
    """A message as ``/_test/messages`` shows it."""
    return {
        "id": message.id,
        "accepted_at": message.accepted_at,
        "from": message.order.sender,
        "to": message.order.to,
        "extension": message.order.extension,
        "domain": message.order.domain,
        "content": message.order.content,
        "media_url": message.order.media_url,
        "webhook_url": message.webhook_url,
        "report": message.report and report(message.report),
        "media": message.media and media(message.media),
    }


def report(outcome: Outcome) -> dict[str, Any]:
    """How a report ended: ``{"status": 200}`` or ``{"error": "…"}``."""
    return {"status": outcome.status} if isinstance(outcome, Answered) else {"error": outcome.reason}


def media(fetched: Fetched) -> dict[str, Any]:
    """What came of a file: ``{"status", "content_type", "size", "sha256"}`` or ``{"status", "error"}``."""
    found = {
        "status": fetched.status,
        "error": fetched.error,
        "content_type": fetched.content_type,
        "size": fetched.size,
        "sha256": fetched.sha256,
    }
    return {name: value for name, value in found.items() if value is not None}


def webhook_answer(url: str, answer: Answered) -> dict[str, Any]:
    """What the webhook answered to an inbound message."""
    return {"webhook": {"url": url, "status": answer.status, "body": answer.body}}
