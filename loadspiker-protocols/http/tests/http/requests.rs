//! What is sent: methods, URLs, headers.

use loadspiker_core::Session;
use loadspiker_core::check::header;
use loadspiker_core::dsl::{Steps, exec, exec_async, exec_fn, repeat_counted};
use loadspiker_http::{HttpProtocol, HttpRequest, UserHttp, http};

use crate::support::*;

#[test]
fn every_method_is_sent_as_it_is_called() {
    let server = Server::ok();
    let n = || http("n");
    let chain = exec(n().get("/x"))
        .exec(n().post("/x"))
        .exec(n().put("/x"))
        .exec(n().patch("/x"))
        .exec(n().delete("/x"))
        .exec(n().options("/x"))
        .exec(n().method("PURGE", "/x"));
    let report = run(server.protocol(), chain);
    assert_eq!(server.lines(), ["GET /x", "POST /x", "PUT /x", "PATCH /x", "DELETE /x", "OPTIONS /x", "PURGE /x"]);
    assert_eq!(report.request("n").unwrap().ok_count(), 7);
    for seen in server.seen() {
        let expected = matches!(seen.line().split(' ').next().unwrap(), "POST" | "PUT" | "PATCH").then_some("0");
        assert_eq!(seen.header("content-length"), expected, "{}", seen.line());
    }
}

#[test]
fn a_head_request_has_no_body_to_wait_for() {
    let server = Server::start(|_| Reply::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n".to_vec()));
    let report = run(server.protocol(), exec(http("h").head("/")).exec(http("h").head("/")));
    assert_eq!(report.request("h").unwrap().ok_count(), 2);
    assert_eq!(server.seen()[1].connection, 0);
}

#[test]
fn the_default_headers_are_few_and_can_be_replaced() {
    let server = Server::ok();
    let own = http("own").get("/").header("User-Agent", "me").headers([("Accept", "text/html"), ("X-A", "1")]);
    run(server.protocol(), exec(http("plain").get("/")).exec(own));
    let [plain, own] = &server.seen()[..] else { panic!() };
    let host = server.url.trim_start_matches("http://");
    let agent = concat!("loadspiker/", env!("CARGO_PKG_VERSION"));
    let expected = format!("GET / HTTP/1.1\r\nhost: {host}\r\nuser-agent: {agent}\r\naccept: */*\r\n\r\n");
    assert_eq!(plain.head, expected);
    assert_eq!(
        (own.header("user-agent"), own.header("accept"), own.header("x-a")),
        (Some("me"), Some("text/html"), Some("1"))
    );
}

#[test]
fn paths_and_queries_are_rendered_and_encoded() {
    let server = Server::ok();
    let chain = exec_fn(|session| {
        session.set("id", "a b/ü")?;
        session.set("tags", vec!["x", "y&z"])?;
        session.set("page", 2)?;
        Ok(())
    })
    .exec(http("n").get("/items/#{id}?fixed=%20").query("page", "#{page}").query("tag", "#{tags}").query("q", "a+b c"))
    .exec(http("n").get("/plain").query("n", 5))
    .exec(http("n").get(|session: &Session| format!("/by/{}", session.user_id())));
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    assert_eq!(
        server.lines(),
        ["GET /items/a%20b%2F%C3%BC?fixed=%20&page=2&tag=x&tag=y%26z&q=a%2Bb%20c", "GET /plain?n=5", "GET /by/1"]
    );
}

#[test]
fn credentials_are_written_as_their_schemes_want_it() {
    let server = Server::ok();
    let chain = exec_fn(|session| Ok(session.set("token", "abc")?))
        .exec(http("n").get("/").basic_auth("Aladdin", "open sesame"))
        .exec(http("n").get("/").basic_auth("#{token}", "x"))
        .exec(http("n").get("/").bearer("#{token}"))
        .exec(http("n").get("/").api_key("X-Key", "k#{token}"));
    run(server.protocol().bearer("protocol"), chain);
    let seen = server.seen();
    let authorization: Vec<_> = seen.iter().map(|seen| seen.header("authorization").unwrap()).collect();
    assert_eq!(
        authorization,
        ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic YWJjOng=", "Bearer abc", "Bearer protocol"]
    );
    assert_eq!(seen[3].header("x-key"), Some("kabc"));
}

#[test]
fn users_take_turns_between_base_urls_and_stay_with_theirs() {
    let (a, b) = (Server::ok(), Server::ok());
    let protocol = HttpProtocol::balanced([&a.url, &b.url]);
    run_users(4, protocol, repeat_counted(3, "i", http("n").get("/#{userId()}")));
    let paths = |server: &Server| {
        let mut paths: Vec<_> = server.seen().iter().map(|seen| seen.path().to_owned()).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths(&a), ["/1", "/1", "/1", "/3", "/3", "/3"]);
    assert_eq!(paths(&b), ["/2", "/2", "/2", "/4", "/4", "/4"]);
}

#[test]
fn a_url_of_its_own_goes_to_its_own_server() {
    let (a, b) = (Server::ok(), Server::ok());
    let chain = exec(http("fixed").get(format!("{}/fixed", b.url)))
        .exec_fn({
            let url = b.url.clone();
            move |session| Ok(session.set("url", url.as_str())?)
        })
        .exec(http("rendered").get("#{url}/rendered").query("x", 1));
    let report = run(a.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    assert!(a.seen().is_empty());
    assert_eq!(b.lines(), ["GET /fixed", "GET /rendered?x=1"]);
    let host = b.url.trim_start_matches("http://");
    assert!(b.seen().iter().all(|seen| seen.header("host") == Some(host)));
}

#[test]
fn a_request_that_cannot_be_built_is_a_failure_of_that_request() {
    let server = Server::ok();
    let chain = exec_fn(|session| {
        session.set("list", vec![1])?;
        session.set("broken", "a\nb")?;
        Ok(())
    })
    .exec(http("index").get("/#{list(7)}"))
    .exec(http("header").get("/").header("x-a", "#{broken}"))
    .exec(http("closure").get(|_: &Session| Err::<String, _>(std::fmt::Error)))
    .exec(http("file").post("/").body_file("#{broken}"))
    .exec(http("fine").get("/"));
    let report = run(server.protocol(), chain);
    for name in ["index", "header", "closure", "file"] {
        let request = report.request(name).unwrap();
        assert_eq!((request.failed_count(), request.bytes_sent()), (1, 0), "{name}");
        assert_eq!(request.service_time().count(), 0, "{name}");
    }
    assert_eq!(report.request("fine").unwrap().ok_count(), 1);
    assert_eq!(server.lines(), ["GET /"]);
}

#[test]
fn mistakes_are_found_before_the_run() {
    let server = Server::ok();
    let chain = exec(http("a").get("/").header("bad name", "x"))
        .exec(http("b").method("GE T", "/"))
        .exec(http("c").post("/").body_file("no/such/file"))
        .exec(http("d").post("/").body("x").form_param("a", 1))
        .exec(http("e").get("http://"))
        .exec(http("f").get("/").header("content-length", "5"))
        .exec(http("g").get("/").header("x", "a\nb"));
    let text = mistakes(server.protocol().local_addresses(["eth0"]).max_connections_per_host(0), chain);
    for part in [
        "\"bad name\" is not a valid header name",
        "\"GE T\" is not a valid HTTP method",
        "cannot read file no/such/file",
        "a request has one body",
        "URL \"http://\" cannot be read",
        "header \"content-length\" is derived from the body",
        "header \"x\": its value has a line break",
        "local_addresses: \"eth0\" is not a valid IP address",
        "max_connections_per_host(0)",
        "http \"b\" GE T /",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(mistakes(HttpProtocol::new("shop.test"), http("a").get("/")).contains("base URL \"shop.test\""));
    assert!(server.seen().is_empty());
}

#[test]
fn urls_of_other_protocols_are_mistakes() {
    let server = Server::ok();
    for (url, scheme) in [
        ("ws://shop.test/x", "ws"),
        ("WSS://#{userId()}.shop.test/x", "wss"),
        ("ftp://me:s3cret@shop.test", "ftp"),
        ("mailto:me@shop.test", "mailto"),
        ("http:/shop.test", "http"),
    ] {
        let text = mistakes(server.protocol(), http("a").get(url));
        let expected = format!("\" begins with {scheme}: instead of http:// or https://; write one of these, or / to");
        assert!(text.contains(&expected) && !text.contains("s3cret"), "{text}");
    }
    // What only the run can tell fails the request.
    let chain = exec_fn(|session| Ok(session.set("url", "ws://shop.test/x")?)).exec(http("a").get("#{url}"));
    let report = run(server.protocol(), chain);
    assert!(only_error(&report).starts_with("URL begins with ws: instead of http://"), "{report:?}");
    assert!(server.seen().is_empty());
    let fine = exec(http("n").get("/go?to=ws://shop.test")).exec(http("n").get("items:search"));
    assert_all_ok(&run(server.protocol(), fine), "n", 2);
}

#[test]
fn a_path_and_a_whole_url_lead_to_the_same_place() {
    let server = Server::ok();
    for path in ["/a/../b", "/a/%2e%2e/b?x='1'", "/./b/"] {
        let whole = format!("{}{path}", server.url);
        run(server.protocol(), exec(http("n").get(path)).exec(http("n").get(&whole)));
        let dynamic = "#{userId()}";
        run(
            server.protocol(),
            exec(http("n").get(path).query("q", dynamic)).exec(http("n").get(whole).query("q", dynamic)),
        );
    }
    let lines = server.lines();
    assert_eq!((lines[0].as_str(), lines[2].as_str()), ("GET /b", "GET /b?q=1"));
    assert!(lines.chunks(2).all(|pair| pair[0] == pair[1]), "{lines:?}");
}

#[test]
fn an_alias_may_be_of_a_name_beyond_ascii() {
    let server = Server::ok();
    let port = server.url.rsplit(':').next().unwrap();
    for alias in ["bücher.test", "BÜCHER.test", "xn--bcher-kva.test"] {
        let protocol = HttpProtocol::new(format!("http://Bücher.test:{port}")).host_alias(alias, "127.0.0.1");
        assert_all_ok(&run(protocol, http("n").get("/")), "n", 1);
    }
    assert!(server.seen()[0].header("host").unwrap().starts_with("xn--bcher-kva.test:"));
    let text = mistakes(server.protocol().host_alias("shop.test:80", "127.0.0.1"), http("n").get("/"));
    assert!(
        text.contains("host_alias(\"shop.test:80\", \"127.0.0.1\"): \"shop.test:80\" is not a host name"),
        "{text}"
    );
}

#[test]
fn a_json_body_that_is_a_text_of_json_gets_a_hint() {
    let server = Server::ok();
    for text in ["{\"a\": 1}", "[1, 2]", "{\"id\": #{userId()}}"] {
        let report = run(server.protocol(), http("n").post("/").json(text));
        let told = report.warnings().join(" ");
        assert!(told.contains("is sent as a string in quotation marks; write .json(json!(…))"), "{told}");
    }
    let chain = exec(http("n").post("/").json("text")).exec(http("n").post("/").json("{curly}"));
    run(server.protocol(), chain);
    let bodies: Vec<_> = server.seen().iter().skip(3).map(|seen| seen.text().to_owned()).collect();
    assert_eq!(bodies, ["\"text\"", "\"{curly}\""]);
}

#[test]
fn secrets_in_urls_are_not_shown_with_mistakes() {
    let chain = exec(http("a").get("http://me:s3cret@:1/x?page=2&token=s3cret").header("bad name", "x"))
        .exec(http("b").get("/x?key=s3cret&id=#{id}"));
    for base in ["http://me:s3cret@shop.test", "http://me:s3cret@shop.test/?x=1", "me:s3cret@shop.test"] {
        let text = mistakes(HttpProtocol::new(base), chain.clone());
        assert!(!text.contains("s3cret"), "{text}");
        for part in
            ["base URL \"", "URL \"http://•••@:1/x?page=2&token=•••\" cannot be read", "GET /x?key=•••&id=#{id}"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}

#[test]
fn without_a_base_url_a_path_is_a_mistake() {
    use loadspiker_core::dsl::{Simulation, scenario};
    use loadspiker_core::inject::at_once_users;
    let population = scenario("Test").exec(http("a").get("/login")).inject([at_once_users(1)]);
    let error = Simulation::new("test").with(population).run().err().unwrap();
    assert!(error.to_string().contains("URL \"/login\" does not name its server"), "{error}");
}

#[test]
fn a_silent_request_is_sent_and_not_counted_but_fails_its_user() {
    let server = Server::start(|_| reply(500, ""));
    let report =
        run(server.protocol(), exec(http("quiet").get("/").silent()).exit_here_if_failed().exec(http("n").get("/")));
    assert_eq!(server.lines(), ["GET /"]);
    assert_eq!(report.global().count(), 0);
}

/// What requests have in common.
fn common(request: HttpRequest) -> HttpRequest {
    request.header("accept", "text/plain").header("x-common", "yes").query("key", "k").check(header("x-id").is("7"))
}

/// A definition with a parameter.
fn item(id: u32) -> HttpRequest {
    http("item").with(common).get(format!("/items/{id}"))
}

#[test]
fn what_requests_have_in_common_is_a_function_in_either_order_and_either_style() {
    let server = Server::start(|_| reply_with(200, &[("x-id", "7")], ""));
    let with_language =
        |language: &'static str| move |request: HttpRequest| request.header("accept-language", language);
    let imperative = exec_async("imperative", async |user| {
        user.http("bound").with(common).get("/").header("accept", "own").send().await?;
        user.http("bound").get("/").header("accept", "own").with(common).send().await?;
        assert_eq!(user.send(item(3)).await?.status(), 200);
        Ok(())
    });
    let chain = exec(http("before").with(common).with(with_language("de")).get("/").header("accept", "own"))
        .exec(http("after").get("/").header("accept", "own").with(common).with(with_language("de")))
        .exec(item(1))
        .exec(item(2))
        .exec(imperative);
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let seen = server.seen();
    let accepted: Vec<_> = seen.iter().map(|seen| (seen.path(), seen.header("accept").unwrap())).collect();
    let (own, common) = ("own", "text/plain");
    let expected = [
        ("/?key=k", own),
        ("/?key=k", common),
        ("/items/1?key=k", common),
        ("/items/2?key=k", common),
        ("/?key=k", own),
        ("/?key=k", common),
        ("/items/3?key=k", common),
    ];
    assert_eq!(accepted, expected);
    assert!(seen.iter().all(|seen| seen.header("x-common") == Some("yes")));
    assert!(seen[..2].iter().all(|seen| seen.header("accept-language") == Some("de")));
    assert_eq!(report.request("item").unwrap().ok_count(), 3);
}

#[test]
fn a_check_that_requests_have_in_common_holds_for_each_of_them() {
    let server = Server::ok();
    let report = run(server.protocol(), exec(item(1)).exec(http("other").get("/")));
    assert_eq!(report.request("item").unwrap().errors(), [("header x-id: nothing found", 1)]);
    assert_eq!(report.request("other").unwrap().ok_count(), 1);
}
