//! What a shard and the thread that keeps the run together tell each other.

use crate::metrics::Snapshot;
use crate::moment::Moment;

/// What a shard is told.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// A population starts at this moment.
    Start { population: usize, at: Moment },
    /// No new users any more; those that run have until `deadline`.
    Stop { deadline: Moment },
    /// All are at the rendez-vous; those who wait here go on.
    Open { rendez_vous: usize, at: Moment },
    /// Everything is done: hand over what is left and end.
    Finish,
    /// An event was heard; said only where time is simulated, which waits for it.
    Heard,
}

/// What a shard tells.
pub(crate) enum Event {
    /// An interval of statistics.
    Snapshot { shard: usize, snapshot: Box<Snapshot> },
    /// All users of a population on this shard are done, and no more will come.
    Done { population: usize, at: Moment },
    /// A user asks for the end of the run.
    StopRequested { why: String, crash: bool, at: Moment },
    /// The last user has come to a rendez-vous.
    Opened { rendez_vous: usize, at: Moment },
    /// Something to show to the person who debugs.
    Debug(String),
    /// The shard could not be set up.
    Failed { what: String, cause: String },
    /// The shard is set up and waits for the beginning.
    Ready,
}
