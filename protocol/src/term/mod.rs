//! Nouns of the counter: money, quantities, codes and identifiers.
//!
//! In scope: values that cannot be invalid once made, their text forms, and arithmetic on money.
//! Out of scope: what a rule makes of them.
#![deny(clippy::arithmetic_side_effects)]

mod approval;
mod decimal;
mod digit;
mod gs1;
mod id;
mod insurance_code;
mod lot;
mod money;
mod own_form;
mod payment;
mod trace_code;
mod trace_text;
mod transport;
mod word;

pub use approval::{Approval, ApprovalFamily, ApprovalNumber, Flaw, Noise, Reading};
pub use decimal::DecimalError;
pub use digit::TraceCodeError;
pub use gs1::{Gs1, Separators};
pub use id::{
    CodeError, EntryIndex, Infno, LogId, RegionCode, SaleId, SaleIdError, Sku, StaffId, StoreCode,
    TillNumber,
};
pub use insurance_code::{InsuranceClass, InsuranceCode, InsuranceCodeError};
pub use lot::{Lot, NumberError, PaperNumber};
pub use money::{Fen, Quantity, UnitPrice};
pub use own_form::OwnForm;
pub use payment::{Fund, Tender};
pub use trace_code::{Barcode, BarcodeError, TraceCode, TracePrefix};
pub use trace_text::{NoCode, Symbology, TraceForm, TraceHint, TracePack, TraceText, Wallet};
pub use transport::Transport;
