//! The gateway between a till and a platform, both of them simulated.

mod conformance;
mod curl;
mod faults;
mod load;
