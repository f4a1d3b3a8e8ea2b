//! [`Extractor`]: how a check finds values in a response. Used by the built-in checks and by protocol crates.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::fmt;

use bumpalo::Bump;

use super::absorb::Absorber;
use super::json::{JsonBody, JsonParts, JsonTree};
use super::response::Response;
use super::text::decode_text;
use crate::expression::EvalError;
use crate::expression::Symbols;
use crate::mask::is_secret_name;
use crate::session::Session;
use crate::value::Value;

/// The part of a response that a check looks at. Checks run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Where the response came from.
    Location,
    /// The status.
    Status,
    /// The headers.
    Header,
    /// The body.
    Body,
    /// How long it took.
    Time,
}

/// What a check looks for, as written by the user.
pub trait Extractor: fmt::Debug + Send + Sync {
    /// The name of what is looked for, as shown in messages: `json_path $.token`. Keep it short, and the same for all users.
    fn label(&self) -> String;

    /// The part of the response that the extractor looks at. Default: [`Scope::Body`].
    fn scope(&self) -> Scope {
        Scope::Body
    }

    /// Whether the extractor needs the body. A protocol may discard a body that no check needs. Default: true for
    /// [`Scope::Body`].
    fn needs_body(&self) -> bool {
        self.scope() == Scope::Body
    }

    /// How to read the body piece by piece, if the extractor only needs to see it pass, as a digest does. Its [`Extract`] then
    /// gets the result from [`Subject::absorbed`], and a protocol that supports this does not keep the body unless something
    /// else needs it. Default: `None`.
    fn absorber(&self) -> Option<Absorber> {
        None
    }

    /// Whether a message may show the value found. Return false if it is long and not helpful, such as a whole body.
    fn shows_value(&self) -> bool {
        true
    }

    /// Whether the value found, and the value it is compared with, must be masked. Default: derived from the
    /// [label](Self::label), which contains the name of the header or field.
    fn is_secret(&self) -> bool {
        is_secret_name(&self.label())
    }

    /// Prepares the extractor for the run: parses expressions and patterns, and reports mistakes with `cx.mistake`.
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract>;
}

/// A prepared [`Extractor`], shared by all virtual users.
pub trait Extract: Send + Sync {
    /// The parts of a JSON body that the extractor reads with [`Subject::json_parts`]. The body is parsed once, and parts that
    /// no check of the request names are skipped. Default: `None`, for extractors that do not call it.
    fn json_parts(&self) -> Option<JsonParts> {
        None
    }

    /// Offers the values found to `found`, in order, until no more are wanted. Offering none means that nothing was found.
    ///
    /// # Errors
    ///
    /// [`ExtractError`] if the search is not possible.
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError>;
}

/// Why a value could not be searched for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The extractor cannot read this kind of response: `body is not valid JSON: …`. An optional check passes.
    #[error("{0}")]
    Response(String),
    /// An expression has no value, or produces an invalid pattern. The check always fails.
    #[error("{0}")]
    Pattern(String),
}

impl From<EvalError> for ExtractError {
    fn from(error: EvalError) -> Self {
        ExtractError::Pattern(format!("{error:#}"))
    }
}

/// A response being checked. Holds what all checks share: the body as text, the parsed body, and digests.
pub struct Subject<'a> {
    response: &'a dyn Response,
    /// The text, or why the body is none.
    text: OnceCell<Result<&'a str, String>>,
    json: JsonBody<'a>,
    arena: &'a Bump,
    absorbed: RefCell<Vec<(&'static str, Value)>>,
    #[cfg(feature = "html")]
    html: OnceCell<Result<scraper::Html, ExtractError>>,
    #[cfg(feature = "xpath")]
    xml: OnceCell<Result<roxmltree::Document<'a>, ExtractError>>,
}

impl<'a> Subject<'a> {
    /// Nothing is decoded or parsed yet; what is gets its memory from the arena. `absorbed` is what absorbers have found
    /// while the body came in, `json_parts` what all of the checks look at in a JSON body.
    pub(super) fn new(
        response: &'a dyn Response,
        absorbed: Vec<(&'static str, Value)>,
        json_parts: Option<&'a JsonParts>,
        arena: &'a Bump,
    ) -> Self {
        Subject {
            response,
            text: OnceCell::new(),
            json: JsonBody::new(response, json_parts, arena),
            arena,
            absorbed: RefCell::new(absorbed),
            #[cfg(feature = "html")]
            html: OnceCell::new(),
            #[cfg(feature = "xpath")]
            xml: OnceCell::new(),
        }
    }

    /// Memory for temporary data of checks; freed when all checks have run.
    pub(super) fn arena(&self) -> &'a Bump {
        self.arena
    }

    /// The response.
    pub fn response(&self) -> &'a dyn Response {
        self.response
    }

    /// The body as text, in the encoding that the response declares; see [`decode_text`].
    ///
    /// # Errors
    ///
    /// [`ExtractError::Response`] if the body is not valid in that encoding.
    pub fn text(&self) -> Result<&'a str, ExtractError> {
        self.decoded().map_err(|why| ExtractError::Response(format!("body is not valid text: {why}")))
    }

    fn decoded(&self) -> Result<&'a str, String> {
        let text = self.text.get_or_init(|| match decode_text(self.response.body(), self.response.charset())? {
            Cow::Borrowed(text) => Ok(text),
            Cow::Owned(text) => Ok(self.arena.alloc_str(&text)),
        });
        text.clone()
    }

    /// The body, parsed as JSON.
    ///
    /// # Errors
    ///
    /// [`ExtractError::Response`] if the body is not valid JSON.
    pub fn json(&self) -> Result<&'a JsonTree<'a>, ExtractError> {
        self.json.whole(|| self.decoded())
    }

    /// The body, parsed as JSON, with at least the parts that the checks of this request have named with
    /// [`Extract::json_parts`].
    ///
    /// # Errors
    ///
    /// [`ExtractError::Response`] if the body is not valid JSON.
    pub fn json_parts(&self) -> Result<&'a JsonTree<'a>, ExtractError> {
        self.json.parts(|| self.decoded())
    }

    /// The result of an absorber, which has read the body as it arrived, or reads it now.
    pub fn absorbed(&self, absorber: Absorber) -> Value {
        let mut absorbed = self.absorbed.borrow_mut();
        if let Some((_, value)) = absorbed.iter().find(|(name, _)| *name == absorber.name()) {
            return value.clone();
        }
        let value = absorber.absorb_all(self.response.body());
        absorbed.push((absorber.name(), value.clone()));
        value
    }

    /// The body, parsed as HTML. Every text parses as some HTML document.
    #[cfg(feature = "html")]
    pub(super) fn html(&self) -> Result<&scraper::Html, ExtractError> {
        let html = self.html.get_or_init(|| match self.text()? {
            "" => Err(ExtractError::Response("body is not valid HTML: it is empty".to_owned())),
            text => Ok(scraper::Html::parse_document(text)),
        });
        html.as_ref().map_err(Clone::clone)
    }

    /// The body as an XML document.
    #[cfg(feature = "xpath")]
    pub(super) fn xml(&self) -> Result<&roxmltree::Document<'a>, ExtractError> {
        let xml = self.xml.get_or_init(|| super::xpath::parse(self.text()?).map_err(ExtractError::Response));
        xml.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

/// Which of the values found a check takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// The first, or the only one whole.
    First,
    /// The one at this place, from 0.
    Nth(usize),
    All,
    Random,
    Count,
}

/// Collects the values that an [`Extract`] finds and the check wants.
#[derive(Debug)]
pub struct Found<'s> {
    pick: Pick,
    session: &'s Session,
    offered: usize,
    one: Option<Value>,
    all: Vec<Value>,
}

impl<'s> Found<'s> {
    pub(super) fn new(pick: Pick, session: &'s Session) -> Self {
        Found { pick, session, offered: 0, one: None, all: Vec::new() }
    }

    /// Whether the check wants more values. If not, the search can stop.
    pub fn wants_more(&self) -> bool {
        match self.pick {
            Pick::First => self.offered == 0,
            Pick::Nth(place) => self.offered <= place,
            _ => true,
        }
    }

    /// Whether the check takes the value as a whole ([`find`](super::Check::find)), not one of several, all or their number. An
    /// extractor that finds a single list offers the list itself in that case.
    pub fn takes_whole(&self) -> bool {
        self.pick == Pick::First
    }

    /// Offers the next value. `value` is called only if the value is wanted.
    pub fn offer<V: Into<Value>>(&mut self, value: impl FnOnce() -> V) {
        let place = self.offered;
        self.offered += 1;
        match self.pick {
            Pick::First if place == 0 => self.one = Some(value().into()),
            Pick::Nth(wanted) if wanted == place => self.one = Some(value().into()),
            Pick::First | Pick::Nth(_) | Pick::Count => {}
            Pick::All => self.all.push(value().into()),
            // Reservoir sampling: the n-th replaces the one kept with chance 1/n, so all are as likely in the end.
            Pick::Random => {
                if place == 0 || self.session.random(|random| random.usize(..=place)) == 0 {
                    self.one = Some(value().into());
                }
            }
        }
    }

    /// Offers all items until no more are wanted. `value` converts an item that is wanted.
    pub fn offer_all<I, V: Into<Value>>(&mut self, items: impl IntoIterator<Item = I>, value: impl Fn(I) -> V) {
        for item in items {
            self.offer(|| value(item));
            if !self.wants_more() {
                break;
            }
        }
    }

    /// What the check has found; `None` is nothing.
    pub(super) fn take(self) -> Option<Value> {
        match self.pick {
            Pick::First | Pick::Nth(_) | Pick::Random => self.one,
            Pick::All => (!self.all.is_empty()).then(|| Value::from(self.all)),
            Pick::Count => Some(Value::from(self.offered)),
        }
    }
}
