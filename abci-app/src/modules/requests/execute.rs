//! Posting, committing, revealing.

use cosmos_sdk_proto::Any;
use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::{
    MsgCommitResponse, MsgPostResponse, MsgRevealResponse, Params, Request, Seat, Status,
};
use slsbft_store::{Read, Space};
use slsbft_types::{Address, Amount, Coins};

use super::{
    Network, Requests, account,
    errors::{RequestsError, UrlError},
    events, keys,
    msg::{Msg, Post, Question, Url},
    state::{self, set_due},
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        ledger::Ledger,
        record::{self, pack},
    },
};

impl<L: Ledger, N: Network> Requests<L, N> {
    /// Executes a message; its response goes into the transaction's data.
    pub fn execute(&self, ctx: &mut Context<'_>, msg: &Msg) -> Result<Any, ExecError> {
        match msg {
            Msg::Post(post) => {
                let request_id = self.post(ctx, post)?;
                Ok(pack(&MsgPostResponse { request_id }))
            }
            Msg::Commit { edge, id, digest } => {
                commit(ctx, edge, *id, digest)?;
                Ok(pack(&MsgCommitResponse {}))
            }
            Msg::Reveal {
                edge,
                id,
                salt,
                answer,
            } => {
                reveal(ctx, edge, *id, salt, answer)?;
                Ok(pack(&MsgRevealResponse {}))
            }
        }
    }

    fn post(&self, ctx: &mut Context<'_>, post: &Post) -> Result<u64, ExecError> {
        let params = state::params(ctx.state)?;
        self.allow(ctx.state, &params, post)?;
        if post.callback_gas > 0 && !self.network.is_contract(ctx.state, &post.poster)? {
            return Err(RequestsError::NoContract(post.poster.to_string()).into());
        }
        let open = state::open_of(ctx.state, &post.poster)?;
        if open >= params.max_open.into() {
            return Err(RequestsError::TooManyOpen(params.max_open).into());
        }
        // Those of earlier blocks had their nodes drawn when this one began.
        let posted = state::posted(ctx.state)?;
        if posted.len() >= params.max_posts as usize {
            return Err(RequestsError::BlockIsFull(params.max_posts).into());
        }
        has_room(&params, &posted, &post.question)?;
        self.ledger
            .transfer(ctx, &post.poster, &account(), &Coins::base(post.fee))?;
        let id = record::load_u64(ctx.state, Space::Main, keys::LAST_ID)?.saturating_add(1);
        ctx.state
            .set(Space::Main, keys::LAST_ID.to_vec(), id.to_be_bytes().to_vec());
        state::set_open(ctx.state, &post.poster, open.saturating_add(1));
        state::save(ctx.state, &describe(id, post, ctx.block.height));
        state::mark(ctx.state, keys::posted(id));
        events::posted(ctx, id, post);
        Ok(id)
    }

    /// Checks a request against the chain's rules.
    fn allow(&self, state: &impl Read, params: &Params, post: &Post) -> Result<(), ExecError> {
        match &post.question {
            Question::Url { url, .. } => allow_url(params, url)?,
            Question::Task(task) => {
                if !self.network.has_code(state, task.code_id)? {
                    return Err(RequestsError::NoCode(task.code_id).into());
                }
            }
        }
        let least = least_fee(params, &post.question)?;
        if post.fee < least {
            let found = post.fee;
            return Err(RequestsError::Fee { found, least }.into());
        }
        Ok(())
    }
}

/// What a request must offer. A task pays for the gas that it asks for, used or not: its nodes must have
/// that time for it.
fn least_fee(params: &Params, question: &Question) -> Result<Amount, Fault> {
    let least = state::min_fee(params)?;
    let Question::Task(task) = question else {
        return Ok(least);
    };
    let price = state::task_price(params)?.value();
    // Whoever asks for so much that this is no number any more cannot pay for it either.
    let price = price.saturating_mul(task.gas.into()).div_ceil(1_000_000);
    Ok(Amount::new(least.value().saturating_add(price)))
}

fn allow_url(params: &Params, url: &Url) -> Result<(), RequestsError> {
    if !url.is_secure && !params.allow_http {
        return Err(RequestsError::Url(UrlError::Scheme));
    }
    if !params.hosts.contains(&url.authority) {
        let shown: String = url.authority.chars().take(80).collect();
        return Err(RequestsError::Host(shown));
    }
    Ok(())
}

/// The tasks of a block are few enough that a node which is drawn for all of them can run them before
/// those of the next one come.
fn has_room(params: &Params, posted: &[Request], question: &Question) -> Result<(), RequestsError> {
    let Question::Task(task) = question else {
        return Ok(());
    };
    let tasks = posted.iter().filter_map(|request| request.task.as_ref());
    let taken = tasks.fold(0, |sum: u64, task| sum.saturating_add(task.gas));
    let left = params.max_task_gas.saturating_sub(taken);
    if task.gas > left {
        let most = params.max_task_gas;
        return Err(RequestsError::TaskGas { left, most });
    }
    Ok(())
}

fn describe(id: u64, post: &Post, height: u64) -> Request {
    let asked = match &post.question {
        Question::Url { url, path, decimals } => Request {
            url: url.text.clone(),
            path: path.clone(),
            decimals: *decimals,
            ..Request::default()
        },
        Question::Task(task) => Request {
            task: Some(task.clone()),
            ..Request::default()
        },
    };
    Request {
        id,
        poster: post.poster.to_string(),
        fee: post.fee.to_string(),
        callback_gas: post.callback_gas,
        posted_height: height,
        status: Status::Posted.into(),
        ..asked
    }
}

fn commit(ctx: &mut Context<'_>, edge: &Address, id: u64, digest: &[u8; 32]) -> Result<(), ExecError> {
    let mut request = state::open_request(ctx.state, id)?;
    let until = request.commit_until;
    let seat = seat_of(&mut request, edge)?;
    if ctx.block.height > until {
        return Err(RequestsError::TooLateToCommit(until).into());
    }
    if !seat.digest.is_empty() {
        return Err(RequestsError::Committed(id).into());
    }
    seat.digest = digest.to_vec().into();
    state::save(ctx.state, &request);
    events::answering(ctx, "request_committed", id, edge);
    Ok(())
}

fn reveal(
    ctx: &mut Context<'_>,
    edge: &Address,
    id: u64,
    salt: &[u8; 32],
    answer: &Answer,
) -> Result<(), ExecError> {
    let mut request = state::open_request(ctx.state, id)?;
    let until = request.commit_until;
    // No commitment can come any more: else it could be to what is revealed here.
    let all_committed = request.seats.iter().all(|seat| !seat.digest.is_empty());
    let is_closed = all_committed || ctx.block.height > until;
    let is_task = request.task.is_some();
    let seat = seat_of(&mut request, edge)?;
    if seat.digest.is_empty() {
        return Err(RequestsError::NotCommitted(id).into());
    }
    if !is_closed {
        return Err(RequestsError::TooEarlyToReveal(until.saturating_add(1)).into());
    }
    if seat.answer.is_some() {
        return Err(RequestsError::Revealed.into());
    }
    if matches!(
        (answer, is_task),
        (Answer::Failed(_), false) | (Answer::Unavailable, true)
    ) {
        return Err(RequestsError::OtherKind.into());
    }
    if seat.digest != answer.commitment(&ctx.block.chain_id, id, edge, salt).as_slice() {
        return Err(RequestsError::OtherAnswer.into());
    }
    seat.answer = Some(state::write_answer(answer));
    let is_complete = request
        .seats
        .iter()
        .all(|seat| seat.digest.is_empty() || seat.answer.is_some());
    if is_complete {
        // Nobody is waited for any more.
        set_due(ctx.state, &mut request, ctx.block.height);
    }
    state::save(ctx.state, &request);
    events::answering(ctx, "request_revealed", id, edge);
    Ok(())
}

fn seat_of<'a>(request: &'a mut Request, edge: &Address) -> Result<&'a mut Seat, ExecError> {
    let id = request.id;
    let edge = edge.to_string();
    let seat = request.seats.iter_mut().find(|seat| seat.edge == edge);
    seat.ok_or_else(|| RequestsError::NotDrawn(id).into())
}
