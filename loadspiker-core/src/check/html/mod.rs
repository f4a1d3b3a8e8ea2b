//! [`css`], [`css_attr`] and [`form`]: what is found in a body of HTML. It is parsed once for all checks of a response, as
//! a browser parses it, whatever is wrong with it.

mod fields;

use std::sync::Arc;

use scraper::error::SelectorErrorKind;
use scraper::{ElementRef, Selector};

use super::builder::Check;
use super::extract::{Extract, ExtractError, Extractor, Found, Subject};
use super::pattern::{self, FromPattern, Pattern};
use crate::expression::Symbols;
use crate::session::Session;
use crate::shown::abbreviate;
use crate::value::Value;

/// The texts of the elements of an HTML body that a CSS selector matches, in the order of the document. The text of an
/// element is that of all elements in it, without white space at both ends.
///
/// ```
/// use loadspiker_core::check::css;
///
/// let checks = [
///     css("h1").is("Welcome"),
///     css("ul.products > li").count().gte(10),
///     css("tr#row-#{id} td.price").save_as("price"),
/// ];
/// # let _ = checks;
/// ```
pub fn css(selector: impl AsRef<str>) -> Check {
    Check::from_extractor(Select { selector: selector.as_ref().into(), part: Part::Text })
}

/// The values of an attribute of the elements of an HTML body that a CSS selector matches: texts. Elements without the
/// attribute are passed over.
///
/// ```
/// use loadspiker_core::check::css_attr;
///
/// let checks = [
///     css_attr("input[name=csrf]", "value").save_as("csrf"),
///     css_attr("a.product", "href").find_random().save_as("link"),
/// ];
/// # let _ = checks;
/// ```
pub fn css_attr(selector: impl AsRef<str>, attribute: impl AsRef<str>) -> Check {
    Check::from_extractor(Select {
        selector: selector.as_ref().into(),
        part: Part::Attribute(attribute.as_ref().into()),
    })
}

/// The forms of an HTML body that a CSS selector matches: each a map from the names of its fields to their values, as a
/// browser would send them if the user pressed no button.
///
/// In it are inputs, selects and text areas with a name, checked boxes and radio buttons, and hidden fields; not what
/// is disabled, no buttons, and no files. The value of a field is a text; where several fields have one name it is the
/// list of theirs. A form can be sent, also with changes: `http("…").post("…").form("#{form}").form_param("amount", 2)`.
///
/// ```
/// use loadspiker_core::check::form;
///
/// let check = form("form#login").save_as("form");
/// # let _ = check;
/// ```
pub fn form(selector: impl AsRef<str>) -> Check {
    Check::from_extractor(Select { selector: selector.as_ref().into(), part: Part::Form })
}

#[derive(Debug)]
struct Select {
    selector: Arc<str>,
    part: Part,
}

/// What of an element is wanted.
#[derive(Clone, Debug)]
enum Part {
    Text,
    Attribute(Arc<str>),
    Form,
}

impl Extractor for Select {
    fn label(&self) -> String {
        let selector = abbreviate(&self.selector);
        match &self.part {
            Part::Text => format!("css {selector}"),
            Part::Attribute(name) => format!("css_attr {selector} {name}"),
            Part::Form => format!("form {selector}"),
        }
    }

    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        if let Part::Attribute(name) = &self.part
            && (name.is_empty()
                || name.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '/' | '=')))
        {
            cx.mistake(format!("\"{name}\" is no name of an attribute; write one such as href"));
        }
        Box::new(CompiledSelect { selector: Pattern::compile(&self.selector, cx), part: self.part.clone() })
    }
}

/// What is wrong with a selector. The parser itself names some of it by the types of its code.
fn told(error: &SelectorErrorKind) -> String {
    match error {
        SelectorErrorKind::EndOfLine => "it ends too early; is a bracket not closed?".to_owned(),
        SelectorErrorKind::UnexpectedSelectorParseError(_) => {
            "it has a part that is unknown or out of place; there are \
            elements, .classes, #ids, [attributes], and pseudo-classes such as :not(…) and :nth-child(…)"
                .to_owned()
        }
        other => other.to_string(),
    }
}

struct CompiledSelect {
    selector: Pattern<Selector>,
    part: Part,
}

impl FromPattern for Selector {
    const KIND: &'static str = "CSS selector";

    fn from_pattern(text: &str) -> Result<Self, String> {
        pattern::refuse_deep(text, pattern::NESTED)?;
        if text.trim().is_empty() {
            return Err("it is empty; name elements, such as h1 or ul.products > li".to_owned());
        }
        Selector::parse(text).map_err(|error| told(&error))
    }
}

impl Extract for CompiledSelect {
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let html = from.html()?;
        self.selector.with(session, |selector| {
            let elements = html.select(selector);
            match &self.part {
                Part::Text => found.offer_all(elements, text),
                Part::Attribute(name) => {
                    let values = elements.filter_map(|element| element.attr(name));
                    found.offer_all(values, Value::from);
                }
                Part::Form => {
                    let forms = elements.filter(|element| element.value().name() == "form");
                    found.offer_all(forms, |form| fields::of(html, form));
                }
            }
        })
    }
}

/// The text of an element and of all in it.
fn text(element: ElementRef<'_>) -> String {
    let mut texts = element.text();
    let first = texts.next().unwrap_or_default();
    let mut all = first.to_owned();
    all.extend(texts);
    all.trim().to_owned()
}
