//! What belongs to the engine is not a part of the facade.

use loadspiker::check::Absorb;
use loadspiker::compile::CompileContext;
use loadspiker::feeder::BoundFeeder;
use loadspiker::metrics::Recorder;
use loadspiker::{Schema, collector};

fn main() {}
