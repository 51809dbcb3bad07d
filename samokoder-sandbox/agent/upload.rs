//! Files that come in.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::{
        fd::RawFd,
        unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    },
};

use crate::{
    At as _,
    connection::Answers,
    files,
    stream::Stream,
    sys,
    wire::{Failure, Frame, Kind, Setup},
};

const EISDIR: i32 = 21;

/// Where content goes until it is complete, beside its place.
const TEMPORARY: &str = ".samokoder-incoming";

/// Files that come in, one after the other. Each takes its place when it is complete.
pub struct Upload {
    setup: Setup,
    current: Option<Incoming>,
    over: bool,
}

struct Incoming {
    folder: File,
    name: OsString,
    path: Vec<u8>,
    file: File,
    first: bool,
}

impl Upload {
    pub fn new(setup: &Setup) -> Self {
        Self { setup: setup.clone(), current: None, over: false }
    }

    fn begin(&mut self, path: Vec<u8>) -> Result<(), Failure> {
        self.finish()?;
        let open = || {
            let invalid = || io::Error::from_raw_os_error(22);
            let name = files::enter_parent(&self.setup, &path, true)?.ok_or_else(invalid)?;
            if fs::symlink_metadata(&name).is_ok_and(|found| found.is_dir()) {
                return Err(io::Error::from_raw_os_error(EISDIR));
            }
            let folder = files::open_folder(".")?;
            let _ = fs::remove_file(TEMPORARY);
            let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(TEMPORARY)?;
            Ok((folder, name, file))
        };
        let (folder, name, file) = open().at(&step(&path))?;
        self.current = Some(Incoming { folder, name, path, file, first: true });
        Ok(())
    }

    fn add(&mut self, content: &[u8]) -> Result<(), Failure> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let runnable = content.starts_with(b"#!") || content.starts_with(b"\x7fELF");
        let mark = std::mem::replace(&mut current.first, false) && runnable;
        let mark =
            if mark { current.file.set_permissions(fs::Permissions::from_mode(0o755)) } else { Ok(()) };
        mark.and_then(|()| current.file.write_all(content)).at(&step(&current.path))
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let Some(current) = self.current.take() else { return Ok(()) };
        let placed = sys::enter(&current.folder).and_then(|()| fs::rename(TEMPORARY, &current.name));
        placed.at(&step(&current.path))
    }
}

fn step(path: &[u8]) -> String {
    format!("write {}", String::from_utf8_lossy(path))
}

impl Stream for Upload {
    fn interest(&self) -> Option<(RawFd, i16)> {
        None
    }

    fn go_on(&mut self, _: &mut Answers<'_>) {}

    fn take(&mut self, frame: Frame, answers: &mut Answers<'_>) {
        let done = match frame.kind {
            Kind::File => self.begin(frame.payload),
            Kind::Data => {
                answers.credit(frame.payload.len());
                self.add(&frame.payload)
            }
            Kind::End => self.finish().map(|()| {
                self.over = true;
                answers.conclude(Ok(Vec::new()));
            }),
            _ => Ok(()),
        };
        if let Err(failure) = done {
            self.over = true;
            answers.conclude(Err(failure));
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(current) = self.current.take()
            && sys::enter(&current.folder).is_ok()
        {
            let _ = fs::remove_file(TEMPORARY);
        }
    }
}
