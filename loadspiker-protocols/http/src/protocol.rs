//! [`HttpProtocol`]: the settings of HTTP, for all requests of a simulation or of a population.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loadspiker_core::check::{Check, IntoCheck};
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::IntoText;
use loadspiker_core::protocol::{LocalFuture, Protocol, ShardHandle, ShardState, masked_url};
use loadspiker_net::{NetSettings, net_settings};
use url::Url;

use crate::alias::parse_alias;
use crate::auth::{Auth, IntoAuth, digest_auth};
use crate::request::header::HeaderSpec;
use crate::shard::HttpShard;

/// The settings of HTTP. Pass them to `Simulation::protocol`, or to a population's, to override them there.
///
/// ```
/// use loadspiker_core::DurationExt;
/// use loadspiker_http::HttpProtocol;
///
/// let shop = HttpProtocol::new("https://shop.test/api")
///     .header("accept-language", "en")
///     .bearer("#{token}")
///     .request_timeout(5.secs())
///     .host_alias("shop.test", "127.0.0.1");
/// ```
///
/// Mistakes, such as an invalid URL or a missing file, are reported before the run, with all others.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until they are given to a simulation"]
pub struct HttpProtocol {
    pub(crate) key: String,
    pub(crate) base_urls: Vec<String>,
    pub(crate) headers: Vec<HeaderSpec>,
    pub(crate) checks: Vec<Check>,
    pub(crate) net: NetSettings,
    pub(crate) max_connections_per_host: usize,
    pub(crate) keep_alive: bool,
    pub(crate) follow_redirects: bool,
    pub(crate) max_redirects: u32,
    pub(crate) cookies: bool,
    pub(crate) host_aliases: Vec<(String, String)>,
    pub(crate) max_checked_body: usize,
    pub(crate) max_checked_memory: usize,
    pub(crate) auth: Option<Arc<dyn Auth>>,
    /// How many requests have been compiled for this protocol: each gets a number.
    actions: Arc<AtomicUsize>,
}

impl HttpProtocol {
    /// The base URL: scheme, host, and optionally a port and a path, which is prepended to the paths of requests. A request may
    /// name another server with an absolute URL.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self::balanced([base_url])
    }

    /// Distributes users over several base URLs, round-robin. Each user keeps its URL for its whole life.
    pub fn balanced(base_urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        HttpProtocol { base_urls: base_urls.into_iter().map(Into::into).collect(), ..Self::without_base() }
    }

    /// The settings where the user gave none: every request has to name its server.
    pub(crate) fn without_base() -> Self {
        HttpProtocol {
            key: String::new(),
            base_urls: Vec::new(),
            headers: vec![
                HeaderSpec::text("user-agent", concat!("loadspiker/", env!("CARGO_PKG_VERSION"))),
                HeaderSpec::text("accept", "*/*"),
            ],
            checks: Vec::new(),
            net: NetSettings::default(),
            max_connections_per_host: 6,
            keep_alive: true,
            follow_redirects: true,
            max_redirects: 20,
            cookies: true,
            host_aliases: Vec::new(),
            max_checked_body: 100_000_000,
            max_checked_memory: 512_000_000,
            auth: None,
            actions: Arc::default(),
        }
    }

    /// A second configuration beside the one without a name, for requests with
    /// [`.on(name)`](crate::HttpRequest::on). It has connections, cookies and settings of its own.
    ///
    /// ```
    /// use loadspiker_core::dsl::{Simulation, Steps, scenario};
    /// use loadspiker_core::inject::at_once_users;
    /// use loadspiker_http::{HttpProtocol, http};
    ///
    /// let visit = scenario("Visit").exec(http("page").get("/")).exec(http("image").get("/1.png").on("images"));
    /// let simulation = Simulation::new("shop")
    ///     .protocol(HttpProtocol::new("https://shop.test"))
    ///     .protocol(HttpProtocol::new("https://images.test").named("images").no_cookies())
    ///     .with(visit.inject([at_once_users(1)]));
    /// # simulation.plan(&Default::default()).unwrap();
    /// ```
    pub fn named(self, name: impl Into<String>) -> Self {
        HttpProtocol { key: name.into(), ..self }
    }

    fn with_header(mut self, header: HeaderSpec) -> Self {
        header.put_into(&mut self.headers);
        self
    }

    /// Adds a header to every request. The value may contain expressions, or be a closure over the session. A header of the
    /// request with the same name overrides it.
    pub fn header(self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.with_header(HeaderSpec::text(name, value))
    }

    /// Adds several headers to every request.
    pub fn headers<N: Into<String>, V: IntoText>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> Self {
        for (name, value) in headers {
            self = self.header(name, value);
        }
        self
    }

    /// The `user-agent` header. Default: `loadspiker/` and the version.
    pub fn user_agent(self, value: impl IntoText) -> Self {
        self.header("user-agent", value)
    }

    /// The `accept` header. Default: `*/*`.
    pub fn accept(self, value: impl IntoText) -> Self {
        self.header("accept", value)
    }

    /// Sends this user name and password with every request (RFC 7617).
    pub fn basic_auth(self, user: impl IntoText, password: impl IntoText) -> Self {
        self.with_header(HeaderSpec::basic(user, password))
    }

    /// Uses this user name and password in response to challenges (RFC 7616), for every request; see
    /// [`digest_auth`](crate::auth::digest_auth).
    pub fn digest_auth(self, user: impl IntoText, password: impl IntoText) -> Self {
        self.auth(digest_auth(user, password))
    }

    /// Sends this bearer token with every request (RFC 6750).
    pub fn bearer(self, token: impl IntoText) -> Self {
        self.with_header(HeaderSpec::bearer(token))
    }

    /// Authenticates every request with this method; see [`crate::auth`]. Requests with their own
    /// [`HttpRequest::auth`](crate::HttpRequest::auth), with an `authorization` header, or with
    /// [`no_auth`](crate::HttpRequest::no_auth) are excluded.
    pub fn auth<K>(mut self, auth: impl IntoAuth<K>) -> Self {
        self.auth = Some(auth.into_auth());
        self
    }

    /// Adds a check of every response, after the request's own checks.
    pub fn check(mut self, check: impl IntoCheck) -> Self {
        self.checks.push(check.into_check());
        self
    }

    /// The maximum number of connections to one scheme, host and port: per user, or per shard with
    /// [`share_connections`](Self::share_connections). Default: 6. Minimum: 1.
    pub fn max_connections_per_host(mut self, connections: usize) -> Self {
        self.max_connections_per_host = connections;
        self
    }

    /// Whether connections are kept open for the next request. Default: yes. If not, every request asks the server to close
    /// the connection (`connection: close`).
    pub fn keep_alive(mut self, keep_alive: bool) -> Self {
        self.keep_alive = keep_alive;
        self
    }

    /// Does not follow redirects. Default: redirects are followed, and each hop is a separate sample. Without a check on the
    /// status, a redirect that is not followed fails the request.
    pub fn no_follow_redirects(mut self) -> Self {
        self.follow_redirects = false;
        self
    }

    /// The maximum number of redirects in a row. One more fails the request. Default: 20.
    pub fn max_redirects(mut self, redirects: u32) -> Self {
        self.max_redirects = redirects;
        self
    }

    /// Neither stores nor sends cookies. Default: every user has its own cookies (RFC 6265).
    pub fn no_cookies(mut self) -> Self {
        self.cookies = false;
        self
    }

    /// Connects to `address`, an IP address or another host name, for URLs with the host `name`. The `host` header and TLS still
    /// use `name`. If called several times for one name, the addresses are used round-robin.
    #[expect(clippy::needless_pass_by_value, reason = "a text or an address is given, not a reference to one")]
    pub fn host_alias(mut self, name: impl Into<String>, address: impl ToString) -> Self {
        self.host_aliases.push((name.into(), address.to_string()));
        self
    }

    /// The largest body that checks can read, in bytes, as sent and as decoded. Default: 100 MB. A request with a larger body
    /// fails, unless no check needs it: a body that is only hashed, counted or downloaded may have any size.
    pub fn max_checked_body(mut self, bytes: usize) -> Self {
        self.max_checked_body = bytes;
        self
    }

    /// The maximum total size in bytes of the bodies that a shard keeps for checks; there is one shard per core. Default:
    /// 512 MB. A body counts with its announced length from its first byte on, and again after decoding.
    ///
    /// Above it, a request fails with an error that names this setting. It does not wait for memory, because that time would be
    /// attributed to the server. Replies kept by [imperative](crate::UserHttp) code count, too.
    pub fn max_checked_memory(mut self, bytes: usize) -> Self {
        self.max_checked_memory = bytes;
        self
    }

    /// The base URLs, parsed.
    pub(crate) fn bases(&self) -> Vec<Result<Url, String>> {
        self.base_urls.iter().map(|url| parse_base(url)).collect()
    }

    /// The aliases, names and targets as connections use them: in lower case, IDNs in ASCII (RFC 5891).
    pub(crate) fn parsed_host_aliases(&self) -> Vec<Result<(String, String), String>> {
        self.host_aliases.iter().map(|(name, target)| parse_alias(name, target)).collect()
    }

    /// A number for one more request.
    pub(crate) fn number_action(&self) -> usize {
        self.actions.fetch_add(1, Ordering::Relaxed)
    }
}

net_settings!(HttpProtocol.net: connect_timeout, request_timeout, local_addresses, tls, share_connections);

fn parse_base(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| {
        format!(
            "base URL \"{}\" {why}; write scheme, host and port, such as https://shop.test or http://127.0.0.1:8080",
            masked_url(text)
        )
    };
    let url = Url::parse(text).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is neither http:// nor https://"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or a fragment, to which no path can be added"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("base URL \"{}\" has a user name in it; use basic_auth(user, password)", masked_url(text)));
    }
    Ok(url)
}

impl Protocol for HttpProtocol {
    fn name(&self) -> &'static str {
        "http"
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn describe(&self) -> String {
        let bases = self.bases().into_iter().flatten().map(|base| base.to_string()).collect::<Vec<_>>();
        let key = if self.key.is_empty() { String::new() } else { format!(" \"{}\"", self.key) };
        format!("http{key} {}", bases.join(", ")).trim_end().to_owned()
    }

    fn check(&self, cx: &mut CompileContext<'_>) {
        for mistake in self.bases().into_iter().filter_map(Result::err) {
            cx.mistake(mistake);
        }
        self.net.check(cx);
        for mistake in self.parsed_host_aliases().into_iter().filter_map(Result::err) {
            cx.mistake(mistake);
        }
        for (bytes, name) in
            [(self.max_checked_body, "max_checked_body"), (self.max_checked_memory, "max_checked_memory")]
        {
            if bytes == 0 {
                cx.mistake(format!("{name}(0) leaves no body to check; give it bytes, such as 100_000_000"));
            }
        }
        if self.max_connections_per_host == 0 {
            cx.mistake("max_connections_per_host(0) leaves no connection to send a request over; give at least 1");
        }
    }

    fn open<'a>(&'a self, _: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
        Box::pin(async { Ok(Rc::new(HttpShard::open(self)?) as Rc<dyn ShardState>) })
    }

    fn schemes(&self) -> &[&str] {
        &["http", "https"]
    }

    fn with_target(&self, target: &str) -> Option<Result<Arc<dyn Protocol>, String>> {
        Some(parse_base(target).map(|_| {
            let protocol = HttpProtocol { base_urls: vec![target.to_owned()], ..self.clone() };
            Arc::new(protocol) as Arc<dyn Protocol>
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_shows_what_is_talked_to_and_who_said_so() {
        use loadspiker_core::dsl::{Simulation, Steps, scenario};
        use loadspiker_core::inject::at_once_users;

        let users = |name: &str| scenario(name).exec(crate::http("page").get("/")).inject(at_once_users(1));
        let simulation = Simulation::new("shop")
            .protocol(HttpProtocol::balanced(["http://a.test:8080", "http://b.test"]))
            .with(users("all"))
            .with(users("own").protocol(HttpProtocol::new("https://c.test").bearer("secret")));
        let plan = simulation.plan(&loadspiker_core::engine::RunOptions::default()).unwrap().to_string();
        assert!(
            plan.contains("  protocol http http://a.test:8080/, http://b.test/, given to the simulation\n"),
            "{plan}"
        );
        assert!(plan.contains("  protocol http https://c.test/, given to the population\n"), "{plan}");
        assert!(!plan.contains("secret"), "{plan}");
    }

    #[test]
    fn no_secret_is_in_what_is_shown_of_settings_and_requests() {
        let protocol = HttpProtocol::new("http://a.test").header("accept", "text/html").basic_auth("ann", "s3cret");
        let request = crate::http("page").get("/").bearer("s3cret").api_key("x-api-key", "s3cret");
        let shown = format!("{protocol:?} {request:?}");
        assert!(!shown.contains("s3cret") && shown.contains("text/html") && shown.contains("x-api-key"), "{shown}");
    }

    #[test]
    fn base_urls_that_are_none_are_told_with_an_example() {
        for (url, why) in [
            ("shop.test", "cannot be read"),
            ("ftp://shop.test", "is neither http:// nor https://"),
            ("http://shop.test/?a=1", "has a query"),
            ("http://", "cannot be read"),
            ("", "cannot be read"),
        ] {
            let mistake = parse_base(url).unwrap_err();
            assert!(mistake.contains(why) && mistake.contains("https://shop.test"), "{mistake}");
        }
        let mistake = parse_base("http://me:secret@shop.test/").unwrap_err();
        assert!(mistake.contains("basic_auth") && !mistake.contains("secret"), "{mistake}");
        assert!(parse_base("https://shop.test:8443/api/").is_ok());
    }

    #[test]
    fn another_target_replaces_all_base_urls() {
        let protocol = HttpProtocol::balanced(["http://a.test", "http://b.test"]);
        assert!(protocol.with_target("http://c.test").unwrap().is_ok());
        assert!(protocol.with_target("c.test").unwrap().is_err());
    }

    #[test]
    fn a_header_set_again_replaces_the_one_before() {
        let protocol = HttpProtocol::new("http://a.test").header("Accept", "text/html").user_agent("me");
        assert_eq!(protocol.headers.len(), 2);
    }
}
