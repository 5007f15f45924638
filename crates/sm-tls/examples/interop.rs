//! Our TLS against another program's: `cargo xtask interop` builds that program and runs this one.
//!
//! Every case runs both ways: they call and we serve, we call and they serve.
#![allow(clippy::unwrap_used)]

#[path = "interop/cases.rs"]
mod cases;
#[path = "interop/office.rs"]
mod office;
#[path = "interop/ours.rs"]
mod ours;
#[path = "interop/theirs.rs"]
mod theirs;

use std::path::PathBuf;
use std::process::ExitCode;

use cases::Case;
use office::Office;
use theirs::OpenSsl;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(program) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: interop PATH-OF-OPENSSL (cargo xtask interop builds one)");
        return ExitCode::from(2);
    };
    let folder = std::env::temp_dir().join(format!("taxchain-interop-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let openssl = OpenSsl::new(program, folder.clone());
    let office = Office::open(&openssl, &folder);
    println!("{}", openssl.version());
    println!("{:<22} {:<34} {:<34}", "case", "they call", "we call");
    let mut wrong = 0;
    for case in Case::ALL {
        let (they_call, we_call) = (case.they_call(&office, &openssl).await, case.we_call(&office, &openssl).await);
        let text = |outcome: &Result<String, String>| match outcome {
            Ok(said) => format!("ok: {said}"),
            Err(said) => format!("FAILED: {said}"),
        };
        wrong += u32::from(they_call.is_err()) + u32::from(we_call.is_err());
        println!("{:<22} {:<34} {:<34}", case.name(), text(&they_call), text(&we_call));
    }
    println!("interop: {} cases both ways, {wrong} failed", Case::ALL.len());
    if wrong > 0 {
        println!("files are in {}", folder.display());
        return ExitCode::FAILURE;
    }
    std::fs::remove_dir_all(&folder).unwrap();
    ExitCode::SUCCESS
}
