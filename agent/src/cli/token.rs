//! `token`: who may call the local API.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::TillNumber;
use zeroize::Zeroizing;

use super::args::ConfigArgs;
use super::print::print;
use crate::config::Config;
use crate::failure::Failure;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_journal::{Draft, DraftPart, Journal};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// 发放令牌（只显示一次）/ issue a token; it is shown once
    Add(AddArgs),
    /// 列出令牌 / list tokens
    List(ConfigArgs),
    /// 吊销令牌 / revoke a token
    Revoke(RevokeArgs),
}

#[derive(Args, Debug)]
pub(super) struct AddArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 软件名称 / name of the program, 1 to 64 characters
    #[arg(long, value_parser = client_name)]
    client: String,
    /// 收银台号，默认为本机 / till; the agent's own when absent
    #[arg(long)]
    till: Option<TillNumber>,
}

#[derive(Args, Debug)]
pub(super) struct RevokeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// 令牌编号（见 list）/ the token's number, see `list`
    id: i64,
}

fn client_name(text: &str) -> Result<String, String> {
    let is_name = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("1 to 64 characters".to_owned())
    }
}

pub(super) fn run(command: Token) -> Result<(), Failure> {
    match command {
        Token::Add(args) => add(&args),
        Token::List(args) => list(&args),
        Token::Revoke(args) => revoke(&args),
    }
}

fn open(args: &ConfigArgs) -> Result<(Journal, Config), Failure> {
    let config = args.load()?.config;
    let journal = Journal::open(&config.data_dir, std::sync::Arc::new(SystemClock))
        .map_err(|error| Failure::of(error.code(), &error))?;
    Ok((journal, config))
}

/// Every change of who may call is an entry; the token itself is in none.
fn draft(till: &TillNumber, record: String) -> Draft {
    let bytes = Zeroizing::new(record.into_bytes());
    Draft {
        kind: EntryKind::Token,
        till: Some(till.clone()),
        refs: Vec::new(),
        parts: vec![DraftPart {
            class: PartClass::Store,
            bytes,
        }],
    }
}

/// What a technician types into the till's settings and into the counter's shortcut.
fn addresses(config: &Config, token: &str) -> String {
    let mut text = format!(
        "柜台页面 / counter page  http://{}/counter/open/{token}\n",
        config.api.listen
    );
    if let Some(gateway) = &config.gateway {
        let scheme = match gateway.certificate {
            Some(_) => "https",
            None => "http",
        };
        let _ = writeln!(
            text,
            "收银软件的平台地址 / the till's platform address  {scheme}://{}/t/{token}",
            gateway.listen
        );
    }
    text
}

fn add(args: &AddArgs) -> Result<(), Failure> {
    let (mut journal, config) = open(&args.config)?;
    let till = args.till.clone().unwrap_or(config.till.number.clone());
    let mut random = Zeroizing::new([0_u8; 32]);
    getrandom::fill(random.as_mut()).map_err(|_| Failure::plain("journal.random"))?;
    let token = Secret::new(URL_SAFE_NO_PAD.encode(random.as_ref()));
    let digest = journal.keys().token_digest(&token);
    let now_ms = SystemClock.now_ms();
    let record =
        serde_json::json!({"issued": {"client": args.client, "till": till.as_str()}}).to_string();
    let recorded = journal
        .record(draft(&till, record), |transaction, _| {
            transaction.add_token(&args.client, &till, &digest, now_ms)
        })
        .map_err(|error| Failure::of(error.code(), &error))?;
    print(&format!(
        "令牌编号 / token number  {}\n{}令牌（只显示这一次）/ token, shown once:\n{}\n",
        recorded.value(),
        addresses(&config, token.expose()),
        token.expose()
    ));
    publish(&mut journal)
}

/// A log put back to before this command must not pass for the whole one, agent running or not.
fn publish(journal: &mut Journal) -> Result<(), Failure> {
    let published = journal.publish();
    let _ = published.map_err(|error| Failure::of(error.code(), &error))?;
    Ok(())
}

fn list(args: &ConfigArgs) -> Result<(), Failure> {
    let (journal, _) = open(args)?;
    let rows = journal
        .reader()
        .tokens()
        .map_err(|error| Failure::of(error.code(), &error))?;
    let mut text = String::from("编号\t收银台\t状态\t软件\nid\ttill\tstate\tclient\n");
    for row in rows {
        let state = if row.revoked_ms.is_some() {
            "revoked"
        } else {
            "valid"
        };
        text.push_str(&format!(
            "{}\t{}\t{state}\t{}\n",
            row.id, row.till, row.client
        ));
    }
    print(&text);
    Ok(())
}

fn revoke(args: &RevokeArgs) -> Result<(), Failure> {
    let (mut journal, config) = open(&args.config)?;
    let till = config.till.number;
    let is_known = journal
        .reader()
        .tokens()
        .map_err(|error| Failure::of(error.code(), &error))?
        .iter()
        .any(|row| row.id == args.id && row.revoked_ms.is_none());
    if !is_known {
        return Err(Failure::plain("token.unknown"));
    }
    let now_ms = SystemClock.now_ms();
    let record = serde_json::json!({"revoked": args.id}).to_string();
    let _ = journal
        .record(draft(&till, record), |transaction, _| {
            transaction.revoke_token(args.id, now_ms)
        })
        .map_err(|error| Failure::of(error.code(), &error))?;
    print("已吊销 / revoked\n");
    publish(&mut journal)
}
