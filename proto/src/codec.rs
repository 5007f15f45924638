//! How messages come off the wire: as prost reads them, but what a request makes its reader allocate is counted first.
//!
//! An empty element of a list takes two bytes on the wire and hundreds in memory: a request of a megabyte could else ask for
//! a gigabyte. Bytes that are no message of ours are the caller's mistake, and are said to be.

mod budget;

use std::marker::PhantomData;

use prost::bytes::Buf;
use prost::{Message, Name};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};

use crate::edge_reason::EdgeReason;
use crate::status::EdgeError;

/// The codec of every call.
#[derive(Clone, Debug)]
pub struct Counted<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Counted<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for Counted<T, U>
where
    T: Message + Send + 'static,
    U: Message + Name + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = CountedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::default().encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        CountedDecoder(PhantomData)
    }
}

/// Reads messages of one kind.
#[derive(Debug)]
pub struct CountedDecoder<U>(PhantomData<U>);

impl<U: Message + Name + Default> Decoder for CountedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let length = buffer.remaining();
        let bytes = buffer.copy_to_bytes(length);
        // What a server answers is the caller's to believe or not; what a caller asks is anybody's.
        if !U::NAME.ends_with("Request") {
            let unread = |error| Status::internal(format!("an answer that cannot be read: {error}"));
            return U::decode(bytes).map(Some).map_err(unread);
        }
        budget::check(&U::full_name(), &bytes).map_err(|over| refused(&over.to_string()))?;
        U::decode(bytes).map(Some).map_err(|error| refused(&error.to_string()))
    }
}

fn refused(why: &str) -> Status {
    EdgeError::new(EdgeReason::InvalidArgument).field("message").detail(why).into_status()
}
