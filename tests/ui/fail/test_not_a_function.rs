#[loadspiker::test]
struct Login;

#[loadspiker::test]
mod login {}

fn main() {}
