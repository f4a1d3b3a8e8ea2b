//! assertion.
