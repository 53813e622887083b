//! See `pharmacy_fuzz::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pharmacy_fuzz::request(bytes));
