//! What the page says of boards.

use super::*;

#[test]
fn what_was_turned_away_or_sent_has_words_beside_its_light() {
    let sale = BoardSale {
        sale: "0123456789abcdef-1".parse().unwrap(),
        holder: None,
        patient: None,
        buyer: None,
        prescriptions: Vec::new(),
        lines: Vec::new(),
        reasons: Vec::new(),
        total: pharmacy_protocol::term::Fen::ZERO,
        is_closable: true,
        lapses_s: 600,
    };
    let cases = [
        (Light::Red, Some("gateway.duplicate"), "counter.duplicate"),
        (
            Light::Red,
            Some("gateway.other-store"),
            "gateway.other-store",
        ),
        (Light::Doubt, None, "counter.doubt-lead"),
        (Light::Sent, None, "counter.sent-lead"),
    ];
    for (light, told, expected) in cases {
        let board = Board {
            till: "01".into(),
            light,
            sale: Some(sale.clone()),
            waiting_scans: 0,
            in_doubt: Vec::new(),
            scan_problem: None,
            told: told.map(str::to_owned),
            shut: None,
            alarms: Vec::new(),
            signed_in: None,
            on_duty: Vec::new(),
            reviews: 0,
            unsigned: 0,
            queue: Vec::new(),
        };
        for lang in [Language::Chinese, Language::English] {
            let scene = Scene {
                board: &board,
                shelf: &[],
                files: &[],
                typed: None,
                today: jiff::civil::date(2026, 3, 1),
                lang,
            };
            let view = View::of(&scene);
            assert_eq!(view.lead.remedy, lang.say(expected));
            let lapse = view.sale.and_then(|sale| sale.lapse);
            assert!(lapse.is_none(), "{expected}: nobody has to hurry");
        }
    }
}

#[test]
fn the_shops_clock_is_eight_hours_ahead() {
    assert_eq!(shop_time(0), "01-01 08:00");
}
