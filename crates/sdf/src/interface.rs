//! The C interface of GM/T 0018, section 6: the one place of this crate with `unsafe`. Values go in and come out; pointers stay.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;

use crypto::SecretString;
use libloading::Library;
use secrecy::ExposeSecret;
use sm::Signature;

use crate::{Code, SdfError};

/// ECCref_MAX_LEN.
const WIDTH: usize = 64;
/// Bytes of a number of the curve.
const SCALAR: usize = 32;
/// Bits of a key of SM2.
const BITS: c_uint = 256;

type Raw = *mut c_void;

/// ECCrefPublicKey: coordinates, right-aligned.
#[repr(C)]
struct PublicKey {
    bits: c_uint,
    x: [c_uchar; WIDTH],
    y: [c_uchar; WIDTH],
}

/// ECCSignature: numbers, right-aligned.
#[repr(C)]
struct RawSignature {
    r: [c_uchar; WIDTH],
    s: [c_uchar; WIDTH],
}

/// The calls that we use, and the library that they are in.
struct Calls {
    open_device: unsafe extern "C" fn(*mut Raw) -> c_int,
    close_device: unsafe extern "C" fn(Raw) -> c_int,
    open_session: unsafe extern "C" fn(Raw, *mut Raw) -> c_int,
    close_session: unsafe extern "C" fn(Raw) -> c_int,
    get_access: unsafe extern "C" fn(Raw, c_uint, *mut c_uchar, c_uint) -> c_int,
    release_access: unsafe extern "C" fn(Raw, c_uint) -> c_int,
    export_sign_key: unsafe extern "C" fn(Raw, c_uint, *mut PublicKey) -> c_int,
    sign: unsafe extern "C" fn(Raw, c_uint, *mut c_uchar, c_uint, *mut RawSignature) -> c_int,
    /// Last, so that the code is unloaded after all else.
    _library: Library,
}

/// The vendor's library, loaded.
#[derive(Clone)]
pub(crate) struct Vendor(Arc<Calls>);

/// An open device; closed when dropped.
pub(crate) struct Device {
    calls: Vendor,
    handle: Raw,
}

/// An open session, for one thread (the type is not `Send`); closed when dropped.
pub(crate) struct Session {
    handle: Raw,
    /// Keeps the device open.
    device: Arc<Device>,
}

// SAFETY: GM/T 0018, 6.2: the handle of a device names it for the whole process and may be used by all of its threads, each with a
// session of its own; we only ever open sessions with it and close it, once, when nobody has it any more.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Vendor {
    /// Loads the library and finds the calls.
    pub(crate) fn load(path: &Path) -> Result<Self, SdfError> {
        let failed = |e: libloading::Error| SdfError::Library { path: path.to_owned(), why: e.to_string() };
        // SAFETY: the library is the one that the operator configured; its initialisers run as those of any library that he
        // installs. We can check no more.
        let library = unsafe { Library::new(path) }.map_err(failed)?;
        macro_rules! call {
            ($name:literal) => {{
                let missing = |_| SdfError::NoSuchCall { path: path.to_owned(), call: $name };
                // SAFETY: the type is that of GM/T 0018 for this name, and the pointer lives in one struct with its library.
                *unsafe { library.get(concat!($name, "\0").as_bytes()) }.map_err(missing)?
            }};
        }
        Ok(Self(Arc::new(Calls {
            open_device: call!("SDF_OpenDevice"),
            close_device: call!("SDF_CloseDevice"),
            open_session: call!("SDF_OpenSession"),
            close_session: call!("SDF_CloseSession"),
            get_access: call!("SDF_GetPrivateKeyAccessRight"),
            release_access: call!("SDF_ReleasePrivateKeyAccessRight"),
            export_sign_key: call!("SDF_ExportSignPublicKey_ECC"),
            sign: call!("SDF_InternalSign_ECC"),
            _library: library,
        })))
    }

    /// Opens the device.
    pub(crate) fn open(&self) -> Result<Device, SdfError> {
        let mut handle = null_mut();
        // SAFETY: the call writes one pointer to where it is told, and keeps none.
        answer("SDF_OpenDevice", unsafe { (self.0.open_device)(&raw mut handle) })?;
        Ok(Device { calls: self.clone(), handle })
    }
}

impl Device {
    /// Opens a session.
    pub(crate) fn session(self: &Arc<Self>) -> Result<Session, SdfError> {
        let mut handle = null_mut();
        // SAFETY: the device is open as long as `self` lives; the call writes one pointer to where it is told.
        answer("SDF_OpenSession", unsafe { (self.calls.0.open_session)(self.handle, &raw mut handle) })?;
        Ok(Session { handle, device: Arc::clone(self) })
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: the handle is open and nobody else has it: sessions hold an `Arc` of this. What it answers changes nothing.
        unsafe { (self.calls.0.close_device)(self.handle) };
    }
}

impl Session {
    fn calls(&self) -> &Calls {
        &self.device.calls.0
    }

    /// Asks for the right to use a private key.
    pub(crate) fn get_access(&self, index: u32, pin: &SecretString) -> Result<(), SdfError> {
        let pin = pin.expose_secret().as_bytes();
        let length = c_uint::try_from(pin.len()).unwrap_or(c_uint::MAX);
        // SAFETY: the session is open; the call reads `length` bytes of the PIN (the standard forgot `const`) and keeps no pointer.
        let code = unsafe { (self.calls().get_access)(self.handle, index, pin.as_ptr().cast_mut(), length) };
        answer("SDF_GetPrivateKeyAccessRight", code)
    }

    /// Gives the right back; what the device answers changes nothing.
    pub(crate) fn release_access(&self, index: u32) {
        // SAFETY: the session is open.
        unsafe { (self.calls().release_access)(self.handle, index) };
    }

    /// The public key of a signing key: 4 || x || y.
    pub(crate) fn public_key(&self, index: u32) -> Result<[u8; 1 + 2 * SCALAR], SdfError> {
        let mut key = PublicKey { bits: 0, x: [0; WIDTH], y: [0; WIDTH] };
        // SAFETY: the session is open; the call writes one struct of the standard's layout to where it is told.
        let code = unsafe { (self.calls().export_sign_key)(self.handle, index, &raw mut key) };
        answer("SDF_ExportSignPublicKey_ECC", code)?;
        let other = |why: String| SdfError::NotSm2 { index, why };
        if key.bits != BITS {
            return Err(other(format!("it has {} bits", key.bits)));
        }
        let mut point = [4; 1 + 2 * SCALAR];
        for (part, number) in point[1..].chunks_mut(SCALAR).zip([&key.x, &key.y]) {
            part.copy_from_slice(low_half(number).ok_or_else(|| other("a coordinate is too long".to_owned()))?);
        }
        Ok(point)
    }

    /// Signs a digest.
    pub(crate) fn sign(&self, index: u32, digest: &[u8; 32]) -> Result<Option<Signature>, SdfError> {
        let mut digest = *digest;
        let mut made = RawSignature { r: [0; WIDTH], s: [0; WIDTH] };
        // SAFETY: the session is open; the call reads 32 bytes of the digest and writes one struct of the standard's layout.
        let code = unsafe {
            (self.calls().sign)(self.handle, index, digest.as_mut_ptr(), digest.len() as c_uint, &raw mut made)
        };
        answer("SDF_InternalSign_ECC", code)?;
        let mut signature = [0; 2 * SCALAR];
        for (part, number) in signature.chunks_mut(SCALAR).zip([&made.r, &made.s]) {
            let Some(number) = low_half(number) else { return Ok(None) };
            part.copy_from_slice(number);
        }
        Ok(Some(signature))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the handle is open and only this thread has it. What it answers changes nothing.
        unsafe { (self.calls().close_session)(self.handle) };
    }
}

fn answer(call: &'static str, code: c_int) -> Result<(), SdfError> {
    match code {
        0 => Ok(()),
        code => Err(SdfError::Device { call, code: Code(code.cast_unsigned()) }),
    }
}

/// A number that is right-aligned in a field twice its size.
fn low_half(field: &[u8; WIDTH]) -> Option<&[u8; SCALAR]> {
    let (high, low) = field.split_first_chunk::<SCALAR>()?;
    let low: &[u8; SCALAR] = low.try_into().ok()?;
    (high == &[0; SCALAR]).then_some(low)
}
