//! Prescriptions that look as if they came off a line (R16): reported, never refused.
//!
//! In scope: one physician, one minute, one text; issued after the customer stood at the till; one
//! image under two prescriptions; more in a day than one physician can write. Each is told once. Out of
//! scope: what follows from it; the bureau sees it.

use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::term::TillNumber;

use super::row::{image_name, physician_day, series_name};
use crate::core::prescription::Kept;
use crate::{Desk, DeskError};
use pharmacy_journal::store::PrescriptionNameKind;

/// Prescriptions of one text within this time are a series.
const SERIES_MS: i64 = 60_000;

/// From how many of them on.
const SERIES_LEAST: usize = 3;

/// How many prescriptions of one physician's day one store can see before it is implausible: a clinic of
/// three hours at five minutes each, and every patient comes here.
const PHYSICIAN_DAY_MOST: usize = 36;

/// Most prescriptions of one name that are looked at.
const MOST_NAMED: usize = 200;

impl Desk {
    /// Looks at a prescription that was just taken in, or got an image; `opened_ms` is when the sale was
    /// opened to which it is attached.
    pub(crate) fn report_series(
        &mut self,
        till: &TillNumber,
        id: u64,
        opened_ms: Option<i64>,
    ) -> Result<(), DeskError> {
        let (kept, _) = self.load_kept(id)?;
        let is_later = kept
            .written
            .issued_ms
            .zip(opened_ms)
            .is_some_and(|(issued, opened)| issued > opened);
        if is_later {
            let finding = "prescription.issued-at-counter";
            self.report_prescriptions(till, finding, &id.to_string(), vec![id])?;
        }
        self.report_same_text(till, &kept)?;
        self.report_physician_day(till, &kept)?;
        self.report_same_image(till, &kept)
    }

    /// One physician, one minute, one text.
    fn report_same_text(&mut self, till: &TillNumber, kept: &Kept) -> Result<(), DeskError> {
        let name = series_name(self.journal.keys(), kept);
        let (Some(name), Some(issued_ms)) = (name, kept.written.issued_ms) else {
            return Ok(());
        };
        let kind = PrescriptionNameKind::Series;
        let named = self
            .journal
            .reader()
            .prescriptions_named(kind, &name, MOST_NAMED)?;
        let is_near = |at_ms: i64| at_ms.saturating_sub(issued_ms).saturating_abs() < SERIES_MS;
        let near = named.into_iter().filter(|(_, at_ms)| is_near(*at_ms));
        let near: Vec<(u64, i64)> = near.collect();
        if near.len() < SERIES_LEAST {
            return Ok(());
        }
        let ids: Vec<u64> = near.iter().map(|(id, _)| *id).collect();
        // A series goes on; its fourth is no second finding. The next day's is.
        let day = pharmacy_base::clock::day_of(issued_ms);
        let mark = format!("{}/{day}", name.as_text());
        self.report_prescriptions(till, "prescription.series", &mark, ids)
    }

    /// More in a day than one physician can write.
    fn report_physician_day(&mut self, till: &TillNumber, kept: &Kept) -> Result<(), DeskError> {
        let Some(name) = physician_day(self.journal.keys(), kept) else {
            return Ok(());
        };
        let kind = PrescriptionNameKind::PhysicianDay;
        let named = self
            .journal
            .reader()
            .prescriptions_named(kind, &name, MOST_NAMED)?;
        if named.len() <= PHYSICIAN_DAY_MOST {
            return Ok(());
        }
        let ids = named.into_iter().map(|(id, _)| id).collect();
        let finding = "prescription.physician-day";
        self.report_prescriptions(till, finding, &name.as_text(), ids)
    }

    /// One image under two prescriptions: of two numbers, or for two patients.
    fn report_same_image(&mut self, till: &TillNumber, kept: &Kept) -> Result<(), DeskError> {
        for image in &kept.images {
            let name = image_name(self.journal.keys(), &image.sha256);
            let kind = PrescriptionNameKind::Image;
            let mut ids = Vec::new();
            for other in self.kept_named(kind, &name, MOST_NAMED)? {
                if is_another(kept, &other) {
                    ids.push(other.id);
                }
            }
            if !ids.is_empty() {
                ids.push(kept.id);
                let finding = "prescription.image-reused";
                self.report_prescriptions(till, finding, &name.as_text(), ids)?;
            }
        }
        Ok(())
    }

    /// Records a finding about prescriptions, once for what it marks.
    pub(super) fn report_prescriptions(
        &mut self,
        till: &TillNumber,
        finding: &'static str,
        mark: &str,
        mut ids: Vec<u64>,
    ) -> Result<(), DeskError> {
        ids.sort_unstable();
        ids.dedup();
        let record = Finding::Prescriptions {
            finding: finding.to_owned(),
            prescriptions: ids,
        };
        if self.note_finding_once(till, &format!("{finding}/{mark}"), &record)? {
            tracing::warn!(code = finding, till = %till, "prescriptions look suspicious");
        }
        Ok(())
    }
}

/// Taking one prescription in twice is clumsy; one photo for two of them is something else.
fn is_another(one: &Kept, other: &Kept) -> bool {
    let numbers = one
        .written
        .number
        .as_ref()
        .zip(other.written.number.as_ref());
    let has_other_number = numbers.is_some_and(|(one, other)| !one.eq_ignore_ascii_case(other));
    one.id != other.id && (has_other_number || one.is_for_other(&other.written.patient))
}
