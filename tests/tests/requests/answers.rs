//! What is an answer, and when it can be given.

use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::{MsgCommit, QueryAssignedRequest, QueryAssignedResponse, Status};

use crate::{
    listener::any,
    support::{ALICE, FEE, NODES, QUORUM, World, answer_of, found, with},
};

#[test]
fn a_quorum_of_equal_answers_is_the_answer_once_all_have_spoken() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let mut answers = vec![found("1.25"); QUORUM];
    answers.push(found("1.26"));
    world.commit(id, &answers);
    world.reveal(id, &answers);
    let request = world.request(id);
    assert_eq!(request.status(), Status::Answered);
    assert_eq!(answer_of(&request), Some(found("1.25")));
    assert!(
        (world.chain.height as u64) < request.commit_until,
        "nobody was waited for"
    );
    let drawn = world.drawn(id);
    assert_eq!(
        world.refused(drawn[0], world.revelation(id, drawn[0], &found("1.25"))),
        12
    );
}

#[test]
fn that_the_url_gives_nothing_can_be_agreed_upon() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let answers = vec![Answer::Unavailable; NODES];
    world.commit(id, &answers);
    world.reveal(id, &answers);
    let request = world.request(id);
    assert_eq!(request.status(), Status::Answered);
    assert_eq!(answer_of(&request), Some(Answer::Unavailable));
}

#[test]
fn one_equal_answer_too_few_is_a_disagreement() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let mut answers = vec![found("a"); QUORUM - 1];
    answers.extend([found("b"), found("c")]);
    world.commit(id, &answers);
    world.reveal(id, &answers);
    let request = world.request(id);
    assert_eq!(
        (request.status(), answer_of(&request)),
        (Status::Disagreement, None)
    );
}

#[test]
fn silence_ends_a_request_at_its_deadline_and_not_before() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    // One too few, and one that does not reveal what it committed to.
    let answers = vec![found("a"); QUORUM];
    world.commit(id, &answers);
    let until = world.request(id).commit_until as i64;
    world.until(until);
    world.reveal(id, &answers[1..]);
    let deadline = world.request(id).reveal_until as i64;
    world.until(deadline - 1);
    assert_eq!(world.request(id).status(), Status::Open);
    world.until(deadline);
    assert_eq!(world.request(id).status(), Status::Silence);
}

#[test]
fn what_comes_late_is_refused() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let answers = vec![found("a"); QUORUM];
    world.commit(id, &answers);
    let (until, deadline) = (
        world.request(id).commit_until as i64,
        world.request(id).reveal_until as i64,
    );
    world.until(until);
    let drawn = world.drawn(id);
    let last = drawn[NODES - 1];
    assert_eq!(world.refused(last, world.commitment(id, last, &found("a"))), 15);
    world.until(deadline - 1);
    world.send(drawn[0], world.revelation(id, drawn[0], &found("a")));
    assert_eq!(
        world.request(id).status(),
        Status::Silence,
        "that was the last block"
    );
    assert_eq!(
        world.refused(drawn[1], world.revelation(id, drawn[1], &found("a"))),
        12
    );
}

#[test]
fn nothing_is_revealed_while_anybody_can_still_commit() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let answers = vec![found("a"); QUORUM];
    world.commit(id, &answers);
    let drawn = world.drawn(id);
    assert_eq!(
        world.refused(drawn[0], world.revelation(id, drawn[0], &found("a"))),
        16
    );
    let last = drawn[NODES - 1];
    world.send(last, world.commitment(id, last, &found("a")));
    // All have.
    world.send(drawn[0], world.revelation(id, drawn[0], &found("a")));
}

#[test]
fn a_copied_commitment_is_worth_nothing() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let drawn = world.drawn(id);
    let original = found("a").commitment(
        slsbft_tests::chain::CHAIN_ID,
        id,
        &world.address(drawn[0]),
        &[9; 32],
    );
    let copy = any(&MsgCommit {
        edge: world.text(drawn[4]),
        request_id: id,
        digest: original.to_vec().into(),
    });
    world.commit(id, &vec![found("a"); QUORUM]);
    world.send(drawn[4], copy);
    world.reveal(id, &vec![found("a"); QUORUM]);
    assert_eq!(
        world.refused(drawn[4], world.revelation(id, drawn[4], &found("a"))),
        19
    );
}

#[test]
fn a_node_answers_once_and_what_it_committed_to() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let drawn = world.drawn(id);
    world.commit(id, &vec![found("a"); QUORUM]);
    assert_eq!(
        world.refused(drawn[0], world.commitment(id, drawn[0], &found("b"))),
        14
    );
    let (stranger, last) = (other_than(&world, &drawn), drawn[NODES - 1]);
    assert_eq!(
        world.refused(stranger, world.commitment(id, stranger, &found("a"))),
        13
    );
    let until = world.request(id).commit_until as i64;
    world.until(until);
    assert_eq!(
        world.refused(drawn[0], world.revelation(id, drawn[0], &found("b"))),
        19
    );
    assert_eq!(world.refused(last, world.revelation(id, last, &found("a"))), 17);
    world.send(drawn[0], world.revelation(id, drawn[0], &found("a")));
    let again = world.revelation(id, drawn[0], &found("a"));
    assert_eq!(world.refused(drawn[0], again), 18);
}

fn other_than(world: &World, drawn: &[usize]) -> usize {
    let mut all = 2..world.wallets.len();
    all.find(|edge| !drawn.contains(edge)).unwrap()
}

#[test]
fn a_node_is_told_what_it_was_drawn_for_until_that_ends() {
    let mut world = World::start();
    let ids = [world.post(ALICE, FEE), world.post(ALICE, FEE)];
    let edge = world.drawn(ids[1])[0];
    let assigned = |world: &World| {
        let request = QueryAssignedRequest {
            edge: world.text(edge),
            pagination: None,
        };
        let answer: QueryAssignedResponse = world.ask("Assigned", &request);
        assert_eq!(answer.height, world.chain.height as u64);
        answer
            .requests
            .iter()
            .map(|request| request.id)
            .collect::<Vec<_>>()
    };
    let expected: Vec<_> = ids
        .into_iter()
        .filter(|id| world.drawn(*id).contains(&edge))
        .collect();
    assert_eq!(assigned(&world), expected);
    let last = world.request(ids[1]).reveal_until as i64;
    world.until(last);
    assert_eq!(assigned(&world), Vec::<u64>::new());
}

#[test]
fn nobody_answers_itself() {
    let mut world = World::start_with(NODES, |_| ());
    let edge = 2;
    // One of five nodes asks, so four are left.
    let message = with(&world.post_message(ALICE), |post| post.poster = world.text(edge));
    world.send(edge, message);
    world.chain.block();
    let id = world.last_id();
    assert_eq!(world.request(id).status(), Status::TooFewNodes);
}
