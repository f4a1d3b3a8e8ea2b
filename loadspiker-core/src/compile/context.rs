//! [`CompileContext`]: what a step gets while it is compiled.

use std::any::{Any, TypeId};
use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::compile::program::RendezVous;
use crate::error::Mistake;
use crate::expression::{Functions, Template};
use crate::feeder::{BoundFeeder, Feeder};
use crate::metrics::{NameId, SampleName};
use crate::protocol::{Protocol, ProtocolSlot};
use crate::session::{Schema, Session, Slot};

/// Request names known before the run, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: Vec<Arc<str>>,
    ids: FxHashMap<Arc<str>, NameId>,
}

impl Names {
    pub(crate) fn intern(&mut self, name: &str) -> NameId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.ids.insert(name, id);
        id
    }

    pub(crate) fn into_vec(self) -> Vec<Arc<str>> {
        self.names
    }
}

/// A request's name: fixed, or an expression evaluated for every request.
#[derive(Debug)]
pub enum RequestName {
    /// Interned before the run.
    Known(NameId, Arc<str>),
    /// Rendered for every request.
    Rendered(Template),
}

impl RequestName {
    /// The name of this user's request. `buffer` holds the text of a rendered one; an expression that
    /// cannot be evaluated leaves its source as the name, so that the failure is counted somewhere.
    pub fn resolve<'a>(&'a self, session: &Session, buffer: &'a mut String) -> SampleName<'a> {
        match self {
            RequestName::Known(id, _) => SampleName::Known(*id),
            RequestName::Rendered(template) => {
                buffer.clear();
                if template.render(session, buffer).is_err() {
                    buffer.clear();
                    buffer.push_str(template.source());
                }
                SampleName::Dynamic(buffer)
            }
        }
    }
}

/// A text that is fixed or rendered for each user.
#[derive(Clone, Debug)]
pub enum Text {
    /// No expression in it.
    Fixed(Arc<str>),
    /// Rendered when it is needed.
    Rendered(Template),
}

/// A protocol's configuration, bound to a place for its states.
pub(crate) struct BoundProtocol {
    kind: TypeId,
    /// The user gave none: the protocol's own defaults.
    is_default: bool,
    pub(crate) protocol: Arc<dyn Protocol>,
}

/// A feeder and the slots of its fields; `None` if it could not be opened, which was told once.
type OpenedFeeder = Option<(Arc<BoundFeeder>, Vec<Slot>)>;

/// All that is gathered while the steps of a simulation are compiled.
pub(crate) struct Gathered {
    pub(crate) names: Names,
    pub(crate) schema: Schema,
    pub(crate) protocols: Vec<BoundProtocol>,
    pub(crate) mistakes: Vec<Mistake>,
    pub(crate) rendez_vous: Vec<Arc<RendezVous>>,
    /// How many switches go by turns.
    pub(crate) turns: usize,
    /// Functions of the user's own.
    pub(crate) functions: Functions,
    feeders: Vec<(Feeder, OpenedFeeder)>,
    shards: usize,
    seed: u64,
}

impl Gathered {
    pub(crate) fn new(shards: usize, seed: u64) -> Self {
        Gathered {
            names: Names::default(),
            schema: Schema::default(),
            protocols: Vec::new(),
            mistakes: Vec::new(),
            rendez_vous: Vec::new(),
            turns: 0,
            functions: Functions::default(),
            feeders: Vec::new(),
            shards,
            seed,
        }
    }
}

/// What a step, a request builder or a check gets while the simulation is compiled.
///
/// Compilation never stops at the first mistake: what is wrong is told with [`mistake`](Self::mistake), and the
/// step goes on with something harmless, so that all mistakes of a simulation are reported at once.
pub struct CompileContext<'a> {
    pub(crate) gathered: &'a mut Gathered,
    pub(crate) scenario: &'a str,
    /// The protocols that the user gave for the population, the population's own first.
    pub(crate) given: &'a [Arc<dyn Protocol>],
    pub(crate) step: String,
    pub(crate) place: Option<&'static Location<'static>>,
    /// Attributes read by expressions: slot, step, place.
    pub(crate) used: Vec<(Slot, String, Option<&'static Location<'static>>)>,
    pub(crate) defined: BTreeSet<u32>,
    pub(crate) opaque: bool,
}

impl<'a> CompileContext<'a> {
    pub(crate) fn new(gathered: &'a mut Gathered, scenario: &'a str, given: &'a [Arc<dyn Protocol>]) -> Self {
        CompileContext {
            gathered,
            scenario,
            given,
            step: String::new(),
            place: None,
            used: Vec::new(),
            defined: BTreeSet::new(),
            opaque: false,
        }
    }

    /// Compiles a text that is rendered now and then, such as the name of a group.
    pub(crate) fn text(&mut self, source: &str) -> Text {
        let template = self.template(source);
        match template.as_literal() {
            Some(text) => Text::Fixed(text.into()),
            None => Text::Rendered(template),
        }
    }

    /// The opened feeder, its fields defined. All uses of one feeder share it.
    pub(crate) fn feeder(&mut self, feeder: &Feeder) -> Option<Arc<BoundFeeder>> {
        let known = self.gathered.feeders.iter().position(|(known, _)| known.shares_cursor_with(feeder));
        let index = known.unwrap_or_else(|| {
            let bound = match feeder.open() {
                Ok(open) => {
                    let gathered = &mut *self.gathered;
                    let seed = gathered.seed.wrapping_add(gathered.feeders.len() as u64);
                    let mut slots = Vec::new();
                    let bound = open.bind(gathered.shards, seed, &mut |name| {
                        let slot = gathered.schema.intern(name);
                        slots.push(slot);
                        slot
                    });
                    Some((Arc::new(bound), slots))
                }
                Err(error) => {
                    self.mistake(error.to_string());
                    None
                }
            };
            self.gathered.feeders.push((feeder.clone(), bound));
            self.gathered.feeders.len() - 1
        });
        let Some((bound, slots)) = &self.gathered.feeders[index].1 else {
            // Its fields are unknown: attributes that nobody sets are its fault.
            self.opaque = true;
            return None;
        };
        self.defined.extend(slots.iter().map(|slot| slot.0));
        Some(bound.clone())
    }

    /// Parses a text with `#{…}` expressions. If it cannot be parsed that is a mistake of the current step, and the
    /// template is the text as it stands.
    pub fn template(&mut self, source: &str) -> Template {
        let mut used = Vec::new();
        let schema = &mut self.gathered.schema;
        let parsed = Template::parse_with(source, &self.gathered.functions, &mut |name| {
            let slot = schema.intern(name);
            used.push(slot);
            slot
        });
        match parsed {
            Ok(template) => {
                self.used.extend(used.into_iter().map(|slot| (slot, self.step.clone(), self.place)));
                template
            }
            Err(error) => {
                self.mistake(error.to_string());
                Template::literal(source)
            }
        }
    }

    /// Compiles the name of a request: interned if it is fixed.
    pub fn request_name(&mut self, source: &str) -> RequestName {
        if source.trim().is_empty() {
            self.mistake("the name of a request is empty; give it one that can be found in a report");
        }
        let template = self.template(source);
        match template.as_literal() {
            Some(name) => RequestName::Known(self.gathered.names.intern(name), name.into()),
            None => RequestName::Rendered(template),
        }
    }

    /// The slot of an attribute that this step sets.
    pub fn define(&mut self, attribute: &str) -> Slot {
        if attribute.is_empty() || attribute.contains(['#', '{', '}', '(', ')', '.']) {
            self.mistake(crate::error::SessionError::Name(attribute.to_owned()).to_string());
        }
        let slot = self.gathered.schema.intern(attribute);
        self.defined.insert(slot.0);
        slot
    }

    /// Says that this step may set attributes that cannot be known before the run (it calls the user's code), so that
    /// an attribute nobody is seen to set is no mistake.
    pub fn opaque(&mut self) {
        self.opaque = true;
    }

    /// Tells a mistake of the current step: what is wrong, the value, what to do about it.
    pub fn mistake(&mut self, message: impl Into<String>) {
        let mistake = Mistake {
            scenario: self.scenario.to_owned(),
            step: self.step.clone(),
            place: self.place,
            message: message.into(),
        };
        // A chain that is used in several places is compiled in each of them.
        if !self.gathered.mistakes.contains(&mistake) {
            self.gathered.mistakes.push(mistake);
        }
    }

    /// The protocol of kind `P` that holds here, and where its states will be kept. Where the user gave none,
    /// `default` makes one.
    pub fn protocol<P: Protocol>(&mut self, default: impl FnOnce() -> P) -> (ProtocolSlot, Arc<P>) {
        let kind = TypeId::of::<P>();
        let given = self.given.iter().find(|protocol| (***protocol).type_id() == kind).cloned();
        let known = self.gathered.protocols.iter().position(|bound| match &given {
            Some(given) => Arc::ptr_eq(given, &bound.protocol),
            None => bound.kind == kind && bound.is_default,
        });
        let index = known.unwrap_or_else(|| {
            let is_default = given.is_none();
            let protocol = given.unwrap_or_else(|| Arc::new(default()));
            self.gathered.protocols.push(BoundProtocol { kind, is_default, protocol: protocol.clone() });
            protocol.check(self);
            self.gathered.protocols.len() - 1
        });
        let protocol: Arc<dyn Any + Send + Sync> = self.gathered.protocols[index].protocol.clone();
        #[expect(clippy::unwrap_used, reason = "the kind was compared just above")]
        (ProtocolSlot(index), protocol.downcast().ok().unwrap())
    }
}

/// Runs `compile` in a context of its own; gives what it made, a session with slots for the attributes it met, and the
/// messages of the mistakes.
#[cfg(test)]
pub(crate) fn compile_in_test<T>(compile: impl FnOnce(&mut CompileContext<'_>) -> T) -> (T, Session, Vec<String>) {
    let mut gathered = Gathered::new(1, 1);
    let mut cx = CompileContext::new(&mut gathered, "test", &[]);
    let made = compile(&mut cx);
    let mistakes = gathered.mistakes.into_iter().map(|mistake| mistake.message).collect();
    (made, Session::new(std::rc::Rc::new(gathered.schema), 1, 1), mistakes)
}
