//! See `pharmacy_fuzz::trace_code`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pharmacy_fuzz::trace_code(bytes));
