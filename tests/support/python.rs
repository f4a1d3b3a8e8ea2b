//! [`Python`]: a web server of Python's standard library, in HTTP/1.0 or HTTP/1.1.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::folder::Folder;
use super::machine::program;

/// A running server; it is killed when this is dropped.
pub(crate) struct Python {
    process: Child,
    _folder: Folder,
    pub(crate) url: String,
}

impl Python {
    /// Starts it, speaking `HTTP/1.0` or `HTTP/1.1`.
    pub(crate) fn start(version: &str) -> Self {
        let folder = Folder::new();
        let script = folder.write("server.py", include_str!("server.py"));
        let mut process = Command::new(program("python3"))
            .args([&script, version])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        assert!(!port.is_empty(), "the server in Python does not start");
        Python { process, _folder: folder, url: format!("http://127.0.0.1:{}", port.trim()) }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
