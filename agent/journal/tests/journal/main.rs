//! The log and the rows beside it, on a real disk.

mod pace;
mod store_contract;
