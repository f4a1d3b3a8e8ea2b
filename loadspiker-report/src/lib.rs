//! What people look at: live progress, the summary at the end, result files; and the command line of a load-test
//! program.
//!
//! Everything here reads the two values of the core that tell of a run, `LiveView` while it is on and `RunReport`
//! afterwards, and never the engine. [`SimulationMain::main`] puts it all together; [`Summary`] prints any report, one
//! that was saved included.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cli;
mod drawn;
mod files;
mod folder;
mod html;
mod junit;
mod live;
mod live_metrics;
mod log;
mod page;
mod program;
mod results;
mod runs;
mod screen;
mod summary;
mod table;
mod test_run;
mod text;
mod width;

pub use folder::{Folder, write_results, write_run_folder};
pub use html::html as report_page;
pub use live::Progress;
pub use log::log_from_environment;
pub use program::SimulationMain;
pub use runs::{ListedRun, run_index, run_table};
pub use summary::Summary;
pub use test_run::{TestResults, test_folder};
