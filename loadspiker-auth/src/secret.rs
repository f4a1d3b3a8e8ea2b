//! [`Secret`]: a text that is never shown.

use std::fmt;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::protocol::is_secret_name;
use loadspiker_core::{Session, StepError};

/// A text that is never shown, neither its source nor its rendered value, such as a password or a key. `Debug` prints dots.
#[derive(Clone)]
pub struct Secret(TextArg);

impl Secret {
    /// Creates a secret. It may contain expressions.
    pub fn new(text: impl IntoText) -> Self {
        Secret(text.into_text())
    }

    /// Parses the expressions, and masks the value in other texts. Reports mistakes to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> CompiledText {
        let text = self.0.compile(cx);
        cx.secret(&text);
        text
    }

    /// Like [`compile`](Self::compile), for the value of a field that may not be secret, such as a user name. The value is masked
    /// in other texts only if the field has a secret name.
    pub fn compile_for(&self, field: &str, cx: &mut CompileContext<'_>) -> CompiledText {
        if is_secret_name(field) { self.compile(cx) } else { self.0.compile(cx) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// The text for this session.
///
/// # Errors
///
/// An attribute is missing, or an expression in the text fails.
pub fn rendered(text: &CompiledText, session: &Session) -> Result<String, StepError> {
    let mut out = String::new();
    text.render(session, &mut out)?;
    Ok(out)
}
