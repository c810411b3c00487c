"""The catalogue of findings: every code that ringo-emu prints, and why it says so."""

from __future__ import annotations

from emulator.core.findings import Mark, Rule
from emulator.errors import Severity

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_STRICT = "The platform reads the document as JSON (RFC 8259); a page that prints comments is not the file."

# -- the file as JSON
NOT_JSON = Rule("DOC-101", E, Mark.DOCUMENTED, "the file is not JSON", _STRICT)
NOT_TEXT = Rule("DOC-102", E, Mark.DOCUMENTED, "the file is not UTF-8 text", _STRICT)
TOO_LARGE = Rule("DOC-103", E, Mark.INFERRED, "the file is too large", "A document is a few kilobytes long.")
TOO_DEEP = Rule("DOC-104", E, Mark.INFERRED, "nested too deeply", "A document needs fewer than ten levels.")
COMMENT = Rule("DOC-105", E, Mark.DOCUMENTED, "a comment", _STRICT)
TRAILING_COMMA = Rule("DOC-106", E, Mark.DOCUMENTED, "a comma before a closing bracket", _STRICT)
EXTRA_COMMA = Rule("DOC-107", E, Mark.DOCUMENTED, "a comma too many", _STRICT)
MISSING_COMMA = Rule("DOC-108", E, Mark.DOCUMENTED, "a missing comma", _STRICT)
WRONG_QUOTES = Rule("DOC-109", E, Mark.DOCUMENTED, "curly, single or back quotes", _STRICT)
MISSING_QUOTE = Rule("DOC-110", E, Mark.DOCUMENTED, "a missing quote", _STRICT)
MISSING_COLON = Rule("DOC-111", E, Mark.DOCUMENTED, "a missing colon", _STRICT)
DUPLICATE_KEY = Rule(
    "DOC-112",
    E,
    Mark.INFERRED,
    "a key written twice",
    "JSON readers keep one of the two, and which one is their choice.",
)
WRONG_BRACKET = Rule("DOC-113", E, Mark.DOCUMENTED, "a wrong or missing bracket", _STRICT)
UNCLOSED = Rule("DOC-114", E, Mark.DOCUMENTED, "the file ends too early", _STRICT)
TEXT_AFTER_END = Rule("DOC-115", E, Mark.DOCUMENTED, "text after the end", _STRICT)
BAD_ESCAPE = Rule("DOC-116", E, Mark.DOCUMENTED, "an escape that JSON does not know", _STRICT)
CONTROL_CHARACTER = Rule("DOC-117", E, Mark.DOCUMENTED, "a control character in a string", _STRICT)
NEARLY_LITERAL = Rule("DOC-118", E, Mark.DOCUMENTED, "true, false or null misspelt", _STRICT)
NOT_A_NUMBER = Rule("DOC-119", E, Mark.DOCUMENTED, "a number that JSON does not know", _STRICT)
STRAY = Rule("DOC-120", E, Mark.DOCUMENTED, "a stray character", _STRICT)
ODD_SPACE = Rule("DOC-121", E, Mark.DOCUMENTED, "a space that JSON does not know", _STRICT)
TOO_MANY = Rule(
    "DOC-123",
    N,
    Mark.INFERRED,
    "more findings than are told",
    "After that many it is not one document that went slightly wrong.",
)
BYTE_ORDER_MARK = Rule("DOC-122", W, Mark.INFERRED, "a byte order mark", "Strict JSON readers refuse it.")

# -- its shape
MISSING_KEY = Rule(
    "DOC-201",
    E,
    Mark.DOCUMENTED,
    "a required key is missing",
    "The platform cannot play the document without it.",
)
UNKNOWN_KEY = Rule(
    "DOC-202",
    W,
    Mark.INFERRED,
    "an unknown key",
    "Nothing public says what it means; it is kept and has no effect.",
)
WRONG_TYPE = Rule(
    "DOC-203", E, Mark.DOCUMENTED, "a value of the wrong type", "The framework's samples show another type."
)
BAD_VALUE = Rule(
    "DOC-204",
    E,
    Mark.DOCUMENTED,
    "a value that cannot be used",
    "Only the values of the framework's page are public.",
)
SUBSCRIBE_OUTSIDE = Rule(
    "DOC-205",
    N,
    Mark.ASSUMED,
    "Subscribe outside API",
    "The framework's page prints it there; it is taken to mean API.Subscribe (profile: document_shapes).",
)
WEBHOOK_OBJECT = Rule(
    "DOC-206",
    W,
    Mark.ASSUMED,
    "Webhook is an object",
    "The framework's page shows models one by one; an object of models is taken as a list (profile: document_shapes).",
)
BOTH_AUTHS = Rule(
    "DOC-207",
    W,
    Mark.ASSUMED,
    "auth beside OAuth2",
    "No source says which of the two counts; OAuth2 is taken to win.",
)
NO_WEBHOOK = Rule(
    "DOC-208",
    W,
    Mark.INFERRED,
    "no Webhook models",
    "Without them nothing comes in: no texts, no delivery reports.",
)
NO_SEND_FILE = Rule("DOC-209", N, Mark.INFERRED, "no API.SendFile", "Without it MMS is off.")

MISPLACED_KEY = Rule(
    "DOC-210",
    E,
    Mark.INFERRED,
    "a key in the wrong place",
    "The platform looks for each key where the framework's page prints it, and nowhere else.",
)
UNKNOWN_FLOW = Rule(
    "DOC-211",
    E,
    Mark.DOCUMENTED,
    "an OAuth2 setting that is not public",
    "The framework's page shows one flow alone, the web server flow, with its parameters.",
)

# -- variables
UNKNOWN_VARIABLE = Rule(
    "DOC-301",
    E,
    Mark.DOCUMENTED,
    "a variable that nothing supplies",
    "A variable is a property's name or one of the framework's own names, letter for letter.",
)
UNUSED_PROPERTY = Rule(
    "DOC-302",
    W,
    Mark.INFERRED,
    "a property that nothing uses",
    "The admin is asked for a value that goes nowhere.",
)
MISPLACED_VARIABLE = Rule(
    "DOC-303",
    E,
    Mark.DOCUMENTED,
    "a variable in the wrong place",
    "The framework supplies each of its names in certain places only.",
)
LONE_DOLLAR = Rule(
    "DOC-304",
    W,
    Mark.INFERRED,
    "a dollar sign alone",
    "A variable needs a dollar on both sides; one alone is text.",
)

WRITTEN_SECRET = Rule(
    "DOC-305",
    W,
    Mark.INFERRED,
    "a secret written into the file",
    "The file is mailed and reviewed, and every customer would use the same secret; a property is asked of each admin.",
)

TWO_SCHEMES = Rule(
    "DOC-306",
    W,
    Mark.DOCUMENTED,
    "the word Bearer inside the token",
    "The platform writes Bearer before the token itself.",
)
FOREIGN_PLACEHOLDER = Rule(
    "DOC-307",
    W,
    Mark.DOCUMENTED,
    "a placeholder of another style",
    "A variable is $name$; {name}, {{name}}, ${name}, %name% and the like are text, and go out as they are.",
)

# -- requests
NESTED_FORM = Rule(
    "DOC-401",
    E,
    Mark.ASSUMED,
    "nested parameters in a form or query",
    "A form is flat; no public source says how nesting would be sent.",
)
UNSEEN_CONTENT_TYPE = Rule(
    "DOC-402",
    W,
    Mark.PUBLIC,
    "a content type not seen publicly",
    "The body goes out as JSON under that name.",
)
RELATIVE_URL = Rule(
    "DOC-403",
    E,
    Mark.DOCUMENTED,
    "a URL that is not absolute",
    "Requests go to the web server address given.",
)
NO_MESSAGE_ID = Rule(
    "DOC-404",
    W,
    Mark.DOCUMENTED,
    "no $messageid$ in response_map",
    "A messageDelivered report is matched by this id; without it no message is ever shown as delivered.",
)
FILE_BY_URL = Rule(
    "DOC-405",
    N,
    Mark.DOCUMENTED,
    "SendFile as multipart/form-data",
    "$content$ is the file's URL: the file itself is never a part of the request.",
)

NOT_ENCRYPTED = Rule(
    "DOC-406",
    W,
    Mark.INFERRED,
    "http instead of https",
    "Texts, phone numbers and credentials would cross the internet readable by anybody.",
)
SPACE_IN_URL = Rule(
    "DOC-407",
    W,
    Mark.INFERRED,
    "a space in a URL",
    "No URL holds one; it goes out as %20, which is seldom what was meant.",
)
NO_BODY = Rule(
    "DOC-408",
    N,
    Mark.ASSUMED,
    "a content type without a body",
    "The parameters of a GET or DELETE go to the query string.",
)
NO_REPORTS = Rule(
    "DOC-409",
    N,
    Mark.DOCUMENTED,
    "$messageid$ without a messageDelivered model",
    "The id serves to match delivery reports; without a model for them no message is ever shown as delivered.",
)

SENDS_NOTHING = Rule(
    "DOC-410",
    W,
    Mark.INFERRED,
    "a request that leaves out what it is for",
    "The provider cannot know the text, its receiver or the webhook URL unless the request says it.",
)

# -- webhook models
LACKS_VARIABLE = Rule(
    "DOC-501",
    E,
    Mark.DOCUMENTED,
    "a model lacks a required variable",
    "An event without it means nothing to the platform.",
)
NO_EVENT_KEY = Rule(
    "DOC-502",
    W,
    Mark.DOCUMENTED,
    "a model without $event_key$ or any literal",
    "Nothing but the presence of its variables tells this event from another.",
)
SHADOWED = Rule(
    "DOC-503",
    W,
    Mark.ASSUMED,
    "a model that another one shadows",
    "Models are tried in the order of the file, and the first that fits is taken (profile: model_choice).",
)

NEVER_MATCHES = Rule(
    "DOC-504",
    E,
    Mark.INFERRED,
    "a model that can never match",
    "No webhook can have the shape that it asks for.",
)
SKELETON = Rule(
    "DOC-505",
    W,
    Mark.INFERRED,
    "a model that is not filled in",
    "It is what `ringo-emu new` writes for a webhook that it does not know: no webhook fits it.",
)

PATH_AS_KEY = Rule(
    "DOC-506",
    W,
    Mark.INFERRED,
    "a key that holds a path",
    "A key is the name of one field: what is deeper is written as objects and lists in one another.",
)

# -- a webhook as it came
CONTENT_TYPE_GUESSED = Rule(
    "WH-101", W, Mark.ASSUMED, "the content type does not say what the body is", "It was read by trial."
)
NUMBER_TURNED_TEXT = Rule(
    "WH-102", W, Mark.INFERRED, "a number or boolean where text is expected", "It was turned into text."
)
MORE_ELEMENTS = Rule(
    "WH-103", W, Mark.INFERRED, "more elements than one event can hold", "The first that fits is taken."
)
CAPTION_ABSENT = Rule("WH-104", N, Mark.INFERRED, "an mms without its caption", "The caption is optional.")
FILE_AS_TEXT = Rule(
    "WH-105",
    W,
    Mark.INFERRED,
    "a text that is only the address of a file",
    "A file comes in as an mms; as a message people see an address in place of the picture.",
)
PLUS_IS_A_SPACE = Rule(
    "WH-106",
    W,
    Mark.PUBLIC,
    "a plus sign that a form turned into a space",
    "In a form and in a query + means a space, says the URL standard; a plus sign is %2B. Texts lose theirs too.",
)
TEXT_CUT_OFF = Rule(
    "WH-107",
    W,
    Mark.PUBLIC,
    "a form field that has no value",
    "In a form and in a query & begins the next field, says the URL standard; inside a text it is %26.",
)
CONTROL_IN_TEXT = Rule(
    "WH-108",
    W,
    Mark.INFERRED,
    "a control character in a text",
    "No person typed it: most often a text was decoded by another charset than its own.",
)
CHARACTER_LOST = Rule(
    "WH-109",
    W,
    Mark.PUBLIC,
    "a character that was lost",
    "U+FFFD stands for bytes that could not be decoded, says Unicode: what they were was gone before the webhook.",
)
FILE_UNREAD = Rule(
    "WH-110",
    W,
    Mark.INFERRED,
    "a file that the message model does not read",
    "A file comes in as an mms; posted as a message it is left out, and people do not know of it.",
)
EMPTY_TEXT = Rule(
    "WH-111", W, Mark.INFERRED, "a message whose text is empty", "People see a message that says nothing."
)
MORE_FILES = Rule(
    "WH-112",
    W,
    Mark.INFERRED,
    "more files than one mms can hold",
    "The format has one $url$ in an event: of several files one is taken, and people do not see the others.",
)
UNMATCHED = Rule(
    "WH-201",
    W,
    Mark.INFERRED,
    "no webhook model matches",
    "Harmless where the provider posts events that the platform has no use for.",
)
UNKNOWN_NUMBER = Rule(
    "WH-202",
    E,
    Mark.INFERRED,
    "an SMS number that the organization does not have",
    "The conversation cannot be found.",
)
OUTGOING_EVENT = Rule(
    "WH-203",
    E,
    Mark.INFERRED,
    "an outgoing message posted as an incoming one",
    "The platform knows what it sent; posted back, it would stand in the conversation twice.",
)
ECHO = Rule(
    "WH-204",
    W,
    Mark.INFERRED,
    "a text that went out comes back as an incoming one",
    "If anything answers incoming texts by itself, the two go round in a loop.",
)
TEXT_AGAIN = Rule(
    "WH-205",
    W,
    Mark.INFERRED,
    "the same text from the same contact twice within seconds",
    "A webhook that is posted again although it was answered stands in the conversation twice.",
)
NATIONAL_SENDER = Rule(
    "WH-206",
    W,
    Mark.INFERRED,
    "a sender without country code",
    "Whether it is the contact that was written to cannot be known: it is a conversation of its own.",
)
NO_PLUS = Rule(
    "WH-207", N, Mark.INFERRED, "a sender without its plus", "Its digits are compared: the contact is found."
)
NO_NUMBER = Rule(
    "WH-208",
    N,
    Mark.INFERRED,
    "a sender that is a short code or a name",
    "It passes as it is; whether it can be answered is the provider's business.",
)
SCHEME_BEFORE = Rule(
    "WH-209",
    W,
    Mark.INFERRED,
    "a sender with a scheme before its number",
    "The digits are compared, so the contact is found here; an answer would go to what was posted.",
)
BLANKS_AROUND = Rule(
    "WH-210",
    W,
    Mark.INFERRED,
    "a sender with blanks around its number",
    "The digits are compared, so the contact is found here; in a form a blank is most often a plus sign that was lost.",
)
UNKNOWN_MESSAGE = Rule(
    "WH-301", W, Mark.INFERRED, "delivered reported for an unknown message", "No message sent has this id."
)
DUPLICATE_REPORT = Rule("WH-302", W, Mark.INFERRED, "delivered reported twice", "The first report already said so.")
EARLY_REPORT = Rule(
    "WH-303",
    N,
    Mark.PUBLIC,
    "delivered reported before the answer",
    "It was held and applied once the answer was read.",
)

# -- the file of an mms, as it was fetched
_SEEN = "People see no picture; that the provider was answered 200 changes nothing."
FILE_UNREACHABLE = Rule("MEDIA-101", W, Mark.INFERRED, "the file of an mms cannot be reached", _SEEN)
FILE_REFUSED = Rule(
    "MEDIA-102",
    W,
    Mark.INFERRED,
    "the file of an mms is answered with an error",
    "The format has nothing to log in with: who has the address must get the file.",
)
FILE_TOO_LARGE = Rule(
    "MEDIA-103", W, Mark.ASSUMED, "the file of an mms is too large", "Above the profile's max_media it is not taken."
)
FILE_TOO_SLOW = Rule(
    "MEDIA-104",
    W,
    Mark.ASSUMED,
    "the file of an mms comes too slowly",
    "It must be there as a whole within the profile's media_timeout.",
)
FILE_EMPTY = Rule("MEDIA-105", W, Mark.INFERRED, "the file of an mms is empty", _SEEN)
FILE_IS_A_PAGE = Rule(
    "MEDIA-106",
    W,
    Mark.INFERRED,
    "a web page in place of the file of an mms",
    "A page to log in with, or one that shows the file, is not the file.",
)
FILE_TYPE_DIFFERS = Rule(
    "MEDIA-107",
    W,
    Mark.ASSUMED,
    "the file of an mms is not of the type that is declared",
    "Whether the platform goes by the bytes or by what is declared, nobody says.",
)
FILE_REDIRECTED = Rule(
    "MEDIA-108",
    W,
    Mark.ASSUMED,
    "the file of an mms is redirected too often, or to nowhere",
    "Three redirects are followed.",
)
FILE_SCHEME = Rule(
    "MEDIA-109", W, Mark.INFERRED, "the file of an mms has no http(s) address", "Nothing else can be fetched."
)
FILE_ADDRESS = Rule(
    "MEDIA-110",
    W,
    Mark.ASSUMED,
    "the file of an mms lies at a private address",
    "While the listener can be reached from elsewhere, whoever posts a webhook must not make ringo-emu ask machines "
    "that only this one can reach.",
)
FILE_BROKEN = Rule("MEDIA-111", W, Mark.INFERRED, "the file of an mms breaks off, or cannot be unpacked", _SEEN)
FILE_TYPE_MISSING = Rule(
    "MEDIA-112",
    N,
    Mark.ASSUMED,
    "the file of an mms without a type of its own",
    "Its bytes say what it is; whether the platform looks at them, nobody says.",
)

FILE_IS_A_PART = Rule(
    "MEDIA-113",
    W,
    Mark.INFERRED,
    "the file of an mms is its layout or its text",
    "Carriers put a layout (SMIL) and the text beside the pictures of an MMS; people expect the picture.",
)

FETCH_STORM = Rule(
    "MEDIA-120",
    W,
    Mark.INFERRED,
    "a refused file asked for again without a pause",
    "Whatever refused it had no time to come back.",
)

# -- an answer as it came
UNTRACKED = Rule(
    "API-101",
    W,
    Mark.DOCUMENTED,
    "the answer lacks the message id",
    "A delivery report can never match this message.",
)
LITERAL_DIFFERS = Rule(
    "API-102",
    E,
    Mark.ASSUMED,
    "the answer differs from a literal of response_map",
    "A literal leaf must be equal (profile: response_map_literals).",
)
NOT_AN_ANSWER = Rule("API-103", E, Mark.INFERRED, "the answer is not JSON", "response_map cannot be read from it.")
REFUSED = Rule("API-104", E, Mark.ASSUMED, "the answer is no success", "Success is any 2xx (profile: success).")
NO_ANSWER = Rule(
    "API-105",
    E,
    Mark.ASSUMED,
    "no answer came",
    "The message is failed; nothing is tried again (profile: retries).",
)
SLOW_ANSWER = Rule("API-106", W, Mark.ASSUMED, "a slow answer", "Above the profile's slow_answer.")

ID_REUSED = Rule(
    "API-107",
    W,
    Mark.INFERRED,
    "one id for two messages",
    "A delivery report can mean one of them only: it counts for the later one.",
)

ALREADY_SUBSCRIBED = Rule(
    "API-108",
    N,
    Mark.INFERRED,
    "Subscribe answered 409",
    "The provider has the subscription already, which is what was wanted; nothing is failed.",
)

FAILURE_INSIDE = Rule(
    "API-109",
    W,
    Mark.INFERRED,
    "a failure inside a 2xx answer",
    "Only the status, a missing id or a literal in response_map fails a message; nothing else of the answer is read.",
)

ID_MAY_BE_ROUNDED = Rule(
    "API-110",
    W,
    Mark.INFERRED,
    "a message id that is a number above 2^53",
    "Most readers of JSON keep a number as a double, which has no more digits: then no delivery report would match. "
    "That Ringotel keeps them all is inferred (framework 4.17).",
)

PAGE_ANSWERED = Rule(
    "API-115",
    W,
    Mark.INFERRED,
    "a web page where an API answers",
    "Without response_map the body is not read: the status alone says success.",
)
ID_IN_HEADER = Rule(
    "API-116",
    N,
    Mark.DOCUMENTED,
    "an id in a header of the answer",
    "response_map reads the JSON body; no key of the document reads a header.",
)

ANSWER_TYPE_DIFFERS = Rule(
    "API-117",
    N,
    Mark.ASSUMED,
    "an answer in JSON that is declared as something else",
    "It was read as JSON all the same.",
)

RETRY_STORM = Rule(
    "API-120",
    W,
    Mark.INFERRED,
    "a refused webhook posted again without a pause",
    "Whatever refused it had no time to come back; many providers that do so at once keep it down.",
)

# -- the OAuth 2.0 web server flow
_RFC = "RFC 6749"
STATE_DROPPED = Rule(
    "AUTH-101",
    E,
    Mark.PUBLIC,
    "a redirect without state",
    f"{_RFC}, section 4.1.2: the state of the authorization request comes back in every redirect.",
)
STATE_UNKNOWN = Rule(
    "AUTH-102",
    E,
    Mark.PUBLIC,
    "a redirect with a wrong state",
    f"{_RFC}, section 10.12: by the state the platform knows that it asked for this, once and not long ago.",
)
NOT_ALLOWED = Rule(
    "AUTH-103",
    E,
    Mark.PUBLIC,
    "access was not given",
    f"{_RFC}, section 4.1.2.1: a redirect with error says that there will be no code.",
)
NO_CODE = Rule(
    "AUTH-104",
    E,
    Mark.PUBLIC,
    "a redirect without code",
    f"{_RFC}, section 4.1.2: a redirect brings it.",
)
NO_REDIRECT = Rule(
    "AUTH-105",
    E,
    Mark.ASSUMED,
    "the authorization did not come back",
    "Without a browser the authorization page is followed to the redirect URI, by its redirects and the project file's "
    "oauth.consent.",
)
TOKEN_REFUSED = Rule(
    "AUTH-201", E, Mark.PUBLIC, "the token endpoint refused the code", f"{_RFC}, section 5.2: error says why."
)
TOKEN_UNREADABLE = Rule(
    "AUTH-202",
    E,
    Mark.PUBLIC,
    "the token endpoint did not answer JSON",
    f"{_RFC}, section 5.1: tokens come as a JSON object.",
)
TOKEN_MISSING = Rule(
    "AUTH-203", E, Mark.PUBLIC, "an answer without a usable token", f"{_RFC}, section 5.1: access_token is required."
)
TOKEN_TYPE = Rule(
    "AUTH-204",
    E,
    Mark.PUBLIC,
    "a token of another type",
    f"{_RFC}, section 7.1: a token whose type is not understood must not be used; the framework has Bearer alone.",
)
TOKEN_TYPE_MISSING = Rule(
    "AUTH-205", W, Mark.PUBLIC, "an answer without token_type", f"{_RFC}, section 5.1: token_type is required."
)
TOKEN_FORM = Rule(
    "AUTH-206",
    W,
    Mark.PUBLIC,
    "a token answer that is a form",
    f"{_RFC}, section 5.1 wants JSON; drafts of it had a form, which some providers still send.",
)
LIFETIME_ODD = Rule(
    "AUTH-207", W, Mark.PUBLIC, "an odd expires_in", f"{_RFC}, section 5.1: the lifetime in seconds, a number."
)
NO_REFRESH_TOKEN = Rule(
    "AUTH-208",
    N,
    Mark.PUBLIC,
    "no refresh token",
    f"{_RFC}, section 5.1: it is optional; without it nothing can be renewed.",
)
REFRESH_REFUSED = Rule(
    "AUTH-209",
    E,
    Mark.PUBLIC,
    "the token endpoint refused the refresh token",
    f"{_RFC}, sections 5.2 and 6; after invalid_grant the admin has to connect again.",
)
NOT_CONNECTED = Rule(
    "AUTH-301",
    E,
    Mark.INFERRED,
    "the account is not connected",
    "Without a token the platform sends no request.",
)
STILL_REFUSED = Rule(
    "AUTH-302",
    E,
    Mark.ASSUMED,
    "401 with a token just renewed",
    "After a 401 the platform renews the token and repeats the request, once (profile: oauth_on_401).",
)
REPEATED = Rule(
    "AUTH-303",
    N,
    Mark.ASSUMED,
    "repeated after a 401",
    "After a 401 the platform renews the token and repeats the request, once (profile: oauth_on_401).",
)

CATALOGUE = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule above by its code."""


def known_state(state: str) -> str:
    """``WH-201 ENROUTE``: how a project says that its provider reports such a state, for which there is no event."""
    return f"{UNMATCHED.code} {state}"
