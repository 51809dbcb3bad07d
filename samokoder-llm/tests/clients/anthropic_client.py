"""Asks a server by Anthropic's client, and prints what the client understood, a line of JSON for each case.

    python anthropic_client.py URL CASE...
"""

import json
import sys

import anthropic
from pydantic import BaseModel

REQUEST = {
    "model": "m",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "What is the weather in Oslo?"}],
}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"name": "weather", "input_schema": PARAMETERS}]


class Weather(BaseModel):
    city: str
    degrees: int


def messages(client):
    return whole_message(client.messages.create(**REQUEST, tools=TOOLS))


def messages_stream(client):
    with client.messages.stream(**REQUEST, tools=TOOLS) as stream:
        text = "".join(stream.text_stream)
        answer = whole_message(stream.get_final_message())
    assert text == answer["text"], text
    return answer


def whole_message(message):
    blocks = message.content
    usage = message.usage
    return {
        "text": "".join(block.text for block in blocks if block.type == "text"),
        "thinking": [[block.thinking, block.signature] for block in blocks if block.type == "thinking"],
        "calls": [[block.id, block.name, block.input] for block in blocks if block.type == "tool_use"],
        "stop": message.stop_reason,
        "tokens": [usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens],
    }


def parse(client):
    return client.messages.parse(**REQUEST, output_format=Weather).parsed_output.model_dump()


def models(client):
    return [model.id for model in client.models.list()]


def errors(client):
    """The classes of the errors of requests, one after another, until there is none."""
    return failures(client, lambda client: client.messages.create(**REQUEST))


def stream_errors(client):
    """The classes of the errors of streams, one after another, until there is none."""
    return failures(client, lambda client: list(client.messages.create(**REQUEST, stream=True)))


def failures(client, ask):
    found = []
    client = client.with_options(max_retries=0)
    while True:
        try:
            ask(client)
            return found
        except anthropic.APIStatusError as error:
            found.append([type(error).__name__, error.status_code, error.body["error"]["type"]])


def main():
    url, *cases = sys.argv[1:]
    client = anthropic.Anthropic(api_key="sk-test", base_url=url, max_retries=2)
    for case in cases:
        print(json.dumps(globals()[case](client)))


main()
