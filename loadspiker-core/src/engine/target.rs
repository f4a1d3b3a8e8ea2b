//! Other targets than those in the simulation: `--base-url` and `--target`.

use std::sync::Arc;

use crate::dsl::Simulation;
use crate::engine::options::RunOptions;
use crate::error::Error;
use crate::protocol::{Protocol, masked_url};

/// Gives the protocols of the simulation the targets in `options`.
///
/// # Errors
///
/// A target that fits no protocol, or that its protocol does not take.
pub(super) fn redirect(simulation: &mut Simulation, options: &RunOptions) -> Result<(), Error> {
    if let Some(url) = &options.target {
        let failed = |cause| Error::Start { what: format!("with --base-url {}", masked_url(url)), cause };
        let scheme = scheme(url).ok_or_else(|| failed("it has no scheme; write it as scheme://host".to_owned()))?;
        redirect_those(simulation, url, |protocol| protocol.schemes().contains(&scheme)).map_err(failed)?;
    }
    for (name, url) in &options.targets {
        let failed = |cause| Error::Start { what: format!("with --target {name}={}", masked_url(url)), cause };
        let is_meant = |protocol: &dyn Protocol| {
            (!name.is_empty() && protocol.key() == name)
                || protocol.name() == name
                || protocol.schemes().contains(&name.as_str())
        };
        redirect_those(simulation, url, is_meant).map_err(failed)?;
    }
    Ok(())
}

fn scheme(url: &str) -> Option<&str> {
    url.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| !scheme.is_empty())
}

/// Redirects the protocols that are meant. `Err` says why that cannot be.
fn redirect_those(
    simulation: &mut Simulation,
    url: &str,
    is_meant: impl Fn(&dyn Protocol) -> bool,
) -> Result<(), String> {
    let mut there = Vec::new();
    let mut fits = false;
    for protocol in protocols(simulation) {
        let redirected = if is_meant(&**protocol) { protocol.with_target(url) } else { None };
        match redirected {
            Some(redirected) => {
                *protocol = redirected?;
                fits = true;
            }
            None => there.push(shown(&**protocol)),
        }
    }
    if fits {
        return Ok(());
    }
    there.sort();
    there.dedup();
    let there = if there.is_empty() { "it has none".to_owned() } else { format!("there are: {}", there.join(", ")) };
    Err(format!("it fits no protocol of the simulation ({there})"))
}

/// All protocols that the user gave: to the simulation and to populations.
fn protocols(simulation: &mut Simulation) -> Vec<&mut Arc<dyn Protocol>> {
    let mut all: Vec<_> = simulation.protocols.iter_mut().collect();
    let mut waiting: Vec<_> = simulation.populations.iter_mut().collect();
    while let Some(population) = waiting.pop() {
        all.extend(population.protocols.iter_mut());
        waiting.extend(population.next.iter_mut().flatten());
    }
    all
}

/// The protocol, as it is meant by name or scheme.
fn shown(protocol: &dyn Protocol) -> String {
    let key = if protocol.key().is_empty() { String::new() } else { format!(" \"{}\"", protocol.key()) };
    let schemes: Vec<String> = protocol.schemes().iter().map(|scheme| format!("{scheme}://")).collect();
    let schemes = if schemes.is_empty() { "takes no target".to_owned() } else { schemes.join(", ") };
    format!("{}{key} ({schemes})", protocol.name())
}
