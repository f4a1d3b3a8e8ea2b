//! Sitemaps: the pages of a site in XML, as <https://www.sitemaps.org/protocol.html> says.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use super::input::Input;
use super::sink::{Halt, Row, Sink};
use crate::value::Value;

/// What a page of a sitemap may say about itself. Other elements, such as those of extensions, are left out.
pub(super) const FIELDS: [&str; 4] = ["loc", "lastmod", "changefreq", "priority"];

/// Where the reader is.
#[derive(Default)]
struct Open {
    /// How many elements are open.
    depth: usize,
    /// The field whose text is being gathered: its place in [`FIELDS`].
    field: Option<usize>,
    text: String,
    /// Where the current page begins.
    page: u64,
    found: [Option<String>; FIELDS.len()],
}

/// Reads a record for each `<url>` of a `<urlset>`. All values are texts, without the spaces around them.
pub(super) fn read_sitemap(input: &dyn Input, sink: &mut dyn Sink) -> Result<(), Halt> {
    let (text, meter) = input.text()?;
    let mut reader = Reader::from_reader(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut open, mut row, mut buffer) = (Open::default(), Row::new(), Vec::new());
    let mut rooted = false;
    loop {
        buffer.clear();
        let at = reader.buffer_position();
        let wrong = |byte, problem: String| Err(input.at_byte(byte, problem).into());
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(quick_xml::Error::Io(error)) => return Err(input.unreadable(&error).into()),
            Err(error) => return wrong(reader.error_position(), format!("this is no XML: {error}")),
        };
        match event {
            Event::Start(element) => {
                let name = element.local_name();
                let name: &str = name.as_ref();
                open.depth += 1;
                match (open.depth, name) {
                    (1, "urlset") => rooted = true,
                    (1, "sitemapindex") => {
                        let problem = "this is an index of sitemaps; give one of the sitemaps that it lists";
                        return wrong(at, problem.to_owned());
                    }
                    (1, other) => return wrong(at, format!("this is <{other}>, a sitemap begins with <urlset>")),
                    (2, "url") => {
                        meter.next_record();
                        open.page = at;
                        open.found = Default::default();
                    }
                    (2, other) => return wrong(at, format!("<{other}> has no place in a sitemap; there are <url>s")),
                    (3, name) => open.field = FIELDS.iter().position(|field| *field == name),
                    _ => {}
                }
                open.text.clear();
            }
            Event::End(_) => {
                if let (3, Some(field)) = (open.depth, open.field.take()) {
                    let said = open.text.trim();
                    if open.found[field].replace(said.to_owned()).is_some() {
                        return wrong(at, format!("this page has a second <{}>; remove it", FIELDS[field]));
                    }
                }
                if open.depth == 2 {
                    if open.found[0].as_ref().is_none_or(String::is_empty) {
                        return wrong(open.page, "this page has no <loc>; each <url> needs one".to_owned());
                    }
                    for (name, value) in FIELDS.iter().zip(open.found.iter_mut()) {
                        if let Some(value) = value.take() {
                            let column = sink.column(name);
                            let column =
                                column.map_err(|refusal| refusal.at(|problem| input.at_byte(open.page, problem)))?;
                            row.push((column, Value::from(value)));
                        }
                    }
                    sink.record(&mut row).map_err(|refusal| refusal.at(|problem| input.at_byte(open.page, problem)))?;
                }
                open.depth = open.depth.saturating_sub(1);
            }
            Event::Text(text) if open.field.is_some() => open.text.push_str(&text),
            Event::CData(text) if open.field.is_some() => open.text.push_str(&text),
            Event::Text(text) if open.depth == 0 && !text.trim().is_empty() => {
                return wrong(at, "this is no XML; a sitemap begins with <urlset>".to_owned());
            }
            Event::GeneralRef(reference) if open.field.is_some() => match resolved(&reference) {
                Some(text) => open.text.push_str(&text),
                None => return wrong(at, format!("&{}; is not known; write &amp; for an ampersand", &*reference)),
            },
            Event::Eof if open.depth > 0 => {
                return wrong(at, "the file ends within an element; is it cut off?".to_owned());
            }
            Event::Eof if !rooted => {
                return Err(input.empty("the file is empty; a sitemap begins with <urlset>").into());
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// What `&name;` or `&#number;` stands for.
fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => resolve_predefined_entity(reference).map(str::to_owned),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse::InMemory;
    use super::super::table::{Table, TableBuilder};
    use super::*;

    fn read(data: &str) -> Result<Table, String> {
        let mut builder = TableBuilder::default();
        match read_sitemap(&InMemory("s.xml", data.as_bytes()), &mut builder) {
            Ok(()) | Err(Halt::Enough) => Ok(builder.finish()),
            Err(Halt::Wrong(error)) => Err(error.to_string()),
        }
    }

    #[test]
    fn pages_are_records_with_what_they_say_and_nothing_of_extensions() {
        let table = read(
            "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- pages -->\n\
             <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:i=\"http://x/image\">\n\
             <url><loc> http://x/?a=1&amp;b=&#50; </loc><lastmod>2026-01-02</lastmod>\
             <i:image><i:loc>http://x/i.png</i:loc></i:image></url>\n\
             <url><priority>0.5</priority><changefreq/><loc><![CDATA[http://x/2]]></loc></url>\n</urlset>\n",
        )
        .unwrap();
        assert_eq!(
            table.columns.iter().map(|name| &**name).collect::<Vec<_>>(),
            ["loc", "lastmod", "changefreq", "priority"]
        );
        assert_eq!(table.row(0), [Some("http://x/?a=1&b=2".into()), Some("2026-01-02".into()), None, None]);
        assert_eq!(table.row(1), [Some("http://x/2".into()), None, Some("".into()), Some("0.5".into())]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (data, message) in [
            ("<urlset>\n<url>\n<loc>x</lok>\n</url></urlset>", "feeder s.xml, line 3: this is no XML: "),
            ("<urlset>\n<url>\n</url></urlset>", "feeder s.xml, line 2: this page has no <loc>; each <url> needs one"),
            ("<urlset>\n<url><loc>x</loc>", "feeder s.xml, line 2: the file ends within an element; is it cut off?"),
            ("<urlset><url>\n<loc>x&nbsp;</loc></url></urlset>", "feeder s.xml, line 2: &nbsp; is not known; "),
            ("<urlset>\n<url><loc>x</loc><loc>y</loc></url></urlset>", "feeder s.xml, line 2: this page has a second"),
            ("<sitemapindex>", "feeder s.xml, line 1: this is an index of sitemaps; "),
            ("\n<html>", "feeder s.xml, line 2: this is <html>, a sitemap begins with <urlset>"),
            ("<urlset>\n<page>", "feeder s.xml, line 2: <page> has no place in a sitemap; "),
            ("loc\nhttp://x", "feeder s.xml, line 1: this is no XML; a sitemap begins with <urlset>"),
            ("", "feeder s.xml: the file is empty; a sitemap begins with <urlset>"),
        ] {
            let error = read(data).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_near_the_grammar_makes_the_reader_panic(
            data in r#"(<urlset>|</urlset>|<url>|</url>|<loc>|</loc>|<loc/>|&amp;|&#1;|&#x110000;|<!\[CDATA\[|\]\]>|<!--|<[?]|[<>&;é \n]){0,14}"#
        ) {
            if let Err(error) = read(&data) {
                prop_assert!(error.starts_with("feeder s.xml"));
            }
        }
    }
}
