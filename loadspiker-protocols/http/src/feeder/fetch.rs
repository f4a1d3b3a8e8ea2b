//! Fetching a page: one GET, with what the connections of this crate can do.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use loadspiker_core::check::decode_text;
use loadspiker_core::metrics::Phases;
use loadspiker_core::protocol::masked_url;
use loadspiker_net::{Attempt, Clock, Dialer, Limit, NetSettings, WallClock};
use url::Url;

use super::Settings;
use crate::body::Sink;
use crate::body_memory::BodyMemory;
use crate::connection::{Buffers, Connection, Request, RequestHead, Unanswered, exchange};
use crate::decode::decode;
use crate::error::{HttpError, Size};
use crate::origin::{Origins, path_of};
use crate::redirect::location_of;
use crate::shard::ALPN;
use crate::text::charset;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A larger page is surely a mistake.
const LARGEST: usize = 64 << 20;
/// So many redirects are followed.
const REDIRECTS: usize = 10;

/// An answer.
pub(super) struct Page {
    /// Where it was in the end.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Fetches pages, over a connection that is kept as long as the server does.
pub(super) struct Fetcher {
    dialer: Dialer,
    origins: Origins,
    /// The origin that was asked for. Headers of the user's, which may be secret, are sent to no other.
    home: url::Origin,
    own: HeaderMap,
    kept: Option<(u32, Connection)>,
    buffers: Buffers,
    memory: Arc<BodyMemory>,
    clock: WallClock,
}

/// The headers that each request has.
fn common_headers() -> HeaderMap {
    let accept = "application/json, application/x-ndjson, text/csv, */*;q=0.1";
    let common = [(ACCEPT, accept), (ACCEPT_ENCODING, "gzip, deflate, br, zstd")];
    common.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// The headers that the user has set.
pub(super) fn headers(settings: &Settings) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let parsed = HeaderName::try_from(name).map_err(|_| format!("\"{name}\" cannot be the name of a header"))?;
        let value = HeaderValue::try_from(value)
            .map_err(|_| format!("the value of the header \"{name}\" has characters that no header may have"))?;
        headers.insert(parsed, value);
    }
    Ok(headers)
}

/// What goes for connections.
fn net(settings: &Settings) -> NetSettings {
    let mut net = NetSettings::default();
    net.tls.roots.clone_from(&settings.roots);
    net.tls.resumption = Some(true);
    net
}

/// What is wrong with the settings of TLS.
pub(super) fn tls_mistake(settings: &Settings) -> Option<String> {
    net(settings).tls.mistakes().into_iter().next()
}

/// The text of an error; those on bodies name settings that this has not.
fn told(error: HttpError) -> String {
    match error {
        HttpError::TooLarge(_) | HttpError::CheckedMemory(_) => {
            format!("the page is larger than {}; ask for smaller ones", Size(LARGEST))
        }
        other => other.to_string(),
    }
}

impl Fetcher {
    /// For pages of the origin of `url`.
    pub(super) fn new(settings: &Settings, url: &Url) -> Result<Self, String> {
        let dialer = net(settings).dialer(&[], &[ALPN])?;
        let clock = WallClock::start();
        let own = headers(settings)?;
        Ok(Fetcher {
            dialer,
            origins: Origins::default(),
            home: url.origin(),
            own,
            kept: None,
            buffers: Buffers::default(),
            memory: BodyMemory::new(LARGEST, usize::MAX),
            clock,
        })
    }

    /// The page at `url`, redirects followed.
    pub(super) async fn fetch(&mut self, url: &Url) -> Result<Page, String> {
        let told = |error: &dyn std::fmt::Display| format!("GET {}: {error}", masked_url(url.as_str()));
        match tokio::time::timeout(PATIENCE, self.follow(url.clone())).await {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(problem)) => Err(told(&problem)),
            Err(_) => Err(told(&format!("no answer within {} s; is the service up?", PATIENCE.as_secs()))),
        }
    }

    async fn follow(&mut self, mut url: Url) -> Result<Page, String> {
        for _ in 0..=REDIRECTS {
            let page = self.get(&url).await.map_err(told)?;
            let (status, headers, body) = page;
            if status.is_success() {
                let body = decode(body, &headers, &self.memory).map_err(told)?;
                // Records are read from UTF-8; what is no text at all is told by who reads it.
                let body = match decode_text(&body, charset(&headers)) {
                    Ok(Cow::Owned(text)) => text.into(),
                    _ => body,
                };
                return Ok(Page { url, headers, body });
            }
            let location = headers.get(LOCATION).filter(|_| status.is_redirection());
            match location.and_then(|location| location_of(&url, location)) {
                Some(next) => url = next,
                None => {
                    return Err(format!(
                        "the service returned {status}; check the URL and what it requires, such as a token"
                    ));
                }
            }
        }
        Err(format!("it was redirected more than {REDIRECTS} times"))
    }

    async fn get(&mut self, url: &Url) -> Result<(http::StatusCode, HeaderMap, Bytes), HttpError> {
        let origin = self.origins.of(url)?;
        let mut headers = common_headers();
        if url.origin() == self.home {
            headers.extend(self.own.clone());
        }
        headers.insert(HOST, origin.header.clone());
        let head = RequestHead::new(Method::GET, path_of(url)?, headers);
        let request = Request::new(Rc::new(head), Bytes::new());
        loop {
            let kept = self.kept.take().filter(|(id, connection)| *id == origin.id && connection.is_reusable());
            let mut connection = match kept {
                Some((_, connection)) => connection,
                None => {
                    let (from, mut phases) = (self.clock.now(), Phases::default());
                    let mut attempt = Attempt::new(&self.clock, from, Limit::connect(from, PATIENCE), &mut phases);
                    Connection::new(self.dialer.dial(&origin.endpoint, &mut attempt).await?)
                }
            };
            let was_reused = connection.is_reused();
            let mut sink = Sink::keep_in(&self.memory);
            match exchange(&mut connection, &request, &mut sink, &self.buffers, &self.clock).await {
                Ok(answer) => {
                    if connection.is_reusable() {
                        self.kept = Some((origin.id, connection));
                    }
                    return Ok((answer.head.status(), answer.head.fields().clone(), sink.into_bytes()));
                }
                // The server had closed the kept one meanwhile.
                Err(Unanswered::Unsent(_)) if was_reused => {}
                Err(Unanswered::Unsent(failure)) => return Err(failure.at(&origin.endpoint).into()),
                Err(Unanswered::Failed(error)) => return Err(error.at(&origin.endpoint)),
            }
        }
    }
}
