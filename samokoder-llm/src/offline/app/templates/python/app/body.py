"""Reads the body of a request, of known length or in chunks."""

from app import messages
from app.answers import HttpError

BODY_LIMIT = 1024 * 1024
# What exceeds the limit is read and thrown away up to here, so that the client gets to see its 413.
DISCARD_LIMIT = 16 * BODY_LIMIT
CHUNK = 64 * 1024


def read_body(request):
    """The body, or None when it is larger than the limit."""
    encoding = request.headers.get("Transfer-Encoding", "")
    length = request.headers.get("Content-Length", "")
    if encoding:
        # Two ways to tell where a body ends could be read as two different requests.
        if length or encoding.lower() != "chunked":
            raise malformed(request)
        parts = chunked_parts(request)
    else:
        if length and not (length.isascii() and length.isdigit()):
            raise malformed(request)
        parts = sized_parts(request, int(length or 0))
    return join(request, parts)


def join(request, parts):
    body = bytearray()
    size = 0
    for part in parts:
        size += len(part)
        if size <= BODY_LIMIT:
            body += part
        if size > DISCARD_LIMIT:
            break
    if size > BODY_LIMIT:
        request.close_connection = True
        return None
    return bytes(body)


def sized_parts(request, left):
    while left > 0:
        part = request.rfile.read(min(left, CHUNK))
        if not part:
            raise malformed(request)
        left -= len(part)
        yield part


def chunked_parts(request):
    while True:
        try:
            size = int(request.rfile.readline(1000).split(b";")[0].strip() or b"-1", 16)
        except ValueError:
            size = -1
        if size < 0:
            raise malformed(request)
        if size == 0:
            break
        yield from sized_parts(request, size)
        request.rfile.readline(1000)
    while request.rfile.readline(1000).strip():
        pass


def malformed(request):
    request.close_connection = True
    return HttpError(400, messages.BAD_BODY, headers={"Connection": "close"})
