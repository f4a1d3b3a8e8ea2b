//! Think times in the imperative style.

use crate::expression::IntoPause;
use crate::imperative::User;

impl User {
    /// Think time: `pause(1)` (seconds), `pause(1..3)` (uniform), `pause(200.millis())`, `pause("#{think}")`, drawn as the
    /// simulation says with [`pauses`](crate::dsl::Simulation::pauses). What follows is meant to begin when it is over. It is
    /// part of no response time.
    ///
    /// An expression that cannot be evaluated, or is wrong, fails the user, is counted, and does not pause.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, the time until then is that of the user's own code.
    pub async fn pause(&mut self, duration: impl IntoPause) {
        self.settle();
        let compiled = self.compile(|cx| duration.into_pause().compile(cx)).map_err(|(_, mistake)| mistake);
        let length = compiled.and_then(|pause| pause.get(self.session()).map_err(|error| format!("{error:#}")));
        let drawn = match length {
            Ok(length) => {
                let pauses = self.program.pauses;
                self.session().random(|random| pauses.draw(length, random))
            }
            Err(problem) => {
                self.fail_step(problem);
                return self.go_on();
            }
        };
        if drawn.is_zero() {
            self.take_turns().await;
            return self.go_on();
        }
        let due = self.cx.user.intended + drawn;
        self.cx.user.rest(drawn);
        self.cx.shard.pause_until(due, &self.loose).await;
        self.cx.user.intended = due;
        self.cx.forget_time();
        self.paused += drawn;
        self.go_on();
    }
}
