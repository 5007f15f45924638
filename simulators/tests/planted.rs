//! Every planted bug is found by a check that is meant to find it. `cargo xtask sim --planted` runs this.
#![cfg(planted)]

use simulators::cluster::planted::{CANARY, Catch, hunts, play_planted};

fn line(caught: &Catch) -> String {
    let name = &caught.bug;
    match (caught.seed, caught.check) {
        (Some(seed), Some(check)) => format!("{name:<22} seed {seed:>3}  {check:?}: {}", caught.what),
        _ => format!("{name:<22} NOT FOUND  {}", caught.what),
    }
}

#[test]
fn every_planted_bug_is_found_and_the_same_seeds_are_clean_without_it() {
    let only = std::env::var("PLANTED_ONLY").unwrap_or_default();
    let (mut found, mut of, mut wrong) = (0, 0, Vec::new());
    for hunt in hunts().iter().filter(|h| format!("{:?}", h.bug).contains(&only)) {
        let caught = play_planted(hunt);
        println!("{}", line(&caught));
        of += 1;
        found += u64::from(caught.check.is_some());
        if let Some(unplanted) = &caught.unplanted {
            println!("  without the bug: {unplanted}");
        }
        if !caught.is_success() {
            wrong.push(caught.bug.clone());
        }
    }
    let canary = play_planted(&CANARY);
    let sings = canary.seed == Some(1) && canary.unplanted.is_none();
    println!("{}", line(&canary));
    let fate = if sings { "failed as it must" } else { "WAS NOT SEEN AT ONCE" };
    println!("planted: {found} of {of} found, canary {fate}");
    assert!(wrong.is_empty() && sings, "{wrong:?}");
}
