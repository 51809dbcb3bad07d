//! Large contents somewhere else: `blobs` in `samokoder.toml`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use crate::command::{Place, SMALL};

/// Writes the setting, and builds an app of which some contents are large.
fn build(place: &Place, blobs: &str) {
    place.write("samokoder.toml", &format!("[history]\nblobs = \"{blobs}\"\n"));
    place.expect(0, &["new", SMALL, "--dir", "app", "--sandbox", "none"]);
}

fn count(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}

#[test]
fn large_contents_are_in_a_folder_beside_the_configuration_and_found_from_everywhere() {
    let place = Place::new();
    build(&place, "folder:contents");
    assert!(count(&place.path("contents")) > 0);
    let calls = place.expect(0, &["log", "app", "--calls", "--full"]).out;
    // Where they are is written down: what the configuration says is about apps that are made from then on.
    fs::remove_file(place.path("samokoder.toml")).unwrap();
    assert_eq!(place.expect(0, &["log", "app", "--calls", "--full"]).out, calls);
    place.expect(0, &["export", "app", "app.samokoder"]);
    place.expect(0, &["import", "app.samokoder", "--dir", "copy"]);
    fs::remove_dir_all(place.path("contents")).unwrap();
    assert_eq!(place.expect(0, &["log", "copy", "--calls", "--full"]).out, calls, "the copy has its own");
    place.expect(0, &["export", "copy", "copy.samokoder"]);
    assert!(
        fs::read(place.path("app.samokoder")).unwrap() == fs::read(place.path("copy.samokoder")).unwrap()
    );
}

#[test]
fn what_one_app_does_not_need_another_one_keeps() {
    let place = Place::new();
    build(&place, "folder:contents");
    let before = count(&place.path("contents"));
    place.expect(0, &["export", "app", "app.samokoder"]);
    place.expect(0, &["import", "app.samokoder", "--dir", "copy"]);
    assert_eq!(count(&place.path("contents")), 2 * before);
    let removed = place.expect(0, &["gc", "app", "--keep-calls", "0"]).out;
    assert!(removed.contains("Removed"), "{removed}");
    assert!(count(&place.path("contents")) < 2 * before, "{removed}");
    place.expect(0, &["export", "copy", "copy.samokoder"]);
    assert!(
        fs::read(place.path("app.samokoder")).unwrap() == fs::read(place.path("copy.samokoder")).unwrap()
    );
}

#[test]
fn a_place_for_contents_that_makes_no_sense_is_refused_and_leaves_nothing() {
    let place = Place::new();
    place.write("samokoder.toml", "[history]\nblobs = \"ftp://example.org\"\n");
    let refused = place.expect(2, &["new", SMALL, "--dir", "app"]);
    assert!(refused.err.contains("folder:PATH"), "{}", refused.err);
    assert!(!place.path("app").exists());
}

/// A server that speaks S3, with a bucket. It ends with this.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    #[expect(clippy::print_stderr, reason = "a test says what it needs")]
    fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("SAMOKODER_PYTHON_CLIENTS") else {
            eprintln!("left out: SAMOKODER_PYTHON_CLIENTS is not set; `cargo xtask test` sets it");
            return None;
        };
        let mut process = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = said.find_map(|line| Some(line.ok()?.split_once("Running on ")?.1.trim().to_owned()));
        // It tells each request.
        thread::spawn(move || said.for_each(drop));
        let server = Self { process, address: address.unwrap() };
        let make = "import boto3, sys; boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1', \
                    aws_access_key_id='someone', aws_secret_access_key='something').create_bucket(Bucket='apps')";
        let made = Command::new(python).args(["-c", make, &server.address]).status().unwrap();
        assert!(made.success());
        Some(server)
    }
}

#[test]
fn large_contents_are_in_a_bucket_with_python_clients() {
    let Some(server) = Server::start() else { return };
    let place = Place::new();
    place.write("samokoder.toml", "[history]\nblobs = \"s3://apps/some/prefix\"\n");
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command
            .env("AWS_ACCESS_KEY_ID", "someone")
            .env("AWS_SECRET_ACCESS_KEY", "something-secret")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", &server.address);
        let ran = crate::command::Running::start(command).finish();
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:#?}");
        ran.out
    };
    run(&["new", SMALL, "--dir", "app", "--sandbox", "none"]);
    run(&["export", "app", "app.samokoder"]);
    run(&["gc", "app"]);
    run(&["import", "app.samokoder", "--dir", "copy"]);
    assert_eq!(run(&["log", "app", "--calls", "--full"]), run(&["log", "copy", "--calls", "--full"]));
    for (name, content) in place.everything() {
        let content = String::from_utf8_lossy(&content);
        assert!(!content.contains("something-secret"), "the key is in {name}");
    }
    // What is in the bucket is not in the file.
    let card = fs::read_to_string(place.path("app/.samokoder/project.json")).unwrap();
    assert!(card.contains("s3://apps/some/prefix/"), "{card}");
    drop(server);
}
