//! [`HttpAction`]: a compiled request; runs it, follows redirects, checks the response, reports samples.

use std::fs::File;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE};
use http::{HeaderValue, Method, StatusCode};
use loadspiker_core::Moment;
use loadspiker_core::check::{Absorbing, Check, CheckSet};
use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::expression::CompiledText;
use loadspiker_core::metrics::{Sample, SampleName};
use loadspiker_core::protocol::{Action, ActionBuilder, ActionContext, ActionFuture, ProtocolSlot};

use crate::auth::BoundAuth;
use crate::body::{LIMIT, Sink};
use crate::check::{HttpResponse, implied};
use crate::connection::{Answer, Head, Request};
use crate::cookie;
use crate::debug;
use crate::decode::decode;
use crate::error::HttpError;
use crate::imperative::HttpReply;
use crate::part::Part;
use crate::perform::{Order, Trace};
use crate::protocol::HttpProtocol;
use crate::redirect;
use crate::request::HttpRequest;
use crate::request::body::Body;
use crate::request::form::Fields;
use crate::request::header::Headers;
use crate::request::place::Placed;
use crate::request::prepared::{Hop, Plan, Prepared};
use crate::request::url::{Target, is_absolute};
use crate::shard::{HttpShard, HttpUser};
use crate::tls::UserCertificate;

/// A compiled request, shared by all users.
struct HttpAction {
    slot: ProtocolSlot,
    protocol: Arc<HttpProtocol>,
    name: RequestName,
    plan: Plan,
    checks: CheckSet,
    timeout: Duration,
    follow_redirects: bool,
    silent: bool,
    download: Option<CompiledText>,
    auth: Option<BoundAuth>,
    certificate: Option<UserCertificate>,
}

impl ActionBuilder for HttpRequest {
    fn describe(&self) -> String {
        format!("http \"{}\" {} {}", self.name, self.method, self.url.source())
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (slot, protocol) = cx.protocol(HttpProtocol::without_base);
        let of_all = protocol.checks.iter().filter(|_| !self.bare);
        let checks: Vec<Check> = self.checks.iter().chain(of_all).cloned().collect();
        Box::new(HttpAction {
            slot,
            name: cx.request_name(&self.name),
            plan: plan(self, &protocol, cx),
            checks: CheckSet::compile(&checks, cx),
            timeout: self.timeout.unwrap_or(protocol.request_timeout),
            follow_redirects: self.follow_redirects && protocol.follow_redirects,
            silent: self.silent,
            download: self.download.as_ref().map(|path| path.compile(cx)),
            auth: BoundAuth::of(self, &protocol, cx),
            certificate: UserCertificate::compile(protocol.user_certificate.as_ref(), cx),
            protocol,
        })
    }
}

fn plan(request: &HttpRequest, protocol: &HttpProtocol, cx: &mut CompileContext<'_>) -> Plan {
    let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_else(|_| {
        cx.mistake(format!("\"{}\" is no HTTP method; write one such as GET", request.method));
        Method::GET
    });
    let url = request.url.compile(cx);
    if let Some(literal) = url.as_literal() {
        if !is_absolute(literal) && protocol.base_urls.is_empty() {
            cx.mistake(format!(
                "URL \"{literal}\" does not name its server, and there is no base URL: write \
                 .protocol(HttpProtocol::new(\"http://…\")), or begin the URL with http:// or https://"
            ));
        } else if let Some(Err(error)) = is_absolute(literal).then(|| url::Url::parse(literal)) {
            cx.mistake(format!("URL \"{literal}\" cannot be read: {error}"));
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
    Plan { number, method, url: Placed::url(url), query, headers, body }
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
                self.report(cx, Part::default(), &Trace::unsent(cx.now()), None, Some(&error.to_string()));
                return cx.return_buffer(buffer);
            }
        };
        let mut followed = 0;
        while self.auth.is_none() || Box::pin(self.obtain(cx, &hop, followed)).await {
            let sent = self.hop(cx, &shard, &prepared, &hop, followed, download.as_deref(), &mut buffer);
            let Some(next) = sent.await else { break };
            followed += u32::from(next.challenges == 0);
            hop = Rc::new(next);
            if !cx.next_request().await {
                break;
            }
        }
        if self.checks.needs_body() {
            cx.forget_time();
        }
        cx.return_buffer(buffer);
    }

    fn download_path(&self, cx: &ActionContext) -> Result<Option<String>, HttpError> {
        let Some(download) = &self.download else { return Ok(None) };
        let mut path = String::new();
        download.render(cx.session(), &mut path).map_err(|error| HttpError::Build(error.to_string()))?;
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
    ) -> impl Future<Output = Option<Hop>> {
        async move {
            let built = self.plan.request(hop, prepared, shard, cx.session(), buffer);
            let (mut request, mut sink) = match built.and_then(|request| Ok((request, self.sink(cx, download)?))) {
                Ok(built) => built,
                Err(error) => {
                    self.report(cx, Part::after(followed), &Trace::unsent(cx.now()), None, Some(&error.to_string()));
                    return None;
                }
            };
            if self.protocol.cookies
                && let Some(jar) = &cx.user(self.slot, || HttpUser::new(&self.protocol)).cookies
                && let Some(cookies) = cookie::field(jar, &hop.target, request.headers().get(COOKIE))
            {
                request.headers_mut().insert(COOKIE, cookies);
            }
            if let Err(error) = self.authenticate(cx, hop, &mut request) {
                self.report(cx, Part::after(followed), &Trace::unsent(cx.now()), None, Some(&error.to_string()));
                return None;
            }
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
                sink: &mut sink,
                trace: &mut trace,
            };
            let result = order.perform(cx).await;
            if let Some(headers) = request.into_own_headers() {
                shard.take_back(headers);
            }
            let answer = match result {
                Ok(answer) => answer,
                Err(error) => {
                    self.report(cx, Part::after(followed), &trace, None, Some(&error.to_string()));
                    return None;
                }
            };
            if self.protocol.cookies && answer.head.sets_cookies() {
                let jar = &mut cx.user(self.slot, || HttpUser::new(&self.protocol)).cookies;
                cookie::keep(jar, &hop.target, answer.head.fields());
            }
            let status = answer.head.status();
            if let Some(then) = self.challenged(cx, hop, followed, &trace, &answer, &mut sink) {
                shard.buffers.give_back(answer.head.into_bytes());
                return then;
            }
            if !(self.follow_redirects && redirect::is_redirect(status)) {
                let (head, verdict) = self.verify(cx, answer.head, sink, &hop.target, trace.ended, download);
                shard.buffers.give_back(head.into_bytes());
                self.report(cx, Part::after(followed), &trace, Some(status), verdict.err().as_deref());
                return None;
            }
            if cx.is_debugging() {
                cx.debug(&debug::response(status, answer.head.fields(), &sink.into_bytes()));
            }
            let next = if followed < self.protocol.max_redirects {
                redirect::follow(hop, status, answer.head.fields(), &shard.origins)
            } else {
                Err(HttpError::Redirects(self.protocol.max_redirects))
            };
            shard.buffers.give_back(answer.head.into_bytes());
            let error = next.as_ref().err().map(ToString::to_string);
            self.report(cx, Part::after(followed), &trace, Some(status), error.as_deref());
            next.ok()
        }
    }

    /// How this hop is authenticated; another origin must not see it.
    fn auth_of(&self, hop: &Hop) -> Option<&BoundAuth> {
        self.auth.as_ref().filter(|_| !hop.foreign)
    }

    /// Obtains what the next request needs. Says whether it can be sent; if not, that is reported.
    async fn obtain(&self, cx: &mut ActionContext, hop: &Hop, followed: u32) -> bool {
        let Some(auth) = self.auth_of(hop) else { return true };
        match auth.obtain(cx).await {
            Ok(may_be_sent) => may_be_sent,
            Err(error) => {
                self.report(cx, Part::after(followed), &Trace::unsent(cx.now()), None, Some(&error.to_string()));
                false
            }
        }
    }

    /// Completes a request that is about to be sent, and shows it to those who debug.
    fn authenticate(&self, cx: &mut ActionContext, hop: &Hop, request: &mut Request) -> Result<(), HttpError> {
        let secrets = match self.auth_of(hop) {
            Some(auth) => auth.apply(cx, hop, request)?,
            None => Vec::new(),
        };
        if cx.is_debugging() {
            cx.debug(&debug::request(&hop.target, request, &hop.body, &secrets));
        }
        Ok(())
    }

    /// If the answer is a challenge: reports it, and gives what follows, if anything can.
    fn challenged(
        &self,
        cx: &mut ActionContext,
        hop: &Hop,
        followed: u32,
        trace: &Trace,
        answer: &Answer,
        sink: &mut Sink,
    ) -> Option<Option<Hop>> {
        let error = match self.auth_of(hop)?.is_challenge(cx, hop, answer.head.status(), answer.head.fields()) {
            Ok(false) => return None,
            Ok(true) => None,
            Err(error) => Some(error.to_string()),
        };
        if cx.is_debugging() {
            let body = std::mem::replace(sink, Sink::Discard).into_bytes();
            cx.debug(&debug::response(answer.head.status(), answer.head.fields(), &body));
        }
        let part = Part { challenge: error.is_none(), ..Part::after(followed) };
        self.report(cx, part, trace, Some(answer.head.status()), error.as_deref());
        Some(error.is_none().then(|| Hop { challenges: hop.challenges + 1, ..hop.clone() }))
    }

    /// Where the body goes.
    fn sink(&self, cx: &ActionContext, download: Option<&str>) -> Result<Sink, HttpError> {
        let create = |path| File::create(path).map_err(|error| cannot_write(path, &error));
        match (self.checks.absorbing(), download) {
            _ if cx.is_debugging() || cx.wants_reply() => Ok(Sink::keep()),
            (Some(absorbing), path) => Ok(Sink::feed(absorbing, path.map(create).transpose()?)),
            (None, _) if self.checks.needs_body() => Ok(Sink::keep()),
            (None, None) => Ok(Sink::Discard),
            (None, Some(path)) => create(path).map(Sink::File),
        }
    }

    /// Runs the checks over the last response. Returns the first failure.
    fn verify(
        &self,
        cx: &mut ActionContext,
        head: Head,
        sink: Sink,
        target: &Target,
        ended: Moment,
        download: Option<&str>,
    ) -> (Head, Result<(), String>) {
        if let (Some(path), Sink::Keep(_)) = (download, &sink) {
            // A check looks at what is downloaded: it was kept, and is written now.
            let body = sink.into_bytes();
            return match std::fs::write(path, &body) {
                Ok(()) => self.check(cx, head, &body, None, target, ended),
                Err(error) => (head, Err(cannot_write(path, &error).to_string())),
            };
        }
        if self.checks.is_empty() && !cx.is_debugging() && !cx.wants_reply() {
            let verdict = implied(head.status());
            return (head, verdict);
        }
        let (body, absorbing) = sink.into_parts();
        self.check(cx, head, &body, absorbing, target, ended)
    }

    fn check(
        &self,
        cx: &mut ActionContext,
        head: Head,
        raw: &Bytes,
        absorbing: Option<Absorbing>,
        target: &Target,
        ended: Moment,
    ) -> (Head, Result<(), String>) {
        let status = head.status();
        let decoded = if head.is_encoded() { decode(raw.clone(), head.fields(), LIMIT) } else { Ok(raw.clone()) };
        if cx.is_debugging() {
            cx.debug(&debug::response(status, head.fields(), decoded.as_ref().unwrap_or(raw)));
        }
        let body = match decoded {
            _ if !self.checks.needs_body() && !cx.wants_reply() => Bytes::new(),
            Ok(body) => body,
            Err(error) => return (head, Err(error.to_string())),
        };
        let response_time = ended.since(cx.intended());
        let cookies =
            self.protocol.cookies.then(|| cx.user(self.slot, || HttpUser::new(&self.protocol)).cookies.clone());
        let (body, absorbing) = match absorbing {
            // What was kept was encoded, and is fed now; the rest was fed while it came.
            Some(mut absorbing) => {
                absorbing.feed(&body);
                (Bytes::new(), Some(absorbing))
            }
            None => (body, None),
        };
        let response = HttpResponse::new(head, body, response_time, target.clone(), cookies.flatten());
        let checked = match absorbing {
            Some(absorbing) => self.checks.run_absorbed(&response, absorbing, cx.session_mut()),
            None => self.checks.run(&response, cx.session_mut()),
        };
        if cx.wants_reply() {
            cx.reply(HttpReply::of(&response));
        }
        let implied = if self.checks.has_status_check() { Ok(()) } else { implied(status) };
        (response.into_head(), implied.and(checked))
    }

    /// Hands the sample to the engine.
    fn report(
        &self,
        cx: &mut ActionContext,
        part: Part,
        trace: &Trace,
        status: Option<StatusCode>,
        error: Option<&str>,
    ) {
        if cx.is_debugging()
            && let Some(error) = error
        {
            cx.debug(&format!("! {error}\n"));
        }
        if self.silent {
            return match error {
                Some(error) => cx.finish_failed(error, trace.ended),
                None => cx.finish(trace.ended),
            };
        }
        let mut text = String::new();
        let mut name = self.name.resolve(cx.session(), &mut text);
        let hop;
        if part != Part::default() {
            let first = match (&self.name, &name) {
                (RequestName::Known(_, name), _) => name,
                (_, SampleName::Dynamic(name)) => *name,
                _ => "",
            };
            hop = part.name(first);
            name = SampleName::Dynamic(&hop);
        }
        let sample = Sample {
            name,
            intended: cx.intended(),
            started: cx.started(),
            sent: trace.sent,
            ended: trace.ended,
            error,
            status: status.map(|status| status.as_u16()),
            bytes_sent: trace.bytes_sent,
            bytes_received: trace.bytes_received,
            phases: trace.phases,
        };
        cx.record(&sample);
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
