//! A server that sends the same bytes to everyone.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    head: String,
    body: Vec<u8>,
    pieces: usize,
    end: End,
}

/// What happens after it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// The body ends as the protocol says.
    Whole,
    /// The connection ends, the body does not.
    Cut,
    /// Neither ends.
    Open,
    /// Nothing is sent at all.
    Silence,
}

impl Reply {
    fn new(status: u16, media: &str, body: &str) -> Self {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {media}\r\ntransfer-encoding: chunked\r\n");
        Self { head, body: body.into(), pieces: usize::MAX, end: End::Whole }
    }

    pub(super) fn stream(body: &str) -> Self {
        Self::new(200, "text/event-stream; charset=utf-8", body)
    }

    pub(super) fn json(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", body)
    }

    pub(super) fn silence() -> Self {
        Self { end: End::Silence, ..Self::stream("") }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.extend([name, ": ", value, "\r\n"]);
        self
    }

    pub(super) fn pieces(mut self, size: usize) -> Self {
        self.pieces = size;
        self
    }

    pub(super) fn cut(mut self) -> Self {
        self.end = End::Cut;
        self
    }

    pub(super) fn stays_open(mut self) -> Self {
        self.end = End::Open;
        self
    }
}

/// The server. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Server {
    address: std::net::SocketAddr,
    seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Seen {
    requests: Mutex<Vec<String>>,
    asked: Semaphore,
    hung_up: Semaphore,
}

impl Server {
    pub(super) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen {
            requests: Mutex::default(),
            asked: Semaphore::new(0),
            hung_up: Semaphore::new(0),
        });
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, seen) = (reply.clone(), Arc::clone(&shared));
                connections.spawn(async move {
                    let _ = serve(stream, reply, &seen).await;
                    seen.hung_up.add_permits(1);
                });
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub(super) async fn asked(&self) {
        self.seen.asked.acquire().await.unwrap().forget();
    }

    pub(super) async fn hung_up(&self) {
        self.seen.hung_up.acquire().await.unwrap().forget();
    }
}

async fn serve(mut stream: TcpStream, reply: Reply, seen: &Seen) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = vec![];
    let head = loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break String::from_utf8_lossy(&request[..end]).into_owned();
        }
    };
    seen.requests.lock().unwrap().push(head);
    seen.asked.add_permits(1);
    if reply.end != End::Silence {
        stream.write_all(format!("{}\r\n", reply.head).as_bytes()).await?;
        for piece in reply.body.chunks(reply.pieces.min(reply.body.len().max(1))) {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
            stream.write_all(piece).await?;
            stream.write_all(b"\r\n").await?;
        }
    }
    match reply.end {
        End::Whole => stream.write_all(b"0\r\n\r\n").await?,
        End::Cut => return Ok(()),
        End::Open | End::Silence => {}
    }
    // Until the other side hangs up.
    while stream.read_buf(&mut request).await? > 0 {}
    Ok(())
}
