//! Bytes in both directions.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Carries bytes from one side to the other until it ends or `most` went through, and counts them.
pub(super) async fn carry(
    from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWrite + Unpin),
    most: u64,
    count: &AtomicU64,
) -> io::Result<()> {
    let mut from = from.take(most);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..length]).await?;
        count.fetch_add(length as u64, Ordering::Relaxed);
    }
}

/// Returns when nothing was counted for as long as this.
pub(super) async fn idle(counts: [&AtomicU64; 2], allowed: Duration) {
    let sum = || counts.iter().map(|count| count.load(Ordering::Relaxed)).sum::<u64>();
    loop {
        let before = sum();
        tokio::time::sleep(allowed).await;
        if sum() == before {
            return;
        }
    }
}
