//! What the operating system says, with the remedy.

/// What the operating system said, with the remedy where it ran out of files.
pub(crate) fn explain(cause: &std::io::Error) -> String {
    #[cfg(target_os = "linux")]
    if cause.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) {
        use rustix::process::{Resource, getrlimit};
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        return format!("out of file descriptors (limit {limit}): raise it with ulimit -n");
    }
    cause.to_string()
}
