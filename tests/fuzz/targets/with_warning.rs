//! See `pharmacy_fuzz::with_warning`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pharmacy_fuzz::with_warning(bytes));
