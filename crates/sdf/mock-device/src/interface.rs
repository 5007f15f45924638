//! The calls of GM/T 0018, as a C program sees them. Handles are numbers in the place of pointers; nothing is behind them.

use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::ptr;

use crate::card::{self, ARGUMENTS};

const WIDTH: usize = 64;

/// ECCrefPublicKey.
#[repr(C)]
pub struct PublicKey {
    bits: c_uint,
    x: [c_uchar; WIDTH],
    y: [c_uchar; WIDTH],
}

/// ECCSignature.
#[repr(C)]
pub struct Signature {
    r: [c_uchar; WIDTH],
    s: [c_uchar; WIDTH],
}

fn handle(number: usize) -> *mut c_void {
    ptr::without_provenance_mut(number)
}

fn code<T>(result: Result<T, u32>) -> c_int {
    result.err().map_or(0, u32::cast_signed)
}

/// Writes what was made, if the caller gave a place for it.
unsafe fn give<T>(place: *mut T, made: Result<T, u32>) -> c_int {
    if place.is_null() {
        return ARGUMENTS.cast_signed();
    }
    code(made.map(|value| {
        // SAFETY: it is not null, and the caller says that it may be written.
        unsafe { place.write(value) };
    }))
}

fn spread(number: &[u8]) -> [u8; WIDTH] {
    let mut out = [0; WIDTH];
    out[WIDTH - number.len()..].copy_from_slice(number);
    out
}

/// # Safety
/// `device` may be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SDF_OpenDevice(device: *mut *mut c_void) -> c_int {
    // SAFETY: as this function's.
    unsafe { give(device, card::with(|card| card.open_device()).map(handle)) }
}

/// Closes a device.
#[unsafe(no_mangle)]
pub extern "C" fn SDF_CloseDevice(device: *mut c_void) -> c_int {
    card::with(|card| card.close_device(device.addr()));
    0
}

/// # Safety
/// `session` may be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SDF_OpenSession(device: *mut c_void, session: *mut *mut c_void) -> c_int {
    // SAFETY: as this function's.
    unsafe { give(session, card::with(|card| card.open_session(device.addr())).map(handle)) }
}

/// Closes a session.
#[unsafe(no_mangle)]
pub extern "C" fn SDF_CloseSession(session: *mut c_void) -> c_int {
    card::with(|card| card.close_session(session.addr()));
    0
}

/// # Safety
/// `pin` points to `length` bytes, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SDF_GetPrivateKeyAccessRight(
    session: *mut c_void,
    index: c_uint,
    pin: *mut c_uchar,
    length: c_uint,
) -> c_int {
    if pin.is_null() {
        return ARGUMENTS.cast_signed();
    }
    // SAFETY: as this function's.
    let pin = unsafe { std::slice::from_raw_parts(pin, length as usize) };
    code(card::with(|card| card.get_access(session.addr(), index, pin)))
}

/// Gives up the right to a key.
#[unsafe(no_mangle)]
pub extern "C" fn SDF_ReleasePrivateKeyAccessRight(session: *mut c_void, index: c_uint) -> c_int {
    card::with(|card| card.release_access(session.addr(), index));
    0
}

/// # Safety
/// `key` may be written, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SDF_ExportSignPublicKey_ECC(
    session: *mut c_void,
    index: c_uint,
    key: *mut PublicKey,
) -> c_int {
    let made = card::with(|card| card.public_key(session.addr(), index));
    let made = made.map(|point| PublicKey { bits: 256, x: spread(&point[..32]), y: spread(&point[32..]) });
    // SAFETY: as this function's.
    unsafe { give(key, made) }
}

/// # Safety
/// `data` points to `length` bytes and `signature` may be written, or they are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SDF_InternalSign_ECC(
    session: *mut c_void,
    index: c_uint,
    data: *mut c_uchar,
    length: c_uint,
    signature: *mut Signature,
) -> c_int {
    if data.is_null() {
        return ARGUMENTS.cast_signed();
    }
    // SAFETY: as this function's.
    let digest = unsafe { std::slice::from_raw_parts(data, length as usize) };
    let made = card::with(|card| card.begin_signing(session.addr(), index)).and_then(|signing| signing.finish(digest));
    let made = made.map(|bytes| Signature { r: spread(&bytes[..32]), s: spread(&bytes[32..]) });
    // SAFETY: as this function's.
    unsafe { give(signature, made) }
}

/// Tells the device to misbehave so many times; the number is that of a [`crate::Trouble`].
#[unsafe(no_mangle)]
pub extern "C" fn MOCK_Trouble(trouble: c_uint, times: c_uint) {
    card::with(|card| card.plan(trouble, times));
}

/// What the device has counted: sessions open, most at once, ever opened, PINs shown, signatures made, devices opened.
#[unsafe(no_mangle)]
pub extern "C" fn MOCK_Count(which: c_uint) -> c_uint {
    let counts = card::with(|card| card.counts);
    let all =
        [counts.sessions, counts.most_sessions, counts.opened, counts.pins_shown, counts.signatures, counts.devices];
    all.get(which as usize).and_then(|count| c_uint::try_from(*count).ok()).unwrap_or(c_uint::MAX)
}
