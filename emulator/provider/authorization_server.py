"""A small strict OAuth 2.0 authorization server: what it grants, and why it does not. Memory, no I/O.

Source: RFC 6749 (sections 4.1, 5 and 6), RFC 7009 (revocation), RFC 7636 (PKCE, S256 alone), RFC 8252 section 7.3
(loopback redirect URIs).
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from emulator.provider.settings import ProviderSettings

CODE_LIFETIME = timedelta(seconds=60)
MAX_KEPT = 10_000
"""Codes and tokens of each kind that are remembered; the oldest go."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_Kept = TypeVar("_Kept")


class OAuthError(NamedTuple):
    """An error in the words of the RFCs; *status* is that of the token endpoint's answer."""

    error: str
    description: str
    status: int = 400


class BadRequest(NamedTuple):
    """An authorization request that must not be redirected anywhere: nobody knows whom that would reach."""

    message: str


class Asked(NamedTuple):
    """An authorization request that is good."""

    redirect_uri: str
    state: str | None
    scope: str
    challenge: str | None


@dataclass(slots=True)
class _Grant:
    """What an admin allowed, once; everything that was issued for it dies with it."""

    scope: str
    is_revoked: bool = False


@dataclass(slots=True)
class _Code:
    asked: Asked
    grant: _Grant
    until: datetime
    is_used: bool = False


@dataclass(slots=True)
class _Token:
    grant: _Grant
    until: datetime | None = None
    is_used: bool = False
    """A refresh token was exchanged for another."""


@dataclass(slots=True)
class _Counts:
    codes: int = 0
    refreshes: int = 0
    refused: int = 0


@dataclass(slots=True)
class AuthorizationServer:
    """Knows one client; every code is good once, and every refresh gives a new refresh token."""

    settings: ProviderSettings
    now: Callable[[], datetime]
    new_token: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(32))
    counts: _Counts = field(default_factory=_Counts)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _access: dict[str, _Token] = field(default_factory=dict)
    _refresh: dict[str, _Token] = field(default_factory=dict)

    # -- the admin's part

    def asked(self, query: Mapping[str, str]) -> Asked | BadRequest | str:
        """What an authorization request asks; text is where to redirect with an error."""
        redirect_uri, state = query.get("redirect_uri", ""), query.get("state")
        if query.get("client_id") != self.settings.client_id:
            return BadRequest("the client_id is unknown")
        if not self._is_registered(redirect_uri):
            return BadRequest(f"the redirect_uri {redirect_uri!r} is not registered for this client")

        def wrong(error: str, description: str) -> str:
            return back(redirect_uri, {"error": error, "error_description": description}, state)

        if query.get("response_type") != "code":
            return wrong("unsupported_response_type", "response_type must be code")
        challenge = query.get("code_challenge")
        if challenge is not None and query.get("code_challenge_method") != "S256":
            return wrong("invalid_request", "code_challenge_method must be S256")
        return Asked(redirect_uri, state, query.get("scope", ""), challenge)

    def _is_registered(self, redirect_uri: str) -> bool:
        if self.settings.redirect_uri is not None:
            return redirect_uri == self.settings.redirect_uri
        parts = urlsplit(redirect_uri)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK and not parts.fragment

    def allow(self, asked: Asked) -> str:
        """The admin agrees; returns where the browser goes."""
        code = self.new_token()
        _keep(self._codes, code, _Code(asked, _Grant(asked.scope), self.now() + CODE_LIFETIME))
        return back(asked.redirect_uri, {"code": code}, asked.state)

    def deny(self, asked: Asked) -> str:
        """The admin does not; returns where the browser goes."""
        return back(
            asked.redirect_uri, {"error": "access_denied", "error_description": "the admin said no"}, asked.state
        )

    # -- the client's part

    def token(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> Mapping[str, object] | OAuthError:
        """The answer to a token request; *basic* is its client's id and secret by HTTP Basic."""
        answer = self._unknown_client(form, basic) or self._granted(form)
        if isinstance(answer, OAuthError):
            self.counts.refused += 1
        return answer

    def _granted(self, form: Mapping[str, str]) -> Mapping[str, object] | OAuthError:
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                return self._by_refresh_token(form)
            case None:
                return OAuthError("invalid_request", "grant_type is missing")
            case other:
                return OAuthError("unsupported_grant_type", f"{other!r} is none of authorization_code, refresh_token")

    def _unknown_client(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> OAuthError | None:
        if basic is not None and "client_secret" in form:
            return OAuthError("invalid_request", "the client's credentials came twice: by HTTP Basic and in the body")
        client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        right = compare_digest(client_id.encode(), self.settings.client_id.encode())
        if not (compare_digest(secret.encode(), self.settings.client_secret.encode()) and right):
            return OAuthError("invalid_client", "the client's id or secret is wrong", 401)
        return None

    def _by_code(self, form: Mapping[str, str]) -> Mapping[str, object] | OAuthError:
        code = self._codes.get(form.get("code", ""))
        if code is None or code.until <= self.now():
            return OAuthError("invalid_grant", "the code is unknown or too old")
        if code.is_used:
            code.grant.is_revoked = True  # somebody else may have it: RFC 6749, section 4.1.2
            return OAuthError("invalid_grant", "the code was used before")
        if form.get("redirect_uri") != code.asked.redirect_uri:
            return OAuthError("invalid_grant", "the redirect_uri is not that of the authorization request")
        if not _proven(code.asked.challenge, form.get("code_verifier")):
            return OAuthError("invalid_grant", "the code_verifier does not fit the code_challenge")
        code.is_used = True
        self.counts.codes += 1
        return self._issued(code.grant)

    def _by_refresh_token(self, form: Mapping[str, str]) -> Mapping[str, object] | OAuthError:
        token = self._refresh.get(form.get("refresh_token", ""))
        if token is None or token.grant.is_revoked:
            return OAuthError("invalid_grant", "the refresh token is unknown or revoked")
        if token.is_used:
            token.grant.is_revoked = True
            return OAuthError("invalid_grant", "the refresh token was used before; use the one that came then")
        token.is_used = True
        self.counts.refreshes += 1
        return self._issued(token.grant)

    def _issued(self, grant: _Grant) -> Mapping[str, object]:
        access, refresh = self.new_token(), self.new_token()
        lifetime_s = self.settings.token_lifetime_s
        _keep(self._access, access, _Token(grant, self.now() + timedelta(seconds=lifetime_s)))
        _keep(self._refresh, refresh, _Token(grant))
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(lifetime_s) if lifetime_s >= 1 else lifetime_s,
            "refresh_token": refresh,
            **({"scope": grant.scope} if grant.scope else {}),
        }

    def revoke(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> OAuthError | None:
        """Revoke a token of either kind, and with it its grant; an unknown one is no error (RFC 7009, section 2.2)."""
        unknown = self._unknown_client(form, basic)
        if unknown is not None:
            return unknown
        if "token" not in form:
            return OAuthError("invalid_request", "token is missing")
        token = self._refresh.get(form["token"]) or self._access.get(form["token"])
        if token is not None:
            token.grant.is_revoked = True
        return None

    # -- the API's part

    def is_live(self, access_token: str) -> bool:
        """Whether an access token opens the API now."""
        token = self._access.get(access_token)
        return token is not None and not token.grant.is_revoked and (token.until is None or self.now() < token.until)

    def expire(self) -> None:
        """Let every access token have expired; refresh tokens stay good."""
        self._access.clear()

    def revoke_all(self) -> None:
        """Take everything back that was granted."""
        for token in (*self._access.values(), *self._refresh.values()):
            token.grant.is_revoked = True


def back(redirect_uri: str, fields: Mapping[str, str], state: str | None) -> str:
    """The redirect URI with *fields* and the state that was given."""
    query = urlencode({**fields, **({"state": state} if state is not None else {})})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"


def _proven(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    digest = hashlib.sha256(verifier.encode()).digest()
    return compare_digest(urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())


def _keep(records: dict[str, _Kept], key: str, value: _Kept) -> None:
    records[key] = value
    if len(records) > MAX_KEPT:
        del records[next(iter(records))]
