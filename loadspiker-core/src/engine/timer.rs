//! [`Timer`]: wakes a shard at a moment. Finer than tokio's wheel, which ticks once a millisecond and rounds up.

use std::task::{Context, Poll};

use crate::engine::clock::Clock;
use crate::moment::Moment;

/// One timer of one shard. On Linux a `timerfd` that the shard's own reactor watches; elsewhere tokio's timer.
pub(crate) struct Timer {
    source: Source,
    armed: Moment,
}

enum Source {
    #[cfg(target_os = "linux")]
    Descriptor(tokio::io::unix::AsyncFd<rustix::fd::OwnedFd>),
    #[cfg(not(target_os = "linux"))]
    Wheel(std::pin::Pin<Box<tokio::time::Sleep>>),
}

impl Timer {
    /// A timer that is not armed. Must be called within the runtime of the shard.
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> std::io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        let descriptor = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        // Newer versions of tokio want to be promised that the descriptor stays open while it is registered, in an
        // unsafe function. An owned descriptor, which is never replaced, does.
        #[allow(deprecated, reason = "its successor is unsafe, and no safer for an owned descriptor")]
        let descriptor = tokio::io::unix::AsyncFd::new(descriptor)?;
        let source = Source::Descriptor(descriptor);
        Ok(Timer { source, armed: Moment::NEVER })
    }

    /// A timer that is not armed. Must be called within the runtime of the shard.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> std::io::Result<Self> {
        let never = std::time::Duration::from_secs(30 * 365 * 86_400);
        Ok(Timer { source: Source::Wheel(Box::pin(tokio::time::sleep(never))), armed: Moment::NEVER })
    }

    /// Ready once `due` has come. Called again with another moment, it forgets the one before.
    pub(crate) fn poll_until(&mut self, due: Moment, clock: &Clock, cx: &mut Context<'_>) -> Poll<()> {
        if due != self.armed {
            self.arm(due, clock);
            self.armed = due;
        }
        let rung = match &mut self.source {
            #[cfg(target_os = "linux")]
            Source::Descriptor(descriptor) => match descriptor.poll_read_ready(cx) {
                Poll::Ready(Ok(mut guard)) => {
                    let mut expirations = [0_u8; 8];
                    let rung = rustix::io::read(descriptor.get_ref(), &mut expirations).is_ok();
                    guard.clear_ready();
                    if !rung {
                        // Readiness from before it was armed anew: ask once more, so that the waker is in place.
                        return match descriptor.poll_read_ready(cx) {
                            Poll::Ready(_) => self.ring(),
                            Poll::Pending => Poll::Pending,
                        };
                    }
                    true
                }
                Poll::Ready(Err(_)) => true,
                Poll::Pending => false,
            },
            #[cfg(not(target_os = "linux"))]
            Source::Wheel(sleep) => sleep.as_mut().poll(cx).is_ready(),
        };
        if rung { self.ring() } else { Poll::Pending }
    }

    fn ring(&mut self) -> Poll<()> {
        self.armed = Moment::NEVER;
        Poll::Ready(())
    }

    fn arm(&mut self, due: Moment, clock: &Clock) {
        match &mut self.source {
            #[cfg(target_os = "linux")]
            Source::Descriptor(descriptor) => {
                use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
                // Zero would disarm it.
                let nanos = if due == Moment::NEVER { 0 } else { due.since(clock.now()).as_nanos().max(1) };
                let timespec = |nanos: u128| Timespec {
                    tv_sec: i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX),
                    tv_nsec: i64::try_from(nanos % 1_000_000_000).unwrap_or_default(),
                };
                let spec = Itimerspec { it_interval: timespec(0), it_value: timespec(nanos) };
                // It fails on invalid arguments only; then the once-a-second tick of other timers is missed, not lost.
                let armed = timerfd_settime(descriptor.get_ref(), TimerfdTimerFlags::empty(), &spec);
                debug_assert!(armed.is_ok());
            }
            #[cfg(not(target_os = "linux"))]
            Source::Wheel(sleep) => sleep.as_mut().reset(clock.instant_of(due)),
        }
    }
}
