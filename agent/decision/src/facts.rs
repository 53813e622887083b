//! Everything a verdict rests on, gathered by the desk and recorded with the verdict.
//!
//! Facts name nobody: persons are references under the store's key. They are recorded as they stand
//! here, so a field added later needs a default that keeps old verdicts replayable.

use jiff::civil::Date;
use pharmacy_protocol::person::{CertificateKind, PersonRef, Sex};
use pharmacy_protocol::term::{
    Barcode, Fen, InsuranceCode, Quantity, RegionCode, Sku, StaffId, TraceCode, TracePrefix,
    UnitPrice,
};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;

/// The facts of one assessment.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Facts {
    /// The day of the sale, in the store's own time.
    pub today: Date,
    /// The store and its standing.
    pub store: Store,
    /// Which money of the insurance pays.
    pub fund: Fact<Fund>,
    /// The kind of insurance (险种) that pays.
    pub insurance: Fact<Insurance>,
    /// Who is who in this sale.
    pub people: People,
    /// What shows that somebody is here.
    pub evidence: Vec<Evidence>,
    /// Prescriptions attached to the sale.
    pub prescriptions: Vec<Prescription>,
    /// What the patient was supplied before, newest first.
    pub history: Fact<Vec<Supply>>,
    /// The basket.
    pub lines: Vec<Line>,
}

/// Which money of the insurance pays (from `med_type`, `acct_used_flag`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fund {
    /// The personal account (个人账户).
    Account,
    /// Pooled fund for chronic and special diseases (门诊慢特病).
    Chronic,
    /// Negotiated drugs through the dual channel (双通道).
    DualChannel,
    /// Pooled fund for outpatients (门诊统筹).
    Pooled,
}

/// The kind of insurance (险种).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Insurance {
    /// Employees' basic medical insurance (310).
    Employee,
    /// Maternity insurance (510).
    Maternity,
    /// Another kind.
    Other,
    /// Residents' basic medical insurance (390).
    Resident,
    /// Work-injury insurance (工伤).
    WorkInjury,
}

/// The store's standing on the day of the sale.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Store {
    /// Where the store lies.
    pub region: RegionCode,
    /// Is the store still being commissioned, or does it operate?
    pub stage: Stage,
    /// The service agreement with the bureau.
    pub agreement: Fact<Agreement>,
    /// Last day of the agreement.
    pub agreement_until: Fact<Date>,
    /// Last day of the drug-trading licence (药品经营许可证).
    pub licence_until: Fact<Date>,
    /// Working days since the oldest important change that is not filed; 0 when all are.
    pub unfiled_change_days: Fact<u32>,
    /// Insurance managers under contract (医保管理人员).
    pub insurance_managers: Fact<u32>,
    /// Pharmacists under contract.
    pub pharmacists: Fact<u32>,
    /// Is this till enrolled at this place?
    pub till: Fact<Enrolment>,
}

/// How far the store is in its life with the agent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Recorded start-up period: rules warn, whatever their stance.
    Commissioning,
    /// Stances apply.
    Operating,
}

/// State of the service agreement (服务协议).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// 终止.
    Ended,
    /// In force.
    InForce,
    /// 解除.
    Rescinded,
    /// 中止.
    Suspended,
}

/// Whether the till may settle here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enrolment {
    /// Enrolled at the registered place.
    Enrolled,
    /// Not known to the store's register.
    NotEnrolled,
}

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

/// Something that shows that a person is here, bound to this sale.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Evidence {
    /// Whom it shows.
    pub person: Fact<PersonRef>,
    /// What it is.
    pub kind: EvidenceKind,
    /// How old it is at the assessment, in seconds.
    pub age_s: u32,
}

/// Kinds of evidence.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The till said so; nothing was read.
    AssertedByTill,
    /// A certificate's chip was read.
    CardRead {
        /// Which certificate.
        certificate: CertificateKind,
        /// The reader's security module, as it reports itself.
        sam: Option<String>,
        /// How the reader is attached.
        transport: Transport,
    },
    /// The platform accepted a credential that the till presented.
    CredentialAccepted {
        /// Which credential.
        credential: Credential,
    },
    /// Staff saw the document and attest it.
    DocumentSeen {
        /// Who saw it.
        staff: StaffId,
    },
    /// Staff compared face and picture.
    FaceConfirmed {
        /// Who compared.
        staff: StaffId,
    },
}

/// How a reader is attached. Only a wire on the counter counts as presence.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP to this machine itself: anybody's program can answer there.
    Loopback,
    /// TCP to a reader on the shop's network.
    Network,
    /// A serial port.
    Serial,
    /// A simulated reader of the demo or a test.
    Simulated,
}

/// What the platform accepts as a credential (`mdtrt_cert_type`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// 04: electronic social security card.
    ElectronicSocialCard,
    /// 02: a number, typed or read elsewhere.
    IdNumber,
    /// 01: insurance code scanned or face-paid (医保码).
    InsuranceCode,
    /// 03: social security card.
    SocialCard,
}

/// A prescription attached to the sale.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prescription {
    /// Its number, where it has one.
    pub number: Option<String>,
    /// How it came.
    pub form: PrescriptionForm,
    /// For whom it was written.
    pub patient: Fact<PersonRef>,
    /// The prescribing institution's standing.
    pub institution: Fact<Institution>,
    /// The prescribing institution's level.
    pub level: Fact<HospitalLevel>,
    /// Was it written for a patient in hospital?
    pub setting: Fact<CareSetting>,
    /// Day of issue.
    pub issued: Fact<Date>,
    /// Last day on which it may be dispensed.
    pub valid_until: Fact<Date>,
    /// Who reviewed it.
    pub reviewed_by: Fact<StaffId>,
    /// What it prescribes.
    pub drugs: Vec<PrescribedDrug>,
}

/// How a prescription came.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrescriptionForm {
    /// Through the electronic prescription centre (电子外配处方).
    Electronic,
    /// On paper, kept as an image.
    Paper,
}

/// Standing of the prescribing institution.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Institution {
    /// Blacklisted by the bureau.
    Blacklisted,
    /// Designated.
    Designated,
    /// Not designated.
    NotDesignated,
}

/// Level of a hospital.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HospitalLevel {
    /// 一级 and below.
    First,
    /// 二级.
    Second,
    /// 三级.
    Third,
}

/// Where the patient is treated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CareSetting {
    /// 住院.
    Inpatient,
    /// 门诊.
    Outpatient,
}

/// One drug of a prescription.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrescribedDrug {
    /// Its insurance code, where given.
    pub code: Option<InsuranceCode>,
    /// Its name as written.
    pub name: String,
    /// How much in all, in units of sale.
    pub quantity: Fact<Quantity>,
    /// How many days it is to last.
    pub days: Fact<u32>,
    /// How much of it was dispensed before this sale.
    pub dispensed: Quantity,
}

/// An earlier supply to the patient.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Supply {
    /// The insurance code, where the line had one.
    pub code: Option<InsuranceCode>,
    /// The article.
    pub sku: Option<Sku>,
    /// The day of the sale.
    pub on: Date,
    /// How much.
    pub quantity: Quantity,
    /// How many days it was to last.
    pub days: Fact<u32>,
}

/// One line of the basket.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Line {
    /// Its number on the till, from 1.
    pub number: u32,
    /// What is to pay it.
    pub tender: Tender,
    /// How much.
    pub quantity: Quantity,
    /// Price of one.
    pub price: UnitPrice,
    /// The line's amount.
    pub amount: Fen,
    /// The article as the settlement names it.
    pub offered: Offered,
    /// The article as the shop's catalogue knows it.
    pub catalogue: Fact<Article>,
    /// Has the platform mapped this article to this code, or settled it before?
    pub mapping: Fact<Mapping>,
    /// Codes scanned from the packs.
    pub packs: Vec<Pack>,
    /// How many days this line lasts, from the prescription or the label.
    pub days: Fact<u32>,
    /// Registration of the buyer, where the article demands one (含麻黄碱).
    pub registration: Fact<Registration>,
    /// Why more than usual is supplied (R17): age, disability, travel, a long prescription.
    pub exception: Option<SupplyException>,
}

/// What is to pay a line.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tender {
    /// Cash or anything that is not insurance money.
    Cash,
    /// The insurance: account or pooled fund, see [`Facts::fund`].
    Insurance,
}

/// The article as the settlement names it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Offered {
    /// The shop's article number.
    pub sku: Option<Sku>,
    /// The insurance code to be settled.
    pub code: Option<InsuranceCode>,
    /// The name that the till shows.
    pub name: Option<String>,
    /// The barcode that was scanned.
    pub barcode: Option<Barcode>,
}

/// The article as the shop's catalogue knows it. A shop can falsify it, so it is one source of
/// several.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Article {
    /// Name.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// Approval, registration or filing number, as written.
    pub approval: String,
    /// Barcode.
    pub barcode: Option<Barcode>,
    /// Insurance code.
    pub code: Option<InsuranceCode>,
    /// Prescription class.
    pub dispensing: Fact<Dispensing>,
    /// What the packs' codes begin with.
    pub trace_prefixes: Vec<TracePrefix>,
    /// Stock from before the duty, on the dated no-code list (无码库).
    pub no_code_stock: bool,
    /// May the pack be split?
    pub split: Split,
}

/// Prescription class of a drug.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dispensing {
    /// 双跨: either, by specification and use.
    Dual,
    /// 非处方药.
    OverTheCounter,
    /// 处方药.
    Prescription,
}

/// Whether packs of an article are split (拆零).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Sold in parts: one code until the content is used up.
    Allowed,
    /// Sold whole.
    #[default]
    Whole,
}

/// What the platform says of article and code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mapping {
    /// Mapped to this code (3301/3302), or settled under it before.
    Agrees,
    /// Mapped to another code.
    Differs,
    /// Not mapped.
    None,
}

/// A pack's code, as scanned.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pack {
    /// The code.
    pub code: TraceCode,
    /// What the store's own log knows of it.
    pub state: Fact<PackState>,
    /// Which article the code's prefix belongs to.
    pub product: Fact<PackProduct>,
}

/// What became of a pack.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackState {
    /// Not sold yet, or returned since.
    Available,
    /// Sold in part.
    PartSold,
    /// Held by another open sale, or by one whose outcome is in doubt.
    Pending,
    /// Sold.
    Sold,
}

/// Which article a pack's prefix belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackProduct {
    /// Another article.
    Other,
    /// This line's article.
    Same,
}

/// Whether the buyer of a registered article was registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registration {
    /// Name and number are recorded.
    Registered,
    /// The buyer refused.
    Refused,
}

/// Why more than usual is supplied.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SupplyException {
    /// Old age.
    Age,
    /// Disability.
    Disability,
    /// A long prescription (长处方).
    LongPrescription,
    /// A partial return and new settlement of the same goods.
    Resettlement,
    /// Travel.
    Travel,
}

impl Facts {
    /// Who takes the medicine.
    pub fn patient(&self) -> &Person {
        match &self.people.patient {
            Patient::Family { person, .. } => person,
            Patient::Holder => &self.people.holder,
        }
    }
}
