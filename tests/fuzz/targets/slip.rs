//! See `pharmacy_fuzz::slip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pharmacy_fuzz::slip(bytes));
