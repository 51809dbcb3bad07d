//! Keys: whose is used, and what is said of one that is missing.

use samokoder_core::llm::{CallContext, LlmErrorKind, Payer};
use samokoder_llm::credentials::{Credentials as _, Keys, variables};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn ones_own_key_is_preferred_and_the_platforms_fills_in() {
    let keys = Keys::new().platform("openai", "platform").platform("groq", "platform").own("openai", "own");
    for (provider, key, payer) in [("openai", "own", Payer::Own), ("groq", "platform", Payer::Platform)] {
        let credential = keys.resolve(provider, &CallContext::default()).await.unwrap();
        assert_eq!(credential.key.unwrap().expose_secret(), key);
        assert_eq!(credential.payer, payer);
    }
}

#[tokio::test]
async fn a_missing_key_is_named_with_how_to_set_it() {
    let error = Keys::new().resolve("gemini", &CallContext::default()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Authentication);
    assert_eq!(
        error.message,
        "there is no key for gemini: give one with `Keys::own`, or set GEMINI_API_KEY or GOOGLE_API_KEY where the program \
         reads the environment"
    );
    assert_eq!(variables("a-server-of-ones-own"), [] as [&str; 0]);
}

#[tokio::test]
async fn a_server_without_keys_needs_none() {
    let keys = Keys::new().keyless("ollama");
    assert!(keys.resolve("ollama", &CallContext::default()).await.unwrap().key.is_none());
}

#[test]
fn keys_are_not_shown() {
    let keys = Keys::new().own("openai", "sk-visible").platform("groq", "gsk-visible");
    assert!(!format!("{keys:?}").contains("visible"));
}
