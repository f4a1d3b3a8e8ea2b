//! [`Tap`]: a source that is drawn, in a run.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::builder::Feeder;
use super::drawn::{Drawn, Fields, Lazy, Make};
use super::error::{FeedError, FeederError};
use super::live::{Live, PATIENCE};
use super::source::{Source, guarded};
use crate::numbers::mix;
use crate::session::Session;

/// Transforms and checks a drawn record.
pub(super) type Finishing = Box<dyn Fn(Fields) -> Result<Fields, FeederError> + Send + Sync>;

/// A source that is drawn, in a run.
pub(super) enum Tap {
    Made(Maker),
    Lazy(LazyTap),
    Live(Live),
}

/// Records that are made by their number.
pub(super) struct Maker {
    name: String,
    make: Make,
    finish: Finishing,
    /// Which of the machines of a run this is, and how many there are.
    part: (usize, usize),
    seed: u64,
    /// How many each shard has made.
    made: Box<[Count]>,
}

/// A number that one shard writes. As large as the cache lines that are fetched together.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Count(AtomicU64);

/// Records of an iterator.
pub(super) struct LazyTap {
    name: String,
    lazy: Arc<Mutex<Lazy>>,
    finish: Finishing,
    part: (usize, usize),
    /// How many were drawn.
    drawn: AtomicU64,
    /// The panic that ended it, if one did.
    panic: Mutex<Option<String>>,
}

impl Tap {
    /// The source of `feeder`, which is one that is drawn, for a run with so many shards.
    pub(super) fn new(
        feeder: &Feeder,
        columns: &Arc<[Arc<str>]>,
        part: (usize, usize),
        shards: usize,
        seed: u64,
    ) -> Tap {
        let definition = feeder.definition();
        let finish: Finishing = {
            let (feeder, columns) = (feeder.clone(), columns.clone());
            Box::new(move |record| feeder.definition().finish(record, &columns))
        };
        let name = definition.source.name();
        match &definition.source {
            Source::Drawn(Drawn::Lazy(lazy)) => Tap::Lazy(LazyTap {
                name,
                lazy: lazy.clone(),
                finish,
                part,
                drawn: AtomicU64::new(0),
                panic: Mutex::default(),
            }),
            Source::Drawn(Drawn::Live(source)) => {
                let patience = definition.patience.unwrap_or(PATIENCE);
                Tap::Live(Live::new(source.clone(), shards, patience, columns, finish))
            }
            source => {
                let made = (0..shards).map(|_| Count::default()).collect();
                let make = match source {
                    Source::Drawn(Drawn::Made(made)) => made.make.clone(),
                    // Not drawn: there is nothing to make.
                    _ => Arc::new(|_: u64, _: &mut fastrand::Rng| Fields::new()),
                };
                Tap::Made(Maker { name, make, finish, part, seed, made })
            }
        }
    }

    /// A record for this user; the one of number `own` if it has one of its own.
    pub(super) fn draw(&self, shard: usize, session: &Session, own: Option<u64>) -> Result<Fields, FeedError> {
        match self {
            Tap::Made(maker) => maker.draw(shard, session, own),
            Tap::Lazy(lazy) => lazy.draw(),
            Tap::Live(live) => match live.desk.take() {
                Some(record) => Ok(record),
                None => Err(live.end().unwrap_or_else(|| FeedError::NotYet { feeder: live.name().to_owned() })),
            },
        }
    }
}

fn panicked(feeder: &str, message: String) -> FeedError {
    FeedError::Broken(FeederError::Panicked { feeder: feeder.to_owned(), what: "the source", message })
}

impl Maker {
    fn draw(&self, shard: usize, session: &Session, own: Option<u64>) -> Result<Fields, FeedError> {
        let made = match own {
            // The same each time.
            Some(own) => guarded(|| (self.make)(own, &mut fastrand::Rng::with_seed(mix(self.seed, own)))),
            None => {
                let shard = shard % self.made.len();
                let Count(made) = &self.made[shard];
                // Written by this shard alone: no need for an atomic addition.
                let taken = made.load(Ordering::Relaxed);
                made.store(taken.wrapping_add(1), Ordering::Relaxed);
                let number = taken.wrapping_mul(self.made.len() as u64).wrapping_add(shard as u64);
                let (machine, machines) = self.part;
                let number = number.wrapping_mul(machines as u64).wrapping_add(machine as u64);
                session.random(|random| guarded(|| (self.make)(number, random)))
            }
        };
        let record = made.map_err(|message| panicked(&self.name, message))?;
        (self.finish)(record).map_err(FeedError::Broken)
    }
}

impl LazyTap {
    fn draw(&self) -> Result<Fields, FeedError> {
        let (machine, machines) = self.part;
        let next = {
            let mut lazy = self.lazy.lock().unwrap_or_else(PoisonError::into_inner);
            let passed_over = if self.drawn.load(Ordering::Relaxed) == 0 { machine } else { machines - 1 };
            let next = guarded(|| {
                (0..passed_over).try_for_each(|_| lazy.next().map(drop))?;
                lazy.next()
            });
            // Whoever asks after a panic is told of it, too: there is no end, and nobody knows how many were to come.
            let mut panic = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
            match next {
                Ok(Some(record)) => {
                    self.drawn.fetch_add(1, Ordering::Relaxed);
                    Ok(Some(record))
                }
                Ok(None) => panic.clone().map_or(Ok(None), Err),
                Err(message) => Err(panic.get_or_insert(message).clone()),
            }
        };
        let record = next.map_err(|message| panicked(&self.name, message))?.ok_or_else(|| FeedError::Ended {
            feeder: self.name.clone(),
            records: usize::try_from(self.drawn.load(Ordering::Relaxed)).unwrap_or(usize::MAX),
        })?;
        (self.finish)(record).map_err(FeedError::Broken)
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tap::Made(_) => "Made",
            Tap::Lazy(_) => "Lazy",
            Tap::Live(_) => "Live",
        })
    }
}
