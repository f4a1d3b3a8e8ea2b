//! nginx with a configuration of its own, in a temporary folder.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use loadspiker_testkit::Folder;
use loadspiker_testkit::machine::find;
use loadspiker_testkit::servers::{Recipe, Running};

use super::cpu::pinned;
use super::machine::said_by;

/// A running nginx; it ends, and its folder goes, when this is dropped.
pub(crate) struct Nginx(Running);

/// How many connections it takes where nothing else is asked for.
pub(crate) const CONNECTIONS: u64 = 4096;

/// What is under each path in `/products/`, as JSON.
pub(crate) const PRODUCT: &str = r#"{"id": 7, "name": "spider", "price": 12.5, "currency": "EUR", "tags": ["eight", "legs"], "stock": {"here": 3, "there": 128}, "rating": {"mean": 4.6, "votes": 2310}}"#;

impl Nginx {
    /// Starts nginx as one process on `core`, on a free port of loopback, for so many connections.
    pub(crate) fn start(core: Option<usize>, connections: u64) -> Result<Self, String> {
        let program = find("nginx").ok_or("nginx is not installed; on Debian or Ubuntu: sudo apt-get install nginx")?;
        let recipe = Recipe::from_command(move |folder, port| {
            folder.write("file", "0123456789abcde\n".repeat(256));
            let configuration = folder.write("nginx.conf", configuration(folder.path(), port, connections));
            let mut command = pinned(core, program.as_ref());
            command.arg("-p").arg(folder.path()).args(["-c", &configuration, "-e", &folder.file("error.log")]);
            command
        });
        Ok(Nginx(Running::try_start(Folder::new(), recipe.ready_with_pid_file("nginx.pid").ended_by("KILL"))?))
    }

    /// Where this path is: `/` is a text of 128 bytes, `/file` a file of 4 KiB, `/slow` the same in a second;
    /// under `/products/` there is [`PRODUCT`].
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.address())
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.0.process()
    }

    /// How many requests it has got so far, that for its status included.
    pub(crate) fn requests(&self) -> Result<u64, String> {
        let ask = || -> io::Result<String> {
            let mut stream = TcpStream::connect(self.0.address())?;
            stream.write_all(b"GET /status HTTP/1.0\r\n\r\n")?;
            let mut text = String::new();
            stream.read_to_string(&mut text)?;
            Ok(text)
        };
        let text = ask().map_err(|error| format!("nginx does not tell its status: {error}"))?;
        // Below `server accepts handled requests` stand the three numbers.
        let numbers = text.lines().skip_while(|line| !line.starts_with("server accepts")).nth(1);
        let requests = numbers.and_then(|line| line.split_whitespace().nth(2)?.parse().ok());
        requests.ok_or_else(|| format!("nginx tells a status that cannot be understood: {text}"))
    }
}

/// One process, so that killing it leaves none behind; nothing but the answer costs time.
fn configuration(folder: &Path, port: u16, connections: u64) -> String {
    let folder = folder.display();
    let files = connections + 100;
    let body = "LoadSpiker ".repeat(12)[..128].to_owned();
    format!(
        "daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile {files};
events {{
    worker_connections {connections};
}}
http {{
    access_log off;
    keepalive_requests 4294967295;
    keepalive_timeout 1h;
    sendfile on;
    tcp_nodelay on;
    open_file_cache max=16;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type text/plain;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder};
        location = / {{
            return 200 \"{body}\";
        }}
        location /products/ {{
            default_type application/json;
            return 200 '{PRODUCT}';
        }}
        location = /status {{
            stub_status;
        }}
        location = /slow {{
            # Its last bytes come a second later than the others; sendfile would round up to whole pages.
            sendfile off;
            limit_rate 4k;
            try_files /file =404;
        }}
    }}
}}
"
    )
}

/// What nginx says of itself: `nginx/1.22.1`.
pub(crate) fn version() -> String {
    let said = find("nginx").and_then(|program| said_by(program.to_str()?, &["-v"])).unwrap_or_default();
    said.trim_start_matches("nginx version: ").to_owned()
}
