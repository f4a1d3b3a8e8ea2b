//! The language as its users write it: every name, in the forms in which the guide and other programs have them. That it
//! compiles is half of the test; the other half is that all of it can be planned without a mistake, and runs.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::process::ExitCode;

use loadspiker::RunOptions;
use loadspiker::prelude::*;

/// No mistake is found before the run.
#[track_caller]
fn plan(simulation: Simulation) {
    simulation.plan(&RunOptions::default()).unwrap_or_else(|error| panic!("{error}"));
}

/// Plans a chain, whose attributes any code may have set.
#[track_caller]
fn plan_chain(chain: impl Into<Chain>) {
    let anything = exec_fn(|_| Ok(()));
    let scenario = scenario!("S").exec(anything).exec(chain.into());
    let shop = HttpProtocol::new("http://127.0.0.1:8080");
    plan(Simulation::new("s").protocol(shop).with(scenario.inject([at_once_users(1)])));
}

fn chain() -> Chain {
    dummy("x", 1.millis())
}

/// The program at the head of the documentation.
fn main_program() -> ExitCode {
    let shop = HttpProtocol::new("http://127.0.0.1:8080").header("accept", "application/json").user_agent("loadspiker");

    let login = exec(
        http("login")
            .post("/login")
            .json(json!({ "user": "#{username}", "password": "#{password}" }))
            .check(status().is(200))
            .check(json_path("$.access_token").save_as("token"))
            .check(header("x-session-id").optional().save_as("session_id")),
    )
    .exit_here_if_failed();

    let browse = scenario!("Browse")
        .feed(csv("data/users.csv").circular())
        .exec(login)
        .repeat(
            3,
            exec(
                http("list")
                    .get("/products")
                    .query("page", "#{page}")
                    .bearer("#{token}")
                    .check(json_path("$[*].id").find_random().save_as("id")),
            )
            .pause(1..3)
            .exec(http("detail").get("/products/#{id}").check(json_path("$.price").gt(0.0))),
        )
        .pause(500.millis());

    Simulation::new("shop")
        .protocol(shop)
        .with(browse.inject([
            at_once_users(10),
            ramp_users(100).during(10.secs()),
            constant_users_per_sec(20.0).during(30.secs()),
        ]))
        .max_duration(2.minutes())
        .assert(global().response_time().percentile(95.0).lt(800.millis()))
        .assert(global().failed_requests().percent().lt(1.0))
        .assert(details("login").response_time().max().lt(2.secs()))
        .main()
}

/// It reads a file that is not there: run it does elsewhere.
const _: fn() -> ExitCode = main_program;

#[test]
fn steps() {
    let d = || 10.millis();
    let image = |session: &Session| session.user_id() > 0;
    let built = scenario("plain function")
        .exec(http("a").get("/"))
        .exec(chain())
        .exec_fn(|session| {
            session.set("n", 1)?;
            Ok(())
        })
        .exec_async("name", async |user| {
            user.http("b").get("/").send().await?;
            Ok(())
        })
        .pause(1)
        .pause(1..3)
        .pause(200.millis())
        .pause(200.millis()..2.secs())
        .pause("#{think}")
        .pace(5.secs())
        .pace(4..6)
        .rendez_vous(1)
        .feed(records([[("a", 1)]]).circular())
        .feed_n(records([[("b", 1)]]).circular(), 3)
        .repeat(3, chain())
        .repeat("#{n}", chain())
        .repeat(|session: &Session| session.get::<u32>("n"), chain())
        .repeat_counted(3, "i", chain())
        .foreach("#{items}", "item", chain())
        .foreach_counted("#{items}", "item", "i", chain())
        .during(d(), chain())
        .during_counted(d(), "i", chain())
        .as_long_as("#{flag}", chain())
        .as_long_as_counted("#{flag}", "i", chain())
        .as_long_as_during("#{flag}", d(), chain())
        .as_long_as_during_counted("#{flag}", d(), "i", chain())
        .do_while(image, chain())
        .do_while_counted(image, "i", chain())
        .do_while_during(image, d(), chain())
        .do_while_during_counted(image, d(), "i", chain())
        .during(d(), chain())
        .exit_asap(false)
        .do_if(true, chain())
        .do_if("#{n.exists()}", chain())
        .do_if(|session: &Session| !session.is_failed(), chain())
        .do_if_or_else("#{flag}", chain(), chain())
        .do_if_equals("#{a}", "b", chain())
        .do_if_equals("#{a}", 5, chain())
        .do_if_equals_or_else("#{a}", "#{b}", chain(), chain())
        .do_switch("#{kind}", [("a", chain()), ("b", chain())])
        .do_switch_or_else("#{kind}", [("a", chain())], chain())
        .random_switch([(60.0, chain()), (40.0, chain())])
        .random_switch_or_else([(60.0, chain())], chain())
        .uniform_random_switch([chain(), chain()])
        .round_robin_switch([chain(), chain()])
        .try_max(2, chain())
        .exit_block_on_fail(chain())
        .exit_here_if("#{flag}")
        .exit_here_if_failed()
        .stop_load_generator_if("why", "#{flag}")
        .crash_load_generator_if("why", |session: &Session| session.is_failed())
        .group("name", chain())
        .dummy("name", 50.millis())
        .stop_load_generator("why")
        .crash_load_generator("why")
        .exit_here()
        .forever(chain())
        .forever_counted("i", chain());
    let shop = HttpProtocol::new("http://127.0.0.1:8080");
    plan(Simulation::new("s").protocol(shop).with(built.inject([at_once_users(1)])));
}

#[test]
fn every_step_begins_a_chain() {
    let d = || 10.millis();
    let chains: Vec<Chain> = vec![
        exec(http("a").get("/")),
        exec_fn(|_| Ok(())),
        exec_async("n", async |_| Ok(())),
        pause(1),
        pace(5.secs()),
        rendez_vous(1),
        feed(records([[("a", 1)]])),
        feed_n(records([[("a", 1)]]), 3),
        repeat(3, chain()),
        repeat_counted(3, "i", chain()),
        foreach("#{items}", "item", chain()),
        foreach_counted("#{items}", "item", "i", chain()),
        during(d(), chain()),
        during_counted(d(), "i", chain()),
        as_long_as(true, chain()),
        as_long_as_counted(true, "i", chain()),
        as_long_as_during(true, d(), chain()),
        as_long_as_during_counted(true, d(), "i", chain()),
        do_while(true, chain()),
        do_while_counted(true, "i", chain()),
        do_while_during(true, d(), chain()),
        do_while_during_counted(true, d(), "i", chain()),
        forever(chain()),
        forever_counted("i", chain()),
        do_if(true, chain()),
        do_if_or_else(true, chain(), chain()),
        do_if_equals("a", "b", chain()),
        do_if_equals_or_else("a", "b", chain(), chain()),
        do_switch("#{kind}", [("a", chain())]),
        do_switch_or_else("#{kind}", [("a", chain())], chain()),
        random_switch([(60.0, chain()), (40.0, chain())]),
        random_switch_or_else([(60.0, chain())], chain()),
        uniform_random_switch([chain(), chain()]),
        round_robin_switch([chain(), chain()]),
        try_max(2, chain()),
        exit_block_on_fail(chain()),
        exit_here(),
        exit_here_if(true),
        exit_here_if_failed(),
        stop_load_generator("why"),
        stop_load_generator_if("why", true),
        crash_load_generator("why"),
        crash_load_generator_if("why", true),
        group("name", chain()),
        dummy("name", 50.millis()),
    ];
    chains.into_iter().for_each(|chain| plan_chain(chain.clone()));
}

#[test]
fn expressions() {
    // Read before the run, so it has to be set.
    let variable = "CARGO_MANIFEST_DIR";
    let shown = |expression: &str| {
        let values = exec_fn(|session| {
            session.set("name", "a b")?;
            session.set("list", [1, 2, 3])?;
            session.set("map", json!({ "key": "v" }))?;
            session.set("a", json!({ "b": [{}, {}, { "c": true }] }))?;
            Ok(())
        });
        let user = scenario("s").exec(values).exec(dummy(format!("<{expression}>"), 1.millis()));
        let report = Simulation::new("s").with(user.inject([at_once_users(1)])).simulated_clock().run().unwrap();
        let path = report.requests()[0].path();
        path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap().to_owned()
    };
    for (expression, value) in [
        ("#{name}", "a b"),
        ("#{list(0)}", "1"),
        ("#{list(-1)}", "3"),
        ("#{map.key}", "v"),
        ("#{a.b(2).c}", "true"),
        ("#{list.size()}", "3"),
        ("#{name.exists()}", "true"),
        ("#{name.isUndefined()}", "false"),
        ("#{map.jsonStringify()}", r#"{"key":"v"}"#),
        ("#{name.htmlUnescape()}", "a b"),
        ("#{name.urlEncode()}", "a%20b"),
        ("#{name.base64()}", "YSBi"),
        ("#{name.upper()}", "A B"),
        ("#{name.lower()}", "a b"),
        ("#{counter(c)}", "1"),
        ("#{userId()}", "1"),
        (r"\#{x}", "#{x}"),
        ("#{randomInt(5,6)}", "5"),
        ("#{randomLong(5,6)}", "5"),
    ] {
        assert_eq!(shown(expression), value, "{expression}");
    }
    assert_eq!(shown(&format!("#{{env({variable})}}")), env!("CARGO_MANIFEST_DIR"));
    for expression in [
        "#{list.random()}",
        "#{currentTimeMillis()}",
        "#{currentDate(yyyy-MM-dd)}",
        "#{randomUuid()}",
        "#{randomInt()}",
        "#{randomLong()}",
        "#{randomDouble(1,2)}",
        "#{randomDouble(1,2,3)}",
        "#{randomAlphanumeric(8)}",
    ] {
        assert!(!shown(expression).contains('#'), "{expression}");
    }
}

#[test]
fn sessions() {
    let step = exec_fn(|session| {
        session.set("id", 7)?;
        session.set("text", "t")?;
        session.set("bytes", &b"x"[..])?;
        session.set("list", vec![1, 2])?;
        session.set("map", std::collections::BTreeMap::from([("a", 1)]))?;
        session.set("null", Value::Null)?;
        session.set("bool", true)?;
        session.set("float", 1.5)?;
        assert_eq!(session.get::<i64>("id")?, 7);
        assert_eq!(session.get_str("text")?, "t");
        assert_eq!(session.get::<Vec<i64>>("list")?, [1, 2]);
        assert!(session.contains("null") && session.remove("null").is_some() && !session.contains("null"));
        assert_eq!((session.user_id(), session.scenario()), (1, "s"));
        session.mark_as_failed();
        assert!(session.is_failed());
        session.mark_as_succeeded();
        Ok(())
    });
    let report = Simulation::new("s").with(scenario("s").exec(step).inject([at_once_users(1)])).run().unwrap();
    assert!(report.step_errors().is_empty(), "{:?}", report.step_errors());
}

#[derive(Record)]
struct Customer {
    name: String,
    age: u8,
}

#[test]
fn feeders() {
    let _files = [csv("a.csv"), tsv("a.tsv"), ssv("a.ssv"), json("a.json"), json_lines("a.jsonl"), sitemap("a.xml")];
    let records = || records([[("a", 1)], [("a", 2)]]);
    for feeder in [
        records(),
        records().queue(),
        records().shuffle(),
        records().random(),
        records().circular(),
        records().unique_per_user(),
        records().transform(|_name, value| value),
        records().shard(),
    ] {
        plan_chain(feed(feeder));
    }
    let typed = loadspiker::prelude::records([Customer { name: "Ann".to_owned(), age: 31 }]);
    plan_chain(feed(typed).exec(dummy("#{name} #{age}", 1.millis())));
}

#[test]
fn injection() {
    let s = |name: &str| scenario(name).pause(1);
    let d = || 1.secs();
    let open = s("open").inject([
        nothing_for(d()),
        at_once_users(1),
        ramp_users(1).during(d()),
        constant_users_per_sec(1.0).during(d()),
        constant_users_per_sec(1).during(d()).randomized(),
        ramp_users_per_sec(1.0).to(2.0).during(d()),
        ramp_users_per_sec(1.0).to(2.0).during(d()).randomized(),
        stress_peak_users(1).during(d()),
        increment_users_per_sec(1.0)
            .times(2)
            .each_level_lasting(d())
            .separated_by_ramps_lasting(d())
            .starting_from(1.0),
    ]);
    let closed = s("closed").inject([
        constant_concurrent_users(1).during(d()),
        ramp_concurrent_users(1).to(2).during(d()),
        increment_concurrent_users(1).times(2).each_level_lasting(d()).separated_by_ramps_lasting(d()).starting_from(1),
    ]);
    let throttled = s("throttled")
        .inject([at_once_users(1)])
        .throttle([reach_rps(100.0).over(10.secs()), hold_for(1.minutes()), jump_to_rps(50.0), hold_for(1.minutes())])
        .protocol(HttpProtocol::new("http://127.0.0.1:8080"));
    for pauses in [
        loadspiker::PauseType::Constant,
        loadspiker::PauseType::Disabled,
        loadspiker::PauseType::Exponential,
        loadspiker::PauseType::Normal { std_dev: d() },
        loadspiker::PauseType::Uniform { spread: d() },
    ] {
        let simulation = Simulation::new("s")
            .with(open.clone().and_then(closed.clone()))
            .with(throttled.clone())
            .throttle([reach_rps(100.0).over(10.secs()), hold_for(1.minutes())])
            .pauses(pauses)
            .seed(7)
            .max_duration(d())
            .shards(2);
        plan(simulation);
    }
}

#[test]
fn checks() {
    let find = || json_path("$.a");
    let text = String::from("x");
    let checks: Vec<Check> = vec![
        status().is(200),
        header("name").exists(),
        header_regex("name", "re(.*)").find_nth(1),
        current_location().is("http://127.0.0.1:8080/"),
        body_string().not("x"),
        body_bytes().is("x"),
        body_length().lt(1_000_000),
        substring("s").count().gte(1),
        regex("re").find_all().save_as("all"),
        json_path("$.price").gt(0.0),
        jmes_path("a.b").find_random().save_as("b"),
        css("h1").is("Welcome"),
        css_attr("a", "href").find_all().save_as("links"),
        xpath("//a").count().is(3),
        form("form").save_as("form"),
        md5().is("#{digest}"),
        sha1().is("#{digest}"),
        sha256().is("#{digest}"),
        response_time().lt(800.millis()),
        response_time().lt(800),
        cookie("session").save_as("session"),
        find().find(),
        find().find_nth(2),
        find().find_all(),
        find().find_random(),
        find().count(),
        find().with_default(5),
        find().with_default("#{attr}").transform(|value| value.as_f64().map(|number| number * 2.0)),
        find().transform(|value| value.to_string().to_uppercase()),
        find().is("x"),
        find().is("#{attr}"),
        find().is(5_u8).is(5_i64).is(5.0).is(true).is('c').is(&text).is(text),
        find().is(json!({ "a": [1, "#{attr}"] })),
        find().is(vec!["a", "b"]).is([1, 2]).is(None::<i64>).is(Some(5)),
        find().is(|session: &Session| session.user_id()),
        find().is(|session: &Session| session.get::<i64>("n")),
        find().not(404),
        find().is_null(),
        find().not_null(),
        find().exists(),
        find().not_exists(),
        find().one_of([200, 201, 204]),
        status().one_of(200..=299),
        find().one_of(["a", "#{attr}"]),
        find().lt(1).lte(1.5).gt("#{low}").gte(|session: &Session| session.user_id()),
        find().between(1, 10),
        find().between("#{low}", 9.5),
        find().matches("^[a-z]+$"),
        find().optional(),
        find().validate("even", |value, _session| value.and_then(Value::as_i64).is_some_and(|n| n % 2 == 0)),
        find().validate("why", |value, session| match value {
            Some(_) if session.user_id() > 0 => Ok(()),
            _ => Err("nothing there"),
        }),
        find().name("…").save_as("attribute"),
        all_of([status().is(200), any_of([find(), header("x").exists()])]),
        any_of([status().is(200), all_of([find().is(1), find().is(2)])]),
        check_if("#{flag}", status().is(200)),
        check_if(|session: &Session| session.contains("x"), all_of([status().is(200)])),
        custom_check("what", |response, session| response.status() == Some(200.into()) && session.user_id() > 0),
        custom_check("why", |response, _session| if response.body().is_empty() { Err("empty") } else { Ok(()) }),
    ];
    let request = checks.into_iter().fold(http("n").get("/"), HttpRequest::check);
    plan_chain(exec(request));
}

#[test]
fn assertions() {
    let simulation = Simulation::new("s")
        .with(scenario("s").group("group", exec(dummy("request", 5.millis()))).inject([at_once_users(3)]))
        .assert(global().response_time().min().gt(1.millis()))
        .assert(for_all().response_time().max().lte(2.secs()))
        .assert(details("group / request").response_time().mean().between(1.millis(), 9.millis()))
        .assert(details("group").response_time().std_dev().lt(1.secs()))
        .assert(global().response_time().percentile(99.9).around(5.millis(), 1.millis()))
        .assert(global().response_time().percentile(50.0).deviates_around(5.millis(), 10.0))
        .assert(global().all_requests().count().is(3))
        .assert(global().failed_requests().percent().is(0.0))
        .assert(global().failed_requests().count().one_of([0, 1]))
        .assert(global().successful_requests().count().gte(3))
        .assert(global().successful_requests().percent().is(100.0))
        .assert(global().requests_per_sec().gt(0.1))
        .simulated_clock();
    let report = simulation.run().unwrap();
    report.assert_passed();
    assert!(report.passed() && report.assertions().len() == 12);
    assert_eq!(report.users_started(), 3);
    assert_eq!(report.global().count(), 3);
    let request = report.request("group / request").unwrap();
    assert_eq!(
        (request.ok_count(), request.failed_count(), request.bytes_sent(), request.bytes_received()),
        (3, 0, 0, 0)
    );
    assert!(request.requests_per_sec() > 0.0 && request.status_codes().is_empty() && request.errors().is_empty());
    for times in [request.response_time(), request.service_time(), request.start_lag()] {
        assert!(times.min() <= times.mean() && times.percentile(95.0) <= times.max() && times.std_dev() < 1.secs());
    }
    assert!(report.group("group").is_some() && report.scenario("s").is_some() && report.request("none").is_none());
    assert!(!report.series().is_empty());
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap().users_started(), 3);
}

#[test]
fn http_settings_and_requests() {
    let protocol = HttpProtocol::new("http://127.0.0.1:8080")
        .header("a", "1")
        .headers([("b", "2"), ("c", "3")])
        .user_agent("loadspiker")
        .accept("application/json")
        .basic_auth("u", "p")
        .bearer("t")
        .check(status().is(200))
        .share_connections()
        .max_connections_per_host(6)
        .keep_alive(true)
        .connect_timeout(10.secs())
        .request_timeout(60.secs())
        .insecure()
        .no_follow_redirects()
        .max_redirects(20)
        .no_cookies()
        .local_addresses(["127.0.0.1"])
        .host_alias("name", "127.0.0.1")
        .server_name("shop.test");
    let _files =
        HttpProtocol::balanced(["http://a", "http://b"]).root_certificate("a.pem").client_certificate("c", "k");
    let n = || http("n");
    let chain = exec(n().get("/").query("k", 5).query("k", "#{v}").query("k", vec![1, 2]).header("a", "#{v}"))
        .exec(n().post("/").body("text #{v}"))
        .exec(n().post("/").body(vec![1_u8, 2]))
        .exec(n().post("/").body(|session: &Session| session.user_id().to_string()))
        .exec(n().put("/").json(json!({ "a": "#{v}" })))
        .exec(n().patch("/").json(|session: &Session| json!({ "a": session.user_id() })))
        .exec(n().delete("/").basic_auth("u", "p"))
        .exec(n().head("/").bearer("t"))
        .exec(n().options("/").api_key("x-key", "k"))
        .exec(n().get("/").digest_auth("u", "#{v}"))
        .exec(n().method("PURGE", "/").timeout(1.secs()).silent().no_follow_redirects().check(status().is(200)))
        .exec(n().post("/").form_param("k", 1).form_param("k", "#{v}"))
        .exec(n().post("/").multipart_text("k", "v").upload("file", "Cargo.toml"))
        .exec(n().get("/").download_to("file-#{userId()}"))
        .exec(n().get(|session: &Session| format!("/{}", session.user_id())));
    let anything = exec_fn(|_| Ok(()));
    let user = scenario("s").exec(anything).exec(chain);
    plan(Simulation::new("s").protocol(protocol).with(user.inject([at_once_users(1)])));
}

#[cfg(feature = "sqlite")]
#[test]
fn records_of_a_query() {
    let _ = [sql_feeder("sqlite:shop.db", "SELECT id FROM users").circular(), sql_feeder("sqlite:shop.db", "SELECT 1")];
}
