//! What stands where on a slip.

use pharmacy_protocol::term::Fen;

use super::code::Code;
use super::content::{Content, Item};
use super::page::{Page, Paper, Row};
use super::text::{Charset, width, wrap};

/// The slip of a purchase list.
pub fn layout(content: &Content, paper: Paper, charset: Charset) -> Page {
    let mut sheet = Sheet::new(paper, charset);
    sheet.title(&content.store_name);
    sheet.title("医保购药清单");
    head(&mut sheet, content);
    sheet.rule();
    for item in &content.items {
        item_rows(&mut sheet, item);
    }
    sheet.rule();
    sums(&mut sheet, content);
    sheet.rule();
    signature(&mut sheet);
    proof(&mut sheet, content);
    sheet.page
}

/// A page that shows whether a printer has width, characters, alignment and code right.
pub fn test_page(paper: Paper, charset: Charset) -> Page {
    let mut sheet = Sheet::new(paper, charset);
    sheet.title("打印测试");
    sheet.centred("Printer test");
    sheet.rule();
    let ruler: String = ('0'..='9').cycle().take(paper.columns()).collect();
    sheet.text(&ruler);
    sheet.ends("汉字 Chinese", "药品追溯码");
    sheet.ends("金额 Amount", "￥1234.50");
    sheet.ends("生僻字 Rare", "𠮷㐀");
    sheet.text("上一行右侧应为两个字，若为方框请用 gbk 编码");
    sheet.code("PL1:TEST");
    sheet.centred("请用手机扫码：PL1:TEST");
    sheet.page
}

fn head(sheet: &mut Sheet, content: &Content) {
    sheet.pair("药店代码", &content.store);
    sheet.pair("收银台", &content.till);
    for (label, value) in [("操作员", &content.operator), ("小票号", &content.receipt)] {
        if let Some(value) = value {
            sheet.pair(label, value);
        }
    }
    sheet.pair("结算时间", &content.settled_at);
    for (label, value) in [
        ("参保人", &content.holder),
        ("用药人", &content.patient),
        ("代购人", &content.buyer),
    ] {
        if let Some(value) = value {
            sheet.pair(label, value);
        }
    }
    if !content.pharmacists.is_empty() {
        sheet.pair("审方药师", &content.pharmacists.join("、"));
    }
    sheet.pair("支付类别", content.fund);
}

fn item_rows(sheet: &mut Sheet, item: &Item) {
    let name = format!("{}.{} {}", item.number, item.name, item.spec);
    sheet.text(&name);
    if let Some(lot) = &item.lot {
        sheet.indented(&format!("批号 {lot}"));
    }
    let quantity = format!("  {}×{}", item.price, item.quantity);
    sheet.ends(&quantity, &format!("{} {}", item.amount, item.tender));
    for code in &item.trace_codes {
        sheet.indented(&format!("追溯码 {code}"));
    }
}

fn sums(sheet: &mut Sheet, content: &Content) {
    sheet.ends("合计", &yuan(content.total));
    sheet.ends(&format!("{}支付", content.fund), &yuan(content.insurance));
    sheet.ends("现金支付", &yuan(content.cash));
    sheet.rule();
    sheet.pair("结算编号", &content.settlement);
    sheet.pair("销售单号", &content.sale);
}

fn yuan(amount: Fen) -> String {
    format!("￥{amount}")
}

fn signature(sheet: &mut Sheet) {
    // LAW: annex 3 §2: 由参保人员或代购人签字确认后保存2年备查.
    sheet.text("参保人或代购人签字确认：");
    sheet.blank();
    sheet.blank();
    let line = "_".repeat(sheet.page.paper.columns() / 2 - 2);
    sheet.ends(&line, "日期：________");
    sheet.blank();
    sheet.centred("本清单由药店保存2年备查");
}

fn proof(sheet: &mut Sheet, content: &Content) {
    let Some(text) = &content.proof else {
        return;
    };
    sheet.code(text);
    if let Some((log, entry)) = &content.recorded {
        sheet.text(&format!("日志 {log} 第 {entry} 条"));
    }
    sheet.text("扫码可脱机核验本清单未被改动");
}

/// A page that is being filled.
struct Sheet {
    page: Page,
    charset: Charset,
}

impl Sheet {
    fn new(paper: Paper, charset: Charset) -> Self {
        let page = Page {
            paper,
            rows: Vec::new(),
            replaced: 0,
        };
        Self { page, charset }
    }

    fn columns(&self) -> usize {
        self.page.paper.columns()
    }

    fn clean(&mut self, text: &str) -> String {
        let (text, replaced) = self.charset.clean(text);
        self.page.replaced += replaced;
        text
    }

    fn put(&mut self, text: String) {
        self.page.rows.push(Row::Text(text));
    }

    fn text(&mut self, text: &str) {
        let text = self.clean(text);
        for line in wrap(&text, self.columns()) {
            self.put(line);
        }
    }

    fn blank(&mut self) {
        self.put(String::new());
    }

    fn rule(&mut self) {
        self.put("-".repeat(self.columns()));
    }

    /// Characters of double width: half as many columns.
    fn title(&mut self, text: &str) {
        let text = self.clean(text);
        let columns = self.columns() / 2;
        for line in wrap(&text, columns) {
            let before = columns.saturating_sub(width(&line)) / 2;
            let line = format!("{}{line}", " ".repeat(before));
            self.page.rows.push(Row::Title(line));
        }
    }

    fn centred(&mut self, text: &str) {
        let text = self.clean(text);
        for line in wrap(&text, self.columns()) {
            let before = self.columns().saturating_sub(width(&line)) / 2;
            self.put(format!("{}{line}", " ".repeat(before)));
        }
    }

    fn indented(&mut self, text: &str) {
        let text = self.clean(text);
        for line in wrap(&text, self.columns() - 2) {
            self.put(format!("  {line}"));
        }
    }

    /// A label and a value; what of the value does not fit stands below it.
    fn pair(&mut self, label: &str, value: &str) {
        let (label, value) = (format!("{label}："), self.clean(value));
        let indent = width(&label);
        for (count, line) in wrap(&value, self.columns() - indent).iter().enumerate() {
            let before = match count {
                0 => label.clone(),
                _ => " ".repeat(indent),
            };
            self.put(format!("{before}{line}"));
        }
    }

    /// One text at the left edge, one at the right; in two rows where one is too short.
    fn ends(&mut self, left: &str, right: &str) {
        let (left, right) = (self.clean(left), self.clean(right));
        let used = width(&left) + width(&right);
        if used < self.columns() {
            let between = " ".repeat(self.columns() - used);
            self.put(format!("{left}{between}{right}"));
        } else {
            for line in wrap(&left, self.columns()) {
                self.put(line);
            }
            let before = " ".repeat(self.columns().saturating_sub(width(&right)));
            self.put(format!("{before}{right}"));
        }
    }

    fn code(&mut self, text: &str) {
        if let Some(raster) = Code::raster(text, self.page.paper.dots()) {
            self.page.rows.push(Row::Picture(raster));
        }
    }
}

#[cfg(test)]
mod tests;
