//! [`Process`]: a load test as a process of its own, with a command line, signals, limits and an exit code.
//!
//! The process is this test binary again, made to run one of the programs in `programs.rs`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use loadspiker::prelude::*;
use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::signal;

/// Names the program to run.
pub(crate) const PROGRAM: &str = "LOADSPIKER_TEST_PROGRAM";
/// The arguments of its command line, one a line.
pub(crate) const ARGUMENTS: &str = "LOADSPIKER_TEST_ARGUMENTS";
/// The test that runs programs.
const ENTRY: &str = "programs::run_the_program_that_a_test_asks_for";

/// A running load test. It is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Receiver<String>,
    heard: String,
    results: Folder,
}

/// What became of it.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    results: Folder,
}

impl Process {
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(entry());
        Self::spawn(command, program, arguments)
    }

    /// As [`start`](Self::start), in a process that may have so many files open and no more.
    pub(crate) fn start_with_file_limit(limit: u32, program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]);
        command.arg(std::env::current_exe().unwrap()).args(entry());
        Self::spawn(command, program, arguments)
    }

    fn spawn(mut command: Command, program: &str, arguments: &[&str]) -> Self {
        let results = Folder::new();
        let folder = results.path().to_str().unwrap();
        let arguments = [arguments, &["--report-dir", folder]].concat().join("\n");
        command.env(PROGRAM, program).env(ARGUMENTS, arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        Process { child, stdout: Some(stdout), stderr: lines, heard: String::new(), results }
    }

    /// Sends it the signal of this name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits until it has written a line with this text on standard error.
    pub(crate) fn wait_for(&mut self, text: &str) {
        loop {
            let Ok(line) = self.stderr.recv() else { panic!("it ended without \"{text}\": {}", self.heard) };
            self.heard.push_str(&format!("{line}\n"));
            if line.contains(text) {
                return;
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        let mut stderr = std::mem::take(&mut self.heard);
        self.stderr.iter().for_each(|line| stderr.push_str(&format!("{line}\n")));
        let stdout = self.stdout.take().unwrap().join().unwrap();
        Ended { code, stdout, stderr, results: std::mem::replace(&mut self.results, Folder::new()) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The report that it wrote.
    pub(crate) fn report(&self) -> RunReport {
        let runs: Vec<_> = std::fs::read_dir(self.results.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(runs.len(), 1, "one run folder: {}", self.stderr);
        RunReport::from_json(&std::fs::read_to_string(runs[0].path().join("report.json")).unwrap()).unwrap()
    }

    /// Whether it wrote no result.
    pub(crate) fn wrote_nothing(&self) -> bool {
        std::fs::read_dir(self.results.path()).unwrap().next().is_none()
    }
}

/// The arguments with which the test binary runs a program.
fn entry() -> [&'static str; 4] {
    [ENTRY, "--exact", "--ignored", "--nocapture"]
}
