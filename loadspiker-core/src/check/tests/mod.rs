//! Every kind of check on what is there, what is missing and what is wrong; here is the response they look at.

mod compliance;
mod conditions;
mod counting;
mod digests;
mod exact;
mod finding;
#[cfg(feature = "html")]
mod html;
mod jmes;
mod matrix;
mod parsers;
mod sets;
mod structured;
#[cfg(feature = "xpath")]
mod xpath;

use std::any::Any;
use std::cell::Cell;
use std::time::Duration;

use super::*;
use crate::protocol::compile_in_test;
use crate::session::Session;
use crate::shown::plain;
use crate::units::DurationExt;
use crate::value::Value;

struct Fake {
    status: Option<u16>,
    headers: Vec<(&'static str, &'static str)>,
    location: Option<&'static str>,
    body: Vec<u8>,
    has_body: bool,
    time: Option<Duration>,
    value: Option<Value>,
    body_reads: Cell<usize>,
}

impl Response for Fake {
    fn status(&self) -> Option<Status<'_>> {
        self.status.map(Status::Code)
    }
    fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value).collect()
    }
    fn location(&self) -> Option<&str> {
        self.location
    }
    fn body(&self) -> &[u8] {
        self.body_reads.set(self.body_reads.get() + 1);
        &self.body
    }
    fn has_body(&self) -> bool {
        self.has_body
    }
    fn response_time(&self) -> Option<Duration> {
        self.time
    }
    fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

const SHOP: &str = r#"{"token": "t-1", "price": 3, "tags": ["a", "b", "c"], "owner": null, "open": true,
    "items": [{"id": 1}, {"id": 2}], "ratio": 0.5, "text": "12"}"#;

fn response(body: &str) -> Fake {
    Fake {
        status: Some(200),
        headers: vec![("ETag", "abc"), ("Set-Cookie", "a=1; Path=/"), ("set-cookie", "b=2")],
        location: Some("http://shop/home"),
        body: body.as_bytes().to_vec(),
        has_body: true,
        time: Some(12_500.micros()),
        value: None,
        body_reads: Cell::new(0),
    }
}

/// Nothing is there: the response of a protocol that knows none of it.
fn bare() -> Fake {
    Fake { status: None, headers: vec![], location: None, time: None, ..response("") }
}

/// Runs the checks over a response, for a user with some attributes.
fn run(checks: &[Check], response: &Fake) -> (Result<(), String>, Session) {
    let (set, mut session, mistakes) = compile_in_test(|cx| CheckSet::compile(checks, cx));
    assert_eq!(mistakes, Vec::<String>::new());
    for (name, value) in [
        ("code", Value::from(200)),
        ("me", "t-1".into()),
        ("five", 5.into()),
        ("word", "x".into()),
        ("tag", "tag".into()),
    ] {
        session.set(name, value).unwrap();
    }
    // Values in messages are marked; what is compared is what people read.
    let outcome = set.run(response, &mut session).map_err(|failure| plain(failure.text()).into_owned());
    (outcome, session)
}

fn outcome(check: Check) -> Result<(), String> {
    run(&[check], &response(SHOP)).0
}

/// What the check saves from the shop's response.
fn saved(check: Check) -> Option<Value> {
    saved_from(check, &response(SHOP))
}

fn saved_from(check: Check, response: &Fake) -> Option<Value> {
    let (outcome, session) = run(&[check.save_as("saved")], response);
    outcome.unwrap();
    session.value("saved").cloned()
}

fn message(check: Check) -> String {
    outcome(check).unwrap_err()
}

fn mistakes(check: Check) -> Vec<String> {
    compile_in_test(|cx| CheckSet::compile(&[check], cx)).2
}
