//! [`Compiled`]: a check ready for the run.

use std::sync::Arc;

use super::absorb::Absorber;
use super::builder::{Change, Check, Closure, Judge, Kind, Single, Transform};
use super::extract::{Extract, ExtractError, Extractor, Found, Pick, Scope, Subject};
use super::json::JsonParts;
use super::rule::{Complaint, Rule};
use crate::expression::{CompiledArg, CompiledValue};
use crate::metrics::Handle;
use crate::protocol::CompileContext;
use crate::session::{Session, Slot, abbreviate};
use crate::value::Value;

pub(super) struct Compiled {
    /// When it runs: that of the earliest of its parts.
    pub(super) scope: Scope,
    pub(super) needs_body: Need,
    pub(super) has_status: bool,
    name: Option<Arc<str>>,
    /// Under what the report counts it, if at all.
    counted_as: Option<Arc<str>>,
    kind: CompiledKind,
}

/// Whether a check was made at all: one on a condition, or on a body that is not there, may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    Yes,
    No,
}

/// What a check needs of the body.
#[derive(Clone, Debug, Default)]
pub(super) enum Need {
    #[default]
    Nothing,
    /// To be fed with it. Not empty.
    Feed(Vec<Absorber>),
    Whole,
}

impl Need {
    fn of(extractor: &dyn Extractor) -> Self {
        match (extractor.needs_body(), extractor.absorber()) {
            (false, _) => Need::Nothing,
            (true, Some(absorber)) => Need::Feed(vec![absorber]),
            (true, None) => Need::Whole,
        }
    }

    /// What several checks need together.
    pub(super) fn of_all(checks: &[Compiled]) -> Self {
        let mut fed: Vec<Absorber> = Vec::new();
        for check in checks {
            match &check.needs_body {
                Need::Nothing => {}
                Need::Feed(absorbers) => {
                    for absorber in absorbers {
                        if fed.iter().all(|known| known.name() != absorber.name()) {
                            fed.push(*absorber);
                        }
                    }
                }
                Need::Whole => return Need::Whole,
            }
        }
        if fed.is_empty() { Need::Nothing } else { Need::Feed(fed) }
    }
}

enum CompiledKind {
    Single(Box<CompiledSingle>),
    All(Box<[Compiled]>),
    Any(Box<[Compiled]>),
    If(CompiledArg<bool>, Box<Compiled>),
    Custom(Arc<str>, Closure<Judge>),
}

struct CompiledSingle {
    extract: Box<dyn Extract>,
    label: Box<str>,
    scope: Scope,
    shows_value: bool,
    pick: Pick,
    changes: Box<[CompiledChange]>,
    rules: Box<[Rule]>,
    optional: bool,
    save_as: Option<Slot>,
    record_to: Box<[Handle]>,
}

enum CompiledChange {
    Default(CompiledValue),
    Transform(Closure<Transform>),
}

/// As [`compile`], for checks that are all counted, whether or not they have a name.
pub(super) fn compile_counted(checks: &[Check], cx: &mut CompileContext<'_>) -> Box<[Compiled]> {
    let mut compiled = compile(checks, cx);
    compiled.iter_mut().for_each(Compiled::count);
    compiled
}

/// Compiles checks and puts them in the order in which they run.
fn compile(checks: &[Check], cx: &mut CompileContext<'_>) -> Box<[Compiled]> {
    let mut compiled: Vec<Compiled> = checks.iter().map(|check| Compiled::new(check, cx)).collect();
    compiled.sort_by_key(|check| check.scope);
    compiled.into()
}

impl Compiled {
    fn new(check: &Check, cx: &mut CompileContext<'_>) -> Self {
        let (called, advice) = match &check.kind {
            Kind::Single(_) => ("", ""),
            Kind::All(_) => ("all_of(…)", "write it on the checks inside"),
            Kind::Any(_) => ("any_of(…)", "write it on the checks inside"),
            Kind::If(..) => ("check_if(…)", "write it on the check inside"),
            Kind::Custom(..) => ("custom_check(…)", "let the closure decide"),
        };
        for method in &check.misused {
            cx.mistake(format!(".{method}(…) means nothing on {called}; {advice}"));
        }
        let what = match &check.kind {
            Kind::Custom(what, _) => Some(what),
            _ => None,
        };
        if check.name.iter().chain(what).any(|name| name.trim().is_empty()) {
            cx.mistake("the name of a check is empty; say what it checks");
        }
        let name = check.name.clone();
        let counted_as = name.clone();
        match &check.kind {
            Kind::Single(single) => Compiled {
                scope: single.extractor.scope(),
                needs_body: Need::of(&*single.extractor),
                has_status: single.extractor.scope() == Scope::Status,
                name,
                counted_as,
                kind: CompiledKind::Single(Box::new(CompiledSingle::new(single, cx))),
            },
            Kind::All(checks) => Compiled::several(called, checks, name, CompiledKind::All, cx),
            Kind::Any(checks) => Compiled::several(called, checks, name, CompiledKind::Any, cx),
            Kind::If(condition, check) => {
                let condition = condition.compile(cx);
                let inner = Compiled::new(check, cx);
                Compiled {
                    scope: inner.scope,
                    needs_body: inner.needs_body.clone(),
                    has_status: inner.has_status,
                    name,
                    counted_as,
                    kind: CompiledKind::If(condition, Box::new(inner)),
                }
            }
            Kind::Custom(what, judge) => Compiled {
                scope: Scope::Body,
                needs_body: Need::Whole,
                has_status: false,
                name,
                counted_as,
                kind: CompiledKind::Custom(what.clone(), judge.clone()),
            },
        }
    }

    fn several(
        called: &str,
        checks: &[Check],
        name: Option<Arc<str>>,
        kind: fn(Box<[Compiled]>) -> CompiledKind,
        cx: &mut CompileContext<'_>,
    ) -> Self {
        if checks.is_empty() {
            cx.mistake(format!("{called} has no checks in it; name at least one"));
        }
        let compiled = compile(checks, cx);
        Compiled {
            scope: compiled.first().map_or(Scope::Body, |check| check.scope),
            needs_body: Need::of_all(&compiled),
            has_status: compiled.iter().any(|check| check.has_status),
            counted_as: name.clone(),
            name,
            kind: kind(compiled),
        }
    }

    /// Counts it in the report, be it without a name.
    fn count(&mut self) {
        if self.counted_as.is_some() {
            return;
        }
        self.counted_as = match &mut self.kind {
            CompiledKind::Single(single) => Some((*single.label).into()),
            CompiledKind::All(_) => Some("all_of(…)".into()),
            CompiledKind::Any(_) => Some("any_of(…)".into()),
            CompiledKind::Custom(what, _) => Some(what.clone()),
            CompiledKind::If(_, check) => {
                check.count();
                None
            }
        };
    }

    /// Runs it over a response; what it finds is saved in the session. It is counted if it was made.
    ///
    /// # Errors
    ///
    /// The message to report.
    pub(super) fn run(&self, subject: &Subject<'_>, session: &mut Session) -> Result<Made, String> {
        let outcome = self.judge(subject, session);
        if let Some(name) = &self.counted_as
            && outcome != Ok(Made::No)
        {
            session.book().count_check(name, outcome.is_ok());
        }
        outcome
    }

    fn judge(&self, subject: &Subject<'_>, session: &mut Session) -> Result<Made, String> {
        let outcome = match &self.kind {
            CompiledKind::Single(single) => return single.run(self.name.as_deref(), subject, session),
            CompiledKind::All(checks) => run_all(checks, subject, session).map(|()| Made::Yes),
            CompiledKind::Any(checks) => run_any(checks, subject, session).map(|()| Made::Yes),
            CompiledKind::If(condition, check) => match condition.get(session) {
                Ok(true) => check.run(subject, session),
                Ok(false) => Ok(Made::No),
                Err(error) => Err(format!("check_if: {error}")),
            },
            CompiledKind::Custom(what, judge) => {
                let judged = judge.0(subject.response(), session).map(|()| Made::Yes);
                judged.map_err(|why| {
                    if why.is_empty() { format!("\"{what}\" does not hold") } else { format!("{what}: {why}") }
                })
            }
        };
        outcome.map_err(|message| match &self.name {
            Some(name) => format!("{name}: {message}"),
            None => message,
        })
    }
}

/// What the checks look at in a JSON body, all together; `None` if none looks into one.
pub(super) fn json_parts(checks: &[Compiled]) -> Option<JsonParts> {
    let parts = checks.iter().filter_map(|check| match &check.kind {
        CompiledKind::Single(single) => single.extract.json_parts(),
        CompiledKind::All(checks) | CompiledKind::Any(checks) => json_parts(checks),
        CompiledKind::If(_, check) => json_parts(std::slice::from_ref(check)),
        CompiledKind::Custom(..) => None,
    });
    parts.reduce(JsonParts::and)
}

/// Runs all of the checks and gives the first failure.
pub(super) fn run_all(checks: &[Compiled], subject: &Subject<'_>, session: &mut Session) -> Result<(), String> {
    let mut outcome = Ok(());
    for check in checks {
        let next = check.run(subject, session);
        outcome = outcome.and(next.map(|_| ()));
    }
    outcome
}

/// Runs all of the checks and fails if all have failed.
fn run_any(checks: &[Compiled], subject: &Subject<'_>, session: &mut Session) -> Result<(), String> {
    let mut failures = Vec::new();
    for check in checks {
        failures.extend(check.run(subject, session).err());
    }
    if failures.len() < checks.len() { Ok(()) } else { Err(format!("none holds: {}", failures.join("; "))) }
}

impl CompiledSingle {
    fn new(single: &Single, cx: &mut CompileContext<'_>) -> Self {
        let extractor = &single.extractor;
        let label = match single.pick {
            Pick::First | Pick::Nth(0) | Pick::All | Pick::Random => extractor.label(),
            Pick::Nth(place) => format!("{} nth({place})", extractor.label()),
            Pick::Count => format!("{} count", extractor.label()),
        };
        for metric in single.record_to.iter().filter(|metric| metric.name().trim().is_empty()) {
            cx.mistake(format!("the name of a {} is empty; give it one that can be found in a report", metric.kind()));
        }
        let changes = single.changes.iter().map(|change| match change {
            Change::Default(value) => CompiledChange::Default(value.compile(cx)),
            Change::Transform(closure) => CompiledChange::Transform(closure.clone()),
        });
        let changes = changes.collect();
        let rules: Box<[Rule]> = match &single.conditions[..] {
            [] => [Rule::Exists].into(),
            conditions => conditions.iter().map(|condition| Rule::compile(condition, cx)).collect(),
        };
        CompiledSingle {
            extract: extractor.compile(cx),
            label: label.into(),
            scope: extractor.scope(),
            // A count is the same for many responses, whatever is counted.
            shows_value: extractor.shows_value() || single.pick == Pick::Count,
            pick: single.pick,
            changes,
            rules,
            optional: single.optional,
            save_as: single.save_as.as_deref().map(|attribute| cx.define(attribute)),
            record_to: single.record_to.clone().into(),
        }
    }

    fn run(&self, name: Option<&str>, subject: &Subject<'_>, session: &mut Session) -> Result<Made, String> {
        if self.scope == Scope::Body && !subject.response().has_body() {
            return Ok(Made::No);
        }
        let value = self.evaluate(name, subject, session)?;
        if let (Some(slot), Some(value)) = (self.save_as, value) {
            session.set_at(slot, value);
        }
        Ok(Made::Yes)
    }

    /// Finds, changes and judges the value.
    fn evaluate(&self, name: Option<&str>, subject: &Subject<'_>, session: &Session) -> Result<Option<Value>, String> {
        let called = name.unwrap_or(&self.label);
        let mut found = Found::new(self.pick, session);
        match self.extract.extract(subject, session, &mut found) {
            Ok(()) => {}
            Err(ExtractError::Response(_)) if self.optional => return Ok(None),
            Err(ExtractError::Response(message)) if name.is_none() => return Err(message),
            Err(error) => return Err(format!("{called}: {error}")),
        }
        let mut value = found.take();
        for change in &self.changes {
            value = match (change, value) {
                (CompiledChange::Default(default), None) => {
                    let default = default.get(session).map_err(|error| format!("{called}: {error}"))?;
                    Some(default.into_owned())
                }
                (CompiledChange::Transform(transform), Some(value)) => Some(transform.0(value)),
                (_, unchanged) => unchanged,
            };
        }
        if value.is_none() && self.optional {
            return Ok(None);
        }
        if let Some(value) = &value {
            for metric in &self.record_to {
                let recorded = metric.record_value(session, value);
                recorded.map_err(|why| self.message(name, Some(value), &Complaint::Other(why)))?;
            }
        }
        for rule in &self.rules {
            rule.judge(value.as_ref(), session).map_err(|complaint| self.message(name, value.as_ref(), &complaint))?;
        }
        Ok(value)
    }

    fn message(&self, name: Option<&str>, value: Option<&Value>, complaint: &Complaint) -> String {
        let called = name.unwrap_or(&self.label);
        let shown = value.filter(|_| self.shows_value).map(|value| match value {
            Value::Text(text) => format!("\"{}\"", abbreviate(text)),
            other => abbreviate(&other.to_string()),
        });
        if let (Scope::Status, Some(code)) = (self.scope, &shown) {
            // There are few codes, and which one it was is what one wants to know.
            let expected = match complaint {
                Complaint::Not(expected) | Complaint::NotVarying(expected) => Some(expected.clone()),
                Complaint::Unwanted(unwanted) => Some(format!("anything but {unwanted}")),
                _ => None,
            };
            if let Some(expected) = expected {
                let prefix = name.map(|name| format!("{name}: ")).unwrap_or_default();
                return format!("{prefix}{} is {code}, expected {expected}", self.label);
            }
        }
        match (complaint, shown) {
            (Complaint::Nothing, _) => format!("{called}: nothing found"),
            (Complaint::Plain(message), _) => format!("{called}: {message}"),
            (Complaint::Unwanted(unwanted), _) => format!("{called}: must not be {unwanted}"),
            (Complaint::Not(expected), Some(shown)) => format!("{called}: {shown} is not {expected}"),
            (Complaint::Not(expected) | Complaint::NotVarying(expected), _) => format!("{called}: is not {expected}"),
            (Complaint::Other(sentence), Some(shown)) => format!("{called}: {shown} {sentence}"),
            (Complaint::Other(sentence), None) => format!("{called}: {sentence}"),
        }
    }
}
