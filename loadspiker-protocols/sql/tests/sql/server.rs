//! [`Server`]: a database server on a free port, in a temporary folder, as long as the tests need it.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::support::Folder;

/// A running server. It is ended when this is dropped.
pub(crate) struct Server {
    process: Child,
    /// The name of the signal that ends it at once and in good order.
    signal: &'static str,
    _folder: Folder,
    pub(crate) port: u16,
}

/// The place of a program that tests need: in the path, in the folders of servers, or in those of PostgreSQL.
///
/// # Panics
///
/// If it is nowhere, with the way to install it.
pub(crate) fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = versions.map(|version| version.path().join("bin"));
    let folders = std::env::split_paths(&path).chain(system).chain(versions);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file()).unwrap_or_else(|| {
        panic!("{name} is missing: run `cargo xtask test`, which installs it, or `sudo apt-get install {package}`")
    })
}

/// A command that does not run as root, which servers refuse to; `user` is whose it is then.
pub(crate) fn command(program: &Path, user: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Makes the folder one that `user` may write to.
pub(crate) fn give(folder: &Path, user: &str) {
    if is_root() {
        let given = Command::new("chown").arg("-R").arg(format!("{user}:{user}")).arg(folder).status().unwrap();
        assert!(given.success());
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
}

impl Server {
    /// Starts what `make` makes of a port, and waits until `is_ready`.
    pub(crate) fn start(
        folder: Folder,
        signal: &'static str,
        make: impl Fn(&Folder, u16) -> Command,
        is_ready: impl Fn(&Folder, u16) -> bool,
    ) -> Self {
        // Between choosing a port and binding it, another process may take it.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let log = File::create(folder.path("server.log")).unwrap();
            let mut process =
                make(&folder, port).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
            while process.try_wait().unwrap().is_none() {
                if is_ready(&folder, port) && TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Server { process, signal, _folder: folder, port };
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        panic!("the server does not start: {}", folder.read("server.log"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gracefully, so that its own processes end with it.
        let number = self.process.id();
        let _ = Command::new("sh").args(["-c", &format!("kill -s {} {number}", self.signal)]).status();
        let _ = self.process.wait();
    }
}
