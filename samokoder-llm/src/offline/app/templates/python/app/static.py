"""The files of the web page."""

import re

from app.answers import Answer

TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

# The folder is flat, and a name without a slash or a leading dot cannot leave it.
FILE = re.compile(r"/([a-z][a-z0-9-]*\.([a-z]+))")


def static_file(folder, path):
    """The file of the web page at a path, or None when there is none."""
    match = FILE.fullmatch("/index.html" if path == "/" else path)
    if not match or match[2] not in TYPES:
        return None
    try:
        body = (folder / match[1]).read_bytes()
    except FileNotFoundError:
        return None
    return Answer(200, {"Content-Type": TYPES[match[2]], "Cache-Control": "no-cache"}, body)
