"""HTTP on the standard library: routes, JSON bodies, errors and the headers every answer carries."""

import json
import re
import socketserver
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from urllib.parse import parse_qs

from app import messages
from app.answers import HttpError, error_answer
from app.body import read_body

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Route:
    """A pattern such as "/api/books/:id" and a handler for each method."""

    def __init__(self, pattern, handlers):
        self.expression = re.compile(re.sub(r":(\w+)", r"(?P<\1>[^/]+)", pattern))
        self.handlers = handlers


class AppServer(ThreadingHTTPServer):
    """Answers requests from `routes`; `otherwise` may answer a GET that no route matches."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host, port, routes, otherwise, write_lock):
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self.routes = routes
        self.otherwise = otherwise
        self.write_lock = write_lock
        super().__init__((host, port), Handler)

    def server_bind(self):
        # The base class would look up the host's name, which takes long without a network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        # A client that goes away is no error of the app.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def stop(self):
        self.shutdown()
        self.server_close()
        # A change under way is finished before the process ends.
        with self.write_lock:
            pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def respond(self):
        try:
            answer = self.dispatch()
        except HttpError as error:
            answer = error_answer(error)
        except ConnectionError:
            raise
        except Exception:
            traceback.print_exc()
            answer = error_answer(HttpError(500, messages.INTERNAL))
        self.send_answer(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = respond

    def dispatch(self):
        # The body is read whatever the answer will be: what is left of it would be taken for the next request.
        body = read_body(self)
        path, _, query = self.path.partition("?")
        self.refuse_foreign_writes()
        method = "GET" if self.command == "HEAD" else self.command
        for route in self.server.routes:
            match = route.expression.fullmatch(path)
            if not match:
                continue
            if method not in route.handlers:
                raise method_not_allowed(self.command, route.handlers)
            arguments = match.groupdict()
            if method == "GET":
                arguments["query"] = parse_qs(query, keep_blank_values=True)
            elif method in ("POST", "PUT", "PATCH"):
                arguments["body"] = parse_json(body)
            return route.handlers[method](**arguments)
        answer = self.server.otherwise(path)
        if answer is None:
            raise HttpError(404, messages.NO_ROUTE)
        if method != "GET":
            raise method_not_allowed(self.command, ["GET"])
        return answer

    def refuse_foreign_writes(self):
        """Another site's page must not change records through the browser of someone who can reach this app."""
        if self.command in ("GET", "HEAD"):
            return
        site = self.headers.get("Sec-Fetch-Site")
        origin = self.headers.get("Origin")
        if site:
            foreign = site not in ("same-origin", "none")
        else:
            foreign = origin is not None and re.sub("^https?://", "", origin) != self.headers.get("Host")
        if foreign:
            raise HttpError(403, messages.FOREIGN_ORIGIN)

    def send_answer(self, answer):
        self.send_response(answer.status)
        for name, value in {**SECURITY_HEADERS, **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code, message=None, explain=None):
        """Answers what is no valid HTTP; the base class would answer with an HTML page."""
        self.send_answer(error_answer(HttpError(int(code), message or "", headers={"Connection": "close"})))

    def version_string(self):
        return "app"

    def log_message(self, *_):
        """Requests are not logged."""


def method_not_allowed(method, handlers):
    allowed = [name for method in handlers for name in (("GET", "HEAD") if method == "GET" else (method,))]
    return HttpError(405, messages.method_not_allowed(method), headers={"Allow": ", ".join(allowed)})


def parse_json(body):
    if body is None:
        raise HttpError(413, messages.BODY_TOO_LARGE, headers={"Connection": "close"})
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise HttpError(400, messages.BAD_JSON) from None
    if not isinstance(value, dict):
        raise HttpError(400, messages.NOT_AN_OBJECT)
    return value


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")
