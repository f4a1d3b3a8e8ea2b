//! Groups in the imperative style.

use crate::compile::Text;
use crate::engine::{Frame, Loose};
use crate::error::StepError;
use crate::imperative::User;

impl User {
    /// Times a part of the code. Groups nest; requests inside are reported under them. The name may have expressions.
    ///
    /// A failed request fails the group, and so does an error that leaves it. It is counted however it is left: also by
    /// `?`, by a panic, or because the future of the part was dropped.
    ///
    /// ```
    /// # use loadspiker_core::{DurationExt, imperative::{Outcome, User}};
    /// async fn buy(user: &mut User) -> Outcome {
    ///     user.group("checkout", async |user| {
    ///         user.dummy("add to cart", 20.millis()).await?;
    ///         user.dummy("pay", 50.millis()).await
    ///     })
    ///     .await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// What the part returns; or the name cannot be read, and the part is not run.
    pub async fn group<T>(
        &mut self,
        name: impl AsRef<str>,
        part: impl AsyncFnOnce(&mut User) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        self.settle();
        let name = self.group_name(name.as_ref())?;
        let user = &mut *self.cx.user;
        user.settle_failure();
        let (depth, outer, since) = (user.frames.len(), user.group, user.intended);
        user.group = self.cx.shard.group(outer, &name, &user.session);
        user.frames.push(Frame::Group { outer, failed: false, cumulated_micros: 0, since });
        let loose = self.loose.clone();
        let dropped = Dropped { loose: &loose, depth };
        self.go_on();
        let outcome = part(self).await;
        std::mem::forget(dropped);
        self.settle();
        if outcome.is_err() {
            self.cx.user.fail_group();
        }
        self.leave_to(depth);
        self.go_on();
        outcome
    }

    fn group_name(&self, name: &str) -> Result<Text, StepError> {
        if name.trim().is_empty() {
            return Err("the name of a group is empty; give it one that can be found in a report".into());
        }
        self.compile(|cx| cx.text(name)).map_err(|(_, mistake)| StepError::new(mistake))
    }
}

/// Tells that a group was dropped before its end.
struct Dropped<'a> {
    loose: &'a Loose,
    depth: usize,
}

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        let outermost = self.loose.depth.get().map_or(self.depth, |depth| depth.min(self.depth));
        self.loose.depth.set(Some(outermost));
    }
}
