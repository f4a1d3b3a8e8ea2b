//! [`Nginx`]: nginx with a configuration of a test's own.

use std::ops::Deref;

use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;

/// nginx, as one process; see [`Running`] for what else it can do.
#[derive(Debug)]
pub struct Nginx(Running);

/// A request, as the access log has it.
#[derive(Debug)]
pub struct Logged {
    /// The number of its connection.
    pub connection: u64,
    /// Its number on its connection, from 1.
    pub turn: u64,
    /// The status of the response.
    pub status: u16,
    /// Method, path and version.
    pub line: String,
}

impl Nginx {
    /// Starts it over `folder`: files are served from `html` in it, and `server` goes into the server's block.
    #[track_caller]
    pub fn start(folder: Folder, server: &str) -> Self {
        Self::start_with(folder, "", server.to_owned())
    }

    /// As [`start`](Self::start), with TLS: the folder has `certificate.pem` and `key.pem`.
    #[track_caller]
    pub fn start_secure(folder: Folder, server: &str) -> Self {
        let server = format!("ssl_certificate certificate.pem; ssl_certificate_key key.pem; {server}");
        Self::start_with(folder, " ssl", server)
    }

    #[track_caller]
    fn start_with(folder: Folder, listen: &'static str, server: String) -> Self {
        let recipe = Recipe::new("nginx", "nginx", move |command, folder, port| {
            folder.write("nginx.conf", configuration(port, listen, &server));
            command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf"]);
        });
        // What it is doing it does to its end.
        Nginx(Running::start(folder, recipe.ready_with_pid_file("nginx.pid").ended_by("QUIT")))
    }

    /// The address for requests.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address())
    }

    /// Ends it, and returns what it has served.
    pub fn stop(mut self) -> Vec<Logged> {
        self.0.stop();
        let log = self.0.folder().read("access.log");
        log.lines().map(|line| parse(line).unwrap_or_else(|| panic!("access log: {line}"))).collect()
    }
}

impl Deref for Nginx {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
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

/// One process in the foreground, with everything that it writes in the folder.
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
