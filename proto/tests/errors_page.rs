//! `docs/errors.md` is the catalogue. `TAXCHAIN_BLESS=1` writes it.

use std::path::Path;
use std::{env, fs};

use proto::catalogue::errors_page;
use proto::{Reason, status::help_link};

fn page() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md")
}

#[test]
fn the_page_is_up_to_date() {
    let written = errors_page();
    if env::var_os("TAXCHAIN_BLESS").is_some() {
        fs::write(page(), &written).expect("docs can be written");
    }
    let kept = fs::read_to_string(page()).unwrap_or_default();
    assert!(
        kept == written,
        "docs/errors.md is out of date: run TAXCHAIN_BLESS=1 cargo test -p proto --test errors_page"
    );
}

#[test]
fn every_help_link_has_its_section() {
    let kept = fs::read_to_string(page()).expect("docs/errors.md is there");
    for reason in Reason::all() {
        let link = help_link(reason);
        let (file, anchor) = link.split_once('#').expect("a link has an anchor");
        assert_eq!(file, "docs/errors.md");
        // A heading's anchor is its text in lower case.
        let headings =
            kept.lines().filter(|l| l.strip_prefix("### ").is_some_and(|h| h.to_ascii_lowercase() == anchor));
        assert_eq!(headings.count(), 1, "{anchor}");
    }
}
