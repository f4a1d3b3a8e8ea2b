//! [`Predicate`]: checks that select responses. They save nothing, record nothing and count nothing.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bumpalo::Bump;

use super::builder::{Check, Kind, Single};
use super::compiled::{self, Compiled};
use super::extract::Subject;
use super::json::JsonParts;
use super::response::Response;
use crate::expression::Symbols;
use crate::session::Session;

/// Compiled checks that say whether a response is the one that is looked for. Unlike a [`CheckSet`](super::CheckSet),
/// they save nothing and count nothing: a response that does not match is no failure. Shared by all virtual users.
///
/// [`bind`](Self::bind) takes what the checks may ask of a user, so that a task can try messages that arrive while the
/// user rests.
#[derive(Clone, Default)]
pub struct Predicate(Option<Arc<Filter>>);

struct Filter {
    checks: Box<[Compiled]>,
    json_parts: Option<JsonParts>,
}

impl Predicate {
    /// Prepares checks. No checks match every response.
    ///
    /// `.save_as(…)` and `.record_to(…)` in one of them are mistakes, because they would have no effect.
    pub fn compile(checks: &[Check], cx: &mut Symbols<'_>) -> Predicate {
        if checks.is_empty() {
            return Predicate(None);
        }
        refuse_saving(checks, SELECTS, cx);
        refuse_recording(checks, cx);
        let checks = compiled::compile(checks, cx);
        cx.list(checks.iter().map(|check| format!("matching {check}")));
        Predicate(Some(Arc::new(Filter { json_parts: compiled::json_parts(&checks), checks })))
    }

    /// The predicate for one user: the expressions in it see the session as it is now.
    pub fn bind(&self, session: &Session) -> BoundPredicate {
        let bound = self.0.as_ref().map(|filter| (filter.clone(), Box::new(session.snapshot())));
        BoundPredicate(bound)
    }
}

/// Where the checks of a predicate stand, for messages.
const SELECTS: &str = "a check that selects messages";

/// Tells that `.save_as(…)` in one of these checks is a mistake, since no session is there to save in.
pub(crate) fn refuse_saving(checks: &[Check], place: &str, cx: &mut Symbols<'_>) {
    for_each_single(checks, &mut |single| {
        if let Some(attribute) = &single.save_as {
            cx.mistake(format!(
                "save_as(\"{attribute}\") has no effect in {place} ({}); write it on a check of a message that is awaited",
                single.extractor.label()
            ));
        }
    });
}

fn refuse_recording(checks: &[Check], cx: &mut Symbols<'_>) {
    for_each_single(checks, &mut |single| {
        if !single.record_to.is_empty() {
            cx.mistake(format!(
                "record_to(…) has no effect in {SELECTS} ({}); write it on a check of the message that is awaited",
                single.extractor.label()
            ));
        }
    });
}

fn for_each_single(checks: &[Check], f: &mut impl FnMut(&Single)) {
    for check in checks {
        match &check.kind {
            Kind::Single(single) => f(single),
            Kind::All(checks) | Kind::Any(checks) => for_each_single(checks, f),
            Kind::If(_, check) => for_each_single(std::slice::from_ref(check), f),
            Kind::Custom(..) => {}
        }
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = self.0.as_ref().map(|filter| filter.checks.iter().map(ToString::to_string));
        f.debug_list().entries(checks.into_iter().flatten()).finish()
    }
}

/// A [`Predicate`] for one user, made by [`Predicate::bind`]. It borrows nothing, so that a task of the user's shard can
/// keep it. The default matches every response.
#[derive(Default)]
pub struct BoundPredicate(Option<(Arc<Filter>, Box<Session>)>);

impl BoundPredicate {
    /// Whether the response matches: whether all checks hold.
    ///
    /// # Errors
    ///
    /// Why no response can match: an expression has no value for this user, or code of the user's panicked.
    pub fn try_matches(&self, response: &dyn Response) -> Result<bool, String> {
        let Some((filter, session)) = &self.0 else { return Ok(true) };
        let arena = Bump::new();
        let subject = Subject::new(response, Vec::new(), filter.json_parts.as_ref(), &arena);
        // It may run in the task that reads for all: a panic in a closure must not end that.
        let judged = catch_unwind(AssertUnwindSafe(|| compiled::admits_all(&filter.checks, &subject, session)));
        judged.unwrap_or_else(|_| Err("a check that selects messages panicked".to_owned()))
    }

    /// Whether the response matches; `false` where [`try_matches`](Self::try_matches) gives an error.
    pub fn matches(&self, response: &dyn Response) -> bool {
        self.try_matches(response).unwrap_or(false)
    }

    /// Whether every response matches, because there are no checks.
    pub fn matches_all(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for BoundPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Predicate(self.0.as_ref().map(|(filter, _)| filter.clone())).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use super::*;
    use crate::check::{all_of, any_of, body_string, check_if, custom_check, json_path, substring};
    use crate::metrics::Totals;
    use crate::protocol::compile_in_test;

    struct Text(&'static str);

    impl Response for Text {
        fn body(&self) -> &[u8] {
            self.0.as_bytes()
        }
        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    fn bound(checks: &[Check], set: impl FnOnce(&mut Session)) -> BoundPredicate {
        let (predicate, mut session, mistakes) = compile_in_test(|cx| Predicate::compile(checks, cx));
        assert_eq!(mistakes, [""; 0]);
        set(&mut session);
        predicate.bind(&session)
    }

    #[test]
    fn a_predicate_matches_what_all_of_its_checks_hold_for() {
        let checks = [
            json_path("$.id").is("#{id}"),
            any_of([json_path("$.kind").is("a"), json_path("$.kind").is("b")]),
            all_of([json_path("$.size").lt(10)]),
            check_if("#{strict}", json_path("$.signed").is(true)),
            custom_check("short", |response, _| response.body().len() < 60),
            json_path("$.note").optional(),
        ];
        let predicate = bound(&checks, |session| {
            session.set("id", 7).unwrap();
            session.set("strict", true).unwrap();
        });
        assert!(predicate.matches(&Text(r#"{"id":7,"kind":"b","size":3,"signed":true}"#)));
        for other in [
            r#"{"id":8,"kind":"b","size":3,"signed":true}"#,
            r#"{"id":7,"kind":"c","size":3,"signed":true}"#,
            r#"{"id":7,"kind":"b","size":30,"signed":true}"#,
            r#"{"id":7,"kind":"b","size":3}"#,
            r#"{"id":7,"kind":"b","size":3,"signed":true,"long":"xxxxxxxxxxxxxxxxxxxxxxxxxx"}"#,
            "no JSON",
        ] {
            assert_eq!(predicate.try_matches(&Text(other)), Ok(false), "{other}");
        }
    }

    #[test]
    fn a_bound_predicate_sees_the_session_as_it_was_when_it_was_bound() {
        let (predicate, mut session, _) = compile_in_test(|cx| Predicate::compile(&[substring("#{word}")], cx));
        session.set("word", "one").unwrap();
        let bound = predicate.bind(&session);
        session.set("word", "two").unwrap();
        assert!(bound.matches(&Text("one")) && !bound.matches(&Text("two")));
    }

    #[test]
    fn an_expression_without_a_value_is_an_error_and_not_a_message_that_does_not_match() {
        for check in [
            json_path("$.id").is("#{gone}"),
            json_path("$['#{gone}']"),
            json_path("$.id").gt("#{gone}"),
            json_path("$.id").one_of(["#{gone}"]),
            json_path("$.other").with_default("#{gone}"),
            body_string().matches("#{gone}"),
            check_if("#{gone}", body_string()),
        ] {
            let shown = format!("{check:?}");
            let error = bound(&[check], |_| {}).try_matches(&Text(r#"{"id":1}"#)).unwrap_err();
            assert!(error.contains("gone"), "{shown}: {error}");
        }
    }

    #[test]
    fn nothing_is_counted() {
        let checks = [body_string().is("a").name("counted?")];
        let (predicate, session, _) = compile_in_test(|cx| Predicate::compile(&checks, cx));
        let bound = predicate.bind(&session);
        assert!(bound.matches(&Text("a")) && !bound.matches(&Text("b")));
        let mut totals = Totals::default();
        session.book().take_into(&mut totals);
        assert!(totals.checks.is_empty());
    }

    #[test]
    fn saving_and_recording_are_mistakes_however_deep_they_are_written() {
        let trend = crate::custom_metric::trend("t");
        let checks = [
            body_string().save_as("a"),
            any_of([check_if(true, all_of([body_string().save_as("b")]))]),
            body_string().record_to(&trend),
        ];
        let (_, _, mistakes) = compile_in_test(|cx| Predicate::compile(&checks, cx));
        let about = |what: &str| mistakes.iter().any(|mistake| mistake.starts_with(what));
        assert!(about("save_as(\"a\")") && about("save_as(\"b\")") && about("record_to(…)"), "{mistakes:?}");
        assert_eq!(mistakes.len(), 3);
    }

    #[test]
    fn a_panic_of_a_closure_is_an_error() {
        let predicate = bound(&[custom_check("boom", |_, _| -> bool { panic!("boom") })], |_| {});
        assert_eq!(predicate.try_matches(&Text("a")), Err("a check that selects messages panicked".to_owned()));
    }

    #[test]
    fn without_checks_all_responses_match() {
        assert!(BoundPredicate::default().matches(&Text("")));
        assert!(bound(&[], |_| {}).matches_all());
    }
}
