//! [`Nginx`]: nginx on a free port, in a temporary folder, as long as a test needs it.

use std::process::{Child, Command};

use super::folder::Folder;
use super::machine::program;
use super::process::{serve, signal};

/// A running nginx; it is killed when this is dropped.
pub(crate) struct Nginx {
    process: Child,
    folder: Folder,
    pub(crate) port: u16,
}

/// A request, as the access log tells of it.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) connection: u64,
    /// The how manieth it was on its connection, from 1.
    pub(crate) turn: u64,
    pub(crate) status: u16,
    /// Method, path and version.
    pub(crate) line: String,
}

impl Nginx {
    /// Starts it over `folder`: files are served from `html` in it, `server` goes into the server's block.
    pub(crate) fn start(folder: Folder, server: &str) -> Self {
        Self::start_with(folder, "", server)
    }

    /// As [`start`](Self::start), with TLS: the folder has `certificate.pem` and `key.pem`.
    pub(crate) fn start_secure(folder: Folder, server: &str) -> Self {
        let server = format!("ssl_certificate certificate.pem; ssl_certificate_key key.pem; {server}");
        Self::start_with(folder, " ssl", &server)
    }

    fn start_with(folder: Folder, listen: &str, server: &str) -> Self {
        let (process, port) = serve(&folder, "nginx.pid", |port| {
            folder.write("nginx.conf", configuration(port, listen, server));
            let mut command = Command::new(program("nginx"));
            command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf"]);
            command
        });
        Nginx { process, folder, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it, and returns what it has served.
    pub(crate) fn stop(mut self) -> Vec<Logged> {
        signal(self.process.id(), "QUIT");
        self.process.wait().unwrap();
        let log = self.folder.read("access.log");
        log.lines().map(|line| parse(line).unwrap_or_else(|| panic!("access log: {line}"))).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn parse(line: &str) -> Option<Logged> {
    let mut parts = line.splitn(4, ' ');
    let mut next = || parts.next();
    Some(Logged {
        connection: next()?.parse().ok()?,
        turn: next()?.parse().ok()?,
        status: next()?.parse().ok()?,
        line: next()?.to_owned(),
    })
}

/// One process in the foreground, with all that it writes in the folder.
fn configuration(port: u16, listen: &str, server: &str) -> String {
    format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log warn;
        events {{ worker_connections 512; }}
        http {{
            log_format test '$connection $connection_requests $status $request';
            access_log access.log test;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            default_type text/plain;
            server {{ listen 127.0.0.1:{port}{listen}; root html; {server} }}
        }}"
    )
}
