//! [`Placed`]: texts whose values are encoded for the place in which they stand: URLs, and bodies in JSON.

use loadspiker_core::Session;
use loadspiker_core::expression::{CompiledText, EvalError, Piece};

use super::json::{needs_escape, write_escaped};
use super::url::{encode_component, needs_encoding};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// Percent-encoded, all but the unreserved characters of RFC 3986, as RFC 6570 §3.2.2 expands `{value}`.
    Component,
    /// Within a JSON string: quotes, backslashes and control characters are escaped.
    JsonString,
}

/// A text with the form of each of its values. What a closure makes is taken as it is.
#[derive(Debug)]
pub(crate) struct Placed {
    text: CompiledText,
    forms: Box<[Form]>,
}

impl Placed {
    /// A text in which nothing is encoded.
    pub(crate) fn plain(text: CompiledText) -> Self {
        Placed { text, forms: [].into() }
    }

    /// A URL. A value within its path or query is encoded, so that it stays within its segment or parameter. Taken as they
    /// are: values with which the URL begins (`#{url}/x`), those that name its server, and a whole query or parameter
    /// (`?#{query}`).
    pub(crate) fn url(text: CompiledText) -> Self {
        let mut place = UrlPlace::default();
        Self::of(text, |piece, rest| match piece {
            Piece::Text(text) => {
                place.pass(text);
                Form::Plain
            }
            Piece::Value { function: Some("raw" | "urlEncode") } => place.value(Form::Plain),
            Piece::Value { .. } if place.takes_all(rest) => place.value(Form::Plain),
            Piece::Value { .. } => place.value(Form::Component),
        })
    }

    /// JSON as a text. A value between quotation marks is escaped, so that it stays between them.
    pub(crate) fn json(text: CompiledText) -> Self {
        let mut in_string = false;
        Self::of(text, |piece, _| match piece {
            Piece::Text(text) => {
                pass_json(text, &mut in_string);
                Form::Plain
            }
            Piece::Value { function } if in_string && function != Some("raw") => Form::JsonString,
            Piece::Value { .. } => Form::Plain,
        })
    }

    /// `form` sees each piece with the one that follows it, and says how it is written.
    fn of(text: CompiledText, mut form: impl FnMut(Piece<'_>, Option<Piece<'_>>) -> Form) -> Self {
        let pieces: Vec<Piece<'_>> = text.as_template().into_iter().flat_map(|template| template.pieces()).collect();
        let forms = pieces.iter().enumerate().filter_map(|(index, piece)| {
            let form = form(*piece, pieces.get(index + 1).copied());
            matches!(piece, Piece::Value { .. }).then_some(form)
        });
        let forms = forms.collect();
        Placed { text, forms }
    }

    /// The text, if it is the same for every session.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        self.text.as_literal()
    }

    /// Appends the text for this session to `out`.
    pub(crate) fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        let Some(template) = self.text.as_template() else { return self.text.render(session, out) };
        template.render_each(session, out, |number, begin, out| {
            let write = match self.forms.get(number) {
                Some(Form::Component) if out[begin..].bytes().any(needs_encoding) => encode_component,
                Some(Form::JsonString) if out[begin..].bytes().any(needs_escape) => write_escaped,
                _ => return,
            };
            let value = out.split_off(begin);
            write(&value, out);
        })
    }
}

impl Placed {
    /// Whether no value in it is encoded.
    pub(crate) fn is_plain(&self) -> bool {
        self.forms.iter().all(|form| *form == Form::Plain)
    }

    /// Appends the text for this session to `out`, values of bytes as they are. For texts that are plain.
    pub(crate) fn render_bytes(&self, session: &Session, out: &mut Vec<u8>) -> Result<(), EvalError> {
        self.text.render_bytes(session, out)
    }
}

/// What of a URL has been passed.
#[derive(Debug, Default)]
struct UrlPlace {
    /// Its text so far; values are left out.
    before: String,
    /// Whether a value stands right before.
    after_value: bool,
}

impl UrlPlace {
    fn pass(&mut self, text: &str) {
        self.before.push_str(text);
        self.after_value = false;
    }

    fn value(&mut self, form: Form) -> Form {
        self.after_value = true;
        form
    }

    /// Whether a value here is more than one segment or parameter.
    fn takes_all(&self, next: Option<Piece<'_>>) -> bool {
        let server = match self.before.split_once("://") {
            Some((scheme, rest)) => !scheme.contains(['/', '?']) && !rest.contains(['/', '?']),
            None => self.before.is_empty(),
        };
        let ends = match next {
            None => true,
            Some(Piece::Text(text)) => text.starts_with(['&', '#']),
            Some(Piece::Value { .. }) => false,
        };
        let in_query = self.before.contains('?') && self.before.ends_with(['?', '&']) && !self.after_value;
        server || in_query && ends
    }
}

/// Goes through JSON, up to the next value.
fn pass_json(text: &str, in_string: &mut bool) {
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if *in_string => escaped = true,
            b'"' => *in_string = !*in_string,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use loadspiker_core::Schema;
    use loadspiker_core::expression::Template;

    use super::*;

    /// The text as it is rendered, `v` being this value.
    fn rendered(place: fn(CompiledText) -> Placed, source: &str, value: &str) -> String {
        let mut schema = Schema::default();
        let template = Template::parse(source, &mut |name| schema.intern(name)).unwrap();
        let mut session = Session::new(Rc::new(schema), 1, 1);
        session.set("v", value).unwrap();
        let mut out = "before ".to_owned();
        place(template.into()).render(&session, &mut out).unwrap();
        out.strip_prefix("before ").unwrap().to_owned()
    }

    #[test]
    fn a_value_stays_within_its_segment_or_parameter_of_a_url() {
        for (source, url) in [
            ("/products/#{v}", "/products/a%2Fb%3Fc%26d%3D%C3%A9%20%25"),
            ("/products/#{v}/parts", "/products/a%2Fb%3Fc%26d%3D%C3%A9%20%25/parts"),
            ("/x?q=#{v}&n=1", "/x?q=a%2Fb%3Fc%26d%3D%C3%A9%20%25&n=1"),
            ("/x?#{v}=1", "/x?a%2Fb%3Fc%26d%3D%C3%A9%20%25=1"),
            ("http://a.test/#{v}", "http://a.test/a%2Fb%3Fc%26d%3D%C3%A9%20%25"),
            ("/go?to=http://#{v}", "/go?to=http://a%2Fb%3Fc%26d%3D%C3%A9%20%25"),
            ("/x?#{v}#{v.size()}", "/x?a%2Fb%3Fc%26d%3D%C3%A9%20%2511"),
            ("/x/#{v.urlEncode()}", "/x/a%2Fb%3Fc%26d%3D%C3%A9%20%25"),
            ("/x/#{v.upper()}", "/x/A%2FB%3FC%26D%3D%C3%89%20%25"),
        ] {
            assert_eq!(rendered(Placed::url, source, "a/b?c&d=é %"), url, "{source}");
        }
    }

    #[test]
    fn what_is_a_part_of_a_url_in_itself_is_taken_as_it_is() {
        for source in [
            "#{v}",
            "#{v}/x",
            "#{v}?x=1",
            "http://#{v}",
            "http://me.#{v}:80/x",
            "/x?#{v}",
            "/x?a=1&#{v}&b=2",
            "/x/#{v.raw()}",
        ] {
            let expected = source.replace("#{v}", "a/b?c&d").replace("#{v.raw()}", "a/b?c&d");
            assert_eq!(rendered(Placed::url, source, "a/b?c&d"), expected);
        }
    }

    #[test]
    fn a_value_stays_within_its_quotation_marks_in_json() {
        let value = "say \"hi\"\\\n\u{1}";
        for (source, expected) in [
            (r##"{"a": "#{v}"}"##, r#"{"a": "say \"hi\"\\\n\u0001"}"#),
            (r##"{"a": "x\"#{v}\\", "#{v}": 1}"##, r#"{"a": "x\"say \"hi\"\\\n\u0001\\", "say \"hi\"\\\n\u0001": 1}"#),
            (r##"{"a": #{v.jsonStringify()}}"##, r#"{"a": "say \"hi\"\\\n\u0001"}"#),
            (r##"{"n": #{v.size()}, "a": "#{v.raw()}"}"##, "{\"n\": 11, \"a\": \"say \"hi\"\\\n\u{1}\"}"),
        ] {
            assert_eq!(rendered(Placed::json, source, value), expected, "{source}");
        }
        assert_eq!(rendered(Placed::json, "#{v}", "{\"a\": 1}"), "{\"a\": 1}");
    }
}
