//! [`Symbols`]: the symbol table for compiling expressions and checks, which also collects mistakes.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::Arc;

use super::call::Functions;
use super::{CompiledText, CompiledValue, Template};
use crate::error::Mistake;
use crate::session::{Schema, Secrets, Slot};
use crate::value::Value;

/// The symbol table of a simulation: what is gathered while all its scenarios are compiled.
#[derive(Default)]
pub(crate) struct SymbolTable {
    pub(crate) schema: Schema,
    /// What must not be shown.
    pub(crate) secrets: Secrets,
    /// User-defined functions.
    pub(crate) functions: Functions,
    /// Under which names checks are counted.
    pub(crate) checks: BTreeSet<Arc<str>>,
    pub(crate) mistakes: Vec<Mistake>,
    /// What may be a mistake, but need not.
    pub(crate) warnings: Vec<Mistake>,
}

/// Where symbols come from during the run, when requests in the user's code are compiled.
pub(crate) trait LateSymbols {
    /// The slot of an attribute.
    fn slot(&self, attribute: &str) -> Result<Slot, String>;

    /// A text that must not be shown.
    fn keep_secret(&self, text: &str);

    /// The user-defined functions that expressions may call.
    fn functions(&self) -> &Functions;
}

/// The context in which expressions and checks are compiled: slots of attributes, functions, and a place for mistakes.
///
/// Compilation does not stop at the first mistake. Report it with [`mistake`](Self::mistake) and continue with a harmless
/// value, so that all mistakes of a simulation are reported together. A
/// [`CompileContext`](crate::protocol::CompileContext) dereferences to this type and adds methods for steps and requests.
pub struct Symbols<'a> {
    pub(crate) table: &'a mut SymbolTable,
    pub(crate) scenario: &'a str,
    pub(crate) step: String,
    pub(crate) place: Option<&'static Location<'static>>,
    /// Attributes read by expressions: slot, step, place.
    pub(crate) used: Vec<(Slot, String, Option<&'static Location<'static>>)>,
    pub(crate) defined: BTreeSet<u32>,
    /// The user's code may set attributes that are known to nobody.
    pub(crate) opaque: bool,
    /// The checks of the request that is compiled, for the plan.
    pub(crate) listed: Vec<String>,
    pub(crate) is_unlisted: bool,
    /// During the run: where slots come from.
    pub(crate) late: Option<&'a dyn LateSymbols>,
}

impl<'a> Symbols<'a> {
    pub(crate) fn new(table: &'a mut SymbolTable, scenario: &'a str, defined: BTreeSet<u32>, opaque: bool) -> Self {
        Symbols {
            table,
            scenario,
            step: String::new(),
            place: None,
            used: Vec::new(),
            defined,
            opaque,
            listed: Vec::new(),
            is_unlisted: false,
            late: None,
        }
    }

    /// Parses a text with `#{…}` expressions. If it does not parse, that is a mistake in the current step, and the result is the
    /// literal text.
    pub fn template(&mut self, source: &str) -> Template {
        let mut used = Vec::new();
        let functions = self.table.functions.clone();
        let parsed = Template::parse_with(source, &functions, &mut |name| {
            let slot = self.slot(name);
            used.push(slot);
            slot
        });
        match parsed {
            Ok(template) if self.late.is_some() => template,
            Ok(template) => {
                self.used.extend(used.into_iter().map(|slot| (slot, self.step.clone(), self.place)));
                template
            }
            Err(error) => {
                self.mistake(error.to_string());
                Template::literal(source)
            }
        }
    }

    /// The slot of an attribute that this step reads. It is a mistake if no step sets the attribute.
    #[cfg(feature = "templates")]
    pub(crate) fn read(&mut self, attribute: &str) -> Slot {
        let slot = self.slot(attribute);
        if self.late.is_none() {
            self.used.push((slot, self.step.clone(), self.place));
        }
        slot
    }

    /// The slot of an attribute that this step sets.
    pub fn define(&mut self, attribute: &str) -> Slot {
        if attribute.is_empty() || attribute.contains(['#', '{', '}', '(', ')', '.']) {
            self.mistake(crate::error::SessionError::Name(attribute.to_owned()).to_string());
        }
        let slot = self.slot(attribute);
        if self.late.is_none() {
            self.defined.insert(slot.0);
        }
        slot
    }

    /// The slot of an attribute: a new one, before the run, if it has none.
    fn slot(&mut self, attribute: &str) -> Slot {
        match self.late {
            None => self.table.schema.intern(attribute),
            Some(late) => late.slot(attribute).unwrap_or_else(|mistake| {
                self.mistake(mistake);
                // The request fails with its mistake; nothing is looked for in this slot.
                Slot(u32::MAX)
            }),
        }
    }

    /// Marks a text as secret, such as a password. The text, and the values of the attributes in its expressions, are masked in
    /// all errors and `--debug` output. The result of a closure is masked only if it is the value of an attribute with a
    /// [secret name](crate::protocol::is_secret_name).
    pub fn secret(&mut self, text: &CompiledText) {
        if let Some(template) = text.as_template() {
            self.secret_template(template);
        }
    }

    /// Like [`secret`](Self::secret), for a value.
    pub fn secret_value(&mut self, value: &CompiledValue) {
        if let Some(template) = value.as_template() {
            self.secret_template(template);
        } else if let Some(text) = value.as_constant().and_then(Value::as_str) {
            self.secret_template(&Template::literal(text));
        }
    }

    /// Like [`secret`](Self::secret), for a parsed template.
    pub fn secret_template(&mut self, template: &Template) {
        match (template.as_literal(), self.late) {
            (Some(literal), None) => self.table.secrets.add_text(literal),
            (Some(literal), Some(late)) => late.keep_secret(literal),
            (None, Some(_)) => {}
            (None, None) => {
                for slot in template.plain_attributes() {
                    if let Some(name) = self.table.schema.names().get(slot.0 as usize) {
                        self.table.secrets.add_attribute(name);
                    }
                }
            }
        }
    }

    /// Marks the value of an attribute as secret, whatever its name.
    pub(crate) fn secret_attribute(&mut self, name: &str) {
        if self.late.is_none() {
            self.table.secrets.add_attribute(name);
        }
    }

    /// A check that is counted under this name.
    pub(crate) fn counts_check(&mut self, name: &Arc<str>) {
        if self.late.is_none() {
            self.table.checks.insert(name.clone());
        }
    }

    /// Lists checks in the plan.
    pub(crate) fn list(&mut self, checks: impl Iterator<Item = String>) {
        if self.late.is_none() && !self.is_unlisted {
            self.listed.extend(checks);
        }
    }

    /// Declares that this step may set attributes that are not known before the run, because it calls the user's code. An
    /// attribute that no step sets is then not a mistake.
    pub fn opaque(&mut self) {
        self.opaque = true;
    }

    /// Reports a mistake in the current step. Name what is wrong, the value, and the remedy.
    pub fn mistake(&mut self, message: impl Into<String>) {
        let mistake = self.told(message.into());
        // A chain that is used in several places is compiled in each of them.
        if !self.table.mistakes.contains(&mistake) {
            self.table.mistakes.push(mistake);
        }
    }

    /// Reports something in the current step that works but is probably not intended. Mistakes prevent a run; warnings are shown
    /// with the plan and in the report.
    pub fn warning(&mut self, message: impl Into<String>) {
        let warning = self.told(message.into());
        if !self.table.warnings.contains(&warning) {
            self.table.warnings.push(warning);
        }
    }

    fn told(&self, message: String) -> Mistake {
        Mistake { scenario: self.scenario.to_owned(), step: self.step.clone(), place: self.place, message }
    }
}
