use std::path::PathBuf;
use std::time::Duration;

use crate::DurationExt;
use crate::dsl::{Simulation, Steps, dummy, exec, group, scenario};
use crate::engine::RunOptions;
use crate::error::Error;
use crate::inject::constant_users_per_sec;
use crate::report::RunReport;

fn file(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("loadspiker-sample-log-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Twenty users within ten seconds, each with two requests, on the simulated clock.
fn run(path: &PathBuf) -> (RunReport, String) {
    let visit = scenario("Visit, \"all\"")
        .exec(group("shop", exec(dummy("list, of", 30.millis()))))
        .exec(dummy("=pay", |session: &crate::Session| Duration::from_millis(session.user_id() + 1)));
    let simulation = Simulation::new("logged")
        .with(visit.inject([constant_users_per_sec(2).during(10.secs())]))
        .warm_up(5.secs())
        .simulated_clock();
    let options = RunOptions { sample_log: Some(path.clone()), ..RunOptions::default() };
    let report = simulation.run_with(&options, &mut ()).unwrap();
    (report, std::fs::read_to_string(path).unwrap())
}

#[test]
fn every_sample_is_in_the_csv_once() {
    let path = file("samples.csv");
    let (report, text) = run(&path);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(header.len(), 20);
    assert!(rows.iter().all(|row| row.len() == header.len()));
    let cell =
        |row: &csv::StringRecord, name: &str| row[header.iter().position(|column| column == name).unwrap()].to_owned();
    let warm = rows.iter().filter(|row| cell(row, "warm_up") == "true").count() as u64;
    assert_eq!(warm, report.warm_up().unwrap().statistics().count());
    assert_eq!(rows.len() as u64 - warm, report.global().count());
    let lists: Vec<_> = rows.iter().filter(|row| cell(row, "request") == "list, of").collect();
    assert_eq!(lists.len(), 20);
    assert!(lists.iter().all(|row| cell(row, "groups") == "shop" && cell(row, "response_time_us") == "30000"));
    assert!(lists.iter().all(|row| cell(row, "scenario") == "Visit, \"all\"" && cell(row, "ok") == "true"));
    let begin = report.info().started_at_ms * 1000;
    let at = |row: &csv::StringRecord| cell(row, "intended_at_us").parse::<u64>().unwrap() - begin;
    assert_eq!((at(lists[0]), at(lists[3])), (0, 1_500_000));
    let log = report.info().sample_log.as_ref().unwrap();
    assert_eq!((log.written, log.dropped, &log.error), (40, 0, &None));
    assert!(!report.warnings().iter().any(|warning| warning.contains("sample log")));
}

#[test]
fn json_lines_leave_out_what_there_was_not() {
    let (_, text) = run(&file("samples.jsonl"));
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 40);
    let pay = lines.iter().rfind(|line| line["request"] == "=pay").unwrap();
    assert!(pay.get("groups").is_none() && pay.get("error").is_none() && pay.get("warm_up").is_none(), "{pay}");
    assert!(lines.iter().any(|line| line["groups"] == serde_json::json!(["shop"]) && line["warm_up"] == true));
}

#[test]
fn a_jtl_has_the_columns_of_jmeter() {
    let (report, text) = run(&file("samples.jtl"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 17);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert!(rows.iter().all(|row| row.len() == 17 && &row[7] == "true"));
    assert_eq!(rows.iter().filter(|row| &row[2] == "shop / list, of" && &row[1] == "30").count(), 20);
    assert_eq!(rows[0][0].parse::<u64>().unwrap(), report.info().started_at_ms);
}

#[test]
fn a_name_that_tells_no_format_is_refused_before_the_run() {
    let with = |path: &str| {
        let options = RunOptions { sample_log: Some(path.into()), ..RunOptions::default() };
        Simulation::new("x")
            .with(scenario("S").exec(dummy("d", 1)).inject([constant_users_per_sec(1).during(1)]))
            .plan(&options)
    };
    for (path, said) in [("samples.txt", "\".txt\" is not"), ("samples", "no extension is not")] {
        let Err(Error::Io { cause, .. }) = with(path) else { panic!("{path} was accepted") };
        assert!(cause.starts_with(said) && cause.ends_with(".csv, .jsonl or .jtl"), "{cause}");
    }
    assert!(with("SAMPLES.CSV").is_ok());
}

#[test]
fn a_file_that_cannot_be_created_is_told_before_the_run() {
    let options = RunOptions { sample_log: Some(file("nowhere").join("a/b.csv")), ..RunOptions::default() };
    let population = scenario("S").exec(dummy("d", 1)).inject([constant_users_per_sec(1).during(1)]);
    let result = Simulation::new("x").with(population).simulated_clock().run_with(&options, &mut ());
    assert!(matches!(result, Err(Error::Io { path, .. }) if path.ends_with("b.csv")));
}

#[test]
fn samples_that_the_queue_has_no_room_for_are_counted() {
    use super::{BATCH, Message, Queue, ShardLog};
    use crate::metrics::{Groups, NameId, Sample, SampleName, ScenarioId};
    use crate::moment::Moment;

    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let queue = Queue { sender, dropped: std::sync::Arc::default(), waits: false };
    let mut log = ShardLog { shard: 0, queue: queue.clone(), rows: Vec::new(), active: 0 };
    let sample = Sample::new(SampleName::Known(NameId::new(0)), Moment::START);
    for _ in 0..BATCH + 7 {
        log.add(ScenarioId::new(0), Groups::default(), &sample, None);
    }
    log.tick(0);
    assert_eq!(queue.dropped.load(std::sync::atomic::Ordering::Relaxed), 7);
    assert!(matches!(receiver.try_recv(), Ok(Message::Batch { rows, .. }) if rows.len() == BATCH));
}
