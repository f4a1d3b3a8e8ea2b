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
fn integers_up_to_the_greatest_of_64_bits_are_kept_exactly() {
    let greatest = Value::from(u64::MAX);
    assert_eq!((greatest.type_name(), greatest.to_string().as_str()), ("integer", "18446744073709551615"));
    assert_eq!(greatest.to_json().to_string(), "18446744073709551615");
    assert_eq!(Value::from(&greatest.to_json()), greatest);
    assert_eq!((u64::from_value(&greatest), i64::from_value(&greatest)), (Some(u64::MAX), None));
    assert_eq!((greatest.as_u64(), greatest.as_i64()), (Some(u64::MAX), None));
    assert_eq!(usize::from_value(&Value::from(usize::MAX)), Some(usize::MAX));
    let list = Value::from(vec![u64::MAX, 1]);
    assert_eq!(list.to_string(), "[18446744073709551615,1]");
    assert_eq!(Vec::<u64>::from_value(&list), Some(vec![u64::MAX, 1]));
    assert_eq!((Value::from(7_u64), Value::from(-7_isize)), (Value::Int(7), Value::Int(-7)));
}

#[test]
fn numbers_that_differ_in_their_last_digit_are_not_the_same() {
    let (text, other) = ("9223372036854775788", 9_223_372_036_854_775_789_u64);
    assert!(!Value::from(text).same_as(&Value::from(other)));
    assert!(Value::from("9223372036854775789").same_as(&Value::from(other)));
    assert!(Value::from("18446744073709551615").same_as(&Value::from(u64::MAX)));
    assert!(!Value::from("18446744073709551616").same_as(&Value::from(u64::MAX)));
    assert!(!Value::from(9_007_199_254_740_993_i64).same_as(&Value::from(9_007_199_254_740_992.0)));
    let order = |one: &str, other: &str| Value::from(one).order_of_numbers(&Value::from(other));
    assert_eq!(
        order("100000000000000000000000000000000000000001", "100000000000000000000000000000000000000002"),
        Some(Ordering::Less)
    );
    assert_eq!((order("x", "1"), Value::Null.order_of_numbers(&1.into())), (None, None));
}

#[test]
fn bytes_are_one_value_and_not_a_list() {
    assert_eq!(Value::from(vec![0_u8, 255]), Value::Bytes([0, 255].into()));
    assert_eq!(Value::from([0_u8, 255]), Value::Bytes([0, 255].into()));
    assert_eq!(Value::from(Some(vec![7_u8])).type_name(), "bytes");
    assert_eq!(Value::from(vec![vec![7_u8]]), Value::List([Value::Bytes([7].into())].into()));
    assert_eq!(Vec::<u8>::from_value(&vec![7_u8, 8].into()), Some(vec![7, 8]));
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
    let ordered = BTreeMap::<String, Vec<u16>>::from_value(&value).unwrap();
    assert_eq!(ordered["apples"], [1, 2]);
    let hashed = HashMap::<String, Vec<u16>>::from_value(&value).unwrap();
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
