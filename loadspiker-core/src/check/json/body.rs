//! [`JsonBody`]: the body of a response as JSON, read once for all checks that look into it.

use std::cell::OnceCell;

use serde::de::DeserializeSeed;
use serde_json::Value as Json;

use super::parts::JsonParts;
use crate::check::extract::ExtractError;
use crate::check::response::Response;

/// Not read before somebody asks.
#[derive(Default)]
pub(in crate::check) struct JsonBody<'a> {
    /// What the checks of the set look at together; if that is nothing, nobody announced what he reads.
    parts: Option<&'a JsonParts>,
    of_parts: OnceCell<Result<Json, ExtractError>>,
    whole: OnceCell<Result<Json, ExtractError>>,
}

impl<'a> JsonBody<'a> {
    pub(in crate::check) fn with_parts(parts: Option<&'a JsonParts>) -> Self {
        JsonBody { parts: parts.filter(|parts| !parts.is_whole()), ..JsonBody::default() }
    }

    pub(in crate::check) fn whole(&self, of: &dyn Response) -> Result<&Json, ExtractError> {
        let json = self.whole.get_or_init(|| read(of.body(), &JsonParts::whole()));
        json.as_ref().map_err(Clone::clone)
    }

    pub(in crate::check) fn parts(&self, of: &dyn Response) -> Result<&Json, ExtractError> {
        match self.parts {
            Some(parts) => self.of_parts.get_or_init(|| read(of.body(), parts)).as_ref().map_err(Clone::clone),
            None => self.whole(of),
        }
    }
}

/// The text is read to its end, so that it is known to be JSON, whatever is looked at.
pub(super) fn read(body: &[u8], parts: &JsonParts) -> Result<Json, ExtractError> {
    let no_json = |why: &dyn std::fmt::Display| ExtractError::Response(format!("body is no JSON: {why}"));
    if body.is_empty() {
        return Err(no_json(&"it is empty"));
    }
    let text = std::str::from_utf8(body).map_err(|_| no_json(&"it is not UTF-8"))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let json = parts.deserialize(&mut reader).map_err(|error| no_json(&error))?;
    reader.end().map_err(|error| no_json(&error))?;
    Ok(json)
}
