//! The page and its parts, rendered. The templates escape every text that they are given.

use askama::Template;

use super::form::{MAX_FILES, PIN};
use super::language::Language;
use super::panel::{Control, Field, Form, Panel};
use super::view::View;
use pharmacy_base::text::Message;

/// What came of the last request.
#[derive(Debug)]
pub(super) struct Answer {
    class: &'static str,
    text: String,
}

impl Answer {
    /// Done; the text's `{}` becomes the number.
    pub(super) fn good(lang: Language, code: &str, number: Option<u64>) -> Self {
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        Self {
            class: "good",
            text: lang.say(code).replace("{}", &number),
        }
    }

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
    reload: Reload,
}

/// Does a page without script look again by itself?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reload {
    Always,
    /// No: somebody fills in a form.
    Never,
}

#[derive(Template)]
#[template(path = "counter/parts.html")]
struct Parts<'a> {
    lang: Language,
    view: &'a View<'a>,
}

/// A panel with its forms.
#[derive(Template)]
#[template(path = "counter/panel.html")]
struct PanelPart<'a> {
    lang: Language,
    panel: &'a Panel,
}

#[derive(Template)]
#[template(path = "counter/form.html")]
struct FormPart<'a> {
    lang: Language,
    form: &'a Form,
}

#[derive(Template)]
#[template(path = "counter/field.html")]
struct FieldPart<'a> {
    lang: Language,
    field: &'a Field,
    /// Names its list of suggestions within the page.
    list: String,
    /// Is it the one that is wrong?
    is_wrong: bool,
}

impl<'a> FormPart<'a> {
    fn field(&self, field: &'a Field) -> FieldPart<'a> {
        let wrong = self.form.problem.as_ref();
        FieldPart {
            lang: self.lang,
            field,
            list: format!("{}.{}", self.form.id, field.name),
            is_wrong: wrong.is_some_and(|(name, _)| name == field.name),
        }
    }
}

#[derive(Template)]
#[template(path = "counter/notice.html")]
struct NoticePage<'a> {
    code: &'a str,
    message: Message,
}

/// The whole page.
pub(super) fn whole(
    lang: Language,
    view: &View<'_>,
    answer: Option<&Answer>,
    reload: Reload,
) -> String {
    rendered(&Whole {
        lang,
        view,
        answer,
        reload,
    })
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
    use pharmacy_protocol::record::finding::UnreadShape;
    use pharmacy_protocol::term::Fen;

    use super::*;
    use crate::counter::panel::Scene;
    use pharmacy_desk::{
        Board, BoardLine, BoardReason, BoardSale, DoubtView, DrugItem, InboxFile, Light, OnDuty,
        PrescriptionItem, Remedy,
    };

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
            remedies: REMEDIES.to_vec(),
        };
        let line = BoardLine {
            number: 1,
            name: HOSTILE.into(),
            quantity: "2".parse().unwrap(),
            light: Light::Red,
            packs: 1,
            packs_needed: Some(2),
            labels: Vec::new(),
        };
        let sale = BoardSale {
            sale: "0123456789abcdef-1".parse().unwrap(),
            holder: Some("测试女 11010519491231002X".into()),
            patient: Some("测试男".into()),
            buyer: Some("测试男".into()),
            prescriptions: vec![hostile_prescription(1)],
            lines: vec![line],
            reasons: vec![reason],
            total: Fen::new(3820),
            is_closable: true,
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
            shut: None,
            alarms: vec![HOSTILE.into()],
            signed_in: Some(hostile_staff()),
            on_duty: vec![hostile_staff()],
            reviews: 3,
            unsigned: 4,
            queue: Vec::new(),
        }
    }

    /// Every place where a reason is answered.
    const REMEDIES: [Remedy; 19] = [
        Remedy::Presence,
        Remedy::Buyer,
        Remedy::Reader,
        Remedy::Proxy,
        Remedy::Family,
        Remedy::Holder,
        Remedy::Prescription,
        Remedy::Review,
        Remedy::Registration,
        Remedy::Exception,
        Remedy::Days,
        Remedy::Class,
        Remedy::Scan,
        Remedy::Photo,
        Remedy::NoCode,
        Remedy::Prefix,
        Remedy::Standing,
        Remedy::Till,
        Remedy::Release,
    ];

    fn hostile_staff() -> OnDuty {
        OnDuty {
            staff: "S1".parse().unwrap(),
            name: HOSTILE.into(),
            is_in_charge: true,
            is_pharmacist: true,
            till: None,
        }
    }

    fn hostile_prescription(number: u64) -> PrescriptionItem {
        PrescriptionItem {
            prescription: number,
            status: "received",
            number: Some(HOSTILE.into()),
            patient: Some("测试女".into()),
            institution: Some(HOSTILE.into()),
            drugs: vec![DrugItem {
                name: HOSTILE.into(),
                quantity: HOSTILE.into(),
                dispensed: HOSTILE.into(),
                days: None,
            }],
            valid_until: None,
            received_ms: 0,
            images: 2,
            sale: None,
            reviewed_by: None,
            physician: None,
            issued: None,
            lacks: Vec::new(),
            is_doubted: false,
        }
    }

    /// Draws a board with everything around it that may be hostile.
    fn drawn<T>(board: &Board, lang: Language, draw: impl FnOnce(&View<'_>) -> T) -> T {
        let shelf = [hostile_prescription(2)];
        let files = [InboxFile {
            name: HOSTILE.into(),
            bytes: 4096,
            written_ms: 0,
        }];
        let scene = Scene {
            board,
            shelf: &shelf,
            files: &files,
            typed: None,
            today: jiff::civil::date(2026, 3, 1),
            lang,
        };
        draw(&View::of(&scene))
    }

    fn pages() -> [String; 4] {
        let board = hostile_board();
        let [chinese, english] = [Language::Chinese, Language::English].map(|lang| {
            let answer = Answer::bad(lang, HOSTILE);
            drawn(&board, lang, |view| {
                let whole = whole(lang, view, Some(&answer), Reload::Always);
                [whole, parts(lang, view)]
            })
        });
        let [a, b] = chinese;
        let [c, d] = english;
        [a, b, c, d]
    }

    #[test]
    fn every_text_is_escaped() {
        for page in pages() {
            assert!(
                !page.contains("<img src=x") && !page.contains("alert('"),
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
        let lang = Language::Chinese;
        let page = drawn(&board, lang, |view| parts(lang, view));
        assert!(page.find("请扫药盒") < page.find("缺少追溯码"), "{page}");
        assert!(page.contains(pharmacy_base::text::message("counter.light-red").zh));
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
            shut: None,
            alarms: Vec::new(),
            signed_in: None,
            on_duty: Vec::new(),
            reviews: 0,
            unsigned: 0,
            queue: Vec::new(),
        };
        for (lang, html) in [(Language::Chinese, "zh-CN"), (Language::English, "en")] {
            let page = drawn(&board, lang, |view| whole(lang, view, None, Reload::Never));
            assert!(page.contains(&format!("<html lang=\"{html}\">")), "{page}");
            assert!(page.contains(lang.say("counter.light-idle")), "{page}");
            assert!(page.contains(lang.say("counter.doubts-none")), "{page}");
        }
    }

    #[test]
    fn a_settlement_that_could_not_be_read_is_opened_again_beside_the_sign_in() {
        let shape = UnreadShape {
            infno: Some("2102".parse().unwrap()),
            path: "/fsi/api/settle".into(),
            media: "application/json".into(),
            coding: String::new(),
            reason: "the message is not a JSON object".into(),
        };
        let digest = shape.digest();
        let mut board = hostile_board();
        let lang = Language::Chinese;
        for shut in [None, Some(shape)] {
            let is_shut = shut.is_some();
            board.shut = shut;
            let page = drawn(&board, lang, |view| whole(lang, view, None, Reload::Never));
            assert_eq!(page.contains("/counter/actions/reopen"), is_shut);
            assert_eq!(
                page.contains(&digest) && page.contains("2102 /fsi/api/settle"),
                is_shut
            );
        }
    }

    #[test]
    fn a_notice_speaks_both_languages() {
        let message = pharmacy_base::text::message("counter.not-confirmed");
        let page = notice("counter.not-confirmed", message);
        for text in [message.zh, message.en, "counter.not-confirmed"] {
            assert!(page.contains(text), "{page}");
        }
    }
}
