//! The answer: a verdict, its reasons in order, and what each line may be paid with.

use pharmacy_protocol::term::{Fen, StaffId};
use serde::{Deserialize, Serialize};

use crate::rule::Missing;

pub use crate::stance::Stance;
pub use pharmacy_protocol::record::store::PackVersion;

/// The whole answer to one assessment, recorded as it stands here.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[must_use]
pub struct Decision {
    /// May it be settled?
    pub verdict: Verdict,
    /// Every line's own answer, in the basket's order.
    pub lines: Vec<LineAnswer>,
    /// What the insurance may pay of the basket as it stands.
    pub insurance: Fen,
    /// What must be paid in cash.
    pub cash: Fen,
    /// The rule pack that was asked.
    pub pack: PackVersion,
    /// The version of the decision's meaning.
    pub semantics: u32,
}

/// May the basket be settled as it stands?
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[must_use]
pub enum Verdict {
    /// Yes.
    Allow {
        /// Things worth knowing.
        notes: Vec<Reason>,
    },
    /// Not before these are answered.
    Ask {
        /// What must be answered.
        questions: Vec<Reason>,
        /// Things worth knowing.
        notes: Vec<Reason>,
    },
    /// No.
    Refuse {
        /// Why, the weightiest first.
        reasons: Vec<Reason>,
        /// What would have to be answered as well.
        questions: Vec<Reason>,
        /// Things worth knowing.
        notes: Vec<Reason>,
    },
}

/// Why a rule spoke. Traceable to rule, pack and law, and never without a way out.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reason {
    /// The rule's permanent dotted id, such as `item.not-payable`.
    pub rule: String,
    /// The stance in force.
    pub stance: Stance,
    /// What it led to, after stance, fund and commissioning: a note is kept, a warning is shown.
    pub outcome: Outcome,
    /// Was the rule broken, or could it not be determined?
    pub truth: TruthKind,
    /// The fact that was missing, where it could not be determined: which question it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// Legal basis, as the pack gives it.
    pub basis: String,
    /// The line, where one line is concerned.
    pub line: Option<u32>,
    /// What was found.
    pub found: Option<String>,
    /// What is allowed.
    pub allowed: Option<String>,
    /// What is wrong.
    pub message: Text,
    /// What to do about it.
    pub remedy: Text,
    /// May the person in charge release the rule when it is broken? See
    /// [`Reason::is_releasable`].
    pub release: Release,
    /// Who released it, so that it is no more than a note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<StaffId>,
}

impl Reason {
    /// May the person in charge set it aside with PIN and reason: a breach that the rule lets them
    /// release, or any question, which they answer for with their signature?
    pub fn is_releasable(&self) -> bool {
        self.release.covers(self.truth)
    }
}

/// Text for people at the till, from the pack's catalogue.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a rule that does not hold leads to, from the mildest to the hardest.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The rule does not speak here (不适用).
    NotApplicable,
    /// It is recorded (记录).
    Note,
    /// It is shown (提醒).
    Warn,
    /// It must be answered before the settlement (询问).
    Ask,
    /// The settlement is refused (拒绝).
    Refuse,
}

/// Why a rule did not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TruthKind {
    /// It was broken.
    Broken,
    /// It would be broken, but for a recorded reason that the law accepts: always a note.
    Excused,
    /// A fact was missing.
    Undetermined,
}

/// Whether the person in charge may release a refusal with PIN and reason (R07).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// Nobody can, not even where a fact is missing.
    Barred,
    /// A hard rule: nobody can.
    Never,
    /// The person in charge can.
    PersonInCharge,
}

impl Release {
    /// LAW: R07: a hard rule that is broken stays broken, whoever signs; not knowing must never
    /// turn an eligible customer away, so somebody can always answer for it.
    pub(crate) fn covers(self, truth: TruthKind) -> bool {
        match (self, truth) {
            (Self::Never | Self::PersonInCharge, TruthKind::Undetermined)
            | (Self::PersonInCharge, TruthKind::Broken) => true,
            (Self::Barred, _) | (Self::Never, TruthKind::Broken) | (_, TruthKind::Excused) => false,
        }
    }
}

/// One line's own answer.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LineAnswer {
    /// The line's number on the till.
    pub line: u32,
    /// May the article be paid by the insurance at all?
    pub eligibility: EligibilityAnswer,
    /// May this line be settled as it stands?
    pub answer: LineVerdict,
    /// What the insurance may pay, once open questions are answered well.
    pub insurance: Fen,
    /// What must be paid in cash.
    pub cash: Fen,
}

/// May an article be paid by the insurance?
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EligibilityAnswer {
    /// No.
    NotPayable,
    /// Yes.
    Payable,
    /// A person must look.
    Review,
}

/// May one line be settled as it stands?
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineVerdict {
    /// Yes.
    Allow,
    /// Not before a question is answered.
    Ask,
    /// Not with this tender. The cash part says whether cash will do: nothing there means that the
    /// line cannot be sold as it stands.
    Refuse,
}
