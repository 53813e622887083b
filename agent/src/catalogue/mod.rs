//! The shop's articles: import and look-up.
