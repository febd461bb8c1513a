//! What becomes of a request by itself: it ends, its fee is paid or returned, its poster is told; and
//! some time later it is forgotten.

use slsbft_mechanism::request::{Answer, Failure, Judgement, Standing, judge, share};
use slsbft_proto::requests::v1::{Request, Status};
use slsbft_store::{Order, Read, Space};
use slsbft_types::{Address, Amount, Coins};

use super::{Network, Requests, account, events, keys, state};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        hooks::{Answered, News},
        ledger::Ledger,
    },
};

/// Requests that end or are forgotten in one block; the rest in the next ones.
const MOST_DUE: usize = 100;

impl<L: Ledger, N: Network> Requests<L, N> {
    /// What becomes due in every block.
    pub fn end_block(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let end = keys::due_until(ctx.block.height);
        let due: Vec<_> = ctx
            .state
            .range(Space::Main, keys::DUE, Some(&end), Order::Ascending)
            .take(MOST_DUE)
            .collect::<Result<_, _>>()?;
        for (key, _) in due {
            let request = state::queued(ctx.state, &key)?;
            if state::is_finished(&request) {
                ctx.state.delete(Space::Main, &key);
                ctx.state.delete(Space::Main, &keys::request(request.id));
            } else {
                self.judge(ctx, request)?;
            }
        }
        Ok(())
    }

    /// Makes one answer of what was revealed, or none.
    fn judge(&self, ctx: &mut Context<'_>, mut request: Request) -> Result<(), ExecError> {
        let seats = &request.seats;
        let edges: Vec<Address> = seats.iter().map(state::edge_of).collect::<Result<_, _>>()?;
        let revealed: Vec<_> = seats
            .iter()
            .map(|seat| state::read_answer(seat.answer.clone()))
            .collect();
        let revealed: Vec<Option<&Answer>> = revealed.iter().map(Option::as_ref).collect();
        let Judgement { outcome, standings } = judge(&revealed);
        for (edge, standing) in edges.iter().zip(&standings) {
            ctx.state.delete(Space::Main, &keys::assigned(edge, request.id));
            match standing {
                Standing::Agreed => self.network.judged(ctx, edge, true)?,
                Standing::Outlying | Standing::Silent => self.network.judged(ctx, edge, false)?,
                // Nobody can tell who was right.
                Standing::Open => {}
            }
        }
        match outcome {
            Err(Failure::Silence) => self.fail(ctx, request, Status::Silence),
            Err(Failure::Disagreement) => self.fail(ctx, request, Status::Disagreement),
            Ok(answer) => {
                let agreed = edges.iter().zip(&standings);
                let agreed = agreed.filter(|(_, standing)| **standing == Standing::Agreed);
                let agreed: Vec<Address> = agreed.map(|(edge, _)| *edge).collect();
                let rest = self.pay(ctx, &request, &agreed)?;
                request.status = Status::Answered.into();
                request.answer = Some(state::write_answer(&answer));
                self.finish(ctx, request, rest)
            }
        }
    }

    /// Pays those who gave the answer. Returns what is left of the fee.
    fn pay(&self, ctx: &mut Context<'_>, request: &Request, agreed: &[Address]) -> Result<Amount, ExecError> {
        let mut rest = state::fee_of(request)?;
        let share = share(rest, request.seats.len());
        if share.is_zero() {
            return Ok(rest);
        }
        for edge in agreed {
            let left = rest.sub(share);
            rest = left.map_err(|e| Fault::Invariant(format!("a request's fee: {e}")))?;
            self.send(ctx, edge, share)?;
        }
        Ok(rest)
    }

    /// Ends a request without an answer.
    pub(super) fn fail(
        &self,
        ctx: &mut Context<'_>,
        mut request: Request,
        reason: Status,
    ) -> Result<(), ExecError> {
        request.status = reason.into();
        let fee = state::fee_of(&request)?;
        self.finish(ctx, request, fee)
    }

    /// Returns what is left of the fee and tells the poster.
    fn finish(&self, ctx: &mut Context<'_>, mut request: Request, rest: Amount) -> Result<(), ExecError> {
        let poster = state::poster_of(&request)?;
        if !rest.is_zero() {
            self.send(ctx, &poster, rest)?;
        }
        let open = state::open_of(ctx.state, &poster)?;
        state::set_open(ctx.state, &poster, open.saturating_sub(1));
        if request.callback_gas > 0 {
            let news = news(&request);
            self.network.tell(ctx, &poster, request.callback_gas, &news)?;
        }
        let keep = state::params(ctx.state)?.keep_blocks;
        let forgotten_at = ctx.block.height.saturating_add(keep);
        state::set_due(ctx.state, &mut request, forgotten_at);
        state::save(ctx.state, &request);
        events::finished(ctx, &request, rest);
        Ok(())
    }

    /// The account always holds what is sent, so a failure is the node's.
    fn send(&self, ctx: &mut Context<'_>, to: &Address, amount: Amount) -> Result<(), ExecError> {
        let sent = self.ledger.transfer(ctx, &account(), to, &Coins::base(amount));
        sent.map_err(|error| match error {
            ExecError::Tx(error) => Fault::Invariant(format!("requests: {error}")).into(),
            fault => fault,
        })
    }
}

/// How a request ended, as contracts and events say it.
pub fn reason(request: &Request) -> Option<&'static str> {
    match (request.status(), state::read_answer(request.answer.clone())) {
        (Status::Answered, Some(Answer::Found(_))) => None,
        (Status::Answered, Some(Answer::Failed(_))) => Some("failed"),
        (Status::Answered, _) => Some("unavailable"),
        (Status::Silence, _) => Some("silence"),
        (Status::Disagreement, _) => Some("disagreement"),
        (Status::TooFewNodes, _) => Some("too_few_nodes"),
        (Status::Unspecified | Status::Posted | Status::Open, _) => Some("unfinished"),
    }
}

fn news(request: &Request) -> News {
    let (answer, why) = match state::read_answer(request.answer.clone()) {
        Some(Answer::Found(text)) => (Some(text), None),
        Some(Answer::Failed(words)) => (None, Some(words)),
        _ => (None, None),
    };
    News::Answered(Answered {
        request: request.id,
        answer,
        error: reason(request),
        reason: why,
    })
}
