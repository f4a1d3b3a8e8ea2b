//! Errors of feeders, before and during a run.

/// Why the records of a feeder could not be read. Reported before the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeederError {
    /// The file does not exist.
    #[error(
        "feeder {path}: no such file in {folder}; a path is relative to the folder in which the program is started"
    )]
    NotFound {
        /// The path as given.
        path: String,
        /// The folder in which the file was looked up.
        folder: String,
    },
    /// The file could not be read.
    #[error("feeder {path}: cannot be read: {cause}")]
    Read {
        /// The path as given.
        path: String,
        /// The error of the operating system.
        cause: String,
    },
    /// The source has no records or no fields.
    #[error("feeder {feeder}: {problem}")]
    Empty {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// What is missing, and what is expected.
        problem: String,
    },
    /// A line of the file is invalid.
    #[error("feeder {feeder}, line {line}: {problem}")]
    Line {
        /// The feeder: its path.
        feeder: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with the line.
        problem: String,
    },
    /// The contents or the settings are invalid in another way.
    #[error("feeder {feeder}: {problem}")]
    Invalid {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// What is wrong, and the remedy.
        problem: String,
    },
    /// The user's iterator or transformation panicked.
    #[error("feeder {feeder}: {what} panicked: {message}")]
    Panicked {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// Which code panicked.
        what: &'static str,
        /// The panic message.
        message: String,
    },
}

/// Why a user got no record. Ends the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// All records have been used.
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
    /// The source that produces records during the run has ended.
    #[error(
        "feeder {feeder} has come to its end after {} record{}; provide more records, or start fewer users",
        records,
        if *records == 1 { "" } else { "s" }
    )]
    Ended {
        /// The feeder, as written by the user.
        feeder: String,
        /// How many records it produced.
        records: usize,
    },
    /// A source that is read during the run has failed.
    #[error("{0}")]
    Broken(FeederError),
    /// There is no record yet, and the caller cannot wait.
    #[error("feeder {feeder} has no record yet; take it with feed_async, which waits for one")]
    NotYet {
        /// The feeder, as written by the user.
        feeder: String,
    },
    /// There are more users than records, with `unique_per_user`.
    #[error(
        "feeder {feeder} has {records} records, too few to give user {user} one of its own; add records, start fewer \
         users, or use .circular() instead of .unique_per_user()"
    )]
    TooFewForUsers {
        /// The feeder: its path, or `records`.
        feeder: String,
        /// How many records it has.
        records: usize,
        /// The number of the user, from 1: within its population, or within the run if populations share the feeder.
        user: u64,
    },
}
