//! Records: what the parts of an entry hold, by kind of entry and class of part.
//!
//! ```text
//! record (a type) ─► bytes of a part (JSON) ─► commitment in the entry
//! ```
//! A record has the kinds of entry and the class of part that it belongs to, so that none can be put
//! into the wrong part. Its bytes are hashed as they were written and never written again. Unknown
//! members are refused: what a reader does not know, it must not pass over. Where one class of a kind
//! holds several things, one member says which.
//!
//! In scope: records of which nothing but the nouns of the trade need be known. Out of scope: those that
//! hold facts of a decision (`pharmacy-decision`, with the same trait: this crate does not know what a
//! verdict is); images, which are bytes as they came; `protocol/spec/parts.md` lists all of them.

pub mod access;
mod duty;
pub mod finding;
pub mod identity;
pub mod invoice;
pub mod list;
pub mod outcome;
pub mod sale;
pub mod staff;
pub mod stock;
pub mod store;
pub mod verdict;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::act::SignedAct;
use crate::entry::EntryKind;
use crate::history::{Carried, Rows};
use crate::log::succession::Succession;
use crate::part::PartClass;

/// The version of the records, as `protocol/spec/parts.md` counts it.
pub const RECORD_VERSION: u8 = 2;

/// What a part holds.
pub trait Record: Serialize + DeserializeOwned {
    /// Its name in `protocol/spec/parts.md`.
    const NAME: &'static str;
    /// The kinds of entry that it belongs to.
    const KINDS: &'static [EntryKind];
    /// The class of part that it is.
    const CLASS: PartClass;
}

/// A kind of record, without the type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Form {
    /// Its name in `protocol/spec/parts.md`.
    pub name: &'static str,
    /// The kinds of entry that it belongs to.
    pub kinds: &'static [EntryKind],
    /// The class of part that it is.
    pub class: PartClass,
}

impl Form {
    /// The form of a type of records.
    pub const fn of<R: Record>() -> Self {
        Self {
            name: R::NAME,
            kinds: R::KINDS,
            class: R::CLASS,
        }
    }
}

/// Says of types which parts they are, and lists them.
#[macro_export]
macro_rules! records {
    ($(#[$doc:meta])* $all:ident: $($record:ty as $name:literal: $($kind:ident)|+ / $class:ident;)+) => {
        $(impl $crate::record::Record for $record {
            const NAME: &'static str = $name;
            const KINDS: &'static [$crate::entry::EntryKind] =
                &[$($crate::entry::EntryKind::$kind),+];
            const CLASS: $crate::part::PartClass = $crate::part::PartClass::$class;
        })+

        $(#[$doc])*
        pub const $all: &[$crate::record::Form] = &[$($crate::record::Form::of::<$record>()),+];
    };
}

records! {
    /// Every type of records here.
    ALL:
    access::Access as "Access": Access / Staff;
    finding::Finding as "Finding": Finding / Answer;
    finding::WrongPin as "WrongPin": Finding / Staff;
    identity::Persons as "Persons": Evidence | Prescription | Sale | Verdict / Identity;
    invoice::DisputedInvoice as "DisputedInvoice": Finding / List;
    invoice::Invoice as "Invoice": Invoice / List;
    list::Confirmation as "Confirmation": Signature / List;
    list::PurchaseList as "PurchaseList": Outcome / List;
    list::ScannedPage as "ScannedPage": Document / List;
    outcome::Attempts as "Attempts": Attempt / Facts;
    outcome::Outcome as "Outcome": Outcome | Reversal / Answer;
    outcome::Rests as "Rests": Outcome / Facts;
    sale::CodePhoto as "CodePhoto": Document / Facts;
    sale::CorrectedPack as "CorrectedPack": Sale / Goods;
    sale::ScannedPacks as "ScannedPacks": Sale / Goods;
    staff::Shift as "Shift": Shift / Staff;
    staff::StaffChange as "StaffChange": Staff / Staff;
    staff::Unsigned as "Unsigned": Evidence | Outcome | Release | Reversal | Sale / Staff;
    stock::Claim as "Claim": Claim / Goods;
    stock::NoCodeStep as "NoCodeStep": Claim / Goods;
    store::Alive as "Alive": Liveness / Store;
    store::CatalogueImport as "CatalogueImport": Catalogue / Store;
    store::Erasure as "Erasure": Erasure / Store;
    store::Founded as "Founded": Configuration / Store;
    store::PackVersion as "PackVersion": Pack / Store;
    store::ReaderSeen as "ReaderSeen": Reader / Store;
    store::Running as "Running": Configuration | Start / Store;
    store::Stopped as "Stopped": Stop / Store;
    store::TokenChange as "TokenChange": Token / Store;
    verdict::GatedCall as "GatedCall": Verdict / Goods;
    verdict::HeldBack as "HeldBack": Verdict / Goods;
    store::Reopened as "Reopened": Release / Store;
    store::Repaired as "Repaired": Repair / Store;
    Carried as "Carried": Carried / State;
    Rows as "Rows": Access | Attempt | Catalogue | Claim | Configuration | Document | Evidence
        | Finding | Invoice | Liveness | Outcome | Pack | Prescription | Reader | Release | Repair
        | Reversal | Sale | Shift | Signature | Staff | Standing | Start | Token | Verdict / Rows;
    SignedAct as "SignedAct": Claim | Evidence | Outcome | Prescription | Reader | Release | Reversal
        | Sale | Shift / Staff;
    Succession as "Succession": Succession / Store;
}

/// The bytes of an image of a prescription, as they came.
pub const IMAGE: Form = Form {
    name: "image",
    kinds: &[EntryKind::Document],
    class: PartClass::Prescription,
};

/// The bytes of a document about the store's standing, as they came.
pub const PAPER: Form = Form {
    name: "paper",
    kinds: &[EntryKind::Document],
    class: PartClass::Staff,
};

/// The bytes of a photo of a pack's code that cannot be read, as they came.
pub const PHOTO: Form = Form {
    name: "photo",
    kinds: &[EntryKind::Document],
    class: PartClass::Goods,
};

/// Parts that are no record but bytes as they came.
pub const RAW: &[Form] = &[IMAGE, PAPER, PHOTO];
