//! The rules of the shipped pack, against cases that are data.

mod eligibility;
mod verdicts;
