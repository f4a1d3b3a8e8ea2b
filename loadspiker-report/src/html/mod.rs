//! `report.html`: a run as one page that needs nothing beside itself.
//!
//! The page's code is TypeScript in `web/`, built into `web/dist`, which is committed and embedded here. What it shows
//! comes as two blocks of data: [`head`], JSON with all figures, and [`bulk`], packed, with what is drawn: histograms,
//! series of single requests, and histograms of windows. Nothing in the blocks can end them, so nothing from outside
//! becomes markup, and the content-security policy lets no other script or style run than those of the bundle.

mod bulk;
mod figures;
mod grid;
mod head;
pub(crate) mod sentence;
mod series;
mod windows;

use loadspiker_core::report::RunReport;

/// The page around scripts, styles and data.
const SHELL: &str = include_str!("../../web/dist/shell.html");

/// The version of the data that the page reads.
const DATA_VERSION: u32 = 1;

/// The report as a page that needs nothing beside itself: no other file, no server, no network.
pub fn html(report: &RunReport) -> String {
    let name = &report.info().simulation;
    let verdict = if report.passed() { "passed" } else { "failed" };
    let title = format!("{} {verdict} – LoadSpiker", clip(name));
    let head = serde_json::to_string(&head::Head::of(report)).unwrap_or_default();
    let plain = no_script(report);
    let parts = [
        ("<!--title-->", escape(&title)),
        ("<!--plain-->", plain),
        ("<!--head-->", json(&head)),
        ("<!--bulk-->", bulk::packed(report)),
    ];
    // Each place once, from left to right: a name that looks like a place is left as it is.
    let mut page = String::with_capacity(SHELL.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = SHELL;
    for (place, text) in &parts {
        let Some((before, after)) = rest.split_once(place) else { continue };
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    page
}

/// What is read where scripts do not run.
fn no_script(report: &RunReport) -> String {
    let summary = crate::summary::Summary::new(report).to_string();
    format!("<pre>{}</pre>", escape(&summary))
}

/// So much of a name as a window's title holds.
fn clip(name: &str) -> String {
    name.chars().take(80).collect()
}

/// A text between tags.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// JSON within a `<script>`, which neither `</script>` nor `<!--` may end or open. Outside of texts JSON has none of
/// these letters.
fn json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_ends_a_block() {
        let hostile = r#"</script><script>alert(1)</script><!--"#;
        let written = json(&serde_json::to_string(hostile).unwrap());
        assert!(!written.contains('<') && !written.contains('>'), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), hostile);
        assert_eq!(escape("<b a='1'>&\""), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn the_shell_has_each_place_once_and_in_order() {
        let places = ["<!--title-->", "<!--plain-->", "<!--head-->", "<!--bulk-->"].map(|place| {
            assert_eq!(SHELL.matches(place).count(), 1, "{place}");
            SHELL.find(place)
        });
        assert!(places.is_sorted());
    }
}
