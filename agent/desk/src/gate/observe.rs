//! What passed, for what it teaches.

use pharmacy_decision::pack::CallRole;
use pharmacy_protocol::record::staff::Shift;
use pharmacy_protocol::record::stock::{Claim, MappedArticle};
use pharmacy_protocol::term::Fen;

use super::WireCall;
use super::conclude::Platform;
use super::report::tells_of_unjudged;
use crate::core::attempt::{AttemptState, Direction, Report, Settled};
use crate::core::sale::Sale;
use crate::memory::Staged;
use crate::sale::report::Told;
use crate::{Desk, DeskError};
use pharmacy_interface::{Answer, Mapped, Request, Reversal, SignIn, StatementRow, Undo};
use pharmacy_journal::Draft;
use pharmacy_journal::store::{MappingRow, MappingSource, NameKind};

impl Desk {
    pub(super) fn observe(
        &mut self,
        call: &WireCall,
        answer: Option<&[u8]>,
    ) -> Result<(), DeskError> {
        let Some(table) = self.interface_call(&call.infno) else {
            return Ok(());
        };
        let answer = answer.and_then(|bytes| Answer::parse(bytes).ok());
        let request = Request::parse_named(&call.body, &call.infno).ok();
        if let Some(answer) = answer.as_ref().filter(|answer| answer.is_success)
            && let Some(settled) = answer.settled()
        {
            let (till, infno) = (&call.caller.till, &call.infno);
            match table.role {
                CallRole::FeeLines | CallRole::PreSettlement => {
                    self.meet_early(till, infno, settled)?;
                }
                role if tells_of_unjudged(role) => {
                    self.report_unjudged(till, Some(infno), &settled)?;
                }
                _ => {}
            }
        }
        if matches!(
            table.role,
            CallRole::Settlement | CallRole::SettlementIfLines
        ) {
            return self.observe_unread(call, table.role, answer.as_ref());
        }
        if table.role == CallRole::Stock {
            return match &request {
                Some(request) => self.observe_stock(call, request, &table, answer.as_ref()),
                None => Ok(()),
            };
        }
        let Some(answer) = answer.filter(|answer| answer.is_success) else {
            return Ok(());
        };
        let Some(request) = request else {
            return Ok(());
        };
        match table.role {
            CallRole::Insured => self.observe_insured(call, &request, &answer),
            CallRole::Mapping => self.observe_mapping(call, &request, &table),
            CallRole::Prescription => self.observe_electronic(call, &request, &answer),
            CallRole::Query => self.observe_query(call, &request, &answer),
            CallRole::SignIn | CallRole::SignOut => self.observe_shift(call, &request, &answer),
            CallRole::Reversal => self.observe_reversal(call, &request, &answer),
            CallRole::Undo => self.observe_undo(call, &request),
            CallRole::FeeLines
            | CallRole::PreSettlement
            | CallRole::Settlement
            | CallRole::SettlementIfLines
            | CallRole::Stock => Ok(()),
        }
    }

    fn observe_shift(
        &mut self,
        call: &WireCall,
        request: &Request,
        answer: &Answer,
    ) -> Result<(), DeskError> {
        let sign = SignIn::read(request, Some(answer));
        // The sign-in's number opens calls at the platform: it is kept nowhere (R04).
        let record = Shift::Call {
            infno: call.infno.clone(),
            operator: sign.operator,
        };
        self.note(Draft::of(&record)?.at(&call.caller.till))?;
        Ok(())
    }

    /// 3301: learns which code the platform has for an article; 3302: forgets it (R23).
    fn observe_mapping(
        &mut self,
        call: &WireCall,
        request: &Request,
        table: &pharmacy_decision::pack::Call,
    ) -> Result<(), DeskError> {
        let Ok(mapped) = Mapped::read(request, table) else {
            return Ok(());
        };
        if mapped.is_empty() {
            return Ok(());
        }
        let articles = mapped.iter().map(|one| MappedArticle {
            sku: one.sku.clone(),
            code: one.code.clone(),
        });
        let record = Claim::Mapping {
            infno: call.infno.clone(),
            articles: articles.collect(),
        };
        let is_taken_back = call.infno.as_str().starts_with("3302");
        let draft = Draft::of(&record)?.at(&call.caller.till);
        let _ = self.record(draft, |transaction, _| {
            for one in &mapped {
                if is_taken_back {
                    transaction.remove_mapping(&one.sku)?;
                } else {
                    let row = MappingRow {
                        code: one.code.clone(),
                        source: MappingSource::Platform,
                    };
                    transaction.put_mapping(&one.sku, &row)?;
                }
            }
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    /// 5203, 5204, 3202: resolves what is in doubt, and finds what was settled without a verdict.
    fn observe_query(
        &mut self,
        call: &WireCall,
        request: &Request,
        answer: &Answer,
    ) -> Result<(), DeskError> {
        for row in StatementRow::read(request, answer) {
            if row.is_elsewhere {
                continue;
            }
            self.join_statement(call, &row)?;
        }
        Ok(())
    }

    fn join_statement(&mut self, call: &WireCall, row: &StatementRow) -> Result<(), DeskError> {
        let till = &call.caller.till;
        let name = self.name(NameKind::Settlement, &row.settlement);
        if let Some(counter) = self.bearer(NameKind::Settlement, &name)? {
            let Some(sale) = self.load_counter(counter)? else {
                return Ok(());
            };
            return self.compare_amounts(&sale, row);
        }
        let counter = match &row.msgid {
            Some(msgid) => {
                let message = self.message_name(msgid);
                self.bearer(NameKind::Message, &message)?
            }
            None => None,
        };
        let settled = Settled {
            settlement: row.settlement.clone(),
            insurance: sum(row.account, row.fund),
            cash: row.cash.unwrap_or(Fen::ZERO),
        };
        let said = match row.is_refund {
            true => Platform::TookBack(settled),
            false => Platform::Settled(settled),
        };
        if let (Some(counter), Some(msgid)) = (counter, &row.msgid)
            && self.resolve_doubt(counter, msgid, said)?
        {
            return Ok(());
        }
        if row.is_refund {
            return Ok(());
        }
        let settled = pharmacy_interface::Settled {
            settlement: Some(row.settlement.clone()),
            visit: row.visit.clone(),
            person: None,
            msgid: row.msgid.clone(),
            total: None,
            account: row.account,
            fund: row.fund,
            cash: row.cash,
            adds_up: None,
        };
        self.report_unjudged(till, Some(&call.infno), &settled)
    }

    fn compare_amounts(&mut self, sale: &Sale, row: &StatementRow) -> Result<(), DeskError> {
        let known = sale
            .attempts
            .iter()
            .find_map(|attempt| match &attempt.state {
                AttemptState::Settled(settled) if settled.settlement == row.settlement => {
                    Some(settled)
                }
                _ => None,
            });
        let Some(known) = known else { return Ok(()) };
        let has_amounts = row.account.is_some() || row.fund.is_some();
        if has_amounts && !row.is_refund && sum(row.account, row.fund) != known.insurance {
            let finding = "gateway.amounts-differ";
            let msgid = row.msgid.as_deref();
            self.report_once(&sale.till, finding, &row.settlement, msgid)?;
        }
        Ok(())
    }

    /// A reversal of a settlement that the agent did not see settle. It proves that the platform had
    /// settled: the only attempt in doubt of that person and amount is resolved by it.
    fn observe_reversal(
        &mut self,
        call: &WireCall,
        request: &Request,
        answer: &Answer,
    ) -> Result<(), DeskError> {
        let Ok(reversal) = Reversal::read(request) else {
            return Ok(());
        };
        if self.sale_settled_as(&reversal.settlement)?.is_some() {
            return Ok(());
        }
        let back = answer.settled();
        let proven = back.as_ref().and_then(|back| back.total);
        let found = match proven {
            Some(total) => self.only_doubt_of(&reversal, total)?,
            None => None,
        };
        let (Some((counter, of)), Some(msgid)) = (found, &request.msgid) else {
            let finding = "gateway.unknown-reversal";
            return self.report_about(&call.caller.till, finding, &reversal.settlement, None);
        };
        let settled = Settled {
            settlement: reversal.settlement.clone(),
            insurance: Fen::ZERO,
            cash: Fen::ZERO,
        };
        if !self.resolve_doubt(counter, &of, Platform::Settled(settled.clone()))? {
            return Ok(());
        }
        let Some(sale) = self.load_counter(counter)? else {
            return Ok(());
        };
        let number = back.and_then(|back| back.settlement);
        let report = Report {
            msgid: msgid.clone(),
            direction: Direction::Reversal { of },
            state: AttemptState::Settled(Settled {
                settlement: number.or(answer.reference.clone()).unwrap_or_default(),
                ..settled
            }),
        };
        self.record_report(sale, &report, Told::default())?;
        Ok(())
    }

    /// The one settlement in doubt of a person over an amount; none where there are two.
    fn only_doubt_of(
        &self,
        reversal: &Reversal,
        total: Fen,
    ) -> Result<Option<(u64, String)>, DeskError> {
        let Some(person) = &reversal.person else {
            return Ok(None);
        };
        let person = self.insured_name(person.expose()).as_text();
        let mut found = None;
        for row in self.journal.reader().in_doubt_sales()? {
            let (sale, _) = self.open_row(&row)?;
            let relay = sale.relay.as_ref();
            let is_theirs = relay.is_some_and(|relay| relay.person.as_ref() == Some(&person));
            let amounts = sale.basket.lines().iter().map(|line| line.amount);
            let amount = Fen::checked_sum(amounts).map(|sum| sum.units().unsigned_abs());
            if !is_theirs || amount != Some(total.units().unsigned_abs()) {
                continue;
            }
            let attempts = sale.attempts.iter().filter(|attempt| {
                attempt.direction == Direction::Settlement && attempt.state == AttemptState::InDoubt
            });
            for attempt in attempts {
                if found.is_some() {
                    return Ok(None);
                }
                found = Some((row.counter, attempt.msgid.clone()));
            }
        }
        Ok(found)
    }

    /// An undo that passed: of a call that the agent does not know, or one whose own undo was in
    /// doubt before.
    fn observe_undo(&mut self, call: &WireCall, request: &Request) -> Result<(), DeskError> {
        let Ok(undo) = Undo::read(request) else {
            return Ok(());
        };
        let name = self.message_name(&undo.msgid);
        let Some(sale) = self.sale_called(NameKind::Message, &name)? else {
            let (finding, msgid) = ("gateway.unknown-undo", Some(undo.msgid.as_str()));
            return self.report_about(&call.caller.till, finding, "", msgid);
        };
        let earlier = sale.attempts.iter().find(|attempt| {
            matches!(&attempt.direction, Direction::Undo { of } if *of == undo.msgid)
                && attempt.state == AttemptState::InDoubt
        });
        let Some(earlier) = earlier.map(|attempt| attempt.msgid.clone()) else {
            return Ok(());
        };
        let undone = Platform::Settled(Settled {
            settlement: String::new(),
            insurance: Fen::ZERO,
            cash: Fen::ZERO,
        });
        self.resolve_doubt(sale.id.counter(), &earlier, undone)?;
        Ok(())
    }
}

fn sum(account: Option<Fen>, fund: Option<Fen>) -> Fen {
    Fen::checked_sum([account.unwrap_or(Fen::ZERO), fund.unwrap_or(Fen::ZERO)]).unwrap_or(Fen::ZERO)
}
