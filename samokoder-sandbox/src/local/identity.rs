//! Who commands are for the host's kernel.

use std::fs;

use samokoder_core::sandbox::{SandboxError, SandboxErrorKind};

/// The host ids for (the session's own init, its commands), or `None` when both are the user that started this process.
///
/// # Errors
/// When commands would be the host's root.
pub(super) fn host_ids(wanted: (u32, u32)) -> Result<Option<(u32, u32)>, SandboxError> {
    let own = rustix::process::geteuid().as_raw();
    let users = Map::read("/proc/self/uid_map")?;
    // A process can look like an ordinary user, or like root, inside a user namespace: what counts is who it is outside.
    if users.outside(own) != Some(0) {
        return Ok(None);
    }
    let groups = Map::read("/proc/self/gid_map")?;
    let usable = |id: u32| [&users, &groups].iter().all(|map| map.outside(id).is_some_and(|id| id != 0));
    if usable(wanted.0) && usable(wanted.1) && wanted.0 != wanted.1 {
        return Ok(Some(wanted));
    }
    let highest = |below: u32| users.highest_below(below, &usable);
    highest(u32::MAX).and_then(|command| Some((highest(command)?, command))).map(Some).ok_or_else(|| {
        SandboxError::new(
            SandboxErrorKind::Unsupported,
            "open",
            "this process is root and has no other user id to give to commands. Start it as an ordinary user, or \
             in a user namespace that maps at least three ids",
        )
    })
}

/// A map of a user namespace: (first id inside, first id outside, how many).
#[derive(Debug)]
struct Map(Vec<(u32, u32, u32)>);

impl Map {
    fn read(path: &str) -> Result<Self, SandboxError> {
        let text = fs::read_to_string(path).map_err(|error| SandboxError::io("open", &error))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let mut numbers = line.split_whitespace().map(|number| number.parse().ok());
            Some((numbers.next()??, numbers.next()??, numbers.next()??))
        };
        Self(text.lines().filter_map(line).collect())
    }

    fn outside(&self, id: u32) -> Option<u32> {
        self.0.iter().find_map(|(inside, outside, count)| {
            let offset = id.checked_sub(*inside).filter(|offset| offset < count)?;
            outside.checked_add(offset)
        })
    }

    /// The highest usable id of a range that is below `limit`.
    fn highest_below(&self, limit: u32, usable: &dyn Fn(u32) -> bool) -> Option<u32> {
        let last = |(inside, _, count): &(u32, u32, u32)| {
            let last = inside.checked_add(count.checked_sub(1)?)?.min(limit.checked_sub(1)?);
            (last >= *inside && usable(last)).then_some(last)
        };
        self.0.iter().filter_map(last).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_followed_to_the_outside() {
        let map = Map::parse("         0     100000      65536\n 70000 0 1\n");
        assert_eq!(map.outside(0), Some(100_000));
        assert_eq!(map.outside(65_535), Some(165_535));
        assert_eq!(map.outside(65_536), None);
        assert_eq!(map.outside(70_000), Some(0));
        assert_eq!(map.highest_below(u32::MAX, &|id| id != 70_000), Some(65_535));
        assert_eq!(map.highest_below(65_535, &|_| true), Some(65_534));
    }
}
