//! An invoice service as a process of its own: laid out, started, its keys rotated, its log judged.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use chain_node::devnet::{DevChain, DevChainPlan};
use proto::invoice::v1 as pb;
use proto::invoice::v1::merchant_service_client::MerchantServiceClient;
use sdk::{Transport, TrustFiles};
use serde_json::Value;
use tonic::Request;

use crate::running::Place;

const CONFIG: [&str; 2] = ["--config", "svc/service.toml"];

struct Service {
    child: Child,
    url: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Service {
    fn start(place: &Place) -> Self {
        let mut command = place.taxchain(&["service", "start", CONFIG[0], CONFIG[1], "--output", "json"]);
        let log = std::fs::File::create(place.join("service.log")).unwrap();
        command.env("TAXCHAIN_KEY_PASSWORD", password(place)).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let banner: Value = serde_json::from_str(&line)
            .unwrap_or_else(|e| panic!("{e}: {}", std::fs::read_to_string(place.join("service.log")).unwrap()));
        Self { child, url: banner["service"].as_str().unwrap().to_owned() }
    }

    /// SIGTERM, and how it ended.
    fn stop(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }

    /// How many invoices the account issued, as the service says to a token.
    async fn issued(&self, roots: &Path, account: u64, token: &str) -> Result<usize, tonic::Status> {
        let trust = TrustFiles::of(roots.to_owned()).client().unwrap();
        let transport = Transport::fixed(trust);
        let channel = sdk::open_channel(&self.url, Duration::from_secs(10), &transport).await.unwrap();
        let question = pb::ListIssuedRequest { acting_account: account as u32, ..Default::default() };
        let mut request = Request::new(question);
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let answer = MerchantServiceClient::new(channel).list_issued(request).await?;
        Ok(answer.into_inner().invoices.len())
    }
}

/// A command about the service.
fn of<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &CONFIG[..]].concat()
}

/// The password of all keys of the development chain, and so of the service's.
fn password(place: &Place) -> String {
    std::fs::read_to_string(place.join("chain/keys/password")).unwrap().trim_end().to_owned()
}

/// Runs a command with the password of the service's TLS key.
fn with_password(place: &Place, args: &[&str]) -> Value {
    let mut command = place.taxchain(&[args, &["--output", "json"]].concat());
    let said = crate::running::said(command.env("TAXCHAIN_KEY_PASSWORD", password(place)).output().unwrap());
    assert_eq!(said.code, 0, "{args:?}: {said:?}");
    said.json()
}

fn lay_out(place: &Place, node: &str, anchor: &str) {
    let init = ["service", "init", "svc", "--service-node", node, "--genesis", "chain/genesis.json"];
    let listen = ["--roots", "chain/tls/root.pem", "--listen", "127.0.0.1:0", "--anchor", anchor];
    with_password(place, &[&init[..], &listen].concat());
    // A certificate of an authority that the node believes: what the chain's own root makes for a service on this machine.
    assert!(std::fs::read_to_string(place.join("svc/tls.csr")).unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST"));
    let chain = DevChain::open_or_create(&place.join("chain"), &DevChainPlan::default()).unwrap();
    let files = chain.tls("own-service").unwrap();
    std::fs::copy(files.chain, place.join("svc/tls.pem")).unwrap();
    std::fs::copy(files.key, place.join("svc/tls.key")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_its_own_is_started_used_rotated_and_judged() {
    let place = Place::new();
    let dev = place.dev("chain");
    let merchant = dev.facts["identities"]["merchant"]["account"].as_u64().unwrap();
    let account = merchant.to_string();
    lay_out(&place, dev.fact("node"), &account);

    let service = Service::start(&place);
    let hosted = place.json(&of(&[
        "service",
        "host-key",
        "--account",
        &account,
        "--key",
        "chain/keys/merchant.pem",
        "--password-file",
        "chain/keys/password",
    ]));
    assert_eq!(hosted["account"], merchant);
    let created = place.json(&of(&["service", "token", "create", "--account", &account, "--role", "viewer"]));
    let token = created["token"].as_str().unwrap();
    let roots = place.join("svc/root.pem");
    assert_eq!(service.issued(&roots, merchant, token).await.unwrap(), 0);

    // New data keys while it runs; then it goes on.
    let rotated = place.json(&of(&["service", "rotate"]));
    assert_eq!((&rotated["accounts"], &rotated["keys"]), (&1.into(), &1.into()), "{rotated}");
    assert_eq!(service.issued(&roots, merchant, token).await.unwrap(), 0);
    place.json(&of(&["service", "token", "revoke", "--account", &account]));
    let refused = service.issued(&roots, merchant, token).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    assert_eq!(service.stop(), 0);

    // What it did is in the log, and on the chain.
    let judged = with_password(&place, &of(&["service", "audit-log"]));
    assert_eq!((&judged["anchored_entries"], judged["items"].as_array().unwrap().len()), (&2.into(), 2), "{judged}");
    let first = std::fs::read_to_string(place.join("svc/audit-1/audit-00000000000000000001.jsonl")).unwrap();
    assert!(first.contains("MerchantService/ListIssued"), "{first}");

    // Another master secret: the old one opens nothing more.
    place.json(&of(&["service", "change-master", "--new-file", "new-secret"]));
    let old = place.run(&of(&["service", "rotate"]));
    assert!(old.code != 0 && old.err.contains("does not open the service's store"), "{old:?}");
    std::fs::rename(place.join("new-secret"), place.join("svc/master-secret")).unwrap();
    let service = Service::start(&place);
    let created = place.json(&of(&["service", "token", "create", "--account", &account]));
    assert_eq!(service.issued(&roots, merchant, created["token"].as_str().unwrap()).await.unwrap(), 0);
    assert_eq!(service.stop(), 0);

    // The end of the log cut off: by itself it is good, the chain knows better.
    for sink in ["svc/audit-1", "svc/audit-2"] {
        let path = place.join(sink).join("audit-00000000000000000001.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.lines().take(1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }
    with_password(&place, &of(&["service", "audit-log", "--offline"]));
    let mut command = place.taxchain(&of(&["service", "audit-log"]));
    let said = crate::running::said(command.env("TAXCHAIN_KEY_PASSWORD", password(&place)).output().unwrap());
    assert!(said.code == 8 && said.err.contains("cut off or changed"), "{said:?}");
}

#[test]
fn a_configuration_that_cannot_be_is_refused_by_name() {
    let place = Place::new();
    let written = |text: &str| {
        std::fs::write(place.join("service.toml"), text).unwrap();
        place.run(&["service", "start", "--config", "service.toml"])
    };
    let good = "listen = \"127.0.0.1:0\"\nnode = \"http://127.0.0.1:1\"\ngenesis = \"g\"\ndata = \"d\"\nmaster_secret_file = \"m\"\n";
    for (text, expected) in [
        (good.to_owned(), "missing field `audit_log`"),
        (format!("{good}audit_log = []\nplaintext = true\n"), "audit_log names no folder"),
        (format!("{good}audit_log = [\"a\"]\n"), "one of the two"),
        (
            format!("{good}audit_log = [\"a\"]\nplaintext = true\n").replace("127.0.0.1:0", "0.0.0.0:7001"),
            "this machine alone",
        ),
        (format!("{good}audit_log = [\"a\"]\nplaintext = true\nspeed = 3\n"), "unknown field `speed`"),
    ] {
        let said = written(&text);
        assert!(said.code == 78 && said.err.contains(expected), "{expected}: {said:?}");
    }
}
