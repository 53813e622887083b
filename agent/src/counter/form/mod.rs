//! What a form of the page says, read and checked: fields in, an action of the desk out.
//!
//! In scope: which fields an action needs and what may stand in them. Out of scope: HTML (`panel`),
//! what the action means (the desk). What was typed goes back to the page beside the mistake; a PIN
//! never does.

mod field;
mod line;
mod person;
mod prescription;
mod staff;
mod upload;

pub(super) use self::field::{FieldError, Fields, FormError, PIN};
pub(super) use self::prescription::code_or_name;
pub(super) use self::upload::{MAX_FILES, MAX_UPLOAD, Upload};
use pharmacy_desk::{Action, Supply};
use pharmacy_protocol::words;

words! {
    /// The forms of the page; the word is the last part of the path that takes it.
    pub(super) enum FormKind as word {
        AddPrescription = "add-prescription",
        AnotherPurchase = "another-purchase",
        AttachPrescription = "attach-prescription",
        ClearPatient = "clear-patient",
        ClearProxy = "clear-proxy",
        CloseSale = "close-sale",
        ConfirmForm = "confirm-form",
        DoubtPrescription = "doubt-prescription",
        EnterNoCode = "enter-no-code",
        ConfirmHolder = "confirm-holder",
        ConfirmProxy = "confirm-proxy",
        EndStandingProxy = "end-standing-proxy",
        EnrolReader = "enrol-reader",
        Except = "except",
        LearnPrefix = "learn-prefix",
        MarkWrong = "mark-wrong",
        NameHolder = "name-holder",
        PhotographCode = "photograph-code",
        PrintSlip = "print-slip",
        ReadCard = "read-card",
        Register = "register",
        Release = "release",
        Reopen = "reopen",
        ReturnCash = "return-cash",
        Review = "review",
        SeeDocument = "see-document",
        SetClass = "set-class",
        SetDays = "set-days",
        SetPatient = "set-patient",
        SetProxy = "set-proxy",
        SignIn = "sign-in",
        SignOut = "sign-out",
    }
}

impl FormKind {
    /// Reads what [`Self::word`] writes.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// Does it carry files?
    pub(super) fn is_upload(self) -> bool {
        matches!(self, Self::AddPrescription | Self::PhotographCode)
    }

    /// Is it about the sale in front of the cashier? Then another sale that has begun meanwhile must
    /// not get what was meant for this one.
    pub(super) fn is_of_sale(self) -> bool {
        !matches!(
            self,
            Self::PrintSlip | Self::Reopen | Self::SignIn | Self::SignOut
        )
    }

    /// The action that the fields ask for; the images of a prescription are read beside it.
    pub(super) fn action(self, fields: &Fields) -> Result<Action, FieldError> {
        match self {
            Self::AddPrescription => prescription::add(fields),
            Self::AnotherPurchase => Ok(Action::Supply(Supply::ConfirmAnother)),
            Self::AttachPrescription => prescription::attach(fields),
            Self::ClearPatient => Ok(Action::Supply(Supply::ClearPatient)),
            Self::ClearProxy => Ok(Action::Supply(Supply::ClearProxy)),
            Self::CloseSale => Ok(Action::CloseSale),
            Self::EnterNoCode => line::enter_no_code(fields),
            Self::DoubtPrescription => prescription::doubt(fields),
            Self::ConfirmHolder => Ok(Action::Supply(Supply::ConfirmHolder)),
            Self::ConfirmProxy => Ok(Action::Supply(Supply::ConfirmProxy)),
            Self::EndStandingProxy => Ok(Action::Supply(Supply::EndStandingProxy)),
            Self::EnrolReader => person::enrol_reader(fields),
            Self::ConfirmForm => line::confirm_form(fields),
            Self::Except => line::except(fields),
            Self::LearnPrefix => line::learn_prefix(fields),
            Self::MarkWrong => line::mark_wrong(fields),
            Self::NameHolder => person::name_holder(fields),
            Self::PhotographCode => line::photograph_code(fields),
            Self::PrintSlip => line::print_slip(fields),
            Self::ReadCard => person::read_card(fields),
            Self::Register => person::register(fields),
            Self::Release => line::release(fields),
            Self::Reopen => staff::reopen(fields),
            Self::ReturnCash => line::return_cash(fields),
            Self::Review => prescription::review(fields),
            Self::SeeDocument => person::see_document(fields),
            Self::SetClass => line::set_class(fields),
            Self::SetDays => line::set_days(fields),
            Self::SetPatient => person::set_patient(fields),
            Self::SetProxy => person::set_proxy(fields),
            Self::SignIn => staff::sign_in(fields),
            Self::SignOut => staff::sign_out(fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_a_word_of_its_own() {
        for &kind in FormKind::ALL {
            assert_eq!(FormKind::parse(kind.word()), Some(kind));
        }
        let words: std::collections::BTreeSet<_> =
            FormKind::ALL.iter().map(|kind| kind.word()).collect();
        assert_eq!(words.len(), FormKind::ALL.len());
        assert_eq!(FormKind::parse("resolve"), None);
    }
}
