//! What commands can't reach.

use std::net::TcpListener;

use super::{Bench, Case, Finding, case, expect, run, shell};
use crate::sandbox::{Control, Enforcement};

pub(super) const CASES: &[Case] = &[
    case!("every control says how it holds", controls),
    case!("nothing outside the workspace and the temporary files can be written", writes),
    case!("commands are not root and can't become root", identity),
    case!("no network is reached, the host's loopback included", network),
    case!("loopback works inside", loopback),
    case!("what the host process holds is not there", descriptors),
];

async fn controls(bench: Bench<'_>) -> Finding {
    let capabilities = bench.sandbox.capabilities().await.map_err(|error| error.to_string())?;
    // A backend may have no way out to the network; that is then refused.
    if let Some((control, why)) = capabilities.unsupported().find(|(control, _)| *control != Control::Proxy) {
        return Err(format!("{control:?} is not held: {why}"));
    }
    let silent = capabilities.controls.iter().find(|(_, enforcement)| match enforcement {
        Enforcement::Kernel(by) | Enforcement::Supervised(by) | Enforcement::Unsupported(by) => by.is_empty(),
    });
    match (silent, capabilities.controls.len()) {
        (Some((control, _)), _) => Err(format!("{control:?} does not say by what it is held")),
        (None, 17) => Ok(()),
        (None, count) => Err(format!("{count} controls are named, there are 17")),
    }
}

async fn writes(bench: Bench<'_>) -> Finding {
    let script = "touch a && touch \"$TMPDIR/a\" || exit 9; for place in / /usr /usr/bin /bin /etc /dev /proc /root /home \
                  /var /run /sys /proc/sys/kernel; do if touch $place/probe 2>&1; then echo wrote $place; fi; done; exit 0";
    let outcome = shell(&bench.open().await?, script).await?;
    expect(outcome.success() && !outcome.stdout.text.contains("wrote"), "expected refusals", &outcome)
}

async fn identity(bench: Bench<'_>) -> Finding {
    let outcome =
        shell(&bench.open().await?, "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status").await?;
    let text = &outcome.stdout.text;
    let nothing = "0000000000000000";
    // Not every kernel shows it: gVisor's never grants new privileges, and has no line for that.
    let may_gain = text.contains("NoNewPrivs") && !text.contains("NoNewPrivs:\t1");
    let right = !text.starts_with("0\n")
        && text.contains(&format!("CapEff:\t{nothing}"))
        && text.contains(&format!("CapBnd:\t{nothing}"))
        && !may_gain;
    expect(right, "expected a user without rights", &outcome)
}

async fn network(bench: Bench<'_>) -> Finding {
    let host = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = host.local_addr().map_err(|error| error.to_string())?.port();
    let node = format!(
        "const net = require('net'); const targets = [['127.0.0.1', {port}], ['192.0.2.1', 80], ['169.254.169.254', 80], ['2001:db8::1', 80]]; \
         for (const [host, port] of targets) {{ const s = net.connect({{ host, port, timeout: 3000 }}); \
         s.on('connect', () => {{ console.log('reached ' + host); s.destroy(); }}); s.on('error', () => {{}}); \
         s.on('timeout', () => s.destroy()); }} \
         require('dns').lookup('example.com', (error, address) => console.log(error ? 'no name' : 'reached ' + address));"
    );
    let python = format!(
        "import socket\nfor target in [('127.0.0.1', {port}), ('192.0.2.1', 80), ('169.254.169.254', 80)]:\n  try:\n    \
         socket.create_connection(target, 3); print('reached', target)\n  except OSError: pass\ntry:\n  \
         socket.getaddrinfo('example.com', 80); print('reached a name server')\nexcept OSError: print('no name')"
    );
    let Some(command) = bench.script(&node, &python).await? else { return Ok(()) };
    let outcome = run(&bench.open().await?, command).await?;
    expect(outcome.success() && outcome.stdout.text == "no name\n", "expected no connection", &outcome)
}

async fn loopback(bench: Bench<'_>) -> Finding {
    let node = "const http = require('http'); const s = http.createServer((q, r) => r.end('hello')).listen(0, '127.0.0.1', async () => { \
                const r = await fetch(`http://localhost:${s.address().port}/`); console.log(await r.text()); s.close(); process.exit(0); });";
    let python = "import http.server, threading, urllib.request\nclass H(http.server.BaseHTTPRequestHandler):\n  \
                  def do_GET(self):\n    self.send_response(200); self.end_headers(); self.wfile.write(b'hello')\n\
                  s = http.server.HTTPServer(('127.0.0.1', 0), H)\nthreading.Thread(target=s.serve_forever, daemon=True).start()\n\
                  print(urllib.request.urlopen('http://localhost:%d/' % s.server_port).read().decode())";
    let Some(command) = bench.script(node, python).await? else { return Ok(()) };
    let outcome = run(&bench.open().await?, command).await?;
    expect(
        outcome.success() && outcome.stdout.text == "hello\n",
        "expected an answer over loopback",
        &outcome,
    )
}

async fn descriptors(bench: Bench<'_>) -> Finding {
    // The shell opens the folder itself; it is the one above 2.
    let outcome = shell(
        &bench.open().await?,
        "cd /proc/self/fd && for fd in *; do readlink $fd; done; (: < /dev/tty) 2>/dev/null && echo terminal",
    )
    .await?;
    let leaked = outcome.stdout.text.lines().filter(|line| line.starts_with("socket:")).count();
    expect(
        leaked == 0 && !outcome.stdout.text.contains("terminal"),
        "expected nothing of the host's",
        &outcome,
    )
}
