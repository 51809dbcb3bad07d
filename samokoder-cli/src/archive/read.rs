//! Reading the file: all of it is looked at before anything is made of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    io::{Read, Seek},
};

use samokoder::{
    digest::Digest,
    id::{BranchId, SignalId},
    project::Change,
    store::{Link, Record, Seq, Signal, StoreError, StoreErrorKind},
};
use zip::ZipArchive;

use super::{BranchEntry, FORMAT, MANIFEST, Manifest, content_entry, log_entry, signals_entry};

/// The most that an entry may be, in bytes: far more than any content is, and no more than a machine has.
const LARGEST: u64 = 1 << 30;

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Refused {
    /// A newer version wrote it.
    Newer(String),
    /// It is none of ours, or is damaged.
    Damaged(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::NewerFormat => Self::Newer(error.message),
            _ => Self::Damaged(error.message),
        }
    }
}

fn damaged(what: impl Display) -> Refused {
    Refused::Damaged(what.to_string())
}

/// A file that holds a project, and that is whole.
pub(crate) struct Archive<R> {
    zip: ZipArchive<R>,
    pub(crate) manifest: Manifest,
}

/// A record with the time at which it was stored, in milliseconds since 1970.
pub(crate) type Timed = (u64, Record);

impl<R: Read + Seek> Archive<R> {
    /// Reads a file and verifies it: each log by its hash chain, each content by its hash, and that neither more nor less is
    /// there than the logs refer to.
    pub(crate) fn open(file: R) -> Result<Self, Refused> {
        let mut zip = ZipArchive::new(file).map_err(damaged)?;
        let text = entry(&mut zip, MANIFEST)?;
        let format = serde_json::from_slice::<serde_json::Value>(&text).map_err(damaged)?["format"].as_u64();
        if let Some(format) = format.filter(|format| *format > u64::from(FORMAT)) {
            return Err(Refused::Newer(format!("format {format}")));
        }
        let manifest: Manifest = serde_json::from_slice(&text).map_err(damaged)?;
        let mut archive = Self { zip, manifest };
        archive.verify()?;
        Ok(archive)
    }

    /// A branch's own records.
    pub(crate) fn records(&mut self, branch: BranchId) -> Result<Vec<Timed>, Refused> {
        let record = |time: &str, json: &str| Ok((time.parse().map_err(damaged)?, Record::decode(json)?));
        lines(&entry(&mut self.zip, &log_entry(branch))?, record)
    }

    /// A branch's signals that no run has taken.
    pub(crate) fn signals(&mut self, branch: BranchId) -> Result<Vec<(SignalId, Signal)>, Refused> {
        let signal = |id: &str, json: &str| Ok((id.parse().map_err(damaged)?, Signal::decode(json)?));
        lines(&entry(&mut self.zip, &signals_entry(branch))?, signal)
    }

    /// A content. `None` when it was collected.
    pub(crate) fn content(&mut self, digest: Digest) -> Result<Option<Vec<u8>>, Refused> {
        if self.manifest.collected.binary_search(&digest).is_ok() {
            return Ok(None);
        }
        entry(&mut self.zip, &content_entry(digest)).map(Some)
    }

    fn verify(&mut self) -> Result<(), Refused> {
        let branches = self.manifest.branches.clone();
        let mut chains = Chains::default();
        let mut needed = BTreeSet::new();
        for branch in &branches {
            let records = self.records(branch.id)?;
            if branch.parent.is_none() && !self.is_described(&records) {
                return Err(damaged("it was not begun with the description that is said"));
            }
            needed.extend(records.iter().flat_map(|(_, record)| record.contents()));
            let first = match branch.parent {
                None => Link::first(self.manifest.project, branch.id),
                Some(parent) => chains
                    .at(parent.branch, parent.at)
                    .ok_or_else(|| damaged(format!("branch {} leaves one that is not there", branch.name)))?,
            };
            chains.add(branch, first, &records)?;
            if self.signals(branch.id)?.len() != branch.signals {
                return Err(damaged(format!("signals of branch {} are missing", branch.name)));
            }
        }
        if !branches.iter().any(|branch| branch.id == self.manifest.branch) {
            return Err(damaged("the branch that is checked out is missing"));
        }
        self.verify_contents(&needed)?;
        let logs = branches.iter().flat_map(|branch| [log_entry(branch.id), signals_entry(branch.id)]);
        let kept = needed.iter().filter(|digest| self.manifest.collected.binary_search(digest).is_err());
        let expected =
            std::iter::once(MANIFEST.to_owned()).chain(logs).chain(kept.map(|digest| content_entry(*digest)));
        if !self.zip.file_names().map(Result::ok).eq(expected.map(|name| Some(name.into()))) {
            return Err(damaged("its entries are not those of such a file, in their order"));
        }
        Ok(())
    }

    /// Whether the first of these records say what the manifest says of the project.
    fn is_described(&self, records: &[Timed]) -> bool {
        let Manifest { description, name, .. } = &self.manifest;
        let changes = records.iter().flat_map(|(_, record)| match record {
            Record::Commit(commit) => &*commit.changes,
            _ => &[],
        });
        let mut described = changes.filter_map(|change| match change {
            Change::Described { description, name, .. } => Some((description, name)),
            _ => None,
        });
        described.next() == Some((description, name))
    }

    fn verify_contents(&mut self, needed: &BTreeSet<Digest>) -> Result<(), Refused> {
        let collected = &self.manifest.collected;
        if !collected.is_sorted() || !collected.iter().all(|digest| needed.contains(digest)) {
            return Err(damaged("contents are said to be gone that were never there"));
        }
        for digest in needed {
            let content = self.content(*digest)?;
            if content.is_some_and(|content| Digest::of(&content) != *digest) {
                return Err(damaged(format!("content {digest} is another one")));
            }
        }
        Ok(())
    }
}

/// The links of the branches that were read.
#[derive(Default)]
struct Chains(BTreeMap<BranchId, Chain>);

struct Chain {
    parent: Option<(BranchId, Seq)>,
    start: Seq,
    /// Before the first of its own records, and after each.
    links: Vec<Link>,
}

impl Chains {
    /// The link after a record of a branch.
    fn at(&self, branch: BranchId, at: Seq) -> Option<Link> {
        let mut chain = self.0.get(&branch)?;
        while let Some((parent, _)) = chain.parent.filter(|(_, start)| at < *start) {
            chain = self.0.get(&parent)?;
        }
        let place = at.0.checked_sub(chain.start.0)?;
        chain.links.get(usize::try_from(place).ok()?).copied()
    }

    fn add(&mut self, branch: &BranchEntry, first: Link, records: &[Timed]) -> Result<(), Refused> {
        let start = branch.parent.map_or(Seq::START, |parent| parent.at);
        let mut links = vec![first];
        let mut link = first;
        for (at, (at_ms, record)) in records.iter().enumerate() {
            link = link.next(start.after(at + 1), *at_ms, &record.encode()?);
            links.push(link);
        }
        if start.after(records.len()) != branch.head || link.digest() != branch.tip {
            return Err(damaged(format!(
                "the log of branch {} is not the one that was written",
                branch.name
            )));
        }
        let parent = branch.parent.map(|parent| (parent.branch, parent.at));
        match self.0.insert(branch.id, Chain { parent, start, links }) {
            None => Ok(()),
            Some(_) => Err(damaged(format!("branch {} is in it twice", branch.name))),
        }
    }
}

fn entry<R: Read + Seek>(zip: &mut ZipArchive<R>, name: &str) -> Result<Vec<u8>, Refused> {
    let entry = zip.by_name(name).map_err(|error| damaged(format!("{name}: {error}")))?;
    let mut content = Vec::new();
    entry.take(LARGEST + 1).read_to_end(&mut content).map_err(|error| damaged(format!("{name}: {error}")))?;
    if content.len() as u64 > LARGEST {
        return Err(damaged(format!("{name} is larger than anything that is written")));
    }
    Ok(content)
}

/// Lines of two fields, the first of which has no space in it.
fn lines<T>(text: &[u8], line: impl Fn(&str, &str) -> Result<T, Refused>) -> Result<Vec<T>, Refused> {
    let text = std::str::from_utf8(text).map_err(damaged)?;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(damaged("a line is cut off"));
    }
    let fields = |text: &str| match text.split_once(' ') {
        Some((first, rest)) => line(first, rest),
        None => Err(damaged("a line has no second field")),
    };
    // Not `lines`: a carriage return is none of ours.
    text.split_terminator('\n').map(fields).collect()
}
