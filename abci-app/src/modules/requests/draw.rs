//! Who is asked. The nodes of an epoch are those that stood when it began, so whoever makes a block
//! cannot choose among them with the beacon that it knows.

use prost::Message;
use slsbft_mechanism::request::draw;
use slsbft_proto::requests::v1::{Params, Request, Seat, Status};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{Network, Requests, events, keys, state};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{ledger::Ledger, record},
};

/// Drawn beyond those needed, for those that have gone since the epoch began.
const SPARE: usize = 50;

/// The nodes of the running epoch.
#[derive(Clone, PartialEq, Message)]
struct Pool {
    #[prost(bytes = "vec", repeated, tag = "1")]
    edges: Vec<Vec<u8>>,
}

/// Who can be drawn in the running epoch.
pub fn edges(state: &impl Read) -> Result<Vec<Address>, Fault> {
    let pool: Pool = record::load(state, Space::Epoch, keys::EDGES)?.unwrap_or_default();
    let edges = pool.edges.iter().map(|edge| Address::from_bytes(edge));
    edges
        .collect::<Result<_, _>>()
        .map_err(|_| Fault::corrupt("the nodes that answer requests"))
}

impl<L: Ledger, N: Network> Requests<L, N> {
    /// An epoch begins: remembers who can be drawn in it.
    pub fn begin_epoch(&self, state: &mut Overlay) -> Result<(), Fault> {
        let edges = self.network.edges(state)?;
        if edges.is_empty() {
            state.delete(Space::Epoch, keys::EDGES);
            return Ok(());
        }
        let edges = edges.iter().map(|edge| edge.as_bytes().to_vec()).collect();
        let pool = Pool { edges };
        state.set(Space::Epoch, keys::EDGES.to_vec(), pool.encode_to_vec());
        Ok(())
    }

    /// Draws nodes for the requests of the block before, by the beacon of this one.
    pub fn begin_block(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let posted = ctx.state.prefix(Space::Main, keys::POSTED, Order::Ascending);
        let posted: Vec<_> = posted.collect::<Result<_, _>>()?;
        if posted.is_empty() {
            return Ok(());
        }
        let params = state::params(ctx.state)?;
        let edges = edges(ctx.state)?;
        let beacon = self.network.beacon(ctx.state)?;
        for (key, _) in posted {
            let mut request = state::queued(ctx.state, &key)?;
            ctx.state.delete(Space::Main, &key);
            let drawn = self.drawn(ctx.state, &request, &params, &edges, &beacon)?;
            if drawn.len() < params.nodes as usize {
                self.fail(ctx, request, Status::TooFewNodes)?;
                continue;
            }
            let height = ctx.block.height;
            request.commit_until = last_of(height, params.commit_blocks)?;
            request.reveal_until = last_of(request.commit_until.saturating_add(1), params.reveal_blocks)?;
            assign(ctx, request, &drawn);
        }
        Ok(())
    }

    fn drawn(
        &self,
        state: &impl Read,
        request: &Request,
        params: &Params,
        edges: &[Address],
        beacon: &[u8; 32],
    ) -> Result<Vec<Address>, Fault> {
        let needed = params.nodes as usize;
        let places = draw(beacon, request.id, edges.len(), needed.saturating_add(SPARE));
        let mut drawn = Vec::with_capacity(needed);
        for edge in places.into_iter().filter_map(|place| edges.get(place)) {
            if drawn.len() == needed {
                break;
            }
            // Nobody answers itself.
            if edge.to_string() != request.poster && self.network.is_edge(state, edge)? {
                drawn.push(*edge);
            }
        }
        Ok(drawn)
    }
}

fn assign(ctx: &mut Context<'_>, mut request: Request, drawn: &[Address]) {
    request.status = Status::Open.into();
    request.seats = drawn
        .iter()
        .map(|edge| Seat {
            edge: edge.to_string(),
            ..Seat::default()
        })
        .collect();
    for edge in drawn {
        state::mark(ctx.state, keys::assigned(edge, request.id));
    }
    let until = request.reveal_until;
    state::set_due(ctx.state, &mut request, until);
    state::save(ctx.state, &request);
    events::assigned(ctx, &request);
}

/// A number of blocks from one on: the last of them.
fn last_of(first: u64, blocks: u64) -> Result<u64, Fault> {
    first
        .checked_add(blocks.saturating_sub(1))
        .ok_or_else(|| Fault::Invariant("heights are used up".into()))
}
