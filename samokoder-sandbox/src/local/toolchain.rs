//! Finding the real installation of a toolchain behind links and version managers.

use std::{
    fs, io,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use samokoder_core::sandbox::Toolchain;

use super::{LocalConfig, view};

/// How long a version manager's script may take to say what it stands for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks Python for its version, its program outside any virtual environment, and where its own files are.
const ASK_PYTHON: &str = "import platform, sys, sysconfig
print(platform.python_version())
print(getattr(sys, '_base_executable', None) or sys.executable)
print(sys.base_prefix)
print(sysconfig.get_path('stdlib'))
print(sysconfig.get_path('platstdlib'))
print('%s/%s' % (sysconfig.get_config_var('LIBDIR'), sysconfig.get_config_var('INSTSONAME')))";

const ASK_NODE: &str = "console.log([process.versions.node, process.execPath].join('\\n'))";

/// Folders that a session uses itself; nothing of the host can be shown there.
const TAKEN: [&str; 6] = ["/workspace", "/tmp", "/dev", "/proc", "/etc", view::TOOLCHAINS];

/// A toolchain that sessions see.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    pub(crate) toolchain: Toolchain,
    /// The program itself, no link.
    pub(crate) program: PathBuf,
    /// What has to be shown beside the system's folders.
    pub(crate) shown: Vec<PathBuf>,
}

/// Finds the toolchains. Starts each once: version managers put scripts where the program should be.
pub(crate) fn find_all(config: &LocalConfig) -> Vec<Installed> {
    std::thread::scope(|scope| {
        let searches: Vec<_> =
            config.toolchains.iter().map(|name| scope.spawn(|| find(name, &config.search_path))).collect();
        searches.into_iter().filter_map(|search| search.join().ok().flatten()).collect()
    })
}

fn find(name: &str, search_path: &[PathBuf]) -> Option<Installed> {
    let is_program = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let mut candidates = search_path.iter().map(|folder| folder.join(name)).filter(is_program);
    // A version manager's script without a version behind it fails; the next folder may have a real program.
    let installed = candidates.find_map(|candidate| resolve(name, &candidate, search_path));
    if installed.is_none() {
        tracing::debug!(toolchain = name, "not found on this machine");
    }
    installed
}

fn resolve(name: &str, candidate: &Path, search_path: &[PathBuf]) -> Option<Installed> {
    let ask = |arguments: &[&str]| ask(candidate, arguments, search_path).ok();
    let (version, program, shown) = match name {
        "node" => {
            let answer = ask(&["-e", ASK_NODE])?;
            let mut lines = answer.lines();
            let (version, program) = (lines.next()?, Path::new(lines.next()?).canonicalize().ok()?);
            let prefix = program.parent()?.parent()?;
            let npm = prefix.join("lib/node_modules/npm");
            let own = is_own_folder(prefix, "include/node/node_version.h");
            let shown = if own { vec![prefix.to_path_buf()] } else { vec![program.clone(), npm] };
            (version.to_owned(), program, shown)
        }
        "python3" | "python" => {
            let answer = ask(&["-I", "-c", ASK_PYTHON])?;
            let mut lines = answer.lines();
            let version = lines.next()?;
            let mut paths = lines.filter_map(|line| Path::new(line).canonicalize().ok());
            let (program, prefix) = (paths.next()?, paths.next()?);
            let parts: Vec<PathBuf> = paths.collect();
            let mark = parts.first().and_then(|library| library.strip_prefix(&prefix).ok());
            let own = mark.is_some_and(|library| is_own_folder(&prefix, library.join("os.py")));
            let shown = if own { vec![prefix] } else { [vec![program.clone()], parts].concat() };
            (version.to_owned(), program, shown)
        }
        _ => {
            let answer = ask(&["--version"])?;
            let version = answer.split_whitespace().find_map(|word| {
                let word = word.trim_start_matches('v').trim_end_matches(',');
                word.starts_with(|first: char| first.is_ascii_digit()).then(|| word.to_owned())
            })?;
            let program = candidate.canonicalize().ok()?;
            (version, program.clone(), vec![program])
        }
    };
    let shown: Vec<PathBuf> =
        shown.into_iter().filter(|path| path.exists() && !lies_in(path, &view::SYSTEM)).collect();
    if let Some(path) = shown.iter().find(|path| lies_in(path, &TAKEN)) {
        tracing::warn!(toolchain = name, path = %path.display(), "can't be shown in a sandbox at this place");
        return None;
    }
    Some(Installed {
        toolchain: Toolchain { name: name.to_owned(), version, path: program.clone() },
        program,
        shown,
    })
}

/// Whether a folder holds an installation, known by a file in it, and nothing else.
///
/// A program in `~/bin` must not make a home folder visible, nor one in `~/.local/bin` everything in `~/.local`.
fn is_own_folder(folder: &Path, mark: impl AsRef<Path>) -> bool {
    const SHARED_NAMES: [&str; 6] = [".local", "local", "home", "opt", "root", "share"];
    const OWN_NAMES: [&str; 11] =
        ["bin", "include", "lib", "lib64", "libexec", "share", "ssl", "etc", "man", "sbin", "var"];
    let shared = folder.file_name().is_none_or(|name| SHARED_NAMES.iter().any(|shared| name == *shared));
    let a_home = folder.parent().is_some_and(|parent| parent == Path::new("/home"));
    if shared || a_home || !folder.join(mark).is_file() {
        return false;
    }
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().all(|entry| {
        let name = entry.file_name();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // Readme, licence and build notes lie beside the folders.
        if is_folder {
            OWN_NAMES.iter().any(|own| name == *own)
        } else {
            !name.to_string_lossy().starts_with('.')
        }
    })
}

fn lies_in(path: &Path, folders: &[&str]) -> bool {
    folders.iter().any(|folder| {
        path.starts_with(folder)
            || Path::new(folder).canonicalize().is_ok_and(|folder| path.starts_with(folder))
    })
}

/// Runs a program of the host's, away from any folder whose settings a version manager would read.
fn ask(program: &Path, arguments: &[&str], search_path: &[PathBuf]) -> io::Result<String> {
    let path = std::env::join_paths(search_path).map_err(io::Error::other)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("PATH", path)
        .env_remove("NODE_OPTIONS")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let mut answer = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut answer)?;
    }
    if status.success() { Ok(answer) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}
