//! The features in a `Cargo.toml`: their names, and the table of them that the README and the documentation show.

/// The features of the package, in the order in which they stand: all but `default` and the internal ones, whose names
/// begin with an underscore.
///
/// This reads the plain form in which features are written here, one `name = […]` to a line or several; it is no
/// parser of TOML.
pub(crate) fn names(manifest: &str) -> Vec<String> {
    let section = manifest.lines().map(str::trim).skip_while(|line| *line != "[features]").skip(1);
    let mut names = Vec::new();
    let mut in_list = false;
    for line in section.take_while(|line| !is_header(line)) {
        let code = line.split('#').next().unwrap_or_default().trim();
        if !in_list && let Some((name, list)) = code.split_once('=') {
            let name = name.trim().trim_matches('"');
            if name != "default" && !name.starts_with('_') {
                names.push(name.to_owned());
            }
            in_list = !list.contains(']');
        } else if code.contains(']') {
            in_list = false;
        }
    }
    names
}

/// The table of the features, as the comments of the manifest tell it. Each feature has one line of comment above it: what
/// it brings, a `|`, and what it costs.
///
/// # Errors
///
/// A feature without such a line.
#[cfg(test)]
fn table(manifest: &str) -> Result<String, String> {
    let mut table = "| feature | default | what it brings | what it costs |\n|---|---|---|---|\n".to_owned();
    // A dependency may have the name of a feature.
    let lines: Vec<&str> = manifest.lines().map(str::trim).skip_while(|line| *line != "[features]").collect();
    let default = lines.iter().find_map(|line| line.strip_prefix("default = ")).unwrap_or_default();
    for name in names(manifest) {
        let above =
            lines.iter().position(|line| line.starts_with(&format!("{name} = "))).and_then(|at| at.checked_sub(1));
        let told = above.and_then(|above| lines[above].strip_prefix("# ")?.split_once(" | "));
        let (brings, costs) = told.ok_or(format!(
            "the feature `{name}` in Cargo.toml needs a comment above it: `# what it brings | what it costs`"
        ))?;
        let is_default = if default.contains(&format!("\"{name}\"")) { "yes" } else { "no" };
        table.push_str(&format!("| `{name}` | {is_default} | {brings} | {costs} |\n"));
    }
    Ok(table)
}

/// Whether the line begins another section. The lines of a list inside `[features]` begin with a quote.
fn is_header(line: &str) -> bool {
    line.starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_listed_without_default_and_internal_ones() {
        let manifest = r#"
[package]
name = "x"

[features]
default = ["http"]
# HTTP.
http = ["dep:x-http"] # with = a sign
"web-socket" = [
    "http",
    "dep:ws",
]
_private = []
full = ["http", "web-socket"]

[dependencies]
serde = "1"
"#;
        assert_eq!(names(manifest), ["http", "web-socket", "full"]);
    }

    #[test]
    fn a_manifest_without_features_has_none() {
        assert!(names("[package]\nname = \"x\"\n").is_empty());
    }

    #[test]
    fn the_facade_has_http_and_full() {
        let found = names(include_str!("../../Cargo.toml"));
        assert!(found.iter().any(|name| name == "http") && found.iter().any(|name| name == "full"), "{found:?}");
    }

    const MANIFEST: &str = include_str!("../../Cargo.toml");

    #[test]
    fn the_readme_and_the_documentation_have_the_table_of_the_features() {
        let table = table(MANIFEST).unwrap();
        let documentation: String = table.lines().map(|line| format!("//! {line}\n")).collect();
        for (place, text, expected) in [
            ("README.md", include_str!("../../README.md"), &table),
            ("src/lib.rs", include_str!("../../src/lib.rs"), &documentation),
        ] {
            assert!(
                text.contains(expected.as_str()),
                "{place} needs this table, and no other of features:\n{expected}"
            );
            assert_eq!(text.matches("| feature | default |").count(), 1, "{place}");
        }
    }

    #[test]
    fn each_feature_has_a_module_with_a_prelude() {
        let root = include_str!("../../src/lib.rs");
        let modules = include_str!("../../src/features.rs");
        for name in names(MANIFEST).iter().filter(|name| *name != "full") {
            assert!(
                root.contains(&format!("pub use features::{name};")),
                "src/lib.rs does not export the module {name}"
            );
            // Modules of databases are made by a macro, preludes and all.
            let module = modules.split_once(&format!("pub mod {name} {{\n")).map(|(_, module)| module);
            let module = module.map(|module| module.split_once("\n}\n").map_or(module, |(module, _)| module));
            let is_database = modules.contains(&format!("    {name}, \"{name}\"\n"));
            assert!(
                is_database || module.is_some_and(|module| module.contains("pub mod prelude {")),
                "src/features.rs has no module {name} with a prelude"
            );
        }
    }

    #[test]
    fn the_facade_lists_what_it_exports_and_no_internals() {
        for (file, text) in [
            ("src/lib.rs", include_str!("../../src/lib.rs")),
            ("src/modules.rs", include_str!("../../src/modules.rs")),
            ("src/features.rs", include_str!("../../src/features.rs")),
            ("src/prelude.rs", include_str!("../../src/prelude.rs")),
        ] {
            let code = || text.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert!(!code().any(|line| line.contains("::*")), "{file} has a glob");
            for internal in ["Recorder", "Collector", "Snapshot", "Absorb", "BoundFeeder", "Schema", "Profile"] {
                let is_named = |line: &str| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == internal);
                assert!(!code().any(is_named), "{file} exports {internal}");
            }
        }
    }

    #[test]
    fn a_feature_that_tells_nothing_is_named() {
        let told = table("[features]\ndefault = [\"a\"]\n# This | that\na = []\n").unwrap();
        assert!(told.ends_with("| `a` | yes | This | that |\n"), "{told}");
        assert!(table("[features]\ndefault = []\nb = []\n").unwrap_err().contains("`b`"));
    }
}
