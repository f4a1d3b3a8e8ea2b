//! JUnit XML: what build servers such as Jenkins and GitLab show of a run.

use std::time::Duration;

use loadspiker_core::assertion::AssertionResult;
use loadspiker_core::format::{count, human};
use loadspiker_core::report::{EndReason, RequestReport, RunReport};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::folder::{civil, slug};
use crate::summary::Summary;

/// The report as JUnit XML, in three suites:
///
/// * the run itself, which is in error if it was aborted or interrupted or code of the user's panicked, and has the summary as its output;
/// * a test case for each assertion, with what was expected, what was found and where to look if it failed;
/// * a test case for each request, with its mean response time as the time. It never fails: whether a request was good
///   enough is for assertions to say.
pub(crate) fn junit(report: &RunReport) -> String {
    let name = &report.info().simulation;
    let suites = [
        Suite { name: format!("{name}: run"), cases: vec![run(report)] },
        Suite { name: format!("{name}: assertions"), cases: assertions(report) },
        Suite { name: format!("{name}: requests"), cases: requests(report) },
    ];
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 2));
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let time = millis(report.info().duration);
    let [tests, failures, errors] = numbers(all());
    let attributes =
        [("name", name.as_str()), ("tests", &tests), ("failures", &failures), ("errors", &errors), ("time", &time)];
    xml.element("testsuites", &attributes, |xml| {
        suites.iter().filter(|suite| !suite.cases.is_empty()).for_each(|suite| suite.write(xml, report));
    });
    String::from_utf8(xml.0.into_inner()).unwrap_or_default() + "\n"
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    /// The last part of the name of its class.
    class: &'static str,
    name: String,
    time: Duration,
    outcome: Outcome,
    output: String,
}

enum Outcome {
    Passed,
    /// What it asserts does not hold: in short, and in full.
    Failed(String, String),
    /// It could not be told: in short.
    Error(String),
}

impl Suite {
    fn write(&self, xml: &mut Xml, report: &RunReport) {
        let [tests, failures, errors] = numbers(self.cases.iter());
        let (time, timestamp) = (millis(report.info().duration), timestamp(report.info().started_at_ms));
        let attributes = [
            ("name", self.name.as_str()),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", "0"),
            ("time", &time),
            ("timestamp", &timestamp),
        ];
        let class = slug(&report.info().simulation);
        xml.element("testsuite", &attributes, |xml| self.cases.iter().for_each(|case| case.write(xml, &class)));
    }
}

impl Case {
    fn write(&self, xml: &mut Xml, class: &str) {
        let (class, time) = (format!("{class}.{}", self.class), seconds(self.time));
        let attributes = [("name", self.name.as_str()), ("classname", &class), ("time", &time)];
        xml.element("testcase", &attributes, |xml| {
            match &self.outcome {
                Outcome::Passed => {}
                Outcome::Failed(message, text) => {
                    let attributes = [("message", message.as_str()), ("type", "assertion")];
                    xml.element("failure", &attributes, |xml| xml.text(text));
                }
                Outcome::Error(message) => {
                    let attributes = [("message", message.as_str()), ("type", "run")];
                    xml.element("error", &attributes, |xml| xml.text(message));
                }
            }
            if !self.output.is_empty() {
                xml.element("system-out", &[], |xml| xml.text(&self.output));
            }
        });
    }
}

fn run(report: &RunReport) -> Case {
    let outcome = match (&report.info().end, &report.info().after_error) {
        (end @ (EndReason::Aborted(_) | EndReason::Interrupted | EndReason::Unfinished), _) => {
            Outcome::Error(end.to_string())
        }
        (_, Some(cause)) => Outcome::Error(format!("what is done after the run failed: {cause}")),
        // If it has not passed, it is for panics that no assertion is about.
        _ if !report.passed() && report.assertions().iter().all(|result| result.passed) => {
            Outcome::Error(report.verdict())
        }
        _ => Outcome::Passed,
    };
    let output = format!("\n{}", Summary::new(report));
    Case { class: "run", name: "the run".to_owned(), time: report.info().duration, outcome, output }
}

fn assertions(report: &RunReport) -> Vec<Case> {
    let mut names = Names::default();
    let case = |result: &AssertionResult| Case {
        class: "assertions",
        name: names.unique(&result.description),
        time: Duration::ZERO,
        outcome: if result.passed { Outcome::Passed } else { failed(result) },
        output: if result.passed { result.message.clone() } else { String::new() },
    };
    report.assertions().iter().map(case).collect()
}

fn failed(result: &AssertionResult) -> Outcome {
    let mut lines = vec![result.description.clone(), format!("expected: {}", result.expected)];
    lines.push(match result.actual.as_str() {
        "" => format!("found: {}", result.message),
        actual => format!("actual: {actual} ({})", result.message),
    });
    lines.extend(result.look_at.iter().cloned());
    Outcome::Failed(format!("{}: {}", result.description, result.message), lines.join("\n"))
}

fn requests(report: &RunReport) -> Vec<Case> {
    let case = |request: &RequestReport| {
        let all = request.statistics();
        let times = all.response_time();
        let [p50, p95, p99] = times.percentiles([50.0, 95.0, 99.0]).map(human);
        let mut lines = vec![
            format!(
                "{} ok, {} failed, {:.1}/s",
                count(all.ok_count()),
                count(all.failed_count()),
                all.requests_per_sec()
            ),
            format!(
                "response time: min {}, mean {}, p50 {p50}, p95 {p95}, p99 {p99}, max {}",
                human(times.min()),
                human(times.mean()),
                human(times.max())
            ),
        ];
        lines.extend(all.errors().iter().map(|(text, number)| format!("{} × {text}", count(*number))));
        let (name, time) = (request.path(), times.mean());
        Case { class: "requests", name, time, outcome: Outcome::Passed, output: lines.join("\n") }
    };
    report.requests().iter().map(case).collect()
}

/// Two cases of one name are one to a build server.
#[derive(Default)]
struct Names(std::collections::BTreeMap<String, u32>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let number = self.0.entry(name.to_owned()).or_default();
        *number += 1;
        if *number == 1 { name.to_owned() } else { format!("{name} ({number})") }
    }
}

/// How many cases there are, how many failed and how many are in error.
fn numbers<'a>(cases: impl Iterator<Item = &'a Case>) -> [String; 3] {
    let (mut all, mut failures, mut errors) = (0, 0, 0);
    for case in cases {
        all += 1;
        failures += u32::from(matches!(case.outcome, Outcome::Failed(..)));
        errors += u32::from(matches!(case.outcome, Outcome::Error(_)));
    }
    [all, failures, errors].map(|number: u32| number.to_string())
}

/// In seconds, as suites have it: the schema of Jenkins allows three decimals.
fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// `2026-11-23T14:15:30`, in UTC.
fn timestamp(unix_millis: u64) -> String {
    let [year, month, day, hour, minute, second] = civil(unix_millis / 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Writes elements to memory, which does not fail.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn element(&mut self, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Xml)) {
        let mut start = BytesStart::new(name);
        for (name, value) in attributes {
            start.push_attribute((*name, &*clean(value)));
        }
        self.event(Event::Start(start));
        inside(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn text(&mut self, text: &str) {
        self.event(Event::Text(BytesText::new(&clean(text))));
    }

    fn event(&mut self, event: Event<'_>) {
        let _ = self.0.write_event(event);
    }
}

/// The text without characters that XML 1.0 does not have (section 2.2): error messages may hold anything.
fn clean(text: &str) -> String {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if allowed(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use loadspiker_core::DurationExt;
    use loadspiker_core::assertion::{for_all, global};
    use loadspiker_core::dsl::{Chain, Simulation, Steps, crash_load_generator, dummy, exec_fn, scenario};
    use loadspiker_core::inject::at_once_users;
    use quick_xml::Reader;

    use super::*;

    fn report(chain: Chain) -> RunReport {
        let simulation = Simulation::new("Shop: \"Sale\" & more").simulated_clock().seed(1);
        let users = scenario("S").exec(chain).inject([at_once_users(4)]);
        let simulation = simulation.with(users).assert(global().all_requests().count().is(8));
        simulation.assert(for_all().response_time().max().lt(20.millis())).run().unwrap()
    }

    /// Names of elements with their attributes and texts, in order, read by a parser.
    fn read(xml: &str) -> Vec<String> {
        let mut reader = Reader::from_str(xml);
        let mut found = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) | Event::Empty(start) => {
                    let mut text = start.name().as_ref().to_owned();
                    for attribute in start.attributes() {
                        let attribute = attribute.unwrap();
                        let name = attribute.key.as_ref();
                        let value = &attribute.value;
                        text.push_str(&format!(" {name}={}", quick_xml::escape::unescape(value).unwrap()));
                    }
                    found.push(text);
                }
                Event::Eof => return found,
                _ => {}
            }
        }
    }

    #[test]
    fn assertions_and_requests_are_test_cases() {
        let report = report(dummy("fast", 10.millis()).exec(dummy("slow <1>", 30.millis())));
        let xml = junit(&report);
        let found = read(&xml);
        let has = |text: &str| assert!(found.iter().any(|element| element.starts_with(text)), "{text}\n{xml}");
        has("testsuites name=Shop: \"Sale\" & more tests=6 failures=1 errors=0 time=0.040");
        has("testsuite name=Shop: \"Sale\" & more: run tests=1 failures=0 errors=0 skipped=0 time=0.040 timestamp=20");
        has("testsuite name=Shop: \"Sale\" & more: assertions tests=3 failures=1 errors=0");
        has("testcase name=global: count of all requests is 8 classname=shop-sale-more.assertions time=0.000000");
        has("failure message=slow <1>: maximum of response time < 20 ms: was 30 ms type=assertion");
        has("testcase name=slow <1> classname=shop-sale-more.requests time=0.030000");
        assert!(xml.contains("expected: &lt; 20 ms\nactual: 30 ms (was 30 ms)"), "{xml}");
        assert!(xml.contains("4 ok, 0 failed"), "{xml}");
    }

    #[test]
    fn a_run_that_was_given_up_is_in_error() {
        let xml = junit(&report(crash_load_generator("on fire")));
        assert!(read(&xml).contains(&"error message=aborted: on fire type=run".to_owned()), "{xml}");
    }

    #[test]
    fn a_run_in_which_code_panicked_is_in_error() {
        let panics = || dummy("a", 10.millis()).exec(dummy("b", 1.millis())).exec_fn(|_| panic!("oh"));
        let xml = junit(&report(panics()));
        let error = "error message=not passed: steps panicked 4 times; all 4 users that ended failed type=run";
        assert!(read(&xml).contains(&error.to_owned()), "{xml}");
    }

    #[test]
    fn characters_that_xml_does_not_have_are_replaced() {
        let failing = exec_fn(|_| Err("bad \u{0}\u{1b}[31m ]]> \u{fffe}".into()));
        let xml = junit(&report(failing));
        assert!(xml.contains("bad \\u{0}\\u{1b}[31m ]]&gt; \u{fffd}"), "the output of the run is neutralised: {xml}");
        assert!(!xml.contains('\u{1b}'));
        read(&xml);
    }

    #[test]
    fn the_same_assertion_twice_is_two_cases() {
        let mut names = Names::default();
        assert_eq!(["a", "b", "a"].map(|name| names.unique(name)), ["a", "b", "a (2)"]);
    }
}
