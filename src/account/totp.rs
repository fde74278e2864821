//! Codes of authenticator apps (TOTP, RFC 6238): six digits, a new one every 30 seconds, SHA-1, as every app has them.

use data_encoding::{BASE32_NOPAD, BASE64};
use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::CodeText;

/// RFC 4226 section 4: 160 bits.
pub const SECRET_LEN: usize = 20;
const PERIOD: u64 = 30;
/// Light modules around a QR code (ISO/IEC 18004).
const QUIET: i32 = 4;

/// The secret that app and server share.
pub struct CodeSecret(Zeroizing<[u8; SECRET_LEN]>);

impl CodeSecret {
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; SECRET_LEN]);
        // The operating system's generator does not fail once it is seeded; a guessable secret is worse than none.
        if aws_lc_rs::rand::fill(&mut *bytes).is_err() {
            std::process::abort();
        }
        CodeSecret(bytes)
    }

    /// Of nobody: the work is that of a real one, and no code of it counts.
    pub fn of_nobody() -> Self {
        CodeSecret(Zeroizing::new([0; SECRET_LEN]))
    }

    pub fn bytes(&self) -> &[u8] {
        &*self.0
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(CodeSecret(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn to_text(&self) -> CodeText {
        CodeText(BASE64.encode(&*self.0))
    }

    pub(super) fn from_text(text: &CodeText) -> Option<Self> {
        CodeSecret::from_bytes(&Zeroizing::new(BASE64.decode(text.0.as_bytes()).ok()?))
    }

    /// The step of time whose code this is: now, the one before or the one after. Each step counts once; whether this
    /// one has counted the store knows.
    pub fn step_of(&self, code: &str, now: jiff::Timestamp) -> Option<u64> {
        let seconds = u64::try_from(now.as_second()).ok()?;
        self.generator()?.check(code, seconds)
    }

    /// The code of this moment, as an app shows it; for tests.
    pub fn code_at(&self, now: jiff::Timestamp) -> Option<String> {
        let seconds = u64::try_from(now.as_second()).ok()?;
        Some(self.generator()?.generate(seconds).to_string())
    }

    /// For typing it in: groups of four letters and digits.
    pub fn groups(&self) -> Vec<String> {
        let text = Zeroizing::new(BASE32_NOPAD.encode(&*self.0));
        text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect()
    }

    /// For an app, as a link or in a picture: the `otpauth` address that they all read.
    pub fn address(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let secret = Zeroizing::new(BASE32_NOPAD.encode(&*self.0));
        let (issuer, account) = (percent(issuer), percent(account));
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period={PERIOD}",
            &*secret
        ))
    }

    fn generator(&self) -> Option<Totp> {
        Builder::new().with_secret(Secret::new_stack(*self.0)).build().ok()
    }
}

/// A QR code as an SVG path and the width of its square, in modules with the margin.
pub struct Picture {
    pub path: Zeroizing<String>,
    pub width: i32,
}

/// `None` for what is too long.
pub fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = Zeroizing::new(String::new());
    let size = code.size();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let run = (x..size).take_while(|&at| code.get_module(at, y)).count();
            let run = i32::try_from(run).unwrap_or(0);
            if run > 0 {
                path.push_str(&format!("M{},{}h{run}v1h-{run}z", x.saturating_add(QUIET), y.saturating_add(QUIET)));
            }
            x = x.saturating_add(run.max(1));
        }
    }
    Some(Picture { path, width: size.saturating_add(2 * QUIET) })
}

/// Letters, digits and `-._~` as they are (RFC 3986 section 2.3).
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    /// RFC 6238 appendix B, its last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = CodeSecret::from_bytes(b"12345678901234567890").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_second(seconds).unwrap();
            assert_eq!(secret.code_at(now).as_deref(), Some(code));
            assert_eq!(secret.step_of(code, now), Some(seconds as u64 / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_the_ones_beside_it() {
        let secret = CodeSecret::from_bytes(b"12345678901234567890").unwrap();
        let at = |seconds: i64| Timestamp::from_second(1_234_567_890 + seconds).unwrap();
        let code = secret.code_at(at(0)).unwrap();
        let step = Some(41_152_263);
        for (seconds, found) in [(0, step), (30, step), (-30, step), (60, None), (-31, None)] {
            assert_eq!(secret.step_of(&code, at(seconds)), found, "{seconds}");
        }
        for wrong in ["", "00592", "0059244", "00592a", "００５９２４", " 05924"] {
            assert_eq!(secret.step_of(wrong, at(0)), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_app_is_told_the_secret_in_three_ways() {
        let secret = CodeSecret::from_bytes(b"12345678901234567890").unwrap();
        assert_eq!(secret.groups(), ["GEZD", "GNBV", "GY3T", "QOJQ", "GEZD", "GNBV", "GY3T", "QOJQ"]);
        let address = secret.address("Sluss Kommun", "kari+å@kommun.example");
        assert_eq!(
            *address,
            "otpauth://totp/Sluss%20Kommun:kari%2B%C3%A5%40kommun.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Sluss%20Kommun&algorithm=SHA1&digits=6&period=30"
        );
        let picture = picture(&address).unwrap();
        // Version 8 holds 152 bytes with this correction: 49 modules and the margin.
        assert!(picture.width >= 41 + 8 && picture.path.starts_with("M4,4h7v1h-7z"), "{}", picture.width);
        assert!(self::picture(&"x".repeat(4000)).is_none());
    }
}
