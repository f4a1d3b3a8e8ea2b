//! How long a load test of a user's takes to build, beside one with goose: a new crate with default features, from nothing,
//! and again after a change of its scenario. Versions are the newest that fit, as for a user who begins today.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::cpu::of_children;
use crate::machine::Machine;
use crate::programs::cargo;
use crate::results::{self, Section};

const LOADSPIKER: &str = "use loadspiker::prelude::*;

fn main() -> std::process::ExitCode {
    let visit = scenario!(\"visit\").exec(http(\"page\").get(\"/\").check(status().is(200))).pause(1);
    Simulation::new(\"first\")
        .protocol(HttpProtocol::new(\"http://127.0.0.1:8080\"))
        .with(visit.inject([constant_users_per_sec(10).during(10.secs())]))
        .main()
}
";

const GOOSE: &str = "use goose::prelude::*;

#[tokio::main]
async fn main() -> Result<(), GooseError> {
    let visit = scenario!(\"visit\").register_transaction(transaction!(page));
    GooseAttack::initialize()?.register_scenario(visit).execute().await?;
    Ok(())
}

async fn page(user: &mut GooseUser) -> TransactionResult {
    let _ = user.get(\"/\").await?;
    Ok(())
}
";

/// What is changed in a scenario before it is built again: the name of its request.
const CHANGES: [&str; 3] = ["one", "two", "three"];

/// How long it may take at most until a changed scenario is built.
const CLAIMED: Duration = Duration::from_secs(5);

/// Measures in `target/building` of the repository at `root`, and writes a section of `benches/RESULTS.md`.
///
/// # Errors
///
/// A build fails, or a file cannot be written.
pub(crate) fn measure(root: &Path) -> Result<(), String> {
    let folder = root.join("target/building");
    let path = format!("path = '{}'", root.display());
    let ours = format!("loadspiker = {{ {path} }}");
    // As lean as it gets: what css, form and xpath need is left out.
    let lean = format!("loadspiker = {{ {path}, default-features = false, features = [\"http\"] }}");
    let goose = "goose = \"0.19\"\ntokio = { version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }";
    let crates =
        [("loadspiker", &*ours, LOADSPIKER), ("goose", goose, GOOSE), ("loadspiker, http alone", &lean, LOADSPIKER)];
    let mut rows = Vec::new();
    for (name, dependencies, program) in crates {
        rows.push(build(name, dependencies, program, &folder)?);
        // Builds take minutes: what is there is written, whatever comes of the next.
        let text = table(&rows);
        println!("\n{text}");
        results::write(root, Section::Building, &text)?;
    }
    Ok(())
}

/// What came of it, as Markdown.
fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "- Machine: {}.\n\
         - In brackets: processor time of all processes, which depends less on what else runs there.\n\n\
         | | crates | release, clean | debug, clean | debug, after a change |\n\
         |---|---:|---:|---:|---:|\n",
        Machine::this()
    );
    // Writing to a text cannot fail.
    for Row { name, crates, release, debug, again } in rows {
        let _ = writeln!(text, "| {name} | {crates} | {release} | {debug} | {again} |");
    }
    if let Some(Row { again, .. }) = rows.first() {
        let (found, claimed) = (again.elapsed.as_secs_f64(), CLAIMED.as_secs());
        let verdict = if again.elapsed <= CLAIMED { "holds" } else { "MISSED" };
        let _ = write!(text, "\nClaimed: at most {claimed} s after a change. Found: {found:.1} s, {verdict}.\n");
    }
    text
}

struct Row {
    name: &'static str,
    /// All crates that are built, that of the user not counted.
    crates: usize,
    release: Spent,
    debug: Spent,
    /// After a change of the scenario.
    again: Spent,
}

/// The time that a build took.
#[derive(Clone, Copy)]
struct Spent {
    elapsed: Duration,
    /// Where the system tells it.
    processor: Option<Duration>,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.elapsed.as_secs_f64())?;
        match self.processor {
            Some(time) => write!(f, " ({:.1} s)", time.as_secs_f64()),
            None => Ok(()),
        }
    }
}

fn build(name: &'static str, dependencies: &str, program: &str, folder: &Path) -> Result<Row, String> {
    let krate = folder.join(name.replace([' ', ','], "-"));
    // What an earlier measurement left would be found and not built.
    let _ = fs::remove_dir_all(&krate);
    let manifest = format!(
        "[package]\nname = \"load-test\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{dependencies}\n"
    );
    let source = krate.join("src/main.rs");
    fs::create_dir_all(krate.join("src")).map_err(|error| format!("{}: {error}", krate.display()))?;
    write(&krate.join("Cargo.toml"), &manifest)?;
    write(&source, program)?;
    // Downloads are not what is measured.
    run(&krate, &["fetch", "--quiet"])?;
    let row = Row {
        name,
        crates: crates(&krate)?,
        release: run(&krate, &["build", "--quiet", "--release"])?,
        debug: run(&krate, &["build", "--quiet"])?,
        again: {
            let change = |change| {
                write(&source, &program.replace("\"visit\"", &format!("\"{change}\"")))?;
                run(&krate, &["build", "--quiet"])
            };
            let mut times = CHANGES.into_iter().map(change).collect::<Result<Vec<_>, _>>()?;
            times.sort_by_key(|time| time.elapsed);
            times[times.len() / 2]
        },
    };
    // Gigabytes, and of no further use.
    let _ = fs::remove_dir_all(&krate);
    Ok(row)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

/// Runs cargo there, with a target folder of its own, whatever the user's settings say.
fn run(krate: &Path, arguments: &[&str]) -> Result<Spent, String> {
    println!("==> {}: cargo {}", krate.file_name().unwrap_or_default().to_string_lossy(), arguments.join(" "));
    let before = of_children().ok();
    let start = Instant::now();
    let mut command = cargo();
    command.args(arguments).current_dir(krate).env("CARGO_TARGET_DIR", krate.join("target")).stdin(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => {
            let after = of_children().ok();
            let processor = after.zip(before).map(|(after, before)| after.saturating_sub(before));
            Ok(Spent { elapsed: start.elapsed(), processor })
        }
        Ok(status) => Err(format!("cargo {} in {} ended with {status}", arguments.join(" "), krate.display())),
        Err(error) => Err(format!("cargo cannot be started: {error}")),
    }
}

/// How many crates are built for this one.
fn crates(krate: &Path) -> Result<usize, String> {
    let mut tree = cargo();
    tree.args(["tree", "--edges", "no-dev", "--prefix", "none", "--format", "{p}"]).current_dir(krate);
    let output = tree.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    // A crate that occurs again is marked with `(*)`.
    let text = String::from_utf8_lossy(&output.stdout).replace(" (*)", "");
    let all: BTreeSet<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    Ok(all.len().saturating_sub(1))
}
