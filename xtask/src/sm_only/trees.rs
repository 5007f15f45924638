//! The crates that the shipped programs are built with, and what their authors say they are about.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::{MetadataCommand, Package};

use crate::workspace::{cargo, typed};

/// What the shipped programs, and the libraries that others embed, are built from.
const SHIPPED: [&str; 4] = ["cli", "verifier", "chain-node", "invoice-service"];
/// Words by which authors say that a crate is about cryptography.
const KEYWORDS: [&str; 34] = [
    "aead",
    "aes",
    "block-cipher",
    "cipher",
    "crc",
    "crypto",
    "cryptography",
    "digest",
    "ecc",
    "ecdsa",
    "ed25519",
    "elliptic-curve",
    "encrypt",
    "encryption",
    "hash",
    "hashing",
    "hmac",
    "kdf",
    "mac",
    "md5",
    "openssl",
    "pki",
    "prf",
    "random",
    "rng",
    "rsa",
    "sha1",
    "sha2",
    "sha3",
    "signature",
    "signing",
    "ssl",
    "tls",
    "x509",
];
/// Crates whose authors say too little.
const NAMES: [&str; 24] = [
    "aes",
    "aws-lc-rs",
    "aws-lc-sys",
    "blake2",
    "blake3",
    "boring",
    "chacha20",
    "curve25519-dalek",
    "ed25519-dalek",
    "k256",
    "hkdf",
    "md-5",
    "md5",
    "openssl",
    "openssl-sys",
    "p256",
    "pbkdf2",
    "ppv-lite86",
    "rand_chacha",
    "ring",
    "rsa",
    "sha1",
    "sha2",
    "sha3",
];

/// A crate that is built in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) about_crypto: bool,
}

/// All of them but our own.
pub(super) fn shipped(root: &Path) -> Result<BTreeSet<Crate>> {
    let mut built = BTreeSet::new();
    for package in SHIPPED {
        built.extend(tree(root, package)?);
    }
    let metadata = MetadataCommand::new().current_dir(root).exec().context("cargo cannot read the workspace")?;
    let known: BTreeSet<String> = built.clone();
    let foreign = metadata.packages.iter().filter(|p| p.source.is_some() && known.contains(p.name.as_str()));
    let mut crates = BTreeSet::new();
    for package in foreign {
        let (name, about_crypto) = (package.name.to_string(), is_about_crypto(package));
        // Another version of it may say more.
        if about_crypto {
            crates.remove(&Crate { name: name.clone(), about_crypto: false });
        } else if crates.contains(&Crate { name: name.clone(), about_crypto: true }) {
            continue;
        }
        crates.insert(Crate { name, about_crypto });
    }
    Ok(crates)
}

fn is_about_crypto(package: &Package) -> bool {
    let says = |word: &String| KEYWORDS.contains(&word.to_lowercase().as_str());
    package.categories.iter().any(|category| category.starts_with("cryptography"))
        || package.keywords.iter().any(says)
        || NAMES.contains(&package.name.as_str())
}

/// Without macros, which run at build time only.
fn tree(root: &Path, package: &str) -> Result<Vec<String>> {
    let arguments =
        ["tree", "--package", package, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
    let output = cargo(&arguments).current_dir(root).output().context("cannot start cargo tree")?;
    if !output.status.success() {
        bail!("`{}` failed: {}", typed(&arguments), String::from_utf8_lossy(&output.stderr).trim());
    }
    let told = String::from_utf8_lossy(&output.stdout);
    Ok(told.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn what_is_built_in_is_seen_and_what_tests_use_is_not() {
        let crates = shipped(&Workspace::load().unwrap().root).unwrap();
        let has = |name: &str, about| crates.contains(&Crate { name: name.to_owned(), about_crypto: about });
        assert!(has("sm3", true) && has("rustls", true) && has("serde", false));
        assert!(!has("aes-gcm", true) && !has("rcgen", true) && !has("proptest", false));
    }
}
