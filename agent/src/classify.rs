//! `classify`: the eligibility of a table of articles.
