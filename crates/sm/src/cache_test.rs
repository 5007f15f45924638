#![allow(clippy::unwrap_used)]

use alloc::{vec, vec::Vec};

use ::sm2::{
    ProjectivePoint, Scalar,
    elliptic_curve::{group::GroupEncoding, ops::Mul},
};
use proptest::prelude::*;

use super::{CachedSigner, SignerCache};
use crate::PublicKeyBytes;

fn key(number: u64) -> PublicKeyBytes {
    let point = ProjectivePoint::GENERATOR.mul(Scalar::from(number + 1));
    PublicKeyBytes(point.to_bytes().as_slice().try_into().unwrap())
}

/// Uses the keys in order; whether each use got a table.
fn uses(cache: &mut SignerCache, numbers: &[u64]) -> Vec<bool> {
    numbers.iter().map(|number| matches!(cache.get(&key(*number)).unwrap(), CachedSigner::Known(_))).collect()
}

/// Key numbers (below 20) held by the cache.
fn held(cache: &SignerCache) -> Vec<u64> {
    (0..20).filter(|number| cache.entries.contains_key(&key(*number))).collect()
}

#[test]
fn a_table_comes_after_the_set_number_of_uses() {
    assert_eq!(uses(&mut SignerCache::new(4, 4, 3), &[7; 5]), [false, false, false, true, true]);
    assert_eq!(uses(&mut SignerCache::new(4, 4, 0), &[7; 2]), [true, true]);
    let interleaved = uses(&mut SignerCache::new(4, 4, 1), &[1, 2, 1, 2]);
    assert_eq!(interleaved, [false, false, true, true], "uses count by key");
}

#[test]
fn the_least_recently_used_key_leaves() {
    let mut cache = SignerCache::new(0, 3, 0);
    uses(&mut cache, &[1, 2, 3, 1, 4]);
    assert_eq!(held(&cache), [1, 3, 4]);
    uses(&mut cache, &[3, 5]);
    assert_eq!(held(&cache), [3, 4, 5]);
}

#[test]
fn a_key_that_left_must_earn_its_table_again() {
    let mut cache = SignerCache::new(2, 2, 1);
    assert_eq!(uses(&mut cache, &[1, 1, 2, 3, 1, 1]), [false, true, false, false, false, true]);
}

#[test]
fn the_least_recently_used_table_leaves_and_its_key_stays() {
    let mut cache = SignerCache::new(2, 10, 1);
    uses(&mut cache, &[1, 1, 2, 2, 1, 3, 3]);
    assert_eq!(held(&cache), [1, 2, 3]);
    assert_eq!(cache.tables_by_use.len(), 2);
    assert_eq!(uses(&mut cache, &[1, 3, 2, 2]), [true, true, false, true], "2 lost its table and earns another");
    assert_eq!(uses(&mut cache, &[1]), [false], "1 was then the oldest");
}

#[test]
fn a_dropped_table_lives_on_with_its_holder() {
    let mut cache = SignerCache::new(1, 10, 0);
    let CachedSigner::Known(first) = cache.get(&key(1)).unwrap() else { panic!("promoted at once") };
    uses(&mut cache, &[2]);
    assert_eq!(first.public_key().to_bytes(), key(1));
    assert!(first.table_bytes() > 0);
}

#[test]
fn zero_sizes_are_taken_at_their_word() {
    assert_eq!(uses(&mut SignerCache::new(0, 2, 0), &[1; 3]), [false; 3]);
    let mut cache = SignerCache::new(2, 0, 0);
    assert_eq!(uses(&mut cache, &[1; 3]), [false; 3]);
    assert_eq!(held(&cache), []);
}

#[test]
fn bytes_that_are_no_key_push_nothing_out() {
    let mut cache = SignerCache::new(1, 1, 0);
    uses(&mut cache, &[1]);
    assert!(cache.get(&PublicKeyBytes([0; 33])).is_err());
    assert_eq!(held(&cache), [1]);
    assert_eq!(cache.tables_by_use.len(), 1);
}

/// The same rules by a list: most recent last.
struct Model {
    max: (usize, usize),
    promote_after: u32,
    entries: Vec<(u64, Option<u32>)>,
}

impl Model {
    fn use_key(&mut self, number: u64) -> bool {
        let at = self.entries.iter().position(|(held, _)| *held == number);
        let plain_uses = at.map_or(Some(0), |at| self.entries.remove(at).1);
        let plain_uses = plain_uses
            .and_then(|uses| (uses < self.promote_after || self.max.0 == 0 || self.max.1 == 0).then_some(uses + 1));
        self.entries.push((number, plain_uses));
        let with_table = |(_, plain_uses): &&mut (u64, Option<u32>)| plain_uses.is_none();
        if self.entries.iter_mut().filter(with_table).count() > self.max.0
            && let Some(oldest) = self.entries.iter_mut().find(|entry| with_table(entry))
        {
            oldest.1 = Some(0);
        }
        if self.entries.len() > self.max.1 {
            self.entries.remove(0);
        }
        plain_uses.is_none()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_cache_follows_the_model_and_its_bounds(
        max_tables in 0_usize..4,
        max_keys in 0_usize..6,
        promote_after in 0_u32..3,
        numbers in prop::collection::vec(0_u64..8, 1..40),
    ) {
        let mut cache = SignerCache::new(max_tables, max_keys, promote_after);
        let mut model = Model { max: (max_tables, max_keys), promote_after, entries: vec![] };
        for number in numbers {
            prop_assert_eq!(uses(&mut cache, &[number]), [model.use_key(number)]);
            let mut expected: Vec<u64> = model.entries.iter().map(|(held, _)| *held).collect();
            expected.sort_unstable();
            prop_assert_eq!(held(&cache), expected);
            prop_assert!(cache.tables_by_use.len() <= max_tables && cache.keys_by_use.len() <= max_keys);
            prop_assert_eq!(cache.keys_by_use.len(), cache.entries.len());
        }
    }
}
