use std::{
    io,
    path::Path,
    str::FromStr as _,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    project::Change,
    store::{Author, Batch, Commit, Record, Seq, StateStore},
};
use samokoder_store::PostgresStore;
use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixListener, UnixStream},
    task::JoinSet,
};

use super::fixture::{Database, leased};

/// What was sent to the server and waited for.
#[derive(Debug, Default, Clone, Copy)]
struct Trips {
    statements: u32,
    /// Hints to other processes.
    news: u32,
    /// Whether the server still answers.
    pings: u32,
}

/// Passes everything on between clients and the server, and counts how often a client had to wait.
async fn stand_between(database: Database, clients: UnixListener, trips: Arc<Mutex<Trips>>) {
    let server = PgConnectOptions::from_str(&database.0).unwrap();
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = clients.accept().await {
        let trips = Arc::clone(&trips);
        if let Some(folder) = server.get_socket() {
            let socket = UnixStream::connect(folder.join(format!(".s.PGSQL.{}", server.get_port()))).await;
            connections.spawn(pass(client, tokio::io::split(socket.unwrap()), trips));
        } else {
            let stream = TcpStream::connect((server.get_host(), server.get_port())).await;
            connections.spawn(pass(client, tokio::io::split(stream.unwrap()), trips));
        }
    }
}

async fn pass<R, W>(client: UnixStream, (mut answers, mut questions): (R, W), trips: Arc<Mutex<Trips>>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (mut from, mut to) = client.into_split();
    // Either ends when its side is closed.
    let _ = tokio::join!(
        async {
            let copied = tokio::io::copy(&mut from, &mut questions).await;
            questions.shutdown().await.and(copied)
        },
        count(&mut answers, &mut to, &trips),
    );
}

/// Counts answers by what the server says before it is ready for the next question.
async fn count(
    answers: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    trips: &Mutex<Trips>,
) -> io::Result<()> {
    let (mut is_statement, mut is_news) = (false, false);
    loop {
        let mut head = [0; 5];
        answers.read_exact(&mut head).await?;
        let size = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut body = vec![0; size as usize - 4];
        answers.read_exact(&mut body).await?;
        match head[0] {
            b'C' if body.starts_with(b"NOTIFY") => is_news = true,
            b'Z' => {
                let mut trips = trips.lock().unwrap();
                match (is_news, is_statement) {
                    (true, _) => trips.news += 1,
                    (false, true) => trips.statements += 1,
                    (false, false) => trips.pings += 1,
                }
                (is_statement, is_news) = (false, false);
            }
            // Anything else that is said, but what every connection begins with.
            b'C' | b'E' | b'1' | b'T' => is_statement = true,
            _ => {}
        }
        to.write_all(&head).await?;
        to.write_all(&body).await?;
    }
}

/// A changed file in a project of a few.
fn commit(n: u64) -> Batch {
    let content = Bytes::from(format!("export const n = {n};\n").repeat(200));
    let change = Change::FileWritten {
        path: format!("src/{}.mjs", n % 3).parse().unwrap(),
        content: Digest::of(&content),
        size: content.len() as u64,
        replaces: None,
        finishes: None,
    };
    let record = Record::Commit(Commit { author: Author::Person, changes: vec![change] });
    Batch { records: vec![record], blobs: vec![content], ..Batch::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_one_round_trip_on_postgres() {
    const WARM_UP: u64 = 10;
    const COMMITS: u64 = 50;
    let Some(database) = Database::new().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let clients = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
    let trips = Arc::new(Mutex::new(Trips::default()));
    let _between = JoinSet::from_iter([stand_between(database.clone(), clients, Arc::clone(&trips))]);
    let store = PostgresStore::open(&through(&database, folder.path())).await.unwrap();
    let (_, lease) = leased(&store).await;
    // Statements are prepared when they are used first.
    for n in 0..WARM_UP {
        store.append(&lease, Seq(n), commit(n)).await.unwrap();
    }
    let before = *trips.lock().unwrap();
    for n in WARM_UP..WARM_UP + COMMITS {
        store.append(&lease, Seq(n), commit(n)).await.unwrap();
    }
    let after = *trips.lock().unwrap();
    let statements = u64::from(after.statements - before.statements);
    // Connections are used in turns, and each prepares for itself.
    assert!((COMMITS..COMMITS + 5).contains(&statements), "{before:?}, then {after:?}");
    // Each connection is asked once when it is given back.
    let (pings, news) = (after.pings - before.pings, after.news - before.news);
    assert!(u64::from(pings) <= COMMITS + u64::from(news) + 5, "{before:?}, then {after:?}");
    assert!(u64::from(news) <= COMMITS + 1, "{before:?}, then {after:?}");
}

/// The database's URL, by way of a socket in this folder.
fn through(database: &Database, folder: &Path) -> String {
    let (address, _) = database.0.split_once('?').unwrap_or((&database.0, ""));
    format!("{address}?host={}&port=5432&sslmode=disable", folder.display())
}
