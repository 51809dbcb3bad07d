//! What the engine needs for a whole app: `samokoder new` with the offline model on the README's library.
//!
//! Target: at most 1 s from the description to the published folder, SQLite with full sync. The app's own tests are
//! left out: there is no sandbox, so the engine is all that is measured.
//!
//! `cargo bench --bench offline`

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]

mod machine;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode};
use samokoder::{
    open,
    pipeline::{NewProject, Pipeline, RunOptions},
    store::RunEnd,
};

const LIBRARY: &str = "A library: books with title, author, year and a genre (fiction, science, art); members with \
                       name and email; loans of a book to a member with a due date and a returned flag";

fn main() {
    machine::describe();
    let runtime = machine::runtime();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(10))
        .sample_size(20)
        .configure_from_args();
    let mut group = criterion.benchmark_group("offline");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function("library", |bench| {
        bench.iter_custom(|times| (0..times).map(|_| runtime.block_on(new())).sum());
    });
    group.finish();
    criterion.final_summary();
}

async fn new() -> Duration {
    let folder = machine::folder();
    let began = Instant::now();
    let store = Arc::new(machine::sqlite(folder.path()).await);
    let pipeline = Pipeline::builder(store).build().unwrap();
    let options = RunOptions::new(open::provider("offline").unwrap(), "offline".parse().unwrap());
    let options = options.folder(folder.path());
    let report = pipeline.start(NewProject::new(LIBRARY), options).await.unwrap().finish().await.unwrap();
    let took = began.elapsed();
    assert_eq!(report.end, RunEnd::Done { verified: false });
    assert!(folder.path().join("package.json").exists(), "the app is published");
    took
}
