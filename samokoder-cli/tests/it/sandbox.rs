//! `samokoder sandbox`: a command in a sandbox is as the command alone, but for what it may do.

use std::{
    io::{Read as _, Write as _},
    process::{Output, Stdio},
};

use crate::command::Place;

/// Runs a command in the sandbox, with this as its input.
fn run_with(place: &Place, options: &[&str], argv: &[&str], input: &[u8]) -> Output {
    let mut process = place
        .command(&[&["sandbox", "run", "--backend", "local"], options, &["--"], argv].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let input = input.to_vec();
    // One that ends without reading breaks the pipe.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = process.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

fn run(place: &Place, options: &[&str], argv: &[&str]) -> Output {
    run_with(place, options, argv, b"")
}

fn shell(place: &Place, options: &[&str], script: &str) -> Output {
    run(place, options, &["sh", "-c", script])
}

/// What stands on standard error.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn streams_pass_through_byte_by_byte() {
    let place = Place::new();
    let mut input: Vec<u8> = (0..=255).collect();
    input.extend("Привет, мир 🦀 без перевода строки".as_bytes());
    input.extend(std::iter::repeat_n(b'x', 3_000_000));
    let output = run_with(&place, &[], &["cat"], &input);
    assert!(output.stdout == input, "{} bytes of {}", output.stdout.len(), input.len());
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""));
    let output = shell(&place, &[], "printf 'в ошибки' >&2; printf 'и в вывод'");
    assert_eq!((said(&output).as_str(), output.stdout), ("в ошибки", "и в вывод".into()));
}

#[test]
fn the_exit_status_passes_through() {
    let place = Place::new();
    for code in [0, 1, 3, 125, 255] {
        let output = shell(&place, &[], &format!("exit {code}"));
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(code), ""));
    }
    let output = shell(&place, &[], "kill -SEGV $$");
    assert_eq!(output.status.code(), Some(128 + 11), "{}", said(&output));
}

#[test]
fn an_argument_is_never_shell_text() {
    let place = Place::new();
    let output = run(&place, &[], &["printf", "%s|", "$HOME", "a b", "--net", "", "кот"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "$HOME|a b|--net||кот|");
}

#[test]
fn what_ends_a_command_is_told_by_status_and_words() {
    let place = Place::new();
    let cases: [(&[&str], &str, i32, &str); 3] = [
        (&["--timeout", "300ms"], "sleep 30", 124, "killed when its wall time was over (300ms)"),
        (
            &["--memory", "32M"],
            "head -c 100000000 /dev/zero | tail -c 90000000",
            137,
            "memory than allowed (32 MiB)",
        ),
        (&["--max-output", "1M"], "yes", 137, "killed when it wrote more output than allowed (1 MiB)"),
    ];
    for (options, script, status, why) in cases {
        let output = shell(&place, options, script);
        assert_eq!(output.status.code(), Some(status), "{script}: {}", said(&output));
        assert!(said(&output).contains(why), "{script}: {}", said(&output));
    }
    let output = run(&place, &[], &["no-such-program"]);
    assert_eq!(output.status.code(), Some(127), "{}", said(&output));
    assert!(
        said(&output).contains("no-such-program: there is no such program in the sandbox"),
        "{}",
        said(&output)
    );
}

#[test]
fn what_the_sandbox_can_not_hold_is_refused() {
    let place = Place::new();
    let output = run(&place, &["--memory", "1K"], &["true"]);
    assert_eq!(output.status.code(), Some(125), "{}", said(&output));
    assert!(said(&output).contains("the limit on memory is 1024"), "{}", said(&output));
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let place = Place::new();
    for (arguments, why) in [
        (&["run", "--backend", "bunker", "--", "true"][..], "there is no sandbox \"bunker\""),
        (&["run", "--backend", "none", "--", "true"], "choose one with --backend"),
        (&["run", "--net", "proxy", "--", "true"], "--allow HOST"),
        (&["run", "--allow", "example.org", "--", "true"], "--net proxy"),
        (&["run", "--net", "proxy", "--allow", "http://example.org", "--", "true"], "give a host name"),
        (&["run", "--timeout", "soon", "--", "true"], "give a time"),
        (&["run", "--memory", "lots", "--", "true"], "give a size"),
        (&["run", "--dir", "nowhere", "--", "true"], "nowhere can't be read"),
        (&["run"], "<CMD>"),
        (&["ps", "--backend", "bunker"], "there is no sandbox"),
    ] {
        let ran = place.expect(2, &[&["sandbox"], arguments].concat());
        assert!(ran.err.contains(why), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_copy_of_a_folder_is_worked_on() {
    let place = Place::new();
    place.write("app/src/main.txt", "здесь");
    place.write("app/.git/config", "secret");
    std::os::unix::fs::symlink("/etc/hostname", place.path("app/link")).unwrap();
    let before = place.everything();
    let output = shell(&place, &["--dir", "app"], "cat src/main.txt; ls -A; echo changed > src/main.txt");
    assert_eq!((output.status.code(), output.stdout), (Some(0), "здесьsrc\n".into()));
    place.is_as_before(&before, "the command");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("nothing is written back") && stderr.contains("not copied: app/.git and 1 more"),
        "{stderr}"
    );
}

#[test]
fn a_folder_is_looked_at_before_it_is_read() {
    let place = Place::new();
    place.write("app/a", "");
    make_pipe(&place.path("app/\u{1b}[2Jpipe"));
    let output = shell(&place, &["--dir", "app"], "ls -A");
    assert_eq!(output.stdout, b"a\n");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(r"not copied: app/\u{1b}[2Jpipe"), "{stderr}");
    // So much is not read to find out that it is too much.
    std::fs::File::create(place.path("app/hole")).unwrap().set_len(1 << 40).unwrap();
    let output = run(&place, &["--dir", "app"], &["true"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("app is larger than a workspace"), "{}", said(&output));
}

fn make_pipe(path: &std::path::Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn nothing_of_the_environment_passes_but_what_is_said() {
    let place = Place::new();
    let mut command = place.command(&["sandbox", "run", "--env", "SAID=да=да", "--", "env"]);
    let output = command.env("API_KEY", "secret").stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("SAID=да=да\n") && !text.contains("secret"), "{text}");
}

#[test]
fn a_reader_that_goes_away_ends_the_command() {
    let place = Place::new();
    let mut process = place
        .command(&["sandbox", "run", "--timeout", "1h", "--max-output", "1000G", "--", "yes"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 4];
    process.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let output = process.wait_with_output().unwrap();
    assert_eq!((&start, output.status.code()), (b"y\ny\n", Some(141)), "{}", said(&output));
}

#[test]
fn ctrl_c_ends_the_command_and_all_it_started() {
    let place = Place::new();
    let mark = format!("7{}", std::process::id());
    let script = format!("trap '' INT TERM; sleep {mark} & echo ready; sleep {mark}; sleep {mark}");
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let mut running = place.start(&["sandbox", "run", "--timeout", "1h", "--", "sh", "-c", &script]);
        running.until("ready");
        running.signal(signal);
        let ran = running.finish();
        assert_eq!(ran.code, Some(status), "{ran:?}");
        let left =
            std::process::Command::new("pgrep").args(["-fx", &format!("sleep {mark}")]).output().unwrap();
        assert_eq!(String::from_utf8(left.stdout).unwrap(), "", "left behind");
    }
}

#[test]
fn check_shows_every_control_every_case_and_every_clause() {
    let place = Place::new();
    let ran = place.expect(0, &["sandbox", "check", "--backend", "local", "--json"]);
    let table: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rows = |name: &str| table[name].as_array().unwrap().clone();
    assert!(
        rows("controls").iter().any(|row| row["control"] == "network" && row["enforcement"] == "kernel"),
        "{table}"
    );
    let all = rows("cases").len() + rows("abuse").len();
    assert_eq!((table["fail"].as_u64(), table["pass"].as_u64()), (Some(0), Some(all as u64)), "{table}");
    assert!(rows("cases").iter().any(|row| row["case"] == "a dropped command is killed"), "{table}");
    let numbers: Vec<u64> = rows("abuse").iter().map(|row| row["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=46).collect::<Vec<_>>());
    let clauses: Vec<_> =
        rows("clauses").iter().map(|row| (row["clause"].clone(), row["verdict"].clone())).collect();
    let expected: Vec<_> = (1..=13).map(|number| (format!("C{number}").into(), "pass".into())).collect();
    assert_eq!(clauses, expected, "{table}");
}

#[test]
fn ps_and_reap_ask_every_sandbox_at_hand() {
    let place = Place::new();
    assert!(place.expect(0, &["sandbox", "ps"]).out.starts_with("BACKEND"));
    let ran = place.expect(0, &["sandbox", "reap"]);
    assert!(ran.out.contains("local: "), "{ran:?}");
    let ran = place.expect(0, &["sandbox", "ps", "--backend", "local", "--json"]);
    assert_eq!(ran.events(), [serde_json::json!({ "sessions": [], "unreachable": [] })]);
}

#[test]
fn a_broker_runs_what_others_ask_for() {
    let place = Place::new();
    let mut broker =
        place.start(&["sandbox", "serve", "--socket", "socket", "--backend", "local", "--sessions", "1"]);
    broker.until("Serving local as remote:unix:");
    let backend = format!("remote:unix:{}", place.path("socket").display());
    let run = |script: &str| {
        let arguments = ["sandbox", "run", "--backend", &backend, "--", "sh", "-c", script];
        place.command(&arguments).stdin(Stdio::null()).output().unwrap()
    };
    let output = run("printf 'Привет\\0\\377'; printf 'ошибка' >&2; exit 7");
    assert_eq!(output.stdout, ["Привет".as_bytes(), &[0, 0xff]].concat());
    assert_eq!((said(&output).as_str(), output.status.code()), ("ошибка", Some(7)));
    let mut busy =
        place.start(&["sandbox", "run", "--backend", &backend, "--", "sh", "-c", "echo ready; sleep 600"]);
    busy.until("ready");
    let ran = place.expect(0, &["sandbox", "ps", "--backend", &backend, "--json"]);
    assert_eq!(ran.events()[0]["sessions"].as_array().unwrap().len(), 1, "{ran:?}");
    let output = run("true");
    assert!(said(&output).contains("1 sessions are open, as many as there may be"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(125));
    busy.signal("INT");
    assert_eq!(busy.finish().code, Some(130));
    assert_eq!(run("true").status.code(), Some(0));
    broker.signal("TERM");
    assert_eq!(broker.finish().code, Some(0));
    assert_eq!(run("true").status.code(), Some(125));
}

#[test]
fn a_broker_at_an_address_serves_who_shows_a_certificate() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let place = Place::new();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    place.write("authority.pem", &authority.self_signed(&key).unwrap().pem());
    let issuer = Issuer::new(authority, key);
    for name in ["localhost", "worker"] {
        let key = KeyPair::generate().unwrap();
        let signed = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        place.write(&format!("{name}.pem"), &signed.pem());
        place.write(&format!("{name}.key"), &key.serialize_pem());
    }
    let shown = |name: &str| [format!("{name}.pem"), format!("{name}.key"), "authority.pem".to_owned()];
    let [certificate, key, signer] = shown("localhost");
    let mut broker = place.start(&[
        "sandbox",
        "serve",
        "--backend",
        "local",
        "--tls",
        "127.0.0.1:0",
        "--certificate",
        &certificate,
        "--key",
        &key,
        "--authority",
        &signer,
    ]);
    let line = broker.until("Serving local as remote:tls://127.0.0.1:");
    let port = line.split("127.0.0.1:").nth(1).unwrap().split('.').next().unwrap();
    let [certificate, key, signer] = shown("worker");
    let named =
        format!("remote:tls://localhost:{port}?certificate={certificate}&key={key}&authority={signer}");
    let run = |backend: &str| {
        let script = "printf 'Привет\\0\\377'; exit 7";
        let arguments = ["sandbox", "run", "--backend", backend, "--", "sh", "-c", script];
        place.command(&arguments).stdin(Stdio::null()).output().unwrap()
    };
    let output = run(&named);
    assert_eq!(output.stdout, ["Привет".as_bytes(), &[0, 0xff]].concat(), "{}", said(&output));
    assert_eq!(output.status.code(), Some(7));
    let output = run(&named.replace("&authority=authority.pem", ""));
    assert!(said(&output).contains("authority=… is missing"), "{}", said(&output));
    broker.signal("TERM");
    assert_eq!(broker.finish().code, Some(0));
}
