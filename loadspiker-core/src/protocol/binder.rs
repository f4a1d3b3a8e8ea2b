//! [`Binder`]: how requests are compiled that the user's code makes during a run.
//!
//! Before the run, compiling gathers names, slots and protocols. During the run these are what they are, and what is new
//! is for one shard alone: the shard implements [`Binder`].

use std::any::TypeId;
use std::sync::Arc;

use super::compile_context::{Bindings, CompileContext, Gathered, is_of};
use crate::error::Mistake;
use crate::expression::LateSymbols;
use crate::protocol::Protocol;

/// What the requests of a running scenario are bound to.
pub(crate) trait Binder: LateSymbols {
    /// The protocol of this kind and key that holds here, with the place of its states, if there is one.
    fn protocol(&self, kind: TypeId, key: &str) -> Option<(usize, Arc<dyn Protocol>)>;

    /// Opens a protocol of which the user gave none: its place.
    fn open(&self, kind: TypeId, protocol: &Arc<dyn Protocol>) -> Result<usize, String>;
}

/// Where the protocols are that the requests of imperative steps use, by kind.
#[derive(Debug, Default)]
pub(crate) struct KnownProtocols {
    /// For each population those that the user gave for it.
    pub(crate) given: Vec<Vec<(TypeId, usize)>>,
    /// Those with default settings.
    pub(crate) defaults: Vec<(TypeId, usize)>,
}

impl Bindings {
    pub(crate) fn known_protocols(&self, given: impl IntoIterator<Item = Vec<(TypeId, usize)>>) -> KnownProtocols {
        let bound = self.protocols.iter().enumerate();
        KnownProtocols {
            given: given.into_iter().collect(),
            defaults: bound.filter(|(_, bound)| bound.is_default).map(|(index, bound)| (bound.kind, index)).collect(),
        }
    }
}

impl CompileContext<'_> {
    /// Whether a request is compiled that the user's code makes during the run, for one use: what would be prepared for
    /// many uses is not worth it, and files that are there are better read once per shard than each time.
    pub fn is_during_run(&self) -> bool {
        self.binder().is_some()
    }

    /// Says that this step makes requests during the run that are compiled then, with
    /// [`ActionContext::exchange`](crate::protocol::ActionContext::exchange): they find the protocols that the user gave.
    pub fn makes_requests(&mut self) {
        self.imperative = true;
        self.names_late();
    }

    /// Binds all protocols that the user gave, for requests that are made during the run.
    pub(crate) fn bind_given(&mut self) -> Vec<(TypeId, usize)> {
        let mut bound: Vec<(TypeId, usize)> = Vec::new();
        for protocol in self.given {
            let kind = (**protocol).type_id();
            // The first of a kind and key is the one that holds.
            let is_known =
                bound.iter().any(|(_, index)| is_of(&*self.bindings.protocols[*index].written, kind, protocol.key()));
            if !is_known {
                let index = self.bind(kind, Some(protocol.clone()), || protocol.clone());
                bound.push((kind, index));
            }
        }
        bound
    }

    /// The protocol of this kind during the run; opened with its defaults if the user gave none.
    pub(crate) fn bind_late(
        &mut self,
        binder: &dyn Binder,
        kind: TypeId,
        default: impl FnOnce() -> Arc<dyn Protocol>,
    ) -> (usize, Arc<dyn Protocol>) {
        let mut protocol = default();
        let mistakes = self.table.mistakes.len();
        protocol.check(self);
        if let Some(bound) = protocol.bind(self) {
            protocol = bound;
        }
        let opened = if self.table.mistakes.len() == mistakes {
            binder.open(kind, &protocol)
        } else {
            return (usize::MAX, protocol);
        };
        let index = opened.unwrap_or_else(|mistake| {
            self.mistake(mistake);
            // The request fails with its mistake; nobody asks for a state in this place.
            usize::MAX
        });
        (index, protocol)
    }
}

/// Compiles something during the run.
///
/// # Errors
///
/// All mistakes in it, with what was made in spite of them.
pub(crate) fn compile_during_run<T>(
    binder: &dyn Binder,
    scenario: &str,
    compile: impl FnOnce(&mut CompileContext<'_>) -> T,
) -> Result<T, (T, String)> {
    let mut gathered = Gathered::new(1, 0);
    gathered.symbols.functions = binder.functions().clone();
    let mut cx = CompileContext::new(&mut gathered, scenario, &[]).bound_to(binder);
    let made = compile(&mut cx);
    if gathered.symbols.mistakes.is_empty() {
        return Ok(made);
    }
    let messages: Vec<String> = gathered.symbols.mistakes.into_iter().map(|Mistake { message, .. }| message).collect();
    Err((made, messages.join("; ")))
}
