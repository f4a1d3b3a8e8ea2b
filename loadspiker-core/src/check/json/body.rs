//! [`JsonBody`]: the body of a response as JSON, read once for all checks that look into it.

use std::cell::OnceCell;

use bumpalo::Bump;

use super::parts::JsonParts;
use super::read::read;
use super::structured::of_value;
use super::tree::JsonTree;
use crate::check::extract::ExtractError;
use crate::check::response::Response;

/// Not read before somebody asks.
pub(in crate::check) struct JsonBody<'a> {
    response: &'a dyn Response,
    arena: &'a Bump,
    /// What the checks of the set look at together; if that is nothing, nobody announced what he reads.
    parts: Option<&'a JsonParts>,
    of_parts: OnceCell<Result<&'a JsonTree<'a>, ExtractError>>,
    whole: OnceCell<Result<&'a JsonTree<'a>, ExtractError>>,
}

impl<'a> JsonBody<'a> {
    pub(in crate::check) fn new(response: &'a dyn Response, parts: Option<&'a JsonParts>, arena: &'a Bump) -> Self {
        let parts = parts.filter(|parts| !parts.is_whole());
        JsonBody { response, arena, parts, of_parts: OnceCell::new(), whole: OnceCell::new() }
    }

    /// The whole body; `text` decodes it if it has not been read.
    pub(in crate::check) fn whole(
        &self,
        text: impl FnOnce() -> Result<&'a str, String>,
    ) -> Result<&'a JsonTree<'a>, ExtractError> {
        self.whole.get_or_init(|| self.read(text, &JsonParts::whole())).clone()
    }

    /// What the checks look at; `text` decodes the body if it has not been read.
    pub(in crate::check) fn parts(
        &self,
        text: impl FnOnce() -> Result<&'a str, String>,
    ) -> Result<&'a JsonTree<'a>, ExtractError> {
        let Some(parts) = self.parts else { return self.whole(text) };
        self.of_parts.get_or_init(|| self.read(text, parts)).clone()
    }

    /// A value that the response offers goes before its body.
    fn read(
        &self,
        text: impl FnOnce() -> Result<&'a str, String>,
        parts: &JsonParts,
    ) -> Result<&'a JsonTree<'a>, ExtractError> {
        match self.response.value() {
            Some(value) => Ok(self.arena.alloc(of_value(value, parts, self.arena))),
            None => read(text(), parts, self.arena),
        }
    }
}
