//! Reads of delegations, recovery of accounts, certificates.

use ledger_types::{AccountId, CertificateRecord, Delegation, Digest, Recovery, TrustAnchors};
use proto::convert::field;
use proto::node::v1::get_certificates_request::Certificates;
use proto::node::v1::{GetCertificatesRequest, GetDelegationsRequest, GetGovernanceRequest, GetRecoveryRequest};

use super::NodeClient;
use super::reads::{ask, ask_optional, read};
use crate::error::ClientError;

impl NodeClient {
    /// To whom an enterprise has delegated, and what, also what ran out.
    pub async fn delegations(&self, account: AccountId) -> Result<Vec<(AccountId, Delegation)>, ClientError> {
        let request = GetDelegationsRequest { account: account.0, read_options: Some(self.options()) };
        let answer = ask!(self, get_delegations, request);
        let one = |given: proto::node::v1::GivenDelegation| {
            let to = field::account(given.to, "to").map_err(ClientError::from_convert)?;
            Ok((to, read(given.delegation, "delegation")?))
        };
        answer.delegations.into_iter().map(one).collect()
    }

    /// Who may recover an account, and a recovery under way; none if it never named guardians.
    pub async fn recovery(&self, account: AccountId) -> Result<Option<Recovery>, ClientError> {
        let request = GetRecoveryRequest { account: account.0, read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_recovery, request);
        read(answer.recovery, "recovery").map(Some)
    }

    /// What is registered of a certificate, by SM3 of its DER form.
    pub async fn certificate(&self, fingerprint: Digest) -> Result<Option<CertificateRecord>, ClientError> {
        let wanted = Certificates::Fingerprint(fingerprint.0.to_vec());
        Ok(self.registered(wanted).await?.pop())
    }

    /// All certificates of an account, also revoked ones.
    pub async fn certificates_of(&self, account: AccountId) -> Result<Vec<CertificateRecord>, ClientError> {
        self.registered(Certificates::Account(account.0)).await
    }

    async fn registered(&self, wanted: Certificates) -> Result<Vec<CertificateRecord>, ClientError> {
        let request = GetCertificatesRequest { certificates: Some(wanted), read_options: Some(self.options()) };
        let answer = ask!(self, get_certificates, request);
        answer.certificates.into_iter().map(|record| read(Some(record), "certificates")).collect()
    }

    /// The outside authorities whose certificates are accepted.
    pub async fn trust_anchors(&self) -> Result<TrustAnchors, ClientError> {
        let request = GetGovernanceRequest { proposal: None, read_options: Some(self.options()) };
        let answer = ask!(self, get_governance, request);
        let anchors = answer.trust_anchors.map(|anchors| read(Some(anchors), "trust_anchors")).transpose()?;
        Ok(anchors.unwrap_or_default())
    }
}
