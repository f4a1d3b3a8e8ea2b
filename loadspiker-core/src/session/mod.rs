//! [`Session`]: the state of a virtual user.

mod changes;
mod counter;
mod late_names;
mod schema;
mod secrets;
mod shared;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

pub(crate) use changes::Changes;
pub(crate) use counter::Counters;
use late_names::is_late;
pub(crate) use late_names::{LIMIT as LATE_LIMIT, LateNames};
pub use schema::{Schema, Slot};
pub(crate) use secrets::Secrets;
pub(crate) use shared::Shared;

use crate::error::SessionError;
use crate::mask::shown_value;
use crate::metrics::Book;
use crate::spelling::nearest;
use crate::value::{FromValue, Value};

/// Rarely there, and therefore boxed: 8 bytes in every session instead of 24.
type Others = Vec<(Arc<str>, Value)>;

/// The state of one virtual user: its attributes, its identity, and whether it has failed.
///
/// ```
/// # use loadspiker_core::{Session, SessionError};
/// # fn step(session: &mut Session) -> Result<(), SessionError> {
/// session.set("cart", vec!["apple", "pear"])?;
/// session.set("total", 12.5)?;
/// let total: f64 = session.get("total")?;
/// assert!(session.contains("cart") && !session.contains("coupon"));
/// # Ok(()) }
/// # step(&mut Session::detached("doc", ["cart"])).unwrap();
/// ```
#[derive(Debug)]
pub struct Session {
    shared: Rc<Shared>,
    user_id: u64,
    /// The number of this user among those of its population, from 0. What it draws follows from it.
    number: u64,
    /// Indexed by [`Slot`]; as long as the highest slot in use demands.
    attributes: Vec<Option<Value>>,
    /// Attributes whose names the compiler never saw, set by user code under computed names.
    others: Option<Box<Others>>,
    random: Cell<u64>,
    failed: bool,
    /// Whether it was marked as failed since the engine last asked.
    newly_failed: bool,
}

impl Session {
    /// A fresh session outside of a run. Protocol tests use [`Session::detached`].
    /// Creates a session. The engine calls this; tests of protocols use [`Session::detached`].
    pub fn new(schema: Rc<Schema>, user_id: u64, seed: u64) -> Self {
        let shared = Shared::guarding(Rc::unwrap_or_clone(schema), Arc::default());
        Session::sharing(Rc::new(shared), user_id, user_id.saturating_sub(1), seed)
    }

    /// A fresh session of a run, for the user of this number (from 0) of its population.
    pub(crate) fn sharing(shared: Rc<Shared>, user_id: u64, number: u64, seed: u64) -> Self {
        Session {
            shared,
            user_id,
            number,
            attributes: Vec::new(),
            others: None,
            random: Cell::new(seed),
            failed: false,
            newly_failed: false,
        }
    }

    /// A session outside of a run, for tests: user 1 of `scenario`, with slots for these attributes.
    pub fn detached<'a>(scenario: &str, attributes: impl IntoIterator<Item = &'a str>) -> Self {
        Session::new(Rc::new(Schema::new(scenario, attributes.into_iter().map(Arc::from))), 1, 1)
    }

    /// The number of this virtual user, unique in the run, from 1.
    pub fn user_id(&self) -> u64 {
        self.user_id
    }

    /// The number of this user among those of its population, from 0. For open profiles it is the number of its
    /// arrival, whatever other populations do and however many shards there are.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The name of the scenario that this user runs.
    pub fn scenario(&self) -> &str {
        &self.shared.schema.scenario
    }

    /// Whether a request, check or step of this user has failed.
    pub fn is_failed(&self) -> bool {
        self.failed
    }

    /// Marks this user as failed, and the innermost block or group around the current step.
    pub fn mark_as_failed(&mut self) {
        self.failed = true;
        self.newly_failed = true;
    }

    /// Clears the failure mark. A group in which a request has failed stays failed.
    pub fn mark_as_succeeded(&mut self) {
        self.failed = false;
        self.newly_failed = false;
    }

    /// Marks this user as failed by something that is counted where it happened: no block that it is in has failed.
    pub(crate) fn restore_failure(&mut self) {
        self.failed = true;
    }

    /// Whether it was marked as failed since this was last asked.
    pub(crate) fn take_new_failure(&mut self) -> bool {
        std::mem::take(&mut self.newly_failed)
    }

    /// Whether the attribute is set; null counts as set.
    pub fn contains(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Reads the attribute as a `T`: an integer type, `f64`, `bool`, `String`, `Vec<T>`, `BTreeMap<String, T>`,
    /// `HashMap<String, T>`, `Option<T>`, JSON or [`Value`].
    ///
    /// # Errors
    ///
    /// [`SessionError::Missing`] if the attribute is not set, [`SessionError::Type`] if it has another type.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, SessionError> {
        let value = self.value(name).ok_or_else(|| self.missing(name))?;
        T::from_value(value).ok_or_else(|| SessionError::Type {
            name: name.to_owned(),
            value: shown_value(name, value),
            found: value.type_name(),
            expected: T::EXPECTED,
        })
    }

    /// Borrows the attribute as a text.
    ///
    /// # Errors
    ///
    /// [`SessionError::Missing`] if the attribute is not set, [`SessionError::Type`] if it is not a text.
    pub fn get_str(&self, name: &str) -> Result<&str, SessionError> {
        let value = self.value(name).ok_or_else(|| self.missing(name))?;
        value.as_str().ok_or_else(|| SessionError::Type {
            name: name.to_owned(),
            value: shown_value(name, value),
            found: value.type_name(),
            expected: "text",
        })
    }

    /// The attribute, if set.
    pub fn value(&self, name: &str) -> Option<&Value> {
        match self.shared.schema.slot(name) {
            Some(slot) => self.value_at(slot),
            None => self.other(name),
        }
    }

    fn other(&self, name: &str) -> Option<&Value> {
        self.others.as_ref()?.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value)
    }

    fn set_other(&mut self, name: &str, value: Value) {
        let others = self.others.get_or_insert_default();
        match others.iter_mut().find(|(key, _)| key.as_ref() == name) {
            Some((_, old)) => *old = value,
            None => others.push((name.into(), value)),
        }
    }

    fn remove_other(&mut self, name: &str) -> Option<Value> {
        let others = self.others.as_mut()?;
        let index = others.iter().position(|(key, _)| key.as_ref() == name)?;
        Some(others.swap_remove(index).1)
    }

    /// Sets an attribute, and replaces its previous value.
    ///
    /// # Errors
    ///
    /// [`SessionError::Name`] if the name is empty or contains one of `# { } ( ) .`, so that no expression could name it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> Result<(), SessionError> {
        if name.is_empty() || name.contains(['#', '{', '}', '(', ')', '.']) {
            return Err(SessionError::Name(name.to_owned()));
        }
        if let Some(slot) = self.shared.schema.slot(name) {
            self.set_at(slot, value.into());
            return Ok(());
        }
        self.set_other(name, value.into());
        Ok(())
    }

    /// Removes an attribute and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        if let Some(slot) = self.shared.schema.slot(name) {
            return self.remove_at(slot);
        }
        self.remove_other(name)
    }

    /// The names of the attributes that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let known = self.shared.schema.names.iter().zip(&self.attributes).filter(|(_, value)| value.is_some());
        let others = self.others.iter().flat_map(|others| others.iter());
        known.map(|(name, _)| name.as_ref()).chain(others.map(|(name, _)| name.as_ref()))
    }

    /// The attribute in `slot`, if set.
    pub fn value_at(&self, slot: Slot) -> Option<&Value> {
        match self.attributes.get(slot.0 as usize) {
            Some(value) => value.as_ref(),
            None => self.late_value(slot),
        }
    }

    /// What is in a late slot: an attribute that is found by its name.
    #[cold]
    fn late_value(&self, slot: Slot) -> Option<&Value> {
        self.other(self.shared.late_name(slot)?)
    }

    /// Sets the attribute in `slot`.
    pub fn set_at(&mut self, slot: Slot, value: Value) {
        let index = slot.0 as usize;
        if index >= self.attributes.len() {
            if is_late(slot) {
                if let Some(name) = self.shared.late_name(slot).cloned() {
                    self.set_other(&name, value);
                }
                return;
            }
            // Few scenarios have many attributes, and most users get to set all of them: room is made once.
            let room = (index + 1).max(self.shared.schema.names.len().min(16));
            self.attributes.reserve_exact(room - self.attributes.len());
            self.attributes.resize(index + 1, None);
        }
        self.attributes[index] = Some(value);
    }

    /// Removes the attribute in `slot`.
    pub fn remove_at(&mut self, slot: Slot) -> Option<Value> {
        match self.attributes.get_mut(slot.0 as usize) {
            Some(value) => value.take(),
            None => {
                let name = self.shared.late_name(slot)?.clone();
                self.remove_other(&name)
            }
        }
    }

    /// The name of the attribute in `slot`, for error messages.
    pub fn name_of(&self, slot: Slot) -> &str {
        let known = self.shared.schema.names.get(slot.0 as usize);
        known.or_else(|| self.shared.late_name(slot)).map_or("?", |name| name.as_ref())
    }

    /// Draws from this user's own random numbers, which depend on the seed of the run.
    pub fn random<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        let mut rng = fastrand::Rng::with_seed(self.random.get());
        let drawn = draw(&mut rng);
        self.random.set(rng.get_seed());
        drawn
    }

    /// The counters of the shard.
    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Where custom metrics and checks of this shard are counted.
    pub(crate) fn book(&self) -> &Book {
        &self.shared.book
    }

    /// The error for a missing attribute; it lists those that are set.
    pub fn missing(&self, name: &str) -> SessionError {
        let near = nearest(name, self.names());
        let others = self.names().filter(|other| Some(*other) != near);
        let mut there: Vec<String> = near.into_iter().chain(others).take(12).map(str::to_owned).collect();
        there.sort();
        SessionError::Missing { name: name.to_owned(), there }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::late_names::LateNames;

    #[test]
    fn attributes_are_set_read_and_removed_known_to_the_schema_or_not() {
        let mut session = Session::detached("s", ["known"]);
        for name in ["known", "unknown"] {
            assert!(!session.contains(name));
            session.set(name, 5).unwrap();
            assert_eq!(session.get::<u8>(name).unwrap(), 5);
            session.set(name, "7").unwrap();
            assert_eq!(session.get::<i64>(name).unwrap(), 7);
            assert_eq!(session.get_str(name).unwrap(), "7");
            assert_eq!(session.remove(name), Some(Value::from("7")));
            assert!(!session.contains(name));
        }
    }

    #[test]
    fn a_late_slot_and_its_name_mean_the_same_attribute() {
        let late = Rc::new(LateNames::default());
        let slot = late.intern("token").unwrap();
        let shared = Shared::guarding(Schema::new("s", ["known".into()]), Arc::default());
        let mut session = Session::sharing(Rc::new(Shared { late: Some(late), ..shared }), 1, 0, 1);
        assert_eq!((session.value_at(slot), session.name_of(slot)), (None, "token"));
        session.set_at(slot, Value::from("a"));
        assert_eq!(session.get_str("token").unwrap(), "a");
        session.set("token", "b").unwrap();
        assert_eq!(session.value_at(slot), Some(&Value::from("b")));
        assert_eq!(session.names().collect::<Vec<_>>(), ["token"]);
        assert_eq!(session.remove_at(slot), Some(Value::from("b")));
        assert!(!session.contains("token"));
    }

    #[test]
    fn a_missing_attribute_is_named_with_those_that_are_there() {
        let mut session = Session::detached("s", []);
        session.set("b", 1).unwrap();
        session.set("a", 1).unwrap();
        let message = session.get::<i64>("c").unwrap_err().to_string();
        assert_eq!(message, "no attribute named \"c\" is set (there are: a, b)");
    }

    #[test]
    fn a_name_that_is_nearly_one_that_is_there_is_asked_about_however_many_there_are() {
        let mut session = Session::detached("s", ["token"]);
        (0..20).for_each(|n| session.set(&format!("a{n:02}"), n).unwrap());
        session.set("token", 1).unwrap();
        let message = session.get::<i64>("tokn").unwrap_err().to_string();
        let start = "no attribute named \"tokn\" is set; did you mean \"token\"? (there are: a00, ";
        assert!(message.starts_with(start) && message.ends_with(", token)"), "{message}");
    }

    #[test]
    fn a_value_of_another_type_is_shown() {
        let mut session = Session::detached("s", []);
        session.set("n", "many").unwrap();
        let message = session.get::<i64>("n").unwrap_err().to_string();
        assert_eq!(message, "attribute \"n\" is the text \"many\", expected integer");
    }

    #[test]
    fn lists_and_maps_are_set_and_read_with_their_types() {
        use std::collections::{BTreeMap, HashMap};
        let mut session = Session::detached("s", ["known"]);
        for name in ["known", "unknown"] {
            session.set(name, vec!["a", "b"]).unwrap();
            assert_eq!(session.get::<Vec<String>>(name).unwrap(), ["a", "b"]);
            session.set(name, HashMap::from([("apples", 3)])).unwrap();
            assert_eq!(session.get::<BTreeMap<String, u8>>(name).unwrap()["apples"], 3);
            let message = session.get::<Vec<String>>(name).unwrap_err().to_string();
            assert_eq!(message, format!("attribute \"{name}\" is the map \"{{\"apples\":3}}\", expected list"));
        }
    }

    #[test]
    fn a_name_no_expression_could_reach_is_refused() {
        let mut session = Session::detached("s", []);
        assert!(session.set("a.b", 1).is_err());
        assert!(session.set("", 1).is_err());
    }

    #[test]
    fn the_same_seed_draws_the_same_numbers() {
        let draw = |session: &Session| [session.random(|r| r.u64(..)), session.random(|r| r.u64(..))];
        let (a, b) = (Session::detached("s", []), Session::detached("s", []));
        assert_eq!(draw(&a), draw(&b));
        assert_ne!(draw(&a)[0], draw(&b)[1]);
    }
}
