//! Reading accounts, balances and blocks.

use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::{
        BaseAccount, ModuleAccount, QueryAccountRequest, query_client::QueryClient as AuthClient,
    },
    bank::v1beta1::{
        Metadata, QueryAllBalancesRequest, QueryBalanceRequest, QueryDenomMetadataRequest,
        QueryTotalSupplyRequest, query_client::QueryClient as BankClient,
    },
    base::{
        node::v1beta1::{StatusRequest, service_client::ServiceClient as NodeClient},
        query::v1beta1::{PageRequest, PageResponse},
        tendermint::v1beta1::{
            GetBlockByHeightRequest, GetLatestBlockRequest, GetNodeInfoRequest, GetSyncingRequest,
            service_client::ServiceClient,
        },
    },
};
use prost::{Message, Name, bytes::Bytes};
use slsbft_types::{Address, Amount, Coin, PublicKey, Time};
use tendermint_proto::v0_38::types::{Block, BlockId};
use tonic::{Code, Status};

use super::{Client, ClientError, MAX_ANSWER_BYTES};

/// Most entries read of any list.
const MAX_ENTRIES: usize = 10_000;

/// An account as the chain knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub address: Address,
    pub number: u64,
    /// Of the next transaction, as of the latest block.
    pub sequence: u64,
    /// Unknown until the account has signed once.
    pub public_key: Option<PublicKey>,
}

/// The latest block of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub height: u64,
    pub time: Time,
}

impl Client {
    /// An account, or `None` if it has never received anything.
    pub async fn find_account(&self, address: &Address) -> Result<Option<Account>, ClientError> {
        let request = QueryAccountRequest {
            address: address.to_string(),
        };
        let answer = match AuthClient::new(self.channel()).account(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(self.failed(status)),
        };
        let any = answer.account.ok_or_else(|| self.without("an account"))?;
        let base = if any.type_url == ModuleAccount::type_url() {
            ModuleAccount::decode(any.value.as_slice())
                .ok()
                .and_then(|module| module.base_account)
        } else {
            BaseAccount::decode(any.value.as_slice()).ok()
        };
        let base = base.ok_or_else(|| self.without("a base account"))?;
        let public_key = base
            .pub_key
            .as_ref()
            .and_then(|any| PublicKey::from_any(any).ok());
        Ok(Some(Account {
            address: *address,
            number: base.account_number,
            sequence: base.sequence,
            public_key,
        }))
    }

    /// An account that must exist.
    pub async fn account(&self, address: &Address) -> Result<Account, ClientError> {
        self.find_account(address)
            .await?
            .ok_or(ClientError::NoAccount(*address))
    }

    /// The balance of one denomination, in its smallest unit; zero if there is none.
    pub async fn balance(&self, address: &Address, denom: &str) -> Result<Amount, ClientError> {
        let request = QueryBalanceRequest {
            address: address.to_string(),
            denom: denom.to_owned(),
        };
        let answer = BankClient::new(self.channel())
            .balance(request)
            .await
            .map_err(|s| self.failed(s))?;
        let coin = answer.into_inner().balance;
        coin.map_or(Ok(Amount::ZERO), |coin| {
            coin.amount.parse().map_err(|_| self.without("a readable amount"))
        })
    }

    /// All balances, sorted by denomination.
    pub async fn balances(&self, address: &Address) -> Result<Vec<Coin>, ClientError> {
        let mut bank = BankClient::new(self.channel());
        let mut pages = Pages::default();
        let mut all = Vec::new();
        while let Some(pagination) = pages.next(all.len()) {
            let request = QueryAllBalancesRequest {
                address: address.to_string(),
                pagination,
                ..Default::default()
            };
            let answer = bank
                .all_balances(request)
                .await
                .map_err(|s| self.failed(s))?
                .into_inner();
            self.read_coins(&answer.balances, &mut all)?;
            pages.read(answer.pagination.map(|page| page.next_key.into()));
        }
        Ok(all)
    }

    /// Everything there is, sorted by denomination.
    pub async fn total_supply(&self) -> Result<Vec<Coin>, ClientError> {
        let mut bank = BankClient::new(self.channel());
        let mut pages = Pages::default();
        let mut all = Vec::new();
        while let Some(pagination) = pages.next(all.len()) {
            let answer = bank.total_supply(QueryTotalSupplyRequest { pagination }).await;
            let answer = answer.map_err(|s| self.failed(s))?.into_inner();
            self.read_coins(&answer.supply, &mut all)?;
            pages.read(answer.pagination.map(|page| page.next_key.into()));
        }
        Ok(all)
    }

    /// Names and exponents of a denomination.
    pub async fn denom_metadata(&self, denom: &str) -> Result<Metadata, ClientError> {
        let request = QueryDenomMetadataRequest {
            denom: denom.to_owned(),
        };
        let answer = BankClient::new(self.channel())
            .denom_metadata(request)
            .await
            .map_err(|s| self.failed(s))?;
        answer
            .into_inner()
            .metadata
            .ok_or_else(|| self.without("metadata"))
    }

    /// The chain's id, which every signature covers.
    pub async fn chain_id(&self) -> Result<String, ClientError> {
        let answer = ServiceClient::new(self.channel())
            .get_node_info(GetNodeInfoRequest {})
            .await;
        let info = answer.map_err(|s| self.failed(s))?.into_inner().default_node_info;
        let network = info
            .map(|info| info.network)
            .filter(|network| !network.is_empty());
        network.ok_or_else(|| self.without("a chain id"))
    }

    /// Whether the node is catching up with its peers.
    pub async fn is_syncing(&self) -> Result<bool, ClientError> {
        let answer = ServiceClient::new(self.channel())
            .get_syncing(GetSyncingRequest {})
            .await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().syncing)
    }

    /// Height and time of the latest block that the node's state has seen; known
    /// even while its consensus is away.
    pub async fn head(&self) -> Result<Head, ClientError> {
        let answer = NodeClient::new(self.channel()).status(StatusRequest {}).await;
        let status = answer.map_err(|s| self.failed(s))?.into_inner();
        let time = status.timestamp.as_ref().and_then(|t| Time::try_from(t).ok());
        Ok(Head {
            height: status.height,
            time: time.ok_or_else(|| self.without("the time of its latest block"))?,
        })
    }

    /// A block and its id; the latest if no height is given.
    pub async fn block(&self, height: Option<u64>) -> Result<(BlockId, Block), ClientError> {
        let mut service = ServiceClient::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES);
        let (id, block) = match height {
            None => {
                let answer = service.get_latest_block(GetLatestBlockRequest {}).await;
                let answer = answer.map_err(|s| self.failed(s))?.into_inner();
                (answer.block_id, answer.block)
            }
            Some(height) => {
                let height = i64::try_from(height).unwrap_or(i64::MAX);
                let answer = service
                    .get_block_by_height(GetBlockByHeightRequest { height })
                    .await;
                let answer = answer.map_err(|s| self.failed(s))?.into_inner();
                (answer.block_id, answer.block)
            }
        };
        Ok((
            id.ok_or_else(|| self.without("a block id"))?,
            block.ok_or_else(|| self.without("a block"))?,
        ))
    }

    /// Height of the latest block.
    pub async fn latest_height(&self) -> Result<u64, ClientError> {
        let (_, block) = self.block(None).await?;
        let height = block
            .header
            .map(|header| header.height)
            .and_then(|height| u64::try_from(height).ok());
        height.ok_or_else(|| self.without("a height"))
    }

    pub(crate) fn without(&self, what: &'static str) -> ClientError {
        ClientError::Answer {
            endpoint: self.endpoint().to_owned(),
            what,
        }
    }

    /// All of a list that comes in pages; at most 10,000 entries.
    pub(crate) async fn every<T>(
        &self,
        mut page: impl AsyncFnMut(Option<PageRequest>) -> Result<(Vec<T>, Option<PageResponse>), Status>,
    ) -> Result<Vec<T>, ClientError> {
        let mut pages = Pages::default();
        let mut all = Vec::new();
        while let Some(pagination) = pages.next(all.len()) {
            let (entries, next) = page(pagination).await.map_err(|s| self.failed(s))?;
            all.extend(entries);
            pages.read(next.map(|page| page.next_key.into()));
        }
        Ok(all)
    }

    fn read_coins(
        &self,
        from: &[cosmos_sdk_proto::cosmos::base::v1beta1::Coin],
        into: &mut Vec<Coin>,
    ) -> Result<(), ClientError> {
        for coin in from {
            into.push(Coin::try_from(coin).map_err(|_| self.without("readable coins"))?);
        }
        Ok(())
    }
}

/// Walks the pages of a list, up to a bound.
#[derive(Default)]
pub(crate) struct Pages {
    key: Bytes,
    ended: bool,
}

impl Pages {
    /// The next page to ask for, unless the list or the bound has ended.
    pub(crate) fn next(&self, have: usize) -> Option<Option<PageRequest>> {
        let more = !self.ended && have < MAX_ENTRIES;
        more.then(|| {
            Some(PageRequest {
                key: self.key.to_vec(),
                limit: 500,
                ..PageRequest::default()
            })
        })
    }

    /// Takes the key of the page after the one just read.
    pub(crate) fn read(&mut self, next: Option<Bytes>) {
        self.key = next.unwrap_or_default();
        self.ended = self.key.is_empty();
    }
}
