//! `reader`: which card readers were seen, and which of them count (R01).

use clap::Subcommand;
use pharmacy_protocol::term::{StaffId, Transport};

use super::args::ConfigArgs;
use super::pin::open_key;
use super::print::print;
use crate::control::{self, Request};
use crate::failure::Failure;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_desk::{SignedReader, readers};
use pharmacy_journal::LogView;

#[derive(Debug, Subcommand)]
pub(super) enum Reader {
    /// 列出见过的读卡器 / list the readers that were seen
    List(ConfigArgs),
    /// 登记读卡器（负责人输入 PIN）/ enrol a reader that was seen; asks for the PIN of the person in charge
    Enrol {
        #[command(flatten)]
        config: ConfigArgs,
        /// 安全模块号（见 list）/ its security module, see `list`
        sam: String,
        /// 负责人工号 / id of the person in charge
        #[arg(long = "by", value_name = "ID")]
        by: StaffId,
    },
}

pub(super) fn run(command: Reader) -> Result<(), Failure> {
    match command {
        Reader::List(config) => list(&config),
        Reader::Enrol { config, sam, by } => enrol(&config, &sam, &by),
    }
}

fn list(args: &ConfigArgs) -> Result<(), Failure> {
    let view = LogView::open(&args.load()?.config.data_dir)?;
    let mut text =
        String::from("安全模块\t连接\t首见条目\t登记条目\nsam\ttransport\tseen\tenrolled\n");
    for item in readers(&view)? {
        let transport = match item.transport {
            Transport::Loopback => "loopback",
            Transport::Network => "network",
            Transport::Serial => "serial",
            Transport::Simulated => "simulated",
        };
        let enrolled = item.enrolled;
        let enrolled = enrolled.map_or_else(|| "未登记 no".to_owned(), |entry| entry.to_string());
        let seen = item.seen;
        text.push_str(&format!("{}\t{transport}\t{seen}\t{enrolled}\n", item.sam));
    }
    print(&text);
    Ok(())
}

fn enrol(args: &ConfigArgs, sam: &str, by: &StaffId) -> Result<(), Failure> {
    let data = args.load()?.config.data_dir;
    let view = LogView::open(&data)?;
    let known = readers(&view)?.into_iter().find(|item| item.sam == sam);
    let known = known.ok_or(Failure::plain("reader.unseen"))?;
    let signer = open_key(&data, &view, by)?;
    let reader = SignedReader::sign(&signer, known, SystemClock.now_ms())?;
    let entry = control::ask(&data, Request::EnrolReader { reader })?.entry()?;
    print(&format!(
        "读卡器已登记 / the reader is enrolled  entry {entry}\n"
    ));
    Ok(())
}
