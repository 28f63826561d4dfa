//! Reading a contract file: from a path or standard input, bounded, and as the text that it is meant to be.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ws_codegen::MAX_CONTRACT_BYTES;

/// Why there is no text of a contract.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// The file is not there, or may not be read.
    #[error("error: cannot read {name}: {source}")]
    Unreadable { name: String, source: io::Error },
    /// The file is no contract, whatever else it may be.
    #[error("error: {name} {wrong}")]
    Refused { name: String, wrong: String },
}

/// The text of a contract file, or of standard input where the path is `-`. Not more is read than the library accepts, however
/// long the file is. A byte order mark is left out, as RFC 8259, section 8.1, allows.
pub(crate) fn read(path: &Path) -> Result<String, InputError> {
    let bytes = bytes(path).map_err(|source| InputError::Unreadable {
        name: name(path),
        source,
    })?;
    text(bytes).map_err(|wrong| InputError::Refused {
        name: name(path),
        wrong,
    })
}

/// The path as people know it.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = MAX_CONTRACT_BYTES as u64 + 1;
    if path.as_os_str() == "-" {
        io::stdin().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() > MAX_CONTRACT_BYTES {
        return Err(format!("is longer than {MAX_CONTRACT_BYTES} bytes"));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(
            "is empty\n  help: check whether the program that writes it has failed".to_owned(),
        );
    }
    if matches!(bytes[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err(
            "is UTF-16, and must be UTF-8\n  help: Windows PowerShell writes UTF-16 at `>`; \
             `| Out-File -Encoding utf8` writes UTF-8"
                .to_owned(),
        );
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let position = error.utf8_error().valid_up_to();
        format!("is not UTF-8 from byte {position} on")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(behind) => behind.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_byte_order_mark_is_left_out() {
        assert_eq!(text(b"\xef\xbb\xbf{}".to_vec()).unwrap(), "{}");
        assert_eq!(text(b"{}".to_vec()).unwrap(), "{}");
    }

    #[test]
    fn what_is_no_text_is_refused_with_a_reason() {
        let wrong = |bytes: &[u8]| text(bytes.to_vec()).unwrap_err();
        assert!(wrong(b" \n").starts_with("is empty\n"));
        assert!(wrong(b"\xff\xfe{\0}\0").starts_with("is UTF-16, "));
        assert!(wrong(b"\xfe\xff\0{\0}").starts_with("is UTF-16, "));
        assert_eq!(wrong(b"{}\xff"), "is not UTF-8 from byte 2 on");
    }
}
