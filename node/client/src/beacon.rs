//! What a light client does about the beacon: follow it from one it trusts over the
//! contributions of later blocks. No I/O; [`crate::Client::beacon_history`] brings them.
//!
//! It shows that the beacon was moved by these keys and in no other way. That each key
//! was the one of the block's proposer is shown by the validator set, which a light
//! client follows by CometBFT's headers.

use slsbft_mechanism::beacon::{
    Beacon, HistoryError, Step, VrfError, VrfProof, VrfPublicKey, genesis, verify_history,
};
use slsbft_proto::beacon::v1::Contribution;

/// Why a history does not lead on from the trusted beacon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    #[error(
        "the trusted beacon is not among those of the history, which reaches back to height {0}; trust a \
         later one, or ask a node that keeps more"
    )]
    Unconnected(u64),
    #[error("contribution of height {height}: {error}")]
    Form { height: u64, error: VrfError },
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("the node says that the beacon after height {height} is another than its contributions lead to")]
    OtherBeacon { height: u64 },
}

/// Where a trusted beacon leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// The beacon after the last contribution.
    pub beacon: Beacon,
    /// Height of that; `None` if there was none after the trusted beacon.
    pub height: Option<u64>,
    /// How many contributions were verified.
    pub contributions: usize,
}

/// The beacon before the first block of a chain, which is what a client may trust
/// without asking anybody.
pub fn first(chain_id: &str) -> Beacon {
    genesis(chain_id)
}

/// Follows the beacon from `trusted` over the contributions that come after it in
/// `history`, oldest first. `trusted` is the beacon after one of them, or before all.
pub fn verify(chain_id: &str, trusted: Beacon, history: &[Contribution]) -> Result<Followed, BeaconError> {
    let known = history
        .iter()
        .position(|contribution| contribution.beacon.as_ref() == trusted);
    let after = history
        .get(known.map_or(0, |at| at.saturating_add(1))..)
        .unwrap_or_default();
    let steps = after.iter().map(step).collect::<Result<Vec<_>, _>>()?;
    let beacon = match verify_history(chain_id, trusted, &steps) {
        // The first one does not even follow: it is not the trusted beacon that it was made on.
        Err(HistoryError::Proof { height, .. })
            if known.is_none() && after.first().is_some_and(|first| first.height == height) =>
        {
            return Err(BeaconError::Unconnected(height));
        }
        verdict => verdict?,
    };
    let last = after.last();
    if let Some(last) = last.filter(|last| last.beacon.as_ref() != beacon) {
        return Err(BeaconError::OtherBeacon { height: last.height });
    }
    Ok(Followed {
        beacon,
        height: last.map(|last| last.height),
        contributions: after.len(),
    })
}

fn step(contribution: &Contribution) -> Result<Step, BeaconError> {
    let height = contribution.height;
    let malformed = |error| BeaconError::Form { height, error };
    Ok(Step {
        height,
        key: VrfPublicKey::from_bytes(&contribution.vrf_key).map_err(malformed)?,
        proof: VrfProof::from_bytes(&contribution.proof).map_err(malformed)?,
    })
}

#[cfg(test)]
mod tests {
    use slsbft_mechanism::beacon::{VrfSecretKey, next};

    use super::*;

    const CHAIN: &str = "slsbft-test-1";

    fn history(length: u8) -> Vec<Contribution> {
        let mut beacon = first(CHAIN);
        let contributions = (1..=length).map(|n| {
            let (secret, height) = (VrfSecretKey::from_seed(&[n; 32]).unwrap(), u64::from(n) * 3);
            let proof = secret.prove(CHAIN, height, &beacon);
            let output = secret.public().verify(CHAIN, height, &beacon, proof.as_bytes());
            beacon = next(&beacon, &output.unwrap());
            Contribution {
                height,
                proposer: vec![n; 20].into(),
                vrf_key: secret.public().as_bytes().to_vec().into(),
                proof: proof.as_bytes().to_vec().into(),
                beacon: beacon.to_vec().into(),
            }
        });
        contributions.collect()
    }

    fn after(contribution: &Contribution) -> Beacon {
        contribution.beacon.as_ref().try_into().unwrap()
    }

    #[test]
    fn the_beacon_is_followed_from_genesis_and_from_any_later_one() {
        let history = history(5);
        let end = after(&history[4]);
        for (trusted, contributions) in [
            (first(CHAIN), 5),
            (after(&history[0]), 4),
            (after(&history[3]), 1),
        ] {
            let followed = verify(CHAIN, trusted, &history).unwrap();
            let expected = Followed {
                beacon: end,
                height: Some(15),
                contributions,
            };
            assert_eq!(followed, expected);
        }
        let nothing_new = verify(CHAIN, end, &history).unwrap();
        assert_eq!((nothing_new.height, nothing_new.contributions), (None, 0));
    }

    #[test]
    fn a_history_that_begins_too_late_says_where_it_begins() {
        let history = history(5);
        let verdict = verify(CHAIN, after(&history[0]), &history[2..]);
        assert_eq!(verdict, Err(BeaconError::Unconnected(9)));
    }

    #[test]
    fn a_node_that_leaves_one_out_or_claims_another_beacon_is_caught() {
        let good = history(5);
        let mut gap = good.clone();
        gap.remove(2);
        assert!(matches!(
            verify(CHAIN, first(CHAIN), &gap),
            Err(BeaconError::History(HistoryError::Proof { height: 12, .. }))
        ));
        let mut claimed = good.clone();
        claimed[4].beacon = vec![9; 32].into();
        assert_eq!(
            verify(CHAIN, first(CHAIN), &claimed),
            Err(BeaconError::OtherBeacon { height: 15 })
        );
        let mut malformed = good;
        malformed[1].proof = vec![1; 95].into();
        assert!(matches!(
            verify(CHAIN, first(CHAIN), &malformed),
            Err(BeaconError::Form { height: 6, .. })
        ));
    }
}
