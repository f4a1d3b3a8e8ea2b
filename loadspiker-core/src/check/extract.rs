//! [`Extractor`]: how a check finds values in a response. The built-in ones and those of protocol crates alike.

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

/// Which part of a response a check looks at. Checks run in this order.
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

/// What a check looks for, as the user wrote it.
pub trait Extractor: fmt::Debug + Send + Sync {
    /// What is looked for, as messages name it: `json_path $.token`. Short, and the same for all users.
    fn label(&self) -> String;

    /// The part of the response it looks at; [`Scope::Body`] unless said otherwise.
    fn scope(&self) -> Scope {
        Scope::Body
    }

    /// Whether the body is needed; a protocol may throw away one that is not. True for [`Scope::Body`] unless said
    /// otherwise.
    fn needs_body(&self) -> bool {
        self.scope() == Scope::Body
    }

    /// How it takes in the body piece by piece, if all that it needs is to see the body go by, as a digest does. Its
    /// [`Extract`] then asks for the result with [`Subject::absorbed`], and where nothing else needs the body a protocol
    /// that feeds it keeps none. `None` unless said otherwise.
    fn absorber(&self) -> Option<Absorber> {
        None
    }

    /// Whether a message may show the value found. Say no where it is long and tells nothing, such as a whole body.
    fn shows_value(&self) -> bool {
        true
    }

    /// Whether what it finds must not be shown, nor what that is compared with. It follows from the
    /// [label](Self::label), in which the name of the header or field stands that it looks at, unless said otherwise.
    fn is_secret(&self) -> bool {
        is_secret_name(&self.label())
    }

    /// Prepares it for the run: expressions and patterns are parsed, mistakes told with `cx.mistake`.
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract>;
}

/// A prepared [`Extractor`], shared by all virtual users.
pub trait Extract: Send + Sync {
    /// Which parts of a JSON body it looks at with [`Subject::json_parts`]. The body is read once, and of that what no
    /// check of the request has named is not built. `None`, unless said otherwise: it does not use that.
    fn json_parts(&self) -> Option<JsonParts> {
        None
    }

    /// Offers what it finds to `found`, in order, until that wants no more. Offering nothing means that nothing is there.
    ///
    /// # Errors
    ///
    /// [`ExtractError`] if it cannot be looked for.
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError>;
}

/// Why a value could not be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The response is not of the kind that the extractor reads: `body is no JSON: …`. An optional check passes.
    #[error("{0}")]
    Response(String),
    /// An expression has no value, or makes a pattern that is none. The check fails in any case.
    #[error("{0}")]
    Pattern(String),
}

impl From<EvalError> for ExtractError {
    fn from(error: EvalError) -> Self {
        ExtractError::Pattern(format!("{error:#}"))
    }
}

/// A response under examination, with what all checks on it share: its body as a text, parsed, digested.
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

    /// Memory for what a check builds and nobody needs any more when the checks have run.
    pub(super) fn arena(&self) -> &'a Bump {
        self.arena
    }

    /// The response.
    pub fn response(&self) -> &'a dyn Response {
        self.response
    }

    /// The body as a text, in the encoding that the response declares; see [`decode_text`].
    ///
    /// # Errors
    ///
    /// [`ExtractError::Response`] if it is not in that encoding.
    pub fn text(&self) -> Result<&'a str, ExtractError> {
        self.decoded().map_err(|why| ExtractError::Response(format!("body is no text: {why}")))
    }

    fn decoded(&self) -> Result<&'a str, String> {
        let text = self.text.get_or_init(|| match decode_text(self.response.body(), self.response.charset())? {
            Cow::Borrowed(text) => Ok(text),
            Cow::Owned(text) => Ok(self.arena.alloc_str(&text)),
        });
        text.clone()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`ExtractError::Response`] if it is none.
    pub fn json(&self) -> Result<&'a JsonTree<'a>, ExtractError> {
        self.json.whole(|| self.decoded())
    }

    /// The body as JSON, as far as the checks of the request look at it: at least what [`Extract::json_parts`] of each
    /// has named.
    ///
    /// # Errors
    ///
    /// [`ExtractError::Response`] if it is none.
    pub fn json_parts(&self) -> Result<&'a JsonTree<'a>, ExtractError> {
        self.json.parts(|| self.decoded())
    }

    /// What an absorber finds in the body: it was fed while that came in, or is fed with all of it now.
    pub fn absorbed(&self, absorber: Absorber) -> Value {
        let mut absorbed = self.absorbed.borrow_mut();
        if let Some((_, value)) = absorbed.iter().find(|(name, _)| *name == absorber.name()) {
            return value.clone();
        }
        let value = absorber.absorb_all(self.response.body());
        absorbed.push((absorber.name(), value.clone()));
        value
    }

    /// The body as an HTML document. Whatever the text, there is one.
    #[cfg(feature = "html")]
    pub(super) fn html(&self) -> Result<&scraper::Html, ExtractError> {
        let html = self.html.get_or_init(|| match self.text()? {
            "" => Err(ExtractError::Response("body is no HTML: it is empty".to_owned())),
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

/// Takes the values that an [`Extract`] finds, and keeps those that the check wants.
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

    /// Whether further values would be looked at; when not, the search can end.
    pub fn wants_more(&self) -> bool {
        match self.pick {
            Pick::First => self.offered == 0,
            Pick::Nth(place) => self.offered <= place,
            _ => true,
        }
    }

    /// Whether the check asks for what there is, and not for one, all or the number of several: where what is found is
    /// one list, it takes that as it is.
    pub fn takes_whole(&self) -> bool {
        self.pick == Pick::First
    }

    /// Offers the next value, which is made only if it is wanted.
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

    /// Offers all items until no more are wanted; `value` makes the value of one that is.
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
