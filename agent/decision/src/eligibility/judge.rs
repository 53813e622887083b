//! The weighing itself. The table at the top of [`eligibility`](super) in code.

use pharmacy_protocol::term::{Approval, ApprovalFamily, InsuranceClass};

use super::category::Category;
use super::item::ItemEvidence;
use super::name::Voice;
use crate::facts::Mapping;
use crate::verdict::EligibilityAnswer;

/// What was decided, before it is told.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) answer: EligibilityAnswer,
    pub(super) category: Category,
    pub(super) disagreement: Option<&'static str>,
}

impl Judgement {
    fn new(answer: EligibilityAnswer, category: Category) -> Self {
        Self {
            answer,
            category,
            disagreement: None,
        }
    }

    fn disagreeing(self, disagreement: &'static str) -> Self {
        Self {
            disagreement: Some(disagreement),
            ..self
        }
    }
}

/// What the number field as a whole says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Number {
    Absent,
    /// A number that cannot be right, alone or beside a good one.
    Broken,
    /// Of a drug or a device.
    Payable(Category),
    /// Of goods that are never payable.
    NotPayable(Category),
    /// A register that leaves the answer to a person.
    Open(Category),
    /// Numbers of different kinds.
    Mixed,
}

impl Number {
    pub(super) fn of(approval: &Approval) -> Self {
        if approval.flaw().is_some() {
            return Self::Broken;
        }
        let mut numbers = approval
            .numbers()
            .map(|number| Self::of_family(number.family()));
        let Some(first) = numbers.next() else {
            return Self::Absent;
        };
        let all: Vec<Self> = numbers.collect();
        if all.iter().all(|other| *other == first) {
            return first;
        }
        // Two registers of goods that are never payable (plant licence and food licence) agree.
        let never = |number: &Self| matches!(number, Self::NotPayable(_));
        if never(&first) && all.iter().all(never) {
            first
        } else {
            Self::Mixed
        }
    }

    fn of_family(family: ApprovalFamily) -> Self {
        use ApprovalFamily as F;
        match family {
            F::Drug | F::DrugCertificate | F::DrugCertificateHkMoTw => {
                Self::Payable(Category::Drug)
            }
            F::DeviceFiling | F::DeviceRegistration | F::DeviceRegistrationOld => {
                Self::Payable(Category::Device)
            }
            F::CosmeticFiling | F::CosmeticPlant | F::CosmeticSpecial => {
                Self::NotPayable(Category::Cosmetic)
            }
            F::DisinfectantPlant | F::DisinfectantProduct => {
                Self::NotPayable(Category::Disinfectant)
            }
            F::FoodLicence | F::FoodLicenceOld | F::InfantFormula => {
                Self::NotPayable(Category::Food)
            }
            F::HealthFoodFiling | F::HealthFoodLegacy | F::HealthFoodRegistration => {
                Self::NotPayable(Category::HealthFood)
            }
            F::Pesticide => Self::NotPayable(Category::DailyGoods),
            F::ToothpasteFiling => Self::NotPayable(Category::Toothpaste),
            F::Fsmp => Self::Open(Category::Fsmp),
            F::DrugStandardCode | F::HospitalPreparation => Self::Open(Category::Drug),
            F::Excipient => Self::Open(Category::Unknown),
        }
    }
}

/// The code of the finding that a number belongs to `family`.
pub(super) fn family_finding(family: ApprovalFamily) -> &'static str {
    use ApprovalFamily as F;
    match family {
        F::CosmeticFiling | F::CosmeticPlant | F::CosmeticSpecial => "approval.cosmetic",
        F::DeviceFiling => "approval.device-filing",
        F::DeviceRegistration => "approval.device",
        F::DeviceRegistrationOld => "approval.device-old",
        F::DisinfectantPlant => "approval.plant-licence",
        F::DisinfectantProduct => "approval.disinfectant",
        F::Drug => "approval.drug",
        F::DrugCertificate | F::DrugCertificateHkMoTw => "approval.drug-certificate",
        F::DrugStandardCode => "approval.standard-code",
        F::Excipient => "approval.excipient",
        F::FoodLicence | F::FoodLicenceOld | F::InfantFormula => "approval.food",
        F::Fsmp => "approval.fsmp",
        F::HealthFoodFiling | F::HealthFoodLegacy | F::HealthFoodRegistration => {
            "approval.health-food"
        }
        F::HospitalPreparation => "approval.hospital-preparation",
        F::Pesticide => "approval.pesticide",
        F::ToothpasteFiling => "approval.toothpaste",
    }
}

const PAYABLE: [Category; 3] = [Category::Drug, Category::Device, Category::Piece];
const NEVER_PAYABLE: [Category; 6] = [
    Category::HealthFood,
    Category::Food,
    Category::Cosmetic,
    Category::Toothpaste,
    Category::Disinfectant,
    Category::DailyGoods,
];

/// A name that speaks so strongly of something is taken at its word where no number speaks.
const CLEAR: u16 = 6;
/// So strongly that it stands against a number of another kind.
const DECISIVE: u16 = 8;
/// What a name must say beside a number. A dosage form says it of a drug; a herb or a use alone
/// (陈皮, 除湿) does not, since tea and toiletries have both.
const fn audible(kind: Category) -> u16 {
    match kind {
        Category::Drug => 3,
        _ => 2,
    }
}
/// A single weak hint; stands against nothing.
const HINT: u16 = 1;

pub(super) fn judge(item: &ItemEvidence<'_>, number: Number, voice: &Voice<'_>) -> Judgement {
    use EligibilityAnswer::{NotPayable, Review};
    let judgement = match number {
        Number::Absent => return without_number(item, voice),
        Number::Payable(kind) => return with_number(item, kind, voice),
        Number::NotPayable(category) => Judgement::new(NotPayable, category),
        Number::Open(Category::Fsmp) => Judgement::new(Review, Category::Fsmp),
        Number::Mixed => clear_no(voice)
            .unwrap_or(Judgement::new(Review, guess(voice)))
            .disagreeing("numbers of different kinds"),
        Number::Broken | Number::Open(_) => {
            clear_no(voice).unwrap_or(Judgement::new(Review, guess(voice)))
        }
    };
    match (judgement.answer, item.code) {
        (NotPayable, Some(_)) => judgement.disagreeing("a payable code for goods that are not"),
        _ => judgement,
    }
}

/// A drug's or a device's number: half of a yes.
fn with_number(item: &ItemEvidence<'_>, kind: Category, voice: &Voice<'_>) -> Judgement {
    use EligibilityAnswer::{NotPayable, Payable, Review};
    if let Some(code) = item.code {
        if kind_of(code.class()) != kind {
            return Judgement::new(Review, kind).disagreeing("number and code of different kinds");
        }
        if item.mapping == Some(Mapping::Differs) {
            return Judgement::new(Review, kind).disagreeing("mapped to another code");
        }
    }
    let support = voice.of(kind);
    if is_supported(kind, voice) {
        return Judgement::new(Payable, kind);
    }
    let (category, contrary) = voice.loudest(&NEVER_PAYABLE);
    // 械字号 cosmetics are filed as devices in earnest; a person decides whether they are.
    let is_grey =
        kind == Category::Device && matches!(category, Category::Cosmetic | Category::Disinfectant);
    if contrary >= DECISIVE && support < audible(kind) && voice.doubt() == 0 && !is_grey {
        return Judgement::new(NotPayable, category).disagreeing("number and name");
    }
    if against(kind, voice) > HINT {
        return Judgement::new(Review, kind).disagreeing("number and name");
    }
    let is_mapped = item.code.is_some() && item.mapping == Some(Mapping::Agrees);
    if is_mapped {
        Judgement::new(Payable, kind)
    } else {
        Judgement::new(Review, kind)
    }
}

/// Does the name say by itself that the article is of this kind?
fn is_supported(kind: Category, voice: &Voice<'_>) -> bool {
    let (support, against) = (voice.of(kind), against(kind, voice));
    let is_plain = support >= audible(kind) && against <= HINT;
    // A flavour or a brand does not outweigh an active ingredient in its dosage form.
    let is_strong = support >= 8 && against <= 3 && voice.doubt() == 0;
    // 鱼油 in the name of an injection.
    let is_overwhelming = kind == Category::Drug
        && support >= 12
        && against.saturating_mul(2) <= support
        && voice.doubt() == 0;
    is_plain || is_strong || is_overwhelming
}

/// What the name says against `kind`.
fn against(kind: Category, voice: &Voice<'_>) -> u16 {
    let never = NEVER_PAYABLE
        .iter()
        .map(|category| voice.of(*category))
        .fold(voice.of(Category::Fsmp), u16::saturating_add)
        .saturating_add(voice.doubt());
    let (drug, device) = (voice.of(Category::Drug), voice.of(Category::Device));
    // A stray syllable of the other payable kind is no contradiction; a plain one is.
    let other = match kind {
        Category::Drug if device >= 4 && device > drug => device,
        Category::Device if drug >= CLEAR && drug > device => drug,
        Category::Piece if drug >= CLEAR || device >= 4 => drug.max(device),
        _ => 0,
    };
    never.saturating_add(other)
}

fn kind_of(class: InsuranceClass) -> Category {
    match class {
        InsuranceClass::Consumable => Category::Device,
        InsuranceClass::PatentMedicine | InsuranceClass::WesternDrug => Category::Drug,
        InsuranceClass::Piece => Category::Piece,
    }
}

fn without_number(item: &ItemEvidence<'_>, voice: &Voice<'_>) -> Judgement {
    use EligibilityAnswer::{Payable, Review};
    let no = clear_no(voice);
    let Some(code) = item.code else {
        return no.unwrap_or(Judgement::new(Review, guess(voice)));
    };
    let kind = kind_of(code.class());
    if let Some(no) = no {
        return no.disagreeing("code and name");
    }
    if item.mapping == Some(Mapping::Differs) {
        return Judgement::new(Review, guess(voice)).disagreeing("mapped to another code");
    }
    if against(kind, voice) > HINT && !is_supported(kind, voice) {
        return Judgement::new(Review, guess(voice)).disagreeing("code and name");
    }
    // LAW: 药品管理法 (2019) art. 24: most pieces have no approval number.
    let is_piece = kind == Category::Piece && voice.of(Category::Piece) >= 3;
    if item.mapping == Some(Mapping::Agrees) || is_piece {
        Judgement::new(Payable, kind)
    } else {
        Judgement::new(Review, kind)
    }
}

/// A no that rests on the name alone.
fn clear_no(voice: &Voice<'_>) -> Option<Judgement> {
    let (category, contrary) = voice.loudest(&NEVER_PAYABLE);
    let (_, support) = voice.loudest(&PAYABLE);
    let is_alone = contrary >= CLEAR && support <= 3;
    let is_louder = contrary >= DECISIVE && support <= 6 && contrary >= support.saturating_add(2);
    let is_open = voice.of(Category::Fsmp) > 0 || voice.doubt() > contrary;
    ((is_alone || is_louder) && !is_open)
        .then(|| Judgement::new(EligibilityAnswer::NotPayable, category))
}

/// The likeliest category where nothing decides.
fn guess(voice: &Voice<'_>) -> Category {
    let all = [
        Category::Drug,
        Category::Device,
        Category::Fsmp,
        Category::HealthFood,
        Category::Food,
        Category::Cosmetic,
        Category::Toothpaste,
        Category::Disinfectant,
        Category::DailyGoods,
        Category::Piece,
    ];
    match voice.loudest(&all) {
        (category, 3..) => category,
        _ => Category::Unknown,
    }
}
