//! `samokoder export`.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use samokoder::project::ProjectState;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    args::ExportArgs,
    failure::{Failure, Outcome},
    project::Project,
    view,
};

pub(crate) async fn export(args: &ExportArgs) -> Result<Outcome, Failure> {
    let ExportArgs { dir, file } = args;
    let history = Project::with(dir, None, async |project| project.history(None).await).await?;
    let state = history.state();
    let name = state.specification().map_or("app", |specification| specification.slug.as_str());
    let count = state.files().count();
    if count == 0 {
        let resume = format!("{} resume {}", view::command(), view::quoted(dir));
        return Err(Failure::failed(format!("the app has no files yet; go on with: {resume}")));
    }
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("{} can't be written: {error}", file.display()))
    };
    let archive =
        File::options().write(true).create_new(true).open(file).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::usage(format!("{} is there already; name another file", file.display()))
            }
            _ => failed(&error),
        })?;
    write(archive, dir, name, state).map_err(|error| {
        // What can't be finished is not left behind as if it were.
        let _ = fs::remove_file(file);
        failed(&error)
    })?;
    outln!("{count} files in {}", view::quoted(file));
    if !state.is_built() {
        outln!("The app is not finished: files are missing.");
    }
    Ok(Outcome::Done)
}

/// Writes the files as they are in the folder, a person's edits included. Nothing in the archive depends on the clock.
fn write(archive: File, folder: &Path, name: &str, state: &ProjectState) -> io::Result<()> {
    let mut zip = ZipWriter::new(archive);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for (path, _) in state.files() {
        zip.start_file(format!("{name}/{path}"), options)?;
        zip.write_all(&fs::read(folder.join(path.as_str()))?)?;
    }
    zip.finish()?.sync_all()
}
