use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use samokoder_core::{
    store::MemoryStore,
    testing::{
        self,
        store::{CASES, model::against_the_reference},
    },
};

use crate::broken_store::{BrokenStore, Fault};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_keeps_the_rules() {
    testing::store::conformance(async || MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_share_a_store_without_disturbing_each_other() {
    let store = MemoryStore::new();
    testing::store::conformance(async || store.clone()).await;
}

#[test]
fn no_rule_is_listed_twice() {
    let mut names: Vec<_> = CASES.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CASES.len());
}

#[tokio::test]
async fn the_memory_store_answers_as_itself() {
    for seed in 0..4 {
        let store = MemoryStore::new();
        against_the_reference(async || store.clone(), seed, 300).await;
    }
}

#[tokio::test]
async fn one_store_answers_for_several_seeds() {
    let store = MemoryStore::new();
    for seed in 0..3 {
        against_the_reference(async || store.clone(), seed, 100).await;
    }
}

/// Enough for every fault to be found by one of them.
const SEEDS: u64 = 6;
const OPERATIONS: usize = 300;

#[tokio::test]
async fn every_fault_of_a_store_is_found() {
    let mut unnoticed = Vec::new();
    for fault in Fault::ALL {
        let mut seeds = 0..SEEDS;
        let is_found = async |seed| {
            let store = BrokenStore::new(Some(fault));
            let run = against_the_reference(async || store.clone(), seed, OPERATIONS);
            AssertUnwindSafe(run).catch_unwind().await.is_err()
        };
        loop {
            match seeds.next() {
                Some(seed) if is_found(seed).await => break,
                Some(_) => {}
                None => break unnoticed.push(fault),
            }
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
}

#[tokio::test]
async fn a_store_without_a_fault_is_not_blamed() {
    for seed in 0..2 {
        let store = BrokenStore::new(None);
        against_the_reference(async || store.clone(), seed, OPERATIONS).await;
    }
}
