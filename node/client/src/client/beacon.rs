//! Reading the beacon, seeds, VRF keys and whose turn it is.

use slsbft_mechanism::beacon::Beacon;
use slsbft_proto::beacon::v1::{
    Contribution, EpochSeed, QueryBeaconRequest, QueryBeaconResponse, QueryHistoryRequest,
    QueryProposerRequest, QueryProposerResponse, QuerySeedsRequest, QueryVrfKeyRequest, QueryVrfKeyResponse,
    query_client::QueryClient,
};
use slsbft_types::Address;
use tonic::transport::Channel;

use super::{Client, ClientError};
use crate::beacon::{self, BeaconError, Followed};

impl Client {
    fn beacons(&self) -> QueryClient<Channel> {
        QueryClient::new(self.channel())
    }

    /// The beacon after the latest block, and the seed of the running epoch.
    pub async fn beacon(&self) -> Result<QueryBeaconResponse, ClientError> {
        let answer = self.beacons().beacon(QueryBeaconRequest {}).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// What recent blocks gave to the beacon, oldest first; at most 10,000.
    pub async fn beacon_history(&self) -> Result<Vec<Contribution>, ClientError> {
        self.every(async |pagination| {
            let request = QueryHistoryRequest { pagination };
            let answer = self.beacons().history(request).await?.into_inner();
            Ok((answer.contributions, answer.pagination))
        })
        .await
    }

    /// Follows the beacon from one that is trusted, see [`beacon::verify`]; the node
    /// is asked for the contributions and believed nothing.
    pub async fn follow_beacon(
        &self,
        chain_id: &str,
        trusted: Beacon,
    ) -> Result<Result<Followed, BeaconError>, ClientError> {
        let history = self.beacon_history().await?;
        Ok(beacon::verify(chain_id, trusted, &history))
    }

    /// Seeds of finished epochs, oldest first; at most 10,000.
    pub async fn epoch_seeds(&self) -> Result<Vec<EpochSeed>, ClientError> {
        self.every(async |pagination| {
            let request = QuerySeedsRequest { pagination };
            let answer = self.beacons().seeds(request).await?.into_inner();
            Ok((answer.seeds, answer.pagination))
        })
        .await
    }

    /// An operator's VRF key, and that of the seat it has now.
    pub async fn vrf_key(&self, operator: &Address) -> Result<QueryVrfKeyResponse, ClientError> {
        let operator = operator.to_validator_bech32();
        let answer = self.beacons().vrf_key(QueryVrfKeyRequest { operator }).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// Who proposes the next block in its first round, and all seats.
    pub async fn next_proposer(&self) -> Result<QueryProposerResponse, ClientError> {
        let answer = self.beacons().proposer(QueryProposerRequest {}).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }
}
