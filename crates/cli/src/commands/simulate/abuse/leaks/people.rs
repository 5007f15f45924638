//! Whose names and secrets are planted, and what they do.

use std::net::SocketAddr;
use std::time::Duration;

use chain_node::devnet::DevChain;
use crypto::random;
use ledger_types::RequestId;
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use simulators::opened_key;
use tonic::transport::Channel;

use super::super::super::target::TargetBanner;
use super::super::deadlines::invoice;
use super::{Needle, forms, of_text};
use crate::failure::Failure;

/// Names that are nobody's, each with a part that cannot stand anywhere by chance.
pub(super) struct Planted {
    buyer: String,
    address: String,
    line: String,
    remark: String,
    drawer: String,
    order: String,
    claim_token: String,
    token_bytes: [u8; 20],
}

/// An order token as text (RFC 4648, base 32).
fn order_token(bytes: &[u8; 20]) -> String {
    let bits = |at: usize| -> usize {
        let two = usize::from(bytes[at / 8]) << 8 | usize::from(bytes.get(at / 8 + 1).copied().unwrap_or(0));
        two >> (11 - at % 8) & 31
    };
    (0..32).map(|i| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits(i * 5)])).collect()
}

impl Planted {
    pub(super) fn new() -> Result<Self, Failure> {
        let chance = || -> Result<String, Failure> { Ok(hex::encode(random::array::<8>().map_err(Failure::general)?)) };
        let token = random::array().map_err(Failure::general)?;
        Ok(Self {
            buyer: format!("检漏科技{}有限公司", chance()?),
            address: format!("检漏路{}号", chance()?),
            line: format!("*餐饮服务*检漏{}", chance()?),
            remark: format!("检漏备注{}", chance()?),
            drawer: format!("检漏人{}", &chance()?[..12]),
            order: format!("order-{}", chance()?),
            claim_token: order_token(&token),
            token_bytes: token,
        })
    }

    /// In all forms, whole and by what is chance in them.
    pub(super) fn needles(&self) -> Vec<Needle> {
        let names = [
            ("the buyer's name", &self.buyer),
            ("the buyer's address", &self.address),
            ("a line's name", &self.line),
            ("the remark", &self.remark),
            ("the drawer", &self.drawer),
            ("the order's number", &self.order),
            ("the claim token", &self.claim_token),
        ];
        let chance = |text: &str| text.chars().filter(char::is_ascii_hexdigit).collect::<String>();
        let mut all = Vec::new();
        for (what, text) in names {
            all.extend(of_text(what, text));
            if !text.is_ascii() {
                all.extend(of_text(&format!("{what}, its number"), &chance(text)));
            }
        }
        all
    }

    /// What stands on a chain that seals nothing.
    pub(super) fn on_chain(&self) -> [&'static str; 5] {
        ["the buyer's name", "the buyer's address", "a line's name", "the remark", "the drawer"]
    }

    fn invoice(&self) -> pb::InvoiceInput {
        let mut invoice = invoice();
        invoice.buyer = Some(types::BuyerTitle {
            kind: types::TitleKind::Organisation.into(),
            name: self.buyer.clone(),
            tax_id: Some("91440300MA5DEK0259".to_owned()),
            address_and_bank: self.address.clone(),
        });
        for line in &mut invoice.lines {
            line.name.clone_from(&self.line);
        }
        invoice.remark.clone_from(&self.remark);
        invoice.drawer.clone_from(&self.drawer);
        invoice
    }
}

/// Private keys, passwords, tokens and master secrets of a chain.
pub(super) fn secrets_of(chain: &DevChain, banner: &TargetBanner, planted: &Planted) -> Result<Vec<Needle>, Failure> {
    let password = std::fs::read_to_string(chain.password_path())?.trim_end().to_owned();
    let mut all = of_text("the password of the key files", &password);
    let mut keys = 0;
    for entry in std::fs::read_dir(chain.dir().join("keys"))? {
        let path = entry?.path();
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension().is_some_and(|e| e == "pem") {
            let scalar = opened_key::scalar(&std::fs::read_to_string(&path)?, &password);
            let scalar = scalar.ok_or_else(|| Failure::config(format!("the key {name} cannot be looked for")))?;
            all.extend(forms(&format!("the private key {name}"), &scalar));
            keys += 1;
        }
    }
    // Four votes, four peers, four nodes' and a service's TLS, the root, the committee, the people.
    if keys < 18 {
        return Err(Failure::config(format!("only {keys} keys are there to be looked for")));
    }
    let master = std::fs::read_to_string(chain.dir().join("service/master-secret"))?;
    all.extend(of_text("the service's master secret", master.trim_end()));
    for (name, bearer) in &banner.tokens {
        let token = bearer.trim_start_matches("Bearer ");
        all.extend(of_text(&format!("the token of {name}"), token));
        all.extend(forms(&format!("the token of {name}, its bytes"), &hex::decode(token).map_err(Failure::general)?));
    }
    all.extend(of_text("the claim token", &planted.claim_token));
    all.extend(of_text("the claim token in small letters", &planted.claim_token.to_lowercase()));
    all.extend(forms("the claim token's bytes", &planted.token_bytes));
    Ok(all)
}

/// Issues, claims, verifies, and makes mistakes; what was said of the mistakes.
pub(super) async fn act(
    chain: &DevChain,
    banner: &TargetBanner,
    wire: SocketAddr,
    planted: &Planted,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let transport = chain.transport().map_err(Failure::general)?;
    let channel = sdk::open_channel(&transport.url(wire), Duration::from_secs(15), &transport).await?;
    let terms = |order: &str| pb::IssueTerms {
        order_id: order.to_owned(),
        payments: Vec::new(),
        recipient: Some(pb::Recipient {
            recipient: Some(pb::recipient::Recipient::ClaimToken(planted.claim_token.clone())),
        }),
    };
    let issue = |invoice, order: &str| -> Result<_, Failure> {
        let request = pb::IssueRequest {
            header: Some(header(banner, "merchant")?),
            invoice: Some(invoice),
            terms: Some(terms(order)),
        };
        as_one(banner, "merchant", request)
    };
    let mut merchant = pb::merchant_service_client::MerchantServiceClient::new(channel.clone());
    let issued =
        merchant.issue(issue(planted.invoice(), &planted.order)?).await.map_err(|s| Failure::general(s.message()))?;
    if issued.into_inner().invoice.is_none() {
        return Err(Failure::config("the service issued nothing"));
    }
    let mut said = mistakes(banner, channel.clone(), planted).await?;
    let again = merchant.issue(issue(planted.invoice(), &planted.order)?).await;
    said.push(words("an order twice", again.err()));
    let mut wrong = planted.invoice();
    wrong.lines[0].tax_code = planted.remark.clone();
    said.push(words("a wrong tax code", merchant.issue(issue(wrong, "another")?).await.err()));
    let mut wallet = pb::wallet_service_client::WalletServiceClient::new(channel);
    for turn in ["a claim", "a claim again"] {
        let request = pb::ClaimRequest {
            header: Some(header(banner, "employee")?),
            claim_token: planted.claim_token.clone(),
            ..pb::ClaimRequest::default()
        };
        said.push(words(turn, wallet.claim(as_one(banner, "employee", request)?).await.err()));
    }
    Ok(said)
}

/// Tokens that are none, and secrets where they do not belong.
async fn mistakes(
    banner: &TargetBanner,
    channel: Channel,
    planted: &Planted,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut merchant = pb::merchant_service_client::MerchantServiceClient::new(channel);
    let mut said = Vec::new();
    let token = banner.tokens["merchant"].clone();
    for (what, bearer) in
        [("a token with an end", format!("{token}0")), ("another kind of token", token.replace("Bearer", "Basic"))]
    {
        let mut request = tonic::Request::new(pb::GetQuotaRequest { account: 1, read_options: None });
        request.metadata_mut().insert("authorization", bearer.parse().map_err(Failure::general)?);
        said.push(words(what, merchant.get_quota(request).await.err()));
    }
    let header =
        pb::ChangeHeader { request_id: planted.claim_token.clone().into_bytes(), ..header(banner, "merchant")? };
    let request = pb::IssueRequest { header: Some(header), invoice: Some(planted.invoice()), terms: None };
    said.push(words("a request id that is none", merchant.issue(as_one(banner, "merchant", request)?).await.err()));
    Ok(said)
}

fn header(banner: &TargetBanner, name: &str) -> Result<pb::ChangeHeader, Failure> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_err(Failure::general)?;
    let now = u64::try_from(now.as_millis()).map_err(Failure::general)?;
    let id = RequestId::new(now, random::array().map_err(Failure::general)?);
    Ok(pb::ChangeHeader { request_id: id.0.to_vec(), acting_account: banner.accounts[name], chain_id: Vec::new() })
}

fn as_one<T>(banner: &TargetBanner, name: &str, message: T) -> Result<tonic::Request<T>, Failure> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", banner.tokens[name].parse().map_err(Failure::general)?);
    Ok(request)
}

/// What a refusal said to another than its caller: its code and its reason go to logs everywhere.
fn words(what: &str, status: Option<tonic::Status>) -> (String, Vec<u8>) {
    let text = status.map_or_else(String::new, |status| status.message().to_owned());
    (format!("the words on {what}"), text.into_bytes())
}
