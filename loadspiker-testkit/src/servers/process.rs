//! Processes: signals, other users, and a guard that ends a server when the test process is gone.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::folder::Folder;

/// Sends the process a signal, named as in `INT`.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {process}")]).status().unwrap();
    assert!(sent.success());
}

/// Runs a command to its end.
///
/// # Panics
///
/// If it fails, with what it said.
pub fn run_to_end(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
}

/// A command for `program`. Where tests run as root, which many servers refuse to, it runs as `user`.
pub(crate) fn command_as(program: &Path, user: Option<&str>) -> Command {
    match user.filter(|_| is_root()) {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]).arg(program);
            command
        }
    }
}

/// Makes the folder one that `user` may write to.
pub(crate) fn give(folder: &Path, user: &str) {
    if is_root() {
        run_to_end(Command::new("chown").arg("-R").arg(format!("{user}:{user}")).arg(folder));
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Ends a server, and removes its folder, when this process ends without having done so: because the server is in a
/// `static`, or because the process was killed.
///
/// It is a shell that reads from a pipe, which is closed when this process is gone, however that came about.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    pub(crate) fn of(process: u32, signal: &str, folder: &Folder) -> Self {
        let script = "read -r line && exit
            kill -s \"$2\" \"$1\"
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                kill -s 0 \"$1\" || break
                sleep 0.1
            done
            kill -s KILL \"$1\"
            rm -rf \"$3\"";
        let mut command = Command::new("sh");
        command.args(["-c", script, "guard", &process.to_string(), signal]).arg(folder.path());
        // A signal for the group of the test process, such as Ctrl+C, is not for the guard.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Guard(command.spawn().unwrap())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            let _ = pipe.write_all(b"over\n");
        }
        let _ = self.0.wait();
    }
}
