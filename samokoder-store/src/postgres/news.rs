//! News: who waits for which, and how they come from other processes.
//!
//! They are hints. Whoever waits looks now and then without one, and who is told looks before believing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use samokoder_core::id::BranchId;
use sqlx::{
    AssertSqlSafe, PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{sync::Notify, task::JoinHandle};

use super::connection::Connections;

const CHANNEL: &str = "samokoder";

/// After a listener could not connect.
const PAUSE: Duration = Duration::from_secs(1);

/// What there may be news of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// The log of a branch.
    Records(BranchId),
    /// What is posted to a branch.
    Signals(BranchId),
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records(branch) => write!(f, "records {branch}"),
            Self::Signals(branch) => write!(f, "signals {branch}"),
        }
    }
}

impl FromStr for Topic {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, branch) = text.split_once(' ').ok_or(())?;
        let branch = branch.parse().map_err(drop)?;
        match kind {
            "records" => Ok(Self::Records(branch)),
            "signals" => Ok(Self::Signals(branch)),
            _ => Err(()),
        }
    }
}

/// The news of one store.
#[derive(Debug)]
pub(super) struct News {
    connections: Arc<Connections>,
    waiting: Mutex<BTreeMap<Topic, (usize, Arc<Notify>)>>,
    outbox: Mutex<Outbox>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// What other processes are to be told.
#[derive(Debug, Default)]
struct Outbox {
    topics: BTreeSet<Topic>,
    sending: Option<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl News {
    /// News that are sent over these connections.
    pub(super) fn new(connections: Arc<Connections>) -> Self {
        Self { connections, waiting: Mutex::default(), outbox: Mutex::default(), listening: Mutex::default() }
    }

    /// Tells all who wait for it, here and in other processes.
    pub(super) fn publish(self: &Arc<Self>, topic: Topic) {
        self.wake(topic);
        let mut outbox = lock(&self.outbox);
        outbox.topics.insert(topic);
        if outbox.sending.as_ref().is_none_or(JoinHandle::is_finished) {
            outbox.sending = Some(spawn(send(Arc::clone(self))));
        }
    }

    fn wake(&self, topic: Topic) {
        if let Some((_, notify)) = lock(&self.waiting).get(&topic) {
            notify.notify_waiters();
        }
    }

    fn wake_all(&self) {
        lock(&self.waiting).values().for_each(|(_, notify)| notify.notify_waiters());
    }

    /// Begins to wait for news, also those from other processes.
    pub(super) fn subscribe(self: &Arc<Self>, topic: Topic) -> Subscription {
        let mut listening = lock(&self.listening);
        if listening.as_ref().is_none_or(JoinHandle::is_finished) {
            // One that is not of the pool: it is never given back, and others need theirs.
            let options = self.connections.pool().connect_options();
            let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with((*options).clone());
            *listening = Some(spawn(listen(Arc::downgrade(self), pool)));
        }
        drop(listening);
        let mut waiting = lock(&self.waiting);
        let (count, notify) = waiting.entry(topic).or_default();
        *count += 1;
        Subscription { topic, notify: Arc::clone(notify), news: Arc::clone(self) }
    }

    /// Waits until everything is sent, and listens no longer.
    pub(super) async fn close(&self) {
        let sending = lock(&self.outbox).sending.take();
        let listening = lock(&self.listening).take();
        if let Some(listening) = listening {
            listening.abort();
        }
        if let Some(sending) = sending {
            let _ = sending.await;
        }
    }
}

impl Drop for News {
    fn drop(&mut self) {
        if let Some(listening) = lock(&self.listening).take() {
            listening.abort();
        }
    }
}

/// Someone who waits.
#[derive(Debug)]
pub(super) struct Subscription {
    topic: Topic,
    notify: Arc<Notify>,
    news: Arc<News>,
}

impl Subscription {
    /// What is signalled when there may be news.
    pub(super) fn news(&self) -> &Notify {
        &self.notify
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut waiting = lock(&self.news.waiting);
        if let Some((count, _)) = waiting.get_mut(&self.topic) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.topic);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it sends what there is and ends, or ends with the store")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(task)
}

/// Sends what is in the outbox until there is nothing more: what comes together is sent together.
///
/// Not in the transactions that the news are about: PostgreSQL lets those that notify commit only one after the other.
async fn send(news: Arc<News>) {
    loop {
        let topics = {
            let mut outbox = lock(&news.outbox);
            if outbox.topics.is_empty() {
                outbox.sending = None;
                return;
            }
            std::mem::take(&mut outbox.topics)
        };
        let notes: Vec<_> = topics.iter().map(|topic| format!("NOTIFY {CHANNEL}, '{topic}'")).collect();
        // Hints need not be on the disk.
        let sql = format!("BEGIN; SET LOCAL synchronous_commit = off; {}; COMMIT", notes.join("; "));
        let sent = news.connections.run_here("notify", &sql, |connection, sql| {
            Box::pin(async move {
                sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await?;
                Ok(())
            })
        });
        // A hint that gets lost only makes someone late.
        let _ = sent.await;
    }
}

/// Passes on what other processes tell, as long as there is someone to tell it.
async fn listen(news: Weak<News>, pool: PgPool) {
    while news.strong_count() > 0 {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            pass_on(&news, &mut listener).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Until it fails.
async fn pass_on(news: &Weak<News>, listener: &mut PgListener) {
    // What was told before it listened.
    let mut is_missed = true;
    loop {
        let Some(here) = news.upgrade() else { return };
        if is_missed {
            here.wake_all();
        }
        drop(here);
        let Ok(told) = listener.try_recv().await else { return };
        is_missed = told.is_none();
        if let (Some(told), Some(here)) = (told, news.upgrade())
            && let Ok(topic) = told.payload().parse()
        {
            here.wake(topic);
        }
    }
}
