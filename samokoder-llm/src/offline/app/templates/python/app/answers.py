"""What a request is answered with."""

import json
from dataclasses import dataclass, field


class HttpError(Exception):
    """A request that is refused: `fields` has a message for each field that is wrong."""

    def __init__(self, status, message, fields=None, headers=None):
        super().__init__(message)
        self.status = status
        self.fields = fields
        self.headers = headers or {}


@dataclass
class Answer:
    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""


def json_answer(status, value, headers=None):
    # A broken surrogate has no bytes in UTF-8; as an escape it is valid JSON.
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    kind = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status, {**kind, **(headers or {})}, body)


def error_answer(error):
    description = {"message": str(error)}
    if error.fields is not None:
        description["fields"] = error.fields
    return json_answer(error.status, {"error": description}, error.headers)
