//! What goes with a request, and what comes back.

use std::fs;
use std::io::Write;

use loadspiker_core::Session;
use loadspiker_core::check::{body_string, json_path};
use loadspiker_core::dsl::{Steps, exec, exec_fn};
use loadspiker_http::http;
use serde_json::json;

use crate::support::*;

#[test]
fn json_keeps_types_and_escapes_texts() {
    let server = Server::ok();
    let chain = exec_fn(|session| {
        session.set("id", 5)?;
        session.set("name", "A \"quoted\"\nname")?;
        session.set("tags", vec!["x", "y"])?;
        Ok(())
    })
    .exec(http("n").post("/").json(json!({
        "id": "#{id}", "name": "#{name}", "text": "no #{id}: #{name}", "tags": "#{tags}",
        "fixed": [1, 2.5, null, true, "\\#{x}"], "deep": {"id": "#{id}"},
    })))
    .exec(http("n").post("/").json(json!(["fixed"])))
    .exec(http("n").post("/").json(|session: &Session| json!({ "user": session.user_id() })));
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.header("content-type") == Some("application/json")));
    let sent: serde_json::Value = serde_json::from_slice(&seen[0].body).unwrap();
    let name = "A \"quoted\"\nname";
    assert_eq!(
        sent,
        json!({
            "id": 5, "name": name, "text": format!("no 5: {name}"), "tags": ["x", "y"],
            "fixed": [1, 2.5, null, true, "#{x}"], "deep": {"id": 5},
        })
    );
    assert_eq!(seen[1].text(), "[\"fixed\"]");
    assert_eq!(seen[2].text(), "{\"user\":1}");
}

#[test]
fn texts_bytes_forms_and_files_are_sent() {
    let folder = Folder::new();
    let raw = folder.write("raw.txt", "raw #{id}");
    let named = folder.write("5.txt", "named by an expression");
    let by_id = named.replace("5.txt", "#{id}.txt");
    let server = Server::ok();
    let chain = exec_fn(|session| Ok(session.set("id", 5)?))
        .exec(http("n").post("/").body("id=#{id}").header("content-type", "text/plain"))
        .exec(http("n").post("/").body(b"\x00\xff#{id}"))
        .exec(http("n").post("/").body(|session: &Session| format!("user {}", session.user_id())))
        .exec(http("n").post("/").form_param("id", "#{id}").form_param("text", "a b&c").form_param("list", vec![1, 2]))
        .exec(http("n").post("/").body_file(&raw))
        .exec(http("n").post("/").body_template(&raw))
        .exec(http("n").post("/").body_file(&by_id));
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    let seen = server.seen();
    let bodies: Vec<&[u8]> = seen.iter().map(|seen| &seen.body[..]).collect();
    assert_eq!(
        bodies,
        [
            &b"id=5"[..],
            b"\x00\xff#{id}",
            b"user 1",
            b"id=5&text=a+b%26c&list=1&list=2",
            b"raw #{id}",
            b"raw 5",
            b"named by an expression",
        ]
    );
    assert_eq!(seen[0].header("content-type"), Some("text/plain"));
    assert_eq!(seen[3].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen[4].header("content-type"), None);
}

#[test]
fn a_fixed_form_is_a_form() {
    let server = Server::ok();
    run(server.protocol(), http("n").post("/").form_param("a", 1));
    assert_eq!(server.only().header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(server.only().text(), "a=1");
}

#[test]
fn whole_forms_are_sent_and_changed() {
    let server = Server::ok();
    let chain = exec_fn(|session| {
        let form = json!({"csrf": "x&y", "amount": "1", "extra": ["a", "b"]});
        session.set("form", form)?;
        session.set("text", "no form")?;
        Ok(())
    })
    .exec(http("n").post("/").form("#{form}"))
    .exec(http("n").post("/").form("#{form}").form_param("amount", 2).form_param("more", "#{form.csrf}"))
    .exec(http("n").post("/").form(json!({"id": "#{userId()}"})))
    .exec(http("n").post("/").form("#{form}").multipart_text("amount", 3))
    .exec(http("wrong").post("/").form("#{text}"));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("n").unwrap().failed_count(), 0, "{:?}", report.global().errors());
    assert!(only_error(&report).ends_with("form #{text} is a text, not a map"), "{}", only_error(&report));
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen[0].text(), "amount=1&csrf=x%26y&extra=a&extra=b");
    assert_eq!(seen[1].text(), "csrf=x%26y&extra=a&extra=b&amount=2&more=x%26y");
    assert_eq!(seen[2].text(), "id=1");
    let parts: Vec<&str> =
        seen[3].text().split("name=").skip(1).map(|part| &part[..part.find("\r\n--").unwrap()]).collect();
    assert_eq!(parts, ["\"csrf\"\r\n\r\nx&y", "\"extra\"\r\n\r\na", "\"extra\"\r\n\r\nb", "\"amount\"\r\n\r\n3"]);
    assert!(mistakes(server.protocol(), http("n").post("/").form("text")).contains("form(\"text\") is not a form"));
}

#[test]
fn uploads_are_parts_of_a_multipart_body() {
    let folder = Folder::new();
    let path = folder.write("photo.png", "PNG");
    let server = Server::ok();
    let request = http("n").post("/").form_param("id", "#{userId()}").multipart_text("note", "a").upload("file", path);
    run(server.protocol(), request);
    let seen = server.only();
    let boundary = seen.header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"id\"\r\n\r\n1\r\n\
         --{boundary}\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\na\r\n\
         --{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"photo.png\"\r\n\
         content-type: application/octet-stream\r\n\r\nPNG\r\n--{boundary}--\r\n"
    );
    assert_eq!(seen.text(), expected);
}

#[test]
fn an_encoded_body_is_decoded_for_checks() {
    let server = Server::start(|seen| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(br#"{"id": 7}"#).unwrap();
        let mut body = encoder.finish().unwrap();
        if seen.path() == "/corrupt" {
            body.truncate(12);
        }
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
        Reply::Answer([head.into_bytes(), body].concat())
    });
    let check = || json_path("$.id").is(7);
    let chain = exec(http("good").get("/").check(check()))
        .exec(http("bad").get("/corrupt").check(check()))
        .exec(http("unseen").get("/corrupt"));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("good").unwrap().ok_count(), 1);
    assert_eq!(report.request("bad").unwrap().errors(), [("corrupt gzip body", 1)]);
    assert_eq!(report.request("unseen").unwrap().ok_count(), 1, "nobody looked at the body");
}

#[test]
fn a_download_is_written_whether_checked_or_not() {
    let folder = Folder::new();
    let server = Server::start(|seen| match seen.path() {
        "/moved" => redirect(302, "/file"),
        _ => reply(200, "content"),
    });
    let chain = exec(http("n").get("/moved").download_to(folder.file("#{userId()}.txt")))
        .exec(http("n").get("/file").check(body_string().is("content")).download_to(folder.file("checked.txt")))
        .exec(http("lost").get("/file").download_to(folder.file("no/such/folder")));
    let report = run(server.protocol(), chain);
    assert_eq!(fs::read_to_string(folder.file("1.txt")).unwrap(), "content");
    assert_eq!(fs::read_to_string(folder.file("checked.txt")).unwrap(), "content");
    assert!(only_error(&report).starts_with("cannot write file "));
}

#[test]
fn a_json_body_is_whatever_serializes_and_what_does_not_is_a_mistake() {
    let server = Server::start(|_| reply(200, ""));
    let fields = std::collections::BTreeMap::from([("id", "#{userId()}"), ("text", "no #{userId()}")]);
    let chain = exec(http("by reference").post("/").json(&fields)).exec(http("by value").post("/").json(fields));
    run(server.protocol(), chain);
    let bodies: Vec<_> = server.seen().iter().map(|seen| seen.text().to_owned()).collect();
    assert_eq!(bodies, [r#"{"id":1,"text":"no 1"}"#; 2]);
    let unfit = std::collections::BTreeMap::from([((1, 2), 3)]);
    let text = mistakes(server.protocol(), http("unfit").post("/").json(&unfit));
    assert!(text.contains("the JSON body cannot be written: key must be a string"), "{text}");
}

#[test]
fn attributes_that_hold_bytes_are_sent_as_they_are() {
    const IMAGE: &[u8] = b"\x89PNG\r\n\x1a\n\xff\x00";
    let server = Server::ok();
    let chain = exec_fn(|session| Ok(session.set("image", IMAGE.to_vec())?))
        .exec(http("n").post("/").body("#{image}"))
        .exec(http("n").post("/").body("<#{image}>"))
        .exec(http("n").post("/").body(|session: &Session| session.get::<loadspiker_core::Value>("image")))
        .exec(http("n").post("/").multipart_text("file", "#{image}"))
        .exec(http("n").post("/").body("#{image.base64()}"));
    let report = run(server.protocol(), chain);
    assert_all_ok(&report, "n", 5);
    let seen = server.seen();
    assert_eq!((&*seen[0].body, &*seen[2].body), (IMAGE, IMAGE));
    assert_eq!(seen[1].body, [b"<", IMAGE, b">"].concat());
    assert!(seen[3].body.windows(IMAGE.len()).any(|window| window == IMAGE));
    assert_eq!(seen[4].body, b"iVBORw0KGgr/AA==");
}

#[test]
fn integers_keep_all_their_digits_in_bodies_and_answers() {
    let server = Server::start(|_| {
        Reply::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 28\r\n\r\n{\"id\": 18446744073709551615} ".to_vec())
    });
    let chain = exec(http("n").post("/").check(json_path("$.id").save_as("id")))
        .exec(http("n").post("/").json(json!({ "id": "#{id}", "max": u64::MAX })))
        .exec(http("n").post("/").form_param("id", "#{id}"));
    assert_all_ok(&run(server.protocol(), chain), "n", 3);
    let seen = server.seen();
    assert_eq!(seen[1].text(), "{\"id\":18446744073709551615,\"max\":18446744073709551615}");
    assert_eq!(seen[2].text(), "id=18446744073709551615");
}
