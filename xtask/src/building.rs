//! How long a load test of a user's takes to build, beside one with goose: a new crate with default features, from nothing,
//! and again after a change of its scenario.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::programs::cargo;

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

/// Measures in `target/building` of the repository at `root`.
///
/// # Errors
///
/// A build fails, or a file cannot be written.
pub(crate) fn measure(root: &Path) -> Result<(), String> {
    let folder = root.join("target/building");
    let ours = format!("loadspiker = {{ path = \"{}\" }}", root.display());
    let goose = "goose = \"0.19\"\ntokio = { version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }";
    let rows = [
        build("loadspiker", &ours, LOADSPIKER, &folder)?,
        // As lean as it gets: what css, form and xpath need is left out.
        build(
            "loadspiker, http alone",
            &ours.replace(" }", ", default-features = false, features = [\"http\"] }"),
            LOADSPIKER,
            &folder,
        )?,
        build("goose", goose, GOOSE, &folder)?,
    ];
    println!("\n{:<24} {:>8} {:>16} {:>14} {:>18}", "", "crates", "release, clean", "debug, clean", "debug, a change");
    for (name, Figures { crates, release, debug, again }) in rows {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        println!("{name:<24} {crates:>8} {:>16} {:>14} {:>18}", seconds(release), seconds(debug), seconds(again));
    }
    Ok(())
}

struct Figures {
    /// All crates that are built, that of the user not counted.
    crates: usize,
    release: Duration,
    debug: Duration,
    /// After a change of the scenario.
    again: Duration,
}

fn build<'a>(name: &'a str, dependencies: &str, program: &str, folder: &Path) -> Result<(&'a str, Figures), String> {
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
    let figures = Figures {
        crates: crates(&krate)?,
        release: run(&krate, &["build", "--release"])?,
        debug: run(&krate, &["build"])?,
        again: {
            write(&source, &program.replace("\"visit\"", "\"look\""))?;
            run(&krate, &["build"])?
        },
    };
    // Gigabytes, and of no further use.
    let _ = fs::remove_dir_all(&krate);
    Ok((name, figures))
}

fn write(file: &PathBuf, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn run(krate: &Path, arguments: &[&str]) -> Result<Duration, String> {
    println!("==> {}: cargo {}", krate.file_name().unwrap_or_default().to_string_lossy(), arguments.join(" "));
    let start = Instant::now();
    let status =
        cargo().args(arguments).current_dir(krate).env_remove("CARGO_TARGET_DIR").stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(start.elapsed()),
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
