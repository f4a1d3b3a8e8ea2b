//! The demo shop of the examples, asked over a plain socket: what the examples rely on holds without LoadSpiker.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

#[path = "../examples/support/shop.rs"]
mod shop;

struct Answer {
    status: u16,
    head: String,
    body: Value,
}

/// One exchange on a connection of its own.
fn ask(shop: &str, method: &str, target: &str, token: &str, body: &Value) -> Answer {
    let host = shop.strip_prefix("http://").unwrap();
    let body = body.to_string();
    let mut connection = TcpStream::connect(host).unwrap();
    write!(
        connection,
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: serde_json::from_str(body).unwrap_or_default(),
    }
}

fn get(shop: &str, target: &str) -> Answer {
    ask(shop, "GET", target, "", &Value::Null)
}

fn log_in(shop: &str) -> Answer {
    ask(shop, "POST", "/login", "", &json!({ "user": "ada", "password": "secret-of-ada" }))
}

#[test]
fn a_customer_logs_in_browses_fills_the_cart_and_checks_out() {
    let shop = shop::open().unwrap();
    let login = log_in(&shop);
    assert_eq!(login.status, 200);
    assert!(login.head.contains("x-session-id: s-"), "{}", login.head);
    let token = login.body["access_token"].as_str().unwrap();

    let list = get(&shop, "/products?page=5");
    let products = list.body["products"].as_array().unwrap();
    assert_eq!((list.status, products.len()), (200, 10));
    let id = &products[9]["id"];

    let detail = get(&shop, &format!("/products/{id}"));
    assert_eq!(&detail.body["id"], id);
    let price = detail.body["price"].as_f64().unwrap();
    assert!(price > 0.0);

    let cart = ask(&shop, "PUT", &format!("/cart/{id}"), token, &Value::Null);
    assert_eq!((cart.status, &cart.body["items"]), (200, &json!(1)));
    let order = ask(&shop, "POST", "/checkout", token, &Value::Null);
    assert_eq!((order.status, order.body["total"].as_f64().unwrap()), (201, price));
    assert_eq!(ask(&shop, "POST", "/checkout", token, &Value::Null).status, 409, "the cart was emptied");
}

#[test]
fn what_is_wrong_is_refused() {
    let shop = shop::open().unwrap();
    assert_eq!(ask(&shop, "POST", "/login", "", &json!({ "user": "ada", "password": "x" })).status, 401);
    assert_eq!(get(&shop, "/products?page=6").status, 404);
    assert_eq!(get(&shop, "/products/51").status, 404);
    assert_eq!(ask(&shop, "PUT", "/cart/1", "forged", &Value::Null).status, 401);
    assert_eq!(ask(&shop, "POST", "/checkout", "forged", &Value::Null).status, 401);
    let token = log_in(&shop).body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(ask(&shop, "PUT", "/cart/51", &token, &Value::Null).status, 404);
}

#[test]
fn every_login_gets_a_token_of_its_own() {
    let shop = shop::open().unwrap();
    let tokens: std::collections::HashSet<String> =
        (0..20).map(|_| log_in(&shop).body["access_token"].as_str().unwrap().to_owned()).collect();
    assert_eq!(tokens.len(), 20);
}
