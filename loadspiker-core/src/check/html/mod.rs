//! [`css`], [`css_attr`] and [`form`]: checks on HTML. The body is parsed once for all checks of a response, and errors in
//! it are handled as browsers do.

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

/// The texts of the elements that match a CSS selector in an HTML body, in document order. The text of an element includes
/// its descendants, and is trimmed.
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
    Check::from_extractor(Select { selector: selector.as_ref().into(), part: ElementPart::Text })
}

/// The values of an attribute of the elements that match a CSS selector in an HTML body, as texts. Elements without the
/// attribute are skipped.
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
        part: ElementPart::Attribute(attribute.as_ref().into()),
    })
}

/// The forms that match a CSS selector in an HTML body. Each is a map from field names to values, as a browser would submit
/// it if no button were pressed.
///
/// The map contains named inputs, selects and text areas, checked boxes and radio buttons, and hidden fields. It does not
/// contain disabled fields, buttons or files. Values are texts; if several fields share a name, the value is a list. To
/// submit the form, with changes if needed: `http("…").post("…").form("#{form}").form_param("amount", 2)`.
///
/// ```
/// use loadspiker_core::check::form;
///
/// let check = form("form#login").save_as("form");
/// # let _ = check;
/// ```
pub fn form(selector: impl AsRef<str>) -> Check {
    Check::from_extractor(Select { selector: selector.as_ref().into(), part: ElementPart::Form })
}

#[derive(Debug)]
struct Select {
    selector: Arc<str>,
    part: ElementPart,
}

/// The part of an element that is extracted.
#[derive(Clone, Debug)]
enum ElementPart {
    Text,
    Attribute(Arc<str>),
    Form,
}

impl Extractor for Select {
    fn label(&self) -> String {
        let selector = abbreviate(&self.selector);
        match &self.part {
            ElementPart::Text => format!("css {selector}"),
            ElementPart::Attribute(name) => format!("css_attr {selector} {name}"),
            ElementPart::Form => format!("form {selector}"),
        }
    }

    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        if let ElementPart::Attribute(name) = &self.part
            && (name.is_empty()
                || name.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '/' | '=')))
        {
            cx.mistake(format!("\"{name}\" is not a valid attribute name; write one such as href"));
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
    part: ElementPart,
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
                ElementPart::Text => found.offer_all(elements, text),
                ElementPart::Attribute(name) => {
                    let values = elements.filter_map(|element| element.attr(name));
                    found.offer_all(values, Value::from);
                }
                ElementPart::Form => {
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
