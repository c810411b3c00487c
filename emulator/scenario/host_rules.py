"""Says where an entry of ``hosts`` diverts nothing, so that requests would go to the live provider after all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from emulator.core.addresses import is_loopback
from emulator.core.document import API_NAMES
from emulator.core.explaining import Samples
from emulator.core.findings import nearest_name
from emulator.core.hosts import begins, entry_for
from emulator.core.plain import source_text
from emulator.core.rendering import absolute_url, render_url
from emulator.core.source import NOTHING
from emulator.core.template import leaves, parse_template
from emulator.errors import RenderingError
from emulator.scenario import rules

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.core.source import SourceMap
    from emulator.errors import Finding
    from emulator.scenario.placeholders import Lookup
    from emulator.scenario.project import ProjectFile


class Slip(NamedTuple):
    """An entry that diverts nothing, what is to be said of it, and how to mend it."""

    entry: str
    message: str
    mend: str


def host_findings(
    document: IntegrationDocument, file: ProjectFile, usual: Mapping[str, str], names: Lookup, places: SourceMap
) -> Iterator[Finding]:
    """The `slips` in a project file, with their places."""
    for each in slips(document, file, usual, names):
        yield rules.PROJECT_BAD_VALUE.at(places.locate(("hosts", each.entry), key=True), each.message, each.mend)


def slips(document: IntegrationDocument, file: ProjectFile, usual: Mapping[str, str], names: Lookup) -> Iterator[Slip]:
    """Entries that begin no URL, where the document has one that no entry begins: it goes to the live provider.

    An entry may be for what nobody knows before it comes, such as the file of a message: it is no error by itself. One
    that leads to itself says on purpose what would be so anyway. *usual* are the properties without those of an
    environment or an option: an entry that is for them alone is no slip.
    """
    urls = addresses(document, file)
    left_alone = [url for url in urls if not _is_here(url) and entry_for(url, file.hosts) is None]
    if not left_alone:
        return
    usual_file = file.model_copy(update={"properties": {**file.properties, **usual}})
    known = [*urls, *addresses(document, usual_file), *_own_addresses(file, names)]
    for entry, target in file.hosts.items():
        if not _is_url(entry) or entry.rstrip("/") == target.rstrip("/") or any(begins(entry, url) for url in known):
            continue
        origins = list(dict.fromkeys(map(_origin, left_alone)))
        near = nearest_name(entry.rstrip("/"), _beginnings(left_alone), alike=0.8)
        mend = (
            f'did you mean "{near or origins[0]}"? As it is, requests would go to {" and ".join(origins)} itself; if '
            f"they shall, say so: hosts: {{{', '.join(f'{each}: {each}' for each in origins)}}}"
        )
        yield Slip(entry, f'hosts: "{entry}" begins no URL of the document', mend)


def addresses(document: IntegrationDocument, file: ProjectFile) -> list[str]:
    """Where the document's requests go, with example values for what a message brings; nothing for a wrong address."""
    samples = Samples(file.properties, {})
    methods = [(name, document.api.method(name)) for name in API_NAMES]
    templates = [(name, method.url) for name, method in methods if method is not None]
    if document.oauth2 is not None:
        ends = (document.oauth2.authorization_endpoint, document.oauth2.token_endpoint)
        templates += [("SendMessage", end) for end in ends]
    urls = []
    for name, url in templates:
        try:
            urls.append(render_url(url, samples.variables(document, name), file.profile))
        except RenderingError:
            continue  # whoever makes the request is told
    return urls


def _own_addresses(file: ProjectFile, names: Lookup) -> Iterator[str]:
    """Whatever may be an address in the requests that the project file holds itself."""
    requests: list[Any] = [each.request for each in file.triggers.values()]
    requests += [*file.oauth.consent_requests, file.oauth.revoke]
    for _, leaf in (pair for request in requests for pair in leaves(request, ())):
        text = source_text(leaf)
        if isinstance(text, str):
            yield parse_template(text, dollar_escape=True).fill(lambda variable: _known(names, variable.name))


def _known(names: Lookup, name: str) -> str:
    value = names(name)
    return f"${name}$" if value is NOTHING else str(value)


def _is_url(text: str) -> bool:
    try:
        absolute_url(text)
    except RenderingError:
        return False  # that is told already
    return True


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or is_loopback(host)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _beginnings(urls: Iterable[str]) -> Iterator[str]:
    """Every prefix of *urls* that an entry may be."""
    for url in urls:
        beginning = _origin(url)
        yield beginning
        for part in urlsplit(url).path.split("/")[1:]:
            beginning += f"/{part}"
            yield beginning
