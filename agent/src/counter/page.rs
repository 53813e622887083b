//! The page and its parts, rendered. The templates escape every text that they are given.

use askama::Template;

use super::language::Language;
use super::view::View;
use crate::text::Message;

/// What came of the last request.
#[derive(Debug)]
pub(super) struct Answer {
    class: &'static str,
    text: String,
}

impl Answer {
    /// Done; the text's `{}` becomes the number.
    pub(super) fn good(lang: Language, code: &str, number: Option<u32>) -> Self {
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        Self {
            class: "good",
            text: lang.say(code).replace("{}", &number),
        }
    }

    /// Not done.
    pub(super) fn bad(lang: Language, code: &str) -> Self {
        Self {
            class: "bad",
            text: lang.say(code).to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "counter/page.html")]
struct Whole<'a> {
    lang: Language,
    view: &'a View<'a>,
    answer: Option<&'a Answer>,
}

#[derive(Template)]
#[template(path = "counter/parts.html")]
struct Parts<'a> {
    lang: Language,
    view: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "counter/notice.html")]
struct NoticePage<'a> {
    code: &'a str,
    message: Message,
}

/// The whole page.
pub(super) fn whole(lang: Language, view: &View<'_>, answer: Option<&Answer>) -> String {
    rendered(&Whole { lang, view, answer })
}

/// The parts that follow the board.
pub(super) fn parts(lang: Language, view: &View<'_>) -> String {
    rendered(&Parts { lang, view })
}

/// A page that says one thing.
pub(super) fn notice(code: &str, message: Message) -> String {
    rendered(&NoticePage { code, message })
}

/// Rendering into a string fails only if a Display does, and none of ours do.
fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::term::Fen;

    use super::*;
    use crate::desk::{Board, BoardLine, BoardReason, BoardSale, DoubtView, Light};

    const HOSTILE: &str = "<img src=x onerror=\"alert('x')\">&";

    fn hostile_board() -> Board {
        let reason = BoardReason {
            rule: HOSTILE.into(),
            line: Some(1),
            light: Light::Red,
            message: HOSTILE.into(),
            remedy: HOSTILE.into(),
            message_en: HOSTILE.into(),
            remedy_en: HOSTILE.into(),
            remedies: Vec::new(),
        };
        let line = BoardLine {
            number: 1,
            name: HOSTILE.into(),
            light: Light::Red,
            packs: 1,
            packs_needed: Some(2),
        };
        let sale = BoardSale {
            sale: "0123456789abcdef-1".parse().unwrap(),
            holder: Some("测试女 11010519491231002X".into()),
            patient: None,
            buyer: None,
            prescriptions: Vec::new(),
            lines: vec![line],
            reasons: vec![reason],
            total: Fen::new(3820),
            lapses_s: 600,
        };
        let doubt = DoubtView {
            sale: "0123456789abcdef-2".parse().unwrap(),
            msgid: HOSTILE.into(),
            direction: HOSTILE.into(),
            till: HOSTILE.into(),
            since_ms: 0,
            holder: Some("测试女".into()),
            total: Fen::new(1),
        };
        Board {
            till: HOSTILE.into(),
            light: Light::Red,
            sale: Some(sale),
            waiting_scans: 3,
            in_doubt: vec![doubt],
            scan_problem: Some(HOSTILE.into()),
            told: None,
            alarms: vec![HOSTILE.into()],
            signed_in: None,
            on_duty: Vec::new(),
            reviews: 0,
            unsigned: 0,
            queue: Vec::new(),
        }
    }

    fn pages() -> [String; 4] {
        let board = hostile_board();
        let [chinese, english] = [Language::Chinese, Language::English].map(|lang| {
            let view = View::of(&board, lang);
            let answer = Answer::bad(lang, HOSTILE);
            [whole(lang, &view, Some(&answer)), parts(lang, &view)]
        });
        let [a, b] = chinese;
        let [c, d] = english;
        [a, b, c, d]
    }

    #[test]
    fn every_text_is_escaped() {
        for page in pages() {
            assert!(
                !page.contains("<img") && !page.contains("alert('"),
                "{page}"
            );
            assert!(page.contains("&#60;img src=x onerror=&#34;alert"), "{page}");
        }
    }

    #[test]
    fn nobody_stands_on_the_page_unmasked() {
        for page in pages() {
            assert!(page.contains("测** 1***************2X"), "{page}");
            assert!(
                !page.contains("测试女") && !page.contains("11010519"),
                "{page}"
            );
        }
    }

    #[test]
    fn the_page_brings_no_script_or_style_of_its_own() {
        for page in pages() {
            let scripts = page.matches("<script").count();
            let sources = page
                .matches("<script src=\"/counter/counter.js\" defer>")
                .count();
            assert_eq!(scripts, sources, "{page}");
            for inline in [
                "<style",
                " style=",
                " onclick",
                "javascript:",
                "http:",
                "https:",
            ] {
                assert!(!page.contains(inline), "{inline}: {page}");
            }
        }
    }

    #[test]
    fn remedy_stands_before_reason_and_light_is_a_word() {
        let mut board = hostile_board();
        if let Some(reason) = board
            .sale
            .iter_mut()
            .flat_map(|sale| &mut sale.reasons)
            .next()
        {
            reason.message = "缺少追溯码".into();
            reason.remedy = "请扫药盒".into();
        }
        let view = View::of(&board, Language::Chinese);
        let page = parts(Language::Chinese, &view);
        assert!(page.find("请扫药盒") < page.find("缺少追溯码"), "{page}");
        assert!(page.contains(crate::text::message("counter.light-red").zh));
        assert!(
            page.contains("1/2") && page.contains("38.20") && page.contains("data-lapses=\"600\"")
        );
    }

    #[test]
    fn an_idle_board_says_so_in_both_languages() {
        let board = Board {
            till: "01".into(),
            light: Light::Idle,
            sale: None,
            waiting_scans: 0,
            in_doubt: Vec::new(),
            scan_problem: None,
            told: None,
            alarms: Vec::new(),
            signed_in: None,
            on_duty: Vec::new(),
            reviews: 0,
            unsigned: 0,
            queue: Vec::new(),
        };
        for (lang, html) in [(Language::Chinese, "zh-CN"), (Language::English, "en")] {
            let page = whole(lang, &View::of(&board, lang), None);
            assert!(page.contains(&format!("<html lang=\"{html}\">")), "{page}");
            assert!(page.contains(lang.say("counter.light-idle")), "{page}");
            assert!(page.contains(lang.say("counter.doubts-none")), "{page}");
        }
    }

    #[test]
    fn a_notice_speaks_both_languages() {
        let message = crate::text::message("counter.not-confirmed");
        let page = notice("counter.not-confirmed", message);
        for text in [message.zh, message.en, "counter.not-confirmed"] {
            assert!(page.contains(text), "{page}");
        }
    }
}
