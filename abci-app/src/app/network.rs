//! What `requests` sees of nodes and contracts.

use slsbft_store::Read;
use slsbft_types::Address;

use super::modules::CONTRACTS;
use crate::{
    context::Context,
    errors::Fault,
    modules::{
        beacon, contracts,
        hooks::{self, Callee, News},
        requests, service,
    },
};

/// Providers that answer, and contracts that ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network;

impl requests::Network for Network {
    fn edges(&self, state: &impl Read) -> Result<Vec<Address>, Fault> {
        let mut standing = Vec::new();
        for edge in service::edges(state)? {
            if !service::is_paused(state, &edge)? {
                standing.push(edge);
            }
        }
        Ok(standing)
    }

    fn is_edge(&self, state: &impl Read, address: &Address) -> Result<bool, Fault> {
        service::is_edge(state, address)
    }

    fn beacon(&self, state: &impl Read) -> Result<[u8; 32], Fault> {
        beacon::value(state)
    }

    fn is_contract(&self, state: &impl Read, address: &Address) -> Result<bool, Fault> {
        CONTRACTS.exists(state, address)
    }

    fn has_code(&self, state: &impl Read, code_id: u64) -> Result<bool, Fault> {
        contracts::has_code(state, code_id)
    }

    fn tell(&self, ctx: &mut Context<'_>, contract: &Address, gas: u64, news: &News) -> Result<(), Fault> {
        hooks::tell_one(ctx.state, contract, gas, news)
    }

    fn judged(&self, ctx: &mut Context<'_>, edge: &Address, is_good: bool) -> Result<(), Fault> {
        service::answered(ctx.state, edge, is_good)
    }
}
