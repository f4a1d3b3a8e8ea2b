//! [`Apache`]: the Apache web server on a free port, in a temporary folder, as long as a test needs it.

use std::process::{Child, Command};

use super::folder::Folder;
use super::machine::program;
use super::process::serve;

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
    /// those that every server needs. NTLM knows the users of the file `ntlm_users`.
    pub(crate) fn start(folder: Folder, modules: &[&str], directory: &str) -> Self {
        let (process, port) = serve(&folder, "httpd.pid", |port| {
            folder.write("httpd.conf", configuration(&folder, port, modules, directory));
            // One process, in the foreground, so that killing it leaves nothing behind.
            let mut command = Command::new(program("apache2"));
            command.arg("-X").arg("-d").arg(folder.path()).args(["-f", "httpd.conf"]);
            command.env("NTLM_USER_FILE", folder.path().join("ntlm_users"));
            command
        });
        Apache { process, folder, port }
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
