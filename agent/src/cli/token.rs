//! `token`: who may call the local API.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::TillNumber;
use zeroize::Zeroizing;

use super::args::ConfigArgs;
use super::print::print;
use crate::config::Config;
use crate::control::{self, Request};
use crate::door::pass::Pass;
use crate::failure::Failure;
use pharmacy_base::random;
use pharmacy_journal::LogView;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// 发放密钥，一门一钥（只显示一次）/ issue secrets, one for each door; they are shown once
    Add {
        #[command(flatten)]
        config: ConfigArgs,
        /// 软件名称 / name of the program, 1 to 64 characters
        #[arg(long, value_parser = client_name)]
        client: String,
        /// 收银台号，默认为本机 / till; the agent's own when absent
        #[arg(long)]
        till: Option<TillNumber>,
        /// 只发一扇门的：api、counter、gateway；默认每扇门各一个 / for this door only; one for each when absent
        #[arg(long)]
        door: Option<Pass>,
    },
    /// 列出令牌 / list tokens
    List(ConfigArgs),
    /// 吊销令牌 / revoke a token
    Revoke {
        #[command(flatten)]
        config: ConfigArgs,
        /// 令牌编号（见 list）/ the token's number, see `list`
        id: i64,
    },
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
        Token::Add {
            config,
            client,
            till,
            door,
        } => add(&config, client, till, door),
        Token::List(config) => list(&config),
        Token::Revoke { config, id } => revoke(&config, id),
    }
}

/// What a technician types into the till's settings and into the counter's shortcut.
fn addresses(config: &Config, till: &TillNumber, (door, token): (Pass, &str)) -> String {
    let mut text = String::new();
    if door == Pass::Counter {
        let _ = writeln!(
            text,
            "柜台页面 / counter page  http://{}/counter/open/{token}",
            config.api.listen
        );
    }
    let gateway = config.gateway.as_ref();
    if let Some(gateway) = gateway.filter(|_| door == Pass::Gateway) {
        let scheme = match gateway.certificate {
            Some(_) => "https",
            None => "http",
        };
        let _ = writeln!(
            text,
            "收银软件的平台地址 / the till's platform address  {scheme}://{}/t/{token}",
            gateway.listen
        );
        if let Some(own) = gateway.till.iter().find(|own| own.number == *till) {
            let _ = writeln!(
                text,
                "只能填地址和端口的收银软件 / a till with room for address and port only  {}",
                own.listen
            );
        }
    }
    text
}

/// Issues a secret for one door, or one for each that is served: no secret opens two.
fn add(
    args: &ConfigArgs,
    client: String,
    till: Option<TillNumber>,
    door: Option<Pass>,
) -> Result<(), Failure> {
    let config = args.load()?.config;
    let till = till.unwrap_or(config.till.number.clone());
    let is_served = |door: &Pass| *door != Pass::Gateway || config.gateway.is_some();
    let doors = match door {
        Some(door) => vec![door],
        // The local API's comes last: programs take the last line for it.
        None => Pass::ALL.into_iter().rev().filter(is_served).collect(),
    };
    for door in doors {
        print(&issue(&config, (&client, &till), door)?);
    }
    Ok(())
}

/// A secret is made here and shown here: only its digest goes to whoever records it.
fn issue(
    config: &Config,
    (client, till): (&str, &TillNumber),
    door: Pass,
) -> Result<Zeroizing<String>, Failure> {
    let mut secret = Zeroizing::new([0_u8; 32]);
    random::fill(secret.as_mut()).map_err(|_| Failure::plain("journal.random"))?;
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_ref()));
    let token = Secret::new(door.seal(&text));
    let digest = LogView::open(&config.data_dir)?.keys().token_digest(&token);
    let addresses = addresses(config, till, (door, token.expose()));
    let request = Request::AddToken {
        client: client.to_owned(),
        till: till.clone(),
        door,
        digest: *digest.as_bytes(),
    };
    let id = control::ask(&config.data_dir, request)?.token()?;
    Ok(Zeroizing::new(format!(
        "令牌编号 / token number  {id}  {door}\n{addresses}令牌（只显示这一次）/ token, shown once:\n{}\n",
        token.expose()
    )))
}

/// For which door a token was issued; none for one of earlier versions, which opens all of its till.
fn door_of(view: &LogView, id: i64) -> Result<Option<String>, Failure> {
    Ok(view.reader().setting(&Pass::setting_of(id))?)
}

/// The numbers of valid tokens that open every door of their till.
pub(super) fn of_all_doors(view: &LogView) -> Result<Vec<i64>, Failure> {
    let mut found = Vec::new();
    for row in view.reader().tokens()? {
        if row.revoked_ms.is_none() && door_of(view, row.id)?.is_none() {
            found.push(row.id);
        }
    }
    Ok(found)
}

fn list(args: &ConfigArgs) -> Result<(), Failure> {
    let view = LogView::open(&args.load()?.config.data_dir)?;
    let rows = view.reader().tokens()?;
    let mut text = String::from("编号\t收银台\t门\t状态\t软件\nid\ttill\tdoor\tstate\tclient\n");
    for row in rows {
        let state = if row.revoked_ms.is_some() {
            "revoked"
        } else {
            "valid"
        };
        let door = door_of(&view, row.id)?;
        let door = door.as_deref().unwrap_or("all");
        text.push_str(&format!(
            "{}\t{}\t{door}\t{state}\t{}\n",
            row.id, row.till, row.client
        ));
    }
    print(&text);
    Ok(())
}

fn revoke(args: &ConfigArgs, id: i64) -> Result<(), Failure> {
    let config = args.load()?.config;
    let till = config.till.number;
    control::ask(&config.data_dir, Request::RevokeToken { till, id })?;
    print("已吊销 / revoked\n");
    Ok(())
}
