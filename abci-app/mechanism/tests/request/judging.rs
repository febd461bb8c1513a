use proptest::prelude::*;
use slsbft_mechanism::request::{Answer, Failure, Standing, judge, quorum, share};
use slsbft_types::Amount;

fn found(text: &str) -> Answer {
    Answer::Found(text.into())
}

fn judged(answers: &[Option<Answer>]) -> (Result<Answer, Failure>, Vec<Standing>) {
    let judgement = judge(&answers.iter().map(Option::as_ref).collect::<Vec<_>>());
    (judgement.outcome, judgement.standings)
}

#[test]
fn two_thirds_rounded_up_are_a_quorum() {
    let quorums: Vec<_> = (1..=9).map(quorum).collect();
    assert_eq!(quorums, [1, 2, 2, 3, 4, 4, 5, 6, 6]);
}

#[test]
fn a_quorum_of_equal_answers_is_the_answer_and_the_others_are_outlying_or_silent() {
    use Standing::{Agreed, Outlying, Silent};
    let (one, two) = (Some(found("1")), Some(found("2")));
    let answers = [one.clone(), two, None, one.clone(), one.clone(), one];
    assert_eq!(
        judged(&answers),
        (
            Ok(found("1")),
            vec![Agreed, Outlying, Silent, Agreed, Agreed, Agreed]
        )
    );
}

#[test]
fn one_answer_too_few_is_none_and_nobody_but_the_silent_is_blamed() {
    use Standing::{Open, Silent};
    let (one, two) = (Some(found("1")), Some(found("2")));
    let answers = [one.clone(), one.clone(), one.clone(), two, None];
    assert_eq!(
        judged(&answers),
        (Err(Failure::Disagreement), vec![Open, Open, Open, Open, Silent])
    );
    let answers = [one.clone(), one.clone(), one, None, None];
    assert_eq!(
        judged(&answers),
        (Err(Failure::Silence), vec![Open, Open, Open, Silent, Silent])
    );
}

#[test]
fn that_there_is_no_answer_can_be_agreed_upon() {
    let none = Some(Answer::Unavailable);
    let (outcome, standings) = judged(&[none.clone(), none, Some(found(""))]);
    assert_eq!(outcome, Ok(Answer::Unavailable));
    assert_eq!(standings.last(), Some(&Standing::Outlying));
}

#[test]
fn nobody_asked_is_silence() {
    assert_eq!(judged(&[]), (Err(Failure::Silence), vec![]));
}

fn answers() -> impl Strategy<Value = Vec<Option<Answer>>> {
    let one = prop_oneof![
        4 => Just(Some(found("a"))),
        1 => Just(Some(found("b"))),
        1 => Just(Some(Answer::Unavailable)),
        1 => Just(None),
    ];
    prop::collection::vec(one, 1..16)
}

proptest! {
    #[test]
    fn fewer_than_a_third_cannot_change_an_answer_that_all_others_give(
        honest in 2usize..12, liars in prop::collection::vec(prop_oneof![
            Just(None), Just(Some(found("lie"))), Just(Some(Answer::Unavailable))
        ], 0..6)
    ) {
        prop_assume!(liars.len() * 3 <= honest + liars.len());
        let mut all = vec![Some(found("truth")); honest];
        all.extend(liars);
        prop_assert_eq!(judged(&all).0, Ok(found("truth")));
    }

    #[test]
    fn the_order_of_nodes_does_not_matter(answers in answers(), turn in 0usize..16) {
        let mut turned = answers.clone();
        turned.rotate_left(turn % answers.len());
        prop_assert_eq!(judged(&answers).0, judged(&turned).0);
    }

    #[test]
    fn shares_never_exceed_the_fee(fee: u128, asked in 1usize..16) {
        let share = share(Amount::new(fee), asked).value();
        prop_assert!(share * asked as u128 <= fee);
        prop_assert!(fee - share * (asked as u128) < asked as u128);
    }
}
