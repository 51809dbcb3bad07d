use std::path::Path;

use samokoder_core::{
    digest::Digest,
    id::SignalId,
    store::{Scope, Seq, Signal, StateStore, StoreErrorKind},
};
use samokoder_store::SqliteStore;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    fixture::{batch, branch, bytes, content, record, verified},
    oracle,
};

/// The first 16 bytes of the hash of a row, as form 1 has them: texts with their length before them, numbers as eight bytes.
#[derive(Default)]
struct Checksum(blake3::Hasher);

impl Checksum {
    fn text(mut self, text: &str) -> Self {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    fn number(mut self, number: i64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    fn bytes(self) -> Vec<u8> {
        self.0.finalize().as_bytes()[..16].to_vec()
    }
}

/// A file as the first version of this library has written it: a branch with so many records, and a signal.
async fn form_1(path: &Path, count: u64) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.pragma("journal_mode", "WAL").connect().await.unwrap();
    sqlx::raw_sql(include_str!("../../../src/sqlite/migrations/1.sql"))
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::raw_sql("PRAGMA application_id = 1936550756; PRAGMA user_version = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    let head = i64::try_from(count).unwrap();
    let (scope, project, id) = ("local", branch().project.to_string(), branch().id.to_string());
    let checksum =
        Checksum::default().text("branch").text(scope).text(&project).text(&id).number(3).number(head);
    sqlx::query("INSERT INTO branch VALUES (1, $1, $2, $3, 3, $4, $5)")
        .bind(scope)
        .bind(project)
        .bind(id)
        .bind(head)
        .bind(checksum.bytes())
        .execute(&mut connection)
        .await
        .unwrap();
    for n in 1..=count {
        insert(&mut connection, n).await;
    }
    let (id, body) = (signal().to_string(), Signal::Cancel.encode().unwrap());
    let checksum = Checksum::default().text("signal").number(1).text(&id).number(7).text(&body).number(-1);
    sqlx::query("INSERT INTO signal VALUES (1, 1, $1, 7, $2, NULL, $3)")
        .bind(id)
        .bind(body)
        .bind(checksum.bytes())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

async fn insert(connection: &mut SqliteConnection, n: u64) {
    let (seq, body) = (i64::try_from(n).unwrap(), record(n).encode().unwrap());
    let checksum =
        Checksum::default().text("record").number(1).number(seq).number(3).number(1000 + seq).text(&body);
    sqlx::query(
        "INSERT INTO record (branch, seq, epoch, at_ms, body, checksum) VALUES (1, $1, 3, $2, $3, $4)",
    )
    .bind(seq)
    .bind(1000 + seq)
    .bind(body)
    .bind(checksum.bytes())
    .execute(&mut *connection)
    .await
    .unwrap();
    sqlx::query("INSERT INTO blob VALUES ('local', $1, $2)")
        .bind(&Digest::of(&content(n)).as_bytes()[..])
        .bind(&content(n)[..])
        .execute(connection)
        .await
        .unwrap();
}

fn signal() -> SignalId {
    SignalId::derive(["signal"])
}

#[tokio::test]
async fn a_file_of_form_1_is_carried_over_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for count in [0, 1, 1200] {
        let path = folder.path().join(format!("{count}.db"));
        form_1(&path, count).await;
        for _ in 0..2 {
            let store = SqliteStore::open_existing(&path).await.unwrap();
            assert_eq!(verified(&store).await.unwrap(), Seq(count));
            assert_eq!(store.signals(&branch()).await.unwrap(), [(signal(), Signal::Cancel)]);
            oracle::agrees(&store, &Scope::default()).await.unwrap();
            store.close().await.unwrap();
        }
        let store = SqliteStore::open_existing(&path).await.unwrap();
        assert_eq!(store.project(&branch()).await.unwrap().files.len() as u64, count);
        let lease = store.acquire(&branch()).await.unwrap();
        assert_eq!(lease.epoch(), 4);
        store.append(&lease, Seq(count), batch(Seq(count), 2)).await.unwrap();
        assert_eq!(verified(&store).await.unwrap(), Seq(count + 2));
        oracle::agrees(&store, &Scope::default()).await.unwrap();
    }
}

#[tokio::test]
async fn a_damaged_file_of_form_1_is_reported_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for (nth, sql) in [
        "UPDATE record SET body = replace(body, 'файл 7', 'файл 8') WHERE seq = 7",
        "UPDATE record SET at_ms = 5 WHERE seq = 3",
        "DELETE FROM record WHERE seq = 5",
        "UPDATE branch SET head = 9",
        "UPDATE branch SET epoch = 9",
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{nth}.db"));
        form_1(&path, 10).await;
        let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let before = bytes(&path);
        let error = SqliteStore::open_existing(&path).await.expect_err(sql);
        assert_eq!(error.kind, StoreErrorKind::Damaged, "{sql}: {error}");
        assert_eq!(bytes(&path).0, before.0, "{sql}");
    }
}
