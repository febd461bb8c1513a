//! Records of requests, and the queues they wait in. A request that is not finished is in exactly one:
//! among those without nodes, or among those that end at a height.

use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::{self, Params, Request, Seat, Status, answer};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount};

use super::{errors::RequestsError, keys};
use crate::{
    errors::{ExecError, Fault},
    modules::record,
};

pub fn params(state: &impl Read) -> Result<Params, Fault> {
    Ok(record::load(state, Space::Main, keys::PARAMS)?.unwrap_or_default())
}

pub fn min_fee(params: &Params) -> Result<Amount, Fault> {
    let fee = params.min_fee.parse();
    fee.map_err(|_| Fault::corrupt("requests' parameters"))
}

/// uankr for each million gas of a task.
pub fn task_price(params: &Params) -> Result<Amount, Fault> {
    let price = params.task_price.parse();
    price.map_err(|_| Fault::corrupt("requests' parameters"))
}

/// Those whose nodes are not drawn yet: of the running block, since those of earlier ones had theirs drawn
/// when it began.
pub fn posted(state: &impl Read) -> Result<Vec<Request>, Fault> {
    let waiting = state.prefix(Space::Main, keys::POSTED, Order::Ascending);
    let waiting = waiting.map(|entry| queued(state, &entry?.0));
    waiting.collect()
}

pub fn find(state: &impl Read, id: u64) -> Result<Option<Request>, Fault> {
    record::load(state, Space::Main, &keys::request(id))
}

/// A request that takes commitments and answers.
pub fn open_request(state: &impl Read, id: u64) -> Result<Request, ExecError> {
    let found = find(state, id)?.ok_or(RequestsError::NotFound(id))?;
    match found.status() {
        Status::Open => Ok(found),
        _ => Err(RequestsError::NotOpen(id).into()),
    }
}

/// A request that is in a queue, and so must be there.
pub fn queued(state: &impl Read, key: &[u8]) -> Result<Request, Fault> {
    let id = keys::id_of(key).ok_or_else(|| Fault::corrupt("the queue of requests"))?;
    find(state, id)?.ok_or_else(|| Fault::corrupt("a request that waits"))
}

pub fn save(state: &mut Overlay, request: &Request) {
    record::store(state, keys::request(request.id), request);
}

pub fn mark(state: &mut Overlay, key: Vec<u8>) {
    state.set(Space::Main, key, vec![1]);
}

/// Moves a request in the queue of heights.
pub fn set_due(state: &mut Overlay, request: &mut Request, height: u64) {
    if request.due > 0 {
        state.delete(Space::Main, &keys::due(request.due, request.id));
    }
    request.due = height;
    mark(state, keys::due(height, request.id));
}

/// Unfinished requests of an account.
pub fn open_of(state: &impl Read, poster: &Address) -> Result<u64, Fault> {
    record::load_u64(state, Space::Main, &keys::open(poster))
}

pub fn set_open(state: &mut Overlay, poster: &Address, number: u64) {
    let key = keys::open(poster);
    match number {
        0 => state.delete(Space::Main, &key),
        some => state.set(Space::Main, key, some.to_be_bytes().to_vec()),
    }
}

pub fn is_finished(request: &Request) -> bool {
    !matches!(request.status(), Status::Posted | Status::Open)
}

/// Parsed parts of records, which this node wrote.
pub fn poster_of(request: &Request) -> Result<Address, Fault> {
    address(&request.poster)
}

pub fn edge_of(seat: &Seat) -> Result<Address, Fault> {
    address(&seat.edge)
}

fn address(text: &str) -> Result<Address, Fault> {
    Address::from_bech32(text).map_err(|_| Fault::corrupt("a request's account"))
}

pub fn fee_of(request: &Request) -> Result<Amount, Fault> {
    request.fee.parse().map_err(|_| Fault::corrupt("a request's fee"))
}

/// `None` if it says nothing.
pub fn read_answer(answer: Option<v1::Answer>) -> Option<Answer> {
    match answer?.answer? {
        answer::Answer::Found(text) => Some(Answer::Found(text)),
        answer::Answer::Unavailable(true) => Some(Answer::Unavailable),
        answer::Answer::Unavailable(false) => None,
        answer::Answer::Failed(words) => Some(Answer::Failed(words)),
    }
}

pub fn write_answer(answer: &Answer) -> v1::Answer {
    let answer = match answer {
        Answer::Found(text) => answer::Answer::Found(text.clone()),
        Answer::Unavailable => answer::Answer::Unavailable(true),
        Answer::Failed(words) => answer::Answer::Failed(words.clone()),
    };
    v1::Answer { answer: Some(answer) }
}
