//! The gate over a real log: what becomes of a till's calls, without sockets. The clock stands still
//! until a test moves it; the rules are the shipped ones, the goods the sample catalogue's.

mod back;
mod correct;
mod counter;
mod double;
mod hold;
mod knob;
mod no_code;
mod observed;
mod outcome;
mod packs;
mod photo;
mod reading;
mod release;
mod remedy;
mod sums;
mod unread;
mod verdict;
mod visit;
