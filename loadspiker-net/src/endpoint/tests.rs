//! URLs and addresses, in order and not.

use super::*;

fn endpoint(text: &str, scheme: &str) -> (String, bool) {
    let target = Target::parse(text, &[scheme]).unwrap();
    (target.endpoint.to_string(), target.endpoint.is_secure())
}

#[test]
fn each_scheme_has_its_port_with_tls_and_without() {
    for scheme in SCHEMES {
        if let Some(port) = scheme.port {
            assert_eq!(endpoint(&format!("{}://h.test", scheme.name), scheme.name), (format!("h.test:{port}"), false));
        }
        if let Some(port) = scheme.tls_port {
            for written in [scheme.with_tls(), format!("{}+tls", scheme.name)] {
                let url = format!("{written}://h.test");
                assert_eq!(endpoint(&url, scheme.name), (format!("h.test:{port}"), true), "{url}");
            }
        }
    }
    assert_eq!(endpoint("tcp+tls://h.test:7", "tcp"), ("h.test:7".to_owned(), true));
}

#[test]
fn a_port_that_is_written_counts_even_if_it_is_that_of_another_scheme() {
    for port in [80, 443, 21, 6379] {
        assert_eq!(endpoint(&format!("redis://h.test:{port}"), "redis").0, format!("h.test:{port}"));
        assert_eq!(endpoint(&format!("https://h.test:{port}"), "http").0, format!("h.test:{port}"));
    }
}

#[test]
fn hosts_of_all_schemes_are_put_into_their_usual_form() {
    for scheme in ["http", "redis"] {
        let host = |text: &str| Target::parse(&format!("{scheme}://{text}:1"), &[scheme]).unwrap().endpoint;
        assert_eq!(host("Shop.TEST").host(), "shop.test");
        assert_eq!(host("bücher.test").host(), "xn--bcher-kva.test");
        assert_eq!(host("127.0.0.1").ip(), Some([127, 0, 0, 1].into()));
        assert_eq!(host("[::1]").to_string(), "[::1]:1");
        assert_eq!(host("[::1]").host(), "::1");
    }
}

#[test]
fn user_password_path_and_query_are_taken_apart() {
    let target = Target::parse("amqp://a%40b:p%2Fw@mq.test/vhost?heartbeat=5", &["amqp"]).unwrap();
    assert_eq!((target.user.as_deref(), target.password.as_deref()), (Some("a@b"), Some("p/w")));
    assert_eq!((target.path.as_str(), target.query.as_deref()), ("/vhost", Some("heartbeat=5")));
    assert!(!format!("{target:?}").contains("p/w"));
}

#[test]
fn a_unix_socket_is_written_with_its_path() {
    let target = Target::parse("redis+unix:///run/redis%20a.sock", &["redis"]).unwrap();
    assert_eq!(target.endpoint.unix_path(), Some(Path::new("/run/redis a.sock")));
    assert_eq!(target.endpoint.to_string(), "/run/redis a.sock");
}

#[test]
fn what_is_wrong_is_told_with_the_way_to_write_it_and_without_secrets() {
    for (url, why) in [
        ("h.test", "cannot be read"),
        ("ftp://u:s3cret@h.test", "has the scheme ftp"),
        ("redis://", "does not name a host"),
        ("redis:h.test", "does not name a host"),
        ("redis+unix://", "does not name a Unix socket"),
        ("redis://h.test:99999", "cannot be read"),
    ] {
        let mistake = Target::parse(url, &["redis"]).unwrap_err();
        assert!(mistake.contains(why), "{mistake}");
        assert!(mistake.ends_with("; write redis://host:6379 or rediss://host:6379"), "{mistake}");
        assert!(!mistake.contains("s3cret"), "{mistake}");
    }
    assert!(Target::parse("tcp://h.test", &["tcp"]).unwrap_err().contains("has no port; write tcp://host:port"));
}

#[test]
fn an_address_has_a_host_and_maybe_a_port() {
    let of = |text| Endpoint::from_address(text, Some(88)).unwrap().to_string();
    assert_eq!(of("dc.corp.test"), "dc.corp.test:88");
    assert_eq!(of("127.0.0.1:750"), "127.0.0.1:750");
    assert_eq!(of("[::1]:750"), "[::1]:750");
    assert_eq!(of("[::1]"), "[::1]:88");
    assert_eq!(of("::1"), "[::1]:88");
    for wrong in ["", ":88", "dc:many", "http://dc", "a b", "ada@dc", "[::1", "[dc]:88", "[::1]88", "a:b:c"] {
        assert!(Endpoint::from_address(wrong, Some(88)).unwrap_err().contains("; write "), "{wrong}");
    }
    assert_eq!(Endpoint::from_address("dc", None), Err("has no port; write host:port"));
}
