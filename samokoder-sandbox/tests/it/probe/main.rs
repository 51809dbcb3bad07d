//! Tries to do harm from inside a sandbox. Built on its own; `probe NAME …` ends with 0 when the wall held.

mod calls;
mod greed;
mod landlock;
mod prying;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let breaches = match arguments.as_slice() {
        ["calls"] => calls::refused(),
        ["foreign-calls"] => calls::foreign(),
        ["supervisor"] => calls::supervisor(),
        ["setuid", folder] => calls::setuid(folder),
        ["writable-system"] => prying::writable_system(),
        ["descriptors"] => prying::descriptors(),
        ["processes"] => prying::processes(),
        ["terminal"] => prying::terminal(),
        ["secrets", paths @ ..] => prying::secrets(paths),
        ["abstract-socket", name] => prying::abstract_socket(name),
        ["landlock"] => landlock::behind(),
        ["abstract-listen", name] => landlock::listen(name),
        ["abstract-of-other-command", name] => landlock::other_command(name),
        ["links"] => prying::links(),
        ["fork-bomb"] => greed::fork_bomb(),
        ["thread-bomb"] => greed::thread_bomb(),
        ["memory"] => greed::memory(),
        ["shared-memory"] => greed::shared_memory(),
        ["memory-of-children"] => greed::memory_of_children(),
        ["fill-disk"] => greed::fill_disk(),
        ["fill-inodes"] => greed::fill_inodes(),
        ["huge-file"] => greed::huge_file(),
        ["open-files"] => greed::open_files(),
        ["output", bytes] => greed::output(bytes.parse().unwrap()),
        ["orphans", count] => greed::orphans(count.parse().unwrap()),
        ["daemon", mark] => greed::daemon(mark),
        ["core-dump"] => greed::core_dump(),
        _ => vec![format!("no such probe: {arguments:?}")],
    };
    for breach in &breaches {
        eprintln!("{breach}");
    }
    if breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
