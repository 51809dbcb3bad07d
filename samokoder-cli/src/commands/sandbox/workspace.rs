//! A folder as the workspace of a sandbox.

use std::{fs, path::Path};

use samokoder::{project::WorkspacePath, sandbox::CheckoutFile};

use crate::{failure::Failure, view};

/// The regular files of a folder. What can't be in a workspace, such as links and repositories' own folders, is passed
/// over and named on standard error.
pub(super) fn read(folder: &Path, most: u64) -> Result<Vec<CheckoutFile>, Failure> {
    let mut reader = Reader { files: Vec::new(), passed_over: Vec::new(), size: 0, most };
    reader.read(folder, "")?;
    if let Some(first) = reader.passed_over.first() {
        let others = match reader.passed_over.len() - 1 {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        eprintln!("samokoder: not copied: {first}{others}");
    }
    eprintln!("samokoder: a copy of {} is used; nothing is written back", view::quoted(folder));
    Ok(reader.files)
}

struct Reader {
    files: Vec<CheckoutFile>,
    passed_over: Vec<String>,
    size: u64,
    most: u64,
}

impl Reader {
    fn read(&mut self, folder: &Path, inside: &str) -> Result<(), Failure> {
        let failed = |path: &Path, error: std::io::Error| {
            Failure::usage(format!("{} can't be read: {error}", path.display()))
        };
        let entries = fs::read_dir(folder).map_err(|error| failed(folder, error))?;
        let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(|error| failed(folder, error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| failed(&path, error))?;
            let name = entry.file_name();
            let inside = if inside.is_empty() { name.clone() } else { Path::new(inside).join(&name).into() };
            let named = inside.to_str().and_then(|inside| WorkspacePath::parse(inside).ok());
            match named {
                Some(named) if kind.is_dir() => self.read(&path, named.as_str())?,
                Some(named) if kind.is_file() => {
                    let content = fs::read(&path).map_err(|error| failed(&path, error))?;
                    self.size += content.len() as u64;
                    if self.size > self.most {
                        let most = self.most >> 20;
                        let folder = view::quoted(folder);
                        let message = format!("{folder} is larger than a workspace, which holds {most} MiB");
                        return Err(Failure::usage(message));
                    }
                    self.files.push(CheckoutFile { path: named, content: content.into() });
                }
                _ => self.passed_over.push(path.display().to_string()),
            }
        }
        Ok(())
    }
}
