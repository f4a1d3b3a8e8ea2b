//! What steps have in common that send no request of their own: they are counted only if they fail.

use loadspiker_core::Failure;
use loadspiker_core::compile::RequestName;
use loadspiker_core::protocol::ActionContext;

/// Counts a step that failed.
pub(crate) fn fail(cx: &mut ActionContext, name: &RequestName, error: &str) {
    cx.sample(name).failed(Failure::mistake(error.to_owned())).record();
}
