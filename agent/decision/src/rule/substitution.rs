//! Substitution (串换): what is settled must be what is handed over.
//!
//! In scope: the code, barcode and mapping of one line against the catalogue, and sources that
//! disagree. Out of scope: the packs' own codes (`trace`).

use crate::eligibility::Eligibility;
use crate::fact::Fact;
use crate::facts::{Article, Mapping};
use crate::rule::{Missing, Truth, Word};
use crate::scene::{LineView, Scene};
use crate::verdict::EligibilityAnswer;

use pharmacy_protocol::term::Barcode;

/// Every source names the same article.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Substitution {}

/// The finding by which the weighing says that its sources disagree.
const DISAGREE: &str = "sources.disagree";

impl Substitution {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if let Fact::Known(Mapping::Differs) = line.line.mapping {
            return Truth::broken(Word::DifferentMapping, Word::SameArticle);
        }
        judge_catalogue(line).or_worse(|| judge_sources(&line.eligibility))
    }
}

fn judge_catalogue(line: &LineView<'_>) -> Truth {
    let Fact::Known(article) = &line.line.catalogue else {
        // The platform's own mapping of article to code is a better witness than a missing entry.
        return match line.line.mapping {
            Fact::Known(Mapping::Agrees) => Truth::Holds,
            _ => Truth::Undetermined(Missing::CatalogueEntry),
        };
    };
    if line
        .line
        .offered
        .code
        .as_ref()
        .zip(article.code.as_ref())
        .is_some_and(|(a, b)| a != b)
    {
        return Truth::broken(Word::DifferentCode, Word::SameArticle);
    }
    if is_other_barcode(line.line.offered.barcode.as_ref(), article) {
        return Truth::broken(Word::DifferentBarcode, Word::SameArticle);
    }
    Truth::Holds
}

fn is_other_barcode(scanned: Option<&Barcode>, article: &Article) -> bool {
    // SPEC: GS1: EAN-8, UPC-A and EAN-13 are GTIN-14 with leading zeros left out.
    let gtin = |barcode: &Barcode| format!("{:0>14}", barcode.as_str());
    scanned
        .zip(article.barcode.as_ref())
        .is_some_and(|(a, b)| gtin(a) != gtin(b))
}

fn judge_sources(eligibility: &Eligibility) -> Truth {
    if !eligibility
        .findings
        .iter()
        .any(|finding| finding.code == DISAGREE)
    {
        return Truth::Holds;
    }
    match eligibility.answer {
        // LAW: 条例 art. 38 (4): goods that are not paid under a code that is.
        EligibilityAnswer::NotPayable => Truth::broken(Word::DifferentSources, Word::SameArticle),
        EligibilityAnswer::Payable | EligibilityAnswer::Review => {
            Truth::Undetermined(Missing::Sources)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Why;
    use crate::eligibility::Finding;
    use crate::rule::testing::{answered, article, facts, on_line, on_line_weighed};

    fn judged(facts: &crate::Facts) -> Truth {
        on_line(facts, |scene, line| Substitution {}.judge(scene, line))
    }

    #[test]
    fn another_code_barcode_or_mapping_is_a_substitution() {
        assert_eq!(judged(&facts()), Truth::Holds);

        let mut code = facts();
        article(&mut code).code = Some("XA01ABD075A002010100483".parse().unwrap());
        assert_eq!(
            judged(&code),
            Truth::broken(Word::DifferentCode, Word::SameArticle)
        );

        let mut barcode = facts();
        article(&mut barcode).barcode = Some("6901234567892".parse().unwrap());
        barcode.lines[0].offered.barcode = Some("96385074".parse().unwrap());
        assert_eq!(
            judged(&barcode),
            Truth::broken(Word::DifferentBarcode, Word::SameArticle)
        );

        let mut mapping = facts();
        mapping.lines[0].mapping = Fact::Known(Mapping::Differs);
        assert_eq!(
            judged(&mapping),
            Truth::broken(Word::DifferentMapping, Word::SameArticle)
        );
    }

    #[test]
    fn a_leading_zero_makes_no_other_barcode() {
        let mut facts = facts();
        article(&mut facts).barcode = Some("06901234567892".parse().unwrap());
        facts.lines[0].offered.barcode = Some("6901234567892".parse().unwrap());
        assert_eq!(judged(&facts), Truth::Holds);
    }

    #[test]
    fn without_catalogue_entry_only_the_platform_s_mapping_vouches() {
        let mut facts = facts();
        facts.lines[0].catalogue = Fact::Missing(Why::NotKnown);
        facts.lines[0].mapping = Fact::Missing(Why::NotKnown);
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::CatalogueEntry));
        facts.lines[0].mapping = Fact::Known(Mapping::Agrees);
        assert_eq!(judged(&facts), Truth::Holds);
    }

    #[test]
    fn sources_that_disagree_are_a_breach_only_where_the_goods_are_not_payable() {
        let judged = |answer| {
            let finding = Finding {
                code: DISAGREE,
                seen: String::new(),
            };
            let weighed = Eligibility {
                findings: vec![finding],
                ..answered(answer)
            };
            on_line_weighed(&facts(), &|_| weighed.clone(), |scene, line| {
                Substitution {}.judge(scene, line)
            })
        };
        assert_eq!(
            judged(EligibilityAnswer::NotPayable),
            Truth::broken(Word::DifferentSources, Word::SameArticle)
        );
        assert_eq!(
            judged(EligibilityAnswer::Review),
            Truth::Undetermined(Missing::Sources)
        );
    }
}
