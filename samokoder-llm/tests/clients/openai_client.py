"""Asks a server by OpenAI's client, and prints what the client understood, a line of JSON for each case.

    python openai_client.py URL CASE...
"""

import json
import sys

import openai
from pydantic import BaseModel

QUESTION = [{"role": "user", "content": "What is the weather in Oslo?"}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
CHAT_TOOLS = [{"type": "function", "function": {"name": "weather", "strict": True, "parameters": PARAMETERS}}]
RESPONSE_TOOLS = [{"type": "function", "name": "weather", "strict": True, "parameters": PARAMETERS}]


class Weather(BaseModel):
    city: str
    degrees: int


def chat(client):
    answer = client.chat.completions.create(model="m", messages=QUESTION)
    choice = answer.choices[0]
    return {"text": choice.message.content, "finish": choice.finish_reason, "tokens": answer.usage.total_tokens}


def chat_stream(client):
    text, finish, tokens = "", None, None
    options = {"include_usage": True}
    for chunk in client.chat.completions.create(model="m", messages=QUESTION, stream=True, stream_options=options):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
        tokens = chunk.usage.total_tokens if chunk.usage else tokens
    return {"text": text, "finish": finish, "tokens": tokens}


def chat_tools(client):
    with client.chat.completions.stream(model="m", messages=QUESTION, tools=CHAT_TOOLS) as stream:
        for _ in stream:
            pass
        choice = stream.get_final_completion().choices[0]
    calls = [[call.id, call.function.name, call.function.arguments] for call in choice.message.tool_calls]
    return {"calls": calls, "finish": choice.finish_reason}


def chat_parse(client):
    answer = client.chat.completions.parse(model="m", messages=QUESTION, response_format=Weather)
    return answer.choices[0].message.parsed.model_dump()


def responses(client):
    answer = client.responses.create(model="m", input=QUESTION, tools=RESPONSE_TOOLS)
    return whole_response(answer)


def responses_stream(client):
    kinds, text = [], ""
    with client.responses.stream(model="m", input=QUESTION, tools=RESPONSE_TOOLS) as stream:
        for event in stream:
            kinds.append(event.type)
            text += event.delta if event.type == "response.output_text.delta" else ""
        answer = whole_response(stream.get_final_response())
    assert text == answer["text"], text
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
    return answer


def whole_response(answer):
    reasoning = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
    calls = [[item.call_id, item.name, item.arguments] for item in answer.output if item.type == "function_call"]
    tokens = answer.usage.total_tokens
    return {
        "text": answer.output_text, "reasoning": reasoning, "calls": calls, "status": answer.status, "tokens": tokens,
    }


def responses_parse(client):
    return client.responses.parse(model="m", input=QUESTION, text_format=Weather).output_parsed.model_dump()


def models(client):
    return [model.id for model in client.models.list()]


def errors(client):
    """The classes of the errors of requests, one after another, until there is none."""
    found = []
    client = client.with_options(max_retries=0)
    while True:
        try:
            client.chat.completions.create(model="m", messages=QUESTION)
            return found
        except openai.APIStatusError as error:
            found.append([type(error).__name__, error.status_code, error.code])


def stream_errors(client):
    """The classes of the errors of streams, one after another, until there is none."""
    found = []
    client = client.with_options(max_retries=0)
    while True:
        try:
            list(client.chat.completions.create(model="m", messages=QUESTION, stream=True))
            return found
        except openai.APIError as error:
            found.append([type(error).__name__, error.code])
        except json.JSONDecodeError as error:
            found.append([type(error).__name__, None])


def main():
    url, *cases = sys.argv[1:]
    client = openai.OpenAI(api_key="sk-test", base_url=f"{url}/v1", max_retries=2)
    for case in cases:
        print(json.dumps(globals()[case](client)))


main()
