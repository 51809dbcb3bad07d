"""A model of llama.cpp's format whose weights are random: it says nonsense, but through a real engine.

The file is written by hand (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), 260 tokens of vocabulary, one
layer, about half a megabyte. Nothing is downloaded.
"""

import random
import struct
from array import array
from pathlib import Path

EMBEDDING, HEADS, FEED_FORWARD, CONTEXT = 64, 4, 128, 4096
ALIGNMENT = 32

# What follows a token is drawn from printable ASCII. To reach that, one dimension of every embedding is a constant that
# no layer touches, and the output weights of all other tokens are low there.
CONSTANT, UNLIKELY, END, CALL = 20.0, -20.0, 0.2, 0.15

# The engine reads from it how tools are called, and holds an answer to that form where one is required.
TEMPLATE = """\
{%- if tools %}<|system|>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}{% endif %}
{%- for message in messages %}
{%- if message.role == "tool" %}<|user|>
<tool_response>
{{ message.content }}
</tool_response>
{% else %}<|{{ message.role }}|>
{{ message.content }}
{%- for call in message.tool_calls or [] %}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>
{%- endfor %}
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|assistant|>
{% endif %}"""

# The types of values, and of tokens: unknown, control, byte.
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5
UNKNOWN, CONTROL, USER_DEFINED, BYTE = 2, 3, 4, 6


def vocabulary():
    """Texts and types of the tokens: three special ones, each byte, and the one that a call of a tool begins with."""
    tokens = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
    tokens += [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
    return tokens + [("<tool_call>", USER_DEFINED)]


def likelihood(token):
    """How likely a token is, whatever went before: the bytes of printable ASCII, rarely an end or a call."""
    if token in (2, 259):
        return END if token == 2 else CALL
    return 0.0 if 0x20 <= token - 3 < 0x7F else UNLIKELY


def tensors(generator):
    """Names, shapes (columns first) and values of the weights."""
    tokens = vocabulary()

    def matrix(columns, rows, scale=0.2):
        return [generator.gauss(0, scale) for _ in range(columns * rows)]

    def without_constant(columns):
        return [0.0] * columns + matrix(columns, EMBEDDING - 1)

    embedding, output = matrix(EMBEDDING, len(tokens)), matrix(EMBEDDING, len(tokens), 0.05)
    for token in range(len(tokens)):
        embedding[token * EMBEDDING] = CONSTANT
        output[token * EMBEDDING] = likelihood(token)
    ones = [1.0] * EMBEDDING
    square = (EMBEDDING, EMBEDDING)
    return [
        ("token_embd.weight", (EMBEDDING, len(tokens)), embedding),
        ("output.weight", (EMBEDDING, len(tokens)), output),
        ("output_norm.weight", (EMBEDDING,), ones),
        ("blk.0.attn_norm.weight", (EMBEDDING,), ones),
        ("blk.0.ffn_norm.weight", (EMBEDDING,), ones),
        ("blk.0.attn_q.weight", square, matrix(*square)),
        ("blk.0.attn_k.weight", square, matrix(*square)),
        ("blk.0.attn_v.weight", square, matrix(*square)),
        ("blk.0.attn_output.weight", square, without_constant(EMBEDDING)),
        ("blk.0.ffn_gate.weight", (EMBEDDING, FEED_FORWARD), matrix(EMBEDDING, FEED_FORWARD)),
        ("blk.0.ffn_up.weight", (EMBEDDING, FEED_FORWARD), matrix(EMBEDDING, FEED_FORWARD)),
        ("blk.0.ffn_down.weight", (FEED_FORWARD, EMBEDDING), without_constant(FEED_FORWARD)),
    ]


def metadata():
    """Keys, types and values. An array's type is a pair."""
    tokens = vocabulary()
    return [
        ("general.architecture", STRING, "llama"),
        ("general.name", STRING, "tiny"),
        ("llama.context_length", UINT32, CONTEXT),
        ("llama.embedding_length", UINT32, EMBEDDING),
        ("llama.block_count", UINT32, 1),
        ("llama.feed_forward_length", UINT32, FEED_FORWARD),
        ("llama.attention.head_count", UINT32, HEADS),
        ("llama.attention.head_count_kv", UINT32, HEADS),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        ("llama.rope.dimension_count", UINT32, EMBEDDING // HEADS),
        ("tokenizer.ggml.model", STRING, "llama"),
        ("tokenizer.ggml.tokens", (ARRAY, STRING), [text for text, _ in tokens]),
        ("tokenizer.ggml.scores", (ARRAY, FLOAT32), [0.0] * len(tokens)),
        ("tokenizer.ggml.token_type", (ARRAY, INT32), [kind for _, kind in tokens]),
        ("tokenizer.ggml.unknown_token_id", UINT32, 0),
        ("tokenizer.ggml.bos_token_id", UINT32, 1),
        ("tokenizer.ggml.eos_token_id", UINT32, 2),
        ("tokenizer.ggml.add_space_prefix", BOOL, False),
        ("tokenizer.chat_template", STRING, TEMPLATE),
    ]


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def value(kind, content):
    if isinstance(kind, tuple):
        _, inner = kind
        return struct.pack("<IQ", inner, len(content)) + b"".join(value(inner, item) for item in content)
    if kind == STRING:
        return string(content)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], content)


def padded(data):
    return data + b"\0" * (-len(data) % ALIGNMENT)


def write(path, seed=1):
    """Writes the model. The same seed makes the same file."""
    weights, pairs = tensors(random.Random(seed)), metadata()
    head = b"GGUF" + struct.pack("<IQQ", 3, len(weights), len(pairs))
    for key, kind, content in pairs:
        number = kind[0] if isinstance(kind, tuple) else kind
        head += string(key) + struct.pack("<I", number) + value(kind, content)
    body = b""
    for name, shape, values in weights:
        dimensions = struct.pack(f"<{len(shape)}Q", *shape)
        # 0 is the type of 32-bit floats.
        head += string(name) + struct.pack("<I", len(shape)) + dimensions + struct.pack("<IQ", 0, len(body))
        body += padded(array("f", values).tobytes())
    Path(path).write_bytes(padded(head) + body)
