//! The cookies of our pages.

use crate::door::session::Cookie;

const fn below_counter(name: &'static str) -> Cookie {
    let path = "/counter";
    Cookie { name, path }
}

/// Names a till's session.
pub(super) const SESSION: Cookie = below_counter("pharmacy-counter");
/// Names a reviewer's session.
pub(super) const REVIEW: Cookie = below_counter("pharmacy-review");
/// Remembers the language; it says nothing about anybody.
pub(super) const LANGUAGE: Cookie = below_counter("pharmacy-language");
