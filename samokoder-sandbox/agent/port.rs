//! A connection to something that listens in the session, or of a command to the way out.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream},
    os::fd::{AsRawFd as _, RawFd},
    time::Duration,
};

use crate::{
    At as _,
    connection::Answers,
    stream::Stream,
    sys,
    wire::{self, Failure, Frame, Kind, WINDOW},
};

/// Over loopback an answer is there at once, unless who listens never takes anyone.
const PATIENCE: Duration = Duration::from_millis(200);

/// A connection to a port.
pub struct Port {
    socket: TcpStream,
    credit: u64,
    waiting: Vec<u8>,
    input_ended: bool,
    output_ended: bool,
    broken: bool,
}

impl Port {
    pub fn connect(port: u16) -> Result<Self, Failure> {
        let connect = |address: SocketAddr| TcpStream::connect_timeout(&address, PATIENCE);
        let socket = connect((Ipv4Addr::LOCALHOST, port).into())
            .or_else(|refused| connect((Ipv6Addr::LOCALHOST, port).into()).map_err(|_| refused));
        socket.and_then(Self::over).at("connect")
    }

    /// What is said on a connection that is there.
    pub fn over(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let _ = socket.set_nodelay(true);
        Ok(Self {
            socket,
            credit: WINDOW.into(),
            waiting: Vec::new(),
            input_ended: false,
            output_ended: false,
            broken: false,
        })
    }

    fn write(&mut self, answers: &mut Answers<'_>) {
        while !self.waiting.is_empty() {
            match self.socket.write(&self.waiting) {
                Ok(count) => {
                    self.waiting.drain(..count);
                    answers.credit(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.broken = true,
            }
        }
        if self.input_ended {
            let _ = self.socket.shutdown(Shutdown::Write);
        }
    }

    fn read(&mut self, answers: &mut Answers<'_>) {
        let mut buffer = vec![0; wire::PIECE.min(self.credit as usize)];
        if buffer.is_empty() || self.output_ended {
            return;
        }
        match self.socket.read(&mut buffer) {
            Ok(0) => {
                self.output_ended = true;
                answers.send(Kind::End, &[]);
            }
            Ok(count) => {
                self.credit -= count as u64;
                answers.send(Kind::Data, &buffer[..count]);
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => self.broken = true,
        }
    }
}

impl Stream for Port {
    fn interest(&self) -> Option<(RawFd, i16)> {
        let readable = if self.credit > 0 && !self.output_ended { sys::READABLE } else { 0 };
        let writable = if self.waiting.is_empty() { 0 } else { sys::WRITABLE };
        let events = readable | writable;
        (events != 0).then(|| (self.socket.as_raw_fd(), events))
    }

    fn go_on(&mut self, answers: &mut Answers<'_>) {
        self.write(answers);
        self.read(answers);
        if self.is_over() {
            answers.send(Kind::Done, &[]);
        }
    }

    fn take(&mut self, frame: Frame, answers: &mut Answers<'_>) {
        match frame.kind {
            Kind::Data => self.waiting.extend_from_slice(&frame.payload),
            Kind::End => self.input_ended = true,
            Kind::Credit => self.credit += wire::Reader(&frame.payload).u64().unwrap_or(0),
            _ => {}
        }
        self.write(answers);
        if self.is_over() {
            answers.send(Kind::Done, &[]);
        }
    }

    fn is_over(&self) -> bool {
        self.broken || (self.input_ended && self.waiting.is_empty() && self.output_ended)
    }
}
