//! [`Head`]: status and header fields of a response, parsed on demand.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::mem::MaybeUninit;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use httparse::{ParserConfig, Status};

use super::Asked;
use super::repair::{LeftOut, Repaired, has_code, repair};
use crate::failure::Failure;
use crate::http1::Buffers;
use crate::http1::charset::{charset, charset_in};

/// How large a head may be: larger ones are attacks, or no HTTP.
pub(super) const LIMIT: usize = 256 * 1024;
/// How many fields it may have.
const FIELDS: usize = 256;
/// What is said where a line is not a header field.
const BAD_FIELD: &str = "invalid HTTP header parsed";
/// What is said of a bad status code, and of a reason that no response may have.
const BAD_STATUS: &str = "invalid HTTP status-code parsed";

/// The head of a response. Its memory comes from [`Buffers`] and should be returned there.
#[derive(Debug)]
pub struct Head {
    status: StatusCode,
    sets_cookies: bool,
    encoded: bool,
    charset: Charset,
    /// From the status line to the empty line.
    bytes: Vec<u8>,
    fields: OnceCell<Box<HeaderMap>>,
    /// Lines that were no fields, if there were any.
    left_out: Option<Box<LeftOut>>,
}

/// What `content-type` says of the charset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Absent,
    /// As nearly always.
    Utf8,
    /// It is read from the fields when somebody asks.
    Other,
}

impl Head {
    pub(super) fn new(bytes: &[u8], parsed: &Parsed, buffers: &Buffers) -> Self {
        let mut kept = buffers.take();
        let repaired = parsed.repaired.as_deref();
        match repaired {
            None => kept.extend_from_slice(bytes),
            Some(repaired) => {
                kept.extend_from_slice(&repaired.bytes);
                // What follows in another protocol.
                kept.extend_from_slice(bytes.get(repaired.length..).unwrap_or_default());
            }
        }
        let left_out = repaired.map(|repaired| Box::new(repaired.left_out.clone()));
        let Parsed { status, sets_cookies, encoded, charset, .. } = *parsed;
        Head { status, sets_cookies, encoded, charset, bytes: kept, fields: OnceCell::new(), left_out }
    }

    /// The status.
    #[inline]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether there is a `set-cookie` field.
    #[inline]
    pub fn sets_cookies(&self) -> bool {
        self.sets_cookies
    }

    /// Whether there is a `content-encoding` field.
    #[inline]
    pub fn is_encoded(&self) -> bool {
        self.encoded
    }

    /// The charset that `content-type` declares.
    pub fn charset(&self) -> Option<&str> {
        match self.charset {
            Charset::Absent => None,
            Charset::Utf8 => Some("utf-8"),
            Charset::Other => charset(self.fields()),
        }
    }

    /// Lines that are not header fields, and were skipped; `None` if there are none.
    pub fn left_out(&self) -> Option<&LeftOut> {
        self.left_out.as_deref()
    }

    /// The header fields, parsed at the first call. Responses whose fields are not read do not pay for it.
    pub fn fields(&self) -> &HeaderMap {
        self.fields.get_or_init(|| Box::new(read_fields(&self.bytes)))
    }

    /// Bytes after the head, if the connection has left HTTP: the beginning of the protocol after an upgrade, or of the data of a
    /// tunnel.
    pub fn trailing(&self) -> &[u8] {
        let length = with_fields(&self.bytes, |_, length| Ok(length)).ok().flatten();
        length.map_or(&[], |length| self.bytes.get(length..).unwrap_or_default())
    }

    /// The memory, for reuse; see [`Buffers::give_back`].
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// What a head says about the message that it begins.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) status: StatusCode,
    /// How many bytes it takes, its last line included.
    pub(super) length: usize,
    /// The server will keep the connection, as far as its head says.
    pub(super) persistent: bool,
    pub(super) content_length: ContentLength,
    pub(super) transfer: Transfer,
    /// HTTP/1.1, or rather not 1.0.
    pub(super) is_1_1: bool,
    pub(super) sets_cookies: bool,
    pub(super) encoded: bool,
    pub(super) charset: Charset,
    /// The head without lines that are no fields, if it has such.
    pub(super) repaired: Option<Box<Repaired>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentLength {
    Absent,
    Is(u64),
    /// No number, or several that differ.
    Invalid,
}

/// What `transfer-encoding` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    Absent,
    /// The last coding is `chunked`.
    Chunked,
    /// The last coding is another one, so that only the end of the connection ends the body.
    Other,
}

impl Parsed {
    /// Whether what follows on the connection is another protocol's.
    pub(super) fn leaves_http(&self, asked: Asked) -> bool {
        self.status == StatusCode::SWITCHING_PROTOCOLS || asked == Asked::Tunnel && self.status.is_success()
    }
}

/// Whether `input` may hold a whole head, if its first `seen` bytes do not. It keeps a head that comes in many pieces
/// from being parsed as many times.
pub(super) fn may_be_whole(input: &[u8], seen: usize) -> bool {
    // An empty line begins up to three bytes before what is new.
    seen == 0 || input[seen.saturating_sub(3)..].windows(2).any(|pair| pair == b"\n\r" || pair == b"\n\n")
}

/// Reads a head; `None` if there is more to come. Lines that are no fields are left out of it.
///
/// # Errors
///
/// It is no head of HTTP/1.0 or 1.1, or larger than what is taken.
pub(super) fn parse(input: &[u8]) -> Result<Option<Parsed>, Failure> {
    match parse_whole(input) {
        Err(error) if error == invalid(BAD_FIELD) || error == invalid(BAD_STATUS) && has_code(input) => {
            parse_repaired(input, error)
        }
        parsed => parsed,
    }
}

#[cold]
fn parse_repaired(input: &[u8], error: Failure) -> Result<Option<Parsed>, Failure> {
    let Some(repaired) = repair(input) else { return Ok(None) };
    if repaired.length > LIMIT {
        return Err(too_large());
    }
    let parsed = parse_whole(&repaired.bytes)?.ok_or(error)?;
    Ok(Some(Parsed { length: repaired.length, repaired: Some(Box::new(repaired)), ..parsed }))
}

fn parse_whole(input: &[u8]) -> Result<Option<Parsed>, Failure> {
    with_fields(input, |response, length| {
        if length > LIMIT {
            return Err(too_large());
        }
        let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
        let is_1_1 = response.version != Some(0);
        let mut parsed = Parsed {
            status: status.ok_or_else(|| invalid(BAD_STATUS))?,
            length,
            persistent: is_1_1,
            content_length: ContentLength::Absent,
            transfer: Transfer::Absent,
            is_1_1,
            sets_cookies: false,
            encoded: false,
            charset: Charset::Absent,
            repaired: None,
        };
        let (mut close, mut keep) = (false, false);
        for field in &*response.headers {
            // As most servers write it, first: that is quickly compared.
            let is = |name: &str| field.name == name || field.name.eq_ignore_ascii_case(name);
            // By length and letter: most fields are none of these.
            match (field.name.len(), field.name.as_bytes().first().map(u8::to_ascii_lowercase)) {
                (10, Some(b'c')) if is("Connection") => match field.value {
                    b"keep-alive" => keep = true,
                    b"close" => close = true,
                    value => {
                        close |= tokens(value).any(|token| token.eq_ignore_ascii_case(b"close"));
                        keep |= tokens(value).any(|token| token.eq_ignore_ascii_case(b"keep-alive"));
                    }
                },
                (10, Some(b's')) if is("Set-Cookie") => parsed.sets_cookies = true,
                (12, Some(b'c')) if is("Content-Type") => parsed.charset = Charset::of(field.value),
                (14, Some(b'c')) if is("Content-Length") => {
                    parsed.content_length = parsed.content_length.and(field.value);
                }
                (16, Some(b'c')) if is("Content-Encoding") => parsed.encoded = true,
                (17, Some(b't')) if is("Transfer-Encoding") => {
                    let last = tokens(field.value).last().unwrap_or_default();
                    let chunked = last.eq_ignore_ascii_case(b"chunked");
                    parsed.transfer = if chunked { Transfer::Chunked } else { Transfer::Other };
                }
                _ => {}
            }
        }
        // Who gives a length beside a transfer coding may have meant another end of the message than is seen here
        // (RFC 9112 §6.3).
        let ambiguous = parsed.transfer != Transfer::Absent && parsed.content_length != ContentLength::Absent;
        parsed.persistent = !close && (is_1_1 || keep) && !ambiguous;
        Ok(parsed)
    })
}

impl Charset {
    fn of(content_type: &[u8]) -> Self {
        const USUAL: &[u8] = b"; charset=utf-8";
        let end = content_type.len().checked_sub(USUAL.len()).map(|at| &content_type[at..]);
        if end.is_some_and(|end| end.eq_ignore_ascii_case(USUAL)) {
            return Charset::Utf8;
        }
        // A loop: what the library has for this is made for long slices.
        let has_parameters = content_type.iter().any(|byte| *byte == b';');
        match has_parameters.then(|| charset_in(content_type)).flatten() {
            None => Charset::Absent,
            Some(charset) if charset.eq_ignore_ascii_case("utf-8") => Charset::Utf8,
            Some(_) => Charset::Other,
        }
    }
}

impl ContentLength {
    /// Another field of this name. Several, and several numbers in one, are fine as long as they are equal (RFC 9112
    /// §6.3).
    fn and(self, value: &[u8]) -> Self {
        if let (ContentLength::Absent, Some(length)) = (self, digits(value)) {
            return ContentLength::Is(length);
        }
        value.split(|byte| *byte == b',').fold(self, |length, number| match (length, digits(number.trim_ascii())) {
            (ContentLength::Absent, Some(number)) => ContentLength::Is(number),
            (ContentLength::Is(length), Some(number)) if length == number => ContentLength::Is(number),
            _ => ContentLength::Invalid,
        })
    }
}

/// A number of digits alone: no sign, no blank, no overflow.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The elements of a list (RFC 9110 §5.6.1).
fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// Runs `read` over a head that is whole, and its length; `None` if there is more to come.
fn with_fields<T>(
    input: &[u8],
    read: impl FnOnce(&httparse::Response<'_, '_>, usize) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let mut config = ParserConfig::default();
    // A user agent takes them (RFC 9112 §5.2).
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response_with_uninit_headers(&mut response, input, &mut fields) {
        Ok(Status::Complete(length)) => read(&response, length).map(Some),
        Ok(Status::Partial) => Ok(None),
        Err(error) => Err(match error {
            httparse::Error::Version => invalid("invalid HTTP version parsed"),
            httparse::Error::Status => invalid(BAD_STATUS),
            httparse::Error::TooManyHeaders => too_large(),
            _ => invalid(BAD_FIELD),
        }),
    }
}

/// The fields of a head that has been parsed before.
fn read_fields(head: &[u8]) -> HeaderMap {
    let read = with_fields(head, |response, _| {
        let mut map = HeaderMap::with_capacity(response.headers.len());
        for field in &*response.headers {
            // What the parser takes, these do; were it otherwise, a field would be as if it were not there.
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(field.name.as_bytes()), HeaderValue::from_bytes(&unfolded(field.value)))
            {
                map.append(name, value);
            }
        }
        Ok(map)
    });
    read.ok().flatten().unwrap_or_default()
}

/// A value in one line: each fold becomes a space (RFC 9112 §5.2).
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'\n') {
        return Cow::Borrowed(value);
    }
    let lines = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    Cow::Owned(lines.collect::<Vec<_>>().join(&b' '))
}

pub(super) fn too_large() -> Failure {
    invalid("message head is too large")
}

pub(super) fn invalid(what: &str) -> Failure {
    Failure::protocol(format!("invalid HTTP response: {what}"))
}
