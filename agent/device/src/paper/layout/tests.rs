use proptest::prelude::*;

use super::*;

/// The page as text, a frame around the paper: what is wider than it sticks out.
fn drawn(page: &Page) -> String {
    let columns = page.paper.columns();
    let mut text = String::new();
    for row in &page.rows {
        let (line, room) = match row {
            Row::Picture(raster) => {
                let line = format!("[{}×{} dots]", raster.width, raster.height);
                (line, columns)
            }
            Row::Text(line) => (line.clone(), columns),
            Row::Title(line) => (line.to_string(), columns / 2),
        };
        let behind = " ".repeat(room.saturating_sub(width(&line)));
        let mark = match row {
            Row::Title(_) => '#',
            Row::Picture(_) | Row::Text(_) => '|',
        };
        text += &format!("{mark}{line}{behind}|\n");
    }
    text + &format!("replaced: {}\n", page.replaced)
}

fn item(number: u32, name: &str, amount: &str) -> Item {
    Item {
        number,
        name: name.to_owned(),
        spec: "0.25g*24粒".to_owned(),
        lot: Some("A2505018".to_owned()),
        quantity: "2".to_owned(),
        price: "12.90".to_owned(),
        amount: amount.parse().unwrap(),
        tender: "医保",
        trace_codes: vec![
            "81234567890123456789".to_owned(),
            "81234567890123456790".to_owned(),
        ],
    }
}

fn content() -> Content {
    let mut cash = item(
        2,
        "盐酸西替利嗪片（仙特明）薄膜衣片 抗过敏 家庭装 𠮷",
        "1234.56",
    );
    cash.tender = "自费";
    cash.lot = None;
    cash.price = "617.280001".to_owned();
    cash.trace_codes = vec!["(01)06901234567892(21)A1B2C3D4E5F6G7H8I9J0".to_owned()];
    Content {
        store_name: "某某大药房".to_owned(),
        store: "P44030000001".to_owned(),
        till: "01".to_owned(),
        operator: Some("收银03".to_owned()),
        pharmacists: vec!["药师07".to_owned()],
        settled_at: "2026-11-22 09:30:00".to_owned(),
        receipt: Some("20261122-0017".to_owned()),
        fund: "个人账户",
        holder: Some("测* 1101**********002X".to_owned()),
        patient: None,
        buyer: Some("试* 1101**********0010".to_owned()),
        items: vec![item(1, "阿莫西林胶囊", "25.80"), cash],
        total: "1260.36".parse().unwrap(),
        insurance: "25.80".parse().unwrap(),
        cash: "1234.56".parse().unwrap(),
        settlement: "4403000000000000000000012345".to_owned(),
        sale: "0123456789abcdef-17".to_owned(),
        recorded: Some(("440300.P44030000001/01/0123456789abcdef".to_owned(), 1234)),
        proof: Some("PL1:".to_owned() + &"ABC123".repeat(200)),
    }
}

#[test]
fn the_slip_on_narrow_paper() {
    let page = layout(&content(), Paper::Narrow, Charset::Gbk);
    insta::assert_snapshot!("narrow", drawn(&page));
}

#[test]
fn the_slip_on_wide_paper() {
    let page = layout(&content(), Paper::Wide, Charset::Gb18030);
    insta::assert_snapshot!("wide", drawn(&page));
}

#[test]
fn the_test_slip() {
    let page = test_page(Paper::Narrow, Charset::Gbk);
    insta::assert_snapshot!("test", drawn(&page));
}

#[test]
fn shows_every_trace_code_amount_and_who_signs() {
    let page = layout(&content(), Paper::Narrow, Charset::Gb18030);
    let text = drawn(&page).replace(['\n', '|', ' '], "");
    for needed in [
        "医保购药清单",
        "81234567890123456789",
        "81234567890123456790",
        "(01)06901234567892(21)A1B2C3D4E5F6G7H8I9J0",
        "合计￥1260.36",
        "个人账户支付￥25.80",
        "现金支付￥1234.56",
        "4403000000000000000000012345",
        "参保人或代购人签字确认",
        "保存2年备查",
    ] {
        assert!(text.contains(needed), "{needed}\n{text}");
    }
}

#[test]
fn without_a_proof_there_is_no_code() {
    let content = Content {
        proof: None,
        ..content()
    };
    let page = layout(&content, Paper::Narrow, Charset::Gbk);
    assert!(!page.rows.iter().any(|row| matches!(row, Row::Picture(_))));
}

proptest! {
    #[test]
    fn nothing_sticks_out(name in "\\PC{0,60}", spec in "\\PC{0,40}", holder in "\\PC{0,50}", store in "\\PC{0,40}") {
        let mut content = content();
        content.items[0].name = name;
        content.items[0].spec = spec;
        content.holder = Some(holder);
        content.store_name = store;
        for paper in [Paper::Narrow, Paper::Wide] {
            for row in layout(&content, paper, Charset::Gbk).rows {
                let fits = match &row {
                    Row::Picture(raster) => raster.width <= paper.dots(),
                    Row::Text(line) => width(line) <= paper.columns(),
                    Row::Title(line) => width(line) <= paper.columns() / 2,
                };
                prop_assert!(fits, "{:?}", row);
            }
        }
    }
}
