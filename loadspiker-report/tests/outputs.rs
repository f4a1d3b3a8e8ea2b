//! Programs that cannot write what they are to write, or are killed before they have: processes of their own.
//!
//! Without a harness: this program is the tests, or one of their programs.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]
#![expect(clippy::print_stdout, reason = "what a harness would print")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use loadspiker_core::DurationExt;
use loadspiker_core::collector::{JOURNAL, UNFINISHED_JOURNAL};
use loadspiker_core::dsl::{Chain, Simulation, Steps, dummy, exec_fn, scenario};
use loadspiker_core::inject::{at_once_users, constant_users_per_sec};
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_report::{SimulationMain, TestResults, test_folder};

/// Names the program to run.
const PROGRAM: &str = "LOADSPIKER_TEST_PROGRAM";

/// What each user says on standard error.
const CAME: &str = "a user came";

const TESTS: [(&str, fn()); 11] = [
    ("a_full_standard_output_is_no_success", a_full_standard_output_is_no_success),
    ("a_full_standard_error_that_is_to_have_the_summary_is_no_success", a_full_standard_error_is_no_success),
    ("a_closed_pipe_is_no_failure", a_closed_pipe_is_no_failure),
    ("a_full_disk_is_told_before_the_first_user", a_full_disk_is_told_before_the_first_user),
    ("a_folder_that_cannot_be_written_is_told_before_the_first_user", an_unwritable_folder_is_told),
    ("a_disk_that_is_full_at_the_end_leaves_no_half_report", no_half_report_is_left),
    ("signals_to_end_leave_a_whole_report", signals_to_end_leave_a_whole_report),
    ("the_next_start_tells_of_a_killed_run_once", the_next_start_tells_of_a_killed_run_once),
    ("a_run_that_is_on_is_not_told_of", a_run_that_is_on_is_not_told_of),
    ("a_killed_test_leaves_no_report_of_the_run_before", a_killed_test_leaves_no_report_of_the_run_before),
    ("what_cannot_be_cleared_is_an_error", what_cannot_be_cleared_is_an_error),
];

fn main() -> ExitCode {
    if let Ok(program) = std::env::var(PROGRAM) {
        return run(&program);
    }
    let (flags, wanted): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let exact = flags.iter().any(|flag| flag == "--exact");
    let is_wanted = |name: &str| {
        wanted.is_empty() || wanted.iter().any(|part| if exact { name == part } else { name.contains(part.as_str()) })
    };
    let ignored = flags.iter().any(|flag| flag == "--ignored");
    for (name, test) in TESTS.into_iter().filter(|(name, _)| is_wanted(name) && !ignored) {
        if flags.iter().any(|flag| flag == "--list") {
            println!("{name}: test");
            continue;
        }
        // Its last words are those of the panic.
        println!("test {name} …");
        test();
    }
    ExitCode::SUCCESS
}

fn came() -> Chain {
    exec_fn(|_| {
        let _ = writeln!(std::io::stderr(), "{CAME}");
        Ok(())
    })
}

/// Runs one of the programs.
fn run(program: &str) -> ExitCode {
    let users = |chain: Chain| scenario("S").exec(came()).exec(chain);
    let short = || Simulation::new("short").with(users(dummy("page", 1.millis())).inject([at_once_users(1)]));
    let endless = || {
        let profile = [constant_users_per_sec(20).during(1.hours())];
        Simulation::new("endless").with(users(dummy("page", 1.millis())).inject(profile)).shards(1)
    };
    let args = std::env::args_os();
    match program {
        "short" => short().main_with(args),
        "many" => {
            let pages = (0..500).map(|page| dummy(format!("page {page}"), 1.millis()));
            let pages = pages.fold(Chain::new(), |chain, page| chain.exec(page));
            let users = users(pages).inject([at_once_users(1)]);
            Simulation::new("many").with(users).simulated_clock().main_with(args)
        }
        "endless" => endless().main_with(args),
        "test" | "endless test" => {
            let results = TestResults::prepare(Some("loadspiker-report"), TEST).unwrap();
            let simulation = if program == "test" { short() } else { endless() };
            let report = simulation.run_with(&results.options(), &mut ()).unwrap();
            results.conclude(&report).unwrap();
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(99),
    }
}

/// The test that a program pretends to be.
const TEST: &str = "outputs::killed";

/// A folder of a test's own, away when it is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("loadspiker-outputs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Scratch(path)
    }

    /// The run folders in it.
    fn runs(&self) -> Vec<PathBuf> {
        let mut runs: Vec<_> = fs::read_dir(&self.0).into_iter().flatten().map(|run| run.unwrap().path()).collect();
        runs.sort();
        runs
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that is killed at the end, whatever happens.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(program: &str, args: &[&str], folder: Option<&Path>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    prepare(&mut command, program, args, folder);
    command
}

/// In a process whose files may have so many blocks and no more, as on a disk that is full.
fn limited(blocks: u32, program: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    command.arg(std::env::current_exe().unwrap());
    prepare(&mut command, program, &[], Some(folder));
    command
}

fn prepare(command: &mut Command, program: &str, args: &[&str], folder: Option<&Path>) {
    command.args(args).env(PROGRAM, program).env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    match folder {
        Some(folder) => command.arg("--report-dir").arg(folder),
        None => command.arg("--no-report"),
    };
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Its exit code, and what it said on standard error.
fn end(mut command: Command) -> (Option<i32>, String) {
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Whether there is a device that is always full.
fn no_dev_full() -> bool {
    !Path::new("/dev/full").exists()
}

fn a_full_standard_output_is_no_success() {
    if no_dev_full() {
        return;
    }
    for args in [&["--json"][..], &["--json", "--quiet"], &[], &["--check"], &["--help"]] {
        let (code, _) = end(command("short", args, None));
        assert_eq!(code, Some(0), "{args:?}");
        let mut command = command("short", args, None);
        command.stdout(full());
        let (code, stderr) = end(command);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("error: standard output: No space left on device"), "{args:?}: {stderr}");
    }
}

fn a_full_standard_error_is_no_success() {
    if no_dev_full() {
        return;
    }
    for args in [&["--json"][..], &["--debug"]] {
        let mut command = command("short", args, None);
        command.stderr(full());
        assert_eq!(end(command).0, Some(2), "{args:?}");
    }
}

fn a_closed_pipe_is_no_failure() {
    for args in [&["--json"][..], &[], &["--check"]] {
        let mut command = command("short", args, None);
        command.stdout(Stdio::piped());
        let mut process = Process(command.spawn().unwrap());
        drop(process.0.stdout.take());
        let mut stderr = String::new();
        process.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(process.0.wait().unwrap().code(), Some(0), "{args:?}: {stderr}");
    }
}

fn a_full_disk_is_told_before_the_first_user() {
    if cfg!(not(unix)) {
        return;
    }
    let scratch = Scratch::new("full");
    let (code, stderr) = end(limited(0, "short", &scratch.0));
    assert_eq!(code, Some(2), "{stderr}");
    assert!(!stderr.contains(CAME), "{stderr}");
    assert!(stderr.contains("error: folder for results ") && stderr.contains("--no-report"), "{stderr}");
    assert!(!scratch.0.exists());
}

fn an_unwritable_folder_is_told() {
    // A folder that is there, and in which nobody can make anything, whoever they are.
    if !Path::new("/proc/self").exists() {
        return;
    }
    let (code, stderr) = end(command("short", &[], Some(Path::new("/proc"))));
    assert_eq!(code, Some(2), "{stderr}");
    assert!(!stderr.contains(CAME), "{stderr}");
    assert!(stderr.contains("error: folder for results /proc/short-"), "{stderr}");
}

fn no_half_report_is_left() {
    if cfg!(not(unix)) {
        return;
    }
    let scratch = Scratch::new("half");
    // Shells have blocks of 512 or 1024 bytes: more than what is needed before the run, and less than the report.
    let (code, stderr) = end(limited(600, "many", &scratch.0));
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains(CAME) && stderr.contains("report.json: "), "{stderr}");
    let [run] = &scratch.runs()[..] else { panic!("{:?}", scratch.runs()) };
    assert_eq!(fs::read_dir(run).unwrap().count(), 0, "{:?}", fs::read_dir(run).unwrap().collect::<Vec<_>>());
}

/// Waits until the journal of the only unfinished run in `folders` has so many seconds.
fn await_seconds(process: &mut Process, seconds: usize, folders: impl Fn() -> Vec<PathBuf>) -> PathBuf {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        for folder in folders() {
            let journal = fs::read_to_string(folder.join(JOURNAL)).unwrap_or_default();
            // The first line is no second.
            if journal.matches('\n').count() > seconds {
                return folder;
            }
        }
        assert!(process.0.try_wait().unwrap().is_none(), "the program has ended");
        assert!(Instant::now() < deadline, "the program writes no journal");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(mut command: Command) -> Process {
    command.stderr(Stdio::null());
    Process(command.spawn().unwrap())
}

/// Whether this process ignores the signal of this number, and its children do.
fn is_ignored(signal: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal - 1) & 1 == 1
}

fn signals_to_end_leave_a_whole_report() {
    if cfg!(not(unix)) {
        return;
    }
    for (signal, number) in [("HUP", 1), ("QUIT", 3), ("TERM", 15)] {
        if is_ignored(number) {
            continue;
        }
        let scratch = Scratch::new(signal);
        let mut process = start(command("endless", &[], Some(&scratch.0)));
        let folder = await_seconds(&mut process, 1, || scratch.runs());
        let sent = Command::new("sh").args(["-c", &format!("kill -s {signal} {}", process.0.id())]).status().unwrap();
        assert!(sent.success());
        assert_eq!(process.0.wait().unwrap().code(), Some(3), "{signal}");
        let report = RunReport::from_json(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap();
        assert_eq!(report.info().end, EndReason::Interrupted);
        assert_eq!(report.users_started(), report.users_ended());
        assert!(!folder.join(JOURNAL).exists(), "{signal}");
    }
}

fn the_next_start_tells_of_a_killed_run_once() {
    let scratch = Scratch::new("next");
    let mut process = start(command("endless", &[], Some(&scratch.0)));
    let killed = await_seconds(&mut process, 1, || scratch.runs());
    drop(process);
    assert!(!killed.join("report.json").exists());

    // Who wants to hear nothing is told nothing, and may be told later.
    let (code, stderr) = end(command("short", &["--quiet"], Some(&scratch.0)));
    assert_eq!((code, stderr.contains("note: ")), (Some(0), false), "{stderr}");
    let (code, stderr) = end(command("short", &[], Some(&scratch.0)));
    assert_eq!(code, Some(0), "{stderr}");
    let kept = killed.join(UNFINISHED_JOURNAL);
    let told =
        format!("note: a previous run died without a report; RunReport::from_journal(\"{}\") reads", kept.display());
    assert!(stderr.contains(&told), "{stderr}");
    let (_, stderr) = end(command("short", &[], Some(&scratch.0)));
    assert!(!stderr.contains("note: "), "{stderr}");

    for journal in [&kept, &killed] {
        let report = RunReport::from_journal(journal).unwrap();
        assert_eq!((report.info().simulation.as_str(), &report.info().end), ("endless", &EndReason::Unfinished));
        assert!(report.request("page").unwrap().count() > 0);
    }
    assert_eq!(scratch.runs().iter().filter(|run| run.join("report.json").exists()).count(), 3);
}

fn a_run_that_is_on_is_not_told_of() {
    let scratch = Scratch::new("beside");
    let mut process = start(command("endless", &[], Some(&scratch.0)));
    let folder = await_seconds(&mut process, 1, || scratch.runs());
    let (code, stderr) = end(command("short", &[], Some(&scratch.0)));
    assert_eq!((code, stderr.contains("note: ")), (Some(0), false), "{stderr}");
    assert!(folder.join(JOURNAL).exists());
}

fn a_killed_test_leaves_no_report_of_the_run_before() {
    let folder = test_folder(Some("loadspiker-report"), TEST);
    let _ = fs::remove_dir_all(&folder);
    let test = |program: &str| command(program, &[], None);
    assert_eq!(end(test("test")).0, Some(0));
    assert!(folder.join("report.json").exists() && folder.join("junit.xml").exists());
    assert!(!folder.join(JOURNAL).exists());

    let mut process = start(test("endless test"));
    await_seconds(&mut process, 1, || vec![folder.clone()]);
    // Meanwhile the same test must not run, nor take away what this one writes.
    let (code, stderr) = end(test("test"));
    assert_eq!((code, stderr.contains("another run is writing it")), (Some(101), true), "{stderr}");
    drop(process);
    assert!(!folder.join("report.json").exists() && !folder.join("junit.xml").exists());
    assert_eq!(RunReport::from_journal(&folder).unwrap().info().end, EndReason::Unfinished);

    let (code, stderr) = end(test("test"));
    let told = format!("{TEST}: a previous run died without a report; RunReport::from_journal(");
    assert_eq!((code, stderr.contains(&told)), (Some(0), true), "{stderr}");
    assert!(folder.join("report.json").exists() && folder.join(UNFINISHED_JOURNAL).exists());
    let _ = fs::remove_dir_all(&folder);
}

fn what_cannot_be_cleared_is_an_error() {
    let test = "outputs::in the way";
    let folder = test_folder(Some("loadspiker-report"), test);
    // A folder where the report should be cannot be removed as a file.
    fs::create_dir_all(folder.join("report.json")).unwrap();
    let error = TestResults::prepare(Some("loadspiker-report"), test).unwrap_err();
    assert!(error.starts_with("results of an earlier run are in the way: "), "{error}");
    let _ = fs::remove_dir_all(&folder);
}
