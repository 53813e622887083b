//! The shop's articles: import and look-up.
//!
//! ```text
//! file ─► table ─► column ─► article ─► store::catalogue::Draft ─► catalogue-<digest>-<n>.db
//!         rows     which     one row     a file of its own, seen
//!         as text  is what   judged      only when it is whole
//! ```
//!
//! In scope: reading what shops export (CSV in the encodings of the trade, XLSX, XLS), judging every
//! row, building one catalogue file or none. Out of scope: recording the import and switching to the
//! file (the desk), whether an article may be paid (`pharmacy_decision::eligibility`), the database
//! itself (`crate::file`).

pub mod article;
pub mod column;
pub mod fault;
pub mod file;
pub mod import;
pub mod no_code;
pub mod table;

mod code;
mod digest;
mod word;

pub use article::ShopArticle;
pub use digest::{Digest, DigestError};
pub use import::{Built, Counts, ImportError, ImportOptions, Phase, Progress, build};
