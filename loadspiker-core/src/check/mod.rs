//! Checks: what is asked of a response, and what is saved from it.
//!
//! A [`Check`] looks for something ([`status`], [`header`], [`json_path`], …), picks from what it finds
//! ([`find`](Check::find), [`find_all`](Check::find_all), …), may change it, asks whether it is as it should be
//! ([`is`](Check::is), [`exists`](Check::exists), …), and may save it as a session attribute. All parts are optional:
//! `json_path("$.token")` alone asks that there is a token.
//!
//! ```
//! use loadspiker_core::check::{any_of, header, json_path, status};
//!
//! let checks = [
//!     status().is(200),
//!     json_path("$.price").gt(0.0),
//!     json_path("$[*].id").find_random().save_as("id"),
//!     json_path("$.owner").is("#{username}"),
//!     header("x-session-id").optional().save_as("session_id"),
//!     any_of([header("etag"), header("last-modified")]),
//! ];
//! # let _ = checks;
//! ```
//!
//! Of one response, checks run in the order location, status, header, body, time, and within each kind in the order
//! they were written. All of them run, whatever fails before; the message of the first failure is reported, and what
//! the others found is saved. The body is decoded as a text, and parsed as JSON, HTML or XML, at most once each, and only
//! if a check asks. A body that is only digested or counted ([`sha256`](sha256()), [`body_length`]) is not kept for that.
//!
//! Names, patterns, paths and expected values may have expressions. Those without any are prepared before the run.
//!
//! # Extractors of a protocol's own
//!
//! The functions of this module work on every [`Response`]. What only one protocol has is found by an [`Extractor`]
//! of its crate, which [`Check::from_extractor`] makes a check with all the same methods:
//!
//! ```
//! use std::any::Any;
//! use loadspiker_core::check::{Check, Extract, ExtractError, Extractor, Found, Response, Scope, Subject};
//! use loadspiker_core::expression::Symbols;
//! use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
//! use loadspiker_core::{Session, Value};
//!
//! struct Rows(Vec<(String, Value)>);
//!
//! impl Response for Rows {
//!     fn as_any(&self) -> &dyn Any {
//!         self
//!     }
//! }
//!
//! /// Finds the values of a column.
//! #[derive(Debug)]
//! struct Column(TextArg);
//!
//! impl Extractor for Column {
//!     fn label(&self) -> String {
//!         format!("column {}", self.0.source())
//!     }
//!     fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
//!         Box::new(CompiledColumn(self.0.compile(cx)))
//!     }
//! }
//!
//! struct CompiledColumn(CompiledText);
//!
//! impl Extract for CompiledColumn {
//!     fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
//!         let mut name = String::new();
//!         self.0.render(session, &mut name)?;
//!         let Some(Rows(rows)) = from.response().as_any().downcast_ref() else { return Ok(()) };
//!         found.offer_all(rows.iter().filter(|(column, _)| *column == name), |(_, value)| value.clone());
//!         Ok(())
//!     }
//! }
//!
//! pub fn column(name: impl IntoText) -> Check {
//!     Check::from_extractor(Column(name.into_text()))
//! }
//!
//! let check = column("price").find_all().save_as("prices");
//! # let _ = (check, Scope::Body);
//! ```
//!
//! One that only has to see a body go by has an [`Absorber`]: a protocol with large bodies feeds it piece by piece, with
//! [`CheckSet::absorbing`] and [`CheckSet::run_absorbed`], and others need not care.
//!
//! ```
//! use loadspiker_core::check::{Absorb, Absorber, Check, Extract, ExtractError, Extractor, Found, Subject};
//! use loadspiker_core::expression::Symbols;
//! use loadspiker_core::{Session, Value};
//!
//! /// Counts line breaks.
//! #[derive(Default)]
//! struct Lines(usize);
//!
//! impl Absorb for Lines {
//!     fn absorb(&mut self, piece: &[u8]) {
//!         self.0 += piece.iter().filter(|byte| **byte == b'\n').count();
//!     }
//!     fn finish(self: Box<Self>) -> Value {
//!         self.0.into()
//!     }
//! }
//!
//! const LINES: Absorber = Absorber::new("lines", || Box::new(Lines::default()));
//!
//! #[derive(Debug)]
//! struct NumberOfLines;
//!
//! impl Extractor for NumberOfLines {
//!     fn label(&self) -> String {
//!         "lines".to_owned()
//!     }
//!     fn absorber(&self) -> Option<Absorber> {
//!         Some(LINES)
//!     }
//!     fn compile(&self, _: &mut Symbols<'_>) -> Box<dyn Extract> {
//!         Box::new(NumberOfLines)
//!     }
//! }
//!
//! impl Extract for NumberOfLines {
//!     fn extract(&self, from: &Subject<'_>, _: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
//!         found.offer(|| from.absorbed(LINES));
//!         Ok(())
//!     }
//! }
//!
//! let check = Check::from_extractor(NumberOfLines).lt(1000);
//! # let _ = check;
//! ```

mod absorb;
mod builder;
mod compiled;
mod digest;
mod extract;
mod extractors;
#[cfg(feature = "html")]
mod html;
mod jmes;
mod json;
mod pattern;
mod response;
mod rule;
mod set;
mod text;
mod together;
#[cfg(feature = "xpath")]
mod xpath;

pub use crate::metrics::Status;
pub use absorb::{Absorb, Absorber, Absorbing};
pub use builder::{Check, IntoCheck, Verdict};
pub(crate) use compiled::IMPLIED;
pub use digest::{body_length, md5, sha1, sha256};
pub use extract::{Extract, ExtractError, Extractor, Found, Scope, Subject};
pub use extractors::{
    body_bytes, body_string, current_location, header, header_regex, regex, response_time, status, substring,
};
#[cfg(feature = "html")]
#[cfg_attr(docsrs, doc(cfg(feature = "html")))]
pub use html::{css, css_attr, form};
pub use jmes::jmes_path;
pub use json::{JsonFields, JsonParts, JsonTree, json_path};
pub use response::Response;
pub use set::CheckSet;
pub use text::decode_text;
pub use together::{all_of, any_of, check_if, custom_check};
#[cfg(feature = "xpath")]
#[cfg_attr(docsrs, doc(cfg(feature = "xpath")))]
pub use xpath::{xpath, xpath_ns};

#[cfg(test)]
mod tests;
