//! Closed sets of words that rows and their changes hold.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text that is no word of its set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no such word")]
pub struct WordError;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($body:tt)+ }) => {
        $crate::words! { $(#[$doc])* pub enum $name as as_str { $($body)+ } }

        impl std::str::FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                let mut all = Self::ALL.iter().copied();
                all.find(|one| one.as_str() == text).ok_or(WordError)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: Cow<'_, str> = Deserialize::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

words! {
    /// What became of a pack.
    PackStatus {
        /// Not sold, or returned since.
        Available = "available",
        /// Held by a sale that is not settled.
        Claimed = "claimed",
        /// Sold in part.
        PartSold = "part-sold",
        /// Sold whole.
        Sold = "sold",
    }
}

words! {
    /// Something that happened to a pack.
    PackEventKind {
        /// A sale took hold of it.
        Claimed = "claimed",
        /// Part of it was sold.
        PartSold = "part-sold",
        /// A sale let go of it.
        Released = "released",
        /// It came back, whole or in part.
        Returned = "returned",
        /// It was sold whole.
        Sold = "sold",
    }
}

words! {
    /// Where a sale stands, as far as finding it again goes; its state says the rest.
    Phase {
        /// Given up before anything was settled.
        Abandoned = "abandoned",
        /// Has a verdict on the basket as it is.
        Assessed = "assessed",
        /// Settled, or paid without the insurance.
        Closed = "closed",
        /// A settlement or reversal left and nothing came back.
        InDoubt = "in-doubt",
        /// The basket is being filled.
        Open = "open",
        /// A settlement or reversal is recorded as about to leave. After a crash this is in doubt.
        Settling = "settling",
    }
}

words! {
    /// From what a mapping was learnt.
    MappingSource {
        /// The platform answered a mapping query with it (3301, 3302).
        Platform = "platform",
        /// The platform settled the article under it.
        Settled = "settled",
    }
}

words! {
    /// By what a sale is known outside.
    NameKind {
        /// A receipt, or a pack's code, of a sale for cash that a till reported: packs without a sale here.
        CashSale = "cash-sale",
        /// A fee line's serial (`feedetl_sn`), with what makes it one of a kind.
        FeeLine = "fee-line",
        /// A finding that is told once, with the settlement that it is about; no sale's.
        Finding = "finding",
        /// An invoice's number: the sale for which it was reported.
        Invoice = "invoice",
        /// A message id (`msgid`), of a call that was sent or refused.
        Message = "message",
        /// An insured person at a till: the sale that is open for them there.
        Open = "open",
        /// An insured person whose settlement was taken back.
        Returned = "returned",
        /// A settlement id (`setl_id`).
        Settlement = "settlement",
        /// A photo of a code that cannot be read: the sale for which it stood.
        Photo = "photo",
        /// A visit and its charge batch (`mdtrt_id`, `chrg_bchno`).
        Visit = "visit",
    }
}

words! {
    /// What a settled sale still waits for.
    DueKind {
        /// The till's word that goods sold for cash came back, after they were settled instead.
        CashReturn = "cash-return",
        /// The trace codes of its packs, in an inventory call.
        TraceCodes = "trace-codes",
    }
}

words! {
    /// A register that people keep.
    RegisterKind {
        /// Members of staff, by id.
        Staff = "staff",
        /// Facts of the store's standing, by what they are.
        Standing = "standing",
    }
}

words! {
    /// Where a prescription stands, as far as finding it goes; its state says the rest.
    PrescriptionStatus {
        /// Not dispensed any more.
        Archived = "archived",
        /// A sale used a part of it.
        Dispensed = "dispensed",
        /// Waits for a pharmacist.
        Received = "received",
        /// A pharmacist turned it down.
        Rejected = "rejected",
        /// A pharmacist approved it.
        Reviewed = "reviewed",
        /// Sales used all of it; not put away yet.
        UsedUp = "used-up",
    }
}

words! {
    /// By what a prescription is known.
    PrescriptionNameKind {
        /// An image of it.
        Image = "image",
        /// A sale used it, and something that stands on it is still to be told.
        Incomplete = "incomplete",
        /// What an image of it looks like, however often it is photographed.
        Look = "look",
        /// Its own number.
        Number = "number",
        /// Its patient, while something of it can be dispensed.
        Patient = "patient",
        /// Its physician and the day of issue.
        PhysicianDay = "physician-day",
        /// A sale that used it.
        Sale = "sale",
        /// Its physician and what it prescribes.
        Series = "series",
        /// A sale used it, and the centre was not told yet.
        WriteOff = "write-off",
    }
}

words! {
    /// How a purchase list was confirmed.
    ListState {
        /// Drawn on a screen or pad.
        Drawn = "drawn",
        /// Signed on paper, and the paper scanned.
        OnPaper = "on-paper",
        /// Not confirmed yet.
        Open = "open",
    }
}

words! {
    /// By what a settled sale is asked for.
    MarkKind {
        /// An article, by its number, else its insurance code, else its name.
        Article = "article",
        /// Who bought, where not the holder.
        Buyer = "buyer",
        /// An insurance code.
        Code = "code",
        /// The insured.
        Holder = "holder",
        /// The moment alone: one digest, so that a time range is one range of the index.
        Moment = "moment",
        /// Who operated the till.
        Operator = "operator",
        /// Who takes the medicine, where not the holder.
        Patient = "patient",
        /// Who reviewed a prescription of the sale.
        Pharmacist = "pharmacist",
        /// The till's receipt number, and the message id.
        Receipt = "receipt",
        /// A settlement in spite of a reason that was released; one digest, as for a moment.
        Release = "release",
        /// Entries that released a reason, under their sale; they lead to no list.
        Released = "released",
        /// The platform's settlement id.
        Settlement = "settlement",
        /// A pack.
        Trace = "trace",
    }
}

words! {
    /// What is counted of a day.
    FigureKind {
        /// A photo that stood for a code.
        Photo = "photo",
        /// A settlement that waited for an answer.
        Question = "question",
        /// A settlement that was refused.
        Refusal = "refusal",
        /// A reason that was released.
        Release = "release",
        /// A settled sale.
        Sale = "sale",
        /// A refusal that staff marked as wrong.
        Wrong = "wrong",
    }
}

impl MarkKind {
    /// The kind of name under which its digest is made.
    pub fn name_kind(self) -> &'static str {
        match self {
            Self::Article => "mark-article",
            Self::Buyer | Self::Holder | Self::Patient => "mark-person",
            Self::Code => "mark-code",
            Self::Moment | Self::Release => "mark-moment",
            Self::Operator => "mark-operator",
            Self::Pharmacist => "mark-pharmacist",
            Self::Receipt => "mark-receipt",
            Self::Released => "mark-sale",
            Self::Settlement => "mark-settlement",
            Self::Trace => "mark-trace",
        }
    }
}
