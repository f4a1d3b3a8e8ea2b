use std::collections::{BTreeMap, HashMap};

use super::*;

#[test]
fn values_of_different_types_that_say_the_same_are_the_same() {
    assert!(Value::from(5).same_as(&Value::from("5")));
    assert!(Value::from(5).same_as(&Value::from(5.0)));
    assert!(Value::from(true).same_as(&Value::from("true")));
    assert!(!Value::from("05").same_as(&Value::from("5")));
    assert!(!Value::Null.same_as(&Value::from("null")));
    assert!(!Value::from(1).same_as(&Value::from("one")));
}

#[test]
fn integers_beyond_i64_are_kept_as_floats() {
    assert_eq!(Value::from(u64::MAX), Value::Float(18_446_744_073_709_551_615.0));
    assert_eq!(Value::from(7_u64), Value::Int(7));
}

#[test]
fn json_survives_the_round_trip() {
    let json = serde_json::json!({"a": [1, 2.5, "x", null, true], "b": {}});
    assert_eq!(Value::from(&json).to_json(), json);
}

#[test]
fn arrays_are_lists_and_characters_are_texts() {
    assert_eq!(Value::from([1, 2]), Value::from(vec![1, 2]));
    assert_eq!(Value::from('ß'), Value::from("ß"));
}

#[test]
fn maps_and_lists_come_back_as_they_were() {
    let stock = BTreeMap::from([("apples", vec![1, 2]), ("pears", vec![])]);
    let value = Value::from(stock);
    assert_eq!(value.to_json(), serde_json::json!({"apples": [1, 2], "pears": []}));
    let ordered = BTreeMap::<String, Vec<u8>>::from_value(&value).unwrap();
    assert_eq!(ordered["apples"], [1, 2]);
    let hashed = HashMap::<String, Vec<u8>>::from_value(&value).unwrap();
    assert_eq!(hashed.len(), 2);
    assert_eq!(Value::from(hashed), value);
    assert_eq!(BTreeMap::<String, i64>::from_value(&value), None, "lists are no integers");
    assert_eq!(BTreeMap::<String, i64>::from_value(&Value::from([1])), None, "a list is no map");
    assert_eq!(Vec::<Vec<i64>>::from_value(&Value::from([[1], [2]])), Some(vec![vec![1], vec![2]]));
    assert_eq!(serde_json::Value::from_value(&value), Some(value.to_json()));
    assert_eq!(f32::from_value(&Value::from("1.5")), Some(1.5));
}

#[test]
fn bytes_are_read_as_bytes() {
    assert_eq!(Vec::<u8>::from_value(&Value::from(&b"ab"[..])), Some(vec![97, 98]));
    assert_eq!(Vec::<u8>::from_value(&Value::from("ab")), None);
}

#[test]
fn a_value_is_read_as_what_it_says() {
    assert_eq!((Value::from(5).as_i64(), Value::from(" 5 ").as_i64()), (Some(5), Some(5)));
    assert_eq!((Value::from(5.5).as_i64(), Value::from("many").as_i64()), (None, None));
    assert_eq!((Value::from(true).as_bool(), Value::from("true").as_bool()), (Some(true), None));
}

#[test]
fn a_value_takes_24_bytes_at_most() {
    assert!(size_of::<Option<Value>>() <= 24);
}
