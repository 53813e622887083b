//! Who is who in a sale. Judging a wife's medicine by the husband's sex is what this prevents.

use jiff::civil::Date;
use pharmacy_protocol::person::{PersonRef, Sex};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;

/// Who is who. Judging a wife's medicine by the husband's sex is the mistake this prevents.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct People {
    /// The insured whose credential the settlement uses (持卡人).
    pub holder: Person,
    /// Who takes the medicine (用药人).
    pub patient: Patient,
    /// Who stands at the counter (购药人).
    pub buyer: Buyer,
    /// Whose account money it is.
    pub payer: Payer,
}

/// What is known of a person without naming them.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Person {
    /// The person's reference under the store's key.
    pub reference: Fact<PersonRef>,
    /// Sex.
    pub sex: Fact<Sex>,
    /// Date of birth.
    pub birth: Fact<Date>,
}

/// Who takes the medicine.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Patient {
    /// A family member of the holder.
    Family {
        /// Relation to the holder.
        relation: Relation,
        /// The family member.
        person: Person,
    },
    /// The holder, unless somebody says otherwise.
    Holder,
}

/// Relation to the holder (家庭共济).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// 子女.
    Child,
    /// 孙子女、外孙子女.
    Grandchild,
    /// 祖父母、外祖父母.
    Grandparent,
    /// 其他.
    Other,
    /// 父母.
    Parent,
    /// 兄弟姐妹.
    Sibling,
    /// 配偶.
    Spouse,
}

/// Who stands at the counter.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Buyer {
    /// The holder in person.
    Holder,
    /// Somebody who shops for many (care home), listed with the bureau.
    Institution {
        /// Is the institution on the bureau's list?
        listed: Fact<Listing>,
    },
    /// A proxy (代购人).
    Proxy {
        /// The proxy.
        person: Person,
        /// The holder's document.
        holder_document: Fact<Document>,
        /// The proxy's own document.
        proxy_document: Fact<Document>,
        /// Why the holder does not come.
        reason: Fact<ProxyReason>,
    },
}

/// Whether an institution is on the bureau's list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listing {
    /// It is.
    Listed,
    /// It is not.
    NotListed,
}

/// How a document was shown at the counter.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    /// Told by the platform with the code or card that was shown: name and number (亲情账户).
    Platform,
    /// Read by chip.
    Read,
    /// Its number was typed by the staff who saw it.
    Seen,
}

/// Why the holder does not come in person.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyReason {
    /// Old age.
    Age,
    /// Disability.
    Disability,
    /// The insured's code is on the relative's own phone (亲情账户).
    FamilyAccount,
    /// Illness.
    Illness,
    /// A minor.
    Minor,
    /// Another reason, told at the counter.
    Other,
}

/// Whose account money it is.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payer {
    /// A family member's account, shared with the holder (家庭共济).
    Family {
        /// Relation of the account's owner to the patient.
        relation: Relation,
        /// The owner of the account.
        person: Person,
    },
    /// The holder's own account.
    Holder,
}
