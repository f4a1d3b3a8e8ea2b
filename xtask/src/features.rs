//! Reading the names of the features in a `Cargo.toml`.

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
}
