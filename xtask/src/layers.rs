//! The order of layers within `loadspiker-core`: a module may use those before it, never those after it.

use std::fs;
use std::path::{Path, PathBuf};

/// The top modules of the core, lowest layer first.
const ORDER: &[&str] = &[
    // Ground: depends on nothing else.
    "numbers",
    "spelling",
    "units",
    "uuid",
    "shown",
    "format",
    "moment",
    "error",
    "phase",
    "failure",
    "value",
    "mask",
    "desk",
    // What is measured, and what a user knows.
    "metrics",
    "session",
    "fake",
    "expression",
    "custom_metric",
    "feeder",
    "check",
    "inject",
    "stream",
    "pool",
    // What it means.
    "report",
    "assertion",
    "collector",
    // From what is written to what runs.
    "protocol",
    "dsl",
    "compile",
    "engine",
    "imperative",
];

/// Files that use a layer above their own, with the layer. New ones are not added: move the code instead.
const EXCEPTIONS: &[(&str, &str)] = &[
    // What an action gets is the user and the shard that run it.
    ("protocol/context.rs", "engine"),
    ("protocol/journey.rs", "engine"),
    ("protocol/within.rs", "engine"),
];

/// Checks the order in the core of the repository at `root`.
///
/// # Errors
///
/// Every use of a higher layer, and modules and exceptions that do not fit the lists here.
fn check(root: &Path) -> Result<(), String> {
    let source = root.join("loadspiker-core/src");
    let mut files = Vec::new();
    gather(&source, &mut files)?;
    let mut problems = Vec::new();
    let mut needed = vec![false; EXCEPTIONS.len()];
    for path in files {
        let name = path.strip_prefix(&source).unwrap_or(&path).display().to_string();
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        problems.extend(violations(&name, &text, &mut needed));
    }
    for ((file, layer), _) in EXCEPTIONS.iter().zip(&needed).filter(|(_, needed)| !**needed) {
        problems.push(format!("{file} no longer uses `{layer}`; remove the exception in xtask/src/layers.rs"));
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("layers of loadspiker-core:\n  {}", problems.join("\n  "))) }
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if stem == "tests" || stem == "lib" {
            continue;
        }
        if path.is_dir() {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// What is wrong with the file `name`, such as `check/rule.rs`, in which `text` stands. Marks the exceptions it needs.
fn violations(name: &str, text: &str, needed: &mut [bool]) -> Vec<String> {
    let top = name.split('/').next().unwrap_or(name).trim_end_matches(".rs");
    let Some(own) = rank(top) else {
        return vec![format!("`{top}` has no place in the order; add it to xtask/src/layers.rs")];
    };
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start() == "mod tests {" {
            break;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        for used in line.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if rank(&used).is_none_or(|used| used <= own) {
                continue;
            }
            match EXCEPTIONS.iter().position(|(file, layer)| *file == name && *layer == used) {
                Some(index) => needed[index] = true,
                None => problems.push(format!("{name}:{number} uses `{used}`, which is a layer above `{top}`")),
            }
        }
    }
    problems
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == module)
}

mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Vec<String> {
        violations(name, text, &mut [false; EXCEPTIONS.len()])
    }

    #[test]
    fn the_core_keeps_the_order_of_its_layers() {
        if let Err(problems) = check(&crate::root()) {
            panic!("{problems}");
        }
    }

    #[test]
    fn a_module_may_use_lower_layers_alone() {
        assert!(found("engine/run.rs", "use crate::metrics::Recorder;\n").is_empty());
        let problems = found("metrics/recorder.rs", "\nuse crate::engine::Shard;\n");
        assert_eq!(problems, ["metrics/recorder.rs:2 uses `engine`, which is a layer above `metrics`"]);
    }

    #[test]
    fn documentation_and_tests_may_name_what_they_like() {
        assert!(found("value.rs", "/// [`crate::dsl::Chain`]\n").is_empty());
        assert!(found("value.rs", "mod tests {\n    use crate::engine::Shard;\n}\n").is_empty());
    }

    #[test]
    fn a_new_module_needs_a_place() {
        assert_eq!(found("news/mod.rs", "").len(), 1);
    }
}
