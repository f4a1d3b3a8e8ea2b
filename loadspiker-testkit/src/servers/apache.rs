//! [`Apache`]: the Apache web server with modules of a test's choice.

use std::ops::Deref;

use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;

/// Where Debian keeps the modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// Apache, as one process; see [`Running`] for what else it can do.
#[derive(Debug)]
pub struct Apache(Running);

impl Apache {
    /// Starts it over `folder`: files are served from `html` in it, as `directory` says. `modules` are loaded besides
    /// those that every server needs. NTLM knows the users of the file `ntlm_users`.
    #[track_caller]
    pub fn start(folder: Folder, modules: &[&str], directory: &str) -> Self {
        let base = ["mpm_event", "authz_core", "authn_core", "authz_user", "authn_file"];
        let load = |module: &&str| format!("LoadModule {module}_module {MODULES}/mod_{module}.so\n");
        let modules: String = base.iter().chain(modules).map(load).collect();
        let directory = directory.to_owned();
        let recipe = Recipe::new("apache2", "apache2", move |command, folder, port| {
            folder.write("httpd.conf", configuration(folder, port, &modules, &directory));
            // One process, in the foreground, so that killing it leaves nothing behind.
            command.arg("-X").arg("-d").arg(folder.path()).args(["-f", "httpd.conf"]);
            command.env("NTLM_USER_FILE", folder.at("ntlm_users"));
        });
        Apache(Running::start(folder, recipe.ready_with_pid_file("httpd.pid").ended_by("KILL")))
    }

    /// The address for requests.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address())
    }

    /// The log of what went wrong.
    pub fn errors(&self) -> String {
        self.0.folder().read("error.log")
    }
}

impl Deref for Apache {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

fn configuration(folder: &Folder, port: u16, modules: &str, directory: &str) -> String {
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
