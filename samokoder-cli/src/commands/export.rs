//! `samokoder export`.

use std::{
    fs::{self, File},
    io::{self, Write as _},
};

use samokoder::sandbox::CheckoutFile;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    args::ExportArgs,
    failure::{Failure, Outcome},
    folder,
    project::Project,
    view,
};

pub(crate) async fn export(args: &ExportArgs) -> Result<Outcome, Failure> {
    let ExportArgs { dir, file } = args;
    let history = Project::with(dir, None, async |project| project.history(None).await).await?;
    let state = history.state();
    let name = state.specification().map_or("app", |specification| specification.slug.as_str());
    if state.files().next().is_none() {
        let resume = format!("{} resume {}", view::command(), view::quoted(dir));
        return Err(Failure::failed(format!("the app has no files yet; go on with: {resume}")));
    }
    let files = folder::read_files(dir, state)?;
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
    write(archive, name, &files).map_err(|error| {
        // What can't be finished is not left behind as if it were.
        let _ = fs::remove_file(file);
        failed(&error)
    })?;
    outln!("{} files in {}", files.len(), view::quoted(file));
    if !state.is_built() {
        outln!("The app is not finished: files are missing.");
    }
    Ok(Outcome::Done)
}

/// Writes the files beneath a folder of this name. Nothing in the archive depends on the clock.
fn write(archive: File, name: &str, files: &[CheckoutFile]) -> io::Result<()> {
    let mut zip = ZipWriter::new(archive);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for CheckoutFile { path, content } in files {
        zip.start_file(format!("{name}/{path}"), options)?;
        zip.write_all(content)?;
    }
    zip.finish()?.sync_all()
}
