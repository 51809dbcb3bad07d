//! A folder as the workspace of a sandbox.

use std::{fs::File, io, os::fd::OwnedFd, path::Path};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use samokoder::{project::WorkspacePath, sandbox::CheckoutFile};

use crate::{failure::Failure, view};

/// The regular files of a folder. What can't be in a workspace, such as links and repositories' own folders, is passed
/// over and named on standard error. Whoever else writes to the folder meanwhile leads the reading nowhere else.
pub(super) fn read(folder: &Path, most: u64) -> Result<Vec<CheckoutFile>, Failure> {
    let mut reader = Reader { files: Vec::new(), passed_over: Vec::new(), size: 0, most };
    let opened = openat(CWD, folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let read = opened.map_err(io::Error::from).map_err(|error| Problem::of(folder, error));
    read.and_then(|opened| reader.read(&opened, folder, Path::new(""))).map_err(|problem| match problem {
        Problem::Unreadable(path, error) => Failure::usage(format!("{path} can't be read: {error}")),
        Problem::TooLarge => Failure::usage(format!(
            "{} is larger than a workspace, which holds {} MiB",
            view::quoted(folder),
            most >> 20
        )),
    })?;
    if let Some(first) = reader.passed_over.first() {
        let others = match reader.passed_over.len() - 1 {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        errln!("samokoder: not copied: {first}{others}");
    }
    errln!("samokoder: a copy of {} is used; nothing is written back", view::quoted(folder));
    Ok(reader.files)
}

enum Problem {
    Unreadable(String, io::Error),
    TooLarge,
}

impl Problem {
    fn of(path: &Path, error: impl Into<io::Error>) -> Self {
        Self::Unreadable(shown(path), error.into())
    }
}

/// A path on a terminal: nothing in its name tells that to do something.
fn shown(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}

struct Reader {
    files: Vec<CheckoutFile>,
    passed_over: Vec<String>,
    size: u64,
    most: u64,
}

impl Reader {
    /// Reads an open folder: `path` is where it was found, `inside` where it is in the workspace.
    fn read(&mut self, folder: &OwnedFd, path: &Path, inside: &Path) -> Result<(), Problem> {
        let failed = |error: rustix::io::Errno| Problem::of(path, error);
        let entries = Dir::read_from(folder).map_err(failed)?;
        let entries = entries.map(|entry| entry.map(|entry| entry.file_name().to_owned()));
        let mut names: Vec<_> = entries.collect::<Result<_, _>>().map_err(failed)?;
        names.retain(|name| !matches!(name.to_bytes(), b"." | b".."));
        names.sort();
        for name in names {
            let text = name.to_string_lossy();
            let (path, inside) = (path.join(&*text), inside.join(&*text));
            let named = name.to_str().ok().and_then(|_| WorkspacePath::parse(inside.to_str()?).ok());
            let found = statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW);
            let kind = FileType::from_raw_mode(found.map_err(|error| Problem::of(&path, error))?.st_mode);
            // It may be another thing by now: a link is not followed, and a pipe holds nobody up.
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let open = |flags| {
                openat(folder, &name, flags, Mode::empty()).map_err(|error| Problem::of(&path, error))
            };
            match named {
                Some(_) if kind == FileType::Directory => {
                    self.read(&open(flags | OFlags::DIRECTORY)?, &path, &inside)?;
                }
                Some(named) if kind == FileType::RegularFile => {
                    self.add(open(flags)?.into(), &path, named)?;
                }
                _ => self.passed_over.push(shown(&path)),
            }
        }
        Ok(())
    }

    fn add(&mut self, file: File, path: &Path, named: WorkspacePath) -> Result<(), Problem> {
        let failed = |error: io::Error| Problem::of(path, error);
        let found = file.metadata().map_err(failed)?;
        if !found.is_file() {
            self.passed_over.push(shown(path));
            return Ok(());
        }
        let left = self.most - self.size;
        if found.len() > left {
            return Err(Problem::TooLarge);
        }
        let mut content = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, left + 1), &mut content).map_err(failed)?;
        self.size += content.len() as u64;
        if self.size > self.most {
            return Err(Problem::TooLarge);
        }
        self.files.push(CheckoutFile { path: named, content: content.into() });
        Ok(())
    }
}
