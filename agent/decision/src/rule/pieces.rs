//! Pieces (饮片): some are never paid, some not when they are bought alone.
//!
//! In scope: a piece by its name against the pack's list. Out of scope: whether the list binds
//! account money (the pack says so per fund).

use pharmacy_protocol::term::InsuranceClass;

use crate::facts::Tender;
use crate::pack::PieceBar;
use crate::rule::{Missing, Truth, Word};
use crate::scene::{LineView, Scene};

/// The piece is not on the list of pieces that are not paid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pieces {}

impl Pieces {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if line.class() != Some(InsuranceClass::Piece) {
            return Truth::Holds;
        }
        if line.name.is_empty() {
            return Truth::Undetermined(Missing::ItemName);
        }
        match scene.knowledge.piece_bar(line.name) {
            None => Truth::Holds,
            Some(PieceBar::Never) => Truth::broken(Word::PieceNever, Word::PiecePaid),
            Some(PieceBar::Alone) if is_alone(scene, line) => {
                Truth::broken(Word::PieceAlone, Word::PiecePaid)
            }
            Some(PieceBar::Alone) => Truth::Holds,
        }
    }
}

/// Is there no other piece beside it? Two lines of the same piece are still one piece.
fn is_alone(scene: &Scene<'_>, line: &LineView<'_>) -> bool {
    !scene.lines.iter().any(|other| {
        other.class() == Some(InsuranceClass::Piece)
            && other.line.tender == Tender::Insurance
            && other.code != line.code
            && other.name != line.name
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::{facts, on_line};

    fn piece(code: &str, name: &str) -> crate::Facts {
        let mut facts = facts();
        facts.lines[0].offered.code = Some(code.parse().unwrap());
        facts.lines[0].offered.name = Some(name.to_owned());
        facts.lines[0].catalogue = crate::Fact::Missing(crate::Why::NotKnown);
        facts
    }

    fn judged(facts: &crate::Facts) -> Truth {
        on_line(facts, |scene, line| Pieces {}.judge(scene, line))
    }

    #[test]
    fn a_precious_piece_is_never_paid_and_its_cheap_namesake_is() {
        let never = Truth::broken(Word::PieceNever, Word::PiecePaid);
        assert_eq!(judged(&piece("T001700368", "鹿茸")), never);
        assert_eq!(judged(&piece("T001700368", "西洋参（切片）")), never);
        assert_eq!(judged(&piece("T001700368", "珍珠母")), Truth::Holds);
        assert_eq!(judged(&piece("T001700368", "人工牛黄")), Truth::Holds);
    }

    #[test]
    fn a_single_gift_tonic_is_not_paid_but_the_recipe_is() {
        let mut facts = piece("T001700368", "黄芪");
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::PieceAlone, Word::PiecePaid)
        );
        let mut second = facts.lines[0].clone();
        second.number = 2;
        facts.lines.push(second);
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::PieceAlone, Word::PiecePaid)
        );
        facts.lines[1].offered.code = Some("T001700399".parse().unwrap());
        facts.lines[1].offered.name = Some("白术".to_owned());
        assert_eq!(judged(&facts), Truth::Holds);
    }

    #[test]
    fn a_piece_without_a_name_is_undetermined() {
        let facts = piece("T001700368", "");
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::ItemName));
    }

    #[test]
    fn a_device_of_that_name_is_no_piece() {
        assert_eq!(judged(&piece("C1701022160400012087", "鹿茸")), Truth::Holds);
    }
}
