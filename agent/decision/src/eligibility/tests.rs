use super::*;

fn lexicon() -> Lexicon {
    Lexicon::parse(include_str!("../../../../config/rules/lexicon.csv")).unwrap()
}

#[test]
fn dump() {
    let lexicon = lexicon();
    let Ok(path) = std::env::var("ITEMS") else {
        return;
    };
    let mut reader = csv::Reader::from_path(path).unwrap();
    for record in reader.records() {
        let r = record.unwrap();
        let code = "XA01ABD075A002010100483".parse::<InsuranceCode>().unwrap();
        let item = ItemEvidence {
            name: &r[1],
            spec: &r[2],
            approval: &r[3],
            barcode: &r[4],
            code: std::env::var("CODE").ok().map(|_| &code),
            mapping: std::env::var("CODE").ok().map(|_| Mapping::Agrees),
        };
        let e = weigh(&item, &lexicon);
        let f: Vec<String> = e
            .findings
            .iter()
            .map(|f| format!("{}={}", f.code, f.seen))
            .collect();
        println!(
            "@@{}\t{:?}\t{}\t{}\t{}\t{}",
            &r[0],
            e.answer,
            e.category.name(),
            &r[1],
            &r[3],
            f.join("; ")
        );
    }
}

#[test]
fn timing() {
    let lexicon = lexicon();
    let mut reader = csv::Reader::from_path(std::env::var("ITEMS").unwrap()).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let mut n = 0_usize;
        for _ in 0..200 {
            for r in &rows {
                let item = ItemEvidence { name: &r[1], spec: &r[2], approval: &r[3], barcode: &r[4], ..ItemEvidence::default() };
                n += std::hint::black_box(weigh(&item, &lexicon)).findings.len();
            }
        }
        println!("##{} ns/item {n}", start.elapsed().as_nanos() / (200 * rows.len() as u128));
    }
}
