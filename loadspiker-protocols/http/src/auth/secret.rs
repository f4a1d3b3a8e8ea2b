//! [`Secret`]: a text of the user's that is never shown; and texts that are sent as they are.

use std::fmt;
use std::sync::Arc;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::protocol::is_secret_name;
use loadspiker_core::{Session, StepError};

/// A text that is never shown, neither as it is written nor as it is rendered.
#[derive(Clone)]
pub(super) struct Secret(TextArg);

impl Secret {
    pub(super) fn new(text: impl IntoText) -> Self {
        Secret(text.into_text())
    }

    pub(super) fn compile(&self, cx: &mut CompileContext<'_>) -> CompiledText {
        let text = self.0.compile(cx);
        cx.secret(&text);
        text
    }

    /// As the value of a field, which may be no secret at all, such as the name of a user: where it turns up in texts of
    /// others it is masked only if the name of the field is that of a secret.
    pub(super) fn compile_for(&self, field: &str, cx: &mut CompileContext<'_>) -> CompiledText {
        if is_secret_name(field) { self.compile(cx) } else { self.0.compile(cx) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// The text for this session.
pub(super) fn rendered(text: &CompiledText, session: &Session) -> Result<String, StepError> {
    let mut out = String::new();
    text.render(session, &mut out)?;
    Ok(out)
}

/// A text that is sent as it is, whatever it looks like.
pub(super) fn as_it_is(text: impl Into<Arc<str>>) -> TextArg {
    let text: Arc<str> = text.into();
    (move |_: &Session| text.clone()).into_text()
}
