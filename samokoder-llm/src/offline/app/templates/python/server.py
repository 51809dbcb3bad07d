"""Starts the app. HOST, PORT and DATA_DIR change where it listens and where it keeps its records."""

import os
import signal
import sys
import threading

from app.application import create_server
from app.store import DamagedFile


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = read_port(os.environ.get("PORT") or "3000")
    try:
        server = create_server(os.environ.get("DATA_DIR") or "data", host, port)
    except DamagedFile as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"The app cannot start on port {port}: {error.strerror or error}.")

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shown_host = f"[{host}]" if ":" in host else host
    # One write, so that whoever waits for the line gets all of it at once.
    sys.stdout.write(f"Listening on http://{shown_host}:{server.server_port}\n")
    sys.stdout.flush()

    stopping.wait()
    server.stop()


def read_port(text):
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        sys.exit(f'PORT must be a number from 0 to 65535, not "{text}".')
    return int(text)


if __name__ == "__main__":
    main()
