//! What is said of a line: registration, days, reasons for more than usual, what stands on the box.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{Buyer, Dispensing, Person, Registration, SupplyException};
use pharmacy_decision::record::evidence::{EvidenceStep, LineTold};
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::term::TraceCode;

use crate::core::basket::BasketLine;
use crate::core::sale::Sale;
use crate::core::staff::Duty;
use crate::error::MAX_DAYS;
use crate::people::identity_part;
use crate::staff::{Act, Post};
use crate::step::{At, Step};
use crate::{
    Caller, Credentials, Desk, DeskError, DeskHandle, Done, PersonInput, Place, RemedyError,
};

impl Desk {
    /// Registers the buyer of ephedrine preparations: once for all lines that ask for it.
    ///
    /// LAW: R17: name and number, cash sales too.
    pub(crate) fn register_buyer(
        &mut self,
        caller: &Caller,
        line: u32,
        buyer: Option<PersonInput>,
    ) -> Result<Done, DeskError> {
        const RULE: &str = "ephedrine.registration";
        let mut lines = vec![line];
        if let Ok(decision) = self.seated_decision(caller) {
            let reasons = super::release::reasons_of(&decision.verdict);
            let asking = reasons.filter(|reason| reason.rule == RULE);
            lines.extend(asking.filter_map(|reason| reason.line));
        }
        lines.sort_unstable();
        lines.dedup();
        let registration = match &buyer {
            Some(_) => Registration::Registered,
            None => Registration::Refused,
        };
        let mut sale = self.seated_sale(caller)?;
        let is_told = |person: &PersonInput| person.number.is_some() && person.name.is_some();
        // Nothing typed: whoever buys this sale, if it holds who that is.
        let is_same = |person: &PersonInput| person.number.is_none() && person.name.is_none();
        let is_known = buyer_of(&sale).birth.known().is_some();
        if let Some(person) = &buyer
            && !is_told(person)
            && !(is_same(person) && is_known)
        {
            return Err(RemedyError::NoNumber.into());
        }
        let named = buyer.iter().filter(|person| is_told(person));
        let identity = identity_part(named.map(|buyer| (PersonRole::Registered, buyer)))?;
        self.change_lines(&mut sale, &lines, |line| {
            line.registration = Fact::Known(registration);
        })?;
        let told = EvidenceStep::Lines {
            lines,
            what: LineTold::Registration(registration),
        };
        let step = self.supplied(caller, &told)?.naming(identity);
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new(match registration {
            Registration::Registered => "counter.registered",
            Registration::Refused => "counter.registration-refused",
        }))
    }

    /// Why more than usual is supplied.
    pub(crate) fn except(
        &mut self,
        caller: &Caller,
        line: u32,
        exception: SupplyException,
    ) -> Result<Done, DeskError> {
        self.tell_line(caller, line, LineTold::Exception(exception), |line| {
            line.exception = Some(exception);
        })?;
        Ok(Done::new("counter.exception-set").with(line.into()))
    }

    /// How many days a line lasts.
    pub(crate) fn set_days(
        &mut self,
        caller: &Caller,
        line: u32,
        days: u32,
    ) -> Result<Done, DeskError> {
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(RemedyError::Days.into());
        }
        self.tell_line(caller, line, LineTold::Days(days), |line| {
            line.days = Fact::Known(days);
        })?;
        Ok(Done::new("counter.days-set").with(line.into()))
    }

    /// Learns that packs of a prefix are this line's article.
    pub(crate) fn learn_prefix(
        &mut self,
        caller: &Caller,
        line: u32,
        code: &TraceCode,
    ) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let prefix = code.prefix().ok_or(RemedyError::NotLearnable)?;
        let mut lines = sale.basket.lines().iter();
        let told = lines.find(|known| known.number == line && known.packs.contains(code));
        let told = told.ok_or(RemedyError::NotLearnable)?;
        let known = self.find_article(&told.offered)?;
        let sku = known
            .map(|found| found.sku)
            .or_else(|| told.offered.sku.clone())
            .ok_or(RemedyError::NotLearnable)?;
        // What was only learnt may have been a mistake, or the shop has two numbers for one article.
        let owners = match &self.catalogue {
            Some(catalogue) => catalogue.by_prefix(&prefix)?,
            None => Vec::new(),
        };
        if owners.iter().any(|owner| *owner != sku) {
            return Err(RemedyError::NotLearnable.into());
        }
        let record = EvidenceStep::Prefix {
            prefix: prefix.clone(),
            sku: sku.clone(),
        };
        let step = self
            .supplied(caller, &record)?
            .writing(move |at: &At<'_>| Ok(at.transaction.put_trace_prefix(&prefix, &sku)?));
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.prefix-learnt").with(line.into()))
    }

    fn tell_line(
        &mut self,
        caller: &Caller,
        line: u32,
        what: LineTold,
        change: impl Fn(&mut BasketLine),
    ) -> Result<(), DeskError> {
        let mut sale = self.seated_sale(caller)?;
        self.change_lines(&mut sale, &[line], change)?;
        let lines = vec![line];
        let step = self.supplied(caller, &EvidenceStep::Lines { lines, what })?;
        self.record_remedy(caller, sale, step)?;
        Ok(())
    }

    fn change_lines(
        &self,
        sale: &mut Sale,
        numbers: &[u32],
        change: impl Fn(&mut BasketLine),
    ) -> Result<(), DeskError> {
        sale.reopen()?;
        for number in numbers {
            sale.basket = sale.basket.with_line(*number, &change)?;
        }
        Ok(())
    }
}

/// Who buys a sale.
fn buyer_of(sale: &Sale) -> &Person {
    match &sale.roles.buyer {
        Buyer::Proxy { person, .. } => person,
        Buyer::Holder | Buyer::Institution { .. } => &sale.roles.holder,
    }
}

impl DeskHandle {
    /// What a pharmacist read on the box, signed.
    pub(crate) async fn set_class(
        &self,
        caller: Caller,
        place: Place,
        line: u32,
        class: Dispensing,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let at = caller.clone();
        let sale = self.run(move |desk| desk.seated_sale(&at)).await?;
        let act = Act {
            kind: ActKind::Classify,
            sale: Some(sale.id.clone()),
            about: vec![sale.entry],
            what: serde_json::json!({"line": line, "class": class}),
            reason: None,
        };
        let at = Post::new(&caller, place);
        let signed = self.sign(at, Duty::Pharmacist, by, act).await?;
        self.run(move |desk| {
            let mut sale = desk.seated_sale(&caller)?;
            desk.change_lines(&mut sale, &[line], |line| line.class = Fact::Known(class))?;
            let told = EvidenceStep::Lines {
                lines: vec![line],
                what: LineTold::Class(class),
            };
            let step = Step::telling(&told)?.with(signed.part);
            desk.record_remedy(&caller, sale, step)?;
            Ok(Done::new("counter.class-set").with(line.into()))
        })
        .await
    }
}
