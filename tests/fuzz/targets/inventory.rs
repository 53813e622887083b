//! See `pharmacy_fuzz::inventory`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pharmacy_fuzz::inventory(bytes));
