//! Who gets a message, what is kept, what is counted.

use std::any::Any;
use std::cell::Cell;

use super::*;
use crate::check::{Predicate, custom_check, substring};
use crate::protocol::compile_in_test;
use crate::stream::Bell;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Text(&'static str);

impl Response for Text {
    fn body(&self) -> &[u8] {
        self.0.as_bytes()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn at(nanos: u64) -> Moment {
    Moment::from_nanos(nanos)
}

fn holding(word: &str) -> BoundPredicate {
    let (predicate, session, _) = compile_in_test(|cx| Predicate::compile(&[substring(word)], cx));
    predicate.bind(&session)
}

fn any() -> BoundPredicate {
    BoundPredicate::default()
}

fn taken(expectation: &Expectation<Text>) -> Option<&'static str> {
    expectation.take().map(|outcome| outcome.unwrap().message.0)
}

fn inbox(messages: &[&'static str]) -> Inbox<Text> {
    let inbox = Inbox::new();
    (1..).zip(messages).for_each(|(n, text)| inbox.deliver(Text(text), at(n)));
    inbox
}

#[test]
fn a_message_goes_to_the_first_expectation_that_it_matches() {
    let inbox = inbox(&[]);
    let (apple, first, second) =
        (inbox.expect(holding("apple"), at(0)), inbox.expect(any(), at(0)), inbox.expect(any(), at(0)));
    inbox.deliver(Text("pear"), at(1));
    inbox.deliver(Text("apple"), at(2));
    inbox.deliver(Text("plum"), at(3));
    assert_eq!((taken(&apple), taken(&first), taken(&second)), (Some("apple"), Some("pear"), Some("plum")));
    assert_eq!(inbox.kept(), 0);
}

#[test]
fn kept_messages_are_tried_oldest_first_and_those_that_are_skipped_stay() {
    let inbox = inbox(&["a1", "b1", "a2", "b2"]);
    assert_eq!(taken(&inbox.expect(holding("b"), at(0))), Some("b1"));
    assert_eq!(taken(&inbox.expect(holding("b"), at(0))), Some("b2"));
    assert_eq!(taken(&inbox.expect(any(), at(0))), Some("a1"));
    assert_eq!(inbox.kept(), 1);
}

#[test]
fn messages_from_before_a_moment_do_not_count_after_it() {
    let inbox = inbox(&["1", "2", "3"]);
    let expected = inbox.expect(any(), at(3));
    assert_eq!(taken(&expected), Some("3"));
    let expected = inbox.expect(any(), at(10));
    inbox.deliver(Text("late, of before"), at(9));
    assert_eq!(taken(&expected), None);
    inbox.deliver(Text("10"), at(10));
    assert_eq!(taken(&expected), Some("10"));
}

#[test]
fn the_oldest_messages_are_dropped_and_counted_when_too_many_are_kept() {
    let told = Rc::new(Cell::new(0));
    let counted = told.clone();
    let inbox = Inbox::new().with_limit(2).on_drop(move || counted.set(counted.get() + 1));
    for (n, text) in (1..).zip(["1", "2", "3", "4", "5"]) {
        inbox.deliver(Text(text), at(n));
    }
    assert_eq!((inbox.kept(), inbox.dropped(), told.get(), inbox.delivered()), (2, 3, 3, 5));
    assert_eq!(taken(&inbox.expect(any(), at(0))), Some("4"));
    let inbox = Inbox::new();
    (0..150).for_each(|n| inbox.deliver(Text("x"), at(n)));
    assert_eq!((inbox.kept(), inbox.dropped()), (100, 50));
}

#[test]
fn an_id_finds_its_expectation_without_asking_the_others() {
    let asked = Rc::new(Cell::new(0));
    let inbox = Inbox::new().identified_by(|text: &Text| text.0.split(':').next().map(|id| id.as_bytes().into()));
    let counter = asked.clone();
    let others: Vec<_> = (0..50)
        .map(|_| {
            let counter = counter.clone();
            inbox.expect_if(
                move |_| {
                    counter.set(counter.get() + 1);
                    false
                },
                any(),
                at(0),
            )
        })
        .collect();
    let (a, b) = (inbox.by_id(*b"a"), inbox.by_id(*b"b"));
    inbox.deliver(Text("b:2"), at(1));
    inbox.deliver(Text("a:1"), at(2));
    assert_eq!((taken(&a), taken(&b), asked.get()), (Some("a:1"), Some("b:2"), 0));
    inbox.deliver(Text("a:3"), at(3));
    assert_eq!((inbox.kept(), asked.get(), others.len()), (1, 50, 50));
}

#[test]
fn an_expectation_that_is_dropped_waits_no_longer_and_gives_back_what_it_found() {
    let inbox = inbox(&["1"]);
    let found = inbox.expect(any(), at(0));
    let waiting = inbox.expect(any(), at(0));
    inbox.deliver(Text("2"), at(2));
    inbox.deliver(Text("3"), at(3));
    drop((waiting, found));
    let order: Vec<_> = (0..3).map(|_| taken(&inbox.expect(any(), at(0)))).collect();
    assert_eq!(order, [Some("1"), Some("2"), Some("3")]);
    let dropped = inbox.expect(any(), at(0));
    drop(dropped);
    inbox.deliver(Text("4"), at(4));
    assert_eq!(inbox.kept(), 1);
}

#[test]
fn when_the_stream_ends_all_who_wait_are_told_and_kept_messages_stay() {
    let inbox = inbox(&["1"]).identified_by(|_| None);
    let (bell, by_id) = (Bell::new(), inbox.by_id(*b"x"));
    let waiting = inbox.expect(holding("z"), at(0));
    waiting.announce(&bell);
    inbox.close("connection closed by peer");
    assert!(bell.is_rung());
    let failure = || Some(Err("connection closed by peer".into()));
    assert_eq!((waiting.take(), by_id.take()), (failure(), failure()));
    assert_eq!(inbox.expect(holding("z"), at(0)).take(), failure());
    assert_eq!(taken(&inbox.expect(any(), at(0))), Some("1"));
    inbox.deliver(Text("2"), at(2));
    assert_eq!(inbox.kept(), 0);
}

#[test]
fn a_filter_that_cannot_be_asked_fails_its_own_wait_alone() {
    let panics = [custom_check("boom", |_, _| -> bool { panic!("boom") })];
    let (predicate, session, _) = compile_in_test(|cx| Predicate::compile(&panics, cx));
    let inbox = inbox(&[]);
    let (broken, sound) = (inbox.expect(predicate.bind(&session), at(0)), inbox.expect(any(), at(0)));
    inbox.deliver(Text("1"), at(1));
    assert!(broken.take().is_some_and(|outcome| outcome.is_err()));
    assert_eq!(taken(&sound), Some("1"));
}

#[test]
fn a_tap_sees_every_message_whoever_gets_it() {
    let inbox = inbox(&["before"]);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = seen.clone();
    inbox.tap(move |text, at| log.borrow_mut().push((text.0, at.as_nanos())));
    let _expected = inbox.expect(holding("b"), at(5));
    inbox.deliver(Text("a"), at(6));
    inbox.deliver(Text("b"), at(7));
    assert_eq!(*seen.borrow(), [("a", 6), ("b", 7)]);
}
