//! Who is registered, and found.

use slsbft_proto::service::v1::{
    MsgDeregisterProvider, MsgRegisterProvider, MsgUpdateProvider, QueryProvidersRequest,
    QueryProvidersResponse,
};
use slsbft_types::UANKR_PER_ANKR;

use super::{PROVIDER, STAKES, audited, register};
use crate::support::Network;

#[test]
fn a_provider_is_found_by_its_tags_and_gets_its_self_stake_back() {
    let mut network = audited();
    let provider = network.operators[PROVIDER].address();
    let find = |network: &Network, tag: &str| -> usize {
        let request = QueryProvidersRequest {
            tag: tag.into(),
            pagination: None,
        };
        let found: QueryProvidersResponse = network.ask("/slsbft.service.v1.Query/Providers", &request);
        found.providers.len()
    };
    assert_eq!(
        (find(&network, "gpu"), find(&network, "gp"), find(&network, "")),
        (1, 0, 1)
    );
    let MsgRegisterProvider {
        moniker,
        endpoint,
        kind,
        resources,
        ..
    } = register(&network, PROVIDER);
    let update = MsgUpdateProvider {
        provider: provider.to_string(),
        moniker,
        endpoint,
        kind,
        resources,
        tags: vec!["fast".into()],
        add_self_stake: "5".into(),
    };
    network.send(PROVIDER, &update);
    assert_eq!((find(&network, "gpu"), find(&network, "fast")), (0, 1));
    let leave = MsgDeregisterProvider {
        provider: provider.to_string(),
    };
    network.send(PROVIDER, &leave);
    assert_eq!(find(&network, ""), 0);
    let (_, code, words) = network.refused(PROVIDER, &register(&network, PROVIDER));
    assert_eq!(code, 6, "{words}");
    let before = network.chain.balance(&provider);
    network.end_epochs(13);
    assert_eq!(
        network.chain.balance(&provider) - before,
        1_000 * UANKR_PER_ANKR + 5
    );
    let message = register(&network, PROVIDER);
    network.send(PROVIDER, &message);
}

#[test]
fn a_registration_that_makes_no_sense_is_refused_with_its_reason() {
    let mut network = Network::start(&STAKES);
    let good = register(&network, PROVIDER);
    let with = |change: &dyn Fn(&mut MsgRegisterProvider)| {
        let mut message = good.clone();
        change(&mut message);
        message
    };
    let cases: Vec<(MsgRegisterProvider, &str)> = vec![
        (with(&|m| m.endpoint = "https://".into()), "no host"),
        (with(&|m| m.endpoint = "ftp://x".into()), "does not fit its kind"),
        (with(&|m| m.endpoint = "one.example.com".into()), "no URL"),
        (with(&|m| m.endpoint = "https://me@x".into()), "user name"),
        (with(&|m| m.endpoint = "https://x y".into()), "characters"),
        (with(&|m| m.kind = 0), "kind is missing"),
        (with(&|m| m.kind = 9), "kind is missing"),
        (with(&|m| m.moniker.clear()), "moniker"),
        (with(&|m| m.tags = vec!["b".into(), "a".into()]), "sorted"),
        (with(&|m| m.tags = vec!["A".into()]), "lower-case"),
        (with(&|m| m.self_stake = "1".into()), "the least is"),
        (
            with(&|m| m.resources.as_mut().unwrap().memory_bytes = u64::MAX),
            "resources.memory_bytes",
        ),
    ];
    for (message, words) in cases {
        let (_, _, log) = network.refused(PROVIDER, &message);
        assert!(log.contains(words), "'{words}' is not in {log}");
    }
    network.send(PROVIDER, &good);
    let (_, code, _) = network.refused(PROVIDER, &good);
    assert_eq!(code, 3);
}
