//! Lowering of imperative steps: code that makes its requests during the run.

use std::sync::Arc;

use crate::compile::lower::Lowering;
use crate::compile::program::AsyncStep;
use crate::protocol::Journey;

impl Lowering<'_, '_, '_> {
    pub(super) fn async_step(&mut self, name: &str, timed: bool, code: &Arc<dyn Journey>) -> AsyncStep {
        // What it reads and sets is known to nobody before the run.
        self.cx.opaque();
        self.cx.makes_requests();
        AsyncStep { name: timed.then(|| self.cx.request_name(name)), code: code.clone() }
    }
}
