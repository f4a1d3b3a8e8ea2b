//! [`Whole`]: forms that are sent as they were found, or as a map says.

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledValue, EvalError, ValueArg};
use loadspiker_core::{Session, Value};

/// Maps from the names of fields to their values, compiled.
#[derive(Debug, Default)]
pub(crate) struct Whole(Vec<CompiledValue>);

impl Whole {
    pub(crate) fn compile(forms: &[ValueArg], cx: &mut CompileContext<'_>) -> Self {
        let forms: Vec<CompiledValue> = forms.iter().map(|form| form.compile(cx)).collect();
        for form in &forms {
            if form.as_constant().is_some_and(|value| !matches!(value, Value::Map(_))) {
                cx.mistake(format!(
                    "form({form}) is not a form; pass an attribute that a form(…) check has saved, such as \
                     \"#{{form}}\", or a map such as json!({{…}})"
                ));
            }
        }
        Whole(forms)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives each field of this user to `add`, but for those that the request names itself. A list is a field for each of
    /// its elements.
    pub(crate) fn each(
        &self,
        session: &Session,
        named: &[String],
        mut add: impl FnMut(&str, &Value),
    ) -> Result<(), EvalError> {
        for form in &self.0 {
            let value = form.get(session)?;
            let Value::Map(fields) = &*value else {
                return Err(EvalError::Closure(format!("form {form} is a {}, not a map", value.type_name())));
            };
            for (name, value) in fields.iter().filter(|(name, _)| named.iter().all(|named| **named != ***name)) {
                match value {
                    Value::List(items) => items.iter().for_each(|item| add(name, item)),
                    one => add(name, one),
                }
            }
        }
        Ok(())
    }
}
