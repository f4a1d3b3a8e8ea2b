//! Checks: conditions on a response, and what to save from it.
//!
//! A [`Check`] has up to four parts. It looks for values ([`status`], [`header`], [`json_path`], …), picks from them
//! ([`find`](Check::find), [`find_all`](Check::find_all), …), states conditions ([`is`](Check::is),
//! [`exists`](Check::exists), …), and saves the value as a session attribute. Only the first part is required:
//! `json_path("$.token")` alone requires that there is a token.
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
//! The checks of a response run in the order location, status, header, body, time, and within each kind in the order
//! they were written. All checks run, even if earlier ones fail. The first failure is reported, and the values found by
//! checks that pass are saved. The body is decoded as text, and parsed as JSON, HTML or XML, at most once each, and only if a
//! check needs it. A body that is only hashed or counted ([`sha256`](sha256()), [`body_length`]) is not kept in memory.
//!
//! Names, patterns, paths and expected values may contain expressions. Those without are prepared before the run.
//!
//! # Extractors of your own
//!
//! The functions of this module work on every [`Response`]. For values that only one protocol has, its crate implements an
//! [`Extractor`]. [`Check::from_extractor`] turns it into a check with all the usual methods:
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
//! An extractor that only needs to see the body pass has an [`Absorber`]. A protocol with large bodies feeds it piece by
//! piece, with [`CheckSet::absorbing`] and [`CheckSet::run_absorbed`]; other protocols can ignore it.
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
mod predicate;
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
pub(crate) use predicate::refuse_saving;
pub use predicate::{BoundPredicate, Predicate};
pub use response::Response;
pub use set::CheckSet;
pub use text::decode_text;
pub use together::{all_of, any_of, check_if, custom_check};
#[cfg(feature = "xpath")]
#[cfg_attr(docsrs, doc(cfg(feature = "xpath")))]
pub use xpath::{xpath, xpath_ns};

#[cfg(test)]
mod tests;
