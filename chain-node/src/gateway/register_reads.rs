//! GetDelegations, GetRecovery, GetCertificates.

use ledger_types::{AccountId, CertificateRecord, Delegation, RegistryKey, RegistryValue};
use proto::convert::field;
use proto::node::v1::get_certificates_request::Certificates;
use proto::node::v1::*;
use tonic::Status;

use super::account_reads::mixed_up;
use super::{NodeGateway, errors};

/// Most certificates of one answer.
const MAX_CERTIFICATES: usize = 1_000;

impl NodeGateway {
    pub(super) async fn delegations(&self, request: GetDelegationsRequest) -> Result<GetDelegationsResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let from = field::account(request.account, "account").map_err(errors::convert)?;
        let given = self.read(move |reader| given(reader, from)).await?;
        let one = |(to, delegation): &(AccountId, Delegation)| GivenDelegation {
            to: to.0,
            delegation: Some(delegation.into()),
        };
        let delegations = given.iter().map(one).collect();
        Ok(GetDelegationsResponse { read_context: Some(self.context()), delegations })
    }

    pub(super) async fn recovery(&self, request: GetRecoveryRequest) -> Result<GetRecoveryResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let account = field::account(request.account, "account").map_err(errors::convert)?;
        match self.entry(RegistryKey::Recovery(account), "recovery").await? {
            RegistryValue::Recovery(recovery) => {
                Ok(GetRecoveryResponse { read_context: Some(self.context()), recovery: Some((&*recovery).into()) })
            }
            _ => Err(mixed_up()),
        }
    }

    pub(super) async fn certificates(
        &self,
        request: GetCertificatesRequest,
    ) -> Result<GetCertificatesResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let records: Vec<CertificateRecord> = match request.certificates {
            Some(Certificates::Fingerprint(bytes)) => {
                let fingerprint = field::digest(&bytes, "fingerprint").map_err(errors::convert)?;
                let key = RegistryKey::Certificate(fingerprint);
                match self.read(move |reader| reader.registry(&key).map_err(errors::store)).await? {
                    Some(RegistryValue::Certificate(record)) => vec![*record],
                    _ => Vec::new(),
                }
            }
            Some(Certificates::Account(account)) => {
                let account = field::account(account, "account").map_err(errors::convert)?;
                self.read(move |reader| reader.certificates_of(account, MAX_CERTIFICATES).map_err(errors::store))
                    .await?
            }
            None => return Err(errors::invalid("certificates", "a fingerprint or an account")),
        };
        let certificates = records.iter().map(Into::into).collect();
        Ok(GetCertificatesResponse { read_context: Some(self.context()), certificates })
    }
}

fn given(reader: &storage::Reader, from: AccountId) -> Result<Vec<(AccountId, Delegation)>, Status> {
    let reading = reader.now();
    let Some(RegistryValue::Delegates(list)) =
        reading.registry(&RegistryKey::Delegates(from)).map_err(errors::store)?
    else {
        return Ok(Vec::new());
    };
    let one = |to: AccountId| match reading.registry(&RegistryKey::Delegation { from, to }) {
        Ok(Some(RegistryValue::Delegation(delegation))) => Ok((to, delegation)),
        Ok(_) => Err(errors::internal("a delegation that is listed is missing")),
        Err(error) => Err(errors::store(error)),
    };
    list.to.into_iter().map(one).collect()
}
