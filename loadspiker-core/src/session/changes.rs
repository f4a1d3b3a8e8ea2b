//! [`Changes`]: copies of a session for the branches of a user, and what the branches changed in them.

use std::cell::Cell;
use std::sync::Arc;

use super::{Session, Slot};
use crate::numbers::mix;
use crate::value::Value;

/// What one session has otherwise than another: attributes set to another value, or removed (`None`).
#[derive(Debug, Default)]
pub(crate) struct Changes {
    known: Vec<(Slot, Option<Value>)>,
    others: Vec<(Arc<str>, Option<Value>)>,
}

impl Session {
    /// A copy for a branch of this user. Its random numbers follow from `seed`, which the user has drawn for all of its
    /// branches, and from the number of the branch.
    pub(crate) fn branch(&self, seed: u64, number: u64) -> Session {
        Session {
            shared: self.shared.clone(),
            user_id: self.user_id,
            number: self.number,
            attributes: self.attributes.clone(),
            others: self.others.clone(),
            random: Cell::new(mix(seed, number)),
            failed: self.failed,
            newly_failed: false,
        }
    }

    /// A copy that reads as this session does now, for code that outlives the current step, such as the filter of a
    /// message that is awaited. What is changed in it changes nothing here.
    pub(crate) fn snapshot(&self) -> Session {
        Session { random: Cell::new(self.random.get()), ..self.branch(0, 0) }
    }

    /// Notes what this session has otherwise than `before`. What was noted already is older and is overwritten.
    pub(crate) fn note_changes(&self, before: &Session, changes: &mut Changes) {
        let slots = self.attributes.len().max(before.attributes.len());
        for slot in (0..slots).map(|index| Slot(u32::try_from(index).unwrap_or(u32::MAX))) {
            let now = self.value_at(slot);
            if !unchanged(before.value_at(slot), now) {
                put(&mut changes.known, slot, now);
            }
        }
        let names = [self, before].into_iter().filter_map(|session| session.others.as_deref()).flatten();
        for (name, _) in names {
            let now = self.value(name);
            if !unchanged(before.value(name), now) {
                put(&mut changes.others, name.clone(), now);
            }
        }
    }

    /// Takes over changes.
    pub(crate) fn apply(&mut self, changes: Changes) {
        for (slot, value) in changes.known {
            match value {
                Some(value) => self.set_at(slot, value),
                None => drop(self.remove_at(slot)),
            }
        }
        for (name, value) in changes.others {
            match value {
                // A name that could be set once can be set again.
                Some(value) => drop(self.set(&name, value)),
                None => drop(self.remove(&name)),
            }
        }
    }
}

fn put<K: PartialEq>(changes: &mut Vec<(K, Option<Value>)>, key: K, now: Option<&Value>) {
    match changes.iter_mut().find(|(known, _)| *known == key) {
        Some((_, value)) => *value = now.cloned(),
        None => changes.push((key, now.cloned())),
    }
}

/// Whether nobody has set it anew. What is still the same piece of memory need not be looked at.
fn unchanged(before: Option<&Value>, now: Option<&Value>) -> bool {
    match (before, now) {
        (Some(Value::Text(a)), Some(Value::Text(b))) => Arc::ptr_eq(a, b) || a == b,
        (Some(Value::Bytes(a)), Some(Value::Bytes(b))) => Arc::ptr_eq(a, b) || a == b,
        (Some(Value::List(a)), Some(Value::List(b))) => Arc::ptr_eq(a, b) || a == b,
        (Some(Value::Map(a)), Some(Value::Map(b))) => Arc::ptr_eq(a, b) || a == b,
        // Bit by bit, because an undefined number does not even equal itself.
        (Some(Value::Float(a)), Some(Value::Float(b))) => a.to_bits() == b.to_bits(),
        _ => before == now,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn attributes(session: &Session) -> Vec<String> {
        let mut all: Vec<_> = session.names().map(|name| format!("{name}={:?}", session.value(name))).collect();
        all.sort();
        all
    }

    fn session(attributes: &[(&str, Value)]) -> Session {
        let mut session = Session::detached("s", ["a", "b", "c"]);
        attributes.iter().for_each(|(name, value)| session.set(name, value.clone()).unwrap());
        session
    }

    #[test]
    fn only_what_was_changed_is_taken_over() {
        let list = Value::from(vec![1, 2]);
        let before = session(&[("a", 1.into()), ("b", list), ("x", 1.into()), ("nan", f64::NAN.into())]);
        let mut branch = before.branch(1, 1);
        branch.set("a", 2).unwrap();
        branch.set("c", 3).unwrap();
        branch.set("y", 4).unwrap();
        branch.remove("x");
        let mut changes = Changes::default();
        branch.note_changes(&before, &mut changes);
        // Somebody else has changed what this branch did not touch.
        let mut user = session(&[("a", 1.into()), ("b", "other".into()), ("x", 1.into()), ("nan", 0.into())]);
        user.apply(changes);
        let expected =
            session(&[("a", 2.into()), ("b", "other".into()), ("c", 3.into()), ("y", 4.into()), ("nan", 0.into())]);
        assert_eq!(attributes(&user), attributes(&expected));
    }

    #[test]
    fn the_later_of_two_changes_wins_also_where_it_removes() {
        let mut user = session(&[("a", 1.into()), ("x", 1.into())]);
        let (mut first, mut second) = (user.branch(1, 1), user.branch(1, 2));
        for name in ["a", "x"] {
            first.set(name, 2).unwrap();
            second.remove(name);
        }
        let mut changes = Changes::default();
        first.note_changes(&user, &mut changes);
        second.note_changes(&user, &mut changes);
        user.apply(changes);
        assert!(attributes(&user).is_empty());
    }

    #[test]
    fn branches_draw_numbers_of_their_own() {
        let user = Session::detached("s", []);
        let draw = |session: &Session| session.random(|random| random.u64(..));
        assert_eq!(draw(&user.branch(7, 1)), draw(&user.branch(7, 1)));
        assert_ne!(draw(&user.branch(7, 1)), draw(&user.branch(7, 2)));
        assert_ne!(draw(&user.branch(7, 1)), draw(&user.branch(8, 1)));
    }

    #[test]
    fn sessions_share_their_values() {
        let mut user = Session::detached("s", ["a"]);
        user.set("a", "long").unwrap();
        let (Some(Value::Text(a)), branch) = (user.value("a"), user.branch(1, 1)) else { panic!() };
        let Some(Value::Text(b)) = branch.value("a") else { panic!() };
        assert!(Arc::ptr_eq(a, b) && Rc::ptr_eq(&user.shared, &branch.shared));
    }
}
