//! [`Absorber`]: a check that is fed with the body piece by piece, so that the body need not be kept for it.

use std::fmt;

use crate::value::Value;

/// Takes in a body as it comes, and says at its end what it found.
pub trait Absorb {
    /// Takes the next piece.
    fn absorb(&mut self, piece: &[u8]);

    /// The body is over: the value found.
    fn finish(self: Box<Self>) -> Value;
}

/// How an extractor takes in a body piece by piece; see [`Extractor::absorber`](super::Extractor::absorber).
///
/// All checks of a response whose absorbers have the same name share one: a digest is computed once.
#[derive(Clone, Copy)]
pub struct Absorber {
    name: &'static str,
    start: fn() -> Box<dyn Absorb>,
}

impl Absorber {
    /// An absorber of this name, begun for each response with `start`.
    pub const fn new(name: &'static str, start: fn() -> Box<dyn Absorb>) -> Self {
        Absorber { name, start }
    }

    /// What it finds in a body that is all there.
    pub(super) fn absorb_all(self, body: &[u8]) -> Value {
        let mut absorbing = (self.start)();
        absorbing.absorb(body);
        absorbing.finish()
    }

    pub(super) fn name(self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Absorber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "absorber {}", self.name)
    }
}

/// The absorbers of one response while its body comes in. Made by [`CheckSet::absorbing`](super::CheckSet::absorbing),
/// fed by the protocol, and given to [`CheckSet::run_absorbed`](super::CheckSet::run_absorbed).
pub struct Absorbing(Vec<(&'static str, Box<dyn Absorb>)>);

impl Absorbing {
    pub(super) fn start(absorbers: &[Absorber]) -> Self {
        Absorbing(absorbers.iter().map(|absorber| (absorber.name, (absorber.start)())).collect())
    }

    /// Feeds the next piece of the body, decoded.
    pub fn feed(&mut self, piece: &[u8]) {
        for (_, absorbing) in &mut self.0 {
            absorbing.absorb(piece);
        }
    }

    pub(super) fn finish(self) -> Vec<(&'static str, Value)> {
        self.0.into_iter().map(|(name, absorbing)| (name, absorbing.finish())).collect()
    }
}

impl fmt::Debug for Absorbing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
