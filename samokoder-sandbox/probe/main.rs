//! Tries to do harm from inside a sandbox.
//!
//! `probe NAME …` ends with 0 when the wall held, and otherwise says on standard error what got through. It is linked
//! without libraries, so that it runs in any root. What it takes is bounded: where a wall is missing, the machine lives
//! through it.

mod calls;
mod greed;
mod kernel;
mod network;
mod output;
mod processes;
mod sockets;
mod sys;
mod tree;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let breaches = run(&arguments);
    for breach in &breaches {
        eprintln!("{breach}");
    }
    if breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What got through.
fn run(arguments: &[&str]) -> Vec<String> {
    match *arguments {
        // Processes and limits.
        ["fork-bomb", most] => greed::fork_bomb(number(most)),
        ["thread-bomb", most] => greed::thread_bomb(number(most)),
        ["memory", most] => greed::memory(number(most)),
        ["shared-memory", most] => greed::shared_memory(number(most)),
        ["memory-of-children", most] => greed::memory_of_children(number(most)),
        ["memory-without-a-name", most] => greed::memory_without_a_name(number(most)),
        ["memory-without-its-thread", most] => greed::memory_without_its_thread(number(most)),
        ["memory-let-go", most] => greed::memory_let_go(number(most)),
        ["memory-of-sockets", most] => greed::memory_of_sockets(number(most)),
        ["fill-disk", most, ref folders @ ..] => greed::fill_disk(number(most), folders),
        ["fill-inodes", most] => greed::fill_inodes(number(most)),
        ["huge-file", allowed] => greed::huge_file(number(allowed)),
        ["open-files", most] => greed::open_files(number(most)),
        ["core-dump"] => std::process::abort(),
        ["spin"] => processes::spin(),
        ["deaf", ..] => processes::deaf(),
        ["daemon"] => processes::daemon(),
        ["orphans", millis] => processes::orphans(number(millis)),
        // Output.
        ["much", bytes] => output::much(number(bytes)),
        ["endless-line"] => output::endless_line(),
        ["every-byte"] => output::every_byte(),
        ["russian", letters] => output::russian(number(letters)),
        // Files.
        ["clean"] => tree::clean(),
        ["writable"] => tree::writable(),
        ["secrets", ref paths @ ..] => tree::secrets(paths),
        ["find", name] => tree::find(name),
        ["hard-links"] => tree::hard_links(),
        ["magic-links"] => processes::magic_links(),
        ["programs"] => tree::programs(),
        ["special-files"] => tree::special_files(),
        ["setuid", folder] => tree::setuid(folder),
        ["odd-names"] => tree::odd_names(),
        ["landlock"] => tree::behind_the_mounts(),
        // The kernel.
        ["calls", group] => calls::refused(group),
        ["foreign-calls"] => calls::foreign(),
        ["user-namespace"] => kernel::user_namespace(),
        ["clone3"] => kernel::clone3(),
        ["join-namespaces"] => kernel::join_namespaces(),
        ["signal-others", pid] => processes::signal_others(number(pid)),
        ["supervisor"] => processes::supervisor(),
        ["settings"] => kernel::settings(),
        ["identity"] => kernel::identity(),
        ["rights"] => kernel::rights(),
        ["terminal"] => kernel::terminal(),
        ["descriptors"] => processes::descriptors(),
        ["environment", ref names @ ..] => processes::environment(names),
        // The network.
        ["reach", ref addresses @ ..] => network::reach(addresses),
        ["datagrams", ref addresses @ ..] => network::datagrams(addresses),
        ["abstract-socket", name] => sockets::abstract_socket(name),
        ["listen-abstract", name] => sockets::listen_abstract(name),
        ["sockets", ref paths @ ..] => sockets::named(paths),
        ["round-the-proxy", ref targets @ ..] => network::round_the_proxy(targets),
        // Is there until it is killed.
        ["wait", ..] => processes::wait(),
        _ => vec![format!("no such probe: {arguments:?}")],
    }
}

/// A number that the suite passes.
fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
