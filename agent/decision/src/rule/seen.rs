//! What rules see and miss, as a closed list; the words for it stand in the pack's text tables.

use jiff::civil::Date;
use pharmacy_protocol::person::Sex;
use pharmacy_protocol::term::{Fen, Quantity, UnitPrice};
use pharmacy_protocol::words;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::facts::{Agreement, HospitalLevel, Insurance, Relation, SupplyException};

/// What a breach found or allows; worded by the pack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seen {
    /// A day.
    Date(Date),
    /// A number of days.
    Days(u32),
    /// An amount.
    Money(Fen),
    /// A number of things.
    Number(u32),
    /// The price of one.
    Price(UnitPrice),
    /// Words from a source, as they came.
    Quoted(String),
    /// A quantity of goods.
    Quantity(Quantity),
    /// A word of the pack's catalogue.
    Word(Word),
    /// An age in years.
    Years(u32),
}

impl From<Word> for Seen {
    fn from(word: Word) -> Self {
        Self::Word(word)
    }
}

words! {
    /// A word that a breach may use.
    pub enum Word as key {
        /// The service agreement has ended.
        AgreementEnded = "agreement.ended",
        /// The service agreement is in force.
        AgreementInForce = "agreement.in-force",
        /// The service agreement was rescinded.
        AgreementRescinded = "agreement.rescinded",
        /// The service agreement is suspended.
        AgreementSuspended = "agreement.suspended",
        /// A child.
        Child = "age.child",
        /// Another pooling area.
        AreaOther = "area.other",
        /// The store's pooling area.
        AreaOwn = "area.own",
        /// Barcodes differ.
        DifferentBarcode = "different.barcode",
        /// Insurance codes differ.
        DifferentCode = "different.code",
        /// The platform maps the article to another code.
        DifferentMapping = "different.mapping",
        /// Sources disagree on what the article is.
        DifferentSources = "different.sources",
        /// What is settled is what is handed over.
        SameArticle = "different.none",
        /// The holder's document was not shown.
        NoHolderDocument = "document.no-holder",
        /// The proxy's document was not shown.
        NoProxyDocument = "document.no-proxy",
        /// No reason was given.
        NoProxyReason = "document.no-reason",
        /// Both documents and the reason.
        BothDocuments = "document.both",
        /// Recorded reason: old age.
        ExceptionAge = "exception.age",
        /// Recorded reason: disability.
        ExceptionDisability = "exception.disability",
        /// Recorded reason: a long prescription.
        ExceptionLong = "exception.long-prescription",
        /// Recorded reason: goods returned and settled anew.
        ExceptionResettlement = "exception.resettlement",
        /// Recorded reason: travel.
        ExceptionTravel = "exception.travel",
        /// A reader or credential that does not count here.
        EvidenceInsufficient = "evidence.insufficient",
        /// Somebody said who is here.
        EvidenceConfirmed = "evidence.confirmed",
        /// Nothing shows that anybody is here.
        EvidenceNone = "evidence.none",
        /// It shows another person.
        EvidenceOther = "evidence.other",
        /// Fresh evidence of the holder or the proxy.
        EvidenceRequired = "evidence.required",
        /// It carried all that one visit may settle.
        EvidenceReused = "evidence.reused",
        /// Too long ago.
        EvidenceStale = "evidence.stale",
        /// A program says so, and nothing else.
        EvidenceTold = "evidence.told",
        /// Only a number was typed.
        EvidenceTyped = "evidence.typed",
        /// A code or card, and nobody said whose hand holds it.
        EvidenceUnconfirmed = "evidence.unconfirmed",
        /// A simulated or loopback reader.
        EvidenceUntrusted = "evidence.untrusted",
        /// The platform's answer, or a document.
        EvidenceWitnessed = "evidence.witnessed",
        /// The personal account.
        FundAccount = "fund.account",
        /// A pooled fund.
        FundPooled = "fund.pooled",
        /// Blacklisted institution.
        InstitutionBlacklisted = "institution.blacklisted",
        /// Designated institution.
        InstitutionDesignated = "institution.designated",
        /// Institution that is not designated.
        InstitutionNotDesignated = "institution.not-designated",
        /// Institution on the bureau's list.
        InstitutionListed = "institution.listed",
        /// Institution that is not on the bureau's list.
        InstitutionNotListed = "institution.not-listed",
        /// Employees' insurance.
        InsuranceEmployee = "insurance.employee",
        /// Maternity insurance.
        InsuranceMaternity = "insurance.maternity",
        /// Another insurance.
        InsuranceOther = "insurance.other",
        /// Residents' insurance.
        InsuranceResident = "insurance.resident",
        /// Work-injury insurance.
        InsuranceWorkInjury = "insurance.work-injury",
        /// First-level hospital.
        LevelFirst = "level.first",
        /// Second-level hospital.
        LevelSecond = "level.second",
        /// Third-level hospital.
        LevelThird = "level.third",
        /// Too few insurance managers.
        Managers = "staff.managers",
        /// Not payable.
        NotPayable = "payable.no",
        /// Drugs, devices and consumables.
        PayableGoods = "payable.goods",
        /// The pack is not in force in this region or on this day.
        PackElsewhere = "pack.elsewhere",
        /// The pack is in force.
        PackInForce = "pack.in-force",
        /// A pack not sold yet.
        PackAvailable = "trace.available",
        /// A pack of another article.
        PackOther = "trace.other",
        /// A pack sold in part.
        PackPartSold = "trace.part-sold",
        /// A pack held by another sale.
        PackPending = "trace.pending",
        /// A pack scanned twice.
        PackRepeated = "trace.repeated",
        /// A pack of this article.
        PackSame = "trace.same",
        /// A pack that was sold.
        PackSold = "trace.sold",
        /// Too few pharmacists.
        Pharmacists = "staff.pharmacists",
        /// Enough of both.
        StaffEnough = "staff.enough",
        /// Physician whose right to prescribe is suspended.
        PhysicianSuspended = "physician.suspended",
        /// Physician with the right to prescribe.
        PhysicianEntitled = "physician.entitled",
        /// A piece that is never paid.
        PieceNever = "piece.never",
        /// A piece that is not paid alone.
        PieceAlone = "piece.alone",
        /// A piece that is paid.
        PiecePaid = "piece.paid",
        /// Place or sales area are not the approved ones.
        PremisesChanged = "premises.changed",
        /// The approved place and sales area.
        PremisesApproved = "premises.approved",
        /// For another patient.
        PrescriptionOther = "prescription.other",
        /// For this patient.
        PrescriptionOwn = "prescription.own",
        /// All that stands on a prescription.
        PrescriptionWhole = "prescription.whole",
        /// An electronic prescription.
        PrescriptionElectronic = "prescription.electronic",
        /// A prescription on paper.
        PrescriptionPaper = "prescription.paper",
        /// The day of issue is not told.
        PrescriptionUndated = "prescription.undated",
        /// A prescription without number.
        PrescriptionUnnumbered = "prescription.unnumbered",
        /// No picture of it.
        PrescriptionUnseen = "prescription.unseen",
        /// The institution is not told.
        PrescriptionOfNobody = "prescription.no-institution",
        /// The physician is not told.
        PrescriptionUnsigned = "prescription.no-physician",
        /// No prescription.
        PrescriptionNone = "prescription.none",
        /// A prescription.
        PrescriptionNeeded = "prescription.needed",
        /// Nobody reviewed it.
        ReviewNone = "review.none",
        /// A pharmacist's review.
        ReviewNeeded = "review.needed",
        /// The reviewer may review here.
        ReviewerCompetent = "reviewer.competent",
        /// The reviewer is registered in another locality.
        ReviewerElsewhere = "reviewer.elsewhere",
        /// The reviewer was not on duty.
        ReviewerOffDuty = "reviewer.off-duty",
        /// Reviewed from afar, where the region does not allow it.
        ReviewerRemote = "reviewer.remote",
        /// The reviewer is no pharmacist.
        ReviewerUnqualified = "reviewer.unqualified",
        /// The buyer refused to be registered.
        RegistrationRefused = "registration.refused",
        /// Name and number of the buyer.
        RegistrationNeeded = "registration.needed",
        /// Child.
        RelationChild = "relation.child",
        /// Grandchild.
        RelationGrandchild = "relation.grandchild",
        /// Grandparent.
        RelationGrandparent = "relation.grandparent",
        /// Another relation.
        RelationOther = "relation.other",
        /// Parent.
        RelationParent = "relation.parent",
        /// Sibling.
        RelationSibling = "relation.sibling",
        /// Spouse.
        RelationSpouse = "relation.spouse",
        /// The relations that the region allows.
        RelationAllowed = "relation.allowed",
        /// In hospital.
        SettingInpatient = "setting.inpatient",
        /// Out of hospital.
        SettingOutpatient = "setting.outpatient",
        /// Female.
        SexFemale = "sex.female",
        /// Male.
        SexMale = "sex.male",
        /// The till is enrolled.
        TillEnrolled = "till.enrolled",
        /// The till is not enrolled.
        TillNotEnrolled = "till.not-enrolled",
        /// How a line without a name is called, `{n}` standing for its number.
        ItemLine = "item.line",
        /// How the sale is called.
        ItemSale = "item.sale",
        /// Wording of a number of days, `{n}` standing for the number.
        UnitDays = "unit.days",
        /// Wording of an amount, `{n}` standing for the number of yuan.
        UnitYuan = "unit.yuan",
        /// Wording of an age in years, `{n}` standing for the number.
        UnitYears = "unit.years",
    }
}

words! {
    /// A fact that a rule needs and does not have; the pack words the question.
    pub enum Missing as key {
        /// State or last day of the service agreement.
        Agreement = "agreement",
        /// The whole amount of the bill.
        BillTotal = "bill-total",
        /// Last day of the business licence.
        BusinessLicence = "business-licence",
        /// Whether the card reader is one of the store's.
        CardReader = "card-reader",
        /// The catalogue entry of the article.
        CatalogueEntry = "catalogue-entry",
        /// Whether the article is a prescription drug.
        DispensingClass = "dispensing-class",
        /// How many doses a line of pieces is.
        Doses = "doses",
        /// What the article is.
        Eligibility = "eligibility",
        /// Whom the evidence shows.
        EvidencePerson = "evidence-person",
        /// Which fund pays.
        Fund = "fund",
        /// What the patient was supplied before.
        History = "history",
        /// Who the insured is.
        HolderReference = "holder-reference",
        /// Level of the prescribing hospital.
        HospitalLevel = "hospital-level",
        /// Standing of the prescribing institution.
        Institution = "institution",
        /// Whether the shopping institution is listed.
        InstitutionListing = "institution-listing",
        /// Insurance code of the line.
        InsuranceCode = "insurance-code",
        /// Which insurance pays.
        InsuranceType = "insurance-type",
        /// Name of the article.
        ItemName = "item-name",
        /// Last day of the licence.
        Licence = "licence",
        /// What price times quantity comes to.
        LineSum = "line-sum",
        /// Whether the article's packs bear a maker's own codes of this form.
        OwnForm = "own-form",
        /// How the packs of the article are sold.
        PackSplit = "pack-split",
        /// What became of a pack.
        PackState = "pack-state",
        /// Age of the patient, or which reading of "child" applies.
        PatientAge = "patient-age",
        /// Sex of the patient.
        PatientSex = "patient-sex",
        /// Whether the physician may prescribe.
        Physician = "physician",
        /// What the shop posts for the article.
        PostedPrice = "posted-price",
        /// Whether place and sales area are the approved ones.
        Premises = "premises",
        /// Who wrote the prescription, and which one it is.
        PrescriptionDetails = "prescription-details",
        /// Whether a prescription for something similar covers the line.
        PrescriptionMatch = "prescription-match",
        /// For whom the prescription was written.
        PrescriptionPatient = "prescription-patient",
        /// Whether a picture of the prescription is kept.
        PrescriptionPicture = "prescription-picture",
        /// How much was prescribed.
        PrescriptionQuantity = "prescription-quantity",
        /// Until when the prescription may be dispensed.
        PrescriptionTerm = "prescription-term",
        /// Which article a pack's prefix belongs to.
        ProductPrefix = "product-prefix",
        /// Documents or reason of the proxy.
        ProxyDocuments = "proxy-documents",
        /// The buyer's registration.
        Registration = "registration",
        /// The pharmacist's review.
        Review = "review",
        /// Whether the reviewer may review.
        Reviewer = "reviewer",
        /// In or out of hospital.
        Setting = "setting",
        /// Sources disagree.
        Sources = "sources",
        /// How many managers and pharmacists are under contract.
        Staffing = "staffing",
        /// How many days the line lasts.
        SupplyDays = "supply-days",
        /// Whether the till is enrolled.
        Till = "till",
        /// Codes of the packs, where stock without code cannot be ruled out.
        TraceCodes = "trace-codes",
        /// Whether a change is unfiled.
        UnfiledChange = "unfiled-change",
        /// Whether the posted price is that of the unit that is sold.
        UnitOfSale = "unit-of-sale",
    }
}

/// Recorded with a verdict by its key, the one that the pack's questions have.
impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> Deserialize<'de> for Missing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let found = Self::ALL.iter().find(|missing| missing.key() == key);
        found
            .copied()
            .ok_or(de::Error::custom("not the key of a question"))
    }
}

impl From<Agreement> for Seen {
    fn from(agreement: Agreement) -> Self {
        Self::Word(match agreement {
            Agreement::Ended => Word::AgreementEnded,
            Agreement::InForce => Word::AgreementInForce,
            Agreement::Rescinded => Word::AgreementRescinded,
            Agreement::Suspended => Word::AgreementSuspended,
        })
    }
}

impl From<HospitalLevel> for Seen {
    fn from(level: HospitalLevel) -> Self {
        Self::Word(match level {
            HospitalLevel::First => Word::LevelFirst,
            HospitalLevel::Second => Word::LevelSecond,
            HospitalLevel::Third => Word::LevelThird,
        })
    }
}

impl From<Insurance> for Seen {
    fn from(insurance: Insurance) -> Self {
        Self::Word(match insurance {
            Insurance::Employee => Word::InsuranceEmployee,
            Insurance::Maternity => Word::InsuranceMaternity,
            Insurance::Other => Word::InsuranceOther,
            Insurance::Resident => Word::InsuranceResident,
            Insurance::WorkInjury => Word::InsuranceWorkInjury,
        })
    }
}

impl From<Relation> for Seen {
    fn from(relation: Relation) -> Self {
        Self::Word(match relation {
            Relation::Child => Word::RelationChild,
            Relation::Grandchild => Word::RelationGrandchild,
            Relation::Grandparent => Word::RelationGrandparent,
            Relation::Other => Word::RelationOther,
            Relation::Parent => Word::RelationParent,
            Relation::Sibling => Word::RelationSibling,
            Relation::Spouse => Word::RelationSpouse,
        })
    }
}

impl From<SupplyException> for Word {
    fn from(exception: SupplyException) -> Self {
        match exception {
            SupplyException::Age => Self::ExceptionAge,
            SupplyException::Disability => Self::ExceptionDisability,
            SupplyException::LongPrescription => Self::ExceptionLong,
            SupplyException::Resettlement => Self::ExceptionResettlement,
            SupplyException::Travel => Self::ExceptionTravel,
        }
    }
}

impl Word {
    /// The word for a sex that a certificate states; the others are not known.
    pub(crate) fn of_sex(sex: Sex) -> Option<Self> {
        match sex {
            Sex::Female => Some(Self::SexFemale),
            Sex::Male => Some(Self::SexMale),
            Sex::NotStated | Sex::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_fact_is_read_back_by_its_key() {
        for missing in Missing::ALL {
            let text = serde_json::to_string(missing).unwrap();
            assert_eq!(text, format!("\"{}\"", missing.key()));
            assert_eq!(serde_json::from_str::<Missing>(&text).unwrap(), *missing);
        }
        assert!(serde_json::from_str::<Missing>("\"weather\"").is_err());
    }
}
