//! Bodies, and other texts, from templates in Jinja.

use std::sync::LazyLock;

use loadspiker_core::dsl::{Chain, Steps, exec_async, exec_fn};
use loadspiker_core::expression::{Jinja, jinja, jinja_file};
use loadspiker_http::{UserHttp, http};
use serde_json::json;

use crate::support::*;

fn cart() -> Chain {
    exec_fn(|session| {
        session.set("user", "an \"odd\" <one>")?;
        session.set("cart", json!([{ "id": 7, "count": 2 }, { "id": "a/9" }]))?;
        Ok(())
    })
}

const ORDER: &str = r#"{"user": "{{ user }}", "lines": [
    {%- for line in cart %}{"id": {{ line.id }}, "count": {{ line.count | default(1) }}}
        {%- if not loop.last %},{% endif %}{% endfor %}]
    {%- if coupon is defined %}, "coupon": {{ coupon }}{% endif %}}"#;

#[test]
fn a_body_has_loops_and_conditions_and_is_json_where_a_name_or_a_header_says_so() {
    let folder = Folder::new();
    let server = Server::ok();
    let chain = cart()
        .exec(http("file").post("/").body(jinja_file(folder.write("order.json.j2", ORDER))))
        .exec(http("header").post("/").header("content-type", "application/json").body(jinja(ORDER)))
        .exec(http("said").post("/").body(jinja(ORDER).escape_json()))
        .exec(http("xml").put("/").body(jinja_file(folder.write("order.xml", "<u>{{ user }}</u>"))))
        .exec(http("plain").put("/").body(jinja("{{ user }}")))
        .exec(http("elsewhere").get(jinja("/{% for line in cart %}{{ line.count | default('x') }}{% endfor %}")));
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let expected = json!({ "user": "an \"odd\" <one>", "lines": [{"id": 7, "count": 2}, {"id": "a/9", "count": 1}] });
    let seen = server.seen();
    for seen in &seen[..3] {
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&seen.body).unwrap(), expected, "{}", seen.text());
    }
    assert_eq!(seen[3].text(), "<u>an &quot;odd&quot; &lt;one&gt;</u>");
    assert_eq!(seen[4].text(), "an \"odd\" <one>");
    assert_eq!(seen[5].path(), "/2x");
}

#[test]
fn an_attribute_that_is_not_there_fails_the_request_and_a_mistake_the_simulation() {
    let server = Server::ok();
    let report = run(server.protocol(), cart().exec(http("n").post("/").body(jinja("\n{{ usr }}"))));
    let error = "template jinja(…), line 2: `usr` is undefined: no attribute named \"usr\" is set; did you mean \"user\"? \
                 (there are: cart, user)";
    assert_eq!(report.request("n").unwrap().errors(), [(error, 1)]);
    assert!(server.seen().is_empty());

    let text = mistakes(server.protocol(), http("n").post("/").body(jinja("{{ user | uper }} {% if")));
    assert!(text.contains("syntax error") && text.contains("http \"n\" POST /, at "), "{text}");
    let text = mistakes(server.protocol(), http("n").post("/").body(jinja("{{ nobody }}")));
    assert!(text.contains("no step sets the attribute \"nobody\""), "{text}");
    let text = mistakes(server.protocol(), http("n").post("/").body(jinja_file("no/such.json")));
    assert!(text.contains("template no/such.json: "), "{text}");
}

#[test]
fn in_the_imperative_style_it_is_parsed_once_where_it_is_kept() {
    static ORDER_OF_ALL: LazyLock<Jinja> = LazyLock::new(|| jinja(ORDER).escape_json());
    let server = Server::ok();
    let order = exec_async("order", async |user| {
        for _ in 0..2 {
            user.http("n").post("/").body(ORDER_OF_ALL.clone()).send().await?;
        }
        user.http("wrong").post("/").body(jinja("{{ user")).send().await?;
        Ok(())
    });
    let report = run(server.protocol(), cart().exec(order));
    assert_eq!(report.request("n").unwrap().ok_count(), 2);
    assert!(report.request("wrong").unwrap().errors()[0].0.contains("line 1: syntax error"));
    assert_eq!(server.seen()[0].text(), server.seen()[1].text());
}
