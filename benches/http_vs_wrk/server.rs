//! nginx with a configuration of its own, in a temporary folder.

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cpu::pinned;
use crate::options::Target;

/// A running nginx; it ends, and its folder goes, when this is dropped.
pub(crate) struct Nginx {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Nginx {
    /// Starts nginx as one process on `core`, on a free port of loopback.
    pub(crate) fn start(core: Option<usize>) -> Result<Self, String> {
        let program = find().ok_or("nginx is not installed; on Debian or Ubuntu: sudo apt-get install nginx")?;
        let port = free_port().map_err(|error| format!("there is no free port: {error}"))?;
        let folder = std::env::temp_dir().join(format!("loadspiker-http-vs-wrk-{}", std::process::id()));
        write_folder(&folder, port).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut command = pinned(core, &program);
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf")).arg("-e").arg(folder.join("error.log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
        let mut nginx = Nginx { process, folder, port };
        nginx.await_readiness()?;
        Ok(nginx)
    }

    pub(crate) fn url(&self, target: Target) -> String {
        let path = match target {
            Target::Return => "/",
            Target::File => "/file",
        };
        self.base_url() + path
    }

    /// What is under `/products/` is JSON of about the size of what is under `/`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn await_readiness(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let has_ended = !matches!(self.process.try_wait(), Ok(None));
            if has_ended || start.elapsed() > Duration::from_secs(5) {
                let log = fs::read_to_string(self.folder.join("error.log")).unwrap_or_default();
                return Err(format!("nginx does not listen on port {}:\n{log}", self.port));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended, the folder may be gone: both are what is wanted here.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Debian keeps nginx where the `PATH` of an ordinary user does not look.
fn find() -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())?.into_os_string().into_string().ok()
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn write_folder(folder: &Path, port: u16) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("file"), "0123456789abcde\n".repeat(256))?;
    fs::write(folder.join("nginx.conf"), configuration(folder, port))
}

/// One process, so that killing it leaves none behind; nothing but the answer costs time.
fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let body = "LoadSpiker ".repeat(12)[..128].to_owned();
    let json =
        r#"{"id": 7, "name": "spider", "price": 12.5, "tags": ["eight", "legs"], "stock": {"here": 3, "there": 128}}"#;
    format!(
        "daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile 8192;
events {{
    worker_connections 4096;
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
        listen 127.0.0.1:{port} backlog=1024;
        root {folder};
        location = / {{
            return 200 \"{body}\";
        }}
        location /products/ {{
            default_type application/json;
            return 200 '{json}';
        }}
    }}
}}
"
    )
}
