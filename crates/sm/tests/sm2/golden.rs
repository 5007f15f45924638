//! Vectors made by other software.

use sm::{PublicKey, Signature};

use crate::agree::{Signer, agreed, agreed_all};

fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.splitn(6, ' ').collect())
}

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

#[test]
fn signatures_by_openssl_verify() {
    let mut count = 0;
    for fields in lines(include_str!("../vectors/sm2_openssl.txt")) {
        let key = PublicKey::from_sec1(&hex::decode(fields[0]).unwrap()).unwrap();
        let message = hex::decode(fields[1]).unwrap();
        let signature: Signature = bytes(fields[2]);
        assert!(key.verify(&message, &signature), "{}", fields[1]);
        let digest = key.digest(&message);
        assert!(agreed(&Signer::new(key), &digest, &signature), "{}", fields[1]);
        count += 1;
    }
    assert_eq!(count, 16);
}

#[test]
fn edges_by_plain_integer_arithmetic_get_its_verdicts() {
    let (mut accepted, mut refused) = (0, 0);
    for fields in lines(include_str!("../vectors/sm2_edges.txt")) {
        let [verdict, key, e, r, s, note] = fields[..] else { panic!("six fields: {fields:?}") };
        let signer = Signer::new(PublicKey::from_sec1(&hex::decode(key).unwrap()).unwrap());
        let signature: Signature = bytes(&format!("{r}{s}"));
        let verdicts = agreed_all(&signer, &[(bytes(e), signature)]);
        assert_eq!(verdicts, [verdict == "accept"], "{note}");
        *if verdicts[0] { &mut accepted } else { &mut refused } += 1;
    }
    assert_eq!((accepted, refused), (182, 134));
}
