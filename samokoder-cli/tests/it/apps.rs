//! From a description to an app that is used, stopped and started again.

use crate::{client::Client, command::Place};

const ENGLISH: &str = "A planetarium: films with title, length in minutes, ticket price and a kind (dome, laser, live); \
    guides with name, email, website and a certified flag; screenings of a film with a start date, a weight and notes";

const RUSSIAN: &str = "Яхт-клуб: яхты с названием, длиной и датой постройки; капитаны с именем, почтой и стажем; \
    рейсы яхты с датой выхода, ценой и статусом (план, в море, завершён)";

/// Builds an app, uses it, and starts it again. Says what else must hold of it while it runs.
fn build_and_use(place: &Place, description: &str, also: impl Fn(&Client)) {
    let built = place.expect(0, &["new", description, "--dir", "app"]);
    assert!(built.out.contains("its own tests pass"), "{}", built.out);
    let kept = {
        let (running, address) = serve(place);
        let client = Client::new(&address);
        also(&client);
        client.exercise();
        let kept = client.everything();
        running.signal("INT");
        let ended = running.finish();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.ends_with("Stopped.\n"), "{}", ended.out);
        kept
    };
    assert!(place.path("app/data").read_dir().unwrap().next().is_some(), "the data is in the app's folder");
    let (_running, address) = serve(place);
    assert_eq!(Client::new(&address).everything(), kept, "what was kept is still there");
}

/// Starts the app on a free port and says where.
fn serve(place: &Place) -> (crate::command::Running, String) {
    let mut running = place.start(&["run", "app", "--port", "0"]);
    let line = running.until("Running at http://");
    let address = line.trim().rsplit('/').next().unwrap().to_owned();
    (running, address)
}

fn is_planetarium(client: &Client) {
    assert_eq!(client.field("laser")["values"], serde_json::json!(["dome", "laser", "live"]));
    assert_eq!(client.field("Ticket price")["type"], "money");
    assert_eq!(client.field("Certified")["type"], "boolean");
    assert_eq!(client.field("Film")["relation"], "/api/films");
}

fn is_yacht_club(client: &Client) {
    assert_eq!(client.field("в море")["label"], "Статус");
    assert_eq!(client.field("Дата постройки")["type"], "date");
    assert_eq!(client.field("Яхта")["relation"], "/api/yakhty");
}

#[test]
fn an_english_description_becomes_an_app_on_node() {
    build_and_use(&Place::new(), ENGLISH, is_planetarium);
}

#[test]
fn a_russian_description_becomes_an_app_on_node() {
    build_and_use(&Place::new(), RUSSIAN, is_yacht_club);
}

#[test]
fn an_english_description_becomes_an_app_on_python() {
    build_and_use(&Place::with_python_only(), ENGLISH, is_planetarium);
}

#[test]
fn a_russian_description_becomes_an_app_on_python() {
    build_and_use(&Place::with_python_only(), RUSSIAN, is_yacht_club);
}

#[test]
fn a_port_that_is_taken_is_refused_on_node() {
    let place = Place::new();
    place.expect(0, &["new", crate::command::SMALL, "--dir", "app"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = place.expect(2, &["run", "app", "--port", &port]);
    assert!(refused.err.contains(&format!("port {port} can't be used")), "{}", refused.err);
    assert!(refused.err.contains("choose another one with --port"), "{}", refused.err);
}

#[test]
fn an_app_is_served_by_one_command_at_a_time_on_node() {
    let place = Place::new();
    place.expect(0, &["new", crate::command::SMALL, "--dir", "app"]);
    let (running, address) = serve(&place);
    let second = place.expect(1, &["run", "app"]);
    assert!(
        second.err.contains(&format!("app is running already at http://{address}; stop it")),
        "{second:?}"
    );
    running.kill();
    serve(&place);
}
