//! `slsbft.incentives.v1.MsgWithdrawIncentives`.

use slsbft_proto::incentives::v1::MsgWithdrawIncentives;
use slsbft_types::Address;

use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

const WITHDRAW: &str = "/slsbft.incentives.v1.MsgWithdrawIncentives";
/// A record read and written, and a transfer.
const WITHDRAW_GAS: u64 = 80_000;

#[derive(Clone, Debug)]
pub enum Msg {
    Withdraw { account: Address },
}

impl Msg {
    /// `None` if the type is not one of incentives'.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        (type_url == WITHDRAW).then(|| {
            let msg: MsgWithdrawIncentives = decode_known("incentives message", value)?;
            let account = Address::from_bech32(&msg.account);
            let account = account.map_err(|e| sdk::invalid_address(format!("account: {e}")))?;
            Ok(Self::Withdraw { account })
        })
    }

    pub fn signer(&self) -> Address {
        let Self::Withdraw { account } = self;
        *account
    }

    pub fn type_url(&self) -> &'static str {
        WITHDRAW
    }

    pub fn gas(&self) -> u64 {
        WITHDRAW_GAS
    }
}
