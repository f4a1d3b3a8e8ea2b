//! Texts that are never shown; and texts that are sent as they are.

use std::sync::Arc;

pub(super) use loadspiker_auth::{Secret, rendered};
use loadspiker_core::Session;
use loadspiker_core::expression::{IntoText, TextArg};

/// A text that is sent as it is, whatever it looks like.
pub(super) fn as_it_is(text: impl Into<Arc<str>>) -> TextArg {
    let text: Arc<str> = text.into();
    (move |_: &Session| text.clone()).into_text()
}
