//! What of this host goes into an image: a shell, the usual small programs, the toolchains, and the libraries that these
//! need.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Component, Path, PathBuf},
    process::{Command, Stdio},
};

use super::tar::Archive;
use crate::local::{
    LocalConfig,
    toolchain::{self, Installed},
    view::{CERTIFICATES, TOOLCHAINS},
};

/// The small programs that scripts take for granted.
const PROGRAMS: &str = "sh bash env true false test [ echo printf cat head tail tac tee touch mkdir rmdir rm cp mv ln ls \
    mkfifo mknod link unlink install truncate shred readlink realpath stat chmod mktemp pwd basename dirname find xargs sort uniq cut tr wc nl seq yes sleep timeout date \
    id whoami uname hostname expr factor od hexdump cmp diff patch grep egrep fgrep sed awk gawk mawk tar gzip gunzip \
    bzip2 xz unzip zip du df dd sync split paste join comm fold md5sum sha1sum sha256sum sha512sum b2sum cksum shuf nproc stdbuf printenv base64 kill ps pgrep nohup nice setsid \
    git curl make which npm npx";

/// Where programs are beside the search path.
const FOLDERS: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// What programs read without being told.
const CONFIGURATION: [&str; 3] = ["/etc/ld.so.cache", "/usr/lib/locale/C.utf8", "/usr/lib/git-core"];

/// How deep links may lead.
const MOST_LINKS: usize = 40;

/// Files of the host, by their place.
#[derive(Default)]
pub(super) struct Tree {
    entries: BTreeMap<PathBuf, Entry>,
}

enum Entry {
    Folder,
    Link(PathBuf),
    File { mode: u32, length: u64, modified: i64 },
}

/// Finds all that goes into an image.
pub(super) fn gather(search_path: &[PathBuf], toolchains: &[String]) -> (Tree, Vec<Installed>) {
    let config = LocalConfig::default().search_path(search_path).toolchains(toolchains);
    let installed = toolchain::find_all(&config);
    let mut tree = Tree::default();
    let mut programs: Vec<PathBuf> = Vec::new();
    for name in PROGRAMS.split_whitespace() {
        let folders = FOLDERS.iter().map(Path::new).chain(search_path.iter().map(PathBuf::as_path));
        programs.extend(folders.map(|folder| folder.join(name)).find(|path| path.is_file()));
    }
    for toolchain in &installed {
        programs.push(toolchain.program.clone());
        let (name, version) = (toolchain.toolchain.name.as_str(), toolchain.toolchain.version.as_str());
        for folder in toolchain.shown.iter().cloned().chain(own_folders(name, version, &toolchain.program)) {
            tree.add_all(&folder);
        }
    }
    let configuration = CONFIGURATION.iter().chain(&CERTIFICATES).map(PathBuf::from);
    programs.iter().cloned().chain(configuration).for_each(|path| tree.add_all(&path));
    programs.extend(tree.libraries());
    for library in libraries_of(&programs) {
        tree.add(&library);
    }
    (tree, installed)
}

/// What a toolchain among the system's own programs has elsewhere.
fn own_folders(name: &str, version: &str, program: &Path) -> Vec<PathBuf> {
    let Some(prefix) = program.parent().and_then(Path::parent) else { return Vec::new() };
    match name {
        "node" => vec![prefix.join("lib/node_modules/npm"), prefix.join("share/nodejs")],
        "python3" | "python" => {
            let short: Vec<&str> = version.split('.').take(2).collect();
            vec![prefix.join(format!("lib/python{}", short.join(".")))]
        }
        _ => Vec::new(),
    }
}

/// The libraries that programs and libraries are linked with, as the host's loader finds them.
fn libraries_of(programs: &[PathBuf]) -> Vec<PathBuf> {
    let output = Command::new("ldd").args(programs).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let Ok(output) = output else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout);
    let path = |line: &str| {
        let line = line.strip_prefix('\t')?;
        let found = line.split_once("=> ").map_or(line, |(_, found)| found);
        let path = found.split(" (").next()?;
        path.starts_with('/').then(|| PathBuf::from(path))
    };
    text.lines().filter_map(path).collect()
}

impl Tree {
    /// Adds what a path names, with the links on the way.
    fn add(&mut self, path: &Path) {
        let mut rest: VecDeque<PathBuf> = parts(path);
        let (mut at, mut links) = (PathBuf::from("/"), 0);
        while let Some(part) = rest.pop_front() {
            if part == Path::new("..") {
                at.pop();
                continue;
            }
            let next = at.join(part);
            let Ok(found) = fs::symlink_metadata(&next) else { return };
            if found.is_symlink() {
                let Ok(target) = fs::read_link(&next) else { return };
                links += 1;
                if links > MOST_LINKS {
                    return;
                }
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                parts(&target).into_iter().rev().for_each(|part| rest.push_front(part));
                self.entries.insert(next, Entry::Link(target));
            } else {
                self.insert(next.clone(), &found);
                at = next;
            }
        }
    }

    /// Adds a file or a folder with all in it.
    fn add_all(&mut self, path: &Path) {
        self.add(path);
        let Ok(path) = path.canonicalize() else { return };
        for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(found) = entry.metadata() else { continue };
            // Tests of the toolchain itself, what its owner installed, and what only a compiler of C needs.
            let is_left_out = name == "test"
                || name == "site-packages"
                || path.extension().is_some_and(|extension| extension == "a");
            if is_left_out {
                continue;
            }
            if found.is_dir() {
                self.insert(path.clone(), &found);
                self.add_all(&path);
            } else if found.is_symlink() {
                self.add(&path);
            } else {
                self.insert(path, &found);
            }
        }
    }

    fn insert(&mut self, path: PathBuf, found: &fs::Metadata) {
        let entry = if found.is_dir() {
            Entry::Folder
        } else if found.is_file() {
            // Whose it is and what more it may do is the host's business.
            let mode = if found.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
            Entry::File { mode, length: found.len(), modified: found.mtime() }
        } else {
            return;
        };
        self.entries.insert(path, entry);
    }

    /// The libraries that are there already: what they need has to come too.
    fn libraries(&self) -> Vec<PathBuf> {
        let is_library = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".so") || name.contains(".so.") || name.ends_with(".node")
        };
        self.entries.keys().filter(is_library).cloned().collect()
    }

    /// What tells this tree from others, as text: names, sizes and times, not contents, which would all have to be read.
    pub(super) fn fingerprint(&self) -> String {
        let line = |(path, entry): (&PathBuf, &Entry)| match entry {
            Entry::Folder => format!("{}/\n", path.display()),
            Entry::Link(target) => format!("{} -> {}\n", path.display(), target.display()),
            Entry::File { mode, length, modified } => {
                format!("{} {mode:o} {length} {modified}\n", path.display())
            }
        };
        self.entries.iter().map(line).collect()
    }

    /// Writes everything to an archive. What can't be read is left out.
    pub(super) fn write<W: Write>(&self, archive: &mut Archive<W>) -> io::Result<()> {
        for (path, entry) in &self.entries {
            let (Some(name), true) =
                (path.to_str().and_then(|path| path.strip_prefix('/')), path != Path::new("/tmp"))
            else {
                continue;
            };
            match entry {
                Entry::Folder => archive.folder(name, 0o755)?,
                Entry::Link(target) => archive.link(name, &target.to_string_lossy())?,
                Entry::File { mode, length, .. } => {
                    if let Ok(file) = File::open(path) {
                        archive.file(name, *mode, *length, file)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The parts of a path, without its root.
fn parts(path: &Path) -> VecDeque<PathBuf> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(PathBuf::from(name)),
        Component::ParentDir => Some(PathBuf::from("..")),
        _ => None,
    };
    path.components().filter_map(part).collect()
}

/// Links by which a toolchain's name means the program that was found.
pub(super) fn toolchain_links(installed: &[Installed]) -> Vec<(String, String)> {
    let link = |found: &Installed| {
        let place = format!("{}/{}", TOOLCHAINS.trim_start_matches('/'), found.toolchain.name);
        (place, found.program.display().to_string())
    };
    installed.iter().map(link).collect()
}

/// Where commands find programs.
pub(super) fn search_path(installed: &[Installed]) -> Vec<Vec<u8>> {
    let beside = installed.iter().filter_map(|found| Some(found.program.parent()?.display().to_string()));
    let mut path = vec![TOOLCHAINS.to_owned()];
    for folder in beside.chain(["/usr/local/bin"].into_iter().chain(FOLDERS).map(str::to_owned)) {
        if !path.contains(&folder) {
            path.push(folder);
        }
    }
    path.into_iter().map(String::into_bytes).collect()
}
