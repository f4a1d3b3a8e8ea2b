//! The fields of a form as a browser would send them: the entry list of the HTML standard, "constructing the entry list".

use std::collections::BTreeMap;
use std::sync::Arc;

use scraper::{ElementRef, Html};

use super::text;
use crate::value::Value;

/// The fields of a form, by name. They stand in it, or elsewhere with its id in their attribute `form`.
pub(super) fn of(html: &Html, form: ElementRef<'_>) -> Value {
    let id = form.attr("id").filter(|id| !id.is_empty());
    let mut fields: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    let elements: Box<dyn Iterator<Item = ElementRef<'_>>> = match id {
        // Only a form with an id can have fields elsewhere.
        Some(_) => Box::new(html.root_element().descendants().filter_map(ElementRef::wrap)),
        None => Box::new(form.descendants().filter_map(ElementRef::wrap)),
    };
    for element in elements {
        if !matches!(element.value().name(), "input" | "select" | "textarea") {
            continue;
        }
        let belongs = match element.attr("form") {
            Some(owner) => Some(owner) == id,
            None => element.ancestors().any(|ancestor| ancestor.id() == form.id()),
        };
        let Some(name) = element.attr("name").filter(|name| !name.is_empty()) else { continue };
        if !belongs || is_disabled(element) || within(element, "datalist") {
            continue;
        }
        let values = match element.value().name() {
            "input" => input(element).into_iter().collect(),
            "select" => select(element),
            _ => vec![with_line_breaks(&element.text().collect::<String>())],
        };
        if !values.is_empty() {
            fields.entry(name.into()).or_default().extend(values.into_iter().map(Value::from));
        }
    }
    let fields = fields.into_iter().map(|(name, mut values)| match values.len() {
        1 => (name, values.remove(0)),
        _ => (name, Value::from(values)),
    });
    Value::Map(Arc::new(fields.collect()))
}

/// The value of an input, if it is sent.
fn input(element: ElementRef<'_>) -> Option<String> {
    let value = element.attr("value");
    match element.attr("type").unwrap_or("text").to_ascii_lowercase().as_str() {
        "submit" | "button" | "reset" | "image" | "file" => None,
        "checkbox" | "radio" => {
            let checked = element.attr("checked").is_some();
            checked.then(|| value.unwrap_or("on").to_owned())
        }
        _ => Some(with_line_breaks(value.unwrap_or_default())),
    }
}

/// The values of the options that are selected. Where only one can be and none is, it is the first that is not disabled;
/// of several, it is the last.
fn select(element: ElementRef<'_>) -> Vec<String> {
    let options = || {
        let elements = element.descendants().filter_map(ElementRef::wrap);
        elements.filter(|option| option.value().name() == "option")
    };
    let enabled = |option: &ElementRef<'_>| option.attr("disabled").is_none() && !in_disabled(*option, "optgroup");
    let selected = |option: &ElementRef<'_>| option.attr("selected").is_some();
    if element.attr("multiple").is_some() {
        return options().filter(enabled).filter(selected).map(value_of_option).collect();
    }
    let shown = element.attr("size").and_then(|size| size.trim().parse().ok()).unwrap_or(1_u32);
    let chosen = match options().filter(selected).last() {
        None if shown <= 1 => options().find(enabled),
        chosen => chosen,
    };
    chosen.filter(enabled).map(value_of_option).into_iter().collect()
}

fn value_of_option(option: ElementRef<'_>) -> String {
    match option.attr("value") {
        Some(value) => value.to_owned(),
        None => text(option).split_ascii_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Disabled itself, or in a disabled set of fields; but not what stands in the first legend of that.
fn is_disabled(element: ElementRef<'_>) -> bool {
    let is = |ancestor: &ElementRef<'_>, name| ancestor.value().name() == name;
    if element.attr("disabled").is_some() {
        return true;
    }
    let mut below = element;
    for ancestor in element.ancestors().filter_map(ElementRef::wrap) {
        if is(&ancestor, "fieldset") && ancestor.attr("disabled").is_some() {
            let legend = ancestor.child_elements().find(|child| is(child, "legend"));
            if legend.is_none_or(|legend| legend.id() != below.id()) {
                return true;
            }
        }
        below = ancestor;
    }
    false
}

fn in_disabled(element: ElementRef<'_>, name: &str) -> bool {
    let mut ancestors = element.ancestors().filter_map(ElementRef::wrap);
    ancestors.any(|ancestor| ancestor.value().name() == name && ancestor.attr("disabled").is_some())
}

fn within(element: ElementRef<'_>, name: &str) -> bool {
    element.ancestors().filter_map(ElementRef::wrap).any(|ancestor| ancestor.value().name() == name)
}

/// Line breaks as they are sent: CR LF.
fn with_line_breaks(value: &str) -> String {
    value.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}
