//! A server that answers every request with the same answer, in a process of its own.
//!
//! The first part of a request's path says in which form; see [`Form`].

use std::{
    env,
    io::{self, BufRead as _, Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{Fault, measure, traffic};

/// The server's process. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Mock {
    process: Child,
    address: String,
}

impl Mock {
    pub(crate) fn start() -> Result<Self, Fault> {
        let mut process = Command::new(env::current_exe()?)
            .arg("mock")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        io::BufReader::new(process.stdout.take().ok_or("no pipe")?).read_line(&mut address)?;
        Ok(Self { process, address: address.trim().to_owned() })
    }

    /// The base URL where answers have this form.
    pub(crate) fn base(&self, form: &str) -> String {
        format!("http://{}/{form}/v1", self.address)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How the answer is sent.
struct Form {
    head: &'static str,
    /// Each is a chunk of HTTP's.
    chunks: Vec<Vec<u8>>,
    /// How many chunks go out in one write.
    together: usize,
    delay: Duration,
    /// Between two writes.
    pause: Duration,
    /// The answer never ends.
    open: bool,
}

impl Form {
    fn named(name: &str) -> Self {
        let events = || traffic::stream().into_iter().map(String::into_bytes);
        let form = Self {
            head: "text/event-stream",
            chunks: events().collect(),
            together: usize::MAX,
            delay: Duration::ZERO,
            pause: Duration::ZERO,
            open: false,
        };
        match name.split_once('-') {
            // Half of it comes.
            _ if name == "half" => {
                Self { chunks: events().take(traffic::EVENTS / 2).collect(), open: true, ..form }
            }
            // Half of it comes as a model writes it, event by event.
            _ if name == "slowly" => Self {
                chunks: events().take(traffic::EVENTS / 2).collect(),
                together: 1,
                pause: Duration::from_millis(1),
                open: true,
                ..form
            },
            _ if name == "unary" || name == "slow" => Self {
                head: "application/json",
                chunks: vec![traffic::whole().into_bytes()],
                delay: Duration::from_millis(if name == "slow" { 200 } else { 0 }),
                ..form
            },
            // `events-7`: seven events in a write.
            Some(("events", count)) => Self { together: count.parse().unwrap_or(1), ..form },
            // `bytes-64`: the stream cut after every 64 bytes, each piece a chunk.
            Some(("bytes", size)) => {
                let bytes = events().flatten().collect::<Vec<_>>();
                Self {
                    chunks: bytes.chunks(size.parse().unwrap_or(64)).map(<[u8]>::to_vec).collect(),
                    ..form
                }
            }
            _ => form,
        }
    }

    /// The writes that the answer is made of.
    fn writes(&self) -> Vec<Vec<u8>> {
        let chunk = |chunk: &Vec<u8>| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\nx-request-id: req_1\r\n\r\n",
            self.head
        );
        let mut writes: Vec<_> = self
            .chunks
            .chunks(self.together.min(self.chunks.len()))
            .map(|chunks| chunks.iter().flat_map(chunk).collect::<Vec<_>>())
            .collect();
        writes[0].splice(..0, head.into_bytes());
        if !self.open {
            writes.extend(Some(b"0\r\n\r\n".to_vec()));
        }
        writes
    }
}

/// Serves until the parent is gone: its end of the pipe closes then.
pub(crate) fn serve() -> Result<(), Fault> {
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    measure::runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        io::stdout().flush()?;
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => connections.push(connection(accepted?.0)),
                Some(_) = connections.next(), if !connections.is_empty() => {}
            }
        }
    })
}

/// Answers one request after another.
async fn connection(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = vec![];
    let mut prepared: Option<(String, Arc<Form>, Vec<Vec<u8>>)> = None;
    loop {
        let name = loop {
            if let Some((name, length)) = whole(&request) {
                request.drain(..length);
                break name;
            }
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        };
        if prepared.as_ref().is_none_or(|(known, ..)| *known != name) {
            let form = Arc::new(Form::named(&name));
            let writes = form.writes();
            prepared = Some((name, form, writes));
        }
        let Some((_, form, writes)) = &prepared else { continue };
        if !form.delay.is_zero() {
            tokio::time::sleep(form.delay).await;
        }
        for write in writes {
            if !form.pause.is_zero() {
                tokio::time::sleep(form.pause).await;
            }
            stream.write_all(write).await?;
        }
    }
}

/// The form that a request asks for and the request's length, once all of it is here.
fn whole(request: &[u8]) -> Option<(String, usize)> {
    let end = request.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let name = head.split('/').nth(1)?.to_owned();
    let body =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    (request.len() >= end + body).then_some((name, end + body))
}
