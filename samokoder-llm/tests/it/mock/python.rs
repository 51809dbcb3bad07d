//! The official clients of OpenAI and Anthropic against the server.
