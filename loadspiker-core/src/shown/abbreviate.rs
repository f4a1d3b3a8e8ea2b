//! Values cut to a length that fits into a message.

/// At most 60 characters of a value, for a message.
pub(crate) fn abbreviate(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
