#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use ledger_types::Digest;
use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::{KeyProvider, KeyUse, SoftwareProvider, key_file};

const SECRET: [u8; 32] = *b"this is a scalar, 32 bytes long!";
const PASSWORD: &str = "zebra-kumquat-17-oxide";

struct People {
    provider: Arc<dyn KeyProvider>,
    keys: Vec<SigningKey>,
    holders: Vec<Holder>,
}

fn people(n: usize) -> People {
    let provider = SoftwareProvider::shared();
    let keys: Vec<_> = (0..n).map(|_| SigningKey::generate(&provider, KeyUse::ShareHolder).unwrap()).collect();
    let holder = |(place, key): (usize, &SigningKey)| Holder { name: format!("局{place}"), key: key.public_key() };
    let holders = keys.iter().enumerate().map(holder).collect();
    People { provider, keys, holders }
}

fn secret_key(provider: &Arc<dyn KeyProvider>) -> SigningKey {
    SigningKey::import(provider, KeyUse::Vote, SecretScalar::from_bytes(&SECRET).unwrap()).unwrap()
}

/// A vault with the key in it, among five of whom three open it.
fn three_of_five() -> (People, Vault, Vec<SealedShare>) {
    let people = people(5);
    let (vault, shares) = Vault::of_key(&secret_key(&people.provider), &people.holders, 3).unwrap();
    (people, vault, shares)
}

fn open(people: &People, shares: &[SealedShare], place: usize) -> OpenShare {
    shares[place].open(&people.keys[place]).unwrap()
}

fn join(people: &People, vault: &Vault, shares: &[SealedShare], places: &[usize]) -> Result<Opened, VaultError> {
    let mut joining = vault.join();
    for place in places {
        joining.add(open(people, shares, *place))?;
    }
    joining.open()
}

#[test]
fn any_three_of_five_open_it_and_no_two() {
    let (people, vault, shares) = three_of_five();
    for a in 0..5 {
        for b in a + 1..5 {
            let few = join(&people, &vault, &shares, &[a, b]).unwrap_err();
            assert_eq!(few, VaultError::TooFew { have: 2, need: 3 });
            for c in b + 1..5 {
                let opened = join(&people, &vault, &shares, &[c, a, b]).unwrap();
                assert_eq!(opened.key_use(), Some(KeyUse::Vote));
                let key = opened.into_key(&people.provider).unwrap();
                assert_eq!(key.public_key(), secret_key(&people.provider).public_key());
            }
        }
    }
    let all = join(&people, &vault, &shares, &[4, 3, 2, 1, 0]).unwrap().into_key(&people.provider).unwrap();
    assert_eq!(all.public_key(), secret_key(&people.provider).public_key(), "more than needed do no harm");
}

/// Without the check of the number of shares: what two shares interpolate to opens nothing.
#[test]
fn what_too_few_shares_make_is_not_the_key() {
    let (people, vault, shares) = three_of_five();
    let (a, b) = (open(&people, &shares, 0), open(&people, &shares, 1));
    let guess = sharing::join(&[(a.index, &a.value), (b.index, &b.value)]).unwrap();
    assert!(Content::open(&guess, &vault).is_none());
    let c = open(&people, &shares, 2);
    let root = sharing::join(&[(a.index, &a.value), (b.index, &b.value), (c.index, &c.value)]).unwrap();
    assert!(Content::open(&root, &vault).is_some());
}

#[test]
fn a_repeated_share_is_named_and_not_counted() {
    let (people, vault, shares) = three_of_five();
    let mut joining = vault.join();
    assert_eq!(joining.add(open(&people, &shares, 1)), Ok(2));
    let again = VaultError::RepeatedShare { index: 2, holder: "局1".to_owned() };
    assert_eq!(joining.add(open(&people, &shares, 1)), Err(again));
    assert_eq!((joining.missing(), joining.given()), (2, vec!["局1"]));
}

#[test]
fn a_wrong_share_is_named_and_not_counted() {
    let (people, vault, shares) = three_of_five();
    let mut joining = vault.join();
    let mut wrong = open(&people, &shares, 3);
    *wrong.value.0 += Scalar::ONE;
    assert_eq!(joining.add(wrong), Err(VaultError::WrongShare { index: 4, holder: "局3".to_owned() }));
    assert_eq!(joining.missing(), 3);
    for place in [0, 1, 3] {
        joining.add(open(&people, &shares, place)).unwrap();
    }
    joining.open().unwrap();
}

#[test]
fn a_share_under_anothers_number_is_named() {
    let (people, vault, shares) = three_of_five();
    let mut joining = vault.join();
    // He has his own share and says that it is another's.
    let swapped = |index, holder: &str| OpenShare { index, holder: holder.to_owned(), ..reopened(&people, &shares) };
    let listed =
        |listed: &str, index| VaultError::SwappedShare { index, holder: "局0".to_owned(), listed: listed.to_owned() };
    assert_eq!(joining.add(swapped(2, "局0")), Err(listed("局1's", 2)));
    assert_eq!(joining.add(swapped(6, "局0")), Err(listed("not there", 6)));
    assert_eq!(joining.add(swapped(0, "局0")), Err(listed("not there", 0)));
    assert_eq!(joining.add(swapped(2, "局1")), Err(VaultError::WrongShare { index: 2, holder: "局1".to_owned() }));
    assert_eq!(joining.missing(), 3);
}

fn reopened(people: &People, shares: &[SealedShare]) -> OpenShare {
    open(people, shares, 0)
}

#[test]
fn a_share_of_another_vault_is_named_also_after_splitting_again() {
    let (people, vault, shares) = three_of_five();
    let opened = join(&people, &vault, &shares, &[0, 1, 2]).unwrap();
    let (new, new_shares) = opened.split_again(&people.holders, 3).unwrap();
    let foreign = VaultError::ForeignShare { index: 1, holder: "局0".to_owned(), found: vault.id(), wanted: new.id() };
    assert_eq!(new.join().add(open(&people, &shares, 0)), Err(foreign));
    // Even if an old share claims to be a new one, it does not fit.
    let mut forged = open(&people, &shares, 0);
    forged.vault = new.id;
    assert_eq!(new.join().add(forged), Err(VaultError::WrongShare { index: 1, holder: "局0".to_owned() }));
    let key = join(&people, &new, &new_shares, &[2, 3, 4]).unwrap().into_key(&people.provider).unwrap();
    assert_eq!(key.public_key(), secret_key(&people.provider).public_key(), "the content is the same");
}

#[test]
fn a_share_opens_with_its_holders_key_only_and_whole_only() {
    let (people, _, shares) = three_of_five();
    let others = shares[0].open(&people.keys[1]).unwrap_err();
    assert_eq!(others, VaultError::OthersShare { index: 1, holder: "局0".to_owned() });
    let vote = secret_key(&people.provider);
    assert_eq!(shares[0].open(&vote).unwrap_err(), VaultError::OthersShare { index: 1, holder: "局0".to_owned() });
    let damaged = VaultError::DamagedShare { index: 1, holder: "局0".to_owned() };
    let changes: [fn(&mut SealedShare); 5] = [
        |s| s.ciphertext[40] ^= 1,
        |s| s.ciphertext[0] ^= 1,
        |s| s.vault[0] ^= 1,
        |s| s.ephemeral[40] ^= 1,
        |s| s.ephemeral = [4; 65],
    ];
    for change in changes {
        let mut share = shares[0].clone();
        change(&mut share);
        assert_eq!(share.open(&people.keys[0]).unwrap_err(), damaged);
    }
    let mut moved = shares[0].clone();
    moved.index = 2;
    assert!(matches!(moved.open(&people.keys[0]), Err(VaultError::DamagedShare { index: 2, .. })));
}

#[test]
fn a_share_can_be_handed_on_and_is_still_its_holders() {
    let (people, vault, shares) = three_of_five();
    let desk = SigningKey::generate(&people.provider, KeyUse::ShareHolder).unwrap();
    let mut joining = vault.join();
    for place in [0, 2, 4] {
        let handed = shares[place].hand_on(&people.keys[place], &desk.public_key()).unwrap();
        assert!(handed.open(&people.keys[place]).is_err(), "it is sealed to the desk now");
        let handed = SealedShare::from_pem(&handed.to_pem()).unwrap();
        joining.add(handed.open(&desk).unwrap()).unwrap();
    }
    assert_eq!(joining.given(), ["局0", "局2", "局4"]);
    joining.open().unwrap();
}

#[test]
fn all_vaults_look_alike() {
    let people = people(3);
    let sizes = |(vault, shares): (Vault, Vec<SealedShare>)| {
        let pem = vault.to_pem();
        (vault.ciphertext.len(), pem.len(), shares[0].to_pem().len())
    };
    let of_key = sizes(Vault::of_key(&secret_key(&people.provider), &people.holders, 2).unwrap());
    let password = |len: usize| Vault::of_password(&SecretString::from("p".repeat(len)), &people.holders, 2);
    for len in [1, 8, 200] {
        assert_eq!(sizes(password(len).unwrap()), of_key, "{len}");
    }
    for len in [0, 201] {
        assert_eq!(password(len).unwrap_err(), VaultError::PasswordLength);
    }
}

#[test]
fn what_was_put_in_comes_out_and_not_as_something_else() {
    let people = people(2);
    let (vault, shares) = Vault::of_password(&SecretString::from(PASSWORD), &people.holders, 2).unwrap();
    let opened = join(&people, &vault, &shares, &[0, 1]).unwrap();
    assert_eq!(opened.key_use(), None);
    assert_eq!(opened.into_password().unwrap().expose_secret(), PASSWORD);
    let as_key = join(&people, &vault, &shares, &[0, 1]).unwrap().into_key(&people.provider).unwrap_err();
    assert_eq!(as_key.to_string(), "the vault holds a password, not a key");
    let (vault, shares) = Vault::of_key(&secret_key(&people.provider), &people.holders, 2).unwrap();
    let as_password = join(&people, &vault, &shares, &[0, 1]).unwrap().into_password().unwrap_err();
    assert_eq!(as_password.to_string(), "the vault holds a key for vote, not a password");
}

#[test]
fn a_changed_vault_does_not_open() {
    let (people, vault, shares) = three_of_five();
    let mut changed = vault.clone();
    changed.ciphertext[100] ^= 1;
    assert_eq!(join(&people, &changed, &shares, &[0, 1, 2]).unwrap_err(), VaultError::ChangedVault);
    let mut lowered = vault.clone();
    lowered.threshold = 2;
    lowered.commitments.pop();
    assert!(matches!(join(&people, &lowered, &shares, &[0, 1]), Err(VaultError::WrongShare { index: 1, .. })));
    let mut renamed = vault.clone();
    renamed.holders[4].name = "another".to_owned();
    assert_eq!(join(&people, &renamed, &shares, &[0, 1, 2]).unwrap_err(), VaultError::ChangedVault);
}

#[test]
fn impossible_splits_are_refused() {
    let people = people(3);
    let key = secret_key(&people.provider);
    let why = |holders: &[Holder], threshold| Vault::of_key(&key, holders, threshold).unwrap_err().to_string();
    for threshold in [0, 1, 4] {
        let text = why(&people.holders, threshold);
        assert!(text.starts_with(&format!("{threshold} of 3 is not possible")), "{text}");
    }
    let mut twice = people.holders.clone();
    twice[2].name = "局0".to_owned();
    assert_eq!(why(&twice, 2), "two holders are called 局0");
    twice[2] = Holder { name: "another".to_owned(), ..people.holders[0].clone() };
    assert_eq!(why(&twice, 2), "局0 and another have one key: each share needs a holder of its own");
    twice[2].name = "line\nbreak".to_owned();
    assert!(why(&twice, 2).contains("is no name"));
    twice[2] = Holder { name: "off".to_owned(), key: PublicKeyBytes([2; 33]) };
    assert_eq!(why(&twice, 2), "the key of off is no point of the curve");
}

#[test]
fn nothing_that_is_shown_is_secret() {
    let (people, vault, shares) = three_of_five();
    let share = open(&people, &shares, 0);
    let value: [u8; 32] = sm2::elliptic_curve::PrimeField::to_repr(&*share.value.0).into();
    let mut joining = vault.join();
    let shown = format!("{vault:?} {:?} {share:?} {share:#?} {}", shares[0], vault.to_pem());
    joining.add(share).unwrap();
    let shown = format!("{shown} {joining:?} {}", shares[0].to_pem());
    for secret in [&SECRET, &value] {
        for part in secret.chunks(8) {
            assert!(!shown.contains(&hex(part)) && !shown.contains(&format!("{part:?}")), "{shown}");
        }
    }
    assert!(format!("{:?}", join(&people, &vault, &shares, &[0, 1, 2]).unwrap()).contains("hidden"));
}

/// Written once and never again: these files must open for ever.
#[test]
fn the_files_of_the_first_version_still_open() {
    let file = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vault").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let provider = SoftwareProvider::shared();
    let password = SecretString::from("correct-horse");
    let vault = Vault::from_pem(&file("vault.pem")).unwrap();
    assert_eq!((vault.threshold(), vault.to_pem()), (2, file("vault.pem")));
    let mut joining = vault.join();
    for n in [1, 3] {
        let holder = file(&format!("holder-{n}.pem"));
        let key = key_file::from_pem(&holder, &password, &provider, KeyUse::ShareHolder).unwrap();
        let share = SealedShare::from_pem(&file(&format!("share-{n}.pem"))).unwrap();
        assert_eq!(share.to_pem(), file(&format!("share-{n}.pem")));
        joining.add(share.open(&key).unwrap()).unwrap();
    }
    let key = joining.open().unwrap().into_key(&provider).unwrap();
    assert_eq!(key.key_use(), KeyUse::Vote);
    assert_eq!(key.public_key(), secret_key(&provider).public_key());
}

#[test]
fn files_are_read_in_their_one_form_only() {
    let (_, vault, shares) = three_of_five();
    let (vault, share) = (vault.to_pem(), shares[0].to_pem());
    assert_eq!(Vault::from_pem(&vault.replace('\n', "\r\n")).unwrap().to_pem(), vault);
    for (text, why) in [
        (String::new(), "no such block"),
        (share.clone(), "another kind"),
        (format!("a comment\n{vault}"), "more than the block"),
        (vault.replacen("MII", "MIJ", 1), "damaged"),
        ("x".repeat(20_000), "far too long"),
    ] {
        let error = Vault::from_pem(&text).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
    assert!(SealedShare::from_pem(&vault).unwrap_err().to_string().starts_with("not a share of a vault"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any byte of a file that is changed: it is not read, or it does not open; nothing panics.
    #[test]
    fn a_changed_byte_never_passes(at: prop::sample::Index, bit in 0..8_u8) {
        let (people, vault, shares) = three_of_five();
        let flip = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            String::from_utf8_lossy(&bytes).into_owned()
        };
        if let Ok(changed) = Vault::from_pem(&flip(&vault.to_pem())) && changed != vault {
            prop_assert!(join(&people, &changed, &shares, &[0, 1, 2]).is_err());
        }
        if let Ok(changed) = SealedShare::from_pem(&flip(&shares[0].to_pem())) && changed != shares[0] {
            let opened = changed.open(&people.keys[0]);
            prop_assert!(opened.is_err() || vault.join().add(opened.unwrap()).is_err());
        }
    }
}

/// A key signs as before after it was in a vault.
#[test]
fn a_key_of_a_vault_signs() {
    let people = people(2);
    let key = SigningKey::generate(&people.provider, KeyUse::Release).unwrap();
    let (vault, shares) = Vault::of_key(&key, &people.holders, 2).unwrap();
    let back = join(&people, &vault, &shares, &[0, 1]).unwrap().into_key(&people.provider).unwrap();
    let signature = back.sign_release(&Digest([1; 32])).unwrap();
    let public = sm::PublicKey::from_bytes(&key.public_key()).unwrap();
    crate::verify_release(Digest([1; 32]), &public, &signature).unwrap();
}
