//! [`CompiledRequest`]: a compiled request; [`Prepared`]: a shard's copy of it; [`Hop`]: one request on its way.

use std::rc::Rc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use loadspiker_core::Session;

use super::body::Body;
use super::form::Fields;
use super::header::Headers;
use super::place::Placed;
use super::url::{Target, resolve};
use crate::connection::{Request, RequestHead};
use crate::error::HttpError;
use crate::shard::HttpShard;

/// Bodies up to this size are copied for each shard; of larger ones, shards share one copy.
const COPIED: usize = 64 * 1024;

/// A compiled request, shared by all shards.
#[derive(Debug)]
pub(crate) struct CompiledRequest {
    /// Its number among the requests of the protocol; `None` if it is made once, during the run.
    pub(crate) number: Option<usize>,
    pub(crate) method: Method,
    pub(crate) url: Placed,
    /// It is the same for all and not in its normal form.
    pub(crate) normalises: bool,
    pub(crate) query: Fields,
    pub(crate) headers: Headers,
    pub(crate) body: Body,
}

/// What of a request is the same for all users of a shard with the same base URL.
#[derive(Debug)]
pub(crate) struct Prepared {
    target: Option<Target>,
    headers: HeaderMap,
    body: Option<Bytes>,
    /// The whole request, if it is the same for all.
    hop: Option<Rc<Hop>>,
}

/// A request on its way: the one the user wrote, or the follow-up of a redirect.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) target: Target,
    pub(crate) method: Method,
    pub(crate) body: Bytes,
    /// A redirect took the body away, and with it the headers that speak of it.
    pub(crate) bodiless: bool,
    /// A redirect led to another origin, which must not see what is meant for the first.
    pub(crate) foreign: bool,
    /// How often it was sent before, because the answer was a challenge.
    pub(crate) challenges: u8,
    /// The head, cookies left out, if it is the same for all users.
    pub(crate) head: Option<Rc<RequestHead>>,
}

impl CompiledRequest {
    /// This shard's copy for users of the base URL at `base`.
    pub(crate) fn prepared(&self, shard: &HttpShard, base: usize) -> Rc<Prepared> {
        match self.number {
            Some(number) => shard.prepared(number, base, || self.prepare(shard, base)),
            None => Rc::new(self.prepare(shard, base)),
        }
    }

    fn prepare(&self, shard: &HttpShard, base: usize) -> Prepared {
        let base = shard.bases.get(base);
        let mut buffer = String::new();
        let fixed_url = self.url.as_literal().zip(self.query.fixed());
        let target = fixed_url.and_then(|(url, query)| resolve(url, &query, base, &shard.origins, &mut buffer).ok());
        let target = target.map(|target| self.normalised(target));
        let mut headers = HeaderMap::new();
        if let Some(origin) = target.as_ref().map(|target| &target.origin).or(base.map(|base| &base.origin)) {
            headers.insert(HOST, origin.header.clone());
        }
        for (name, value) in &self.headers.fixed {
            headers.insert(copy_name(name), copy_value(value));
        }
        let body = self.body.fixed().map(|body| match body.len() {
            0 => Bytes::new(),
            1..=COPIED => Bytes::copy_from_slice(body),
            _ => body.clone(),
        });
        let fixed = target.as_ref().zip(body.as_ref()).filter(|_| self.headers.are_fixed());
        let hop = fixed.map(|(target, body)| {
            let hop = self.hop(target.clone(), body.clone());
            let head = self.head(&hop, headers.clone()).written(body.len());
            Rc::new(Hop { head: Some(Rc::new(head)), ..hop })
        });
        Prepared { target, headers, body, hop }
    }

    fn hop(&self, target: Target, body: Bytes) -> Hop {
        Hop { target, method: self.method.clone(), body, bodiless: false, foreign: false, challenges: 0, head: None }
    }

    /// The request of this user.
    pub(crate) fn begin(
        &self,
        prepared: &Prepared,
        shard: &HttpShard,
        base: usize,
        session: &Session,
        buffer: &mut String,
    ) -> Result<Rc<Hop>, HttpError> {
        if let Some(hop) = &prepared.hop {
            return Ok(hop.clone());
        }
        let target = match &prepared.target {
            Some(target) => target.clone(),
            None => self.render_target(shard, base, session, buffer)?,
        };
        let body = match &prepared.body {
            Some(body) => body.clone(),
            None => self.body.render(session, &shard.files, buffer)?,
        };
        Ok(Rc::new(self.hop(target, body)))
    }

    fn render_target(
        &self,
        shard: &HttpShard,
        base: usize,
        session: &Session,
        buffer: &mut String,
    ) -> Result<Target, HttpError> {
        let failed = |error: loadspiker_core::expression::EvalError| HttpError::Build(format!("{error:#}"));
        let mut url = String::new();
        self.url.render(session, &mut url).map_err(failed)?;
        let mut query = String::new();
        self.query.render(session, &mut query).map_err(failed)?;
        let target = resolve(&url, &query, shard.bases.get(base), &shard.origins, buffer)?;
        Ok(self.normalised(target))
    }

    fn normalised(&self, target: Target) -> Target {
        if self.normalises { target.normalised() } else { target }
    }

    /// The request of a hop as it is sent, but for cookies.
    pub(crate) fn request(
        &self,
        hop: &Hop,
        prepared: &Prepared,
        shard: &HttpShard,
        session: &Session,
        buffer: &mut String,
    ) -> Result<Request, HttpError> {
        if let Some(head) = &hop.head {
            return Ok(Request::new(head.clone(), hop.body.clone()));
        }
        let mut headers = shard.header_map();
        for (name, value) in &prepared.headers {
            headers.append(name, value.clone());
        }
        if !self.headers.are_fixed() {
            self.headers.render_into(&mut headers, session, buffer)?;
        }
        let head = self.head(hop, headers);
        Ok(Request::new(Rc::new(head), hop.body.clone()))
    }

    /// The head of a hop, from the header fields that the user gave.
    fn head(&self, hop: &Hop, mut headers: HeaderMap) -> RequestHead {
        if hop.foreign {
            remove_private(&mut headers);
        }
        if hop.bodiless {
            for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
                headers.remove(name);
            }
        }
        let host = &hop.target.origin.header;
        if hop.foreign || !self.headers.contains(&HOST) && headers.get(HOST) != Some(host) {
            headers.insert(HOST, host.clone());
        }
        // Where content is to be expected, its absence is told (RFC 9110 §8.6).
        if hop.body.is_empty() && matches!(hop.method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        RequestHead::new(hop.method.clone(), hop.target.path.clone(), headers)
    }
}

/// What must not go to another origin: credentials, and what the user marked as secret.
fn remove_private(headers: &mut HeaderMap) {
    let private: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| value.is_sensitive() || matches!(**name, AUTHORIZATION | COOKIE))
        .map(|(name, _)| name.clone())
        .collect();
    for name in private {
        headers.remove(name);
    }
}

/// A name that shares no memory with the original.
fn copy_name(name: &HeaderName) -> HeaderName {
    HeaderName::from_bytes(name.as_str().as_bytes()).unwrap_or_else(|_| name.clone())
}

/// A value that shares no memory with the original.
fn copy_value(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone());
    copy.set_sensitive(value.is_sensitive());
    copy
}
