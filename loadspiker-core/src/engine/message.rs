//! What a shard and the thread that keeps the run together tell each other.

use std::sync::Arc;
use std::time::Duration;

use crate::metrics::Snapshot;
use crate::moment::Moment;

/// What a shard is told.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// A population starts at this moment.
    Start { population: usize, at: Moment },
    /// No new users any more; those that run have so much time from `at` on to finish.
    Stop { at: Moment, patience: Duration },
    /// From `at` on no user starts and none begins another request.
    Pause { at: Moment },
    /// The end of a pause.
    Resume { at: Moment },
    /// From `at` on the load is `factor` times what was written. Not for the populations that are over; `round` is told
    /// with those that are done from now on.
    Scale { factor: f64, at: Moment, round: u64, over: Arc<[bool]> },
    /// All are at the rendez-vous; those who wait here go on.
    Open { rendez_vous: usize, at: Moment },
    /// Everything is done: hand over what is left and end.
    Finish,
    /// An event was heard; said only where time is simulated, which waits for it.
    Heard,
}

/// What somebody outside asks of a run.
#[derive(Clone, Debug)]
pub(crate) enum Steer {
    Scale(f64),
    Pause,
    Resume,
    Stop(String),
}

/// What a shard tells.
pub(crate) enum Event {
    /// An interval of statistics.
    Snapshot { shard: usize, snapshot: Box<Snapshot> },
    /// All users of a population on this shard are done, and no more will come.
    Done { shard: usize, population: usize, at: Moment, round: u64 },
    /// A user asks for the end of the run.
    StopRequested { why: String, crash: bool, at: Moment },
    /// The last user has come to a rendez-vous.
    Opened { rendez_vous: usize, at: Moment },
    /// Something to show to the person who debugs.
    Debug(String),
    /// The shard could not be set up.
    Failed { what: String, cause: String },
    /// The shard is no more, and this is the last that is heard of it.
    Gone { shard: usize },
    /// Somebody outside steers the run; the only event that does not come from a shard.
    Steered(Steer),
    /// The shard is set up and waits for the beginning.
    Ready,
}
