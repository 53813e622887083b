//! `staff`: who works here, what they may do, and the PIN that unlocks their key.
//!
//! PINs stay in this process: whoever records a member gets their key sealed.

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use pharmacy_protocol::Secret;
use pharmacy_protocol::record::staff::StaffChangeKind;
use pharmacy_protocol::term::{RegionCode, StaffId};

use super::args::ConfigArgs;
use super::pin::{open_key, read_pin, try_pin};
use super::print::print;
use crate::control::{self, Amendment, Request};
use crate::failure::Failure;
use pharmacy_base::clock::{Clock, STORE_OFFSET, SystemClock};
use pharmacy_desk::core::staff::{
    Contract, Duty, Member, Qualification, Registered, Side, StaffError, Staffing, Title,
    check_member, check_pin,
};
use pharmacy_desk::enrol::{self, NewPin, SealedKey, Vouching};
use pharmacy_desk::{DeskError, SignedBy};
use pharmacy_journal::{LogView, PinCost};

#[derive(Debug, Subcommand)]
pub(super) enum Staff {
    /// 登记人员（输入 PIN）/ register somebody; asks for a PIN
    Add(AddArgs),
    /// 修改登记 / change what is registered
    Change(ChangeArgs),
    /// 更换 PIN / change a PIN
    Pin {
        #[command(flatten)]
        config: ConfigArgs,
        /// 工号 / id
        id: StaffId,
        /// 忘记旧 PIN：换发新密钥 / the old one is forgotten: a new key is made
        #[arg(long)]
        forgotten: bool,
        #[command(flatten)]
        by: ByArgs,
    },
    /// 登记离职 / register that somebody leaves
    Retire {
        #[command(flatten)]
        config: ConfigArgs,
        /// 工号 / id
        id: StaffId,
        /// 离职日，默认今天 / first day on which they work here no longer; today when absent
        #[arg(long, value_name = "DATE")]
        day: Option<Date>,
        #[command(flatten)]
        by: ByArgs,
    },
    /// 列出人员、合同和锁定状态 / list duties, contracts, locks
    List(ConfigArgs),
}

#[derive(Args, Debug)]
pub(super) struct ByArgs {
    /// 担保的负责人工号 / who in charge answers for it with their PIN; needed where somebody is in charge, or leaves being it
    #[arg(long = "by", value_name = "ID")]
    by: Option<StaffId>,
}

#[derive(Args, Debug)]
pub(super) struct AddArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 工号 / id: 1 to 32 letters, digits, - or _
    id: StaffId,
    /// 姓名 / name
    #[arg(long)]
    name: String,
    /// 职责，可重复 / a duty, repeatable: cashier, in-charge, insurance-manager, pharmacist, remote-pharmacist
    #[arg(long = "duty", value_name = "DUTY", required = true)]
    duties: Vec<Duty>,
    #[command(flatten)]
    qualification: QualificationArgs,
    /// 合同开始日 / first day of the contract
    #[arg(long, value_name = "DATE")]
    contract_from: Date,
    /// 合同结束日 / last day of the contract
    #[arg(long, value_name = "DATE")]
    contract_until: Date,
    #[command(flatten)]
    by: ByArgs,
}

#[derive(Args, Debug)]
pub(super) struct QualificationArgs {
    /// 药师资格 / licensed-pharmacist, pharmacy, clinical-pharmacy or chinese-pharmacy
    #[arg(long, requires = "certificate", requires = "locality")]
    title: Option<Title>,
    /// 证书编号 / number of the certificate
    #[arg(long, value_name = "NUMBER", requires = "title")]
    certificate: Option<String>,
    /// 注册地区划 / where it is registered, 6 digits
    #[arg(long, value_name = "REGION", requires = "title")]
    locality: Option<RegionCode>,
}

impl QualificationArgs {
    fn qualification(&self) -> Option<Qualification> {
        let Self {
            title,
            certificate,
            locality,
        } = self;
        Some(Qualification {
            title: (*title)?,
            certificate: certificate.clone()?,
            locality: locality.clone()?,
        })
    }
}

#[derive(Args, Debug)]
pub(super) struct ChangeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 工号 / id
    id: StaffId,
    /// 姓名 / name
    #[arg(long)]
    name: Option<String>,
    /// 全部职责，可重复 / all duties, repeatable
    #[arg(long = "duty", value_name = "DUTY")]
    duties: Vec<Duty>,
    #[command(flatten)]
    qualification: QualificationArgs,
    /// 合同开始日 / first day of the contract
    #[arg(long, value_name = "DATE")]
    contract_from: Option<Date>,
    /// 合同结束日 / last day of the contract
    #[arg(long, value_name = "DATE")]
    contract_until: Option<Date>,
    #[command(flatten)]
    by: ByArgs,
}

pub(super) fn run(command: Staff) -> Result<(), Failure> {
    match command {
        Staff::Add(args) => add(args),
        Staff::Change(args) => change(args),
        Staff::Pin {
            config,
            id,
            forgotten: true,
            by,
        } => renew_key(&config, id, &by),
        Staff::Pin { config, id, .. } => change_pin(&config, id),
        Staff::Retire {
            config,
            id,
            day,
            by,
        } => {
            let day = day.unwrap_or(SystemClock.today());
            retire(&config, id, day, &by)
        }
        Staff::List(args) => list(&args),
    }
}

/// Reads a new PIN twice.
fn read_new_pin() -> Result<Secret<String>, Failure> {
    let pin = read_pin("新 PIN（6 至 12 位数字）/ new PIN, 6 to 12 digits: ")?;
    let again = read_pin("再次输入 / once more: ")?;
    if pin == again {
        Ok(pin)
    } else {
        Err(Failure::plain("staff.pin-differs"))
    }
}

fn new_pin(pin: &Secret<String>) -> NewPin<'_> {
    let cost = PinCost::SHOP;
    NewPin { pin, cost }
}

fn add(args: AddArgs) -> Result<(), Failure> {
    let config = args.config.load()?.config;
    let log = LogView::open(&config.data_dir)?;
    let member = Member {
        qualification: args.qualification.qualification(),
        staff: args.id,
        name: args.name,
        duties: args.duties.into_iter().collect(),
        contract: Contract {
            from: args.contract_from,
            until: args.contract_until,
        },
        retired: None,
    };
    check_member(&member)?;
    let key = mint(&log, &member.staff)?;
    let public = key.key;
    let vouching = Vouching {
        change: StaffChangeKind::Added,
        staff: &member.staff,
        key: &key.key,
    };
    let vouched = args.by.vouch(&config.data_dir, &log, &vouching)?;
    let request = Request::AddStaff {
        member,
        key,
        vouched,
    };
    control::ask(&config.data_dir, request)?;
    print(&format!(
        "已登记 / registered\n公钥 / public key  {public}\n"
    ));
    Ok(())
}

/// A fresh key under a PIN that is asked for.
fn mint(log: &LogView, staff: &StaffId) -> Result<SealedKey, Failure> {
    let pin = read_new_pin()?;
    Ok(SealedKey::mint(log.keys(), staff, &new_pin(&pin))?)
}

fn change(args: ChangeArgs) -> Result<(), Failure> {
    let data = args.config.load()?.config.data_dir;
    let amendment = Amendment {
        name: args.name,
        duties: args.duties.into_iter().collect(),
        qualification: args.qualification.qualification(),
        contract_from: args.contract_from,
        contract_until: args.contract_until,
    };
    let staff = args.id;
    let vouched = args.by.vouch_amended(&data, &staff)?;
    let request = Request::AmendStaff {
        staff,
        amendment,
        vouched,
    };
    control::ask(&data, request)?;
    print("已修改 / changed\n");
    Ok(())
}

impl ByArgs {
    /// Has whoever is named answer for a change with their PIN; nothing where nobody is named.
    fn vouch(
        &self,
        data: &Path,
        log: &LogView,
        vouching: &Vouching<'_>,
    ) -> Result<Option<SignedBy>, Failure> {
        let Some(by) = &self.by else { return Ok(None) };
        let signer = open_key(data, log, by)?;
        Ok(Some(vouching.sign(&signer, SystemClock.now_ms())?))
    }

    /// The same for a change of a member who is registered.
    fn vouch_amended(&self, data: &Path, staff: &StaffId) -> Result<Option<SignedBy>, Failure> {
        if self.by.is_none() {
            return Ok(None);
        }
        let log = LogView::open(data)?;
        let mut known = enrol::registered(&log)?.into_iter();
        let known = known.find(|one| one.member.staff == *staff);
        let known = known.ok_or(DeskError::from(StaffError::Unknown))?;
        let vouching = Vouching {
            change: StaffChangeKind::Amended,
            staff,
            key: &known.key,
        };
        self.vouch(data, &log, &vouching)
    }
}

fn renew_key(config: &ConfigArgs, staff: StaffId, by: &ByArgs) -> Result<(), Failure> {
    let data = config.load()?.config.data_dir;
    let log = LogView::open(&data)?;
    let key = mint(&log, &staff)?;
    let public = key.key;
    let vouching = Vouching {
        change: StaffChangeKind::KeyRenewed,
        staff: &staff,
        key: &key.key,
    };
    let vouched = by.vouch(&data, &log, &vouching)?;
    let request = Request::RenewKey {
        staff,
        key,
        vouched,
    };
    control::ask(&data, request)?;
    print(&format!(
        "已换发密钥 / a new key was made\n公钥 / public key  {public}\n"
    ));
    Ok(())
}

fn change_pin(config: &ConfigArgs, staff: StaffId) -> Result<(), Failure> {
    let data = &config.load()?.config.data_dir;
    let log = LogView::open(data)?;
    let old = read_pin("旧 PIN / old PIN: ")?;
    let pin = read_new_pin()?;
    check_pin(pin.expose(), &staff)?;
    let key = try_pin(data, &staff, |seed| {
        SealedKey::reseal(log.keys(), &staff, seed, &old, &new_pin(&pin))
    })?;
    control::ask(data, Request::ChangePin { staff, key })?;
    print("PIN 已更换 / the PIN was changed\n");
    Ok(())
}

fn retire(config: &ConfigArgs, staff: StaffId, day: Date, by: &ByArgs) -> Result<(), Failure> {
    let data = config.load()?.config.data_dir;
    let vouched = by.vouch_amended(&data, &staff)?;
    let request = Request::RetireStaff {
        staff,
        day,
        vouched,
    };
    control::ask(&data, request)?;
    print("已登记离职 / registered as leaving\n");
    Ok(())
}

fn list(args: &ConfigArgs) -> Result<(), Failure> {
    let config = args.load()?.config;
    let registered = enrol::registered(&LogView::open(&config.data_dir)?)?;
    let longest_ms = config.store.longest_shift_ms();
    let mut text = String::from(
        "工号\t职责\t合同到期\t剩余天数\t状态\t姓名\nid\tduties\tcontract until\tdays left\tstate\tname\n",
    );
    for row in &registered {
        text.push_str(&line(row, longest_ms));
    }
    let members = registered.iter().map(|row| &row.member);
    let Staffing {
        managers,
        pharmacists,
        ..
    } = Staffing::of(members, SystemClock.today());
    text.push_str(&format!(
        "医保管理人员 / insurance managers  {managers}\n药师 / pharmacists  {pharmacists}\n"
    ));
    print(&text);
    Ok(())
}

fn line(row: &Registered, longest_ms: i64) -> String {
    let member = &row.member;
    let duties: Vec<_> = member.duties.iter().map(|duty| duty.name()).collect();
    let today = SystemClock.today();
    let left = today.until(member.contract.until).ok();
    let left = left.map_or_else(String::new, |span| span.get_days().to_string());
    format!(
        "{}\t{}\t{}\t{left}\t{}\t{}\n",
        member.staff,
        duties.join(","),
        member.contract.until,
        state(row, today, longest_ms),
        member.name
    )
}

fn state(row: &Registered, today: Date, longest_ms: i64) -> String {
    let now_ms = SystemClock.now_ms();
    if row.member.retired.is_some_and(|day| today >= day) {
        return "retired".to_owned();
    }
    // Whether it still holds, only the run knows in which the PIN was wrong.
    let locks = [Side::Counter, Side::Review].map(|side| row.lock.at(side));
    if let Some(lock) = locks.iter().find(|lock| lock.is_suspicious()) {
        return format!("{} wrong PINs", lock.wrong());
    }
    if !row.member.contract.is_in_force(today) {
        return "no contract".to_owned();
    }
    match row.on_duty(now_ms, longest_ms) {
        Some(shift) => format!("on duty since {}", time_of(shift.since_ms)),
        None => "off duty".to_owned(),
    }
}

/// A moment in the store's time, to the second.
fn time_of(ms: i64) -> String {
    let moment = jiff::Timestamp::from_second(ms.div_euclid(1000)).unwrap_or_default();
    let moment = moment.to_zoned(jiff::tz::TimeZone::fixed(STORE_OFFSET));
    moment.datetime().to_string()
}
