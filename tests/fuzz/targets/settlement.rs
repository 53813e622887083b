//! See `pharmacy_fuzz::settlement`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pharmacy_fuzz::settlement(bytes));
