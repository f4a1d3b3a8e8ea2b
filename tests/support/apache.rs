//! [`Apache`]: the Apache web server on a free port, in a temporary folder, as long as a test needs it.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::folder::Folder;
use super::machine::{free_port, program};

/// Where Debian keeps the modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// A running Apache; it is killed when this is dropped.
pub(crate) struct Apache {
    process: Child,
    folder: Folder,
    port: u16,
}

impl Apache {
    /// Starts it over `folder`: files are served from `html` in it, as `directory` says. `modules` are loaded besides
    /// those that every server needs.
    pub(crate) fn start(folder: Folder, modules: &[&str], directory: &str) -> Self {
        // Between choosing a port and binding it, another process may take it.
        for _ in 0..5 {
            let port = free_port();
            folder.write("httpd.conf", configuration(&folder, port, modules, directory));
            // One process, in the foreground, so that killing it leaves nothing behind.
            let mut process = Command::new(program("apache2"))
                .arg("-X")
                .arg("-d")
                .arg(folder.path())
                .args(["-f", "httpd.conf"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(folder.path().join("stderr.log")).unwrap())
                .spawn()
                .unwrap();
            while process.try_wait().unwrap().is_none() {
                // It writes its number when it has bound the port.
                if folder.read("httpd.pid").trim() == process.id().to_string() {
                    return Apache { process, folder, port };
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        panic!("Apache does not start: {}{}", folder.read("stderr.log"), folder.read("error.log"));
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The log of what went wrong.
    pub(crate) fn errors(&self) -> String {
        self.folder.read("error.log")
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(folder: &Folder, port: u16, modules: &[&str], directory: &str) -> String {
    let base = ["mpm_event", "authz_core", "authn_core", "authz_user", "authn_file"];
    let load = |module: &&str| format!("LoadModule {module}_module {MODULES}/mod_{module}.so\n");
    let modules: String = base.iter().chain(modules).map(load).collect();
    let root = folder.path().display();
    format!(
        "{modules}
        # Only heeded when started by root, under whom it serves nothing.
        User www-data
        Group www-data
        ServerName 127.0.0.1
        Listen 127.0.0.1:{port}
        PidFile {root}/httpd.pid
        ErrorLog {root}/error.log
        DefaultRuntimeDir {root}
        DocumentRoot {root}/html
        <Directory {root}/html>
            {directory}
        </Directory>"
    )
}
