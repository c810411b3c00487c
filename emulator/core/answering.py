"""What an answer means by its status and headers: taken, or why not and how to mend that (framework 4)."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from emulator.core import rules
from emulator.core.bodies import first_bytes, parse_json
from emulator.core.complaining import failure_inside, told
from emulator.core.document import PLACEHOLDER, BasicAuth
from emulator.core.hosts import entry_for, rewrite
from emulator.core.mapping import Mapped, apply_response_map
from emulator.core.message_ids import id_in_headers
from emulator.core.messages import is_json_type, media_type
from emulator.core.patterns import compile_pattern
from emulator.core.profile import status_fits
from emulator.core.template import parse_template
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.document import ApiMethod, ApiName, Integration
    from emulator.core.messages import Json, Reply, Request
    from emulator.core.patterns import Pattern
    from emulator.core.profile import Profile
    from emulator.core.source import Path
    from emulator.errors import Finding, Location

_CONFLICT = 409
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_ALLOWED = frozenset({401, 403})
_NOT_THERE = frozenset({404, 405})
_WAIT = frozenset({429, 503})
_WRONG_TYPE = 415
_NOT_READ = frozenset({400, 422})
_SERVER_ERROR = 500


class AnswerReader:
    """Reads the answers to the requests of one document; each ``response_map`` is compiled once."""

    def __init__(
        self,
        integration: Integration,
        profile: Profile,
        properties: Mapping[str, str],
        hosts: Mapping[str, str],
        host_places: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """*host_places* says where the entries of *hosts* are written."""
        self._profile = profile
        self._properties = properties
        self._hosts = hosts
        self._host_places = host_places
        self.use(integration)

    def use(self, integration: Integration) -> None:
        """Read by *integration* from the next answer on."""
        self._integration = integration
        self._maps: dict[str, Pattern] = {}

    def read(self, name: ApiName, method: ApiMethod, reply: Reply) -> Mapped:
        """What a successful answer says: what ``response_map`` reads from it, and what that does not see.

        An answer that is no success by its status is not read.
        """
        if not status_fits(reply.status, self._profile.success):
            return Mapped({})
        mapped = self._mapped(name, method, reply)
        if mapped.failure is not None:
            return mapped
        return mapped._replace(findings=(*mapped.findings, *self._unseen(name, method, reply, mapped)))

    def _mapped(self, name: ApiName, method: ApiMethod, reply: Reply) -> Mapped:
        if method.response_map is None:
            return Mapped({})
        if name not in self._maps:
            self._maps[name] = compile_pattern(method.response_map)
        equal = self._profile.response_map_literals == "equal"

        def place(path: Path) -> Location:
            return self._integration.locate(("API", name, "response_map", *path))

        return apply_response_map(self._maps[name], reply, place, literals_must_equal=equal)

    def _unseen(self, name: ApiName, method: ApiMethod, reply: Reply, mapped: Mapped) -> Iterator[Finding]:
        """What a person sees in an answer that the platform takes for a success."""
        answer = _json(reply)
        sign = None if answer is None else failure_inside(answer)
        if sign is not None:
            there = method.response_map is not None
            at = self._integration.locate(("API", name, "response_map"), key=True) if there else None
            yield told(sign, None if at is None else str(at))
        elif answer is None and _is_page(reply):
            message = f"{name} was answered {reply.status} with a web page: {first_bytes(reply.body)}"
            mend = f"is {self._url_place(name)} the right address? A page to log in with is no answer of an API"
            yield rules.PAGE_ANSWERED.on("$", message, mend)
        declared = reply.header("Content-Type")
        is_read = isinstance(answer, dict | list) and method.response_map is not None
        if is_read and declared and not is_json_type(declared):
            message = f"{name} was answered with JSON, but Content-Type {declared!r}; it was read as JSON"
            mend = "answer with Content-Type: application/json; nothing public says what Ringotel does without it"
            yield rules.ANSWER_TYPE_DIFFERS.on("$", message, mend)
        if name != "Subscribe" and method.response_map is None and (found := id_in_headers(reply.headers)):
            message = f"the header {found[0]} is {found[1]!r}, but the format reads ids from the JSON body only"
            mend = "answer with the id in the JSON body too, and name it in response_map"
            yield rules.ID_IN_HEADER.on("$", message, mend)

    # -- what is no success

    def refusal(self, name: str, request: Request, reply: Reply) -> Finding:
        """What is to be said of an answer whose status is no success."""
        said = f": {first_bytes(reply.body)}" if reply.body else ""
        answered = f"the provider answered {reply.status}"
        is_own = self._integration.has(("API", name, "request_url"))
        if reply.status in _REDIRECTS and (location := reply.header("Location")):
            target = self._as_in_the_document(urljoin(request.url, location))
            where = f"write that address into {self._url_place(name)}" if is_own else "make the request there"
            message = f"{answered} and redirects to {target}; redirects are not followed"
            mend = f"{where}, or set profile: {{redirects: follow}}; nothing public says that Ringotel follows them"
            return rules.REFUSED.on("$", message, mend)
        wait = reply.header("Retry-After")
        told_to_wait = f", Retry-After: {wait}" if wait is not None else ""
        mend = self._mend(name, request, reply) if is_own else "the provider's answer tells why"
        return rules.REFUSED.on("$", f"{answered}{told_to_wait}{said}", mend)

    def _mend(self, name: str, request: Request, reply: Reply) -> str:
        status = reply.status
        if status in _NOT_ALLOWED:
            unset = [each for each, value in self._properties.items() if value == PLACEHOLDER]
            if unset:
                return f'give the property "{unset[0]}" its value: it still has the placeholder of a new project'
            return self._credentials()
        if status in _NOT_THERE:
            compared = f"compare {self._url_place(name)} and request_method with your API"
            return f"{compared}{self._by_hosts(request.url)}; the answer tells more"
        if status in _WAIT:
            tries = "nothing public says that Ringotel waits and tries again, so the message is failed"
            return f"let the provider take it at once, or queue it: {tries} (profile: retries)"
        parameters = f"request_parameters ({self._integration.locate(('API', name, 'request_parameters'), key=True)})"
        if status == _WRONG_TYPE:
            return f"compare {self._content_type(name)} with what your API takes, then {parameters}"
        if status in _NOT_READ:
            mend = f"the provider's answer tells why; compare {parameters} with what your API takes"
            if name in _SENDS and _ABOUT_NUMBERS.search(first_bytes(reply.body)):
                return f"{mend}; {_NUMBERS_GO_OUT}"
            return mend
        if status >= _SERVER_ERROR:
            return "see the provider's log: a 5xx says that something went wrong on its side"
        return "the provider's answer tells why"

    def _content_type(self, name: str) -> str:
        """``request_content_type (acme.json:13:7)``, or what goes out where the document says nothing of it."""
        path = ("API", name, "request_content_type")
        if self._integration.has(path):
            return f"request_content_type ({self._integration.locate(path, key=True)})"
        where = self._integration.locate(("API", name), key=True)
        return f"request_content_type, which is application/json where {name} ({where}) has none,"

    def _credentials(self) -> str:
        """What to check where the provider refuses who asks: what auth is made of, or all that an admin fills in."""
        document = self._integration.document
        auth = document.auth
        if auth is None or document.oauth2 is not None:
            scheme = "OAuth2" if document.oauth2 is not None else "auth"
            return f"check the values of {_listed(document.properties)} and {scheme} in the document"
        parts = (auth.username, auth.password) if isinstance(auth, BasicAuth) else (auth.token,)
        templates = [parse_template(each) for each in parts]
        used = dict.fromkeys(variable.name for each in templates for variable in each.variables)
        names = tuple(each for each in used if each in document.properties)
        values = f"the values of {_listed(names)} and " if names else ""
        mend = f"check {values}auth ({self._integration.locate(('auth',), key=True)})"
        if isinstance(auth, BasicAuth) and all(each.single is not None for each in templates):
            return f"{mend}: Basic sends {auth.username} as the user and {auth.password} as the password"
        return mend

    def _as_in_the_document(self, url: str) -> str:
        """*url* as the document would have it: what a local provider calls itself is not what it will be."""
        return rewrite(url, {there: here for here, there in self._hosts.items()})

    def _by_hosts(self, url: str) -> str:
        """Which entry of ``hosts`` gave *url* another path, and where: it may be the entry that is wrong."""
        entry = entry_for(url, self._hosts)
        if entry is None or not any(urlsplit(each).path.strip("/") for each in (entry, self._hosts[entry])):
            return ""  # the path is the document's
        sent_to = rewrite(url, self._hosts)
        place = f" ({self._host_places[entry]})" if entry in self._host_places else ""
        return f", and {sent_to.partition('?')[0]} with it: hosts{place} puts {self._hosts[entry]} for {entry}"

    def _url_place(self, name: str) -> str:
        return f"request_url ({self._integration.locate(('API', name, 'request_url'))})"


_SENDS = {"SendMessage", "SendFile"}
_ABOUT_NUMBERS = re.compile(r"\b(?:plus|digits|e\.?164|msisdn|phone number|country code)\b", re.IGNORECASE)
_NUMBERS_GO_OUT = (
    "how numbers are written is set for each SMS number, not in the document: organization: numbers: "
    "{+NUMBER: {outbound: international}} in ringo-emu.yaml sends them without their plus"
)


def already_subscribed() -> Finding:
    """Subscribe was answered 409."""
    message = "the provider answered Subscribe with 409: it has the subscription"
    return rules.ALREADY_SUBSCRIBED.on("$", message, "nothing to do if it posts to this webhook URL")


def is_conflict(name: str, reply: Reply) -> bool:
    """Whether *reply* says that the provider has the subscription already."""
    return name == "Subscribe" and reply.status == _CONFLICT


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{each}"' for each in names) if names else "the credentials"


def _json(reply: Reply) -> Json:
    try:
        return parse_json(reply.body, reply.header("Content-Type"))
    except UnreadableBodyError:
        return None


def _is_page(reply: Reply) -> bool:
    begins = reply.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_html = media_type(reply.header("Content-Type") or "") == "text/html"
    return begins.startswith((b"<!doctype html", b"<html")) or (is_html and begins.startswith(b"<"))
