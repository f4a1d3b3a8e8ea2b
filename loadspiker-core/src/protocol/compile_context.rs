//! [`CompileContext`]: what a step gets while it is compiled.

use std::any::{Any, TypeId};
use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::binder::Binder;
use super::rendez_vous::RendezVous;
use crate::error::Mistake;
use crate::expression::{Functions, Template};
use crate::feeder::{BoundFeeder, Feeder, RunFeeders};
use crate::metrics::{NameId, SampleName};
use crate::pool::{BoundPool, Pool, RunPools, same_name};
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
    pub(crate) kind: TypeId,
    /// The user gave none: the protocol's own defaults.
    pub(crate) is_default: bool,
    pub(crate) protocol: Arc<dyn Protocol>,
}

/// A feeder and the slots of its fields; `None` if it could not be opened, which was told once.
type OpenedFeeder = Option<(Arc<BoundFeeder>, Vec<Slot>)>;

/// A pool of the simulation, and the slots of its fields; `None` if it could not be opened, which was told once.
type UsedPool = (Pool, Option<(Arc<BoundPool>, Vec<Slot>)>);

/// A feeder of the simulation.
struct UsedFeeder {
    feeder: Feeder,
    opened: OpenedFeeder,
    /// The scenario that used it first.
    scenario: String,
}

/// All that is gathered while the steps of a simulation are compiled.
pub(crate) struct Gathered {
    pub(crate) names: Names,
    pub(crate) schema: Schema,
    pub(crate) protocols: Vec<BoundProtocol>,
    pub(crate) mistakes: Vec<Mistake>,
    pub(crate) rendez_vous: Vec<Arc<RendezVous>>,
    /// How many switches go by turns.
    pub(crate) turns: usize,
    /// Each population has one user, who waits for nobody.
    pub(crate) alone: bool,
    /// Functions of the user's own.
    pub(crate) functions: Functions,
    /// Attributes that are there before the first step of a user.
    pub(crate) inherited: BTreeSet<u32>,
    /// There may be more of them than can be known.
    pub(crate) inherited_opaque: bool,
    feeders: Vec<UsedFeeder>,
    pools: Vec<UsedPool>,
    shards: usize,
    seed: u64,
}

impl Gathered {
    /// The feeders that steps use, for those who meet them during the run.
    pub(crate) fn run_feeders(&mut self) -> RunFeeders {
        let opened = self.feeders.drain(..).filter_map(|used| Some((used.feeder, used.opened?.0)));
        RunFeeders::new(opened, self.shards, self.seed)
    }

    /// The pools that steps use, for those who meet them during the run.
    pub(crate) fn run_pools(&mut self) -> RunPools {
        let opened = self.pools.drain(..).filter_map(|(pool, bound)| Some((pool, bound?.0)));
        RunPools::new(opened, self.shards, self.seed)
    }

    pub(crate) fn new(shards: usize, seed: u64) -> Self {
        Gathered {
            names: Names::default(),
            schema: Schema::default(),
            protocols: Vec::new(),
            mistakes: Vec::new(),
            rendez_vous: Vec::new(),
            turns: 0,
            alone: false,
            inherited: BTreeSet::new(),
            inherited_opaque: false,
            functions: Functions::default(),
            feeders: Vec::new(),
            pools: Vec::new(),
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
    /// During a run: where names and protocols come from.
    pub(crate) binder: Option<&'a dyn Binder>,
    /// Whether a step of the scenario makes requests of its own during the run.
    pub(crate) imperative: bool,
    /// The protocols that its steps use, by their places.
    pub(crate) bound: BTreeSet<usize>,
    /// How many users there can be at a time, as far as that is known.
    pub(crate) crowd: Option<u64>,
}

impl<'a> CompileContext<'a> {
    pub(crate) fn new(gathered: &'a mut Gathered, scenario: &'a str, given: &'a [Arc<dyn Protocol>]) -> Self {
        let (defined, opaque) = (gathered.inherited.clone(), gathered.inherited_opaque);
        CompileContext {
            gathered,
            scenario,
            given,
            step: String::new(),
            place: None,
            used: Vec::new(),
            defined,
            opaque,
            binder: None,
            imperative: false,
            bound: BTreeSet::new(),
            crowd: None,
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
        let known = self.gathered.feeders.iter().position(|known| known.feeder.shares_cursor_with(feeder));
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
            let scenario = self.scenario.to_owned();
            self.gathered.feeders.push(UsedFeeder { feeder: feeder.clone(), opened: bound, scenario });
            self.gathered.feeders.len() - 1
        });
        let used = &self.gathered.feeders[index];
        let Some((bound, slots)) = &used.opened else {
            // Its fields are unknown: attributes that nobody sets are its fault.
            self.opaque = true;
            return None;
        };
        self.defined.extend(slots.iter().map(|slot| slot.0));
        // The fields of a source that is drawn while the run goes on may be known to nobody.
        self.opaque |= slots.is_empty();
        if used.scenario != self.scenario {
            bound.share();
        }
        Some(bound.clone())
    }

    /// The opened pool, its fields defined.
    pub(crate) fn pool(&mut self, pool: &Pool) -> Option<Arc<BoundPool>> {
        let known = self.gathered.pools.iter().position(|(known, _)| known.is_same_as(pool));
        let index = known.unwrap_or_else(|| {
            let bound = if self.gathered.pools.iter().any(|(known, _)| known.name() == pool.name()) {
                Err(same_name(pool))
            } else {
                // Not the seed of a feeder: these are numbered from the other end.
                let seed = self.gathered.seed.wrapping_sub(self.gathered.pools.len() as u64 + 1);
                BoundPool::open(pool, self.gathered.shards, seed).map_err(|error| error.to_string())
            };
            let bound = match bound {
                Ok(bound) => {
                    let slots = bound.fields().iter().map(|name| self.gathered.schema.intern(name)).collect();
                    Some((Arc::new(bound), slots))
                }
                Err(mistake) => {
                    self.mistake(mistake);
                    None
                }
            };
            self.gathered.pools.push((pool.clone(), bound));
            self.gathered.pools.len() - 1
        });
        let Some((bound, slots)) = &self.gathered.pools[index].1 else {
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
        let functions = self.gathered.functions.clone();
        let parsed = Template::parse_with(source, &functions, &mut |name| {
            let slot = self.slot(name);
            used.push(slot);
            slot
        });
        match parsed {
            Ok(template) if self.binder.is_some() => template,
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

    /// The slot of an attribute that this step reads. If no step sets it, that is a mistake.
    #[cfg(feature = "templates")]
    pub(crate) fn read(&mut self, attribute: &str) -> Slot {
        let slot = self.slot(attribute);
        if self.binder.is_none() {
            self.used.push((slot, self.step.clone(), self.place));
        }
        slot
    }

    /// Compiles the name of a request: interned if it is fixed.
    pub fn request_name(&mut self, source: &str) -> RequestName {
        if source.trim().is_empty() {
            self.mistake("the name of a request is empty; give it one that can be found in a report");
        }
        let template = self.template(source);
        match template.as_literal() {
            Some(name) if self.binder.is_none() => RequestName::Known(self.gathered.names.intern(name), name.into()),
            _ => RequestName::Rendered(template),
        }
    }

    /// The slot of an attribute that this step sets.
    pub fn define(&mut self, attribute: &str) -> Slot {
        if attribute.is_empty() || attribute.contains(['#', '{', '}', '(', ')', '.']) {
            self.mistake(crate::error::SessionError::Name(attribute.to_owned()).to_string());
        }
        let slot = self.slot(attribute);
        if self.binder.is_none() {
            self.defined.insert(slot.0);
        }
        slot
    }

    /// The slot of an attribute: a new one, before the run, if it has none.
    fn slot(&mut self, attribute: &str) -> Slot {
        match self.binder {
            None => self.gathered.schema.intern(attribute),
            Some(binder) => binder.slot(attribute).unwrap_or_else(|mistake| {
                self.mistake(mistake);
                // The request fails with its mistake; nothing is looked for in this slot.
                Slot(u32::MAX)
            }),
        }
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
        let (index, protocol) = match self.binder {
            None => {
                let given = self.given.iter().find(|protocol| (***protocol).type_id() == kind).cloned();
                let index = self.bind(kind, given, || Arc::new(default()));
                (index, self.gathered.protocols[index].protocol.clone())
            }
            Some(binder) => self.bind_late(binder, kind, || Arc::new(default())),
        };
        let protocol: Arc<dyn Any + Send + Sync> = protocol;
        #[expect(clippy::unwrap_used, reason = "the kind was compared just above")]
        (ProtocolSlot(index), protocol.downcast().ok().unwrap())
    }

    /// The place of a protocol that the user gave, or of the default one of its kind, which is made if there is none.
    pub(crate) fn bind(
        &mut self,
        kind: TypeId,
        given: Option<Arc<dyn Protocol>>,
        default: impl FnOnce() -> Arc<dyn Protocol>,
    ) -> usize {
        let known = self.gathered.protocols.iter().position(|bound| match &given {
            Some(given) => Arc::ptr_eq(given, &bound.protocol),
            None => bound.kind == kind && bound.is_default,
        });
        let index = known.unwrap_or_else(|| {
            let is_default = given.is_none();
            let protocol = given.unwrap_or_else(default);
            self.gathered.protocols.push(BoundProtocol { kind, is_default, protocol: protocol.clone() });
            protocol.check(self);
            self.gathered.protocols.len() - 1
        });
        self.bound.insert(index);
        index
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
