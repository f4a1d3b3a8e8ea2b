//! [`Fields`]: pairs of names and values, of a query or a form.

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, CompiledValue, EvalError, IntoText, IntoValue, TextArg, ValueArg};
use loadspiker_core::protocol::is_secret_name;
use loadspiker_core::{Session, Value};

use super::url::{encode_component, encode_form};
use super::whole::Whole;

/// A name and its value, as the user wrote them.
#[derive(Clone, Debug)]
pub(crate) struct FormSpec {
    pub(crate) name: TextArg,
    pub(crate) value: ValueArg,
}

impl FormSpec {
    pub(crate) fn new(name: impl IntoText, value: impl IntoValue) -> Self {
        FormSpec { name: name.into_text(), value: value.into_value() }
    }
}

impl FormSpec {
    /// Name and value. What goes by the name of a secret is known to be one from now on.
    pub(crate) fn compile(&self, cx: &mut CompileContext<'_>) -> (CompiledText, CompiledValue) {
        let (name, value) = (self.name.compile(cx), self.value.compile(cx));
        if name.as_literal().is_some_and(is_secret_name) {
            cx.secret_value(&value);
        }
        (name, value)
    }
}

/// Pairs, compiled, for `application/x-www-form-urlencoded` or a query. A list is a pair for each of its elements.
#[derive(Debug)]
pub(crate) struct Fields {
    /// Forms as they were found, before the fields.
    whole: Whole,
    fields: Vec<(CompiledText, CompiledValue)>,
    encode: fn(&str, &mut String),
}

impl Fields {
    /// The fields of whole forms, and those that the request names itself.
    pub(crate) fn compile_form(forms: &[ValueArg], specs: &[FormSpec], cx: &mut CompileContext<'_>) -> Self {
        Fields { whole: Whole::compile(forms, cx), ..Self::compile(specs, cx) }
    }

    /// The fields of a form.
    pub(crate) fn compile(specs: &[FormSpec], cx: &mut CompileContext<'_>) -> Self {
        let fields = specs.iter().map(|spec| spec.compile(cx)).collect();
        Fields { whole: Whole::default(), fields, encode: encode_form }
    }

    /// The parameters of a query.
    pub(crate) fn compile_query(specs: &[FormSpec], cx: &mut CompileContext<'_>) -> Self {
        Fields { encode: encode_component, ..Self::compile(specs, cx) }
    }

    /// Appends the pairs of this user, encoded.
    pub(crate) fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        let mut text = String::new();
        if !self.whole.is_empty() {
            let named = self.fields.iter().map(|(name, _)| {
                let mut text = String::new();
                name.render(session, &mut text).map(|()| text)
            });
            self.whole
                .each(session, &named.collect::<Result<Vec<_>, _>>()?, |name, value| self.add(name, value, out))?;
        }
        for (name, value) in &self.fields {
            text.clear();
            name.render(session, &mut text)?;
            self.add(&text, &*value.get(session)?, out);
        }
        Ok(())
    }

    /// The pairs, if they are the same for every user.
    pub(crate) fn fixed(&self) -> Option<String> {
        if !self.whole.is_empty() {
            return None;
        }
        let mut out = String::new();
        for (name, value) in &self.fields {
            self.add(name.as_literal()?, value.as_constant()?, &mut out);
        }
        Some(out)
    }

    fn add(&self, name: &str, value: &Value, out: &mut String) {
        if let Value::List(items) = value {
            items.iter().for_each(|item| self.add_one(name, item, out));
        } else {
            self.add_one(name, value, out);
        }
    }

    fn add_one(&self, name: &str, value: &Value, out: &mut String) {
        if !out.is_empty() {
            out.push('&');
        }
        (self.encode)(name, out);
        out.push('=');
        match value {
            Value::Text(text) => (self.encode)(text, out),
            other => (self.encode)(&other.to_string(), out),
        }
    }
}
