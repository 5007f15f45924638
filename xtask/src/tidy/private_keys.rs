//! No module outside the provider touches a private key: what holds one in bytes or numbers is named in `crates/crypto` alone.

use super::finding::Finding;
use super::rust_file::RustFile;
use super::source_tree::SourceTree;

const RULE: &str = "private-keys";
/// Where keys live: the providers, and the crate of the curve (which signs only in simulations, `sm::light`). The others are no
/// part of the product: the mock device, forged certificates, the simulators, and a chain that the store's own tests make.
const ALLOWED: [&str; 6] = [
    "crates/crypto/",
    "crates/sm/",
    "crates/sdf/mock-device/",
    "crates/sm-tls/forge/",
    "simulators/",
    "crates/storage/src/store/made_chain.rs",
];
/// Types that hold a private key.
const TYPES: [&str; 4] = ["SecretScalar", "NonZeroScalar", "ScalarPrimitive", "SecretKey"];
/// Crates that make or use one.
const CRATES: [&str; 7] = ["sm2", "elliptic_curve", "ecdsa", "p256", "k256", "ed25519_dalek", "vsss_rs"];
/// Calls by which one comes in or goes out.
const CALLS: [&str; 2] = ["export", "import"];

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let watched = tree.rust().iter().filter(|f| !ALLOWED.iter().any(|folder| f.path.starts_with(folder)));
    watched.flat_map(check_file).collect()
}

fn check_file(file: &RustFile) -> Vec<Finding> {
    let tokens = file.shipped();
    let next = |i: usize, ahead: usize| tokens.get(i + ahead).map_or("", |t| t.text.as_str());
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let text = token.text.as_str();
        let is_crate = CRATES.contains(&text) && next(i, 1) == ":" && next(i, 2) == ":";
        let is_call = CALLS.contains(&text) && i > 0 && tokens[i - 1].text == "." && next(i, 1) == "(";
        let names_a_key = i > 1 && is_call && ["provider", "keys", "device"].contains(&tokens[i - 2].text.as_str());
        if TYPES.contains(&text) || is_crate || names_a_key {
            let message =
                format!("`{text}` touches private keys: they stay in crates/crypto, and others name them by handle");
            found.push(Finding::new(&file.path, token.line, RULE, message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&SourceTree::planted(&[(path, text)])).into_iter().map(|f| f.line).collect()
    }

    const PLANTED: &str = "use crypto::SecretScalar;\nuse sm2::dsa::SigningKey;\nfn f(k: elliptic_curve::SecretKey<C>) {}\n\
        fn g() { provider.export(&handle); }\nuse ::vsss_rs::Share;\n";

    #[test]
    fn planted_keys_are_found_wherever_the_product_names_them() {
        for path in ["chain-node/src/a.rs", "crates/cli/src/a.rs", "crates/sdf/src/a.rs", "sdk/src/a.rs"] {
            assert_eq!(lines(path, PLANTED), [1, 2, 3, 3, 4, 5], "{path}");
        }
    }

    #[test]
    fn the_provider_and_tests_may_and_words_alone_are_no_keys() {
        for path in ["crates/crypto/src/secret.rs", "crates/sm/src/light.rs", "crates/ledger/tests/ledger/world.rs"] {
            assert_eq!(lines(path, PLANTED), [0_usize; 0], "{path}");
        }
        let harmless = "use crypto::{KeyProvider, SigningKey};\n// SecretScalar\nconst A: &str = \"sm2::dsa\";\nfn sm2() {}\n\
            fn f() { table.export(); }\n";
        assert_eq!(lines("chain-node/src/a.rs", harmless), [0_usize; 0]);
    }
}
