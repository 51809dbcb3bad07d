//! The branches of a project, as people name them.

use samokoder::{
    id::BranchId,
    store::{Branch, BranchInfo, Seq, StateStore},
};

use crate::{config::Config, failure::Failure, redaction};

/// The branches of a project, in the order in which they were made.
#[derive(Debug)]
pub(crate) struct Branches(Vec<BranchInfo>);

impl Branches {
    /// The branches of the project of this one.
    pub(crate) async fn load(store: &dyn StateStore, of: &Branch) -> Result<Self, Failure> {
        let mut infos = Vec::new();
        for branch in store.branches(&of.scope).await? {
            if branch.project == of.project {
                infos.push(store.info(&branch).await?);
            }
        }
        Ok(Self(infos))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &BranchInfo> {
        self.0.iter()
    }

    /// The branch with this name, or whose id has this in it.
    pub(crate) fn find(&self, text: &str) -> Result<&BranchInfo, Failure> {
        let named: Vec<_> = self.iter().filter(|info| info.name == text).collect();
        let by_id = || self.iter().filter(|info| info.branch.id.to_string().contains(text)).collect();
        let found: Vec<_> = if named.is_empty() { by_id() } else { named };
        match (found.as_slice(), text.is_empty()) {
            ([info], false) => Ok(info),
            ([], _) | (_, true) => Err(Failure::usage(format!(
                "there is no branch {text:?}; there is {}",
                list(&mut self.iter())
            ))),
            _ => Err(Failure::usage(format!(
                "{text:?} can be more than one branch; name its id: {}",
                list(&mut found.into_iter())
            ))),
        }
    }

    /// The name of a branch.
    pub(crate) fn name(&self, id: BranchId) -> &str {
        self.iter().find(|info| info.branch.id == id).map_or("another branch", |info| info.name.as_str())
    }

    /// Fails when a branch can't have this name.
    pub(crate) fn check_name(&self, name: &str, config: &Config) -> Result<(), Failure> {
        const MOST: usize = 100;
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '@' || c == '\'';
        if name.is_empty() || name.len() > MOST || name.starts_with('-') || name.contains(is_odd) {
            return Err(Failure::usage(format!(
                "{name:?} can't be the name of a branch: give a word, such as simpler"
            )));
        }
        if name.trim_start_matches('v').parse::<u64>().is_ok() {
            return Err(Failure::usage(format!("{name:?} can't be the name of a branch: it is a version")));
        }
        if redaction::is_secret(config, name) {
            let message =
                "there seems to be a key or a password in the name of the branch, which would be kept";
            return Err(Failure::usage(message));
        }
        match self.iter().find(|info| info.name == name) {
            Some(_) => Err(Failure::usage(format!(
                "there is a branch {name:?} already; choose another name, or check it out"
            ))),
            None => Ok(()),
        }
    }

    /// A name like this that no branch has.
    pub(crate) fn free_name(&self, name: &str) -> String {
        let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}-{n}")));
        let is_free = |name: &String| self.iter().all(|info| info.name != *name);
        names.find(is_free).unwrap_or_else(|| name.into())
    }

    /// The branches that a branch is made of, itself first, each with the last of its records that are part of it.
    pub(crate) fn lineage(&self, of: BranchId) -> Vec<(BranchId, Seq)> {
        let (mut id, mut until) = (of, Seq(u64::MAX));
        let mut lineage = vec![(id, until)];
        while let Some(parent) = self.iter().find(|info| info.branch.id == id).and_then(|info| info.parent) {
            (id, until) = (parent.branch, until.min(parent.at));
            lineage.push((id, until));
        }
        lineage
    }
}

/// The short form of an id: its end, since ids that were made at the same time begin alike.
pub(crate) fn short(id: BranchId) -> String {
    let text = id.to_string();
    text[text.len() - 8..].to_owned()
}

fn list(infos: &mut dyn Iterator<Item = &BranchInfo>) -> String {
    infos.map(|info| format!("{} ({})", info.name, short(info.branch.id))).collect::<Vec<_>>().join(", ")
}
