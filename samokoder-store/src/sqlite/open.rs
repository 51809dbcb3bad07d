//! Opening a file: nothing is changed before it is known to be a store in good order.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use samokoder_core::store::{StoreError, StoreErrorKind};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::{
    branch,
    connection::{inspecting, recovering, writing},
    error::{Failure, damaged},
    schema::{self, Form},
};

/// The smallest page that SQLite has, and so its smallest file.
const SMALLEST: u64 = 512;

/// A larger file is not read as a whole when it is opened: 16 MiB take about 30 ms.
const CHECKED_WHOLE: u64 = 16 << 20;

/// Opens the store at `path`, or makes one there.
pub(super) async fn open_or_create(path: &Path) -> Result<(PathBuf, SqliteConnection), StoreError> {
    let file = prepare(path).map_err(|error| {
        let message = format!("{} can't be made: {error}; name a folder that may be written", path.display());
        StoreError::new(StoreErrorKind::Unavailable, "open", message).caused_by(error)
    })?;
    open(file).await
}

/// Opens the store at `path`, which must be there.
pub(super) async fn open_existing(path: &Path) -> Result<(PathBuf, SqliteConnection), StoreError> {
    let file = fs::canonicalize(path).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => StoreErrorKind::NotFound,
            _ => StoreErrorKind::Unavailable,
        };
        let message = format!("{} can't be opened: {error}; check the path", path.display());
        StoreError::new(kind, "open", message).caused_by(error)
    })?;
    if size(&file) == 0 {
        let message = format!("{} is empty; restore it from a copy, or start anew", file.display());
        return Err(StoreError::new(StoreErrorKind::Damaged, "open", message));
    }
    open(file).await
}

/// Makes the folder and finds the one name of the file: locks go by it.
fn prepare(path: &Path) -> io::Result<PathBuf> {
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let file = fs::canonicalize(folder)?.join(name);
    if file.exists() { fs::canonicalize(file) } else { Ok(file) }
}

async fn open(file: PathBuf) -> Result<(PathBuf, SqliteConnection), StoreError> {
    match connect(&file).await {
        Ok(connection) => Ok((file, connection)),
        Err(failure) => Err(failure.explain("open", &file)),
    }
}

async fn connect(file: &Path) -> Result<SqliteConnection, Failure> {
    if file.is_dir() {
        let message = format!("{} is a folder; name a file", file.display());
        return Err(StoreError::new(StoreErrorKind::Unavailable, "open", message).into());
    }
    let size_of_file = size(file);
    if size_of_file == 0 {
        // SQLite would throw the log away.
        if size(&log_of(file)) > 0 {
            return Err(damaged("open", "it is empty but its log is not"));
        }
    } else if size_of_file < SMALLEST {
        // SQLite would take it for an empty database and overwrite it.
        return Err(damaged("open", "it is not a database"));
    } else {
        match inspect(file).await {
            Err(Failure::Sqlite(error)) if needs_rollback(&error) => {
                roll_back(file).await?;
                inspect(file).await?;
            }
            inspected => inspected?,
        }
    }
    let mut connection = write_ahead(file).await?;
    schema::migrate(&mut connection, file).await?;
    Ok(connection)
}

/// Size of a file; 0 when there is none. Asked without opening it: closing it would drop SQLite's locks on it.
fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |metadata| metadata.len())
}

fn log_of(file: &Path) -> PathBuf {
    let mut log = OsString::from(file);
    log.push("-wal");
    log.into()
}

/// Whether a process was killed while it made the file, before there was a write-ahead log: SQLite's rollback journal has
/// to be played back, which one who only reads can't do.
fn needs_rollback(error: &sqlx::Error) -> bool {
    // SQLITE_READONLY_ROLLBACK
    const READONLY_ROLLBACK: &str = "776";
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some(READONLY_ROLLBACK))
}

/// Plays the rollback journal back, as everyone does who opens such a file for writing.
async fn roll_back(file: &Path) -> Result<(), Failure> {
    let mut connection = recovering(file).connect().await?;
    sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Looks at a file without changing it.
async fn inspect(file: &Path) -> Result<(), Failure> {
    let mut connection = inspecting(file).connect().await?;
    let outcome = async {
        match schema::form(&mut connection, file).await? {
            Form::Empty => {}
            form @ Form::Version(_) => check(&mut connection, file, form).await?,
        }
        Ok(())
    }
    .await;
    connection.close().await?;
    outcome
}

/// Finds damage that would lead to wrong answers or writes. The rest has checksums, compared when it is read.
async fn check(connection: &mut SqliteConnection, file: &Path, form: Form) -> Result<(), Failure> {
    let checks: &[&str] = match (size(file) <= CHECKED_WHOLE, form == schema::NEWEST) {
        (true, _) => &["PRAGMA integrity_check(1)"],
        (false, false) => &["PRAGMA integrity_check(branch)", "PRAGMA integrity_check(signal)"],
        (false, true) => &[
            "PRAGMA integrity_check(branch)",
            "PRAGMA integrity_check(signal)",
            "PRAGMA integrity_check(project)",
            "PRAGMA integrity_check(summary)",
        ],
    };
    for check in checks {
        let row = sqlx::query(*check).fetch_one(&mut *connection).await?;
        let found: &str = row.try_get(0)?;
        if found != "ok" {
            return Err(damaged("open", found));
        }
    }
    // An older form is compared with its checksums when it is carried over.
    if form == schema::NEWEST {
        branch::all(connection).await?;
    }
    Ok(())
}

/// Connects for writing, creating the file. Two processes that do it at once must not fail: SQLite does not wait by
/// itself while it turns the write-ahead log on.
async fn write_ahead(file: &Path) -> Result<SqliteConnection, Failure> {
    let options = writing(file).create_if_missing(true);
    let mut left = 500;
    let mut connection = loop {
        match options.connect().await {
            Err(sqlx::Error::Database(error)) if left > 0 && error.message().contains("locked") => {
                left -= 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => break other?,
        }
    };
    let mode: String = sqlx::query("PRAGMA journal_mode").fetch_one(&mut connection).await?.try_get(0)?;
    if mode == "wal" {
        return Ok(connection);
    }
    let message = format!(
        "{} can't have a write-ahead log; put it on a local disk, not a network folder",
        file.display()
    );
    Err(StoreError::new(StoreErrorKind::Unavailable, "open", message).into())
}
