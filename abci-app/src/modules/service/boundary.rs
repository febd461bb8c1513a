//! An epoch's last block: from audits, ratings and signatures to service levels; and
//! its first: who audits whom.

use std::{collections::BTreeMap, ops::Range};

use slsbft_mechanism::{
    audit::{self, Auditor, Duty, Judgement, Target},
    election::Candidate,
    level::{Change, Dimension, Dimensions},
};
use slsbft_types::{Address, Amount, Ratio, Time};

use super::{
    Params, Service, Validators, answers, audits, events, ratings,
    records::{self, Slot, Verdict},
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        consensus,
        epochs::{self, Epoch},
        ledger::Ledger,
    },
};

/// What an epoch says of one participant.
#[derive(Clone, Copy, Debug, Default)]
struct Findings {
    outcomes: Dimensions<Option<Ratio>>,
    /// Of its audit, if there was one.
    verdict: Option<audit::Verdict>,
    /// It was silent or outlying as an auditor.
    penalised: bool,
    /// It was silent or outlying when requests were to be answered.
    unanswering: bool,
}

/// By participant's id.
type All = BTreeMap<u32, Findings>;

impl<L: Ledger, V: Validators> Service<L, V> {
    /// What becomes due in every block.
    pub fn end_block(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        self.release(ctx)?;
        Ok(ratings::forget(ctx.state)?)
    }

    /// Takes the epoch's evidence into the levels. Whoever falls is slashed.
    pub fn end_epoch(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let epoch = epochs::current(ctx.state)?;
        let mut found = All::new();
        self.add_audits(ctx, &mut found)?;
        self.add_signing(ctx, &mut found)?;
        for (provider, outcome) in ratings::outcomes(ctx.state)? {
            if let Some(id) = records::id_of(ctx.state, &provider)? {
                found.entry(id).or_default().outcomes.consumer = Some(outcome);
            }
        }
        for provider in answers::failed(ctx.state)? {
            if let Some(id) = records::id_of(ctx.state, &provider)? {
                found.entry(id).or_default().unanswering = true;
            }
        }
        audits::clear(ctx.state)?;
        answers::clear(ctx.state)?;
        ratings::clear(ctx.state)?;
        for (address, change) in fold(ctx, &epoch, &found)? {
            self.act_on(ctx, &address, change)?;
        }
        Ok(())
    }

    /// Assigns the running epoch's audits to those who may stand for election.
    pub fn assign(
        &self,
        ctx: &mut Context<'_>,
        beacon: &[u8; 32],
        candidates: &[Candidate],
    ) -> Result<(), ExecError> {
        let auditors: Vec<Auditor> = candidates
            .iter()
            .map(|candidate| Auditor {
                operator: candidate.operator,
                stake: candidate.stake,
            })
            .collect();
        Ok(audits::assign(ctx.state, beacon, &auditors)?)
    }

    fn add_audits(&self, ctx: &mut Context<'_>, found: &mut All) -> Result<(), ExecError> {
        let targets = audits::targets(ctx.state)?;
        if targets.is_empty() {
            return Ok(());
        }
        let rules = Params::load(ctx.state)?.audits;
        let duties = audits::duties(ctx.state)?;
        let views: Vec<_> = duties
            .iter()
            .map(|(_, assigned, report)| Duty {
                assigned,
                revealed: report.as_ref(),
            })
            .collect();
        let Judgement { verdicts, standings } = audit::judge(&targets, &views, &rules);
        for (Target { id, .. }, verdict) in targets.iter().zip(&verdicts) {
            let findings = found.entry(*id).or_default();
            findings.outcomes.endpoint = verdict.endpoint;
            findings.outcomes.resource = verdict.resource;
            findings.verdict = Some(*verdict);
        }
        let mut penalised = 0;
        for ((operator, ..), standing) in duties.iter().zip(&standings) {
            if standing.is_penalised() {
                let id = records::enrol(ctx.state, operator)?;
                found.entry(id).or_default().penalised = true;
                penalised += 1;
            }
        }
        let void = verdicts
            .iter()
            .filter(|verdict| verdict.reached.is_none())
            .count();
        events::judged(ctx, targets.len(), void, penalised);
        Ok(())
    }

    /// 1 for whoever signed two thirds of the blocks while in the set, else 0.
    fn add_signing(&self, ctx: &mut Context<'_>, found: &mut All) -> Result<(), ExecError> {
        for (address, uptime) in consensus::running_uptimes(ctx.state)? {
            let Some(operator) = self.validators.operator_of(ctx.state, &address)? else {
                continue;
            };
            let signed = u128::from(uptime.signed) * 3 >= u128::from(uptime.present) * 2;
            let id = records::enrol(ctx.state, &operator)?;
            let outcome = &mut found.entry(id).or_default().outcomes.consensus;
            let this = if signed { Ratio::ONE } else { Ratio::ZERO };
            // Two keys of one operator in an epoch: the worse counts.
            *outcome = Some(outcome.map_or(this, |other| other.min(this)));
        }
        Ok(())
    }

    fn act_on(&self, ctx: &mut Context<'_>, address: &Address, change: Change) -> Result<(), ExecError> {
        let name = match change {
            Change::Paused => "service_paused",
            Change::Resumed => "service_resumed",
            Change::Fell => "service_fell",
            Change::Rearmed => "service_rearmed",
        };
        events::level_changed(ctx, name, address);
        if change != Change::Fell {
            return Ok(());
        }
        let fraction = Params::load(ctx.state)?.fall_slash;
        let of_provider = self.slash_self_stake(ctx, address, fraction)?;
        let of_validator = if self.validators.exists(ctx.state, address)? {
            self.validators.slash_self(ctx, address, fraction)?
        } else {
            Amount::ZERO
        };
        let burned = of_provider.add(of_validator);
        let burned = burned.map_err(|e| Fault::Invariant(e.to_string()))?;
        events::fall_slashed(ctx, address, burned);
        Ok(())
    }
}

/// Writes findings into the records, page by page. Returns what changed for whom.
fn fold(ctx: &mut Context<'_>, epoch: &Epoch, found: &All) -> Result<Vec<(Address, Change)>, Fault> {
    let rules = Params::load(ctx.state)?.levels;
    let lasted = epoch.started_at..ctx.block.time;
    let mut changes = Vec::new();
    let mut found = found.iter().peekable();
    while let Some((first, _)) = found.peek() {
        let number = records::page_of(**first);
        let mut page = records::load_page(ctx.state, number)?;
        while let Some((id, findings)) = found.next_if(|(id, _)| records::page_of(**id) == number) {
            if let Some(slot) = page.get_mut(id) {
                let changed = take_in(slot, findings, epoch.number, &lasted, &rules);
                changes.extend(changed.into_iter().map(|change| (slot.address, change)));
            }
        }
        records::store_page(ctx.state, number, &page);
    }
    Ok(changes)
}

fn take_in(
    slot: &mut Slot,
    findings: &Findings,
    epoch: u64,
    lasted: &Range<Time>,
    rules: &slsbft_mechanism::level::Rules,
) -> Vec<Change> {
    if findings.penalised {
        slot.record.penalise(Dimension::Consensus, lasted, rules);
    }
    if findings.unanswering {
        slot.record.penalise(Dimension::Endpoint, lasted, rules);
    }
    if let Some(verdict) = findings.verdict {
        slot.verdict = Verdict {
            epoch,
            reached: verdict.reached,
            endpoint: verdict.endpoint,
            resource: verdict.resource,
        };
    }
    slot.record.record(&findings.outcomes, lasted, rules)
}
