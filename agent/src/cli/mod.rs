//! The command line: parses, calls, prints, and turns errors into exit codes.
//!
//! Exit codes: 0 done; 1 it could not be done (the message names a stable code); 2 usage.

mod args;
mod badge;
mod classify;
mod find;
mod import;
mod log;
mod pin;
mod print;
mod reader;
mod staff;
mod standing;
mod status;
mod stock;
mod store;
mod token;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use self::args::ConfigArgs;
use self::print::print;
use crate::failure::Failure;
use crate::service;
use pharmacy_device::address::Address;
use pharmacy_device::paper::{Charset, Paper};
use pharmacy_device::printer::Cut;
use pharmacy_device::printer::print_test::{self, PrintTestOptions};
use pharmacy_device::reader::read_id::{self, Disclosure, Format, ReadIdOptions};
use pharmacy_device::scanner::Line;
use pharmacy_device::scanner::read_scan::{self, ReadScanOptions};

/// 药店医保合规代理程序 / compliance agent for designated pharmacies
#[derive(Debug, Parser)]
#[command(name = "pharmacy-agent", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 建立新的数据目录（日志、密钥）/ make the store: log, keys, records
    Init(ConfigArgs),
    /// 运行代理程序 / run the agent
    Run(ConfigArgs),
    /// 安装检查：还差什么 / what is still to be done before rules may refuse
    Setup(ConfigArgs),
    /// 运行状态 / log, doubts, how well settlements can be read
    Status(ConfigArgs),
    /// 导入数据 / import data
    #[command(subcommand)]
    Import(import::Import),
    /// 管理人员登记 / manage the register of staff
    #[command(subcommand)]
    Staff(staff::Staff),
    /// 登记和查看药店的协议、证照、备案 / the store's standing: agreement, licences, filed facts
    #[command(subcommand)]
    Standing(standing::Standing),
    /// 库存：无码库 / stock: goods without codes
    #[command(subcommand)]
    Stock(stock::Stock),
    /// 读卡器：列出、登记 / card readers: list, enrol
    #[command(subcommand)]
    Reader(reader::Reader),
    /// 管理接口令牌 / manage tokens of the local API
    #[command(subcommand)]
    Token(token::Token),
    /// 查询销售记录（检查用，凭工号和 PIN）/ find settled sales, as an inspector asks; with id and PIN
    Find(Box<find::FindArgs>),
    /// 判断商品能否由医保支付 / may the insurance pay these articles?
    Classify(ClassifyArgs),
    /// 测试身份证阅读器 / read one ID card, to test reader and card
    ReadId(ReadIdArgs),
    /// 测试扫码枪 / wait for one scan and say what it is, to test a serial scanner
    ReadScan(ReadScanArgs),
    /// 测试小票打印机 / print a test slip
    PrintTest(PrintTestArgs),
    /// 制作本人牌、代购牌（网页，打印后剪开）/ the till's two badges, as a page to print
    Badge(ConfigArgs),
    /// 校验本机日志 / verify this agent's own log
    Verify(ConfigArgs),
    /// 导出透明日志（静态文件）/ export the log as a static tlog-tiles tree
    Export(ExportArgs),
    /// 打印本地接口说明 / print the local API's OpenAPI document
    Openapi,
    /// Reads one scanned page from standard input; the daemon's own child.
    #[command(hide = true)]
    ReadSlips,
    /// Looks at one picture from standard input; the daemon's own child.
    #[command(hide = true)]
    LookAtPicture,
}

#[derive(Args, Debug)]
struct ClassifyArgs {
    /// 输入 CSV：id,name,spec,approval_no,barcode / input table
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// 输出 CSV：id,answer,category,reasons / output table
    #[arg(long = "out", value_name = "FILE")]
    output: PathBuf,
}

#[derive(Args, Debug)]
struct ReadIdArgs {
    /// serial:COM3, serial:/dev/ttyUSB0, tcp:主机:端口 / reader address
    #[arg(long, value_name = "ADDRESS")]
    device: String,
    /// 输出 JSON / print one JSON object
    #[arg(long)]
    json: bool,
    /// 显示完整个人信息（仅限测试）/ show name, number and address in full
    #[arg(long)]
    show_personal_data: bool,
    /// 等待证件的秒数 / seconds to wait for a card
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=600))]
    timeout: u32,
}

#[derive(Args, Debug)]
struct ReadScanArgs {
    /// serial:COM4, serial:/dev/ttyACM0?baud=9600, tcp:主机:端口 / scanner address
    #[arg(long, value_name = "ADDRESS")]
    device: String,
    /// 输出 JSON / print one JSON object
    #[arg(long)]
    json: bool,
    /// 等待扫码的秒数 / seconds to wait for a scan
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    timeout: u32,
}

#[derive(Args, Debug)]
struct PrintTestArgs {
    /// serial:COM5, tcp:192.168.1.50:9100 / printer address
    #[arg(long, value_name = "ADDRESS")]
    device: String,
    /// 纸宽毫米数 / paper in millimetres: 58, 80
    #[arg(long, value_name = "MM", default_value = "58", value_parser = ["58", "80"])]
    width: String,
    /// 字符编码 / gb18030, gbk
    #[arg(long, value_name = "NAME", default_value = "gb18030", value_parser = ["gb18030", "gbk"])]
    encoding: String,
    /// 不切纸 / the printer does not cut
    #[arg(long)]
    no_cut: bool,
}

#[derive(Args, Debug)]
struct ExportArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 输出目录 / output folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    main_of(std::env::args_os())
}

/// Runs a command: the program's name, then what follows it.
pub fn main_of(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // The parser prints help and version as "errors" of their own kind.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            let failure = Failure::plain("cli.usage");
            let _ = writeln!(std::io::stderr().lock(), "{failure}");
            let _ = error.print();
            return ExitCode::from(2);
        }
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr().lock(), "{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Init(args) => store::init(&args.load()?, args.config.as_deref()),
        Command::Run(args) => {
            start_logging();
            let pack = pharmacy_desk::pack::shipped()
                .map_err(|error| Failure::of(pharmacy_desk::pack::UNUSABLE, &error))?;
            service::run(args.load()?, pack, service::asked_to_stop())
        }
        Command::Setup(args) => status::setup(&args.load()?),
        Command::Status(args) => status::status(&args.load()?),
        Command::Import(args) => import::run(args),
        Command::Staff(args) => staff::run(args),
        Command::Standing(args) => standing::run(args),
        Command::Stock(args) => stock::run(args),
        Command::Reader(args) => reader::run(args),
        Command::Token(args) => token::run(args),
        Command::Find(args) => find::run(&args),
        Command::Classify(args) => classify(&args),
        Command::ReadId(args) => read_id(&args),
        Command::ReadScan(args) => read_scan(&args),
        Command::PrintTest(args) => print_test(&args),
        Command::Badge(args) => badge::run(&args),
        Command::Verify(args) => log::verify(&args.load()?),
        Command::Export(args) => log::export(&args.config.load()?, &args.out),
        Command::Openapi => {
            print(&crate::api::document());
            Ok(())
        }
        Command::LookAtPicture => {
            let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
            pharmacy_device::paper::serve_look(&mut input, &mut output)
                .map_err(|error| Failure::of("slips.damaged", &error))
        }
        Command::ReadSlips => {
            let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
            pharmacy_device::paper::serve(&mut input, &mut output)
                .map_err(|error| Failure::of("slips.damaged", &error))
        }
    }
}

fn classify(args: &ClassifyArgs) -> Result<(), Failure> {
    let pack = pharmacy_desk::pack::shipped()
        .map_err(|error| Failure::of(pharmacy_desk::pack::UNUSABLE, &error))?;
    let summary = classify::run(&args.input, &args.output, pack.lexicon())
        .map_err(|error| Failure::of(error.code(), &error))?;
    print(&format!(
        "已判断 / classified  {}\n  yes     {}\n  no      {}\n  review  {}\n",
        summary.rows(),
        summary.yes,
        summary.no,
        summary.review
    ));
    Ok(())
}

fn read_id(args: &ReadIdArgs) -> Result<(), Failure> {
    let device: Address = args
        .device
        .parse()
        .map_err(|error| Failure::of("reader.address", &error))?;
    let options = ReadIdOptions {
        format: if args.json {
            Format::Json
        } else {
            Format::Line
        },
        disclosure: if args.show_personal_data {
            Disclosure::PersonalData
        } else {
            Disclosure::Masked
        },
        timeout: Duration::from_secs(u64::from(args.timeout)),
        ..ReadIdOptions::new(device)
    };
    read_id::run(
        &options,
        pharmacy_desk::today(),
        &mut std::io::stdout().lock(),
    )
    .map_err(|error| Failure::of(error.message().code, &error))
}

fn read_scan(args: &ReadScanArgs) -> Result<(), Failure> {
    let device =
        Line::parse(&args.device).map_err(|error| Failure::of("scanner.address", &error))?;
    let options = ReadScanOptions {
        format: if args.json {
            read_scan::Format::Json
        } else {
            read_scan::Format::Line
        },
        timeout: Duration::from_secs(u64::from(args.timeout)),
        ..ReadScanOptions::new(device)
    };
    Ok(read_scan::run(&options, &mut std::io::stdout().lock())?)
}

fn print_test(args: &PrintTestArgs) -> Result<(), Failure> {
    let device: Address = args
        .device
        .parse()
        .map_err(|error| Failure::of("printer.address", &error))?;
    let options = PrintTestOptions {
        device,
        paper: match args.width.as_str() {
            "80" => Paper::Wide,
            _ => Paper::Narrow,
        },
        charset: match args.encoding.as_str() {
            "gbk" => Charset::Gbk,
            _ => Charset::Gb18030,
        },
        cut: if args.no_cut { Cut::Tear } else { Cut::Knife },
    };
    Ok(print_test::run(&options, &mut std::io::stdout().lock())?)
}

/// Log lines go to the standard error stream; they carry codes and ids, never persons.
pub fn start_logging() {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .finish();
    // A second start in one process (tests) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
