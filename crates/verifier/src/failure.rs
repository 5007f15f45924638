//! Why a file was not accepted.

use std::{io, path::PathBuf};

use ledger_types::SectionKind;
use proofs::{CertificateError, ProofError};
use serde_json::json;

/// Why there is no report. The text is English; [`VerifyFailure::to_text`] has both languages.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFailure {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file to trust is not a genesis document.
    #[error("{} is not a genesis document: {why}", path.display())]
    Genesis {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The proof does not hold.
    #[error("{0}")]
    Refused(ProofError),
}

impl VerifyFailure {
    /// The proof was refused.
    pub const VERIFICATION_FAILED: u8 = 8;
    /// A file is something else than it should be.
    pub const BAD_DATA: u8 = 65;
    /// A file cannot be read, or the verdict not printed.
    pub const IO_ERROR: u8 = 74;

    /// The exit code of the program.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Read { .. } => Self::IO_ERROR,
            Self::Genesis { .. } | Self::Refused(ProofError::NotAProof | ProofError::TooLarge(_)) => Self::BAD_DATA,
            Self::Refused(_) => Self::VERIFICATION_FAILED,
        }
    }

    /// A stable name for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Read { .. } => "READ",
            Self::Genesis { .. } => "GENESIS",
            Self::Refused(error) => proof_error_name(error),
        }
    }

    /// The failure in Chinese.
    #[must_use]
    pub fn to_chinese(&self) -> String {
        match self {
            Self::Read { path, source } => format!("无法读取 {}：{source}", path.display()),
            Self::Genesis { path, why } => format!("{} 不是创世文件：{why}", path.display()),
            Self::Refused(error) => proof_error_in_chinese(error),
        }
    }

    /// Both languages, for a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let (chinese, english) = match self {
            Self::Refused(_) => ("验证未通过", "REFUSED"),
            Self::Read { .. } | Self::Genesis { .. } => ("无法验证", "NOT CHECKED"),
        };
        format!("{chinese}：{}\n{english}: {self}", self.to_chinese())
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> String {
        let error = json!({ "name": self.name(), "en": self.to_string(), "zh": self.to_chinese() });
        format!("{:#}", json!({ "verified": false, "error": error }))
    }
}

fn proof_error_name(error: &ProofError) -> &'static str {
    match error {
        ProofError::NotAProof => "NOT_A_PROOF",
        ProofError::TooLarge(_) => "TOO_LARGE",
        ProofError::Malformed(_) => "MALFORMED",
        ProofError::Version(_) => "VERSION",
        ProofError::OtherChain { .. } => "OTHER_CHAIN",
        ProofError::NotAnInvoice => "NOT_AN_INVOICE",
        ProofError::Blocks => "BLOCKS",
        ProofError::Header { .. } => "HEADER",
        ProofError::OtherBlock(_) => "OTHER_BLOCK",
        ProofError::NotFollowed { .. } => "NOT_FOLLOWED",
        ProofError::Certificate { .. } => "CERTIFICATE",
        ProofError::TransactionNotInBlock(_) => "TRANSACTION_NOT_IN_BLOCK",
        ProofError::ReceiptNotInBlock(_) => "RECEIPT_NOT_IN_BLOCK",
        ProofError::NotInBatch => "NOT_IN_BATCH",
        ProofError::NotIssued(_) => "NOT_ISSUED",
        ProofError::StateRoot(_) => "STATE_ROOT",
        ProofError::NotInSlot => "NOT_IN_SLOT",
        ProofError::Contradiction(_) => "CONTRADICTION",
        ProofError::Section { .. } => "SECTION",
    }
}

fn proof_error_in_chinese(error: &ProofError) -> String {
    match error {
        ProofError::NotAProof => "该文件不是发票证明（开头不是 TCPROOF1）".to_owned(),
        ProofError::TooLarge(bytes) => format!("文件有 {bytes} 字节，超过发票证明的上限"),
        ProofError::Malformed(_) => "文件已损坏，无法按规定格式读取".to_owned(),
        ProofError::Version(found) => format!("不认识的证明版本 {found}"),
        ProofError::OtherChain { trusted, found } => {
            format!("证明属于另一条链 {found}，而创世文件属于链 {trusted}")
        }
        ProofError::NotAnInvoice => "证明中的记录不是发票".to_owned(),
        ProofError::Blocks => "文件中的区块不是证明所需的区块".to_owned(),
        ProofError::Header { height, .. } => format!("区块 {height} 的区块头与创世文件不符"),
        ProofError::OtherBlock(height) => format!("证明中的区块 {height} 不是已确认的区块"),
        ProofError::NotFollowed { height, tip } => format!("证明需要区块 {height}，而区块头只跟踪到 {tip}"),
        ProofError::Certificate { height, error } => {
            format!("区块 {height} 未获有效确认：{}", certificate_error_in_chinese(error))
        }
        ProofError::TransactionNotInBlock(height) => format!("交易不在区块 {height} 中"),
        ProofError::ReceiptNotInBlock(height) => format!("回执不在区块 {height} 中"),
        ProofError::NotInBatch => "该发票不在其交易的批次中".to_owned(),
        ProofError::NotIssued(_) => "证明未表明该发票已开具".to_owned(),
        ProofError::StateRoot(height) => format!("状态根与区块 {height} 之后的状态不符"),
        ProofError::NotInSlot => "发票记录不在状态树的相应位置".to_owned(),
        ProofError::Contradiction(_) => "证明内容前后矛盾".to_owned(),
        ProofError::Section { kind, .. } => format!("公开的{}与承诺不符或无法读取", section_in_chinese(*kind)),
    }
}

fn certificate_error_in_chinese(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Signature(_) | CertificateError::Key(_) => "共识节点的签名无效",
        CertificateError::Quorum { .. } => "签名的共识节点数量不足",
        CertificateError::Block | CertificateError::Place => "确认的不是该区块",
        CertificateError::Chain | CertificateError::Validators => "共识节点与创世文件不符",
        CertificateError::Version(_)
        | CertificateError::Kind(_)
        | CertificateError::Bitmap
        | CertificateError::SignatureCount { .. } => "确认书的格式不符",
    }
}

fn section_in_chinese(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Facts => "票面信息",
        SectionKind::Seller => "销售方信息",
        SectionKind::Buyer => "购买方信息",
        SectionKind::Lines => "明细",
        SectionKind::Contacts => "联系方式",
        SectionKind::Attachments => "附件",
        SectionKind::Access => "内容密钥",
        SectionKind::Link => "归户标记",
    }
}
