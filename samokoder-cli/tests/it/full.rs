//! A disk that fills up: it is said, nothing is lost, and the run goes on when there is room.

use std::{fs, process::Command};

use crate::command::{Place, Ran, Running, SMALL};

/// Mounts a disk of `$2` KB in the folder `disk`, begins an app, makes room, and goes on. The disk is gone with the shell.
const SCRIPT: &str = r#"
    samokoder=$1 room=$2; shift 2
    mkdir -p disk out && mount -t tmpfs -o size="$room"k tmpfs disk || exit 99
    "$samokoder" new "$@" >out/new 2>out/new.err </dev/null; echo $? >out/new.code
    mount -o remount,size=64m disk || exit 99
    if [ -e disk/app/.samokoder/project.json ]; then
        shift 3; "$samokoder" resume disk/app "$@" >out/resume 2>out/resume.err </dev/null
    else
        "$samokoder" new "$@" >out/resume 2>out/resume.err </dev/null
    fi
    echo $? >out/resume.code
    "$samokoder" log disk/app >out/log 2>&1
    cp -r disk/app out/app
"#;

/// The superuser may mount, others in a namespace of theirs.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// How to mount a disk here, if that is possible.
fn way() -> Option<&'static [&'static str]> {
    let can = |way: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(**way).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
        command.output().is_ok_and(|output| output.status.success())
    };
    WAYS.iter().find(can).copied()
}

/// What came of it on a disk of so many KB.
struct Filled {
    place: Place,
    full: Ran,
    resumed: Ran,
}

impl Filled {
    fn run(way: &[&str], room: u32, options: &[&str]) -> Self {
        let place = Place::new();
        let command = place.command(&[]);
        let mut shell = Command::new("unshare");
        shell.args(way).args(["sh", "-c", SCRIPT, "sh"]).arg(command.get_program()).arg(room.to_string());
        shell.args([SMALL, "--dir", "disk/app", "--sandbox", "none"]).args(options);
        shell.current_dir(place.path("")).env_remove("NO_COLOR").env_remove("SAMOKODER_LOG");
        let ran = Running::start(shell).finish();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let read = |name: &str| fs::read_to_string(place.path("out").join(name)).unwrap();
        let ran = |name: &str| Ran {
            code: Some(read(&format!("{name}.code")).trim().parse().unwrap()),
            out: read(name),
            err: read(&format!("{name}.err")),
        };
        let (full, resumed) = (ran("new"), ran("resume"));
        Self { place, full, resumed }
    }
}

/// Fills disks of several sizes. Says on how many the run was stopped.
fn fill(rooms: &[u32], options: &[&str]) {
    // Where nobody may mount, the store's own tests have a limit on the size of files.
    let Some(way) = way() else { return };
    let undisturbed = Place::new();
    undisturbed.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    let files = undisturbed.app("app");
    let mut stopped = 0;
    for room in rooms {
        let Filled { full, resumed, place } = Filled::run(way, *room, options);
        assert_eq!(resumed.code, Some(0), "{room} KB: {}{}", full.err, resumed.err);
        assert!(place.app("out/app") == files, "{room} KB: other files");
        if full.code == Some(0) {
            continue;
        }
        stopped += 1;
        assert_eq!(full.code, Some(1), "{room} KB: {}", full.err);
        let is_said = ["no room", "No space left", "disk"].iter().any(|words| full.err.contains(words));
        assert!(is_said, "{room} KB: {}", full.err);
    }
    assert!(stopped > 2, "only {stopped} disks were full");
}

#[test]
fn a_run_whose_history_finds_no_room_is_gone_on_with() {
    fill(&[4, 12, 64, 128, 256, 512, 1024], &[]);
}

#[test]
fn a_run_whose_folder_finds_no_room_is_gone_on_with() {
    fill(&[4, 8, 12, 16, 24, 32, 48], &["--store", "sqlite:state.db"]);
}

#[test]
fn output_that_finds_no_room_is_an_error_after_the_work_is_done() {
    let place = Place::new();
    let into_full = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        command.output().unwrap()
    };
    for arguments in [
        &["new", SMALL, "--dir", "app", "--sandbox", "none"][..],
        &["log", "app"],
        &["show", "app"],
        &["models"],
    ] {
        let ran = into_full(arguments);
        assert_eq!(ran.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(said.contains("not all of the output could be written: No space left"), "{said}");
    }
    place.expect(0, &["log", "app"]);
}

#[test]
fn a_limit_on_the_size_of_files_is_said_and_the_run_goes_on_without_it() {
    let place = Place::new();
    let samokoder = place.command(&[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 100; exec \"$@\"", "sh"]).arg(samokoder.get_program());
    limited.args(["new", SMALL, "--dir", "app", "--sandbox", "none"]).current_dir(place.path(""));
    let ran = Running::start(limited).finish();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.starts_with("error: "), "{}", ran.err);
    place.expect(0, &["resume", "app", "--sandbox", "none"]);
    let undisturbed = Place::new();
    undisturbed.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    assert!(place.app("app") == undisturbed.app("app"));
}
