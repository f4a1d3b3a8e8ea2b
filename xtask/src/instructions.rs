//! The watch against relapse: how many instructions a request and the steps around it take, beside what is written down.
//!
//! Rates differ from machine to machine and from minute to minute; the instructions that a program takes for the same
//! work hardly do. valgrind counts them, in a program that is optimised like a release but for what makes building one
//! slow. They depend on compiler, processor (whose vectors `memcpy` and others use) and C library to several per cent, so
//! they are compared with a tolerance.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::{cargo, find};

/// Package and profile of the program whose instructions are counted.
const NAME: &str = "instructions";
const BASELINE: &str = "benches/instructions/baseline.txt";

/// How many per cent more than written down a thing may take.
const TOLERANCE: f64 = 10.0;

/// What is counted, and how often it is done in the shorter and the longer of two runs.
const COUNTED: [(&str, u64, u64); 3] = [("get", 500, 10_500), ("journey", 500, 5_500), ("steps", 1000, 51_000)];

/// Whether instructions can be counted here, and mean what is written down.
pub(crate) const fn are_counted_here() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

/// Counts, and compares with the baseline or, to update it, writes it anew.
///
/// # Errors
///
/// Something takes more than it may; or it cannot be counted.
pub(crate) fn count(root: &Path, update: bool) -> Result<(), String> {
    if !are_counted_here() {
        return Err("instructions are counted on Linux on x86-64 only".to_owned());
    }
    let valgrind = find("valgrind").ok_or("valgrind is not installed; `cargo xtask setup` installs it")?;
    let program = build(root)?;
    let mut counts = Vec::new();
    for (what, few, many) in COUNTED {
        let run = |times| run(&valgrind, &program, what, times);
        counts.push((what, run(many)?.saturating_sub(run(few)?) / (many - few)));
    }
    let file = root.join(BASELINE);
    if update {
        fs::write(&file, written(&counts)).map_err(|error| format!("{BASELINE}: {error}"))?;
        println!("    {BASELINE} is written: commit it, with the reason");
        return Ok(());
    }
    let baseline = fs::read_to_string(&file).map_err(|error| format!("{BASELINE}: {error}"))?;
    let (table, worse) = compare(&counts, &baseline)?;
    print!("{table}");
    match worse[..] {
        [] => Ok(()),
        _ => Err(format!(
            "more instructions than {BASELINE} has, by more than {TOLERANCE} %, for: {}.\n       Find out what costs them: \
             `valgrind --tool=callgrind {} WHAT 5000`, then `callgrind_annotate`.\n       If they are worth it: `cargo \
             xtask instructions --update`, and commit the file with the reason",
            worse.join(", "),
            program.display()
        )),
    }
}

fn build(root: &Path) -> Result<PathBuf, String> {
    let mut command = cargo();
    command.args(["build", "--quiet", "--package", NAME, "--profile", NAME]).current_dir(root);
    let status = command.status().map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !status.success() {
        return Err(format!("`cargo build --package {NAME} --profile {NAME}` failed"));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join(NAME).join(NAME))
}

/// The instructions of a whole run.
fn run(valgrind: &Path, program: &Path, what: &str, times: u64) -> Result<u64, String> {
    let mut command = Command::new(valgrind);
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).arg(what).arg(times.to_string());
    let output = command.output().map_err(|error| format!("valgrind cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = output.status.success().then(|| collected(&text)).flatten();
    collected.ok_or_else(|| format!("`{NAME} {what} {times}` under valgrind ended with {}:\n{text}", output.status))
}

/// Reads `==123== Collected : 4567`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    line?.1.split_whitespace().next()?.parse().ok()
}

/// The baseline as a file.
fn written(counts: &[(&str, u64)]) -> String {
    let mut text =
        "# Instructions in user space, each time it is done; see benches/instructions/src/main.rs for what it is.\n\
                    # Written by `cargo xtask instructions --update`, compared by `cargo xtask test`.\n"
            .to_owned();
    for (what, count) in counts {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{what} {count}");
    }
    text
}

/// A table of the counts beside the baseline, and what takes more than it may.
fn compare<'a>(counts: &[(&'a str, u64)], baseline: &str) -> Result<(String, Vec<&'a str>), String> {
    let mut table = format!("    {:<10} {:>10} {:>10} {:>10}\n", "", "expected", "counted", "differs");
    let mut worse = Vec::new();
    for (what, count) in counts {
        let mut lines = baseline.lines().filter_map(|line| line.split_once(' '));
        let expected = lines.find(|(name, _)| name == what).and_then(|(_, number)| number.trim().parse().ok());
        let expected: u64 = expected.ok_or_else(|| {
            format!("{BASELINE} has no line \"{what} NUMBER\": `cargo xtask instructions --update` writes it")
        })?;
        let percent = difference(*count, expected);
        let mark = match percent {
            more if more > TOLERANCE => {
                worse.push(*what);
                "  TOO MANY"
            }
            less if less < -TOLERANCE => "  fewer: keep the gain with `cargo xtask instructions --update`",
            _ => "",
        };
        let _ = writeln!(table, "    {what:<10} {expected:>10} {count:>10} {percent:>+8.1} %{mark}");
    }
    let _ = writeln!(table, "    up to {TOLERANCE} % more are taken for chance");
    Ok((table, worse))
}

/// In per cent of `expected`.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn difference(count: u64, expected: u64) -> f64 {
    (count as f64 / expected.max(1) as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        let text = "==7== Events    : Ir\n==7== Collected : 846015819\n==7== \n==7== I   refs:      846,015,819\n";
        assert_eq!(collected(text), Some(846_015_819));
        assert_eq!(collected("==7== Collected : many"), None);
        assert_eq!(collected(""), None);
    }

    #[test]
    fn what_is_written_is_compared() {
        let baseline = written(&[("get", 1000), ("steps", 200)]);
        let (table, worse) = compare(&[("get", 1030), ("steps", 200)], &baseline).unwrap();
        assert!(worse.is_empty() && table.contains("+3.0 %") && table.contains("1030"), "{table}");
        let (table, worse) = compare(&[("get", 1150), ("steps", 150)], &baseline).unwrap();
        assert_eq!(worse, ["get"]);
        assert!(table.contains("TOO MANY") && table.contains("-25.0 %  fewer"), "{table}");
    }

    #[test]
    fn what_is_not_written_down_is_told_with_the_remedy() {
        let message = compare(&[("get", 1)], "gets 5\n").unwrap_err();
        assert!(message.contains("get NUMBER") && message.contains("--update"), "{message}");
    }

    #[test]
    fn the_committed_baseline_has_all_that_is_counted() {
        let counts = COUNTED.map(|(what, ..)| (what, 1));
        let (_, worse) = compare(&counts, include_str!("../../benches/instructions/baseline.txt")).unwrap();
        assert!(worse.is_empty());
    }
}
