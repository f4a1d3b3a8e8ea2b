//! What can be wrong with a feeder, before the run and in it.

/// Why the records of a feeder cannot be had. Found before the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeederError {
    /// The file is not there.
    #[error(
        "feeder {path}: no such file in {folder}; a path is relative to the folder in which the program is started"
    )]
    NotFound {
        /// The path as it was given.
        path: String,
        /// The folder it was looked up in.
        folder: String,
    },
    /// The file cannot be read.
    #[error("feeder {path}: cannot be read: {cause}")]
    Read {
        /// The path as it was given.
        path: String,
        /// The operating system's answer.
        cause: String,
    },
    /// There is nothing in it to feed.
    #[error("feeder {feeder}: {problem}")]
    Empty {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// What is missing, and what has to be there.
        problem: String,
    },
    /// A line of the file is wrong.
    #[error("feeder {feeder}, line {line}: {problem}")]
    Line {
        /// The feeder: its path.
        feeder: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// Something else about the contents or the settings is wrong.
    #[error("feeder {feeder}: {problem}")]
    Invalid {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// What is wrong, and what to do about it.
        problem: String,
    },
    /// The user's iterator or transformation panicked.
    #[error("feeder {feeder}: {what} panicked: {message}")]
    Panicked {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// Whose code it was.
        what: &'static str,
        /// The message of the panic.
        message: String,
    },
}

/// Why a user got no record. It cannot be mended within the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// Each record has been given out.
    #[error(
        "feeder {feeder} is used up: each of its {records} records was given once; add records, or use .circular() to \
         start again or .random() to draw again and again"
    )]
    Exhausted {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// How many records it has.
        records: usize,
    },
    /// The source that is drawn while the run goes on has no more.
    #[error(
        "feeder {feeder} has come to its end after {} record{}; let it give more, or let fewer users come",
        records,
        if *records == 1 { "" } else { "s" }
    )]
    Ended {
        /// The feeder: what it was made with.
        feeder: String,
        /// How many records it gave.
        records: usize,
    },
    /// The source that is streamed, or drawn while the run goes on, gives no further record.
    #[error("{0}")]
    Broken(FeederError),
    /// There is no record yet, and whoever asks cannot wait.
    #[error("feeder {feeder} has no record yet; take it with feed_async, which waits for one")]
    NotYet {
        /// The feeder: what it was made with.
        feeder: String,
    },
    /// With `unique_per_user`, there are more users than records.
    #[error(
        "feeder {feeder} has {records} records, too few to give user {user} one of its own; add records, start fewer \
         users, or use .circular() instead of .unique_per_user()"
    )]
    TooFewForUsers {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// How many records it has.
        records: usize,
        /// The number of the user, from 1: within its population, or within the run if several share the feeder.
        user: u64,
    },
}
