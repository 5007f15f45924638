//! The rounds of SM4, written once for vectors of any width.

/// Makes a function that encrypts `$blocks * $groups` blocks. Four vectors hold a group of blocks: vector k the k-th words
/// of all. The module around it says what is done with one vector: `load`, `store`, `splat`, `xor`, `transpose`,
/// `substitute` and `spread`.
macro_rules! encrypt {
    ($name:ident, $features:literal, $blocks:literal x $groups:literal) => {
        #[target_feature(enable = $features)]
        fn $name(keys: &crate::sm4::RoundKeys, blocks: &mut [crate::sm4::Block; $blocks * $groups]) {
            let (groups, _) = blocks.as_chunks_mut::<$blocks>();
            let mut state = [[splat(0); 4]; $groups];
            for (x, group) in state.iter_mut().zip(groups.iter()) {
                *x = transpose(load(group));
            }
            for keys in keys.as_chunks::<4>().0 {
                for round in 0..4 {
                    let key = splat(keys[round]);
                    for x in &mut state {
                        let ahead = xor(xor(x[(round + 1) % 4], x[(round + 2) % 4]), xor(x[(round + 3) % 4], key));
                        x[round] = xor(x[round], spread(substitute(ahead)));
                    }
                }
            }
            for ([a, b, c, d], group) in state.into_iter().zip(groups) {
                store(group, transpose([d, c, b, a]));
            }
        }
    };
}

pub(super) use encrypt;
