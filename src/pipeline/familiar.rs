//! Pictures that a unit sends again and again: logos, banners, the crest of the municipality.
//!
//! Kept in memory alone, as digests under a key that this process made and nobody has: nothing of clean mail
//! is stored, and no digest can be held against a picture by anyone else. A restart learns anew. A mail counts
//! once for a picture however many copies of it the sending server makes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// A picture that was in more mails than this is familiar.
const MAILS: usize = 20;
/// Within this time.
const WINDOW: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Pictures remembered; when full, the one that was seen longest ago is forgotten.
const REMEMBERED: usize = 10_000;
/// Bytes of a digest that are kept.
const DIGEST: usize = 16;

/// A picture of a unit, or a mail, as far as anyone may know it.
pub type Digest = [u8; DIGEST];

/// What is known of a picture from earlier mails of its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// It was in more than [`MAILS`] of them: decoration, no photograph of anyone.
    pub seen: bool,
    /// And in more than that it was read wholly and nothing was found in it: it need not be read again.
    pub harmless: bool,
}

pub struct Familiar {
    /// None when the system gave no randomness: then nothing is ever familiar.
    key: Option<hmac::Key>,
    pictures: Mutex<HashMap<Digest, Mails>>,
}

/// The mails that a picture was in, the latest last, no more than decide.
#[derive(Default)]
struct Mails {
    seen: VecDeque<(Digest, Instant)>,
    harmless: VecDeque<(Digest, Instant)>,
}

impl Default for Familiar {
    fn default() -> Self {
        let mut bytes = [0; 32];
        let random = SystemRandom::new().fill(&mut bytes).is_ok();
        Familiar { key: random.then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes)), pictures: Mutex::default() }
    }
}

impl Familiar {
    /// The digest of what belongs to a unit; None when there is no key.
    pub fn digest(&self, unit: &str, what: &[u8]) -> Option<Digest> {
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        context.update(&unit.len().to_le_bytes());
        context.update(unit.as_bytes());
        context.update(what);
        let tag = context.sign();
        tag.as_ref().get(..DIGEST)?.try_into().ok()
    }

    /// Counts a picture in a mail, and says what is known of it from others.
    pub fn meet(&self, picture: Digest, mail: Digest, now: Instant) -> Known {
        let mut pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        if pictures.len() >= REMEMBERED && !pictures.contains_key(&picture) {
            let last = |mails: &Mails| mails.seen.back().map(|(_, at)| *at);
            if let Some(oldest) = pictures.iter().min_by_key(|(_, mails)| last(mails)).map(|(digest, _)| *digest) {
                pictures.remove(&oldest);
            }
        }
        let mails = pictures.entry(picture).or_default();
        let known = Known { seen: others(&mails.seen, mail, now), harmless: others(&mails.harmless, mail, now) };
        add(&mut mails.seen, mail, now);
        known
    }

    /// A picture was read wholly in this mail, and nothing was found in it; or it was passed over for being known.
    pub fn harmless(&self, picture: Digest, mail: Digest, now: Instant) {
        let mut pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mails) = pictures.get_mut(&picture) {
            add(&mut mails.harmless, mail, now);
        }
    }

    /// Something was found in it: whoever knew it as harmless was wrong.
    pub fn found_in(&self, picture: Digest) {
        let mut pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mails) = pictures.get_mut(&picture) {
            mails.harmless.clear();
        }
    }
}

/// Whether more than [`MAILS`] other mails had it within the window.
fn others(mails: &VecDeque<(Digest, Instant)>, mail: Digest, now: Instant) -> bool {
    let counts = |(other, at): &&(Digest, Instant)| *other != mail && now.saturating_duration_since(*at) < WINDOW;
    mails.iter().filter(counts).count() > MAILS
}

fn add(mails: &mut VecDeque<(Digest, Instant)>, mail: Digest, now: Instant) {
    if mails.iter().any(|(other, _)| *other == mail) {
        return;
    }
    // One more than decides, for the mail itself may be among them.
    while mails.len() > MAILS + 1 {
        mails.pop_front();
    }
    mails.push_back((mail, now));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(number: u32) -> Digest {
        let mut digest = [0; DIGEST];
        digest[..4].copy_from_slice(&number.to_le_bytes());
        digest
    }

    const LOGO: Digest = [7; DIGEST];

    #[test]
    fn the_twenty_second_mail_of_a_week_knows_it() {
        let (familiar, now) = (Familiar::default(), Instant::now());
        for number in 0..=20 {
            assert!(!familiar.meet(LOGO, mail(number), now).seen, "mail {number}");
        }
        assert!(familiar.meet(LOGO, mail(21), now).seen);
        assert!(!familiar.meet([8; DIGEST], mail(22), now).seen, "another picture");
        assert!(familiar.meet(LOGO, mail(23), now + WINDOW / 2).seen);
        assert!(!familiar.meet(LOGO, mail(24), now + WINDOW).seen, "after a week it is forgotten");
    }

    #[test]
    fn copies_of_one_mail_count_once() {
        let (familiar, now) = (Familiar::default(), Instant::now());
        for _ in 0..100 {
            assert!(!familiar.meet(LOGO, mail(1), now).seen);
        }
        for number in 2..=21 {
            familiar.meet(LOGO, mail(number), now);
        }
        assert!(!familiar.meet(LOGO, mail(21), now).seen, "twenty others, however often it comes");
        assert!(familiar.meet(LOGO, mail(22), now).seen);
    }

    #[test]
    fn only_what_was_read_and_found_harmless_need_not_be_read_again() {
        let (familiar, now) = (Familiar::default(), Instant::now());
        for number in 0..=20 {
            familiar.meet(LOGO, mail(number), now);
            familiar.harmless(LOGO, mail(number), now);
        }
        assert_eq!(familiar.meet(LOGO, mail(30), now), Known { seen: true, harmless: true });
        familiar.found_in(LOGO);
        assert_eq!(familiar.meet(LOGO, mail(31), now), Known { seen: true, harmless: false });
    }

    #[test]
    fn units_do_not_share_what_they_know_nor_processes() {
        let (one, other) = (Familiar::default(), Familiar::default());
        let digest = one.digest("social", b"picture");
        assert_eq!(digest, one.digest("social", b"picture"));
        assert!(digest.is_some());
        for different in
            [one.digest("skole", b"picture"), one.digest("socialp", b"icture"), other.digest("social", b"picture")]
        {
            assert_ne!(digest, different);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (familiar, now) = (Familiar::default(), Instant::now());
        for number in 0..REMEMBERED as u32 + 50 {
            familiar.meet(mail(number), mail(1), now + Duration::from_millis(number.into()));
        }
        for number in 0..500 {
            familiar.meet(LOGO, mail(number), now + WINDOW / 2);
        }
        let pictures = familiar.pictures.lock().unwrap();
        assert!(pictures.len() <= REMEMBERED && !pictures.contains_key(&mail(0)));
        assert!(pictures[&LOGO].seen.len() <= MAILS + 2);
    }
}
