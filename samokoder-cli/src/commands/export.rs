//! `samokoder export`.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use samokoder::{sandbox::CheckoutFile, workspace::LeftOut};
use tempfile::NamedTempFile;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    archive,
    args::ExportArgs,
    config::Config,
    edits,
    failure::{Failure, Outcome},
    folder::{self, files_as_usual},
    project::Project,
    view,
};

pub(crate) async fn export(args: &ExportArgs) -> Result<Outcome, Failure> {
    let ExportArgs { dir, file } = args;
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("zip") => files(dir, file).await,
        Some("samokoder") => Project::with(dir, None, async |project| history(project, file).await).await,
        _ => Err(Failure::usage(format!(
            "{} says not what to write: FILE.zip for the app's files, FILE.samokoder for its whole history",
            file.display()
        ))),
    }
}

/// Whether a file that is yet to be written would be in a folder.
fn is_within(folder: &Path, file: &Path) -> bool {
    let (Ok(folder), Ok(above)) = (folder.canonicalize(), above(file).canonicalize()) else { return false };
    above.starts_with(folder)
}

/// The folder that a file is to be in.
fn above(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the app's files.
async fn files(dir: &Path, file: &Path) -> Result<Outcome, Failure> {
    if is_within(dir, file) {
        return Err(Failure::usage(format!(
            "{} would become a part of the app; name a file outside of {}",
            file.display(),
            view::quoted(dir)
        )));
    }
    let config = Config::load(Some(dir))?;
    let (history, edits) = Project::with(dir, None, async |project| {
        Ok((project.history(None).await?, edits::find(project, &config).await?))
    })
    .await?;
    let state = history.state();
    let name = state.specification().map_or("app", |specification| specification.slug.as_str());
    if state.files().next().is_none() {
        let resume = format!("{} resume {}", view::command(), view::quoted(dir));
        return Err(Failure::failed(format!("the app has no files yet; go on with: {resume}")));
    }
    let files = folder::read_files(dir, state)?;
    let place = create(file)?;
    let written = place.reopen().and_then(|archive| write(archive, name, &files));
    written.map_err(|error| unwritable(file, &error))?;
    keep(place, file)?;
    outln!("{} files in {}", files.len(), view::quoted(file));
    let is_in = |path: &str| files.iter().any(|file| file.path.as_str() == path);
    let new = edits.files.iter().filter(|edit| edit.content.is_some() && !is_in(edit.path.as_str())).count();
    if new > 0 {
        let resume = format!("{} resume {}", view::command(), view::quoted(dir));
        outln!("Not in it: {new} new files of yours; `{resume}` makes them a part of the app.");
    }
    for LeftOut { path, reason, .. } in edits.left_out.iter().filter(|left| is_in(&left.path)) {
        outln!("In it as it is in the folder, though no history has it: {path}: {reason}");
    }
    if !state.is_built() {
        outln!("The app is not finished: files are missing.");
    }
    Ok(Outcome::Done)
}

/// Writes the project with its whole history.
async fn history(project: &Project, file: &Path) -> Result<Outcome, Failure> {
    project.must_have_begun().await?;
    let config = Config::load(Some(&project.folder))?;
    let unsaved = edits::find(project, &config).await?.files.len();
    let place = create(file)?;
    let archive = place.reopen().map_err(|error| unwritable(file, &error))?;
    let (manifest, archive) = archive::write(project, archive).await?;
    archive.sync_all().map_err(|error| unwritable(file, &error))?;
    keep(place, file)?;
    outln!(
        "The project with its whole history (branches: {}) is in {}",
        manifest.branches.len(),
        view::quoted(file)
    );
    if unsaved > 0 {
        let resume = format!("{} resume {}", view::command(), view::quoted(&project.folder));
        outln!("Not in it: {unsaved} files that you changed in the folder; `{resume}` makes them a version.");
    }
    Ok(Outcome::Done)
}

/// Makes a file beside the one that is to be, which must not be there: what can't be finished is not left behind as if it
/// were.
fn create(file: &Path) -> Result<NamedTempFile, Failure> {
    if fs::symlink_metadata(file).is_ok() {
        return Err(unwritable(file, &io::ErrorKind::AlreadyExists.into()));
    }
    if !above(file).is_dir() {
        return Err(Failure::usage(format!("there is no folder {}; make it first", above(file).display())));
    }
    let aside = files_as_usual().prefix(".samokoder-export-").tempfile_in(above(file));
    aside.map_err(|error| unwritable(file, &error))
}

/// Gives a file that is whole its name.
fn keep(place: NamedTempFile, file: &Path) -> Result<(), Failure> {
    place.persist_noclobber(file).map(drop).map_err(|failed| unwritable(file, &failed.error))
}

fn unwritable(file: &Path, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Failure::usage(format!("{} is there already; name another file", file.display()));
    }
    Failure::failed(format!("{} can't be written: {error}", file.display()))
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
