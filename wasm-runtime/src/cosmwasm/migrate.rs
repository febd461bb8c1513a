//! The version of a contract's state, which its developer may put into the code: code of the same version
//! takes over without being asked.

use wasmparser::{Parser, Payload};

use crate::CheckError;

/// The custom section that holds it, in decimal digits.
const SECTION: &str = "cw_migrate_version";

/// The version that code says its state has. Reads the sections' heads only.
///
/// # Errors
/// When it is no number.
pub fn migrate_version(code: &[u8]) -> Result<Option<u64>, CheckError> {
    let mut version = None;
    for payload in Parser::new(0).parse_all(code).map_while(Result::ok) {
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        if section.name() == SECTION {
            let digits = std::str::from_utf8(section.data()).ok();
            let number = digits.and_then(|digits| digits.parse().ok());
            // The last one counts.
            version = Some(number.ok_or(CheckError::MigrateVersion)?);
        }
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(section: &str) -> Vec<u8> {
        wat::parse_str(format!("(module {section})")).unwrap()
    }

    #[test]
    fn a_version_is_a_number_or_there_is_none() {
        assert_eq!(migrate_version(&with("")), Ok(None));
        assert_eq!(
            migrate_version(&with("(@custom \"cw_migrate_version\" \"42\")")),
            Ok(Some(42))
        );
        assert_eq!(
            migrate_version(&with("(@custom \"cw_migrate\" \"42\")")),
            Ok(None)
        );
        let twice = "(@custom \"cw_migrate_version\" \"1\") (@custom \"cw_migrate_version\" \"2\")";
        assert_eq!(migrate_version(&with(twice)), Ok(Some(2)));
        for wrong in ["", "-1", "4 2", "18446744073709551616", "\\ff"] {
            let module = with(&format!("(@custom \"cw_migrate_version\" \"{wrong}\")"));
            assert_eq!(
                migrate_version(&module),
                Err(CheckError::MigrateVersion),
                "{wrong}"
            );
        }
    }
}
