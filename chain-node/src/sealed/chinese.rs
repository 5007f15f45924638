//! What is wrong with a share, in Chinese.

use crypto::vault::VaultError;

/// The error as a Chinese sentence; its own text is the English one.
pub fn in_chinese(error: &VaultError) -> String {
    match error {
        VaultError::Holders(_) => "份额持有人或门限设置有误".to_owned(),
        VaultError::PasswordLength => "保险库中的口令须为 1 至 200 字节".to_owned(),
        VaultError::OthersShare { index, holder } => {
            format!("第 {index} 份（{holder}）不是用此密钥封装的，请用其持有人的密钥")
        }
        VaultError::DamagedShare { index, holder } => format!("第 {index} 份（{holder}）已损坏，请换用其备份"),
        VaultError::ForeignShare { index, holder, .. } => {
            format!("第 {index} 份（{holder}）属于另一保险库，是否已重新分割？")
        }
        VaultError::RepeatedShare { index, holder } => {
            format!("第 {index} 份（{holder}）已提交过，需要其他持有人的份额")
        }
        VaultError::SwappedShare { index, holder, .. } => format!("第 {index} 份（{holder}）与保险库名单不符"),
        VaultError::WrongShare { index, holder } => format!("第 {index} 份（{holder}）错误，与保险库的承诺不符"),
        VaultError::TooFew { have, need } => format!("已有 {have} 份，需要 {need} 份"),
        VaultError::ChangedVault => "保险库文件被改动过，请换用其备份".to_owned(),
        VaultError::OtherContent { .. } => "保险库中的内容不是所需的类型".to_owned(),
        VaultError::NoPoint { holder } => format!("{holder} 的公钥不在曲线上"),
        VaultError::Key(_) => "密钥无法使用".to_owned(),
        VaultError::Random(_) => "随机数不可用".to_owned(),
        _ => "保险库操作失败".to_owned(),
    }
}
