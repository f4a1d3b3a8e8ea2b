//! Digests and the length of a body: whole, in pieces, and what a set says it needs.

use super::*;

/// Digests of `hello`, by `md5sum`, `sha1sum` and `sha256sum`.
const MD5: &str = "5d41402abc4b2a76b9719d911017c592";
const SHA1: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
const SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn all() -> [Check; 4] {
    [md5().is(MD5), sha1().is(SHA1), sha256().is(SHA256), body_length().is(5)]
}

#[test]
fn a_body_that_is_there_is_digested() {
    assert_eq!(run(&all(), &response("hello")).0, Ok(()));
    assert_eq!(run(&[md5().is(MD5)], &response("hallo")).0.unwrap_err().split(':').next(), Some("md5"));
    assert_eq!(saved_from(md5(), &response("")), Some("d41d8cd98f00b204e9800998ecf8427e".into()));
}

#[test]
fn a_body_that_goes_by_in_pieces_is_digested() {
    let (set, mut session, _) = compile_in_test(|cx| CheckSet::compile(&all(), cx));
    let mut absorbing = set.absorbing().unwrap();
    for piece in ["he", "", "l", "lo"] {
        absorbing.feed(piece.as_bytes());
    }
    let gone = response("");
    assert_eq!(set.run_absorbed(&gone, absorbing, &mut session), Ok(()));
    assert_eq!(gone.body_reads.get(), 0);
}

#[test]
fn a_body_is_digested_once_for_all_checks() {
    let hello = response("hello");
    assert_eq!(run(&[md5().is(MD5), md5().matches("^5d"), all_of([md5().save_as("digest")])], &hello).0, Ok(()));
    assert_eq!(hello.body_reads.get(), 1);
}

#[test]
fn a_set_says_whether_feeding_it_is_enough() {
    let needs = |checks: &[Check]| {
        let set = compile_in_test(|cx| CheckSet::compile(checks, cx)).0;
        (set.needs_body(), set.absorbing().is_some())
    };
    assert_eq!(needs(&[status()]), (false, false));
    assert_eq!(needs(&[status(), any_of([md5(), check_if(true, sha1())])]), (true, true));
    assert_eq!(needs(&[md5(), substring("x")]), (true, false));
    assert_eq!(needs(&[custom_check("x", |_, _| true), md5()]), (true, false));
}

#[test]
fn what_the_client_holds_is_not_digested() {
    let unmodified = Fake { has_body: false, ..response("") };
    assert_eq!(run(&all(), &unmodified).0, Ok(()));
}
