//! The paper that came out of a printer, as a page for a browser: what the customer takes along.

use std::fmt::Write;

use crate::device::printer::Printed;
use pharmacy_device::paper::Raster;

/// Dots across on 58 mm paper, 203 dots an inch.
pub const DOTS_58: usize = 384;

/// A margin of the paper, in dots.
const MARGIN: usize = 24;

/// The paper as HTML, one dot a pixel; a column is 12 dots wide and a Chinese character 24.
pub fn page(printed: &[Printed], dots: usize) -> String {
    let width = dots + 2 * MARGIN;
    let mut html = format!(
        "<!doctype html><meta charset=\"utf-8\"><style>body{{margin:0;padding:{MARGIN}px;\
         box-sizing:border-box;width:{width}px;background:#fbfaf5;color:#222}}\
         pre{{margin:0;font:23px/30px 'WenQuanYi Micro Hei Mono',monospace}}\
         i{{display:inline-block;width:12px;font-style:normal;text-align:center;font-size:20px}}\
         i.wide{{width:24px;font-size:23px}}pre.double{{line-height:56px}}\
         .double i{{width:24px;font-size:40px}}.double i.wide{{width:48px;font-size:46px}}svg{{display:block;margin:6px 0}}\
         svg.centred{{margin:6px auto}}</style>"
    );
    for row in printed {
        match row {
            Printed::Cut => {}
            Printed::Feed(lines) => html.push_str(&"<pre> </pre>".repeat((*lines).min(2).into())),
            Printed::Picture { raster, is_centred } => picture(&mut html, raster, *is_centred),
            Printed::Text { text, is_double } => {
                let class = if *is_double { "double" } else { "single" };
                let _ = write!(html, "<pre class=\"{class}\">");
                text.chars()
                    .for_each(|character| cell(&mut html, character));
                html.push_str(" </pre>");
            }
        }
    }
    html
}

/// A character in its columns: the browser's fonts know nothing of a printer's.
fn cell(html: &mut String, character: char) {
    let class = if character.is_ascii() {
        ""
    } else {
        " class=\"wide\""
    };
    let _ = match character {
        '&' => write!(html, "<i{class}>&amp;</i>"),
        '<' => write!(html, "<i{class}>&lt;</i>"),
        character => write!(html, "<i{class}>{character}</i>"),
    };
}

fn picture(html: &mut String, raster: &Raster, is_centred: bool) {
    let class = if is_centred { "centred" } else { "left" };
    let (width, height) = (raster.width, raster.height);
    let _ = write!(
        html,
        "<svg class=\"{class}\" width=\"{width}\" height=\"{height}\" shape-rendering=\"crispEdges\"><path d=\""
    );
    for y in 0..height {
        for x in 0..width {
            if raster.bits[y * raster.stride() + x / 8] & (0x80 >> (x % 8)) != 0 {
                let _ = write!(html, "M{x} {y}h1v1h-1z");
            }
        }
    }
    html.push_str("\"/></svg>");
}
