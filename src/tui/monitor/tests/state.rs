//! What news make of the state.

use super::*;

#[test]
fn a_log_that_was_read_anew_is_not_counted_twice() {
    let mut state = empty();
    state.learn(News::Events { events: builds(), anew: false });
    let mut newer = builds().split_off(3);
    newer.push(event("late", NOW, hit()));
    state.learn(News::Events { events: newer, anew: true });
    assert_eq!(state.events.len(), 8);
    assert_eq!(state.figures.units, 8);
    let last = transfer("app", Direction::Pull, NOW, None);
    state.learn(News::Transfers { transfers: vec![last.clone()], anew: false });
    let later = transfer("app", Direction::Pull, NOW + 1, None);
    state.learn(News::Transfers { transfers: vec![last, later], anew: true });
    assert_eq!(state.moved(Direction::Pull), (2, 6_000_000, 600_000));
}

#[test]
fn a_period_leaves_out_what_was_before() {
    let mut state = empty();
    state.facts.since = Some(("1h".into(), NOW - 3_600_000));
    state.learn(News::Events { events: builds(), anew: false });
    assert_eq!((state.events.len(), state.figures.missed), (3, 1));
    assert!(screen(&mut state, 100, 30).contains("last 1h"));
}

#[test]
fn the_bar_knows_as_many_units_as_the_build_before_had() {
    let mut state = full();
    assert!(screen(&mut state, 100, 30).contains("3/4 units"));
    for at_ms in [NOW, NOW + 1] {
        let mut more = event("more", at_ms, hit());
        more.build = BuildId("two".into());
        state.learn(News::Events { events: vec![more], anew: false });
    }
    assert!(
        screen(&mut state, 100, 30).contains(" 5 units, 80% hits, 12s "),
        "more than before: nobody knows"
    );
    state.learn(News::Running(Vec::new()));
    assert!(screen(&mut state, 100, 30).contains(" 5 units, 80% hits, 12s, 0s ago"));
}
