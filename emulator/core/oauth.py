"""The OAuth 2.0 web server flow as requests and answers: what is asked, and what an answer means (framework 5).

Source: RFC 6749 (sections 4.1, 5 and 6), RFC 7636 for PKCE. Nothing here waits, sends or keeps anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

from emulator.core import rules
from emulator.core.bodies import first_bytes, parse_json
from emulator.core.messages import Headers, Request, is_json_type, kind_of, media_type, text_of
from emulator.core.redaction import MASK
from emulator.core.rendering import fill_required, render_url
from emulator.core.template import parse_template
from emulator.core.writings import basic_pair
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from typing import Literal

    from emulator.core.document import OAuth2
    from emulator.core.messages import Json, Reply
    from emulator.core.profile import Profile
    from emulator.core.rendering import Variables
    from emulator.errors import Finding

    GrantKind = Literal["code", "refresh"]

FORM = "application/x-www-form-urlencoded"
BEARER = "bearer"
LOST = "invalid_grant"
"""The error by which a token endpoint says that the grant itself is no good any more (RFC 6749, section 5.2)."""
_NO_HEADER = re.compile(r"[^\x20-\x7e]")
_TAG = re.compile(r"\s*<")
_FORM_FIELD = re.compile(r"(?:^|&)(?:access_token|error)=")
_PUBLIC_FIELDS = frozenset({"error", "error_description", "error_uri", "scope", "token_type", "expires_in"})
_SECRET_FIELDS = frozenset({"access_token", "refresh_token", "id_token"})
_CODE_OR_STATE = re.compile(r"([?&](?:code|state)=)[^&#]*")
_LIKE_A_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """What a document's OAuth2 and an admin's properties make of the platform: a client of the provider's."""

    client_id: str
    client_secret: str = field(repr=False)
    authorization_endpoint: str
    token_endpoint: str
    authorization_parameters: str = ""
    """A query string that is appended as it is."""
    content_type: str = FORM
    """What the token requests are sent as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a token endpoint gave."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    lifetime_s: float | None = None
    """Seconds from the answer on; None where the answer does not say."""


class TokenReading(NamedTuple):
    """What an answer of the token endpoint means: *tokens*, or a *failure* and, where it named one, its *error*."""

    tokens: Tokens | None
    findings: tuple[Finding, ...] = ()
    failure: str | None = None
    error: str | None = None


class Redirect(NamedTuple):
    """What came back by the browser: *code*, or the *finding* that says why there is none.

    *state* is set where it is one of ours, so that the admin who waits can be told.
    """

    code: str | None = None
    state: str | None = None
    finding: Finding | None = None


# -- what is asked


def client_of(oauth2: OAuth2, variables: Variables, profile: Profile) -> OAuthClient:
    """The client that *oauth2* describes, its variables filled.

    A variable in `authorization_parameters` is percent-encoded: all around it is already.

    Raises:
        RenderingError: A property has no value, or an endpoint is no absolute http(s) URL.
    """

    def encoded(template: str, place: str) -> str:
        parts = parse_template(template).parts
        return "".join(
            part if isinstance(part, str) else quote(fill_required(str(part), variables, place), safe="")
            for part in parts
        )

    parameters = _setting(oauth2.authorization_parameters, "default", "")
    return OAuthClient(
        client_id=_encodable(fill_required(oauth2.client_id, variables, "OAuth2.client_id")),
        client_secret=_encodable(fill_required(oauth2.client_secret, variables, "OAuth2.client_secret")),
        authorization_endpoint=render_url(oauth2.authorization_endpoint, variables, profile),
        token_endpoint=render_url(oauth2.token_endpoint, variables, profile),
        authorization_parameters=encoded(parameters, "OAuth2.authorization_parameters"),
        content_type=_setting(oauth2.token_parameters, "content_type", FORM),
    )


def _setting(settings: Json, name: str, default: str) -> str:
    value = settings.get(name) if isinstance(settings, Mapping) else None
    return value if isinstance(value, str) else default


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def client_secrets(client: OAuthClient) -> set[str]:
    """What of *client* no output may show: the secret, as it is and as HTTP Basic writes it."""
    return {client.client_secret, _basic(client)}


def authorization_url(client: OAuthClient, redirect_uri: str, state: str, *, verifier: str | None = None) -> str:
    """Where the admin's browser is sent to agree (RFC 6749, section 4.1.1; with *verifier* RFC 7636, section 4.3)."""
    asked = {"response_type": "code", "client_id": client.client_id, "redirect_uri": redirect_uri, "state": state}
    if verifier is not None:
        asked |= {"code_challenge": code_challenge(verifier), "code_challenge_method": "S256"}
    query = "&".join(each for each in (urlencode(asked), client.authorization_parameters) if each)
    return client.authorization_endpoint + ("&" if "?" in client.authorization_endpoint else "?") + query


def code_challenge(verifier: str) -> str:
    """What PKCE shows of *verifier* before it shows it (RFC 7636, section 4.2: S256)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def code_request(
    client: OAuthClient, code: str, redirect_uri: str, profile: Profile, *, verifier: str | None = None
) -> Request:
    """The request that turns *code* into tokens (RFC 6749, section 4.1.3)."""
    fields = {"code": code, "redirect_uri": redirect_uri}
    return _token_request(client, "authorization_code", fields, profile, verifier)


def refresh_request(client: OAuthClient, refresh_token: str, profile: Profile) -> Request:
    """The request that renews an access token (RFC 6749, section 6)."""
    return _token_request(client, "refresh_token", {"refresh_token": refresh_token}, profile, None)


def _token_request(
    client: OAuthClient, grant_type: str, fields: Mapping[str, str], profile: Profile, verifier: str | None
) -> Request:
    # Cold start: it costs 60 ms to import, and few documents have OAuth2.
    from oauthlib.oauth2.rfc6749.parameters import prepare_token_request

    in_body = profile.oauth_client_auth == "body"
    body = prepare_token_request(
        grant_type,
        include_client_id=in_body,
        client_id=client.client_id,
        client_secret=client.client_secret if in_body else None,
        code_verifier=verifier,
        **fields,
    )
    headers: Headers = (("Content-Type", client.content_type), ("Accept", "application/json"))
    if not in_body:
        headers = (("Authorization", f"Basic {_basic(client)}"), *headers)
    data = body.encode("ascii")
    if is_json_type(client.content_type):
        data = json.dumps(dict(parse_qsl(body, keep_blank_values=True))).encode()
    return Request(method="POST", url=client.token_endpoint, headers=headers, body=data)


def _basic(client: OAuthClient) -> str:
    # Each part is form-encoded before they are joined (RFC 6749, section 2.3.1): a colon in the id is no separator.
    return basic_pair(quote_plus(client.client_id), quote_plus(client.client_secret))


# -- what comes back by the browser


def read_redirect(query: str, known: Callable[[str], str | None]) -> Redirect:
    """Read the query of the redirect; *known* tells which of our states a text is, if it is one.

    Source: RFC 6749, sections 4.1.2 and 4.1.2.1.
    """
    fields = dict(reversed(parse_qsl(query, keep_blank_values=True, errors="replace")))  # the first of each counts
    given = fields.get("state")
    if not given:
        return Redirect(finding=_state_dropped(fields))
    state = known(given)
    if state is None:
        message = "the redirect's state is none that is waited for: another one, used before, or too old"
        mend = "send back the state of the authorization request, unchanged and once"
        return Redirect(finding=rules.STATE_UNKNOWN.on("$.state", message, mend))
    if "error" in fields:
        told = _told(fields)
        mend = "the provider's authorization page did not give a code; connect again to try once more"
        return Redirect(state=state, finding=rules.NOT_ALLOWED.on("$.error", f"access was not given: {told}", mend))
    if not fields.get("code"):
        mend = "redirect to the redirect URI with ?code=…&state=… (RFC 6749, section 4.1.2)"
        has = f"it has {', '.join(sorted(fields))}"
        return Redirect(state=state, finding=rules.NO_CODE.on("$.code", f"the redirect has no code; {has}", mend))
    return Redirect(code=fields["code"], state=state)


def _state_dropped(fields: Mapping[str, str]) -> Finding:
    has = f"; it has {', '.join(sorted(fields))}" if fields else ": its query is empty"
    error = f" (the provider says {_told(fields)})" if "error" in fields else ""
    return rules.STATE_DROPPED.on(
        "$.state",
        f"the redirect has no state{has}{error}",
        "send back the state of the authorization request in every redirect (RFC 6749, section 4.1.2)",
    )


def without_secrets(url: str) -> str:
    """The address *url* of a redirect with its code and state masked, whoever made it."""
    return _CODE_OR_STATE.sub(rf"\1{MASK}", url)


def redirect_secrets(url: str) -> set[str]:
    """What of the address *url* of a redirect no output may show: code and state."""
    fields = parse_qsl(url.partition("#")[0].partition("?")[2], keep_blank_values=True, errors="replace")
    return {value for name, value in fields if name in {"code", "state"} and value}


# -- what the token endpoint answers


def read_token_answer(reply: Reply, kind: GrantKind) -> TokenReading:
    """Read an answer of the token endpoint, to a code or to a refresh token.

    Source: RFC 6749, section 5.1 (tokens) and 5.2 (errors).
    """
    fields, findings, failure = _fields(reply)
    if fields is None:
        if not 200 <= reply.status < 300:
            return _refused(reply, {}, kind)
        return TokenReading(None, findings, failure)
    if "error" in fields or not 200 <= reply.status < 300:
        return _refused(reply, fields, kind)
    problem = _problem(fields)
    if problem is not None:
        return TokenReading(None, (*findings, problem), problem.message)
    lifetime_s, odd_lifetime = _lifetime(fields)
    refresh, odd_refresh = _refresh_token(fields, kind)
    odd_type = () if "token_type" in fields else (_TYPE_MISSING,)
    tokens = Tokens(access=str(fields["access_token"]), refresh=refresh, lifetime_s=lifetime_s)
    return TokenReading(tokens, (*findings, *odd_type, *odd_lifetime, *odd_refresh))


def _fields(reply: Reply) -> tuple[Mapping[str, Json] | None, tuple[Finding, ...], str | None]:
    """The fields of an answer; where it has none that can be read, why."""
    text = reply.body.decode("utf-8", "replace")
    content_type = reply.header("Content-Type") or ""
    try:
        value = parse_json(reply.body, content_type)
    except UnreadableBodyError:
        if media_type(content_type) == FORM or _FORM_FIELD.search(text):
            message = "the token endpoint answered a form, not JSON; Ringotel may not read it"
            mend = "answer a JSON object with Content-Type: application/json"
            return dict(parse_qsl(text.strip())), (rules.TOKEN_FORM.on("$", message, mend),), None
        what = "an HTML page" if _TAG.match(text) or media_type(content_type) == "text/html" else "no JSON"
        shown = f"it begins with {first_bytes(reply.body)}" if reply.body.strip() else "it is empty"
        return _no_object(f"the token endpoint answered {reply.status} with {what}: {shown}")
    if not isinstance(value, Mapping):
        return _no_object(f"the token endpoint answered {kind_of(value)}, not an object")
    return value, (), None


def _no_object(message: str) -> tuple[None, tuple[Finding, ...], str]:
    mend = "answer JSON: access_token, token_type, expires_in, refresh_token (RFC 6749, section 5.1)"
    finding = rules.TOKEN_UNREADABLE.on("$", message, mend)
    return None, (finding,), finding.message


def _problem(fields: Mapping[str, Json]) -> Finding | None:
    """Why there is no token in *fields* that can be used."""
    access = fields.get("access_token")
    if not isinstance(access, str) or not access:
        found = "is missing" if access is None else "is empty" if access == "" else f"is {kind_of(access)}"
        has = ", ".join(sorted(fields)) or "nothing"
        message = f"access_token {found}; the answer has {has}"
        return rules.TOKEN_MISSING.on("$.access_token", message, "answer access_token as text")
    if _NO_HEADER.search(access):
        message = "access_token holds a character that no header can hold"
        return rules.TOKEN_MISSING.on("$.access_token", message, "use visible ASCII characters only")
    kind = fields.get("token_type", BEARER)
    if not isinstance(kind, str) or kind.lower() != BEARER:
        shown = repr(kind) if isinstance(kind, str) else kind_of(kind)
        message = f"token_type is {shown}; request_auth is Bearer"
        return rules.TOKEN_TYPE.on("$.token_type", message, 'answer "token_type": "Bearer"')
    return None


_TYPE_MISSING = rules.TOKEN_TYPE_MISSING.on(
    "$.token_type", "the answer has no token_type; it is taken for Bearer", 'answer "token_type": "Bearer"'
)


def _lifetime(fields: Mapping[str, Json]) -> tuple[float | None, tuple[Finding, ...]]:
    value = fields.get("expires_in")
    if value is None:
        return None, ()
    try:
        seconds = float(text_of(value)) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        seconds = 0.0
    if isinstance(value, bool) or not 0 < seconds < float("inf"):
        shown = repr(text_of(value)) if isinstance(value, str | int | float) else kind_of(value)
        message = f"expires_in is {shown}: the token is used until a request with it is answered 401"
        return None, (
            rules.LIFETIME_ODD.on("$.expires_in", message, "answer the seconds from now as a number above 0"),
        )
    if isinstance(value, str):
        message = "expires_in is text; a number is wanted"
        return seconds, (rules.LIFETIME_ODD.on("$.expires_in", message, "answer the seconds from now as a number"),)
    return seconds, ()


def _refresh_token(fields: Mapping[str, Json], kind: GrantKind) -> tuple[str | None, tuple[Finding, ...]]:
    value = fields.get("refresh_token")
    if isinstance(value, str) and value:
        return value, ()
    if value is None and kind == "refresh":
        return None, ()  # the one that was used stays good (RFC 6749, section 6)
    found = "is missing" if value is None else "is empty" if value == "" else f"is {kind_of(value)}"
    message = f"refresh_token {found}: once the access token expires, the admin has to connect again"
    mend = "give one; some providers want a scope such as offline_access in authorization_parameters"
    return None, (rules.NO_REFRESH_TOKEN.on("$.refresh_token", message, mend),)


def _refused(reply: Reply, fields: Mapping[str, Json], kind: GrantKind) -> TokenReading:
    error = fields.get("error")
    if isinstance(error, str) and error:
        told = _told(fields)
    elif error is not None:
        told = f"error is {kind_of(error)}, not one of the texts of RFC 6749, section 5.2"
    else:
        told = first_bytes(reply.body) if reply.body.strip() else "nothing"
    what = "the code" if kind == "code" else "the refresh token"
    message = f"the token endpoint refused {what} with {reply.status}: {told}"
    if 200 <= reply.status < 300:
        message += "; an error is answered 400"
    rule = rules.TOKEN_REFUSED if kind == "code" else rules.REFRESH_REFUSED
    finding = rule.on("$.error" if "error" in fields else "$", message, _remedy(error, kind))
    return TokenReading(None, (finding,), finding.message, error if isinstance(error, str) else None)


def _remedy(error: Json, kind: GrantKind) -> str:
    if error == LOST and kind == "refresh":
        return "connect again; a provider that rotates refresh tokens must name the new one in every answer"
    return _REMEDIES.get(error if isinstance(error, str) else "", "the provider's answer and log tell why")


_REMEDIES: Mapping[str, str] = {
    "invalid_request": "compare the request in the journal with what the provider reads: it is a form",
    "invalid_client": (
        "check the client's id and secret in properties; they go in the body unless the profile has "
        "oauth_client_auth: basic"
    ),
    LOST: "a code is good once, for some minutes, and for the redirect URI that it was asked with, letter for letter",
    "unauthorized_client": "allow this client the authorization code and refresh token grants at the provider",
    "unsupported_grant_type": "read grant_type authorization_code and refresh_token from a form body",
    "invalid_scope": "correct the scope in authorization_parameters",
}


def _told(fields: Mapping[str, Json]) -> str:
    error, description = str(fields["error"]), fields.get("error_description")
    return f"{error} ({description})" if isinstance(description, str) and description else error


def token_secrets(reply: Reply) -> set[str]:
    """What of an answer of the token endpoint no output may show.

    An answer that is not as it should be may hold a token where nobody looks for one: all that looks like a token
    counts there.
    """
    fields, _, _ = _fields(reply)
    if fields is None:
        return set(_LIKE_A_TOKEN.findall(reply.body.decode("utf-8", "replace")))
    return set(_hidden(fields))


def _hidden(value: Json, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            if key not in _PUBLIC_FIELDS or not isinstance(below, str):
                yield from _hidden(below, key)
    elif isinstance(value, str):
        if name in _SECRET_FIELDS or _LIKE_A_TOKEN.fullmatch(value):
            yield value
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _hidden(below, name)
