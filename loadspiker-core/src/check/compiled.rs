//! [`Compiled`]: a check ready for the run.

use std::fmt;
use std::sync::Arc;

use super::absorb::Absorber;
use super::builder::{Change, Check, Closure, Judge, Kind, Single, Transform};
use super::extract::{Extract, ExtractError, Extractor, Found, Pick, Scope, Subject};
use super::json::JsonParts;
use super::rule::{Complaint, Rule};
use crate::expression::Symbols;
use crate::expression::{CompiledArg, CompiledValue};
use crate::mask::{MASK, is_secret_name, masked_url, shown};
use crate::metrics::Handle;
use crate::session::{Session, Slot};
use crate::shown::abbreviate;
use crate::shown::varying;
use crate::value::Value;

pub(super) struct Compiled {
    /// When it runs: that of the earliest of its parts.
    pub(super) scope: Scope,
    pub(super) needs_body: Need,
    pub(super) has_status: bool,
    name: Option<Arc<str>>,
    /// Under what the report counts it, if at all.
    counted_as: Option<Arc<str>>,
    /// Who made it, if that is not the user.
    implied_by: Option<&'static str>,
    kind: CompiledKind,
}

/// Stands between the name of a check that the user has not written and what it comes with.
pub(crate) const IMPLIED: &str = " (implied by ";

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
    /// What it looks at, or what it is called, goes by the name of a secret.
    is_secret: bool,
    pick: Pick,
    changes: Box<[CompiledChange]>,
    rules: Box<[Rule]>,
    optional: bool,
    save_as: Option<Slot>,
    /// The name of the attribute.
    saved: Option<Arc<str>>,
    record_to: Box<[Handle]>,
}

/// Why a check has found no value that could be judged.
enum Unfound {
    /// The response cannot be read.
    Response(String),
    /// An expression has no value for this user, whatever the response.
    Broken(String),
}

enum CompiledChange {
    Default(CompiledValue),
    Transform(Closure<Transform>),
}

/// What the report calls a check.
fn counted(name: &str, implied_by: Option<&str>) -> Arc<str> {
    match implied_by {
        Some(by) => format!("{name}{IMPLIED}{by})").into(),
        None => name.into(),
    }
}

/// As [`compile`], for checks that are all counted, whether or not they have a name.
pub(super) fn compile_counted(checks: &[Check], cx: &mut Symbols<'_>) -> Box<[Compiled]> {
    let mut compiled = compile(checks, cx);
    compiled.iter_mut().for_each(Compiled::count);
    compiled.iter().for_each(|check| check.announce(cx));
    compiled
}

/// Compiles checks and puts them in the order in which they run.
pub(super) fn compile(checks: &[Check], cx: &mut Symbols<'_>) -> Box<[Compiled]> {
    let mut compiled: Vec<Compiled> = checks.iter().map(|check| Compiled::new(check, cx)).collect();
    compiled.sort_by_key(|check| check.scope);
    compiled.into()
}

impl Compiled {
    fn new(check: &Check, cx: &mut Symbols<'_>) -> Self {
        let (called, advice) = match &check.kind {
            Kind::Single(_) => ("", ""),
            Kind::All(_) => ("all_of(…)", "write it on the checks inside"),
            Kind::Any(_) => ("any_of(…)", "write it on the checks inside"),
            Kind::If(..) => ("check_if(…)", "write it on the check inside"),
            Kind::Custom(..) => ("custom_check(…)", "let the closure decide"),
        };
        for method in &check.misused {
            cx.mistake(format!(".{method}(…) has no effect on {called}; {advice}"));
        }
        let what = match &check.kind {
            Kind::Custom(what, _) => Some(what),
            _ => None,
        };
        if check.name.iter().chain(what).any(|name| name.trim().is_empty()) {
            cx.mistake("the name of a check is empty; say what it checks");
        }
        let name = check.name.clone();
        let counted_as = name.as_ref().map(|name| counted(name, check.implied_by));
        let implied_by = check.implied_by;
        match &check.kind {
            Kind::Single(single) => Compiled {
                scope: single.extractor.scope(),
                needs_body: Need::of(&*single.extractor),
                has_status: single.extractor.scope() == Scope::Status,
                name,
                counted_as,
                implied_by,
                kind: CompiledKind::Single(Box::new(CompiledSingle::new(single, check.name.as_deref(), cx))),
            },
            Kind::All(checks) => {
                Compiled { implied_by, ..Compiled::several(called, checks, name, CompiledKind::All, cx) }
            }
            Kind::Any(checks) => {
                Compiled { implied_by, ..Compiled::several(called, checks, name, CompiledKind::Any, cx) }
            }
            Kind::If(condition, check) => {
                let condition = condition.compile(cx);
                let inner = Compiled::new(check, cx);
                Compiled {
                    scope: inner.scope,
                    needs_body: inner.needs_body.clone(),
                    has_status: inner.has_status,
                    name,
                    counted_as,
                    implied_by,
                    kind: CompiledKind::If(condition, Box::new(inner)),
                }
            }
            Kind::Custom(what, judge) => Compiled {
                scope: Scope::Body,
                needs_body: Need::Whole,
                has_status: false,
                name,
                counted_as,
                implied_by,
                kind: CompiledKind::Custom(what.clone(), judge.clone()),
            },
        }
    }

    fn several(
        called: &str,
        checks: &[Check],
        name: Option<Arc<str>>,
        kind: fn(Box<[Compiled]>) -> CompiledKind,
        cx: &mut Symbols<'_>,
    ) -> Self {
        if checks.is_empty() {
            cx.mistake(format!("{called} contains no checks; add at least one"));
        }
        let compiled = compile(checks, cx);
        Compiled {
            scope: compiled.first().map_or(Scope::Body, |check| check.scope),
            needs_body: Need::of_all(&compiled),
            has_status: compiled.iter().any(|check| check.has_status),
            counted_as: name.clone(),
            implied_by: None,
            name,
            kind: kind(compiled),
        }
    }

    /// Counts the check in the report, even if it has no name.
    fn count(&mut self) {
        if self.counted_as.is_some() {
            return;
        }
        let by = self.implied_by;
        self.counted_as = match &mut self.kind {
            CompiledKind::Single(single) => Some(counted(&single.label, by)),
            CompiledKind::All(_) => Some(counted("all_of(…)", by)),
            CompiledKind::Any(_) => Some(counted("any_of(…)", by)),
            CompiledKind::Custom(what, _) => Some(counted(what, by)),
            CompiledKind::If(_, check) => {
                check.count();
                None
            }
        };
    }

    /// Tells under which names it and its parts are counted.
    fn announce(&self, cx: &mut Symbols<'_>) {
        if let Some(name) = &self.counted_as {
            cx.counts_check(name);
        }
        match &self.kind {
            CompiledKind::All(checks) | CompiledKind::Any(checks) => checks.iter().for_each(|check| check.announce(cx)),
            CompiledKind::If(_, check) => check.announce(cx),
            CompiledKind::Single(_) | CompiledKind::Custom(..) => {}
        }
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

    /// Whether a response is as this check asks. Nothing is saved, recorded or counted.
    ///
    /// # Errors
    ///
    /// Why no response can be: an expression has no value for this user.
    pub(super) fn admits(&self, subject: &Subject<'_>, session: &Session) -> Result<bool, String> {
        match &self.kind {
            CompiledKind::Single(single) => single.admits(self.name.as_deref(), subject, session),
            CompiledKind::All(checks) => admits_all(checks, subject, session),
            CompiledKind::Any(checks) => {
                for check in checks {
                    if check.admits(subject, session)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            CompiledKind::If(condition, check) => match condition.get(session) {
                Ok(true) => check.admits(subject, session),
                Ok(false) => Ok(true),
                Err(error) => Err(format!("check_if: {error}")),
            },
            CompiledKind::Custom(_, judge) => Ok(judge.0(subject.response(), session).is_ok()),
        }
    }
}

/// Whether a response is as all of the checks ask; see [`Compiled::admits`].
pub(super) fn admits_all(checks: &[Compiled], subject: &Subject<'_>, session: &Session) -> Result<bool, String> {
    for check in checks {
        if !check.admits(subject, session)? {
            return Ok(false);
        }
    }
    Ok(true)
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
    if failures.len() < checks.len() { Ok(()) } else { Err(format!("none passed: {}", failures.join("; "))) }
}

impl CompiledSingle {
    fn new(single: &Single, name: Option<&str>, cx: &mut Symbols<'_>) -> Self {
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
        // Codes and times are no secrets, whatever the check of them is called.
        let is_secret = !matches!(extractor.scope(), Scope::Status | Scope::Time)
            && single.pick != Pick::Count
            && (extractor.is_secret() || [name, single.save_as.as_deref()].into_iter().flatten().any(is_secret_name));
        if let Some(attribute) = single.save_as.as_deref().filter(|_| is_secret) {
            cx.secret_attribute(attribute);
        }
        CompiledSingle {
            is_secret,
            extract: extractor.compile(cx),
            label: label.into(),
            scope: extractor.scope(),
            // A count is the same for many responses, whatever is counted.
            shows_value: extractor.shows_value() || single.pick == Pick::Count,
            pick: single.pick,
            changes,
            rules,
            optional: single.optional,
            saved: single.save_as.clone(),
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
        let value = match self.find(name, subject, session) {
            Ok(value) => value,
            Err(Unfound::Response(message) | Unfound::Broken(message)) => return Err(message),
        };
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

    /// Finds and changes the value.
    fn find(&self, name: Option<&str>, subject: &Subject<'_>, session: &Session) -> Result<Option<Value>, Unfound> {
        let called = name.unwrap_or(&self.label);
        let mut found = Found::new(self.pick, session);
        match self.extract.extract(subject, session, &mut found) {
            Ok(()) => {}
            Err(ExtractError::Response(_)) if self.optional => return Ok(None),
            Err(ExtractError::Response(message)) if name.is_none() => return Err(Unfound::Response(message)),
            Err(error @ ExtractError::Response(_)) => return Err(Unfound::Response(format!("{called}: {error}"))),
            Err(error @ ExtractError::Pattern(_)) => return Err(Unfound::Broken(format!("{called}: {error}"))),
        }
        let mut value = found.take();
        for change in &self.changes {
            value = match (change, value) {
                (CompiledChange::Default(default), None) => {
                    let default = default.get(session);
                    let default = default.map_err(|error| Unfound::Broken(format!("{called}: {error}")))?;
                    Some(default.into_owned())
                }
                (CompiledChange::Transform(transform), Some(value)) => Some(transform.0(value)),
                (_, unchanged) => unchanged,
            };
        }
        Ok(value)
    }

    fn admits(&self, name: Option<&str>, subject: &Subject<'_>, session: &Session) -> Result<bool, String> {
        if self.scope == Scope::Body && !subject.response().has_body() {
            return Ok(true);
        }
        let value = match self.find(name, subject, session) {
            Ok(value) => value,
            Err(Unfound::Response(_)) => return Ok(false),
            Err(Unfound::Broken(message)) => return Err(message),
        };
        if value.is_none() && self.optional {
            return Ok(true);
        }
        for rule in &self.rules {
            match rule.judge(value.as_ref(), session) {
                Ok(()) => {}
                Err(Complaint::Broken(message)) => {
                    return Err(format!("{}: {message}", name.unwrap_or(&self.label)));
                }
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    fn message(&self, name: Option<&str>, value: Option<&Value>, complaint: &Complaint) -> String {
        let called = name.unwrap_or(&self.label);
        let shown = value.filter(|_| self.shows_value && !self.is_secret).map(|value| match value {
            // There are few of these, and which one it was is what one wants to know.
            _ if self.scope == Scope::Status || self.pick == Pick::Count => value.to_string(),
            Value::Null | Value::Bool(_) => value.to_string(),
            Value::Text(_) if self.scope == Scope::Location => {
                format!("\"{}\"", varying(&abbreviate(&masked_url(&value.to_string()))))
            }
            Value::Text(_) => format!("\"{}\"", varying(&shown(value))),
            other => varying(&shown(other)),
        });
        // What is expected of a secret is one, unless it is an expression, which is shown as it is written.
        let mask = |expected: &str| match complaint {
            Complaint::NotVarying(_) => expected.to_owned(),
            _ if self.is_secret && !expected.contains("#{") => MASK.to_owned(),
            _ => expected.to_owned(),
        };
        if let (Scope::Status, Some(code)) = (self.scope, &shown) {
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
            (Complaint::Plain(message) | Complaint::Broken(message), _) => format!("{called}: {message}"),
            (Complaint::Unwanted(unwanted), _) => format!("{called}: must not be {}", mask(unwanted)),
            (Complaint::Not(expected), Some(shown)) => format!("{called}: {shown} is not {expected}"),
            (Complaint::Not(expected) | Complaint::NotVarying(expected), _) => {
                format!("{called}: is not {}", mask(expected))
            }
            (Complaint::Other(sentence), Some(shown)) => format!("{called}: {shown} {sentence}"),
            (Complaint::Other(sentence), None) => format!("{called}: {sentence}"),
        }
    }
}

/// As it was written, for the plan.
impl fmt::Display for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "\"{name}\": ")?;
        }
        let list = |f: &mut fmt::Formatter<'_>, called: &str, checks: &[Compiled]| {
            let checks: Vec<String> = checks.iter().map(ToString::to_string).collect();
            write!(f, "{called} ({})", checks.join("; "))
        };
        match &self.kind {
            CompiledKind::Single(single) => single.fmt(f),
            CompiledKind::All(checks) => list(f, "all of", checks),
            CompiledKind::Any(checks) => list(f, "any of", checks),
            CompiledKind::If(condition, check) => write!(f, "if {condition:?}: {check}"),
            CompiledKind::Custom(what, _) => write!(f, "custom_check \"{what}\""),
        }?;
        self.implied_by.map_or(Ok(()), |by| write!(f, "{IMPLIED}{by})"))
    }
}

impl fmt::Display for CompiledSingle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)?;
        match self.pick {
            Pick::All => f.write_str(", all of them")?,
            Pick::Random => f.write_str(", one at random")?,
            Pick::First | Pick::Nth(_) | Pick::Count => {}
        }
        for change in &self.changes {
            match change {
                CompiledChange::Default(_) if self.is_secret => f.write_str(" or a default")?,
                CompiledChange::Default(value) => write!(f, " or {value}")?,
                CompiledChange::Transform(_) => f.write_str(", transformed")?,
            }
        }
        let mut rules = self.rules.iter().map(|rule| rule.written(self.is_secret)).filter(|rule| !rule.is_empty());
        if let Some(first) = rules.next() {
            write!(f, " {first}")?;
            rules.try_for_each(|rule| write!(f, " and {rule}"))?;
        }
        if self.optional {
            f.write_str(", optional")?;
        }
        // The name of an attribute is not secret.
        if let Some(attribute) = &self.saved {
            write!(f, ", saved as {attribute}")?;
        }
        Ok(())
    }
}
