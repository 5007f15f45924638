//! SM4 (GB/T 32907) on the fastest code that the processor can run, as the library's modes want it.

use ::sm4::cipher::{
    Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, InOut, InOutBuf, Key,
    KeyInit, KeySizeUser, ParBlocks, ParBlocksSizeUser, array::Array, consts::U16, consts::U64,
};
use sm_accel::sm4::{BackEnd, RoundKeys};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A key, ready to encrypt. Decryption of single blocks is not needed: all modes here count.
#[derive(Clone)]
pub(crate) struct Sm4 {
    back_end: BackEnd,
    keys: Zeroizing<RoundKeys>,
}

impl Sm4 {
    fn encrypt(&self, blocks: &mut [Block<Self>]) {
        self.back_end.encrypt(&self.keys, Array::cast_slice_to_core_mut(blocks));
    }
}

impl ZeroizeOnDrop for Sm4 {}

impl KeySizeUser for Sm4 {
    type KeySize = U16;
}

impl KeyInit for Sm4 {
    fn new(key: &Key<Self>) -> Self {
        let back_end = BackEnd::best();
        Self { back_end, keys: Zeroizing::new(back_end.expand(key.as_ref())) }
    }
}

impl BlockSizeUser for Sm4 {
    type BlockSize = U16;
}

impl ParBlocksSizeUser for Sm4 {
    type ParBlocksSize = U64;
}

impl BlockCipherEncrypt for Sm4 {
    fn encrypt_with_backend(&self, f: impl BlockCipherEncClosure<BlockSize = U16>) {
        f.call(self);
    }
}

impl BlockCipherEncBackend for Sm4 {
    fn encrypt_block(&self, block: InOut<'_, '_, Block<Self>>) {
        self.encrypt(core::slice::from_mut(block.into_out_with_copied_in()));
    }

    fn encrypt_par_blocks(&self, blocks: InOut<'_, '_, ParBlocks<Self>>) {
        self.encrypt(blocks.into_out_with_copied_in());
    }

    fn encrypt_tail_blocks(&self, blocks: InOutBuf<'_, '_, Block<Self>>) {
        self.encrypt(blocks.into_out_with_copied_in());
    }
}
