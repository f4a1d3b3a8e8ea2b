//! Asking a live source for those who wait: one task of one shard does so, for all shards.

use std::pin::pin;
use std::rc::Rc;

use super::Supply;
use crate::engine::{Shard, task};
use crate::feeder::Live;

impl Shard {
    /// Sees to it that somebody asks a live source for those who wait.
    pub(super) fn ask(self: &Rc<Self>, supply: &Supply) {
        let Supply::Feeder(feeder) = supply else { return };
        let Some(mut source) = feeder.live().and_then(Live::begin_asking) else { return };
        let (shard, feeder) = (self.clone(), feeder.clone());
        self.start(async move {
            let Some(live) = feeder.live() else { return };
            loop {
                let outside = source.is_outside().then(|| Outside::begin(&shard));
                let next = task::NoPanic(pin!(async { source.next().await })).await;
                drop(outside);
                live.take(next, shard.clock.now());
                match live.end_asking(source) {
                    Some(again) => source = again,
                    None => return,
                }
            }
        });
    }
}

/// Simulated time stands still while something outside is waited for.
struct Outside<'a>(&'a Shard);

impl<'a> Outside<'a> {
    fn begin(shard: &'a Shard) -> Self {
        shard.await_outside(true);
        Outside(shard)
    }
}

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        self.0.await_outside(false);
    }
}
