//! [`CompileContext`]: what a step gets while it is compiled.

use std::any::{Any, TypeId};
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::binder::Binder;
use super::names::{GroupNode, NameBook, Spot};
use super::rendez_vous::RendezVous;
use crate::expression::{SymbolTable, Symbols, Template};
use crate::feeder::{BoundFeeder, Feeder, RunFeeders};
use crate::metrics::{NameId, SampleName};
use crate::pool::{BoundPool, Pool, RunPools, same_name};
use crate::protocol::{Protocol, ProtocolSlot};
use crate::session::{Session, Slot};

/// Request names known before the run, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: Vec<Arc<str>>,
    ids: FxHashMap<Arc<str>, NameId>,
    /// Where they stand, with all else that has a name in the report.
    pub(crate) book: NameBook,
}

impl Names {
    pub(crate) fn intern(&mut self, name: &str) -> (NameId, Arc<str>) {
        if let Some((name, id)) = self.ids.get_key_value(name) {
            return (*id, name.clone());
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.ids.insert(name.clone(), id);
        (id, name)
    }

    pub(crate) fn into_vec(self) -> Vec<Arc<str>> {
        self.names
    }
}

/// A request's name: fixed, or an expression evaluated for every request.
#[derive(Debug)]
#[non_exhaustive]
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
#[non_exhaustive]
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
    /// As it was given.
    pub(crate) written: Arc<dyn Protocol>,
    /// With its expressions compiled.
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
    pub(crate) symbols: SymbolTable,
    pub(crate) bindings: Bindings,
}

/// What steps and requests are bound to.
pub(crate) struct Bindings {
    pub(crate) names: Names,
    pub(crate) protocols: Vec<BoundProtocol>,
    pub(crate) rendez_vous: Vec<Arc<RendezVous>>,
    /// How many switches go by turns.
    pub(crate) turns: usize,
    /// Each population has one user, who waits for nobody.
    pub(crate) alone: bool,
    /// Attributes that are there before the first step of a user.
    pub(crate) inherited: BTreeSet<u32>,
    /// There may be more of them than can be known.
    pub(crate) inherited_opaque: bool,
    /// As [`CompileContext::fields_unknown`].
    pub(crate) inherited_fields_unknown: bool,
    feeders: Vec<UsedFeeder>,
    pools: Vec<UsedPool>,
    shards: usize,
    seed: u64,
}

impl Gathered {
    pub(crate) fn new(shards: usize, seed: u64) -> Self {
        let bindings = Bindings {
            names: Names::default(),
            protocols: Vec::new(),
            rendez_vous: Vec::new(),
            turns: 0,
            alone: false,
            inherited: BTreeSet::new(),
            inherited_opaque: false,
            inherited_fields_unknown: false,
            feeders: Vec::new(),
            pools: Vec::new(),
            shards,
            seed,
        };
        Gathered { symbols: SymbolTable::default(), bindings }
    }
}

impl Bindings {
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
}

/// What a step or a request builder gets while the simulation is compiled: the [`Symbols`] that expressions and checks
/// get, to which it dereferences, and the names, feeders, pools and protocols of the simulation.
pub struct CompileContext<'a> {
    symbols: Symbols<'a>,
    pub(crate) bindings: &'a mut Bindings,
    /// The protocols that the user gave for the population, the population's own first.
    pub(crate) given: &'a [Arc<dyn Protocol>],
    /// The fields of a feeder that cannot be opened are known to nobody, which is a mistake already.
    pub(crate) fields_unknown: bool,
    /// The group that the step is in.
    pub(crate) group: GroupNode,
    /// During a run: where names and protocols come from.
    binder: Option<&'a dyn Binder>,
    /// Whether a step of the scenario makes requests of its own during the run.
    pub(crate) imperative: bool,
    /// The protocols that its steps use, by their places.
    pub(crate) bound: BTreeSet<usize>,
    /// How many users there can be at a time, as far as that is known.
    pub(crate) crowd: Option<u64>,
}

impl<'a> Deref for CompileContext<'a> {
    type Target = Symbols<'a>;

    fn deref(&self) -> &Symbols<'a> {
        &self.symbols
    }
}

impl<'a> DerefMut for CompileContext<'a> {
    fn deref_mut(&mut self) -> &mut Symbols<'a> {
        &mut self.symbols
    }
}

impl<'a> CompileContext<'a> {
    pub(crate) fn new(gathered: &'a mut Gathered, scenario: &'a str, given: &'a [Arc<dyn Protocol>]) -> Self {
        let Gathered { symbols, bindings } = gathered;
        let fields_unknown = bindings.inherited_fields_unknown;
        CompileContext {
            symbols: Symbols::new(symbols, scenario, bindings.inherited.clone(), bindings.inherited_opaque),
            bindings,
            given,
            fields_unknown,
            group: GroupNode::ROOT,
            binder: None,
            imperative: false,
            bound: BTreeSet::new(),
            crowd: None,
        }
    }

    /// During the run: what is compiled is bound to what is there.
    pub(crate) fn bound_to(mut self, binder: &'a dyn Binder) -> Self {
        self.binder = Some(binder);
        self.symbols.late = Some(binder);
        self
    }

    pub(crate) fn binder(&self) -> Option<&'a dyn Binder> {
        self.binder
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
        let known = self.bindings.feeders.iter().position(|known| known.feeder.shares_cursor_with(feeder));
        let index = known.unwrap_or_else(|| {
            let bound = match feeder.open() {
                Ok(open) => {
                    let (bindings, schema) = (&mut *self.bindings, &mut self.symbols.table.schema);
                    let seed = bindings.seed.wrapping_add(bindings.feeders.len() as u64);
                    let mut slots = Vec::new();
                    let bound = open.bind(bindings.shards, seed, &mut |name| {
                        let slot = schema.intern(name);
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
            self.bindings.feeders.push(UsedFeeder { feeder: feeder.clone(), opened: bound, scenario });
            self.bindings.feeders.len() - 1
        });
        let used = &self.bindings.feeders[index];
        let Some((bound, slots)) = &used.opened else {
            // Its fields are unknown: attributes that nobody sets may be its fault.
            self.fields_unknown = true;
            return None;
        };
        self.symbols.defined.extend(slots.iter().map(|slot| slot.0));
        // The fields of a source that is drawn while the run goes on may be known to nobody.
        self.symbols.opaque |= slots.is_empty();
        if used.scenario != self.symbols.scenario {
            bound.share();
        }
        Some(bound.clone())
    }

    /// The opened pool, its fields defined.
    pub(crate) fn pool(&mut self, pool: &Pool) -> Option<Arc<BoundPool>> {
        let known = self.bindings.pools.iter().position(|(known, _)| known.is_same_as(pool));
        let index = known.unwrap_or_else(|| {
            let bound = if self.bindings.pools.iter().any(|(known, _)| known.name() == pool.name()) {
                Err(same_name(pool))
            } else {
                // Not the seed of a feeder: these are numbered from the other end.
                let seed = self.bindings.seed.wrapping_sub(self.bindings.pools.len() as u64 + 1);
                BoundPool::open(pool, self.bindings.shards, seed).map_err(|error| error.to_string())
            };
            let bound = match bound {
                Ok(bound) => {
                    let slots = bound.fields().iter().map(|name| self.symbols.table.schema.intern(name)).collect();
                    Some((Arc::new(bound), slots))
                }
                Err(mistake) => {
                    self.mistake(mistake);
                    None
                }
            };
            self.bindings.pools.push((pool.clone(), bound));
            self.bindings.pools.len() - 1
        });
        let Some((bound, slots)) = &self.bindings.pools[index].1 else {
            // Its fields are unknown: attributes that nobody sets may be its fault.
            self.fields_unknown = true;
            return None;
        };
        self.symbols.defined.extend(slots.iter().map(|slot| slot.0));
        Some(bound.clone())
    }

    /// Compiles the name of a request: interned if it is fixed.
    pub fn request_name(&mut self, source: &str) -> RequestName {
        if source.trim().is_empty() {
            self.mistake("the name of a request is empty; give it one that can be found in a report");
        }
        let template = self.template(source);
        match template.as_literal() {
            Some(name) if self.binder.is_none() => {
                let (id, name) = self.bindings.names.intern(name);
                let (book, spot) = (
                    &mut self.bindings.names.book,
                    spot(self.symbols.scenario, &self.symbols.step, self.symbols.place),
                );
                book.request(self.group, &name, spot);
                RequestName::Known(id, name)
            }
            _ => {
                self.bindings.names.book.named_late(false);
                RequestName::Rendered(template)
            }
        }
    }

    /// Says that this step names requests or checks during the run which it does not compile before (see
    /// [`request_name`](Self::request_name)), so that an assertion about a name that nobody has announced is no mistake.
    /// Names that begin with an announced one and a space, such as `login Redirect 1`, need not be.
    pub fn names_late(&mut self) {
        self.bindings.names.book.named_late(true);
    }

    /// The group of this name within the current one.
    pub(crate) fn group_named(&mut self, name: &Text) -> GroupNode {
        let name = match name {
            Text::Fixed(name) => Some(&**name),
            Text::Rendered(_) => None,
        };
        let spot = spot(self.symbols.scenario, &self.symbols.step, self.symbols.place);
        self.bindings.names.book.group(self.group, name, spot)
    }

    /// Compiles something whose checks the plan does not list, since they belong to other requests than the one that is
    /// compiled: those of a login, say.
    pub fn unlisted<T>(&mut self, compile: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.is_unlisted, true);
        let compiled = compile(self);
        self.is_unlisted = before;
        compiled
    }

    /// The protocol of kind `P` that holds here, and where its states will be kept. Where the user gave none,
    /// `default` makes one.
    pub fn protocol<P: Protocol>(&mut self, default: impl FnOnce() -> P) -> (ProtocolSlot, Arc<P>) {
        self.protocol_named("", default)
    }

    /// As [`protocol`](Self::protocol), of the configuration with this [key](Protocol::key), for requests that say so with
    /// `.on("other")`. Unless the key is empty it is a mistake if the user gave none.
    pub fn protocol_named<P: Protocol>(&mut self, key: &str, default: impl FnOnce() -> P) -> (ProtocolSlot, Arc<P>) {
        let kind = TypeId::of::<P>();
        let known = match self.binder {
            None => self.given.iter().find(|protocol| is_of(&***protocol, kind, key)).cloned().map(Known::Given),
            Some(binder) => binder.protocol(kind, key).map(|(index, protocol)| Known::Bound(index, protocol)),
        };
        let (index, protocol) = match (known, self.binder) {
            (Some(Known::Bound(index, protocol)), _) => (index, protocol),
            (None, _) if !key.is_empty() => {
                let protocol = default();
                let mistake = self.no_such_protocol(&protocol, key);
                self.mistake(mistake);
                return (ProtocolSlot(usize::MAX), Arc::new(protocol));
            }
            (None, Some(binder)) => self.bind_late(binder, kind, || Arc::new(default())),
            (Some(Known::Given(given)), _) => self.bound_at(kind, Some(given), || Arc::new(default())),
            (None, None) => self.bound_at(kind, None, || Arc::new(default())),
        };
        let protocol: Arc<dyn Any + Send + Sync> = protocol;
        #[expect(clippy::unwrap_used, reason = "the kind was compared just above")]
        (ProtocolSlot(index), protocol.downcast().ok().unwrap())
    }

    fn no_such_protocol(&self, protocol: &dyn Protocol, key: &str) -> String {
        let name = protocol.name();
        let kind = protocol.type_id();
        let given = self.given.iter().filter(|given| (***given).type_id() == kind && !given.key().is_empty());
        let keys: Vec<String> = given.map(|given| format!("\"{}\"", given.key())).collect();
        let there = match &keys[..] {
            [] => "none is".to_owned(),
            keys => format!("there are: {}", keys.join(", ")),
        };
        format!("no {name} protocol is named \"{key}\" ({there}); give the simulation one with .named(\"{key}\")")
    }

    fn bound_at(
        &mut self,
        kind: TypeId,
        given: Option<Arc<dyn Protocol>>,
        default: impl FnOnce() -> Arc<dyn Protocol>,
    ) -> (usize, Arc<dyn Protocol>) {
        let index = self.bind(kind, given, default);
        (index, self.bindings.protocols[index].protocol.clone())
    }

    /// The place of a protocol that the user gave, or of the default one of its kind, which is made if there is none.
    pub(crate) fn bind(
        &mut self,
        kind: TypeId,
        given: Option<Arc<dyn Protocol>>,
        default: impl FnOnce() -> Arc<dyn Protocol>,
    ) -> usize {
        let known = self.bindings.protocols.iter().position(|bound| match &given {
            Some(given) => Arc::ptr_eq(given, &bound.written),
            None => bound.kind == kind && bound.is_default,
        });
        let index = known.unwrap_or_else(|| {
            let is_default = given.is_none();
            let protocol = given.unwrap_or_else(default);
            let (written, bound) = (protocol.clone(), protocol.clone());
            self.bindings.protocols.push(BoundProtocol { kind, is_default, written, protocol: bound });
            // Requests of its own are made in whichever group its users are.
            let group = std::mem::replace(&mut self.group, GroupNode::ANYWHERE);
            protocol.check(self);
            self.group = group;
            self.bindings.protocols.len() - 1
        });
        if self.bound.insert(index) {
            let protocol = self.bindings.protocols[index].written.clone();
            let group = std::mem::replace(&mut self.group, GroupNode::ANYWHERE);
            let bound = protocol.bind(self);
            self.group = group;
            let known = &mut self.bindings.protocols[index];
            if let Some(bound) = bound.filter(|_| Arc::ptr_eq(&known.protocol, &known.written)) {
                known.protocol = bound;
            }
        }
        index
    }
}

/// A protocol that there is for a request.
enum Known {
    /// By the user, for this population.
    Given(Arc<dyn Protocol>),
    /// During the run, in its place.
    Bound(usize, Arc<dyn Protocol>),
}

/// Whether the protocol is of this type and has this key.
pub(super) fn is_of(protocol: &dyn Protocol, kind: TypeId, key: &str) -> bool {
    protocol.type_id() == kind && protocol.key() == key
}

/// Where a name was written.
fn spot(scenario: &str, step: &str, place: Option<&'static Location<'static>>) -> impl FnOnce() -> Spot {
    move || Spot { scenario: scenario.to_owned(), step: step.to_owned(), place }
}

/// Runs `compile` in a context of its own; gives what it made, a session with slots for the attributes it met, and the
/// messages of the mistakes.
#[cfg(test)]
pub(crate) fn compile_in_test<T>(compile: impl FnOnce(&mut CompileContext<'_>) -> T) -> (T, Session, Vec<String>) {
    let mut gathered = Gathered::new(1, 1);
    let mut cx = CompileContext::new(&mut gathered, "test", &[]);
    let made = compile(&mut cx);
    let mistakes = gathered.symbols.mistakes.into_iter().map(|mistake| mistake.message).collect();
    (made, Session::new(std::rc::Rc::new(gathered.symbols.schema), 1, 1), mistakes)
}
