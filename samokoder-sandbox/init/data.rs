//! How much is in the data folder: looked at in small pieces, because a supervisor has other things to do.

use std::{
    fs::{self, ReadDir},
    io,
    os::unix::fs::MetadataExt as _,
    time::{Duration, Instant},
};

use crate::wire::WORKSPACE;

/// Between two walks: so many times as long as the last one took, and at least the shortest.
const REST: u32 = 10;
const SHORTEST_REST: Duration = Duration::from_millis(200);

/// How long there may be more than the limit from before, as long as it does not get more.
const GRACE: Duration = Duration::from_secs(5);

/// How many times the limit there may be in that time.
const MOST: u64 = 16;

/// How much of the way is gone at a time.
const PIECE: Duration = Duration::from_millis(4);

/// A walk through the data folder, again and again.
pub struct Walk {
    limit: u64,
    /// Until when there may be more than the limit, if there was before; not at all once a walk has found less.
    grace: Option<Instant>,
    /// How much the last walk found.
    before: Option<u64>,
    /// The folders that are open, the deepest last.
    open: Vec<(String, ReadDir)>,
    bytes: u64,
    spent: Duration,
    next: Instant,
}

impl Walk {
    /// A walk that finds whether there are more than `limit` bytes, as there are already if it `has_too_much`.
    pub fn new(limit: u64, has_too_much: bool) -> Self {
        Self {
            limit,
            grace: has_too_much.then(|| Instant::now() + GRACE),
            before: None,
            open: Vec::new(),
            bytes: 0,
            spent: Duration::ZERO,
            next: Instant::now() + SHORTEST_REST,
        }
    }

    /// Goes a piece of the way; says whether there is too much. A command that finds too much from before gets the time to
    /// take away of it.
    pub fn advance(&mut self) -> bool {
        let now = Instant::now();
        if self.open.is_empty() {
            if now < self.next {
                return false;
            }
            if !self.begin() {
                return false;
            }
        }
        // Where some is taken away, all of it is counted; but what nobody could take away in time is too much at once.
        let most = if self.grace.is_some() { self.limit.saturating_mul(MOST) } else { self.limit };
        if self.go(most, Some(now + PIECE)) {
            return true;
        }
        self.spent += now.elapsed();
        let is_over = self.bytes > self.limit && self.grace.is_none_or(|grace| now > grace);
        if !self.open.is_empty() || is_over {
            return is_over;
        }
        let next = Instant::now() + (self.spent * REST).max(SHORTEST_REST);
        self.next = self.grace.map_or(next, |grace| grace.min(next));
        self.grace.take_if(|_| self.bytes <= self.limit);
        let before = self.before.replace(self.bytes);
        self.bytes > self.limit && before.is_some_and(|before| self.bytes > before)
    }

    /// Goes the whole way; says whether there is too much.
    pub fn complete(&mut self) -> bool {
        self.open.clear();
        self.begin() && self.go(self.limit, None)
    }

    fn begin(&mut self) -> bool {
        (self.bytes, self.spent) = (0, Duration::ZERO);
        let top = format!("{WORKSPACE}/data");
        // A command may have moved it away within the workspace; it can't: it is a mount.
        let Ok(entries) = fs::read_dir(&top) else { return false };
        self.open.push((top, entries));
        true
    }

    /// Goes on until then, or to the end; says whether there is more than `most`.
    fn go(&mut self, most: u64, until: Option<Instant>) -> bool {
        while let Some((folder, entries)) = self.open.last_mut() {
            if until.is_some_and(|until| Instant::now() > until) {
                return false;
            }
            let Some(entry) = entries.next() else {
                self.open.pop();
                continue;
            };
            let seen = entry.and_then(|entry| Ok((entry.metadata()?, entry.file_name())));
            let deeper = match seen {
                Ok((found, name)) => {
                    // What is allocated, as `du` counts it, and not less for each name than an empty file takes.
                    self.bytes += (found.blocks() * 512).max(256);
                    let path = found.is_dir().then(|| format!("{folder}/{}", name.to_string_lossy()));
                    path.map(|path| fs::read_dir(&path).map(|entries| (path, entries))).transpose()
                }
                Err(error) => Err(error),
            };
            match deeper {
                Ok(deeper) => self.open.extend(deeper),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // Deeper than a path can be long: nobody hides anything there.
                Err(_) => self.bytes = u64::MAX,
            }
            if self.bytes > most {
                self.open.clear();
                return true;
            }
        }
        false
    }
}
