//! The steps of a [`Pool`] as methods of it.

use crate::dsl::Chain;
use crate::pool::Pool;

impl Pool {
    /// The step [`checkout`](crate::dsl::checkout) of this pool, as a chain.
    #[track_caller]
    pub fn checkout(&self) -> Chain {
        crate::dsl::checkout(self)
    }

    /// The step [`checkin`](crate::dsl::checkin) of this pool, as a chain.
    #[track_caller]
    pub fn checkin(&self) -> Chain {
        crate::dsl::checkin(self)
    }
}
