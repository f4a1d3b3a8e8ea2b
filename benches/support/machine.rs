//! What the figures were measured on.

use std::fmt;
use std::fs;
use std::process::Command;

/// The machine and the versions that figures depend on.
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    kernel: String,
    compiler: String,
}

impl Machine {
    pub(crate) fn this() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next());
        let gibibytes = total.and_then(|kibibytes| kibibytes.parse::<u64>().ok()).map(|kib| kib >> 20);
        Machine {
            processor: model.map_or("an unknown processor".to_owned(), |(_, name)| name.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            memory: gibibytes.map_or(String::new(), |gibibytes| format!(", {gibibytes} GiB")),
            kernel: said_by("uname", &["-sr"]).unwrap_or_else(|| "an unknown kernel".to_owned()),
            compiler: said_by("rustc", &["--version"]).unwrap_or_else(|| "an unknown compiler".to_owned()),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { processor, cores, memory, kernel, compiler } = self;
        write!(f, "{processor}, {cores} cores{memory}; {kernel}; {compiler}")
    }
}

/// The first line that a program prints, on whatever stream and however it ends: some tell their version as a mistake.
pub(crate) fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8_lossy(&said).into_owned();
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}
