//! Devices at the counter.
