//! What the machine has to offer: programs and ports.

use std::net::TcpListener;
use std::path::PathBuf;

/// The place of a program that tests need.
///
/// # Panics
///
/// If it is nowhere, with the way to install it.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file()).unwrap_or_else(|| {
        panic!("{name} is missing: run `cargo xtask test`, which installs it, or `sudo apt-get install {name}`")
    })
}

/// A port of 127.0.0.1 on which nobody listens.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
