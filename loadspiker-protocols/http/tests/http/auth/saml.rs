//! SAML 2.0, web browser single sign-on: a service provider and an identity provider, and a user that goes the way of a
//! browser with forms alone.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use loadspiker_core::check::{body_string, form, status};
use loadspiker_core::dsl::{Chain, Steps, exec};
use loadspiker_http::http;
use ring::hmac;

use crate::support::*;

fn fields(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// Stands for the signature of the identity provider over what it asserts.
fn key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, b"of the identity provider")
}

/// Sends those who have no session to the identity provider, and lets those in who bring its assertion back, each for
/// the request that it was sent with.
fn service_provider(identity_provider: String) -> Server {
    Server::start(move |seen| match seen.path() {
        "/home" => match seen.header("cookie").and_then(|cookie| cookie.strip_prefix("session=")) {
            Some(name) => reply(200, &format!("welcome {name}")),
            None => {
                let request = STANDARD.encode(format!("<AuthnRequest ID=\"id-{}\"/>", seen.connection));
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("SAMLRequest", &request)
                    .append_pair("RelayState", "/home")
                    .finish();
                redirect(302, &format!("{identity_provider}/sso?{query}"))
            }
        },
        "/acs" => {
            let fields = fields(seen.text());
            let assertion = STANDARD.decode(&fields["SAMLResponse"]).unwrap();
            let (assertion, signature) = assertion.split_at(assertion.len() - 32);
            let assertion = String::from_utf8_lossy(assertion);
            let answers = format!("InResponseTo=\"id-{}\"", seen.connection);
            if hmac::verify(&key(), assertion.as_bytes(), signature).is_err() || !assertion.contains(&answers) {
                return reply(403, "");
            }
            let name = assertion.split_once("<NameID>").unwrap().1.split_once('<').unwrap().0;
            let cookie = format!("session={name}; Path=/");
            reply_with(303, &[("location", &fields["RelayState"]), ("set-cookie", &cookie)], "")
        }
        _ => reply(404, ""),
    })
}

/// Asks for a password, and answers with a form that a browser sends to the service provider by itself.
fn identity_provider() -> Server {
    Server::start(move |seen| match seen.path().split_once('?') {
        Some(("/sso", query)) => {
            let fields = fields(query);
            let page = format!(
                "<form id='login' action='/login' method='post'><input type='hidden' name='request' value='{}'>\
                 <input type='hidden' name='state' value='{}'><input name='user'><input name='password' type='password'>\
                 </form>",
                fields["SAMLRequest"], fields["RelayState"]
            );
            reply(200, &page)
        }
        None if seen.path() == "/login" => {
            let fields = fields(seen.text());
            if fields["password"] != format!("secret of {}", fields["user"]) {
                return reply(403, "");
            }
            let request = String::from_utf8(STANDARD.decode(&fields["request"]).unwrap()).unwrap();
            let id = request.split('"').nth(1).unwrap();
            let mut assertion =
                format!("<Response InResponseTo=\"{id}\"><NameID>{}</NameID></Response>", fields["user"]).into_bytes();
            let signature = hmac::sign(&key(), &assertion);
            assertion.extend(signature.as_ref());
            let page = format!(
                "<body onload='document.forms[0].submit()'><form action='/acs' method='post'>\
                 <input type='hidden' name='SAMLResponse' value='{}'><input type='hidden' name='RelayState' value='{}'>\
                 </form></body>",
                STANDARD.encode(assertion),
                fields["state"]
            );
            reply(200, &page)
        }
        _ => reply(404, ""),
    })
}

/// What the user does: what a browser would, with nothing that knows SAML.
fn sign_on(identity_provider: &str, password: &str) -> Chain {
    exec(http("home").get("/home").check(form("form#login").save_as("login")))
        .exec(
            http("login")
                .post(format!("{identity_provider}/login"))
                .form("#{login}")
                .form_param("user", "user #{userId()}")
                .form_param("password", password)
                .check(form("form").save_as("assertion")),
        )
        .exit_here_if_failed()
        .exec(http("assertion").post("/acs").form("#{assertion}").check(body_string().is("welcome user #{userId()}")))
}

#[test]
fn a_user_signs_on_with_forms_alone() {
    let identity = identity_provider();
    let service = service_provider(identity.url.clone());
    let chain = sign_on(&identity.url, "secret of user #{userId()}")
        .exec(http("again").get("/home").check(body_string().is("welcome user #{userId()}")));
    let report = run_users(3, service.protocol(), chain);
    for name in ["home", "home Redirect 1", "login", "assertion", "assertion Redirect 1", "again"] {
        assert_all_ok(&report, name, 3);
    }
}

#[test]
fn a_wrong_password_or_an_assertion_of_another_is_refused() {
    let identity = identity_provider();
    let service = service_provider(identity.url.clone());
    let report = run(service.protocol(), sign_on(&identity.url, "wrong"));
    assert_eq!(report.request("login").unwrap().failed_count(), 1);
    assert!(report.request("assertion").is_none_or(|request| request.count() == 0));

    let mut forged = b"<Response InResponseTo=\"id-0\"><NameID>me</NameID></Response>".to_vec();
    forged.extend([0; 32]);
    let forged = http("forged")
        .post("/acs")
        .form_param("SAMLResponse", STANDARD.encode(forged))
        .form_param("RelayState", "/home")
        .check(status().is(403));
    assert_all_ok(&run(service_provider(String::new()).protocol(), forged), "forged", 1);
}
