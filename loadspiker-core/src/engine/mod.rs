//! The engine: shards, virtual users, the clock, and the thread that keeps them together.
//!
//! *A resting user is data, a busy one is a task.* While a user waits (a pause, a pace, a rendez-vous) it is a boxed
//! `User` in the shard's timer heap and nothing else. While it works it is one task of the shard's
//! single-threaded runtime, which runs step after step until the user rests again or ends. So a request costs no
//! spawn, and a million resting users no task. A user with branches rests at their `Fork`, and each branch is data or a
//! task like any user.

mod block;
mod branch;
mod clock;
mod cursor;
mod drive;
mod ending;
mod events;
mod fork;
mod frames;
mod gate;
mod goodbye;
mod handle;
mod health;
mod hold;
mod holding;
mod hooks;
mod host;
mod journey;
mod late;
mod limit;
mod listen;
mod loops;
mod message;
mod options;
mod population;
mod prepare;
mod pulse;
mod room;
mod run;
mod services;
mod shard;
mod signals;
mod stall;
mod started;
mod steered;
mod steering;
mod target;
mod task;
mod thread;
mod throttle;
mod tick;
mod timer;
mod usage;
mod user;
mod users;
mod waiting;
mod watch;

pub(crate) use cursor::{Cursor, Problem};
pub use handle::{ControlError, RunHandle};
pub(crate) use journey::Loose;
pub(crate) use late::ShardBinder;
pub use options::{Observer, RunOptions};
pub(crate) use pulse::{Place, Pulse};
pub(crate) use room::{Answer, Got, Supply};
pub(crate) use shard::{Shard, ShardProgram};
pub use started::StartedRun;
pub(crate) use task::{NoPanic, Watchdog, give_way, record_panic};
pub(crate) use throttle::Turn;
pub(crate) use user::{Frame, User};
