//! BIP-39 mnemonics and the BIP-44 path that Cosmos wallets derive from them,
//! so that a phrase gives the same key here as in Keplr, CosmJS and gaiad.

use std::{fmt, str::FromStr};

use bip32::{ChildNumber, XPrv};
use rand::{RngCore, rngs::OsRng};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, KeyKind, SigningKey};

/// Coin type of ATOM in SLIP-44, which Cosmos wallets use for any chain.
const COIN_TYPE: u32 = 118;
const HARDENED: u32 = 1 << 31;
/// Longest phrase that is looked at: 24 words of 8 letters, with room for spaces.
const MAX_TEXT: usize = 1024;

/// `m/44'/118'/account'/0/index`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HdPath {
    pub account: u32,
    pub index: u32,
}

impl fmt::Display for HdPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m/44'/{COIN_TYPE}'/{}'/0/{}", self.account, self.index)
    }
}

/// An English BIP-39 phrase of 12 to 24 words; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Mnemonic(bip39::Mnemonic);

impl Mnemonic {
    /// 24 new words from the operating system's randomness.
    pub fn generate() -> Self {
        let mut entropy = Zeroizing::new([0; 32]);
        loop {
            OsRng.fill_bytes(entropy.as_mut());
            // 32 bytes always make a phrase.
            if let Ok(words) = bip39::Mnemonic::from_entropy(entropy.as_ref()) {
                return Self(words);
            }
        }
    }

    /// The words, separated by spaces.
    pub fn phrase(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string())
    }

    /// The secp256k1 key at a path; `passphrase` is BIP-39's "25th word",
    /// empty unless the wallet asked for one.
    pub fn derive(&self, passphrase: &str, path: HdPath) -> Result<SigningKey, KeyError> {
        if path.account >= HARDENED || path.index >= HARDENED {
            return Err(KeyError::Path);
        }
        let seed = Zeroizing::new(self.0.to_seed(passphrase));
        let steps = [
            44 | HARDENED,
            COIN_TYPE | HARDENED,
            path.account | HARDENED,
            0,
            path.index,
        ];
        let root = XPrv::new(seed.as_ref()).map_err(|_| KeyError::SecretRange)?;
        let key = steps
            .into_iter()
            .try_fold(root, |key, step| key.derive_child(ChildNumber(step)))
            .map_err(|_| KeyError::SecretRange)?;
        let secret = Zeroizing::new(<[u8; 32]>::from(key.private_key().to_bytes()));
        SigningKey::from_secret(KeyKind::Secp256k1, secret.as_ref())
    }
}

impl FromStr for Mnemonic {
    type Err = KeyError;

    /// Words in any case, separated by any white space.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_TEXT {
            return Err(KeyError::MnemonicLength(text.split_whitespace().count()));
        }
        let mut normal = Zeroizing::new(String::with_capacity(text.len()));
        for word in text.split_whitespace() {
            if !normal.is_empty() {
                normal.push(' ');
            }
            normal.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        }
        let parsed = bip39::Mnemonic::parse_in_normalized(bip39::Language::English, &normal);
        normal.zeroize();
        parsed.map(Self).map_err(|error| match error {
            bip39::Error::BadWordCount(count) => KeyError::MnemonicLength(count),
            bip39::Error::UnknownWord(index) => KeyError::MnemonicWord { position: index + 1 },
            _ => KeyError::MnemonicChecksum,
        })
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mnemonic({} words)", self.0.word_count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slsbft_types::{Address, PublicKey};

    const HEX: fn(&str) -> Vec<u8> = |text| hex::decode(text).unwrap();

    /// Phrase → compressed public key as CosmJS documents it for its own tests.
    #[test]
    fn a_phrase_gives_the_key_that_cosmjs_derives() {
        let phrase = "special sign fit simple patrol salute grocery chicken wheat radar tonight ceiling";
        let key = phrase
            .parse::<Mnemonic>()
            .unwrap()
            .derive("", HdPath::default())
            .unwrap();
        assert_eq!(
            key.public_key().as_bytes(),
            HEX("02baa4ef93f2ce84592a49b1d729c074eab640112522a7a89f7d03ebab21ded7b6")
        );
        // "cosmos1jhg0e7s6gn44tfc5k37kr04sznyhedtc9rzys5" names the same 20 bytes.
        let cosmos = Address::from_bech32_with("cosmos", "cosmos1jhg0e7s6gn44tfc5k37kr04sznyhedtc9rzys5");
        assert_eq!(key.address(), cosmos.unwrap());
        assert!(
            key.address()
                .to_string()
                .starts_with("ankr1jhg0e7s6gn44tfc5k37kr04sznyhedtc")
        );
    }

    /// The faucet of CosmJS's development chain, at several indices.
    #[test]
    fn other_indices_give_the_other_accounts_of_the_same_wallet() {
        let phrase = "economy stock theory fatal elder harbor betray wasp final emotion task crumble \
                      siren bottom lizard educate guess current outdoor pair theory focus wife stone";
        let wallet: Mnemonic = phrase.parse().unwrap();
        let expected = [
            "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6",
            "cosmos10dyr9899g6t0pelew4nvf4j5c3jcgv0r73qga5",
            "cosmos1xy4yqngt0nlkdcenxymg8tenrghmek4nmqm28k",
        ];
        for (index, text) in (0..).zip(expected) {
            let key = wallet.derive("", HdPath { account: 0, index }).unwrap();
            assert_eq!(
                key.address(),
                Address::from_bech32_with("cosmos", text).unwrap(),
                "index {index}"
            );
        }
    }

    /// The phrases of BIP-39's own vectors, all of "abandon" up to the checksum.
    /// The addresses of 12 and 24 words are those that Keplr, Ledger and Trezor
    /// show; the others were computed from the two standards by other means.
    #[test]
    fn every_length_passphrase_and_account_gives_the_address_of_other_wallets() {
        let vectors = [
            (
                11,
                "about",
                "",
                0,
                0,
                "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4",
            ),
            (
                23,
                "art",
                "",
                0,
                0,
                "cosmos1r5v5srda7xfth3hn2s26txvrcrntldjumt8mhl",
            ),
            (
                11,
                "about",
                "TREZOR",
                0,
                0,
                "cosmos12fdxecq3dp28aaswp2n3yk35p782g3w9dz32m6",
            ),
            (
                11,
                "about",
                "",
                1,
                0,
                "cosmos1tehv5km5e9y706rc2gzk9yyun9dljjjnvyt3u0",
            ),
            (
                11,
                "about",
                "",
                0,
                7,
                "cosmos1ry8ad7xw5n5y4zhplc6s7xruxmamtsalkmrqk5",
            ),
            (
                14,
                "address",
                "",
                0,
                0,
                "cosmos1jxt504p3j2wktd3yjn06u7j6jpwvztpx74vn35",
            ),
            (
                17,
                "agent",
                "",
                0,
                0,
                "cosmos1sxkq86q5a75plf6n3tc45dxdf5cjfmufq2cu8m",
            ),
            (
                20,
                "admit",
                "",
                0,
                0,
                "cosmos13pzdjww984l30rf7kzegwhwh2yhag76l4qguz8",
            ),
        ];
        for (words, last, passphrase, account, index, address) in vectors {
            let phrase = format!("{}{last}", "abandon ".repeat(words));
            let wallet: Mnemonic = phrase.parse().unwrap();
            let key = wallet.derive(passphrase, HdPath { account, index }).unwrap();
            assert_eq!(
                key.address(),
                Address::from_bech32_with("cosmos", address).unwrap(),
                "{} words, '{passphrase}', account {account}, index {index}",
                words + 1
            );
        }
    }

    #[test]
    fn spelling_length_and_checksum_are_told_apart() {
        let good = Mnemonic::generate().phrase().to_uppercase().replace(' ', "\n  ");
        assert!(good.parse::<Mnemonic>().is_ok());
        let parse = |text: &str| text.parse::<Mnemonic>().unwrap_err();
        assert_eq!(parse("abandon abandon"), KeyError::MnemonicLength(2));
        assert_eq!(parse(&"abandon ".repeat(12)), KeyError::MnemonicChecksum);
        let misspelled = format!("{}abuot", "abandon ".repeat(11));
        assert_eq!(parse(&misspelled), KeyError::MnemonicWord { position: 12 });
        let path = HdPath {
            account: HARDENED,
            index: 0,
        };
        assert_eq!(Mnemonic::generate().derive("", path).unwrap_err(), KeyError::Path);
    }

    #[test]
    fn a_passphrase_and_an_account_make_other_keys() {
        let wallet = Mnemonic::generate();
        let keys: Vec<PublicKey> = [("", 0), ("x", 0), ("", 1)]
            .into_iter()
            .map(|(passphrase, account)| {
                wallet
                    .derive(passphrase, HdPath { account, index: 0 })
                    .unwrap()
                    .public_key()
            })
            .collect();
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
    }
}
