//! `benches/RESULTS.md`: what the benches that are run by `cargo xtask` have found, a section for each of them.

use std::fs;
use std::path::Path;

/// The section that a bench writes; its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Peers,
    Building,
}

impl Section {
    fn heading(self) -> &'static str {
        match self {
            Section::Peers => "## Beside peers",
            Section::Building => "## Building a load test",
        }
    }

    fn command(self) -> &'static str {
        match self {
            Section::Peers => "cargo xtask bench-peers",
            Section::Building => "cargo xtask bench-build",
        }
    }
}

/// What stands above all sections.
const HEAD: &str = "# Results\n\nWhat is measured, and how, is told in [README.md](README.md).\n";

/// Writes a section anew in the repository at `root`, and leaves the others as they are.
///
/// # Errors
///
/// The file cannot be read or written.
pub(crate) fn write(root: &Path, section: Section, text: &str) -> Result<(), String> {
    let file = root.join("benches/RESULTS.md");
    let failed = |error| format!("{}: {error}", file.display());
    let before = if file.exists() { fs::read_to_string(&file).map_err(failed)? } else { String::new() };
    fs::write(&file, with(&before, section, text)).map_err(failed)?;
    println!("written to {}", file.display());
    Ok(())
}

/// The file with this section in place of the one before, or at the end.
fn with(file: &str, section: Section, text: &str) -> String {
    let new = format!("{}\n\nWritten by `{}`.\n\n{}\n", section.heading(), section.command(), text.trim());
    let mut sections = Vec::new();
    for line in file.lines() {
        match sections.last_mut() {
            _ if line.starts_with("## ") => sections.push(format!("{line}\n")),
            Some(section) => *section += &format!("{line}\n"),
            // The head, which is written anew.
            None => {}
        }
    }
    match sections.iter_mut().find(|other| other.lines().next() == Some(section.heading())) {
        Some(old) => *old = new,
        None => sections.push(new),
    }
    let sections: Vec<&str> = sections.iter().map(|section| section.trim_end()).collect();
    format!("{HEAD}\n{}\n", sections.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_the_one_before_and_of_no_other() {
        let first = with("", Section::Peers, "old peers\n");
        let both = with(&first, Section::Building, "### Table\n\nseconds");
        assert_eq!(
            with(&both, Section::Peers, "new peers"),
            format!(
                "{HEAD}\n## Beside peers\n\nWritten by `cargo xtask bench-peers`.\n\nnew peers\n\n\
                 ## Building a load test\n\nWritten by `cargo xtask bench-build`.\n\n### Table\n\nseconds\n"
            )
        );
        assert_eq!(with(&both, Section::Building, "### Table\n\nseconds"), both);
    }

    #[test]
    fn what_is_no_section_is_not_kept() {
        let text = with("# An old title\n\nOld text.\n", Section::Peers, "peers");
        assert!(text.starts_with(HEAD) && !text.contains("Old"), "{text}");
    }
}
