//! The engine of LoadSpiker, for authors of protocols, reports and tools. **Semver:** [`protocol_prelude`] and all that the
//! crate `loadspiker` re-exports follow semantic versioning, as does the JSON of a report (see
//! [`SCHEMA_VERSION`](report::SCHEMA_VERSION)). Everything else that is public here serves the crates of this repository,
//! which are released together: it may change in any minor version (while the version is 0.x, in any release). Public
//! structs and enums that may grow are `#[non_exhaustive]`.
//!
//! Load tests depend on the crate `loadspiker`, which re-exports what they need. A protocol crate depends on this one and
//! begins with `use loadspiker_core::protocol_prelude::*`. This crate knows no protocol itself, and no way to look at
//! results.
//!
//! Three features, all off by default, bring what not every program needs, with its libraries: `html` (`check::css`,
//! `check::css_attr`, `check::form`) and `xpath` (`check::xpath`, `check::xpath_ns`), which the crate `loadspiker` turns
//! on, and `fake` (made-up data).
//!
//! The modules follow the life of a run:
//!
//! 1. [`dsl`]: what the user writes, a plain immutable value, with [`expression`]s, [`feeder`]s, [`pool`]s, [`check`]s,
//!    [`inject`]ion profiles and throttles in it; [`imperative`]: parts of it that are async functions;
//! 2. [`compile`]: what is run. Names become numbers, texts are parsed, all mistakes are found;
//! 3. [`engine`]: one shard a core, each with users, timers, connections and statistics of its own, and the
//!    [`RunHandle`](engine::RunHandle) that steers a run from outside;
//! 4. [`protocol`]: the traits through which the engine knows protocols, with a whole one as an example;
//! 5. [`metrics`]: what happened, and [`report`], [`assertion`]: what it means, at the end of a run or, by criteria over
//!    windows, while it goes on.
//!
//! ```
//! use loadspiker_core::{DurationExt, dsl::*, inject::constant_users_per_sec};
//!
//! let report = Simulation::new("an hour in no time")
//!     .with(
//!         scenario("Visit")
//!             .repeat(3, dummy("page", 80.millis()).pause(5))
//!             .inject([constant_users_per_sec(2).during(1.hours())]),
//!     )
//!     .simulated_clock()
//!     .run()
//!     .unwrap();
//! assert_eq!(report.users_started(), 7200);
//! assert_eq!(report.request("page").unwrap().count(), 3 * 7200);
//! assert_eq!(report.global().response_time().max(), 80.millis());
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

pub mod assertion;
pub mod check;
pub mod collector;
pub mod compile;
pub mod custom_metric;
mod desk;
pub mod dsl;
pub mod engine;
mod error;
pub mod expression;
mod failure;
#[cfg(feature = "fake")]
#[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
pub mod fake;
pub mod feeder;
pub mod format;
pub mod imperative;
pub mod inject;
mod mask;
pub mod metrics;
mod moment;
mod numbers;
mod phase;
pub mod pool;
pub mod protocol;
pub mod report;
mod session;
mod shown;
mod spelling;
pub mod stream;
mod units;
mod uuid;
mod value;

pub use error::{Error, Mistake, Mistakes, SessionError, StepError};
pub use failure::{Failure, FailureKind, TlsFault};
pub use moment::Moment;
pub use phase::Phase;
pub use session::{Schema, Session, Slot};
pub use units::{DurationExt, FixedDuration, parse_duration};
pub use value::{FromValue, ListItem, Value};

/// All that a protocol crate needs.
pub mod protocol_prelude {
    pub use crate::bound_methods;
    pub use crate::check::{
        Absorbing, BoundPredicate, Check, CheckSet, Extract, ExtractError, Extractor, Found, IntoCheck, Predicate,
        Response, Scope, Status, Subject, decode_text,
    };
    pub use crate::compile::{CompileContext, RequestName};
    pub use crate::custom_metric::Recording;
    pub use crate::dsl::Chain;
    pub use crate::error::StepError;
    pub use crate::expression::{
        CompiledText, CompiledValue, EvalError, IntoOutcome, IntoText, IntoValue, Piece, Symbols, Template, TextArg,
        TextOutcome, ValueArg,
    };
    pub use crate::failure::{Failure, FailureKind, TlsFault};
    pub use crate::feeder::{
        AsyncSource, Feeder, IntoFeeder, NextRecord, ReadError, RecordSink, RecordSource, async_records, parse_records,
    };
    pub use crate::imperative::{Bound, Outcome, Request, User};
    pub use crate::metrics::{Phases, Sample, SampleKind, SampleName};
    pub use crate::moment::Moment;
    pub use crate::phase::Phase;
    pub use crate::protocol::{
        Action, ActionBuilder, ActionContext, ActionFuture, Await, Block, BlockBuilder, BlockOutcome, CompiledAwait,
        CompiledOnMessage, Cut, Elapsed, End, Exchange, LocalFuture, MASK, Metrics, OnMessage, Origin, OwnedTask, Part,
        Progress, Protocol, ProtocolSlot, RunEnd, SampleBuilder, ShardHandle, ShardInfo, ShardState, Stopping,
        Streaming, TagSet, Tags, TimeUnit, Timeout, UntilCut, UserState, Woken, is_secret_name, masked_pairs,
        masked_url, masked_url_with, varying,
    };
    pub use crate::session::{Schema, Session, Slot};
    pub use crate::stream::{Ack, Acks, Bell, Expectation, Inbox, Received};
    pub use crate::units::{DurationExt, FixedDuration};
    pub use crate::value::Value;
}
