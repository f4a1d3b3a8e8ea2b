//! Responses that offer a value of their own instead of a body in JSON.

use super::*;

fn rows() -> Fake {
    let row = |id: u64, data: &[u8]| {
        Value::from(std::collections::BTreeMap::from([("id", Value::from(id)), ("data", Value::from(data))]))
    };
    let rows = Value::from(vec![row(1, b"a\xff"), row(u64::MAX, b"")]);
    Fake { value: Some(rows), ..response("no JSON") }
}

#[test]
fn checks_on_json_look_into_the_value_and_not_into_the_body() {
    for check in [
        json_path("$[*].id").count().is(2),
        json_path("$[1].id").is(u64::MAX),
        json_path("$[?@.id > 1].id").is("18446744073709551615"),
        jmes_path("[0].id").is(1),
        jmes_path("length(@)").is(2),
        jmes_path("[?id == `1`].id | [0]").is(1),
        json_path("$[?length(@.data) == 2].id").is(1),
        body_string().is("no JSON"),
    ] {
        assert_eq!(run(std::slice::from_ref(&check), &rows()).0, Ok(()), "{check:?}");
    }
    let message = run(&[json_path("$[0].name")], &rows()).0.unwrap_err();
    assert_eq!(message, "json_path $[0].name: nothing found");
}

#[test]
fn bytes_stay_bytes() {
    assert_eq!(saved_from(json_path("$[0].data"), &rows()), Some(Value::Bytes(b"a\xff"[..].into())));
    assert_eq!(saved_from(jmes_path("[0].data"), &rows()), Some(Value::Bytes(b"a\xff"[..].into())));
    assert_eq!(saved_from(json_path("$[0]"), &rows()).unwrap().type_name(), "map");
    assert_eq!(run(&[json_path("$[0].data").is(vec![b'a', 0xff])], &rows()).0, Ok(()));
}
