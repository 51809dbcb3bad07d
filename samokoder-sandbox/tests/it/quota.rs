//! How many sessions may be open.

use std::sync::Arc;

use samokoder_core::sandbox::{Sandbox as _, SandboxErrorKind, SessionSpec};
use samokoder_sandbox::Quota;

use crate::support;

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_counted_by_tenant_and_in_all() {
    let quota = Quota::new(Arc::new(support::bare_sandbox()), 2, 3);
    let open = |tenant: &str, owner: &str| quota.open(SessionSpec::new(owner).tenant(tenant));
    let first = open("a", "1").await.unwrap();
    let second = open("a", "2").await.unwrap();
    // The same session again is no other one.
    let again = open("a", "1").await.unwrap();
    assert_eq!(first.id(), again.id());
    let refused = open("a", "3").await.unwrap_err();
    assert_eq!(refused.kind, SandboxErrorKind::QuotaExceeded);
    assert!(refused.message.contains("tenant \"a\"") && refused.message.contains("may have 2"), "{refused}");
    let _other = open("b", "1").await.unwrap();
    let refused = open("c", "1").await.unwrap_err();
    assert_eq!(refused.kind, SandboxErrorKind::QuotaExceeded);
    assert!(refused.message.contains("3 sessions are open"), "{refused}");
    // A session is free with its last handle, or when it is closed.
    drop(first);
    assert_eq!(open("a", "3").await.unwrap_err().kind, SandboxErrorKind::QuotaExceeded);
    drop(again);
    second.close().await.unwrap();
    let (_third, _fourth) = (open("a", "3").await.unwrap(), open("a", "4").await.unwrap());
    assert_eq!(open("a", "5").await.unwrap_err().kind, SandboxErrorKind::QuotaExceeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_could_not_be_opened_takes_no_place() {
    let quota = Quota::new(Arc::new(support::bare_sandbox()), 1, 1);
    let impossible = SessionSpec::new("1").limits(support::limits(|limits| limits.memory = 1));
    for _ in 0..3 {
        assert_eq!(quota.open(impossible.clone()).await.unwrap_err().kind, SandboxErrorKind::InvalidRequest);
    }
    let session = quota.open(SessionSpec::new("2")).await.unwrap();
    let adopted = quota.adopt(session.id()).await.unwrap();
    assert_eq!(adopted.id(), session.id());
}
