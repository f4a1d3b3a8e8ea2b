use loadspiker::prelude::*;

#[derive(Record)]
enum Kind {
    New,
}

#[derive(Record)]
struct Pair(u8, u8);

#[derive(Record)]
struct Options {
    #[record(rename = 5)]
    number: u8,
    #[record(rename = "a.b")]
    point: u8,
    #[record(skip)]
    skipped: u8,
}

#[derive(Record)]
struct Product {
    price: f64,
}

struct Plain;

fn main() {
    let _ = csv("users.csv").typed::<Plain>();
    let _ = records([Plain]);
}
