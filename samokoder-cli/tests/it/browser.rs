//! The page of an app that came out, in a real browser, with a keyboard.

use std::{process::Command, time::Duration, time::Instant};

use serde_json::{Value, json};

use crate::{
    command::{Place, Running},
    http,
};

/// How long anything in the browser may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";

/// A browser that is driven through its driver.
struct Browser {
    driver: String,
    session: String,
    _process: Running,
}

impl Browser {
    fn open(page: &str) -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let mut process = Running::start(command);
        let ready = process.until("successfully on port ");
        let port = ready.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap();
        let driver = format!("127.0.0.1:{port}");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=360,740",
        ];
        let options = json!({"goog:chromeOptions": {"args": arguments}});
        let wanted = json!({"capabilities": {"alwaysMatch": options}});
        let opened = http::send(&driver, "POST", "/session", Some(&wanted)).body;
        let session = opened["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned();
        let browser = Self { driver, session, _process: process };
        browser.tell("POST", "url", &json!({"url": page}));
        browser
    }

    fn tell(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{path}", self.session);
        http::send(&self.driver, method, &path, Some(body)).body["value"].take()
    }

    fn run(&self, script: &str) -> Value {
        self.tell("POST", "execute/sync", &json!({"script": format!("return {script}"), "args": []}))
    }

    /// Waits until an expression is true on the page.
    fn wait(&self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        while self.run(expression) != Value::Bool(true) {
            let page = || self.run("document.body.innerText");
            assert!(Instant::now() < until, "never true: {expression}; the page says: {}", page());
        }
    }

    fn wait_for_text(&self, text: &str) {
        self.wait(&format!("document.body.innerText.includes({})", json!(text)));
    }

    /// Types into whatever has the focus.
    fn type_keys(&self, keys: &str) {
        let typed: Vec<_> = keys
            .chars()
            .flat_map(|key| {
                [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
            })
            .collect();
        self.tell(
            "POST",
            "actions",
            &json!({"actions": [{"type": "key", "id": "keyboard", "actions": typed}]}),
        );
    }

    fn focus(&self, selector: &str) {
        self.wait(&format!(
            "(document.querySelector({0})?.focus(), document.activeElement?.matches({0}))",
            json!(selector)
        ));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser is a child of the driver, and would outlive it.
        http::send(&self.driver, "DELETE", &format!("/session/{}", self.session), None);
    }
}

#[test]
fn records_are_kept_with_a_keyboard_on_a_phone_in_a_browser() {
    let place = Place::new();
    let description =
        "A wine cellar: wines with name, year and colour (red, white); tastings of a wine with a date";
    place.expect(0, &["new", description, "--dir", "app"]);
    let mut app = place.start(&["run", "app"]);
    let ready = app.until("http://");
    let address = ready.trim_end().split_once("http://").unwrap().1;

    let browser = Browser::open(&format!("http://{address}/#/wines"));
    browser.wait_for_text("No wines yet");
    browser.focus("a.primary[href$='new']");
    browser.type_keys(ENTER);
    browser.wait(
        "document.activeElement?.closest('dialog') !== null && document.activeElement?.tagName === 'INPUT'",
    );

    // A form without a name comes back with a message, and the focus where something is to be done.
    browser.type_keys(ENTER);
    browser.wait("document.activeElement?.getAttribute('aria-invalid') === 'true'");
    browser.type_keys(&format!("Saperavi{TAB}2019{TAB}r{TAB}{TAB}{ENTER}"));
    browser.wait("document.querySelector('dialog') === null && document.body.innerText.includes('Saperavi')");
    let wines = http::send(address, "GET", "/api/wines", None).body;
    assert_eq!(wines, json!([{"id": 1, "name": "Saperavi", "year": 2019, "colour": "red"}]));

    // A record that refers to another one shows its name, not its number.
    let tasting = json!({"wine_id": 1, "date": "2026-05-01"});
    assert_eq!(http::send(address, "POST", "/api/tastings", Some(&tasting)).status, 201);
    browser.run("void (location.hash = '#/tastings')");
    browser.wait("document.querySelector('tbody tr')?.innerText.includes('Saperavi') === true");
    let too_wide = browser.run("document.documentElement.scrollWidth > window.innerWidth");
    assert_eq!(too_wide, Value::Bool(false), "on a phone nothing is beside the screen");
}
