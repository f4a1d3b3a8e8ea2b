//! What benches that run against a server share: nginx, cores, memory, the machine.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod cpu;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod nginx;
