//! `stock no-code`: goods from before the duty to scan (无码库), entered once by the person in charge (R25).
//!
//! Checks are made and the PIN is tried in this process; what reaches the agent is signed.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use pharmacy_protocol::record::stock::{NoCodeLot, NoCodeStep};
use pharmacy_protocol::term::{Lot, PaperNumber, Quantity, Sku, StaffId};

use super::args::ConfigArgs;
use super::pin::open_key;
use super::print::print;
use crate::config::Config;
use crate::control::{self, Request};
use crate::failure::Failure;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_catalogue::file::Catalogue;
use pharmacy_catalogue::no_code::{NoCodeTable, read_no_code};
use pharmacy_desk::{CATALOGUE_SETTING, DeskError, Entering, SignedStep, no_code_stock};
use pharmacy_journal::LogView;
use pharmacy_journal::store::{NoCodeGoods, NoCodeStock};

#[derive(Debug, Subcommand)]
pub(super) enum Stock {
    /// 无码库：追溯码义务之前购进的无码药品 / goods bought before the duty to scan
    #[command(subcommand, name = "no-code")]
    NoCode(NoCode),
}

#[derive(Debug, Subcommand)]
pub(super) enum NoCode {
    /// 登记一个批号（负责人输入 PIN）/ enter one lot, once; asks for the PIN of the person in charge
    Add(AddArgs),
    /// 调低剩余数量（负责人输入 PIN）/ say that less is left; asks for the PIN
    Lower(LowerArgs),
    /// 从 CSV 或 XLSX 登记，全部成功或全部不登记 / enter a whole list, all or nothing
    Import {
        /// 商品编码、批号、有效期至、数量、单据号、购进日期 / the table
        file: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
        /// 负责人工号 / id of the person in charge
        #[arg(long)]
        staff: StaffId,
    },
    /// 列出剩余数量 / list what is left
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// 输出 JSON / print one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
pub(super) struct GoodsArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 商品编码 / article number
    sku: Sku,
    /// 批号 / lot
    #[arg(long)]
    lot: Lot,
    /// 来源单据号 / number of the paper that came with them
    #[arg(long)]
    document: PaperNumber,
    /// 负责人工号 / id of the person in charge
    #[arg(long)]
    staff: StaffId,
}

impl GoodsArgs {
    fn goods(&self) -> NoCodeGoods {
        NoCodeGoods {
            sku: self.sku.clone(),
            lot: self.lot.clone(),
            paper: self.document.clone(),
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct AddArgs {
    #[command(flatten)]
    goods: GoodsArgs,
    /// 有效期至 / last day of use
    #[arg(long, value_name = "DATE")]
    last_day: Date,
    /// 购进日期（须早于追溯码义务起始日）/ when they were bought
    #[arg(long, value_name = "DATE")]
    bought: Date,
    /// 数量（销售单位，可带小数）/ quantity in units of sale
    #[arg(long)]
    quantity: Quantity,
}

#[derive(Args, Debug)]
pub(super) struct LowerArgs {
    #[command(flatten)]
    goods: GoodsArgs,
    /// 剩余数量 / what is left
    #[arg(long)]
    left: Quantity,
}

pub(super) fn run(command: Stock) -> Result<(), Failure> {
    let Stock::NoCode(command) = command;
    match command {
        NoCode::Add(args) => {
            let lot = NoCodeLot {
                goods: args.goods.goods(),
                bought: args.bought,
                last_day: args.last_day,
                quantity: args.quantity,
            };
            enter(&args.goods.config, &args.goods.staff, vec![lot], None)
        }
        NoCode::Lower(args) => {
            let step = NoCodeStep::Lowered {
                goods: args.goods.goods(),
                left: args.left,
            };
            let config = args.goods.config.load()?.config;
            record(&config, &args.goods.staff, step)
        }
        NoCode::Import {
            file,
            config,
            staff,
        } => {
            let table = read_table(&file)?;
            enter(&config, &staff, table.lots, Some(&table.lines))
        }
        NoCode::List { config, json } => list(&config, json),
    }
}

/// Reads a table, and names every bad row.
fn read_table(file: &Path) -> Result<NoCodeTable, Failure> {
    let read = read_no_code(file).map_err(|error| Failure::of(error.code(), &error))?;
    let table = read.ok_or(Failure::plain("no-code.headings"))?;
    if table.bad.is_empty() {
        return Ok(table);
    }
    let named = table.bad.iter();
    let named = named.map(|bad| format!("第 {} 行 / line {}: {}", bad.line, bad.line, bad.heading));
    Err(Failure::listed("no-code.bad-rows", named))
}

/// Checks lots, has them signed, and recorded. `lines` are those of a table.
fn enter(
    args: &ConfigArgs,
    staff: &StaffId,
    lots: Vec<NoCodeLot>,
    lines: Option<&[u64]>,
) -> Result<(), Failure> {
    let config = args.load()?.config;
    let log = LogView::open(&config.data_dir)?;
    let pack = pharmacy_desk::pack::shipped()
        .map_err(|error| Failure::of(pharmacy_desk::pack::UNUSABLE, &error))?;
    let name = log.reader().setting(CATALOGUE_SETTING)?;
    let catalogue = name.map(|name| Catalogue::open(&config.data_dir.join(name)));
    let catalogue = catalogue.transpose().map_err(DeskError::from)?;
    let entering = Entering {
        pack: &pack,
        region: &config.store.region,
        catalogue: catalogue.as_ref(),
        today: SystemClock.today(),
    };
    entering.check(&lots).map_err(|(place, error)| {
        match lines.and_then(|lines| lines.get(place)) {
            Some(line) => {
                let named = format!("第 {line} 行 / line {line}");
                Failure::listed(error.code(), [named])
            }
            None => error.into(),
        }
    })?;
    record(&config, staff, NoCodeStep::Entered { lots })
}

/// Has a step signed with the key that the PIN opens, and recorded.
fn record(config: &Config, staff: &StaffId, step: NoCodeStep) -> Result<(), Failure> {
    let data = &config.data_dir;
    let log = LogView::open(data)?;
    let signer = open_key(data, &log, staff)?;
    let step = SignedStep::sign(&signer, step, SystemClock.now_ms())?;
    let entry = control::ask(data, Request::ChangeNoCode { step })?.entry()?;
    print(&format!("已登记 / recorded  entry {entry}\n"));
    Ok(())
}

fn list(args: &ConfigArgs, json: bool) -> Result<(), Failure> {
    let config = args.load()?.config;
    let stock = no_code_stock(&LogView::open(&config.data_dir)?)?;
    print(&match json {
        true => as_json(&stock)?,
        false => as_text(&stock),
    });
    Ok(())
}

fn as_text(stock: &[NoCodeStock]) -> String {
    let mut text = String::from(
        "商品编码\t批号\t单据号\t有效期至\t登记数量\t剩余\t登记人\nsku\tlot\tdocument\tlast day\tentered\tleft\tby\n",
    );
    for NoCodeStock { goods, row } in stock {
        text.push_str(&format!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
            goods.sku, goods.lot, goods.paper, row.last_day, row.entered, row.left, row.staff
        ));
    }
    text
}

fn as_json(stock: &[NoCodeStock]) -> Result<String, Failure> {
    let item = |NoCodeStock { goods, row }: &NoCodeStock| {
        serde_json::json!({
            "sku": goods.sku, "lot": goods.lot, "document": goods.paper,
            "last-day": row.last_day, "entered": row.entered, "left": row.left,
            "staff": row.staff, "entry": row.entry, "at-ms": row.at_ms,
        })
    };
    let shown = serde_json::json!({ "lots": stock.iter().map(item).collect::<Vec<_>>() });
    let text = serde_json::to_string_pretty(&shown).map_err(DeskError::from)?;
    Ok(text + "\n")
}

/// How many lots have something left, for `status`.
pub(super) fn summary(view: &LogView) -> Result<String, Failure> {
    let stock = no_code_stock(view)?;
    let left = stock.iter().filter(|stock| stock.row.left.is_positive());
    Ok(format!(
        "{} / {} 批有余 lots left",
        left.count(),
        stock.len()
    ))
}
