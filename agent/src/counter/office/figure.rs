//! Today's figures, and by rule with the rule's words (R07, R66).

use askama::Template;
use axum::Router;
use axum::routing::get;
use pharmacy_decision::verdict::Text;

use super::shell::Shell;
use super::visit::{Office, Visit};
use crate::counter::notice::Answered;
use pharmacy_desk::{Figures, RuleFigures};

pub(super) fn routes() -> Router<Office> {
    Router::new().route("/counter/figures", get(show))
}

#[derive(Template)]
#[template(path = "office/figures.html")]
struct FiguresPage<'a> {
    shell: Shell,
    figures: &'a Figures,
    rules: Vec<(&'a RuleFigures, Text)>,
}

impl FiguresPage<'_> {
    fn words<'t>(&self, text: &'t Text) -> &'t str {
        self.shell.choose(&text.zh, &text.en)
    }
}

async fn show(visit: Visit) -> Answered {
    let figures = visit.counter.figures().await?;
    let words = |rule: &RuleFigures| {
        // A rule of an older pack still has its number.
        let own = || Text {
            zh: rule.rule.clone(),
            en: rule.rule.clone(),
        };
        visit.counter.rule_words(&rule.rule).unwrap_or_else(own)
    };
    let rules = figures.rules.iter().map(|rule| (rule, words(rule)));
    Ok(Shell::page(&FiguresPage {
        shell: Shell::new(&visit, "office.figures", "/counter/figures"),
        rules: rules.collect(),
        figures: &figures,
    }))
}
