//! Ctrl-C, SIGTERM, SIGHUP, SIGQUIT, and panics in code of the user's: what comes from outside while a run is on.

use std::any::Any;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};

use crate::shown::varying;

/// Prefix of the names of the threads on which panics are caught and counted.
pub(crate) const SHARD_THREAD: &str = "loadspiker-shard-";

/// Hears the requests to stop while it lives. Afterwards the signals do what they did without a run: end the process.
pub(crate) struct StopSignals(());

struct Handlers {
    seen: Arc<AtomicBool>,
    /// No run is on: the signal takes its usual course.
    idle: Arc<AtomicBool>,
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

fn handlers() -> &'static Handlers {
    HANDLERS.get_or_init(|| {
        let handlers = Handlers { seen: Arc::default(), idle: Arc::new(AtomicBool::new(true)) };
        for signal in signals() {
            // Where the handlers cannot be installed, the signals keep ending the process: nothing is lost but grace.
            let _ = signal_hook::flag::register_conditional_default(signal, handlers.idle.clone());
            let _ = signal_hook::flag::register(signal, handlers.seen.clone());
        }
        handlers
    })
}

/// The signals that end a run. One that is ignored stays so: whoever starts a run with `nohup` wants it to outlive the
/// terminal.
fn signals() -> Vec<i32> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    {
        let ignored = ignored();
        let polite = [signal_hook::consts::SIGHUP, signal_hook::consts::SIGQUIT].into_iter();
        signals.extend(polite.filter(|signal| ignored >> (signal - 1) & 1 == 0));
    }
    signals
}

/// The signals that this process ignores, a bit each, as far as the system tells.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

impl StopSignals {
    pub(crate) fn listen() -> Self {
        let handlers = handlers();
        handlers.seen.store(false, Ordering::SeqCst);
        handlers.idle.store(false, Ordering::SeqCst);
        StopSignals(())
    }

    /// Whether a signal has come since this was last asked.
    pub(crate) fn take(&self) -> bool {
        handlers().seen.swap(false, Ordering::SeqCst)
    }
}

/// As if Ctrl-C were pressed, while a run listens.
#[cfg(test)]
pub(crate) fn pretend() {
    handlers().seen.store(true, Ordering::SeqCst);
}

impl Drop for StopSignals {
    fn drop(&mut self) {
        handlers().idle.store(true, Ordering::SeqCst);
    }
}

thread_local! {
    static PANIC_PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics on shard threads from being printed one by one (a million users would print a million); they are
/// caught, counted and reported. Panics elsewhere are shown as before.
pub(crate) fn quiet_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name().is_some_and(|name| name.starts_with(SHARD_THREAD)) {
                let place = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
                PANIC_PLACE.with(|last| *last.borrow_mut() = place);
            } else {
                shown(info);
            }
        }));
    });
}

/// What a caught panic said, and where. Panics at one place are counted together, whatever they say.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    match PANIC_PLACE.with(|last| last.borrow_mut().take()) {
        Some(place) => format!("panicked at {place}: {}", varying(text)),
        None => format!("panicked: {}", varying(text)),
    }
}
