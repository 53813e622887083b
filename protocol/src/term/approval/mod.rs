//! Approval, registration and filing numbers as people write them into a number field.
//!
//! In scope: recognising which register a number belongs to, its canonical text, and saying so when
//! it cannot be right. Full-width characters, spaces, brackets, capitals, 第/号 and words around the
//! number are folded away; **digits are never mended**: a digit too many, an impossible letter, year
//! or province make the number [`Reading::Broken`].
//! Out of scope: whether the number was really granted (no register is asked) and what follows from
//! it (`pharmacy-decision`).
//!
//! ```text
//! 国药准字H20040317  H20140739  HC20160036      drugs: domestic, import and HK/Macao/Taiwan certificate
//! 国械注准20163400955  浙温械备20140027  浙食药监械(准)字2013第2400890号   devices: registered, filed, before 2014
//! 国食健注G20190188  食健备G201934001524  卫食健字(2002)第0605号           health food
//! 粤G妆网备字2022324124  国妆特字G20190372  粤国牙膏网备字2023404589       cosmetics, toothpaste
//! 鲁卫消证字(2020)第1350号  国食注字TY20175001  SC12744040400094           plant licence, special food, food
//! ```

mod grammar;
mod scan;

use std::fmt;

use super::Barcode;

/// The register that a number belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ApprovalFamily {
    /// 妆网备字, 妆备进字: ordinary cosmetics, notified.
    CosmeticFiling,
    /// 粤妆20160001: licence of a cosmetics plant.
    CosmeticPlant,
    /// 妆特字: special cosmetics.
    CosmeticSpecial,
    /// 械备: class I device, filed.
    DeviceFiling,
    /// 械注准/进/许: registered device, form since 2014.
    DeviceRegistration,
    /// 食药监械(准)字: registered device, form before 2014, expired by now.
    DeviceRegistrationOld,
    /// 卫消证字: hygiene licence of a plant that makes disinfectants.
    DisinfectantPlant,
    /// 卫消字, 卫消进字: disinfectant product.
    DisinfectantProduct,
    /// 国药准字: drug.
    Drug,
    /// 进口药品注册证, often the bare code: imported drug.
    DrugCertificate,
    /// 医药产品注册证 HC/ZC/SC: drug from Hong Kong, Macao or Taiwan.
    DrugCertificateHkMoTw,
    /// 86…: standard code of a drug (药品本位码), not an approval number.
    DrugStandardCode,
    /// 国药准字F: excipient, nothing for a patient.
    Excipient,
    /// SC: food production licence.
    FoodLicence,
    /// QS: food production licence of the form abolished in 2018.
    FoodLicenceOld,
    /// 国食注字TY: food for special medical purpose.
    Fsmp,
    /// 食健备: health food, filed.
    HealthFoodFiling,
    /// 国食健字, 卫食健字: health food, earlier generations.
    HealthFoodLegacy,
    /// 国食健注: health food, registered.
    HealthFoodRegistration,
    /// 药制字: preparation made in a hospital for its own patients.
    HospitalPreparation,
    /// 国食注字YP: infant formula.
    InfantFormula,
    /// WP, WL, PD: pesticide such as a mosquito repellent.
    Pesticide,
    /// 国牙膏网备字: toothpaste, notified.
    ToothpasteFiling,
}

/// A number whose form is right, in its canonical text.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ApprovalNumber {
    family: ApprovalFamily,
    text: Box<str>,
}

impl ApprovalNumber {
    /// The register it belongs to.
    pub fn family(&self) -> ApprovalFamily {
        self.family
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ApprovalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

crate::words! {
    /// Why a number cannot be right.
    pub enum Flaw as name {
        /// The issuing place does not issue such numbers.
        Area = "area",
        /// The check digit does not fit the others.
        CheckDigit = "check-digit",
        /// Words around a bare code that do not name a register: a damaged prefix, a model number.
        Context = "context",
        /// A device class that this register does not hold.
        DeviceClass = "device-class",
        /// Too few or too many digits, or something else among them.
        DigitCount = "digit-count",
        /// A letter that this register does not use.
        Letter = "letter",
        /// A form that was withdrawn before the present registers, such as 卫药准字.
        Obsolete = "obsolete",
        /// The number's parts are not in the order of its form.
        Order = "order",
        /// Looks like a number and follows no known form.
        Unread = "unread",
        /// A year or province code that cannot be.
        Year = "year",
    }
}

/// One thing found in a number field.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Reading {
    /// A product's barcode, which is no approval number.
    Barcode(Barcode),
    /// Meant as a number and cannot be one.
    Broken {
        /// The register it was meant for, where its words tell.
        family: Option<ApprovalFamily>,
        /// Why it cannot be right.
        flaw: Flaw,
    },
    /// A number of the right form.
    Number(ApprovalNumber),
}

/// Words beside the numbers of a field.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Noise {
    /// Nothing but the numbers and the usual words (批准文号, 号, OTC).
    Clean,
    /// Something else as well.
    Noisy,
}

/// Everything a number field says.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Approval {
    /// What was found, in the order of writing.
    pub readings: Vec<Reading>,
    /// Was there something else beside it?
    pub noise: Noise,
}

impl Approval {
    /// Longest number field that is read at all; a longer one is [`Flaw::Unread`].
    pub const LONGEST: usize = 400;

    /// The numbers of the right form.
    pub fn numbers(&self) -> impl Iterator<Item = &ApprovalNumber> {
        self.readings.iter().filter_map(|reading| match reading {
            Reading::Number(number) => Some(number),
            Reading::Barcode(_) | Reading::Broken { .. } => None,
        })
    }

    /// The first flaw, where a number is broken.
    pub fn flaw(&self) -> Option<(Option<ApprovalFamily>, Flaw)> {
        self.readings.iter().find_map(|reading| match reading {
            Reading::Broken { family, flaw } => Some((*family, *flaw)),
            Reading::Barcode(_) | Reading::Number(_) => None,
        })
    }
}

#[cfg(test)]
mod tests;
