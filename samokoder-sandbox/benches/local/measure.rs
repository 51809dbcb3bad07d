//! How times are taken.

use std::{
    cell::RefCell,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode};

/// Runs one thing as often as asked for, and remembers how long each took.
pub(crate) fn measure(criterion: &mut Criterion, name: &str, mut run: impl FnMut() -> Duration) {
    let measured = RefCell::new(Vec::<Duration>::new());
    let mut group = criterion.benchmark_group("sandbox");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function(name, |bench| {
        bench.iter_custom(|times| {
            (0..times)
                .map(|_| {
                    let time = run();
                    measured.borrow_mut().push(time);
                    time
                })
                .sum()
        });
    });
    group.finish();
    let mut times = measured.into_inner();
    times.sort();
    if let Some(last) = times.len().checked_sub(1) {
        let at = |percent: usize| times[last * percent / 100];
        println!("{name}: p50 {:.2?}, p95 {:.2?}, p99 {:.2?} of {}", at(50), at(95), at(99), times.len());
    }
}

pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = run();
    (began.elapsed(), done)
}

pub(crate) fn host(argv: &[&str]) -> Duration {
    let (time, status) = timed(|| Command::new(argv[0]).args(&argv[1..]).stdin(Stdio::null()).status());
    assert!(status.unwrap().success());
    time
}
