//! OAuth 2.0, against an authorization server that verifies what the standards want verified.

use std::collections::BTreeMap;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use loadspiker_core::DurationExt;
use loadspiker_core::check::status;
use loadspiker_core::dsl::{Simulation, Steps, exec, feed, repeat, scenario};
use loadspiker_core::feeder::records;
use loadspiker_core::imperative::User;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::report::RunReport;
use loadspiker_http::auth::{OAuth2, authenticate, oauth2};
use loadspiker_http::{UserHttp, http};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::support::*;

const REDIRECT: &str = "https://app.test/back";

/// How the server is set up.
#[derive(Clone, Copy)]
struct Setup {
    expires_in: &'static str,
    /// Of all tokens but the first, if it is another.
    later_expires_in: Option<&'static str>,
    refresh: bool,
    /// How many requests a token is good for.
    uses: u32,
    /// How often a device has to ask.
    polls: u32,
    device_lifetime: u32,
    consent: bool,
}

const SETUP: Setup = Setup {
    expires_in: "3600",
    later_expires_in: None,
    refresh: false,
    uses: u32::MAX,
    polls: 1,
    device_lifetime: 60,
    consent: false,
};

#[derive(Default)]
struct State {
    made: u32,
    /// How often each token was used.
    tokens: BTreeMap<String, u32>,
    refresh: Vec<String>,
    /// Of a code: the challenge of PKCE.
    codes: BTreeMap<String, String>,
    /// Of a device: how often it has asked, and whether the user has agreed.
    devices: BTreeMap<String, (u32, bool)>,
}

type Fields = BTreeMap<String, String>;

fn fields(text: &[u8]) -> Fields {
    form_urlencoded::parse(text).into_owned().collect()
}

fn error(error: &str) -> Reply {
    let body = format!("{{\"error\": \"{error}\", \"error_description\": \"because\\nTrace 1\"}}");
    reply_with(400, &[("content-type", "application/json")], &body)
}

fn server(setup: Setup) -> Server {
    let state = Mutex::new(State::default());
    Server::start(move |seen| {
        let state = &mut *state.lock().unwrap();
        let path = seen.path().split('?').next().unwrap();
        let query = fields(seen.path().split_once('?').map_or("", |(_, query)| query).as_bytes());
        let form = fields(&seen.body);
        match path {
            "/token" => token(setup, state, seen, &form),
            "/authorize" => {
                match query.get("state").filter(|_| seen.header("cookie").is_some_and(|c| c.contains("in=1"))) {
                    Some(_) if setup.consent => {
                        html("<form method=post action='/consent'><input type=hidden name=q value='{}'></form>", seen)
                    }
                    Some(_) => grant_code(state, &query),
                    None => redirect(
                        302,
                        &format!(
                            "/login?back={}",
                            form_urlencoded::byte_serialize(seen.path().as_bytes()).collect::<String>()
                        ),
                    ),
                }
            }
            "/consent" => {
                let asked = &form["q"];
                grant_code(state, &fields(asked.split_once('?').unwrap().1.as_bytes()))
            }
            "/login" if seen.line().starts_with("GET") => html(
                "<form method=post><input type=hidden name=csrf value=c1><input name=user><input type=password name=password></form>",
                seen,
            ),
            "/login" => match (form["csrf"].as_str(), *form["password"] == format!("secret of {}", form["user"])) {
                ("c1", true) => reply_with(303, &[("set-cookie", "in=1; Path=/"), ("location", &query["back"])], ""),
                _ => html(
                    "<form method=post><input type=hidden name=csrf value=c1><input name=user><input name=password></form>",
                    seen,
                ),
            },
            "/device" => {
                state.made += 1;
                state.devices.insert(format!("d{}", state.made), (0, false));
                reply(
                    200,
                    &format!(
                        "{{\"device_code\": \"d{0}\", \"user_code\": \"U-{0}\", \"verification_uri\": \"{1}/agree\", \"interval\": 7, \"expires_in\": {2}}}",
                        state.made,
                        format_args!("http://{}", seen.header("host").unwrap()),
                        setup.device_lifetime,
                    ),
                )
            }
            "/agree" if seen.line().starts_with("GET") => {
                html("<form method=post><input name=user_code><input name=user><input name=password></form>", seen)
            }
            "/agree" => {
                let device = form["user_code"].replace("U-", "d");
                state.devices.get_mut(&device).unwrap().1 = form["password"] == "secret of ada";
                reply(200, "thank you")
            }
            _ => {
                let bearer = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
                match bearer.and_then(|token| state.tokens.get_mut(token)) {
                    Some(uses) if *uses < setup.uses => {
                        *uses += 1;
                        reply(200, "data")
                    }
                    Some(_) if path == "/silent" => reply(401, ""),
                    Some(_) => {
                        reply_with(401, &[("www-authenticate", "Bearer realm=\"a\", error=\"invalid_token\"")], "")
                    }
                    None => reply_with(401, &[("www-authenticate", "Bearer realm=\"a\"")], ""),
                }
            }
        }
    })
}

fn html(page: &str, seen: &Seen) -> Reply {
    let page = page.replace("{}", &seen.path().replace('&', "&amp;"));
    reply_with(200, &[("content-type", "text/html")], &page)
}

/// Sends the user back with a code, if all is as RFC 6749 §4.1.1 and RFC 7636 §4.3 want it.
fn grant_code(state: &mut State, query: &Fields) -> Reply {
    let is_right = query["response_type"] == "code"
        && query["client_id"] == "app"
        && query["redirect_uri"] == REDIRECT
        && query["code_challenge_method"] == "S256"
        && query["scope"] == "read write";
    if !is_right {
        return redirect(302, &format!("{REDIRECT}?error=invalid_request&state={}", query["state"]));
    }
    state.made += 1;
    let code = format!("c{} +", state.made);
    state.codes.insert(code.clone(), query["code_challenge"].clone());
    let mut back = Url::parse(REDIRECT).unwrap();
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &query["state"]);
    redirect(302, back.as_str())
}

fn token(setup: Setup, state: &mut State, seen: &Seen, form: &Fields) -> Reply {
    let get = |name: &str| form.get(name).map_or("", String::as_str);
    let basic = format!("Basic {}", STANDARD.encode("service%3A:secret+%26"));
    let client = match seen.header("authorization") {
        Some(given) if given == basic => "service:",
        Some(_) => return error("invalid_client"),
        None if get("client_secret") == "secret &" => "service:",
        None => get("client_id"),
    };
    let refused = match get("grant_type") {
        "client_credentials" => client != "service:" || get("audience") == "nobody",
        "password" => get("password") != format!("secret of {}", get("username")) || client != "app",
        "refresh_token" => {
            let known = state.refresh.iter().position(|token| token == get("refresh_token"));
            known.map(|index| state.refresh.remove(index)).is_none()
        }
        "authorization_code" => {
            let challenge = state.codes.remove(get("code"));
            let verified = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier")));
            challenge != Some(verified) || get("redirect_uri") != REDIRECT || get("code_verifier").len() < 43
        }
        "urn:ietf:params:oauth:grant-type:device_code" => {
            let Some((polls, agreed)) = state.devices.get_mut(get("device_code")) else {
                return error("invalid_grant");
            };
            *polls += 1;
            if *polls == 2 && setup.polls > 2 {
                return error("slow_down");
            }
            if *polls < setup.polls || !*agreed {
                return error("authorization_pending");
            }
            false
        }
        _ => return error("unsupported_grant_type"),
    };
    if refused {
        return error("invalid_grant");
    }
    state.made += 1;
    let access = format!("a{}", state.made);
    state.tokens.insert(access.clone(), 0);
    let refresh = match setup.refresh {
        true => {
            state.refresh.push(format!("r{}", state.made));
            format!(", \"refresh_token\": \"r{}\"", state.made)
        }
        false => String::new(),
    };
    let expires_in = setup.later_expires_in.filter(|_| state.made > 1).unwrap_or(setup.expires_in);
    let expiry = if expires_in.is_empty() { String::new() } else { format!(", \"expires_in\": {expires_in}") };
    reply(200, &format!("{{\"access_token\": \"{access}\", \"token_type\": \"bearer\"{refresh}{expiry}}}"))
}

fn service() -> OAuth2 {
    oauth2("/token", "service:").client_secret("secret &")
}

fn app() -> OAuth2 {
    oauth2("/token", "app").password("ada", "secret of ada")
}

fn data() -> loadspiker_http::HttpRequest {
    http("data").get("/data")
}

/// As [`run_users`], in simulated time: a pause is over at once. Time goes on while a request is on its way, too, so that
/// tests can say what is later than a moment, not what is earlier.
fn run_simulated(
    users: u64,
    protocol: loadspiker_http::HttpProtocol,
    chain: impl Into<loadspiker_core::dsl::Chain>,
) -> RunReport {
    let population = scenario("Test").exec(chain.into()).inject([at_once_users(users)]);
    Simulation::new("test").protocol(protocol).with(population).simulated_clock().run().unwrap()
}

/// Runs a chain for twelve users on so many shards.
fn run_on(
    shards: usize,
    protocol: loadspiker_http::HttpProtocol,
    chain: impl Into<loadspiker_core::dsl::Chain>,
) -> RunReport {
    let report = simulation(12, protocol, chain).shards(shards).run().unwrap();
    assert_eq!(report.info().shards, shards);
    report
}

fn grants(server: &Server) -> Vec<String> {
    let asked = server.seen().into_iter().filter(|seen| seen.path() == "/token");
    asked.map(|seen| fields(&seen.body)["grant_type"].clone()).collect()
}

#[test]
fn each_user_has_a_token_and_sends_it_with_all_its_requests() {
    for auth in [service(), oauth2("/token", "service:").client_secret_in_body("secret &"), app()] {
        let server = server(SETUP);
        let report = run_users(3, server.protocol().auth(auth.scope("read")), repeat(4, data()));
        assert_all_ok(&report, "token", 3);
        assert_all_ok(&report, "data", 12);
        assert!(server.seen().iter().any(|seen| seen.text().contains("scope=read")));
        assert!(
            server
                .seen()
                .iter()
                .all(|seen| seen.path() != "/token" || seen.header("accept") == Some("application/json"))
        );
    }
}

#[test]
fn users_of_all_shards_share_a_token_and_one_of_them_asks_for_it_and_for_the_next() {
    for shards in 1..=3 {
        let server = server(SETUP);
        let report = run_on(shards, server.protocol().auth(service().shared()), repeat(5, data()));
        assert_all_ok(&report, "token", 1);
        assert_all_ok(&report, "data", 60);
        // The first lapses after a second.
        let server = self::server(Setup { expires_in: "1", later_expires_in: Some("3600"), ..SETUP });
        let visit = exec(data()).pause(1100.millis()).exec(data());
        let report = run_on(shards, server.protocol().auth(service().shared()), visit);
        assert_all_ok(&report, "token", 2);
        assert_all_ok(&report, "data", 24);
    }
}

#[test]
fn runs_and_logins_that_are_no_clones_have_tokens_of_their_own() {
    let server = server(SETUP);
    let (one, other) = (service().shared(), service().shared());
    let visit = exec(data().auth(&one)).exec(data().auth(&other)).exec(authenticate(&one));
    for _ in 0..2 {
        assert_all_ok(&run_on(2, server.protocol(), visit.clone()), "token", 2);
    }
}

#[test]
fn requests_of_users_code_share_a_token_on_all_shards_as_well() {
    let server = server(SETUP);
    let login = service().shared();
    let code = loadspiker_core::dsl::Chain::journey("code", async move |user: &mut User| {
        user.http("data").get("/data").auth(&login).send().await?;
        Ok(())
    });
    let report = run_on(3, server.protocol(), code);
    assert_all_ok(&report, "token", 1);
    assert_all_ok(&report, "data", 12);
}

#[test]
fn a_refused_grant_fails_all_who_wait_for_it_with_the_servers_reason() {
    let server = server(SETUP);
    let wrong = oauth2("/token", "service:").client_secret("wrong").shared().name("identity");
    for shards in 1..=3 {
        let report = run_on(shards, server.protocol().auth(&wrong), data());
        assert_eq!(report.request("identity").unwrap().errors()[0].0, "refused: invalid_client (because)");
        let errors = report.request("data").unwrap().errors();
        assert_eq!(errors, [("oauth2: refused: invalid_client (because)", 12)]);
    }
}

#[test]
fn a_token_that_is_due_is_renewed_before_the_request() {
    let server = server(Setup { expires_in: "60", ..SETUP });
    let visit = repeat(3, exec(data()).pause(50));
    let report = run_simulated(1, server.protocol().auth(service().renew_before(15.secs())), visit);
    assert_all_ok(&report, "token", 3);
    assert_all_ok(&report, "data", 3);
    let order: Vec<_> = server.seen().iter().map(|seen| seen.path().to_owned()).collect();
    assert_eq!(order, ["/token", "/data", "/token", "/data", "/token", "/data"]);
}

#[test]
fn a_refresh_token_is_used_while_it_is_good_and_then_the_grant_again() {
    let server = server(Setup { expires_in: "\"60\"", refresh: true, ..SETUP });
    let visit = repeat(3, exec(data()).pause(55));
    let report = run_simulated(1, server.protocol().auth(app()), visit);
    assert_all_ok(&report, "data", 3);
    assert_eq!(grants(&server), ["password", "refresh_token", "refresh_token"]);
    // One that is not good any more: the second user of the same token finds it used up.
    let server = self::server(Setup { refresh: true, ..SETUP });
    let seed = oauth2("/token", "app").refresh_token("#{refresh}");
    let unknown = feed(records([[("refresh", "unknown")]]).circular()).exec(data().auth(seed));
    let report = run(server.protocol(), unknown);
    assert_eq!(report.request("data").unwrap().errors(), [("oauth2: refused: invalid_grant (because)", 1)]);
}

#[test]
fn a_token_that_the_server_takes_back_is_replaced_and_the_request_sent_again() {
    let server = server(Setup { uses: 2, expires_in: "", ..SETUP });
    let report = run(server.protocol().auth(app()), repeat(4, http("data").get("/silent")));
    assert_all_ok(&report, "data", 4);
    assert_all_ok(&report, "data Challenge", 1);
    assert_all_ok(&report, "token", 2);
    // One that is never good is not replaced without end.
    let server = self::server(Setup { uses: 0, ..SETUP });
    let report = run(server.protocol().auth(app()), data().check(status().is(401)));
    assert_all_ok(&report, "data", 1);
    assert_all_ok(&report, "data Challenge", 1);
    assert_all_ok(&report, "token", 2);
    let report = run(server.protocol().auth(app()), http("data").get("/silent").check(status().is(401)));
    assert_all_ok(&report, "data", 1);
    assert_eq!(report.global().count(), 2, "it never went well, and nothing says that the token is at fault");
}

fn code() -> OAuth2 {
    let grant = oauth2("/token", "app").scope("read write").authorization_code("/authorize", REDIRECT);
    grant.login_field("user", "#{user}").login_field("password", "secret of #{user}")
}

#[test]
fn an_authorization_code_is_got_by_logging_in_and_proves_who_asked_for_it() {
    for consent in [false, true] {
        let server = server(Setup { consent, ..SETUP });
        let users = records([[("user", "ada")], [("user", "bob & co")]]);
        let report = run_users(2, server.protocol().auth(code()), feed(users).repeat(2, data()));
        assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
        assert_all_ok(&report, "data", 4);
        assert_all_ok(&report, "token", 2);
        assert_all_ok(&report, "token login", 2 * (4 + u64::from(consent)));
        let verifiers: std::collections::BTreeSet<_> = server
            .seen()
            .iter()
            .filter(|seen| seen.path() == "/token")
            .map(|seen| fields(&seen.body)["code_verifier"].clone())
            .collect();
        assert_eq!(verifiers.len(), 2);
    }
}

#[test]
fn a_refused_login_and_a_refused_authorization_say_so() {
    let server = server(SETUP);
    let wrong = oauth2("/token", "app").scope("read write").authorization_code("/authorize", REDIRECT);
    let wrong = wrong.login_field("user", "ada").login_field("password", "wrong");
    let report = run(server.protocol(), data().auth(wrong));
    assert_eq!(only_error(&report), "oauth2: the login was rejected: its form came back");
    let unscoped = oauth2("/token", "app").scope("read").authorization_code("/authorize", REDIRECT);
    let unscoped = unscoped.login_field("user", "ada").login_field("password", "secret of ada");
    let report = run(server.protocol(), data().auth(unscoped));
    assert_eq!(only_error(&report), "oauth2: the authorization was refused: invalid_request");
    let nowhere = oauth2("/token", "app").authorization_code("/device", REDIRECT);
    let report = run(server.protocol(), data().auth(nowhere));
    assert!(only_error(&report).contains("a page without a form"), "{}", only_error(&report));
}

#[test]
fn a_device_waits_until_its_user_has_agreed() {
    // Simulated time goes on while a request is on its way.
    let server = server(Setup { polls: 3, device_lifetime: u32::MAX, ..SETUP });
    let device = oauth2("/token", "app").device_code("/device").login_field("user", "ada");
    let device = device.login_field("password", "secret of ada");
    let report = run_simulated(1, server.protocol().auth(device), data());
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    assert_all_ok(&report, "token device", 1);
    assert_all_ok(&report, "token login", 2);
    assert_all_ok(&report, "token", 3);
    // 7 s, 7 s, and 5 s more because the server wants it slower.
    let waited =
        report.request("data").unwrap().response_time().max() + report.request("token").unwrap().response_time().max();
    assert!(waited >= 12.secs(), "{waited:?}");
    // Nobody agrees.
    let server = self::server(SETUP);
    let device = oauth2("/token", "app").device_code("/device");
    let report = run_simulated(1, server.protocol().auth(device), data());
    let errors = report.request("data").unwrap().errors();
    assert_eq!(errors, [("oauth2: the device code expired before the user approved it", 1)]);
}

#[test]
fn a_token_is_got_by_a_step_and_saved() {
    let server = server(SETUP);
    let login = app();
    let chain = exec(authenticate(&login).save_as("mine"))
        .exec(http("own").get("/data").bearer("#{mine}"))
        .exec(data().auth(&login))
        .exec(authenticate(&login).anew().save_as("mine"))
        .exec(http("own").get("/data").bearer("#{mine}"));
    let report = run(server.protocol(), chain);
    assert_all_ok(&report, "token", 2);
    assert_all_ok(&report, "own", 2);
    assert_all_ok(&report, "data", 1);
    let sent: Vec<_> =
        server.seen().iter().filter_map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, ["Bearer a1", "Bearer a1", "Bearer a2"]);
    let none = authenticate(loadspiker_http::auth::api_key("x", "y")).save_as("token");
    let report = run(server.protocol(), exec(none));
    assert_eq!(report.request("authenticate api_key").unwrap().failed_count(), 1);
}

#[test]
fn mistakes_are_told_before_the_run() {
    for (auth, mistake) in [
        (oauth2("/token", "service"), "client credentials without a secret"),
        (app().login_field("a", "b"), "login_field(…) requires authorization_code(…)"),
        (oauth2("/token", "app").authorization_code("/a", "back"), "the redirect URI is not a valid URL"),
    ] {
        let told = mistakes(Server::ok().protocol(), data().auth(auth));
        assert!(told.contains(mistake), "{told}");
    }
}

#[test]
fn no_secret_is_shown() {
    let server = server(Setup { refresh: true, ..SETUP });
    let auth = code().client_secret_in_body("leak 1");
    assert!(!format!("{:?}", auth.clone().login_field("x", "leak 2")).contains("leak"));
    let visit = feed(records([[("user", "ada")]]).circular()).exec(data().auth(auth));
    let shown = debugged(server.protocol(), visit);
    for secret in ["leak", "secret of", "\"a2\"", "\"r2\"", "Bearer a", "code=c1", "c1%20", "c1+"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("code=•••") && shown.contains("code_verifier=•••"), "{shown}");
}

#[test]
fn the_imperative_style_has_tokens_too() {
    let server = server(SETUP);
    let login = app();
    let code = loadspiker_core::dsl::Chain::journey("code", async move |user: &mut User| {
        user.request(authenticate(&login).save_as("mine")).await?;
        assert_eq!(user.session().get_str("mine")?, "a1");
        user.http("data").get("/data").auth(&login).send().await?;
        let wrong = oauth2("/token", "app").password("ada", "wrong");
        let error = user.http("data").get("/data").auth(&wrong).send().await.unwrap_err();
        assert!(error.to_string().contains("invalid_grant"), "{error}");
        Ok(())
    });
    let report = run(server.protocol(), code);
    assert_eq!(report.request("data").unwrap().ok_count(), 1);
    assert_eq!(report.request("token").unwrap().count(), 2);
}
