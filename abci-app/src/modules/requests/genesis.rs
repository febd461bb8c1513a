//! Requests in and out of a genesis document. Those that are not finished begin anew there: what was
//! committed to names the chain, which may be another.

use slsbft_genesis::contracts::Base64;
use slsbft_genesis::requests::{
    Finished, Outcome, Page, Question, Request as SectionRequest, Requests as Section, RequestsParams, Task,
};
use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::{self, Params, Request, Status};
use slsbft_store::{Order, Overlay, Read, Space};

use super::{Network, Requests, keys, state};
use crate::{
    errors::Fault,
    modules::{ledger::Ledger, record},
};

impl<L: Ledger, N: Network> Requests<L, N> {
    /// Writes the section. Balances and providers come before it: the module's account must hold
    /// the fees.
    pub fn init(&self, state: &mut Overlay, section: &Section) -> Result<(), Fault> {
        record::store(state, keys::PARAMS.to_vec(), &write_params(&section.params));
        if section.last_id > 0 {
            let last_id = section.last_id.to_be_bytes().to_vec();
            state.set(Space::Main, keys::LAST_ID.to_vec(), last_id);
        }
        for entry in &section.requests {
            let mut request = write_request(entry);
            match &entry.finished {
                Some(finished) => state::set_due(state, &mut request, finished.forgotten_at.max(1)),
                None => {
                    let open = state::open_of(state, &entry.poster)?;
                    state::set_open(state, &entry.poster, open.saturating_add(1));
                    state::mark(state, keys::posted(entry.id));
                }
            }
            state::save(state, &request);
        }
        self.begin_epoch(state)
    }
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let requests = state
        .prefix(Space::Main, keys::REQUEST, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            read_request(record::decode(&value, &key)?)
        });
    Ok(Section {
        params: read_params(state::params(state)?)?,
        last_id: record::load_u64(state, Space::Main, keys::LAST_ID)?,
        requests: requests.collect::<Result<_, _>>()?,
    })
}

fn write_params(params: &RequestsParams) -> Params {
    Params {
        hosts: params.hosts.clone(),
        allow_http: params.allow_http,
        nodes: params.nodes,
        commit_blocks: params.commit_blocks,
        reveal_blocks: params.reveal_blocks,
        min_fee: params.min_fee.to_string(),
        max_open: params.max_open,
        max_posts: params.max_posts,
        keep_blocks: params.keep_blocks,
        max_task_gas: params.max_task_gas,
        task_price: params.task_price.to_string(),
    }
}

fn read_params(params: Params) -> Result<RequestsParams, Fault> {
    Ok(RequestsParams {
        min_fee: state::min_fee(&params)?,
        task_price: state::task_price(&params)?,
        hosts: params.hosts,
        allow_http: params.allow_http,
        nodes: params.nodes,
        commit_blocks: params.commit_blocks,
        reveal_blocks: params.reveal_blocks,
        max_open: params.max_open,
        max_posts: params.max_posts,
        keep_blocks: params.keep_blocks,
        max_task_gas: params.max_task_gas,
    })
}

fn write_request(entry: &SectionRequest) -> Request {
    let (status, answer) = match entry.finished.as_ref().map(|finished| &finished.outcome) {
        None => (Status::Posted, None),
        Some(Outcome::Found(text)) => (Status::Answered, Some(Answer::Found(text.clone()))),
        Some(Outcome::Unavailable) => (Status::Answered, Some(Answer::Unavailable)),
        Some(Outcome::Failed(words)) => (Status::Answered, Some(Answer::Failed(words.clone()))),
        Some(Outcome::Silence) => (Status::Silence, None),
        Some(Outcome::Disagreement) => (Status::Disagreement, None),
        Some(Outcome::TooFewNodes) => (Status::TooFewNodes, None),
    };
    let asked = match &entry.question {
        Question::Url(page) => Request {
            url: page.address.clone(),
            path: page.path.clone(),
            decimals: page.decimals,
            ..Request::default()
        },
        Question::Task(task) => Request {
            task: Some(v1::Task {
                code_id: task.code_id,
                input: task.input.0.clone().into(),
                gas: task.gas,
            }),
            ..Request::default()
        },
    };
    Request {
        id: entry.id,
        poster: entry.poster.to_string(),
        fee: entry.fee.to_string(),
        callback_gas: entry.callback_gas,
        posted_height: entry.posted_height,
        status: status.into(),
        answer: answer.as_ref().map(state::write_answer),
        ..asked
    }
}

fn read_request(request: Request) -> Result<SectionRequest, Fault> {
    let answer = state::read_answer(request.answer.clone());
    let outcome = match (request.status(), answer) {
        (Status::Posted | Status::Open, _) => None,
        (Status::Answered, Some(Answer::Found(text))) => Some(Outcome::Found(text)),
        (Status::Answered, Some(Answer::Unavailable)) => Some(Outcome::Unavailable),
        (Status::Answered, Some(Answer::Failed(words))) => Some(Outcome::Failed(words)),
        (Status::Silence, _) => Some(Outcome::Silence),
        (Status::Disagreement, _) => Some(Outcome::Disagreement),
        (Status::TooFewNodes, _) => Some(Outcome::TooFewNodes),
        (Status::Answered | Status::Unspecified, _) => return Err(Fault::corrupt("a request")),
    };
    Ok(SectionRequest {
        id: request.id,
        poster: state::poster_of(&request)?,
        fee: state::fee_of(&request)?,
        question: match request.task {
            Some(task) => Question::Task(Task {
                code_id: task.code_id,
                input: Base64(task.input.into()),
                gas: task.gas,
            }),
            None => Question::Url(Page {
                address: request.url,
                path: request.path,
                decimals: request.decimals,
            }),
        },
        callback_gas: request.callback_gas,
        posted_height: request.posted_height,
        finished: outcome.map(|outcome| Finished {
            outcome,
            forgotten_at: request.due,
        }),
    })
}
