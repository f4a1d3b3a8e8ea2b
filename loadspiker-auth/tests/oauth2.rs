//! Tokens for a protocol that is not HTTP: calls over nothing, and an authorization server in memory.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use loadspiker_auth::{OAuth2, TokenEndpoint, TokenForm, TokenReply, TokenSource, oauth2};
use loadspiker_core::StepError;
use loadspiker_core::compile::{CompileContext, RequestName};
use loadspiker_core::dsl::{Chain, Simulation, Steps, exec, scenario};
use loadspiker_core::inject::at_once_users;
use loadspiker_core::protocol::{Action, ActionBuilder, ActionContext, ActionFuture};

/// What happened, in order: what the server was asked, and what calls were made with, or why they were not.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Answers forms: the reply to the nth is that which is the nth here, the last for all further ones.
#[derive(Clone, Copy)]
struct Server(&'static [(u16, &'static str)]);

/// A call with a token. If it is `refused`, the server says once that the token is at fault.
struct Call {
    auth: OAuth2,
    server: Server,
    log: Log,
    refused: bool,
}

impl ActionBuilder for Call {
    fn describe(&self) -> String {
        "call".to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(Calling {
            name: cx.request_name("call"),
            tokens: self.auth.compile(cx),
            server: self.server,
            log: self.log.clone(),
            refused: self.refused,
        })
    }
}

struct Calling {
    name: RequestName,
    tokens: TokenSource,
    server: Server,
    log: Log,
    refused: bool,
}

impl Calling {
    async fn call(&self, cx: &mut ActionContext) -> Result<(), StepError> {
        if self.tokens.is_due(cx) {
            self.tokens.obtain(&mut Memory { cx, server: self.server, log: &self.log }).await?;
        }
        let token = self.tokens.send(cx)?;
        self.log.add(format!("call with {token}"));
        if self.refused && self.tokens.refused(cx, true) {
            self.tokens.obtain(&mut Memory { cx, server: self.server, log: &self.log }).await?;
            let token = self.tokens.send(cx)?;
            self.log.add(format!("call again with {token}"));
        }
        self.tokens.accepted(cx);
        Ok(())
    }
}

impl Action for Calling {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            if let Err(error) = self.call(cx).await {
                self.log.add(format!("no call: {error}"));
            }
        })
    }
}

/// The way to the authorization server.
struct Memory<'a> {
    cx: &'a mut ActionContext,
    server: Server,
    log: &'a Log,
}

impl TokenEndpoint for Memory<'_> {
    fn context(&self) -> &ActionContext {
        self.cx
    }

    fn context_mut(&mut self) -> &mut ActionContext {
        self.cx
    }

    async fn exchange(&mut self, form: TokenForm) -> Result<TokenReply, StepError> {
        let asked = self.log.lines().iter().filter(|line| line.contains("=")).count();
        let fields: Vec<_> = form.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.log.add(format!("{} {}", form.url, fields.join("&")));
        // Others get their turn meanwhile.
        tokio::task::yield_now().await;
        let replies = self.server.0;
        let (status, body) = replies[asked.min(replies.len() - 1)];
        form.judge(status, body.as_bytes())?;
        Ok(TokenReply { status, body: body.as_bytes().to_vec() })
    }
}

fn run(users: u64, calls: impl Fn(&Log) -> Chain) -> Vec<String> {
    let log = Log::default();
    let population = scenario("Call").exec(calls(&log)).inject([at_once_users(users)]);
    let report = Simulation::new("calls").with(population).shards(1).simulated_clock().run().unwrap();
    assert_eq!((report.users_started(), report.panics()), (users, 0));
    log.lines()
}

fn call(auth: &OAuth2, server: Server, log: &Log) -> Chain {
    Chain::action(Call { auth: auth.clone(), server, log: log.clone(), refused: false })
}

const GOOD: Server = Server(&[(200, r#"{"access_token":"a"}"#), (200, r#"{"access_token":"b"}"#)]);

#[test]
fn a_token_is_fetched_once_for_all_calls_and_all_users_that_share_it() {
    let service = oauth2("memory:token", "reports").client_secret_in_body("s").scope("read").shared();
    let lines = run(2, |log| exec(call(&service, GOOD, log)).exec(call(&service, GOOD, log)));
    let form = "memory:token grant_type=client_credentials&scope=read&client_id=reports&client_secret=s";
    assert_eq!(lines[0], form);
    assert_eq!(lines[1..], ["call with a"; 4]);
}

#[test]
fn a_token_that_is_at_fault_is_replaced() {
    let app = oauth2("memory:token", "app").password("ada", "secret");
    let lines = run(1, |log| Chain::action(Call { auth: app.clone(), server: GOOD, log: log.clone(), refused: true }));
    let form = "memory:token grant_type=password&username=ada&password=secret&client_id=app";
    assert_eq!(lines, [form, "call with a", form, "call again with b"]);
}

#[test]
fn a_refusal_says_why() {
    const NO: Server = Server(&[(400, r#"{"error":"invalid_grant"}"#)]);
    let app = oauth2("memory:token", "app").password("ada", "secret");
    let lines = run(1, |log| call(&app, NO, log));
    assert_eq!(lines[1..], ["no call: invalid_grant"]);
}

#[test]
fn a_device_waits_until_its_user_agrees() {
    const DEVICE: Server = Server(&[
        (200, r#"{"device_code":"d","user_code":"u","verification_uri":"memory:agree","expires_in":600,"interval":5}"#),
        (400, r#"{"error":"authorization_pending"}"#),
        (200, r#"{"access_token":"a"}"#),
    ]);
    let tv = oauth2("memory:token", "tv").device_code("memory:device");
    let poll = "memory:token grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=d&client_id=tv";
    let lines = run(1, |log| call(&tv, DEVICE, log));
    assert_eq!(lines, ["memory:device client_id=tv", poll, poll, "call with a"]);
}

#[cfg(feature = "login")]
#[test]
fn a_grant_with_a_login_page_needs_a_protocol_that_can_visit_it() {
    let browser = oauth2("memory:token", "app")
        .authorization_code("memory:authorize", "https://app.test/back")
        .login_field("user", "ada");
    let lines = run(1, |log| call(&browser, GOOD, log));
    assert_eq!(
        lines,
        ["no call: this protocol cannot visit a login page; use a grant without one, such as .password(…)"]
    );
}
