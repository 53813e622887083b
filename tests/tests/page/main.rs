//! The counter page in a real browser: what people see, and what they can do about it.
//!
//! Without Chromium the tests say that they were not run; with `REQUIRE_BROWSER=1` they fail.

mod counter;
mod day;
mod desk;
mod live;
mod office;
