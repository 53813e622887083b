//! `badge`: the two cards that lie at a till.

use pharmacy_desk::{Here, badge_of};
use pharmacy_device::paper::Code;
use pharmacy_journal::LogView;

use super::args::ConfigArgs;
use super::print::print;
use crate::failure::Failure;

/// Prints a page with both cards, to be printed and cut: whoever is signed in at a till scans one of
/// them instead of touching the page.
pub(super) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let view = LogView::open(&args.load()?.config.data_dir)?;
    let mut cards = String::new();
    for here in Here::ALL {
        let words = match here {
            Here::Holder => "本人牌",
            Here::Proxy => "代购牌",
        };
        let badge = badge_of(view.keys(), here).map(|badge| badge.serialize());
        let code = badge.as_deref().and_then(|badge| Code::svg(badge, words));
        let (Some(badge), Some(code)) = (badge, code) else {
            return Err(Failure::plain("cli.badge"));
        };
        cards.push_str(&format!(
            "<section><h1>{words}</h1>{code}<p>{badge}</p></section>\n"
        ));
    }
    print(&format!(
        "<!doctype html>\n<html lang=\"zh\"><meta charset=\"utf-8\"><title>本人牌、代购牌</title>\n\
         <style>section{{width:54mm;border:1px solid;margin:4mm;text-align:center;\
         break-inside:avoid}}svg{{width:40mm}}p{{font:8px monospace}}</style>\n{cards}</html>\n"
    ));
    Ok(())
}
