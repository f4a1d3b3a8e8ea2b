//! The files of a run folder: what is in them, that they say the same, and that nothing from outside becomes markup.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use loadspiker_core::assertion::global;
use loadspiker_core::custom_metric;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::{constant_concurrent_users, constant_users_per_sec, ramp_users_per_sec};
use loadspiker_core::report::RunReport;
use loadspiker_core::{DurationExt, Session, StepError};
use loadspiker_report::{ListedRun, report_page, run_index, write_results};
use serde_json::Value;

const HOSTILE: &str = "</script><script>alert(1)</script>";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("results").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// A run of two minutes on the simulated clock in which there is something of everything.
fn run(name: &str) -> RunReport {
    let visit = scenario("Visit")
        .exec(dummy("front, page", 80.millis()))
        .exec(dummy(HOSTILE, 20.millis()))
        .exec(group("shop", chain()))
        .exec(dummy("x".repeat(5000), 5.millis()))
        .exec_fn(|session| {
            custom_metric::trend("cart value").record(session, 12.5);
            if session.user_id() % 40 == 0 {
                return Err(StepError::from("=cmd|' /C calc'!A0"));
            }
            Ok(())
        });
    let watch = scenario("Watch").exec(dummy("watch", 500.millis())).pause(2);
    Simulation::new(name)
        .with(
            visit.inject([
                ramp_users_per_sec(1.0).to(5.0).during(60.secs()),
                constant_users_per_sec(5.0).during(60.secs()),
            ]),
        )
        .with(watch.inject([constant_concurrent_users(7).during(120.secs())]))
        .warm_up(10.secs())
        .assert(global().response_time().percentile(95.0).lt(100.millis()))
        .assert(global().failed_requests().count().is(0))
        .seed(7)
        .simulated_clock()
        .run()
        .unwrap()
}

fn chain() -> Chain {
    dummy("list", 30.millis()).exec(group("cart", dummy("pay", 300.millis())))
}

#[test]
fn every_file_is_written_and_of_use() {
    let (report, folder) = (run("shop"), folder("all"));
    write_results(&report, &folder).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected =
        ["junit.xml", "report.html", "report.json", "requests.csv", "response-times.hlog", "series.csv", "summary.md"];
    assert_eq!(names, expected);

    let requests = read_csv(&folder.join("requests.csv"));
    assert!(requests.iter().all(|row| row.len() == requests[0].len()));
    let all = requests.iter().find(|row| row[0] == "all").unwrap();
    assert_eq!(all[2], report.global().count().to_string());
    let kinds = |kind: &str| requests.iter().filter(|row| row[0] == kind).count();
    assert_eq!([kinds("scenario"), kinds("group"), kinds("request")], [2, 2, 6]);
    assert!(requests.iter().any(|row| row[1] == "front, page"));
    assert!(requests.iter().any(|row| row[1] == "shop / cart / pay"));

    let series = read_csv(&folder.join("series.csv"));
    let sum =
        |name: &str| series.iter().filter(|row| row[0] == name).map(|row| row[3].parse::<u64>().unwrap()).sum::<u64>();
    let warm_up = report.warm_up().unwrap().statistics().count();
    assert_eq!(sum(""), report.global().count() + warm_up);
    assert_eq!(sum(HOSTILE), sum("front, page"));

    assert_eq!(report.scenarios().len(), 2);
    for point in report.series() {
        assert_eq!(point.users_active_by_scenario.iter().sum::<u64>(), point.users_active, "second {}", point.second);
    }

    let log = std::fs::read_to_string(folder.join("response-times.hlog")).unwrap();
    let lines: Vec<_> = log.lines().filter(|line| !line.starts_with(['#', '"'])).collect();
    assert_eq!(lines.len(), 1 + report.requests().len());
    let bytes = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(lines[0].rsplit(',').next().unwrap()).unwrap()
    };
    let read: hdrhistogram::Histogram<u64> =
        hdrhistogram::serialization::Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
    assert_eq!(read.len(), report.global().count());

    let summary = std::fs::read_to_string(folder.join("summary.md")).unwrap();
    assert!(summary.starts_with("# shop: ❌ failed\n"), "{summary}");
    assert!(summary.contains("| shop / cart / pay |") && !summary.contains("<script>"), "{summary}");
    assert_eq!(std::fs::read_to_string(folder.join("report.html")).unwrap(), report_page(&report));
}

#[test]
fn the_report_is_what_its_schema_says_and_the_schema_leaves_nothing_out() {
    let schema = include_str!("../schema/report-2.schema.json");
    let strict = |mut schema: Value| {
        forbid_others(&mut schema);
        schema
    };
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let schema: Value = serde_json::from_str(schema).unwrap();
    compiler.add_resource("published.json", schema.clone()).unwrap();
    compiler.add_resource("strict.json", strict(schema)).unwrap();
    let published = compiler.compile("published.json", &mut schemas).unwrap();
    let strict = compiler.compile("strict.json", &mut schemas).unwrap();
    let json: Value = serde_json::from_str(&run("shop").to_json()).unwrap();
    for schema in [published, strict] {
        if let Err(error) = schemas.validate(&json, schema) {
            panic!("{error:#}");
        }
    }
    let mut wrong = json.clone();
    wrong["requests"][0]["path"]["name"] = Value::from(7);
    assert!(schemas.validate(&wrong, published).is_err());
    let mut more = json;
    more["run"]["undocumented"] = Value::from(1);
    assert!(schemas.validate(&more, published).is_ok() && schemas.validate(&more, strict).is_err());
}

/// Fifty names, ten minutes.
#[test]
fn a_page_of_fifty_names_and_ten_minutes_is_below_a_megabyte() {
    let mut chain = exec_fn(|_| Ok(()));
    for name in 0..50_u32 {
        // From 2 ms to half a second, as different as those of a real target.
        let duration = move |session: &Session| {
            let draw = (session.user_id().wrapping_mul(0x9E37_79B9_7F4A_7C15)
                ^ u64::from(name).wrapping_mul(0xD1B5_4A32_D192_ED03))
                >> 40;
            #[expect(clippy::cast_precision_loss, reason = "24 bits")]
            let share = draw as f64 / f64::from(1 << 24);
            Duration::from_secs_f64(0.002 * (1.0 + f64::from(name) / 10.0) * 40_f64.powf(share * share))
        };
        chain = chain.exec(dummy(format!("request {name}"), duration));
    }
    let scenario = scenario("Visit").exec(chain);
    let report = Simulation::new("fifty")
        .with(scenario.inject([constant_users_per_sec(5.0).during(590.secs())]))
        .simulated_clock()
        .run()
        .unwrap();
    assert_eq!((report.requests().len(), report.global().count()), (50, 147_500));
    let size = report_page(&report).len();
    assert!(size < 1_000_000, "{size} bytes");
}

/// What is not described is not allowed.
fn forbid_others(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) && object.get("type") == Some(&"object".into()) {
                object.entry("additionalProperties").or_insert(false.into());
            }
            object.values_mut().for_each(forbid_others);
        }
        Value::Array(array) => array.iter_mut().for_each(forbid_others),
        _ => {}
    }
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let report = run(HOSTILE);
    let page = report_page(&report);
    assert!(!page.contains("<script>alert"), "a name became a script");
    assert_eq!(page.matches("<script").count(), 3, "the two blocks of data, and the page's own script");
    assert_eq!(page.matches("</script>").count(), 3);
    let head = page.split_once("id=\"run-head\">").unwrap().1.split_once("</script>").unwrap().0;
    let head: Value = serde_json::from_str(head).unwrap();
    assert_eq!(head["run"]["simulation"], HOSTILE);
    assert_eq!(head["rows"][0]["ok"], report.global().ok_count());
    assert_eq!(head["planned"][0]["kind"], "open");
    let index = run_index(&[ListedRun::new("a", &report)]);
    assert!(!index.contains("<script"));
}

#[test]
fn a_page_needs_nothing_beside_itself() {
    let page = report_page(&run("shop"));
    let policy = page.split_once("Content-Security-Policy\" content=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for reference in [" src=\"http", " href=\"http", "url(http", "@import", "fetch("] {
        assert!(!page.contains(reference), "{reference}");
    }
}

/// The browser is tested with a page of these data. `UPDATE_FIXTURES=1` writes them anew.
#[test]
fn the_data_of_a_page_are_those_that_the_browser_is_tested_with() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/browser/fixtures");
    let json = std::fs::read_to_string(fixtures.join("quickstart.report.json")).unwrap();
    for (name, report) in [("quickstart", RunReport::from_json(&json).unwrap()), ("several", several())] {
        let (head, bulk) = data(&report_page(&report));
        let made = serde_json::json!({ "head": head, "bulk": bulk });
        let kept = fixtures.join(format!("{name}.page.json"));
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&kept, made.to_string() + "\n").unwrap();
        }
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(kept).unwrap()).unwrap();
        assert!(made == kept, "the data of {name} have changed: look at the page, and run this with UPDATE_FIXTURES=1");
    }
}

/// A run of several scenarios that is the same at any time and on any machine, with exchanges as HTTP would keep them.
fn several() -> RunReport {
    let buy = scenario("Buy")
        .exec(dummy("front page", 30.millis()))
        .exec(group("shop", chain()))
        .exec_fn(|session| if session.user_id() % 10 == 3 { Err(StepError::from("out of stock")) } else { Ok(()) });
    let watch = scenario("Watch").exec(dummy("watch", 500.millis())).pause(2);
    let report = Simulation::new("several")
        .with(buy.inject([constant_users_per_sec(2.0).during(40.secs())]))
        .with(watch.inject([constant_concurrent_users(3).during(40.secs())]))
        .warm_up(5.secs())
        .assert(global().response_time().percentile(95.0).lt(250.millis()))
        .seed(7)
        .simulated_clock()
        .run()
        .unwrap();
    let mut json: Value = serde_json::from_str(&report.to_json()).unwrap();
    json["run"]["started_at_ms"] = 1_795_443_330_000_u64.into();
    json["run"]["host"] = "load-1".into();
    json["run"]["version"] = "0.1.0".into();
    json["exchanges"] = serde_json::json!([{
        "at_ms": 7100, "groups": ["shop", "cart"], "name": "pay", "error": "status is 503, expected 2xx or 304",
        "template": "status is 503, expected 2xx or 304", "request": "> POST http://shop.test/pay\n> authorization: •••\n",
        "response": format!("< 503 Service Unavailable\n{HOSTILE}\n"),
    }]);
    RunReport::from_json(&json.to_string()).unwrap()
}

/// The files for machines, as they were when somebody looked at them last. `UPDATE_FIXTURES=1` writes them anew.
#[test]
fn the_files_of_a_run_of_several_scenarios_are_as_they_were() {
    let (report, folder) = (several(), folder("several"));
    write_results(&report, &folder).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/several");
    for name in ["requests.csv", "series.csv", "summary.md", "junit.xml", "response-times.hlog"] {
        let made = std::fs::read_to_string(folder.join(name)).unwrap();
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::create_dir_all(&golden).unwrap();
            std::fs::write(golden.join(name), &made).unwrap();
        }
        let kept = std::fs::read_to_string(golden.join(name)).unwrap();
        assert!(made == kept, "{name} has changed: look at it, and run this with UPDATE_FIXTURES=1");
    }
}

/// Both blocks of data of a page.
fn data(page: &str) -> (Value, Value) {
    use base64::Engine;
    let block = |id: &str| page.split_once(&format!("id=\"{id}\">")).unwrap().1.split_once("</script>").unwrap().0;
    let bytes = base64::engine::general_purpose::STANDARD.decode(block("run-bulk")).unwrap();
    let bulk = serde_json::from_reader(flate2::read::DeflateDecoder::new(bytes.as_slice())).unwrap();
    (serde_json::from_str(block("run-head")).unwrap(), bulk)
}

#[test]
fn the_windows_of_a_page_hold_what_the_run_has_counted() {
    let report = run("shop");
    let (_, bulk) = data(&report_page(&report));
    let counted: u64 = bulk["times"][0]["ok"].as_array().unwrap().chunks(2).map(|pair| pair[1].as_u64().unwrap()).sum();
    assert_eq!(counted, report.global().ok_count());
    assert_eq!(bulk["windows"]["requests"].as_array().unwrap().len(), report.requests().len());
    assert_eq!(bulk["times"].as_array().unwrap().len(), 1 + report.groups().len() + report.requests().len());
}

fn read_csv(path: &Path) -> Vec<Vec<String>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).from_path(path);
    reader.unwrap().records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}
