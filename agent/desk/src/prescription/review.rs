//! The pharmacist's judgement: a signed act over the prescription's entry and its digest.
//!
//! LAW: R15: a pharmacist reviews and signs before the drug is handed over.

use pharmacy_decision::facts::ReviewPlace;
use pharmacy_decision::record::prescription::PrescriptionStep;
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, SaleId, StaffId, TillNumber};

use super::change::{Bond, Change};
use super::row::KeptRow;
use crate::core::prescription::{Kept, MAX_TEXT, Match, PrescriptionError, Review, checked_text};
use crate::core::staff::Duty;
use crate::staff::{Act, Post, SignedAct};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place};
use pharmacy_protocol::digest::{hex, sha256};

/// What a pharmacist decides.
enum Judgement {
    Approve { matches: Vec<(usize, u32)> },
    Reject { reason: String },
}

/// What is before the pharmacist, and must still be so when the signature is there.
struct UnderReview {
    /// The entry of the prescription's last change.
    entry: EntryIndex,
    /// SHA-256 of what its receipt recorded, which names every image by its own digest.
    digest: String,
    sale: Option<SaleId>,
}

impl Desk {
    /// Whether a prescription can be judged, and what the signature is to cover.
    fn under_review(
        &self,
        caller: &Caller,
        place: Place,
        id: u64,
        (judgement, by): (&Judgement, StaffId),
    ) -> Result<UnderReview, DeskError> {
        let (kept, entry) = self.load_kept(id)?;
        self.demand_reviewer(&by, place)?;
        let review = Review {
            by,
            at_ms: 0,
            from: ReviewPlace::Store,
            act: entry,
        };
        let waiting = kept.waiting.clone();
        let sale = self.sale_concerned(&caller.till, waiting.as_ref())?;
        // Asked before a PIN is derived: nobody is to sign what cannot be recorded.
        let _ = self.judged(kept, sale.as_ref(), review, judgement)?;
        let received = self
            .journal
            .open_part(EntryIndex::new(id), PartClass::Prescription)?;
        Ok(UnderReview {
            entry,
            digest: hex(&sha256(&received)),
            sale: sale.map(|sale| sale.id),
        })
    }

    /// The prescription after a judgement.
    fn judged(
        &self,
        kept: Kept,
        sale: Option<&crate::core::sale::Sale>,
        review: Review,
        judgement: &Judgement,
    ) -> Result<Kept, DeskError> {
        match judgement {
            Judgement::Approve { matches } => {
                kept.demand_good(self.clock.today())?;
                let mut found = Vec::with_capacity(matches.len());
                for (drug, line) in matches {
                    let article = match sale {
                        Some(sale) => self.article_of(sale, *line)?,
                        None => None,
                    };
                    let (name, code) = article.ok_or(PrescriptionError::NoSuchPlace)?;
                    found.push(Match {
                        drug: *drug,
                        name,
                        code,
                        by: review.by.clone(),
                    });
                }
                Ok(kept.approve(review, found)?)
            }
            Judgement::Reject { reason } => Ok(kept.reject(review, reason)?),
        }
    }

    /// Records a judgement that was signed.
    fn record_judgement(
        &mut self,
        caller: &Caller,
        place: Place,
        id: u64,
        judgement: &Judgement,
        before: &UnderReview,
        signed: SignedAct,
    ) -> Result<(), DeskError> {
        let (kept, entry) = self.load_kept(id)?;
        if entry != before.entry {
            return Err(PrescriptionError::Changed.into());
        }
        let waiting = kept.waiting.clone();
        let sale = self.sale_concerned(&caller.till, waiting.as_ref())?;
        let review = Review {
            by: signed.staff.clone(),
            at_ms: self.clock.now_ms(),
            from: match place {
                Place::Remote => ReviewPlace::Remote,
                Place::Store | Place::Till => ReviewPlace::Store,
            },
            // Its own entry: known once it is written.
            act: EntryIndex::new(0),
        };
        let now_ms = review.at_ms;
        let kept = self.judged(kept, sale.as_ref(), review, judgement)?;
        let (prescription, status) = (kept.id, kept.life.status());
        let record = match judgement {
            Judgement::Approve { .. } => PrescriptionStep::Approved {
                prescription,
                status,
            },
            Judgement::Reject { .. } => PrescriptionStep::Rejected {
                prescription,
                status,
            },
        };
        let row = KeptRow::changed(self.journal.keys(), kept);
        let change = Change::new(row, &record)?;
        let change = change
            .with(signed.part)
            .resting_on([entry, EntryIndex::new(id)]);
        let sale = sale.map(|sale| (sale, Bond::Touch));
        self.record_kept(&caller.till, sale, change)?;
        self.report_hasty(&caller.till, (id, entry), now_ms)
    }

    /// Notes when a prescription was opened for a review; what nobody ever judged is forgotten in time.
    pub(super) fn open_review(&mut self, id: u64) {
        let now_ms = self.clock.now_ms();
        let opened = &mut self.memory.opened_reviews;
        opened.retain(|_, at_ms| now_ms.saturating_sub(*at_ms) < OPENED_MS);
        opened.entry(id).or_insert(now_ms);
    }

    /// Counts a review that was signed sooner after its opening than anybody reads, or unseen.
    fn report_hasty(
        &mut self,
        till: &TillNumber,
        (id, before): (u64, EntryIndex),
        now_ms: i64,
    ) -> Result<(), DeskError> {
        let opened_ms = self.memory.opened_reviews.remove(&id);
        let Some(least) = self.prescription_terms().review_seconds else {
            return Ok(());
        };
        let least_ms = i64::from(least).saturating_mul(1_000);
        if opened_ms.is_some_and(|opened| now_ms.saturating_sub(opened) >= least_ms) {
            return Ok(());
        }
        let mark = format!("{id}/{}", before.value());
        self.report_prescriptions(till, "prescription.hasty-review", &mark, vec![id])
    }
}

/// How long an opening counts that nobody judged after.
const OPENED_MS: i64 = 24 * 60 * 60 * 1_000;

impl DeskHandle {
    /// Notes that somebody opened a prescription to review it.
    pub async fn open_review(&self, prescription: u64) -> Result<(), DeskError> {
        self.run(move |desk| {
            desk.open_review(prescription);
            Ok(())
        })
        .await
    }

    /// Approves a prescription; `matches` are the places of drugs and the lines that they are.
    pub async fn approve(
        &self,
        caller: Caller,
        place: Place,
        prescription: u64,
        matches: Vec<(usize, u32)>,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let judgement = Judgement::Approve { matches };
        self.judge_prescription(caller, place, prescription, judgement, by)
            .await?;
        Ok(Done::new("prescription.approved").with(prescription))
    }

    pub async fn reject(
        &self,
        caller: Caller,
        place: Place,
        prescription: u64,
        reason: String,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let out_of_bounds = PrescriptionError::OutOfBounds { member: "reason" };
        let reason = checked_text("reason", Some(reason), MAX_TEXT)?.ok_or(out_of_bounds)?;
        let judgement = Judgement::Reject { reason };
        self.judge_prescription(caller, place, prescription, judgement, by)
            .await?;
        Ok(Done::new("prescription.rejected").with(prescription))
    }

    async fn judge_prescription(
        &self,
        caller: Caller,
        place: Place,
        id: u64,
        judgement: Judgement,
        by: Credentials,
    ) -> Result<(), DeskError> {
        let (asked, reviewer) = (caller.clone(), by.staff.clone());
        let (before, judgement) = self
            .run(move |desk| {
                let before = desk.under_review(&asked, place, id, (&judgement, reviewer))?;
                Ok((before, judgement))
            })
            .await?;
        let (kind, reason, matches) = match &judgement {
            Judgement::Approve { matches } => (ActKind::Approve, None, matches.clone()),
            Judgement::Reject { reason } => (ActKind::Reject, Some(reason.clone()), Vec::new()),
        };
        let act = Act {
            kind,
            sale: before.sale.clone(),
            about: vec![EntryIndex::new(id), before.entry],
            what: serde_json::json!({
                "prescription": id,
                "digest": before.digest,
                "matches": matches,
            }),
            reason,
        };
        let needs = match place {
            Place::Remote => Duty::RemotePharmacist,
            Place::Store | Place::Till => Duty::Pharmacist,
        };
        let at = Post::new(&caller, place);
        let signed = self.sign(at, needs, by, act).await?;
        self.run(move |desk| desk.record_judgement(&caller, place, id, &judgement, &before, signed))
            .await
    }
}
