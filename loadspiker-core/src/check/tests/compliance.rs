//! The published compliance suites of JSONPath (RFC 9535) and JMESPath, where they are at hand: each case is a check on a
//! response whose body is the document.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::*;

/// Cases in which the library is known to differ from the suite, with the reason. One that starts to pass has to go.
const JSONPATH_DEVIATIONS: &[(&str, &str)] = &[];
const JMESPATH_DEVIATIONS: &[(&str, &str)] = &[];

/// The folder with the suites: `shared/data` beside the repository, or beside a folder around it. None of the suites is
/// part of the repository; where they must be there, they are.
#[expect(clippy::print_stderr, reason = "who runs the tests is to know that these were not")]
fn suites() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|folder| folder.join("shared/data")).find(|folder| folder.is_dir());
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the compliance suites are not in ../shared/data");
        eprintln!("skipped: the compliance suites are not in ../shared/data");
    }
    found
}

fn read(path: &Path) -> Json {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares the cases that failed with those known to.
fn settle(failed: &[(String, String)], known: &[(&str, &str)]) {
    let unexpected: Vec<_> = failed.iter().filter(|(name, _)| !known.iter().any(|(known, _)| known == name)).collect();
    let mended: Vec<_> = known.iter().filter(|(known, _)| !failed.iter().any(|(name, _)| name == known)).collect();
    assert!(unexpected.is_empty(), "{} cases fail: {unexpected:#?}", unexpected.len());
    assert!(mended.is_empty(), "these pass and need no exception any more: {mended:#?}");
}

/// What the check saves from a document, or why it saves nothing: a mistake told before the run, or a failure.
fn found(check: Check, document: &Json) -> Result<Value, String> {
    let check = check.save_as("found");
    let (set, mut session, mistakes) = compile_in_test(|cx| CheckSet::compile(&[check], cx));
    if let Some(mistake) = mistakes.into_iter().next() {
        return Err(mistake);
    }
    set.run(&response(&document.to_string()), &mut session).map_err(|failure| failure.to_string())?;
    session.value("found").cloned().ok_or_else(|| "nothing was saved".to_owned())
}

/// In a text of a check `#{` would begin an expression.
fn escaped(expression: &str) -> String {
    assert!(!expression.contains("\\#{"), "{expression}");
    expression.replace("#{", "\\#{")
}

#[test]
fn json_paths_find_what_rfc_9535_says() {
    let Some(suites) = suites() else { return };
    let suite = read(&suites.join("jsonpath/cts.json"));
    let cases = suite["tests"].as_array().unwrap();
    assert!(cases.len() >= 703, "only {} cases", cases.len());
    let mut failed = Vec::new();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let path = escaped(case["selector"].as_str().unwrap());
        let right = if case["invalid_selector"] == true {
            !mistakes(json_path(path)).is_empty()
        } else {
            let document = &case["document"];
            let all = found(json_path(&path).find_all().with_default(Vec::<Value>::new()), document);
            let counted = found(json_path(&path).count(), document);
            let expected: Vec<&Json> = case
                .get("result")
                .into_iter()
                .chain(case.get("results").and_then(Json::as_array).into_iter().flatten())
                .collect();
            assert!(!expected.is_empty(), "{name} expects nothing");
            let is_expected = |found: &Value| expected.iter().any(|expected| alike(&found.to_json(), expected));
            let number = expected[0].as_array().unwrap().len();
            all.as_ref().is_ok_and(is_expected) && counted == Ok(Value::from(number))
        };
        if !right {
            failed.push((name.to_owned(), case["selector"].to_string()));
        }
    }
    settle(&failed, JSONPATH_DEVIATIONS);
}

#[test]
fn jmes_paths_find_what_the_specification_says() {
    let Some(suites) = suites() else { return };
    let mut files: Vec<_> = fs::read_dir(suites.join("jmespath")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut failed, mut count) = (Vec::new(), 0);
    for file in files {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        for group in read(&file).as_array().unwrap() {
            for case in group["cases"].as_array().unwrap() {
                count += 1;
                let expression = case["expression"].as_str().unwrap();
                // JMESPath says null where there is nothing; to a check that is nothing.
                let found = found(jmes_path(escaped(expression)).with_default(Value::Null), &group["given"]);
                let right = match (&found, case.get("result"), case.get("error")) {
                    // 1 and 1.0 are the same number.
                    (Ok(found), Some(expected), _) => alike(&found.to_json(), expected),
                    (Err(_), _, Some(_)) | (Ok(_), None, None) => true,
                    _ => false,
                };
                if !right {
                    failed.push((format!("{stem}: {expression}"), format!("{found:?}, expected {case}")));
                }
            }
        }
    }
    assert!(count >= 908, "only {count} cases");
    settle(&failed, JMESPATH_DEVIATIONS);
}

fn alike(found: &Json, expected: &Json) -> bool {
    match (found, expected) {
        (Json::Number(found), Json::Number(expected)) => found.as_f64() == expected.as_f64(),
        (Json::Array(found), Json::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| alike(found, expected))
        }
        (Json::Object(found), Json::Object(expected)) => {
            found.len() == expected.len()
                && found.iter().all(|(key, value)| expected.get(key).is_some_and(|other| alike(value, other)))
        }
        _ => found == expected,
    }
}
