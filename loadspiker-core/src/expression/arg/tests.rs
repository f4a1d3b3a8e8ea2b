//! Every form in which an argument may be written, and what is wrong with the rest.

use std::borrow::Cow;
use std::time::Duration;

use super::*;
use crate::error::SessionError;
use crate::protocol::compile_in_test;
use crate::units::DurationExt;

fn set(session: &mut Session) {
    for (name, value) in [
        ("yes", Value::from(true)),
        ("n", 3.into()),
        ("text", "200ms".into()),
        ("think", 1.5.into()),
        ("low", (-1).into()),
    ] {
        session.set(name, value).unwrap();
    }
}

fn evaluated<T: FromValue + Clone>(arg: &Arg<T>) -> Result<T, String> {
    let (compiled, mut session, mistakes) = compile_in_test(|cx| arg.compile(cx));
    set(&mut session);
    match mistakes.first() {
        Some(mistake) => Err(format!("mistake: {mistake}")),
        None => compiled.get(&session).map_err(|error| error.to_string()),
    }
}

fn condition(condition: impl IntoCondition) -> Result<bool, String> {
    evaluated(&condition.into_condition())
}

fn count(count: impl IntoCount) -> Result<u64, String> {
    evaluated(&count.into_count())
}

fn duration(duration: impl IntoDuration) -> Result<Duration, String> {
    evaluated(&duration.into_duration())
}

fn pause(pause: impl IntoPause) -> Result<Duration, String> {
    let (compiled, mut session, mistakes) = compile_in_test(|cx| pause.into_pause().compile(cx));
    set(&mut session);
    match mistakes.first() {
        Some(mistake) => Err(format!("mistake: {mistake}")),
        None => compiled.get(&session).map_err(|error| error.to_string()),
    }
}

fn text(text: impl IntoText) -> Result<String, String> {
    let (compiled, mut session, mistakes) = compile_in_test(|cx| text.into_text().compile(cx));
    assert!(mistakes.is_empty());
    set(&mut session);
    let mut out = "<".to_owned();
    let rendered = compiled.render(&session, &mut out);
    if rendered.is_err() {
        assert_eq!(out, "<");
    }
    rendered.map(|()| out).map_err(|error| error.to_string())
}

fn value(value: impl IntoValue) -> Result<Value, String> {
    let (compiled, mut session, mistakes) = compile_in_test(|cx| value.into_value().compile(cx));
    assert!(mistakes.is_empty());
    set(&mut session);
    compiled.get(&session).map(Cow::into_owned).map_err(|error| error.to_string())
}

#[test]
fn conditions() {
    assert_eq!(condition(true), Ok(true));
    assert_eq!(condition("#{yes}"), Ok(true));
    assert_eq!(condition("#{n.isUndefined()}".to_owned()), Ok(false));
    assert_eq!(condition("false"), Ok(false));
    assert_eq!(condition(|session: &Session| session.contains("n")), Ok(true));
    assert_eq!(condition(|session: &Session| session.get::<i64>("n").map(|n| n > 5)), Ok(false));
    assert_eq!(condition(|_: &Session| Ok::<_, StepError>(true)), Ok(true));
    assert_eq!(condition(|_: &Session| Err::<bool, _>(StepError::new("no"))), Err("no".into()));
    assert_eq!(
        condition("perhaps"),
        Err("mistake: \"perhaps\" is not a valid bool; write one, or an expression such as \"#{attribute}\"".into())
    );
    assert_eq!(condition("#{n}"), Err("\"#{n}\" is the integer \"3\", expected bool".into()));
    assert!(condition("#{gone}").unwrap_err().starts_with("no attribute named \"gone\" is set"));
}

#[test]
fn counts() {
    assert_eq!(count(3), Ok(3));
    assert_eq!(count(3_u32), Ok(3));
    assert_eq!(count(3_usize), Ok(3));
    assert_eq!(count(u64::MAX), Ok(u64::MAX));
    assert_eq!(count("#{n}"), Ok(3));
    assert_eq!(count(String::from("12")), Ok(12));
    assert_eq!(count(|_: &Session| 3u64), Ok(3));
    assert_eq!(count(|_: &Session| 3), Ok(3));
    assert_eq!(count(|session: &Session| session.get::<u64>("n")), Ok(3));
    assert_eq!(count(|_: &Session| -3), Err("-3 is not a number of times: it is negative".into()));
    for (wrong, shown) in [(count("abc"), "abc"), (count(-1), "-1"), (count(r"\#{n}"), "#{n}")] {
        let expected = format!(
            "mistake: \"{shown}\" is not a valid integer from 0 on; write one, or an expression such as \"#{{attribute}}\""
        );
        assert_eq!(wrong, Err(expected));
    }
    assert_eq!(count("#{low}"), Err("\"#{low}\" is the integer \"-1\", expected integer from 0 on".into()));
}

#[test]
fn an_expression_that_cannot_be_parsed_is_one_mistake_not_two() {
    let (_, _, mistakes) = compile_in_test(|cx| "#{n".into_count().compile(cx));
    assert_eq!(mistakes.len(), 1);
    assert!(mistakes[0].contains("not closed"));
}

#[test]
fn durations() {
    assert_eq!(duration(1), Ok(1.secs()));
    assert_eq!(duration(1.5), Ok(1500.millis()));
    assert_eq!(duration(200.millis()), Ok(200.millis()));
    assert_eq!(duration("#{think}"), Ok(1500.millis()));
    assert_eq!(duration("#{n}"), Ok(3.secs()));
    assert_eq!(duration("#{text}"), Ok(200.millis()));
    assert_eq!(duration("#{n}ms"), Ok(3.millis()));
    assert_eq!(duration(|_: &Session| 5.secs()), Ok(5.secs()));
    assert_eq!(duration(|session: &Session| session.get::<u64>("n").map(|n| n.millis())), Ok(3.millis()));
    for (written, meant) in [
        ("1.5s", 1500.millis()),
        ("2m", 2.minutes()),
        ("2 min", 2.minutes()),
        ("1h", 1.hours()),
        (" 7 ", 7.secs()),
        ("20us", 20.micros()),
        ("20µs", 20.micros()),
        ("0", Duration::ZERO),
    ] {
        assert_eq!(duration(written), Ok(meant), "{written}");
    }
    for wrong in ["", "ms", "-1s", "1.2.3s", "5 days", "1e3", "inf", "99999999999999999999h"] {
        assert!(duration(wrong).unwrap_err().starts_with("mistake: "), "{wrong}");
    }
    assert_eq!(
        duration(-1),
        Err("mistake: \"-1\" is not a valid duration (a number of seconds that is not negative, or a text such as 200ms, 1.5s, 2m); write one, or an expression such as \"#{attribute}\"".into())
    );
    assert!(duration(f64::NAN).is_err());
    assert!(duration("#{low}").unwrap_err().starts_with("\"#{low}\" is the integer \"-1\", expected duration"));
}

#[test]
fn pauses() {
    assert_eq!(pause(1), Ok(1.secs()));
    assert_eq!(pause("#{think}"), Ok(1500.millis()));
    assert_eq!(pause(|_: &Session| 5.secs()), Ok(5.secs()));
    assert_eq!(pause(3..3), Ok(3.secs()));
    assert!((1.secs()..=3.secs()).contains(&pause(1..3).unwrap()));
    assert!((200.millis()..=2.secs()).contains(&pause(200.millis()..2.secs()).unwrap()));
    assert!((500.millis()..=1.secs()).contains(&pause(0.5..1.0).unwrap()));
    assert_eq!(pause(3.secs()..1.secs()), Err("mistake: the range 3s..1s ends before it starts; write 1s..3s".into()));
    assert!(pause(-1..3).unwrap_err().starts_with("mistake: \"-1..3\" is not a valid duration"));
}

#[test]
fn a_pause_between_bounds_is_drawn_anew_each_time() {
    let (compiled, session, _) = compile_in_test(|cx| (1..3).into_pause().compile(cx));
    let drawn: Vec<Duration> = (0..200).map(|_| compiled.get(&session).unwrap()).collect();
    assert!(drawn.iter().any(|pause| *pause < 1200.millis()) && drawn.iter().any(|pause| *pause > 2800.millis()));
    assert!(drawn.iter().all(|pause| (1.secs()..=3.secs()).contains(pause)));
}

#[test]
fn texts() {
    let owned = String::from("n is #{n}");
    assert_eq!(text("plain"), Ok("<plain".into()));
    assert_eq!(text(&owned), Ok("<n is 3".into()));
    assert_eq!(text(owned), Ok("<n is 3".into()));
    assert_eq!(text(Arc::<str>::from("x")), Ok("<x".into()));
    assert_eq!(text(Cow::Borrowed("x")), Ok("<x".into()));
    assert_eq!(text(|session: &Session| format!("/{}", session.user_id())), Ok("</1".into()));
    assert_eq!(text(|_: &Session| "fixed"), Ok("<fixed".into()));
    assert_eq!(text(|session: &Session| session.get::<Value>("n")), Ok("<3".into()));
    assert_eq!(text(|_: &Session| Value::from(2.5)), Ok("<2.5".into()));
    let missing = |session: &Session| Err::<String, SessionError>(session.missing("x"));
    assert!(text(missing).unwrap_err().starts_with("no attribute named \"x\" is set"));
    assert!(text("a#{x}").unwrap_err().starts_with("no attribute named \"x\" is set"));
}

#[test]
fn numbers_and_truth_values_are_texts_too() {
    assert_eq!(text(5), Ok("<5".into()));
    assert_eq!(text(2.5), Ok("<2.5".into()));
    assert_eq!(text(true), Ok("<true".into()));
    assert_eq!(text(|_: &Session| 7_u64), Ok("<7".into()));
}

#[test]
fn the_source_of_a_text_is_kept_for_the_plan() {
    assert_eq!("/p/#{id}".into_text().source(), "/p/#{id}");
    assert_eq!((|_: &Session| "x").into_text().source(), "…");
    let (literal, _, _) = compile_in_test(|cx| r"/\#{x}".into_text().compile(cx));
    assert_eq!(literal.as_literal(), Some("/#{x}"));
}

#[test]
fn values() {
    assert_eq!(value(5), Ok(5.into()));
    assert_eq!(value(5_u8), Ok(5.into()));
    assert_eq!(value(0.5), Ok(0.5.into()));
    assert_eq!(value(true), Ok(true.into()));
    assert_eq!(value("x"), Ok("x".into()));
    assert_eq!(value("#{n}"), Ok(3.into()));
    assert_eq!(value(String::from("#{n}!")), Ok("3!".into()));
    let owned = String::from("x");
    assert_eq!(value(&owned), Ok("x".into()));
    assert_eq!(value(owned), Ok("x".into()));
    assert_eq!(value(vec![1, 2]), Ok(vec![1, 2].into()));
    assert_eq!(value([1, 2]), Ok(vec![1, 2].into()));
    assert_eq!(value(["#{n}", "x"]), Ok(vec![Value::from(3), "x".into()].into()));
    assert_eq!(value(None::<i32>), Ok(Value::Null));
    assert_eq!(value(Value::Null), Ok(Value::Null));
    assert_eq!(value(200.millis()), Ok(200.0.into()));
    assert_eq!(value(&b"raw"[..]), Ok((&b"raw"[..]).into()));
    assert_eq!(value(serde_json::json!({"a": ["#{n}"], "b": "x"})), Ok(serde_json::json!({"a": [3], "b": "x"}).into()));
    assert_eq!(value(|_: &Session| 5), Ok(5.into()));
    assert_eq!(value(|_: &Session| "x".to_owned()), Ok("x".into()));
    assert_eq!(value(|session: &Session| session.get::<bool>("yes")), Ok(true.into()));
    assert_eq!(value(|_: &Session| Err::<i32, _>(StepError::new("no"))), Err("no".into()));
    assert!(value(["#{gone}"]).unwrap_err().starts_with("no attribute named \"gone\""));
}

#[test]
fn values_without_expressions_are_constants() {
    let constant = |value: ValueArg| compile_in_test(|cx| value.compile(cx)).0.as_constant().cloned();
    assert_eq!(
        constant(serde_json::json!({"a": [1, "x"]}).into_value()),
        Some(serde_json::json!({"a": [1, "x"]}).into())
    );
    assert_eq!(constant(r"\#{n}".into_value()), Some("#{n}".into()));
    assert_eq!(constant(["#{n}"].into_value()), None);
    assert_eq!(constant((|_: &Session| 1).into_value()), None);
}

#[test]
fn values_are_shown_as_they_were_written() {
    let shown = |value: ValueArg| compile_in_test(|cx| value.compile(cx)).0.to_string();
    assert_eq!(shown("a".into_value()), "\"a\"");
    assert_eq!(shown(5.into_value()), "5");
    assert_eq!(shown("#{n}".into_value()), "#{n}");
    assert_eq!(shown("x".repeat(70).into_value()), format!("\"{}…\"", "x".repeat(60)));
}

#[test]
fn values_render_as_they_are_displayed() {
    let (compiled, mut session, _) =
        compile_in_test(|cx| ["a=#{n}".into_value().compile(cx), 2.5.into_value().compile(cx)]);
    set(&mut session);
    let mut out = String::new();
    for value in &compiled {
        value.render(&session, &mut out).unwrap();
    }
    assert_eq!(out, "a=32.5");
}

#[test]
fn arguments_are_shared_between_threads_and_can_be_shown() {
    fn shareable<T: Send + Sync + Clone + fmt::Debug>() {}
    shareable::<(Arg<bool>, CompiledArg<Duration>, PauseArg, CompiledPause)>();
    shareable::<(TextArg, CompiledText, ValueArg, CompiledValue)>();
    assert_eq!(format!("{:?}", "#{n}".into_count()), "\"#{n}\"");
    assert_eq!(format!("{:?}", (|_: &Session| 1).into_count()), "|session| …");
}
