//! [`Secret`]: a text of the user's that is never shown.

use std::fmt;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::protocol::is_secret_name;
use loadspiker_core::{Session, StepError};

/// A text that is never shown, neither as it is written nor as it is rendered: a password, a key. `Debug` prints dots.
#[derive(Clone)]
pub struct Secret(TextArg);

impl Secret {
    /// A secret; it may have expressions.
    pub fn new(text: impl IntoText) -> Self {
        Secret(text.into_text())
    }

    /// Parses the expressions in it, and has it masked where it turns up in texts of others. Mistakes are reported to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> CompiledText {
        let text = self.0.compile(cx);
        cx.secret(&text);
        text
    }

    /// As the value of a field, which may be no secret at all, such as the name of a user: where it turns up in texts of
    /// others it is masked only if the name of the field is that of a secret.
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
