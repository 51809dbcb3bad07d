//! samokoder-llm.
