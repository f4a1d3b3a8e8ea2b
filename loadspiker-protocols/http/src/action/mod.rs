//! [`HttpAction`]: a compiled request; runs it, follows redirects, reports samples. How it is authenticated is in
//! [`authentication`], how the response is checked in [`verdict`].

mod authentication;
mod kept;
mod verdict;

use std::fs::File;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE};
use http::{HeaderValue, Method, StatusCode};
use loadspiker_core::check::{Check, CheckSet};
use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::custom_metric::{Counter, counter};
use loadspiker_core::expression::CompiledText;
use loadspiker_core::metrics::SampleName;
use loadspiker_core::protocol::{Action, ActionBuilder, ActionContext, ActionFuture, ProtocolSlot, TagSet, masked_url};
use loadspiker_core::{Failure, Session};
use loadspiker_net::UserCertificate;

use self::kept::Failed;
use self::verdict::ASIDE;
use crate::auth::BoundAuth;
use crate::body::Sink;
use crate::body_memory::BodyMemory;
use crate::carry::Carry;
use crate::connection::{LeftOut, Request};
use crate::cookie;
use crate::debug;
use crate::error::HttpError;
use crate::part::Part;
use crate::perform::{Order, Trace};
use crate::protocol::HttpProtocol;
use crate::redirect;
use crate::request::HttpRequest;
use crate::request::body::Body;
use crate::request::form::Fields;
use crate::request::header::Headers;
use crate::request::place::Placed;
use crate::request::prepared::{CompiledRequest, Hop, Prepared};
use crate::request::url::{is_absolute, is_normal, not_http, other_scheme};
use crate::shard::{HttpShard, HttpUser};

/// A compiled request, shared by all users.
struct HttpAction {
    slot: ProtocolSlot,
    protocol: Arc<HttpProtocol>,
    name: RequestName,
    plan: CompiledRequest,
    checks: CheckSet,
    timeout: Duration,
    follow_redirects: bool,
    silent: bool,
    download: Option<CompiledText>,
    auth: Option<BoundAuth>,
    certificate: Option<UserCertificate>,
    tags: TagSet,
}

impl ActionBuilder for HttpRequest {
    fn describe(&self) -> String {
        format!("http \"{}\" {} {}", self.name, self.method, masked_url(self.url.source()))
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (slot, protocol) = cx.protocol_named(&self.on, HttpProtocol::without_base);
        let of_all = protocol.checks.iter().filter(|_| !self.bare);
        let checks: Vec<Check> = self.checks.iter().chain(of_all).cloned().collect();
        Box::new(HttpAction {
            slot,
            name: cx.request_name(&self.name),
            plan: plan(self, &protocol, cx),
            checks: CheckSet::compile(&checks, cx),
            timeout: self.timeout.unwrap_or(protocol.net.request_timeout),
            follow_redirects: self.follow_redirects && protocol.follow_redirects,
            silent: self.silent,
            download: self.download.as_ref().map(|path| path.compile(cx)),
            auth: BoundAuth::of(self, &protocol, cx),
            certificate: UserCertificate::compile(protocol.net.user_certificate.as_ref(), cx),
            tags: TagSet::compile(&self.tags, cx),
            protocol,
        })
    }
}

fn plan(request: &HttpRequest, protocol: &HttpProtocol, cx: &mut CompileContext<'_>) -> CompiledRequest {
    let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_else(|_| {
        cx.mistake(format!("\"{}\" is not a valid HTTP method; write one such as GET", request.method));
        Method::GET
    });
    let url = request.url.compile(cx);
    let beginning = url.as_literal().or_else(|| request.url.source().split("#{").next()).unwrap_or_default();
    if let Some(scheme) = other_scheme(beginning) {
        cx.mistake(format!("URL \"{}\" {}", masked_url(request.url.source()), not_http(scheme)));
    } else if let Some(literal) = url.as_literal() {
        if !is_absolute(literal) && protocol.base_urls.is_empty() {
            cx.mistake(format!(
                "URL \"{}\" does not name its server, and there is no base URL: write \
                 .protocol(HttpProtocol::new(\"http://…\")), or begin the URL with http:// or https://",
                masked_url(literal)
            ));
        } else if let Some(Err(error)) = is_absolute(literal).then(|| url::Url::parse(literal)) {
            cx.mistake(format!("URL \"{}\" cannot be read: {error}", masked_url(literal)));
        }
    }
    if request.timeout.is_some_and(|limit| limit.is_zero()) {
        cx.mistake("timeout is zero, so that the request always fails; give it a duration such as 10.secs()");
    }
    let mut specs = protocol.headers.clone();
    specs.retain(|header| !(request.bare && header.is(&AUTHORIZATION)));
    for header in &request.headers {
        header.clone().put_into(&mut specs);
    }
    let mut headers = Headers::compile(&specs, cx);
    let body = Body::compile(request, headers.say_json(), cx);
    if let Some(content_type) = body.content_type(request.body.as_ref())
        && !headers.contains(&CONTENT_TYPE)
        && let Ok(value) = HeaderValue::try_from(content_type.as_ref())
    {
        headers.fixed.insert(CONTENT_TYPE, value);
    }
    if !protocol.keep_alive {
        headers.fixed.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let query = Fields::compile_query(&request.query, cx);
    let number = (!cx.is_during_run()).then(|| protocol.number_action());
    let normalises = url.as_literal().is_some_and(|url| !is_normal(url));
    CompiledRequest { number, method, url: Placed::url(url), normalises, query, headers, body }
}

impl Action for HttpAction {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(self.execute(cx))
    }
}

impl HttpAction {
    async fn execute(&self, cx: &mut ActionContext) {
        let shard = cx.shard::<HttpShard>(self.slot);
        let base = shard.base_of(cx.session().user_id());
        let prepared = self.plan.prepared(&shard, base);
        let mut buffer = cx.take_buffer();
        let begun = self.plan.begin(&prepared, &shard, base, cx.session(), &mut buffer);
        let (mut hop, download) = match begun.and_then(|hop| Ok((hop, self.download_path(cx)?))) {
            Ok(begun) => begun,
            Err(error) => {
                self.report(cx, Part::default(), &Trace::unsent(cx.now()), None, Some(error.into()));
                return cx.return_buffer(buffer);
            }
        };
        let mut followed = 0;
        let mut carry = Carry::default();
        while self.auth.is_none() || self.obtain(cx, &hop, followed).await {
            let sent = self.hop(cx, &shard, &prepared, &hop, followed, download.as_deref(), &mut buffer, &mut carry);
            let Some(next) = sent.await else { break };
            followed += u32::from(next.challenges == 0);
            hop = Rc::new(next);
            if !cx.next_request().await {
                break;
            }
        }
        // What had come in while the shard was held up ended before now.
        if self.checks.needs_body() || cx.was_held_up() {
            cx.forget_time();
        }
        cx.return_buffer(buffer);
    }

    fn download_path(&self, cx: &ActionContext) -> Result<Option<String>, HttpError> {
        let Some(download) = &self.download else { return Ok(None) };
        let mut path = String::new();
        download.render(cx.session(), &mut path).map_err(|error| HttpError::Build(format!("{error:#}")))?;
        Ok(Some(path))
    }

    /// Runs one request: the user's, or after so many redirects the one that follows. Returns what follows it: that of
    /// a redirect, or the same again where the answer was a challenge.
    #[expect(clippy::too_many_arguments, reason = "all of it is the state of one loop, its only caller")]
    #[expect(clippy::manual_async_fn, reason = "an async function would hold what it is given twice")]
    fn hop<'a>(
        &'a self,
        cx: &'a mut ActionContext,
        shard: &'a HttpShard,
        prepared: &'a Prepared,
        hop: &'a Hop,
        followed: u32,
        download: Option<&'a str>,
        buffer: &'a mut String,
        carry: &'a mut Carry,
    ) -> impl Future<Output = Option<Hop>> {
        async move {
            let built = self.plan.request(hop, prepared, shard, cx.session(), buffer);
            let (mut request, mut sink) =
                match built.and_then(|request| Ok((request, self.sink(cx, &shard.memory, download)?))) {
                    Ok(built) => built,
                    Err(error) => {
                        self.report(cx, Part::after(followed), &Trace::unsent(cx.now()), None, Some(error.into()));
                        return None;
                    }
                };
            if self.protocol.cookies
                && let Some(jar) = &cx.user(self.slot, || HttpUser::new(&self.protocol)).cookies
                && let Some(cookies) = cookie::field(jar, &hop.target, request.headers().get(COOKIE))
            {
                request.headers_mut().insert(COOKIE, cookies);
            }
            let secrets = match self.authenticate(cx, hop, &mut request, carry) {
                Ok(secrets) => secrets,
                Err(error) => {
                    self.report(cx, Part::after(followed), &Trace::unsent(cx.now()), None, Some(error.into()));
                    return None;
                }
            };
            // A request that is the same for all takes no time to speak of until it is ready to be sent.
            let from = if followed == 0 && self.auth.is_none() && hop.head.is_some() { cx.started() } else { cx.now() };
            let mut trace = Trace::unsent(from);
            let order = Order {
                shard,
                protocol: &self.protocol,
                slot: self.slot,
                origin: &hop.target.origin,
                request: &request,
                limit: self.timeout,
                certificate: self.certificate.as_ref(),
                from,
                carry,
                sink: &mut sink,
                trace: &mut trace,
            };
            let result = order.perform(cx).await;
            let answer = match result {
                Ok(answer) => answer,
                Err(error) => {
                    let failed = Failed { hop, request: &request, secrets: &secrets, at: trace.ended };
                    let error = Failure::from(error);
                    self.keep(cx, Part::after(followed), error.text(), &failed, String::new);
                    recycle(shard, request);
                    self.report(cx, Part::after(followed), &trace, None, Some(error));
                    return None;
                }
            };
            if self.protocol.cookies && answer.head.sets_cookies() {
                let jar = &mut cx.user(self.slot, || HttpUser::new(&self.protocol)).cookies;
                cookie::keep(jar, &hop.target, answer.head.fields());
            }
            if let Some(left_out) = answer.head.left_out() {
                count_left_out(cx, left_out);
            }
            let status = answer.head.status();
            let failed = Failed { hop, request: &request, secrets: &secrets, at: trace.ended };
            if let Some(then) = self.challenged(cx, &failed, followed, &trace, &answer, &mut sink, carry) {
                recycle(shard, request);
                shard.buffers.give_back(answer.head.into_bytes());
                return then;
            }
            let next = match self.follow_redirects && redirect::is_redirect(status) {
                true => redirect::follow(hop, status, answer.head.fields(), &shard.origins),
                false => Ok(None),
            };
            if let Ok(None) = next {
                let (head, verdict) = if answer.head.is_encoded() && sink.kept() >= ASIDE {
                    Box::pin(self.verify_aside(cx, answer.head, sink, &hop.target, trace.ended, download)).await
                } else {
                    self.verify(cx, answer.head, sink, &hop.target, trace.ended, download)
                };
                if let Err(error) = &verdict {
                    let failed = Failed { hop, request: &request, secrets: &secrets, at: trace.ended };
                    self.keep(cx, Part::after(followed), error.text(), &failed, || shard.failed.take());
                }
                recycle(shard, request);
                shard.buffers.give_back(head.into_bytes());
                self.report(cx, Part::after(followed), &trace, Some(status), verdict.err());
                return None;
            }
            if cx.is_debugging() {
                cx.debug(&debug::response(status, answer.head.fields(), &sink.into_bytes()));
            }
            let limit = self.protocol.max_redirects;
            let next = if followed < limit { next } else { next.and(Err(HttpError::Redirects(limit))) };
            let (next, failure) = match next {
                Ok(next) => (next, None),
                Err(error) => (None, Some(Failure::from(error))),
            };
            if let Some(failure) = &failure {
                let response = || debug::response(status, answer.head.fields(), &[]);
                let failed = Failed { hop, request: &request, secrets: &secrets, at: trace.ended };
                self.keep(cx, Part::after(followed), failure.text(), &failed, response);
            }
            recycle(shard, request);
            shard.buffers.give_back(answer.head.into_bytes());
            self.report(cx, Part::after(followed), &trace, Some(status), failure);
            next
        }
    }

    /// Where the body goes.
    fn sink(&self, cx: &ActionContext, memory: &Arc<BodyMemory>, download: Option<&str>) -> Result<Sink, HttpError> {
        let create = |path| File::create(path).map_err(|error| cannot_write(path, &error));
        match (self.checks.absorbing(), download) {
            _ if cx.is_debugging() || cx.wants_reply() => Ok(Sink::keep_in(memory)),
            (Some(absorbing), path) => Ok(Sink::feed(absorbing, path.map(create).transpose()?, memory)),
            (None, _) if self.checks.needs_body() => Ok(Sink::keep_in(memory)),
            // Its beginning is shown of a request that fails by its status.
            (None, None) if !self.checks.has_status_check() && cx.keeps_exchanges() => {
                Ok(Sink::Peek(Vec::new(), false))
            }
            (None, None) => Ok(Sink::Discard),
            (None, Some(path)) => create(path).map(Sink::File),
        }
    }

    /// The name of a request of this action.
    fn name_of<'n>(
        &'n self,
        part: Part,
        session: &Session,
        text: &'n mut String,
        hop: &'n mut String,
    ) -> SampleName<'n> {
        let name = self.name.resolve(session, text);
        if part == Part::default() {
            return name;
        }
        let first = match (&self.name, &name) {
            (RequestName::Known(_, name), _) => name,
            (_, SampleName::Dynamic(name)) => *name,
            _ => "",
        };
        *hop = part.name(first);
        SampleName::Dynamic(hop)
    }

    /// Hands the sample to the engine.
    fn report(
        &self,
        cx: &mut ActionContext,
        part: Part,
        trace: &Trace,
        status: Option<StatusCode>,
        failure: Option<Failure>,
    ) {
        if cx.is_debugging()
            && let Some(failure) = &failure
        {
            cx.debug(&format!("! {failure}\n"));
        }
        if self.silent {
            return match failure {
                Some(failure) => cx.finish_failed(failure.text(), trace.ended),
                None => cx.finish(trace.ended),
            };
        }
        let (mut text, mut hop) = (String::new(), String::new());
        let name = self.name_of(part, cx.session(), &mut text, &mut hop);
        let mut sample = cx.sample_named(name).tags(&self.tags).sent(trace.sent).ended(trace.ended);
        sample = sample.bytes(trace.bytes_sent, trace.bytes_received).phases(trace.phases.clone());
        if let Some(status) = status {
            sample = sample.status(status.as_u16());
        }
        if let Some(failure) = failure {
            sample = sample.failed(failure);
        }
        // Whether time has passed is said at the end of the action.
        sample.no_time_passed().record();
    }
}

/// Lines in the heads of responses that could not be read, by their names.
const LEFT_OUT: Counter = counter("unreadable response header lines");

#[cold]
fn count_left_out(cx: &ActionContext, left_out: &LeftOut) {
    for name in left_out.names() {
        LEFT_OUT.add_tagged(cx, 1_u64, &[("line", name)]);
        if cx.is_debugging() {
            cx.debug(&format!("! a header line is not \"name: value\" and was skipped: {name}\n"));
        }
    }
}

/// The next request uses its memory.
fn recycle(shard: &HttpShard, request: Request) {
    if let Some(headers) = request.into_own_headers() {
        shard.take_back(headers);
    }
}

fn cannot_write(path: &str, error: &std::io::Error) -> HttpError {
    HttpError::Build(format!("cannot write file {path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn future_size<'a, F: Future>(_: impl Fn(&'a HttpAction, &'a mut ActionContext) -> F) -> usize {
        size_of::<F>()
    }

    /// The allocator keeps what is smaller at hand; what is larger costs it several times as much.
    #[test]
    fn a_request_under_way_fits_a_small_allocation() {
        let size = future_size(HttpAction::execute);
        assert!(size <= 1000, "{size}");
    }
}
