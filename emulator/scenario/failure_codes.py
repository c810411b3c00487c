"""What the codes of failures mean: for ``lint --explain`` and for the page of findings."""

from __future__ import annotations

from types import MappingProxyType

EVENT_FAILURES = MappingProxyType(
    {
        "01": "it never came",
        "02": "it came, but a key is wrong or missing",
        "03": "it came, but a value is wrong",
        "04": "it came with another message id",
        "05": "it was posted to a URL that no account has",
        "06": "something came, but as another kind of event",
        "07": "it came late",
        "08": "it came again",
        "09": "a webhook came that could not be read",
        "10": "it came although it should not",
        "11": "it can never be matched: the answer to the message named no id",
        "12": "it came too early, inside `in_order`",
        "13": "it came, a `sink` step had it refused, and it was not posted again",
    }
)
"""An event that was expected and did not come, or came and was not: what stands behind ``WH-MESSAGE-`` and its like."""
EVENTS = MappingProxyType({"MESSAGE": "message", "MMS": "mms", "DELIVERED": "messageDelivered"})
"""The events, by what stands for them in a code."""

OTHER_FAILURES = MappingProxyType(
    {
        "CHK-01": "a `check` does not hold",
        "CHK-02": "a `fail_if` holds",
        "CMD-01": "a command ended with another exit code than 0",
        "CMD-02": "a command took too long, and was killed",
        "CMD-03": "a command cannot be started",
        "FETCH-01": "a file that was sent was never fetched, or not again",
        "FETCH-02": "another address was fetched than the file's",
        "FETCH-03": "a file was fetched only partly",
        "FETCH-04": "of a file only the headers were asked for, by HEAD",
        "FETCH-05": "a file was fetched after its link had expired",
        "FETCH-06": "a file was fetched although it should not be",
        "FETCH-07": "a file was fetched late",
        "FETCH-08": "a file was fetched otherwise than expected",
        "FETCH-09": "a file was fetched too early",
        "FETCH-10": "a file was not fetched as often as expected",
        "FETCH-11": "the file that is to be fetched lies elsewhere, or none was sent",
        "FETCH-12": "a file was refused on purpose, and not fetched again",
        "TAMPER-01": "a request whose authorization was spoilt on purpose was not answered 401 or 403",
        "TAMPER-02": "a request that was spoilt on purpose was not answered as it should be",
        "SCN-304": "a webhook cannot be checked: the journal is full, and no longer has it",
        "SCN-501": "the scenario checked nothing",
        "SCN-502": "events came that no step expected",
        "SCN-503": "the same event came twice",
        "SCN-504": "a placeholder has no value",
        "SCN-505": "a placeholder holds a value that cannot be used there",
        "SCN-506": "the step cannot be done",
        "SCN-507": "the run was stopped before the scenario ended",
        "SCN-508": "the scenario's own `check` does not hold",
        "SCN-509": "a scenario passed that is expected to fail",
        "SCN-510": "a failure that was expected until a day is past that day",
        "SCN-511": "something was found that the project's `fail_on`, or `--fail-on`, says fails a run",
    }
)


def failures() -> dict[str, str]:
    """What each code means."""
    events = {
        f"WH-{short}-{number}": f"{name} was expected: {why}" if number != "10" else f"{name}: {why}"
        for short, name in EVENTS.items()
        for number, why in EVENT_FAILURES.items()
    }
    return {**events, **OTHER_FAILURES}
