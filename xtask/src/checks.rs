//! The checks that a change must pass, in the order in which they are run: the quick ones first.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::features;
use crate::instructions;
use crate::programs::{cargo, find};
use crate::run::{self, Check};

/// Runs every check in the repository at `root`.
///
/// # Errors
///
/// The first check that fails.
pub(crate) fn all(root: &Path) -> Result<(), String> {
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let with_deny = find("cargo-deny").is_some();
    if !with_deny {
        println!("    cargo-deny is not installed: dependencies are not audited (`cargo install cargo-deny --locked`)");
    }
    run::all(list(&features::names(&text), with_deny), root)
}

/// The checks for a facade with these features. All but the count of instructions use the dev profile, so that they share
/// what they build.
fn list(features: &[String], with_deny: bool) -> Vec<Check> {
    let mut checks = vec![
        check("format", &["fmt", "--all", "--check"], "`cargo fmt --all` puts it right"),
        check(
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
            "see the warnings above; `#[expect(…, reason = \"…\")]` where one is wrong",
        ),
        documentation(),
        check(
            "no features",
            &["check", "--package", "loadspiker", "--no-default-features"],
            "something is used that only a feature brings in",
        ),
    ];
    checks.extend(features.iter().map(|feature| {
        check(
            &format!("feature {feature}"),
            &["check", "--package", "loadspiker", "--no-default-features", "--features", feature],
            "something is used that only another feature brings in",
        )
    }));
    checks.extend(page());
    let tests = &["test", "--workspace", "--all-features", "--no-fail-fast"];
    checks.push(Check { counted: true, ..check("tests", tests, "see the failures above") });
    if instructions::are_counted_here() {
        let arguments = &["run", "--quiet", "--package", "xtask", "--", "instructions"];
        checks.push(check("instructions", arguments, "see above for what they are and how they are written down anew"));
    }
    if with_deny {
        checks.push(check("dependencies", &["deny", "check"], "see deny.toml for what is allowed, and why"));
    }
    checks
}

/// Checks of the report's page: its bundle, which is committed, must be what its sources give.
fn page() -> [Check; 5] {
    let npm = |title: &str, arguments: &[&str], remedy| {
        let mut command = Command::new("npm");
        command.args(["--prefix", "loadspiker-report/web"]).args(arguments);
        Check { title: title.to_owned(), command, remedy, counted: false }
    };
    let install = &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    [
        npm("page: packages", install, "it takes Node 20.19 or later, npm, and a registry of npm packages"),
        npm("page: types", &["run", "--silent", "check"], "see the errors of TypeScript above"),
        npm("page: units", &["run", "--silent", "unit"], "see the failures above"),
        npm(
            "page: bundle",
            &["run", "--silent", "fresh"],
            "`npm run build` in loadspiker-report/web makes it anew; commit what is in dist",
        ),
        npm("page: browser", &["run", "--silent", "browser"], "see the failures above; it takes Chromium"),
    ]
}

fn documentation() -> Check {
    let arguments = &["doc", "--workspace", "--no-deps", "--all-features"];
    let mut documentation = check("documentation", arguments, "see the warnings above: links must lead somewhere");
    documentation.command.env("RUSTDOCFLAGS", "-D warnings");
    documentation
}

fn check(title: &str, arguments: &[&str], remedy: &'static str) -> Check {
    let mut command = cargo();
    command.args(arguments);
    Check { title: title.to_owned(), command, remedy, counted: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(features: &[&str], with_deny: bool) -> Vec<String> {
        let features: Vec<String> = features.iter().copied().map(str::to_owned).collect();
        list(&features, with_deny).into_iter().map(|check| check.title).collect()
    }

    #[test]
    fn every_feature_is_checked_alone() {
        let expected =
            ["format", "clippy", "documentation", "no features", "feature http", "feature full", "page: packages"];
        assert_eq!(titles(&["http", "full"], false)[..expected.len()], expected);
    }

    #[test]
    fn the_page_is_checked_before_the_tests_that_take_long() {
        let titles = titles(&[], false);
        let place = |title: &str| titles.iter().position(|one| one == title).unwrap();
        assert!(place("page: packages") < place("page: bundle") && place("page: browser") < place("tests"));
    }

    #[test]
    fn dependencies_are_audited_where_the_tool_is_there() {
        assert_eq!(titles(&[], true).last().map(String::as_str), Some("dependencies"));
        assert!(!titles(&[], false).contains(&"dependencies".to_owned()));
    }

    #[test]
    fn only_the_tests_are_counted() {
        let counted: Vec<_> = list(&[], true).into_iter().filter(|check| check.counted).map(|c| c.title).collect();
        assert_eq!(counted, ["tests"]);
    }
}
