//! Rows for a terminal, where a Chinese character takes two columns.

/// No line begins with one of these.
const CLOSING: [char; 8] = ['，', '。', '；', '：', '、', '）', '】', '”'];

/// Columns that a character takes.
fn width(character: char) -> usize {
    match u32::from(character) {
        0..0x20 => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Breaks a text into pieces of at most `room` columns; between words where it can.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(|c: char| c == ' ' || width(c) == 2) {
        if columns(&line) + columns(word.trim_end()) > room && !line.is_empty() {
            let carried = carry(&mut line, word);
            lines.push(line.trim_end().to_owned());
            line = carried;
        }
        for character in word.chars() {
            if columns(&line) + width(character) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.trim_end().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Takes from the end of a line what must not stand there, or must not stand apart from what follows.
fn carry(line: &mut String, next: &str) -> String {
    let is_single = line.chars().nth(1).is_none();
    let is_torn = line.ends_with(['（', '【', '“']) || next.starts_with(CLOSING);
    match is_torn && !is_single {
        true => line.pop().map(String::from).unwrap_or_default(),
        false => String::new(),
    }
}

/// One row: every cell wrapped to its column.
pub(super) fn row(cells: &[(&str, usize)]) -> String {
    let wrapped: Vec<Vec<String>> = cells.iter().map(|(text, room)| wrap(text, *room)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for at in 0..height {
        for (cell, (_, room)) in wrapped.iter().zip(cells) {
            let piece = cell.get(at).map(String::as_str).unwrap_or_default();
            text.push_str(piece);
            text.extend(std::iter::repeat_n(
                ' ',
                room.saturating_sub(columns(piece)) + 2,
            ));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(columns("医保 ok"), 7);
        assert_eq!(wrap("改为现金支付", 6), ["改为现", "金支付"]);
        assert_eq!(
            wrap("pay this line in cash", 9),
            ["pay this", "line in", "cash"]
        );
        assert_eq!(wrap("缺处方（rx）", 8), ["缺处方", "（rx）"]);
        assert_eq!(wrap("请扫码，再结算", 6), ["请扫", "码，再", "结算"]);
        assert_eq!(row(&[("a", 3), ("医保", 4)]), "a    医保\n");
    }
}
