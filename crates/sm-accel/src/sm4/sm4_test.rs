use std::vec::Vec;

use ::sm4::Sm4;
use ::sm4::cipher::{BlockCipherEncrypt, KeyInit};
use proptest::prelude::*;

use super::{BackEnd, Block};

/// GB/T 32907, A.1.
const KEY: Block = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10];

fn available() -> impl Iterator<Item = BackEnd> {
    BackEnd::ALL.into_iter().filter(|back_end| {
        let can = back_end.is_available();
        if !can {
            std::println!("{back_end:?}: not on this processor, not tested");
        }
        can
    })
}

fn reference(key: &Block, blocks: &[Block]) -> Vec<Block> {
    let cipher = Sm4::new(key.into());
    let encrypt = |block: &Block| {
        let mut block = (*block).into();
        cipher.encrypt_block(&mut block);
        block.into()
    };
    blocks.iter().map(encrypt).collect()
}

#[test]
fn the_examples_of_the_standard() {
    for back_end in available() {
        let keys = back_end.expand(&KEY);
        assert_eq!((keys[0], keys[31]), (0xf121_86f9, 0x9124_a012), "{back_end:?}");
        let mut block = [KEY];
        back_end.encrypt(&keys, &mut block);
        assert_eq!(hex::encode(block[0]), "681edf34d206965e86b3e94f536e4246", "{back_end:?}");
        let mut block = [KEY];
        (0..1_000_000).for_each(|_| back_end.encrypt(&keys, &mut block));
        assert_eq!(hex::encode(block[0]), "595298c7c6fd271f0402f804c33d3f66", "{back_end:?}");
    }
}

#[test]
fn every_byte_goes_through_the_same_box() {
    // In the first round of a key whose round keys are known, each byte takes every value.
    let blocks: Vec<Block> =
        (0..=255_u8).flat_map(|n| [[n; 16], core::array::from_fn(|at| n.wrapping_add(at as u8))]).collect();
    let wanted = reference(&KEY, &blocks);
    for back_end in available() {
        let mut made = blocks.clone();
        back_end.encrypt(&back_end.expand(&KEY), &mut made);
        assert!(made == wanted, "{back_end:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn any_number_of_blocks_is_encrypted_as_the_reference_does(
        key: Block,
        blocks in proptest::collection::vec(any::<Block>(), 0..150),
    ) {
        let wanted = reference(&key, &blocks);
        for back_end in available() {
            let mut made = blocks.clone();
            back_end.encrypt(&back_end.expand(&key), &mut made);
            prop_assert!(made == wanted, "{back_end:?} of {} blocks", blocks.len());
        }
    }
}
