//! The comparison with peers: installs or builds them, then lets the bench `peers` run them in turn.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::args::Comparison;
use crate::programs::{cargo, find, works};
use crate::results::{self, Section};
use crate::setup::{PEERS, provide};

/// Compares in the repository at `root`, and writes a section of `benches/RESULTS.md`.
///
/// # Errors
///
/// The bench fails, as it does without nginx or wrk. Any other peer that cannot be had is named and left out.
pub(crate) fn compare(comparison: Comparison, root: &Path) -> Result<(), String> {
    println!("==> set-up");
    provide(&PEERS).iter().for_each(|peer| println!("    {} is not there and could not be installed", peer.name));
    let mut bench = cargo();
    bench.current_dir(root).args(["bench", "--package", "loadspiker", "--bench", "peers", "--"]);
    let (peers, tables) = (root.join("target/peers"), root.join("target/peers/results.md"));
    fs::create_dir_all(&peers).map_err(|error| format!("{}: {error}", peers.display()))?;
    bench.arg("--results").arg(&tables);
    for (option, value) in [("--rounds", comparison.rounds), ("--seconds", comparison.seconds)] {
        if let Some(value) = value {
            bench.arg(option).arg(value.to_string());
        }
    }
    let found = [("--goose", goose(root, &peers)), ("--locust", locust(&peers)), ("--oha", oha(&peers, comparison))];
    for (option, program) in found {
        match program {
            Ok(program) => _ = bench.arg(option).arg(program),
            // The bench says what it leaves out; why is said here.
            Err(cause) => println!("    {cause}"),
        }
    }
    println!("\n==> comparison");
    match bench.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => {
            let text = fs::read_to_string(&tables).map_err(|error| format!("{}: {error}", tables.display()))?;
            results::write(root, Section::Peers, &text)
        }
        Ok(status) => Err(format!("the bench ended with {status}")),
        Err(error) => Err(format!("the bench could not be run: {error}")),
    }
}

/// Builds the program that has goose do what is compared.
fn goose(root: &Path, peers: &Path) -> Result<PathBuf, String> {
    let (manifest, target) = (root.join("benches/peers/goose/Cargo.toml"), peers.join("goose"));
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--manifest-path"]).arg(manifest).arg("--target-dir").arg(&target);
    done("goose", &mut build)?;
    Ok(target.join("release/peer-goose"))
}

/// Installs oha from crates.io, if that is wanted and it is not there.
fn oha(peers: &Path, comparison: Comparison) -> Result<PathBuf, String> {
    if let Some(program) = find("oha") {
        return Ok(program);
    }
    let (folder, program) = (peers.join("oha"), peers.join("oha/bin/oha"));
    if program.is_file() {
        return Ok(program);
    }
    if !comparison.with_oha {
        return Err("oha is not there; --with-oha builds it, which takes some minutes".to_owned());
    }
    done("oha", cargo().args(["install", "oha", "--locked", "--root"]).arg(folder))?;
    Ok(program)
}

/// Installs locust into a Python environment of its own.
fn locust(peers: &Path) -> Result<PathBuf, String> {
    let (folder, python) = (peers.join("locust"), peers.join("locust/bin/python"));
    if works(&python, &["-c", "import locust"]) {
        return Ok(python);
    }
    done("locust", Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    done("locust", Command::new(&python).args(["-m", "pip", "install", "--quiet", "locust"]))?;
    Ok(python)
}

/// Runs a command that brings a peer here.
fn done(peer: &str, command: &mut Command) -> Result<(), String> {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    println!("    {peer}: {line}");
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{peer} is left out: {line} ended with {status}")),
        Err(error) => Err(format!("{peer} is left out: {line}: {error}")),
    }
}
