"""What can be chosen about the reference provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

AuthKind = Literal["bearer", "basic", "oauth2", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """How one reference provider behaves; secrets stay out of its repr.

    Raises:
        ValueError: A time is out of its range.
    """

    auth: AuthKind = "bearer"
    """What the API asks for; ``/_test/*`` and ``/health`` never ask."""
    token: str = field(default="demo-key", repr=False)
    """The only token accepted with ``auth="bearer"``."""
    username: str = "demo"
    """The only user accepted with ``auth="basic"``; without a colon."""
    password: str = field(default="demo-secret", repr=False)
    """The password of that user."""
    client_id: str = "demo-client"
    """The only client known with ``auth="oauth2"``."""
    client_secret: str = field(default="demo-client-secret", repr=False)
    """The secret of that client."""
    redirect_uri: str | None = None
    """The only redirect URI of that client; None: any on the loopback interface."""
    token_lifetime_s: float = 3600.0
    """Seconds that an access token is good for; above 0."""
    ask_consent: bool = False
    """Show a page with a button before access is given; otherwise it is given at once."""
    delivered_after_s: float = 0.05
    """Seconds between accepting a message and reporting it delivered."""
    report_before_answer: bool = False
    """Report at once, and answer SendMessage only after the report was answered."""
    webhook_timeout_s: float = 10.0
    """Seconds that a webhook may take for its whole answer; above 0."""

    media_timeout_s: float = 30.0
    """Seconds that fetching the file of a SendFile may take, each time; above 0."""

    def __post_init__(self) -> None:
        """Refuse times that could not be kept; a timeout of 0 would mean "for ever" to the client."""
        if not self.webhook_timeout_s > 0:
            raise ValueError(f"webhook_timeout_s is {self.webhook_timeout_s}; it must be above 0")
        if not self.media_timeout_s > 0:
            raise ValueError(f"media_timeout_s is {self.media_timeout_s}; it must be above 0")
        if not self.token_lifetime_s > 0:
            raise ValueError(f"token_lifetime_s is {self.token_lifetime_s}; it must be above 0")
        if not self.delivered_after_s >= 0:
            raise ValueError(f"delivered_after_s is {self.delivered_after_s}; it must be 0 or more")
