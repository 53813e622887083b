//! Where the page takes the answer to each reason. Exhaustive: a kind or a question that is added
//! without a place does not compile.

use pharmacy_decision::rule::{Kind, LineKind, Missing, SaleKind};
use pharmacy_decision::verdict::Reason;

/// Where the page takes the answer to a reason, the likeliest first.
pub(crate) fn remedies(kind: Option<&Kind>, reason: &Reason) -> Vec<Remedy> {
    let places = match (reason.missing, kind) {
        (Some(missing), _) => of_question(missing),
        (None, Some(Kind::Line(kind))) => of_line(kind),
        (None, Some(Kind::Sale(kind))) => of_sale(kind),
        (None, None) => &[Remedy::Till, Remedy::Release],
    };
    let may_be_released = reason.is_releasable();
    let offered = |place: &&Remedy| **place != Remedy::Release || may_be_released;
    let mut offered: Vec<Remedy> = places.iter().filter(offered).copied().collect();
    if may_be_released && !offered.contains(&Remedy::Release) {
        offered.push(Remedy::Release);
    }
    offered
}

fn of_sale(kind: &SaleKind) -> &'static [Remedy] {
    match kind {
        SaleKind::BillDiffers(_) | SaleKind::BillSum(_) | SaleKind::TenderSum(_) => &[Remedy::Till],
        SaleKind::AgreementStanding(_)
        | SaleKind::BusinessLicence(_)
        | SaleKind::Licence(_)
        | SaleKind::SalesPremises(_)
        | SaleKind::UnfiledChange(_) => &[Remedy::Till, Remedy::Standing],
        SaleKind::Confirmed(_) => &[Remedy::Buyer, Remedy::Proxy],
        SaleKind::OneVisit(_) | SaleKind::Witnessed(_) => &[Remedy::Presence],
        SaleKind::OtherPerson(_) => &[Remedy::Proxy, Remedy::Presence],
        SaleKind::PackInForce(_) => &[Remedy::Till],
        SaleKind::PatientRelation(_) => &[Remedy::Family, Remedy::Till],
        SaleKind::PayerRelation(_) => &[Remedy::Till],
        SaleKind::Presence(_) => &[Remedy::Presence, Remedy::Proxy],
        SaleKind::Proxy(_) => &[Remedy::Proxy],
        SaleKind::Staffing(_) => &[Remedy::Standing],
        SaleKind::TillEnrolled(_) => &[Remedy::Till, Remedy::Standing],
    }
}

fn of_line(kind: &LineKind) -> &'static [Remedy] {
    match kind {
        LineKind::EphedrineQuantity(_)
        | LineKind::SaleQuantity(_)
        | LineKind::PrescriptionQuantity(_) => &[Remedy::Till, Remedy::Prescription],
        LineKind::CashPrice(_)
        | LineKind::FreeLine(_)
        | LineKind::Gift(_)
        | LineKind::LineDiffers(_)
        | LineKind::LineSum(_)
        | LineKind::PostedPrice(_)
        | LineKind::PriceCeiling(_)
        | LineKind::Repeated(_) => &[Remedy::Till],
        LineKind::PriceMultiple(_) => &[Remedy::Till, Remedy::Scan],
        LineKind::EphedrineRegistration(_) => &[Remedy::Registration],
        LineKind::LimitedChild(_) | LineKind::LimitedSex(_) => &[Remedy::Family, Remedy::Till],
        LineKind::LimitedCourse(_) | LineKind::LimitedInsurance(_) | LineKind::Pieces(_) => {
            &[Remedy::Till]
        }
        LineKind::LimitedInpatient(_) | LineKind::LimitedLevel(_) => {
            &[Remedy::Prescription, Remedy::Till]
        }
        LineKind::Payable(_) | LineKind::Substitution(_) => &[Remedy::Till],
        LineKind::ElectronicOnly(_)
        | LineKind::PrescriptionDate(_)
        | LineKind::PrescriptionDetails(_)
        | LineKind::PrescriptionInstitution(_)
        | LineKind::PrescriptionPhysician(_)
        | LineKind::PrescriptionPicture(_)
        | LineKind::PrescriptionRequired(_)
        | LineKind::PrescriptionTerm(_)
        | LineKind::RefillInterval(_)
        | LineKind::SameArea(_) => &[Remedy::Prescription],
        LineKind::PrescriptionPatient(_) => &[Remedy::Family, Remedy::Prescription],
        LineKind::PrescriptionReview(_) | LineKind::PrescriptionReviewer(_) => &[Remedy::Review],
        LineKind::SupplyDays(_) | LineKind::SupplyEarly(_) => &[Remedy::Exception, Remedy::Till],
        LineKind::TraceMissing(_) => &[Remedy::Scan, Remedy::Photo, Remedy::NoCode],
        LineKind::TracePending(_)
        | LineKind::TraceProduct(_)
        | LineKind::TraceRepeated(_)
        | LineKind::TraceSold(_) => &[Remedy::Scan],
    }
}

fn of_question(missing: Missing) -> &'static [Remedy] {
    match missing {
        Missing::Agreement
        | Missing::BusinessLicence
        | Missing::Licence
        | Missing::Premises
        | Missing::Staffing
        | Missing::UnfiledChange => &[Remedy::Standing],
        Missing::BillTotal | Missing::LineSum | Missing::PostedPrice => &[Remedy::Till],
        Missing::Doses => &[Remedy::Days, Remedy::Till],
        Missing::UnitOfSale => &[Remedy::Scan, Remedy::Till],
        Missing::CatalogueEntry
        | Missing::Eligibility
        | Missing::Fund
        | Missing::InsuranceCode
        | Missing::InsuranceType
        | Missing::ItemName
        | Missing::PackSplit
        | Missing::Sources
        | Missing::Till => &[Remedy::Till],
        Missing::CardReader => &[Remedy::Reader, Remedy::Presence],
        Missing::DispensingClass => &[Remedy::Class, Remedy::Prescription],
        Missing::EvidencePerson => &[Remedy::Presence, Remedy::Proxy],
        Missing::History => &[Remedy::Exception],
        Missing::HolderReference => &[Remedy::Holder, Remedy::Presence],
        Missing::HospitalLevel
        | Missing::Institution
        | Missing::Physician
        | Missing::PrescriptionDetails
        | Missing::PrescriptionPatient
        | Missing::PrescriptionPicture
        | Missing::PrescriptionQuantity
        | Missing::PrescriptionTerm
        | Missing::Setting => &[Remedy::Prescription],
        Missing::InstitutionListing | Missing::ProxyDocuments => &[Remedy::Proxy],
        Missing::PackState => &[Remedy::Scan],
        Missing::TraceCodes => &[Remedy::Scan, Remedy::NoCode],
        Missing::PatientAge | Missing::PatientSex => &[Remedy::Holder, Remedy::Family],
        Missing::PrescriptionMatch | Missing::Review | Missing::Reviewer => {
            &[Remedy::Review, Remedy::Prescription]
        }
        Missing::OwnForm | Missing::ProductPrefix => &[Remedy::Prefix, Remedy::Scan],
        Missing::Registration => &[Remedy::Registration],
        Missing::SupplyDays => &[Remedy::Days, Remedy::Exception],
    }
}

/// Where a reason is answered on the page; every rule that can ask or refuse has at least one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Remedy {
    /// Read a card, or attest a document.
    Presence,
    /// Say by one touch who stands at the counter: the insured, or who fetches for them.
    Buyer,
    /// Enrol the reader that read the card.
    Reader,
    Proxy,
    /// Record a family member as patient.
    Family,
    /// Say who the insured is.
    Holder,
    /// Add or pick a prescription.
    Prescription,
    Review,
    Registration,
    /// Give a reason for more than usual.
    Exception,
    /// Say how many days it lasts.
    Days,
    /// Say what stands on the box.
    Class,
    Scan,
    /// Take a photo of a code that cannot be read.
    Photo,
    /// Enter goods from before the duty to scan.
    NoCode,
    /// Say whose prefix it is.
    Prefix,
    /// Complete the store's register.
    Standing,
    /// Change it at the till: less, another article, cash.
    Till,
    Release,
}

#[cfg(test)]
mod tests {
    use pharmacy_decision::verdict::{Outcome, Release, Stance, Text, TruthKind};

    use super::*;

    fn reason(release: Release, missing: Option<Missing>) -> Reason {
        Reason {
            rule: String::new(),
            stance: Stance::Enforce,
            outcome: Outcome::Refuse,
            truth: match missing {
                Some(_) => TruthKind::Undetermined,
                None => TruthKind::Broken,
            },
            missing,
            basis: String::new(),
            line: None,
            found: None,
            allowed: None,
            message: Text::default(),
            remedy: Text::default(),
            release,
            released_by: None,
        }
    }

    // R07: no reason without a way out that the counter has.
    #[test]
    fn every_rule_and_every_question_has_its_place() {
        let pack = pharmacy_decision::pack::shipped().unwrap();
        for rule in pack.rules() {
            let places = remedies(Some(rule.kind()), &reason(rule.release(), None));
            assert!(!places.is_empty(), "{}", rule.id());
            let may = places.contains(&Remedy::Release);
            assert_eq!(
                may,
                rule.release() == Release::PersonInCharge,
                "{}",
                rule.id()
            );
            for missing in Missing::ALL {
                let asked = remedies(Some(rule.kind()), &reason(rule.release(), Some(*missing)));
                // A question is answered for by whoever is in charge, whatever the rule.
                assert!(
                    asked.len() > 1 && asked.contains(&Remedy::Release),
                    "{}",
                    rule.id()
                );
            }
        }
    }
}
