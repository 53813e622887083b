//! A scene as it goes on: what happened, and whether it was what should have happened.

use super::DemoError;
use super::exchange::Exchange;
use super::scene::{INDENT, Shown, text};
use super::stage::Stage;

/// A scene as it goes on.
pub(super) struct Course(Shown);

impl Course {
    /// Nothing has happened, and all is as expected.
    pub(super) fn new() -> Self {
        Self(Shown {
            as_expected: true,
            ..Shown::default()
        })
    }

    /// What must hold; where it does not, the scene says so.
    pub(super) fn check(&mut self, what: &str, holds: bool) {
        if !holds {
            self.0.as_expected = false;
            self.0.remarks.push(format!("✗ {what}"));
        }
    }

    /// What is to be read beside the rows.
    pub(super) fn remark(&mut self, remark: &str) {
        self.0.remarks.push(remark.to_owned());
    }

    /// What is to be read as a row.
    pub(super) fn row(&mut self, row: String) {
        self.0.rows.push(row);
    }

    /// What stood somewhere, line by line.
    pub(super) fn quote(&mut self, line: &str) {
        let line = format!("{INDENT}{line}");
        self.row(format!("{}\n", line.trim_end()));
    }

    /// Ends with the rows of these calls.
    pub(super) fn end<const N: usize>(mut self, calls: [Exchange; N]) -> Shown {
        self.0.rows.extend(calls.iter().map(Exchange::row));
        self.0
    }

    /// Settled at the platform once, and recorded under the same number.
    pub(super) fn check_settled(
        &mut self,
        stage: &Stage,
        msgid: &str,
        number: &str,
    ) -> Result<(), DemoError> {
        let settled = stage.settled_under(msgid);
        let is_once = matches!(settled.as_slice(), [one] if one.setl_id == number);
        self.check("platform settled once", is_once && !number.is_empty());
        let attempt = stage.attempt(msgid)?;
        let recorded = (text(&attempt, "/state"), text(&attempt, "/settlement"));
        self.check("agent recorded it", recorded == ("settled", number));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_that_does_not_hold_fails_the_scene_and_is_named() {
        let mut course = Course::new();
        course.check("holds", true);
        assert!(course.0.as_expected && course.0.remarks.is_empty());
        course.check("broken", false);
        course.check("holds again", true);
        let shown = course.end([]);
        assert!(!shown.as_expected);
        assert_eq!(shown.remarks, ["✗ broken"]);
    }
}
