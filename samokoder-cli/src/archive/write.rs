//! Writing the file.

use std::{
    collections::BTreeSet,
    io::{self, Seek, Write},
};

use samokoder::{
    digest::Digest,
    store::{Branch, Seq, StoreErrorKind, Stored},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{BranchEntry, FORMAT, MANIFEST, Manifest, content_entry, log_entry, signals_entry};
use crate::{failure::Failure, project::Project};

/// Writes a project to a file. The same history gives the same bytes: nothing in it depends on when and where it is written.
pub(crate) async fn write<W: Write + Seek>(project: &Project, out: W) -> Result<(Manifest, W), Failure> {
    let mut parts = Vec::new();
    let mut needed = BTreeSet::new();
    let mut branches = Vec::new();
    for info in project.branches().await?.iter() {
        let start = info.parent.map_or(Seq::START, |parent| parent.at);
        let records = own_records(project, &info.branch, start, info.head).await?;
        needed.extend(records.iter().flat_map(|stored| stored.record.contents()));
        let signals = project.store.signals(&info.branch).await?;
        let entry = BranchEntry {
            id: info.branch.id,
            name: info.name.clone(),
            parent: info.parent,
            head: info.head,
            tip: info.tip,
            signals: signals.len(),
        };
        parts.push((
            log_entry(entry.id),
            lines(&records, |stored| Ok(format!("{} {}\n", stored.at_ms, stored.record.encode()?)))?,
        ));
        parts.push((
            signals_entry(entry.id),
            lines(&signals, |(id, signal)| Ok(format!("{id} {}\n", signal.encode()?)))?,
        ));
        branches.push(entry);
    }
    let collected = collected(project, &needed).await?;
    let card = &project.card;
    let manifest = Manifest {
        format: FORMAT,
        project: card.branch.project,
        branch: card.branch.id,
        description: card.description.clone(),
        name: card.name.clone(),
        branches,
        collected,
    };
    let failed = |error: io::Error| Failure::failed(format!("the file can't be written: {error}"));
    let mut zip = ZipWriter::new(out);
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
    put(&mut zip, MANIFEST, &text).map_err(failed)?;
    for (name, text) in parts {
        put(&mut zip, &name, text.as_bytes()).map_err(failed)?;
    }
    let gone: BTreeSet<_> = manifest.collected.iter().collect();
    for digest in needed.iter().filter(|digest| !gone.contains(digest)) {
        let content =
            project.store.blob(&card.branch.scope, *digest).await.map_err(|error| match error.kind {
                StoreErrorKind::NotFound => {
                    Failure::failed("`gc` has just removed some of it; export it again")
                }
                _ => error.into(),
            })?;
        put(&mut zip, &content_entry(*digest), &content).map_err(failed)?;
    }
    let out = zip.finish().map_err(|error| failed(error.into()))?;
    Ok((manifest, out))
}

fn put<W: Write + Seek>(zip: &mut ZipWriter<W>, name: &str, content: &[u8]) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    zip.start_file(name, options)?;
    zip.write_all(content)
}

/// A branch's own records up to `head`: a run may have gone on since it was asked for.
async fn own_records(
    project: &Project,
    branch: &Branch,
    start: Seq,
    head: Seq,
) -> Result<Vec<Stored>, Failure> {
    let count = usize::try_from(head.0.saturating_sub(start.0)).unwrap_or(usize::MAX);
    let mut records = Vec::new();
    while records.len() < count {
        let page =
            project.store.read(branch, start.after(records.len()), (count - records.len()).min(1000)).await?;
        if page.is_empty() {
            break;
        }
        records.extend(page);
    }
    Ok(records)
}

fn lines<T>(items: &[T], line: impl Fn(&T) -> Result<String, Failure>) -> Result<String, Failure> {
    items.iter().map(line).collect()
}

/// Those that are no longer kept.
async fn collected(project: &Project, needed: &BTreeSet<Digest>) -> Result<Vec<Digest>, Failure> {
    let mut collected = Vec::new();
    for digest in needed {
        match project.store.blob(&project.card.branch.scope, *digest).await {
            Ok(_) => {}
            Err(error) if error.kind == StoreErrorKind::NotFound => collected.push(*digest),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(collected)
}
