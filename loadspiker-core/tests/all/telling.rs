//! What a run tells people: errors by kind, secrets masked, the end once, checks in the plan.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadspiker_core::StepError;
use loadspiker_core::check::{json_path, status};
use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::feeder::{lazy_records, records};
use loadspiker_core::imperative::User;
use loadspiker_core::inject::*;
use loadspiker_core::protocol::varying;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::{EndReason, RunReport};

use loadspiker_testkit::{Trace, run};

/// What an observer is told.
#[derive(Clone, Default)]
struct Told {
    ends: Arc<Mutex<Vec<String>>>,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Observer for Told {
    fn stopping(&mut self, reason: &EndReason, _: Duration) {
        self.ends.lock().unwrap().push(reason.to_string());
    }

    fn debug(&mut self, text: &str) {
        self.shown.lock().unwrap().push(text.to_owned());
    }
}

fn watched(simulation: Simulation, debug: bool) -> (RunReport, Told) {
    let mut told = Told::default();
    let options = RunOptions { debug, seed: Some(1), ..RunOptions::default() };
    let report = simulation.run_with(&options, &mut told).unwrap();
    (report, told)
}

#[test]
fn errors_that_differ_only_in_a_value_are_one_with_an_example() {
    let failing =
        exec_fn(|session| Err(StepError::new(format!("no order {}", varying(&session.user_id().to_string())))));
    let wrong_type = exec_fn(|session| {
        session.set("n", format!("x{}", session.user_id()))?;
        session.get::<u8>("n").map(drop)?;
        Ok(())
    });
    let condition =
        exec_fn(|session| Ok(session.set("c", format!("maybe {}", session.user_id()))?)).exec(do_if("#{c}", pause(1)));
    let report = run([scenario("S").exec(failing).exec(wrong_type).exec(condition).inject(at_once_users(50))]);
    let expected = [
        ("\"#{c}\" is the text \"…\", expected bool", 50),
        ("attribute \"n\" is the text \"…\", expected integer from 0 to 255", 50),
        ("no order …", 50),
    ];
    assert_eq!(report.step_errors(), expected);
    let groups = report.users().step_error_groups();
    assert_eq!((&*groups[2].template, &*groups[2].example), ("no order …", "no order 1"));
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let written = &json["scenarios"][0]["users"]["step_errors"][2];
    assert_eq!(
        *written,
        serde_json::json!({
            "template": "no order …", "count": 50, "example": "no order 1", "varies": true,
            "first_second": 0, "last_second": 0,
        })
    );
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap().step_errors(), expected);
}

#[test]
fn panics_at_one_place_are_one_error_whatever_they_say() {
    let panicking = exec_fn(|session| panic!("user {}", session.user_id()));
    let report = run([scenario("S").exec(panicking).inject(at_once_users(5))]);
    let errors = report.step_errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].0.starts_with("panicked at ") && errors[0].0.ends_with(": …"), "{errors:?}");
    assert!(report.users().step_error_groups()[0].example.ends_with(": user 1"));
}

#[test]
fn a_message_is_plain_for_those_who_read_it_in_the_code() {
    let seen: Arc<Mutex<String>> = Arc::default();
    let keep = seen.clone();
    let chain = exec_fn(move |session| {
        session.set("n", "x")?;
        let error = StepError::from(session.get::<u8>("n").unwrap_err());
        *keep.lock().unwrap() = error.to_string();
        Ok(())
    });
    run([scenario("S").exec(chain).inject(at_once_users(1))]);
    assert_eq!(*seen.lock().unwrap(), "attribute \"n\" is the text \"x\", expected integer from 0 to 255");
}

#[test]
fn secrets_are_masked_by_the_names_of_their_attributes_wherever_they_turn_up() {
    let fill = exec_fn(|session| {
        session.set("password", "hunter22!")?;
        session.set("token", "abc-def-ghi")?;
        Ok(())
    });
    let chain = fill
        .exec(exec_fn(|session| Err(StepError::new(format!("refused: {}", session.get_str("password")?)))))
        .exec(exec_fn(|session| session.get::<u8>("token").map(drop).map_err(Into::into)))
        .exec(do_if("#{token}", pause(1)))
        .exec(exec_fn(|session| panic!("with {}", session.get_str("token").unwrap_or_default())))
        .exec(Chain::action(Echo("#{password}")));
    let simulation = Simulation::new("s").simulated_clock().with(scenario("S").exec(chain).inject(at_once_users(1)));
    for debug in [false, true] {
        let (report, told) = watched(simulation.clone(), debug);
        let mut all = vec![report.to_json(), report.failure().unwrap_or_default()];
        all.extend(told.shown.lock().unwrap().iter().cloned());
        for text in &all {
            assert!(!text.contains("hunter22!") && !text.contains("abc-def-ghi"), "{text}");
        }
        assert_eq!(report.request("echo").unwrap().errors(), [("the server says: •••", 1)]);
        assert!(report.step_errors().contains(&("\"#{token}\" is the text \"•••\", expected bool", 1)));
        assert!(report.step_errors().contains(&("refused: •••", 1)), "{:?}", report.step_errors());
    }
}

/// A request that fails with an echo of what it has sent.
struct Echo(&'static str);

struct Echoing(RequestName, Template);

impl ActionBuilder for Echo {
    fn describe(&self) -> String {
        "echo".to_owned()
    }
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let _ = CheckSet::compile(&[status().is(200), json_path("$.id").gt(0).optional().save_as("id")], cx);
        Box::new(Echoing(cx.request_name("echo"), cx.template(self.0)))
    }
}

impl Action for Echoing {
    fn name(&self) -> &RequestName {
        &self.0
    }
    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            let mut text = "the server says: ".to_owned();
            let _ = self.1.render(cx.session(), &mut text);
            if cx.is_debugging() {
                cx.debug(&format!("> {text}\n"));
            }
            cx.sample(&self.0).failed(text).record();
        })
    }
}

#[test]
fn what_is_shown_of_an_exchange_says_whose_it_is() {
    let chain = exec(Chain::action(Echo("hello")));
    let simulation = Simulation::new("s").simulated_clock().with(scenario("S").exec(chain).inject(at_once_users(1)));
    let told = watched(simulation, true).1;
    let shown = told.shown.lock().unwrap();
    assert_eq!(shown[0], "# \"echo\", user 1 of \"S\"\n> the server says: hello\n");
    assert!(shown[1].starts_with("= \"echo\", user 1 of \"S\", after "), "{shown:?}");
}

#[test]
fn the_plan_lists_the_checks_of_each_request() {
    let chain = group("g", exec(Chain::action(Echo("hello")))).dummy("d", 1);
    let simulation = Simulation::new("s").with(scenario("S").exec(chain).inject(at_once_users(1)));
    let plan = simulation.plan(&RunOptions::default()).unwrap().to_string();
    let steps = plan.split_once("  steps\n").unwrap().1;
    let expected = "    group \"g\"\n      exec echo\n        check status is 200\n        \
                    check json_path $.id is greater than 0, optional, saved as id\n    exec dummy";
    assert!(steps.starts_with(expected), "{plan}");
}

#[test]
fn a_name_breaks_no_line_of_the_plan() {
    let chain = exec(dummy("a\nb\u{1b}[2J", 1));
    let simulation = Simulation::new("s").with(scenario("S\r").exec(chain).inject(at_once_users(1)));
    let plan = simulation.plan(&RunOptions::default()).unwrap().to_string();
    assert!(plan.contains("    exec dummy \"a\\nb\\u{1b}[2J\"") && plan.contains("scenario \"S\\r\""), "{plan}");
}

#[test]
fn the_end_of_a_run_is_told_once_however_many_users_ask_for_it() {
    let users = scenario("S").feed(records([[("a", 1)]])).pause(1).inject(at_once_users(100));
    let (report, told) = watched(Simulation::new("s").simulated_clock().shards(2).with(users), false);
    let ends = told.ends.lock().unwrap();
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert!(ends[0].contains("is used up") && report.info().end.to_string() == ends[0], "{ends:?}");
}

#[test]
fn a_panic_of_an_iterator_is_what_is_told_also_to_those_who_ask_later() {
    let broken = lazy_records((0..).map(|n| if n < 3 { [("n", n)] } else { panic!("out of paper") }));
    // Each user asks again and again, so that many ask after the panic.
    let chain = forever(feed(broken).dummy("got", 1));
    let (report, told) =
        watched(Simulation::new("s").shards(2).with(scenario("S").exec(chain).inject(at_once_users(50))), false);
    let ends = told.ends.lock().unwrap();
    assert_eq!(ends.len(), 1, "{ends:?}");
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    assert_eq!(why, "feeder lazy_records(…): the source panicked: out of paper");

    let broken = lazy_records((0..).map(|n| if n < 2 { [("n", n)] } else { panic!("out of paper") }));
    let bound = broken.open().unwrap().bind(1, 1, &mut |_| loadspiker_core::Schema::default().intern("n"));
    let mut session = Session::detached("s", ["n"]);
    let told: Vec<_> = (0..5).map(|_| bound.feed(0, &mut session).map_err(|error| error.to_string())).collect();
    let panicked = Err("feeder lazy_records(…): the source panicked: out of paper".to_owned());
    assert_eq!(told, [Ok(()), Ok(()), panicked.clone(), panicked.clone(), panicked]);
}

#[test]
fn nothing_in_the_failure_of_a_test_reaches_the_terminal_as_it_is() {
    let evil = "a\n\u{1b}[2J\u{202e}b";
    let trace = Trace::default();
    let chain = trace.probe("!b\u{1b}[1A\nad").exec(exec_fn(move |_| Err(evil.into())));
    let simulation = Simulation::new(format!("s{evil}")).simulated_clock();
    let users = scenario(format!("S{evil}")).exec(chain).inject(at_once_users(1));
    let failing = loadspiker_core::assertion::global().failed_requests().count().is(0);
    let failure = simulation.with(users).assert(failing).run().unwrap().failure().unwrap();
    assert!(!failure.contains('\u{1b}') && !failure.contains('\u{202e}'), "{failure:?}");
    assert!(failure.contains("a\\n\\u{1b}[2J\\u{202e}b"), "{failure}");
}

#[test]
fn the_imperative_style_hands_messages_on_with_their_kind() {
    async fn journey(user: &mut User) -> Result<(), StepError> {
        let wrong = format!("w{}", user.user_id());
        user.session_mut().set("wrong", wrong)?;
        user.dummy("d", "#{wrong}").await?;
        Ok(())
    }
    let report =
        run([scenario("S").exec_async("step", async |user: &mut User| journey(user).await).inject(at_once_users(3))]);
    let errors = report
        .request("step")
        .map(|step| step.errors().into_iter().map(|(text, _)| text.to_owned()).collect::<Vec<_>>());
    assert_eq!(errors.map(|errors| errors.len()), Some(1));
    assert_eq!(report.request("d").unwrap().errors().len(), 1, "{:?}", report.request("d").unwrap().errors());
}
