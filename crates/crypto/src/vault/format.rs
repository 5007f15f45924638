//! The files: one PEM block of DER, in its one form.

use der::{
    Decode, Encode, Sequence,
    asn1::OctetString,
    pem::{self, LineEnding},
};
use sm::PublicKeyBytes;
use sm2::{
    ProjectivePoint, PublicKey,
    elliptic_curve::{group::Group, sec1::ToSec1Point},
};

use super::{
    Holder, MAX_HOLDERS, MIN_THRESHOLD, SealedShare, Vault, VaultFileError, check_holders, content, good_name, sealing,
};

const VERSION: u8 = 1;
const VAULT: &str = "TAXCHAIN KEY VAULT";
const SHARE: &str = "TAXCHAIN KEY SHARE";
/// More than the longest vault: 32 holders with long names, 32 commitments.
const LONGEST: usize = 16 * 1024;

#[derive(Sequence)]
struct HolderDer {
    name: String,
    key: OctetString,
}

#[derive(Sequence)]
struct PublicDer {
    version: u8,
    id: OctetString,
    threshold: u8,
    holders: Vec<HolderDer>,
    commitments: Vec<OctetString>,
}

#[derive(Sequence)]
struct VaultDer {
    public: PublicDer,
    nonce: OctetString,
    ciphertext: OctetString,
}

#[derive(Sequence)]
struct ShareDer {
    version: u8,
    vault: OctetString,
    index: u8,
    holder: String,
    recipient: OctetString,
    ephemeral: OctetString,
    ciphertext: OctetString,
}

fn octets(bytes: &[u8]) -> OctetString {
    OctetString::new(bytes).expect("some hundred bytes fit into DER")
}

fn der(value: &impl Encode) -> Vec<u8> {
    value.to_der().expect("some thousand bytes fit into DER")
}

fn public(vault: &Vault) -> PublicDer {
    PublicDer {
        version: VERSION,
        id: octets(&vault.id),
        threshold: vault.threshold,
        holders: vault.holders.iter().map(|h| HolderDer { name: h.name.clone(), key: octets(&h.key.0) }).collect(),
        commitments: vault.commitments.iter().map(|point| octets(point.to_sec1_point(true).as_bytes())).collect(),
    }
}

/// What the content's seal protects beside it: all but the seal itself.
pub(super) fn public_part(vault: &Vault) -> Vec<u8> {
    der(&public(vault))
}

pub(super) fn vault_to_pem(vault: &Vault) -> String {
    let whole = VaultDer { public: public(vault), nonce: octets(&vault.nonce), ciphertext: octets(&vault.ciphertext) };
    to_pem(VAULT, &der(&whole))
}

pub(super) fn vault_from_pem(text: &str) -> Result<Vault, VaultFileError> {
    let wrong = |why: &str| VaultFileError { what: "vault", why: why.to_owned() };
    let bytes = from_pem(text, VAULT).map_err(wrong)?;
    let read = VaultDer::from_der(&bytes).map_err(|_| wrong("it is damaged"))?;
    if der(&read) != bytes {
        return Err(wrong("it is not in its one form"));
    }
    let VaultDer { public, nonce, ciphertext } = read;
    if public.version != VERSION {
        return Err(wrong("it is of another version: use newer software"));
    }
    let holders = public.holders.into_iter().map(|h| Some(Holder { name: h.name, key: key(&h.key)? }));
    let holders: Option<Vec<_>> = holders.collect();
    let holders = holders.ok_or_else(|| wrong("a holder's key is damaged"))?;
    check_holders(&holders, public.threshold.into()).map_err(|error| wrong(&error.to_string()))?;
    let commitments: Option<Vec<_>> = public.commitments.iter().map(point).collect();
    let commitments = commitments.filter(|all| all.len() == usize::from(public.threshold));
    let whole = (|| {
        Some(Vault {
            id: array(&public.id)?,
            threshold: public.threshold,
            holders,
            commitments: commitments?,
            nonce: array(&nonce)?,
            ciphertext: sized(ciphertext, content::SEALED_LEN)?,
        })
    })();
    whole.ok_or_else(|| wrong("a part of it is damaged"))
}

pub(super) fn share_to_pem(share: &SealedShare) -> String {
    to_pem(
        SHARE,
        &der(&ShareDer {
            version: VERSION,
            vault: octets(&share.vault),
            index: share.index,
            holder: share.holder.clone(),
            recipient: octets(&share.recipient.0),
            ephemeral: octets(&share.ephemeral),
            ciphertext: octets(&share.ciphertext),
        }),
    )
}

pub(super) fn share_from_pem(text: &str) -> Result<SealedShare, VaultFileError> {
    let wrong = |why: &str| VaultFileError { what: "share of a vault", why: why.to_owned() };
    let bytes = from_pem(text, SHARE).map_err(wrong)?;
    let read = ShareDer::from_der(&bytes).map_err(|_| wrong("it is damaged"))?;
    if der(&read) != bytes {
        return Err(wrong("it is not in its one form"));
    }
    if read.version != VERSION {
        return Err(wrong("it is of another version: use newer software"));
    }
    let fits = (1..=MAX_HOLDERS).contains(&usize::from(read.index)) && good_name(&read.holder);
    let whole = (|| {
        Some(SealedShare {
            vault: array(&read.vault)?,
            index: read.index,
            holder: read.holder,
            recipient: key(&read.recipient)?,
            ephemeral: array(&read.ephemeral)?,
            ciphertext: sized(read.ciphertext, sealing::SEALED_LEN)?,
        })
    })();
    whole.filter(|_| fits).ok_or_else(|| wrong("a part of it is damaged"))
}

fn array<const N: usize>(bytes: &OctetString) -> Option<[u8; N]> {
    bytes.as_bytes().try_into().ok()
}

fn sized(bytes: OctetString, len: usize) -> Option<Vec<u8>> {
    Some(bytes.into_bytes().into_vec()).filter(|bytes| bytes.len() == len)
}

fn key(bytes: &OctetString) -> Option<PublicKeyBytes> {
    let key = PublicKeyBytes(array(bytes)?);
    sm::PublicKey::from_bytes(&key).is_ok().then_some(key)
}

fn point(bytes: &OctetString) -> Option<ProjectivePoint> {
    let compressed: [u8; 33] = array(bytes)?;
    let point = PublicKey::from_sec1_bytes(&compressed).ok()?.to_projective();
    (!bool::from(point.is_identity())).then_some(point)
}

fn to_pem(label: &str, der: &[u8]) -> String {
    pem::encode_string(label, LineEnding::LF, der).expect("some thousand bytes fit into PEM")
}

/// One block, in the one form that PEM has; line ends may be those of either world.
fn from_pem(text: &str, label: &str) -> Result<Vec<u8>, &'static str> {
    if text.len() > LONGEST {
        return Err("it is far too long");
    }
    let found = pem::decode_label(text.as_bytes()).map_err(|_| "no such block is in it")?;
    if found != label {
        return Err("it is a block of another kind");
    }
    let (_, der) = pem::decode_vec(text.as_bytes()).map_err(|_| "the block is damaged")?;
    let strict = to_pem(label, &der);
    if text.replace("\r\n", "\n").trim_end_matches('\n') != strict.trim_end_matches('\n') {
        return Err("there is more than the block, or its lines are not 64 characters");
    }
    Ok(der)
}

const _: () = assert!(MIN_THRESHOLD >= 2);
