//! See `pharmacy_fuzz::answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pharmacy_fuzz::answer(bytes));
