//! Pictures: which are read, by whom, and what becomes of those that are not.
//!
//! The walk finds pictures and leaves them waiting: reading one takes seconds, and nothing else should wait
//! for that. [`Inspection::read_pictures`] reads what waits, at most [`MAX_PAGES`] pages in [`MAX_TIME`]: files in
//! the order of the mail, then what its text shows, which is more often a banner than a scan. What is left over is
//! [`Reason::ImageOnly`]. A picture is one of these:
//!
//! ```text
//! decoration   logos, lines (look): passed over without a word, never waiting
//! familiar     whoever keeps count says so: passed over as well
//! Text         its text was read: it is a view like any other
//! Nothing      it was read and has no text: a photograph, a drawing, an empty page
//! Doubtful     it has text that could not all be read: a view, and image-only
//! Unread       nobody reads it, or not in time: image-only
//! ```

pub mod look;
pub mod words;

use std::fmt;
use std::time::{Duration, Instant};

use super::page::Page;
use super::{Inspection, Reason};
use crate::text::{Origin, Place};
use look::Look;
use words::{Legible, Words};

/// Pages, or pictures, of one message that are read.
pub const MAX_PAGES: usize = 5;
/// Time for all of them.
pub const MAX_TIME: Duration = Duration::from_secs(20);
/// Of a message's time, what is kept for assessing what was read.
const KEPT_FOR_ASSESSING: Duration = Duration::from_secs(5);
/// Pictures of one message that wait to be read: some may turn out to be familiar.
const MAX_WAITING: usize = 20;
/// Bytes of them together.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Reads text in pictures. Blocking, bounded by the moment it is given.
pub trait Pictures: Send + Sync {
    /// Pages it reads at once; 0 when it reads none.
    fn at_once(&self) -> usize;
    /// Tesseract's tables of the words of a page, counted from 0: one for each language it reads.
    ///
    /// # Errors
    /// Why there is none.
    fn read(&self, picture: &[u8], page: usize, time: Time) -> Result<Vec<String>, Unread>;
}

/// How long a page may take.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// When everything is over.
    pub until: Instant,
    /// Its share of that: until then it may be read in further languages. Every page comes before the second
    /// language of one.
    pub share: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Nobody reads pictures here.
    Nobody,
    Late,
    /// This picture cannot be read.
    Failed,
}

/// Reads nothing (`ocr = "off"`).
pub struct Blind;

impl Pictures for Blind {
    fn at_once(&self) -> usize {
        0
    }

    fn read(&self, _picture: &[u8], _page: usize, _time: Time) -> Result<Vec<String>, Unread> {
        Err(Unread::Nobody)
    }
}

/// What became of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Waiting,
    Familiar,
    Read(Legible),
    Unread,
}

/// A picture that is no decoration.
pub struct Picture {
    pub origin: Origin,
    /// Shown by the mail's text (`cid:`).
    pub shown: bool,
    pub outcome: Outcome,
    /// Itself, while it waits; None when it is too large, or one of too many.
    bytes: Option<Vec<u8>>,
    look: Look,
    blank: bool,
    /// Its captions so far, and where its views belong.
    page: Option<Page>,
    at: usize,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("part", &self.origin.part).field("outcome", &self.outcome).finish()
    }
}

impl Picture {
    /// What it is made of, while it waits.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// It may show a person: nobody has read a text in it, it is no empty page, and the mail's text does not
    /// show it.
    fn may_be_a_photo(&self) -> bool {
        let without_text = match self.outcome {
            Outcome::Read(legible) => legible != Legible::Text,
            Outcome::Unread => true,
            Outcome::Waiting | Outcome::Familiar => false,
        };
        without_text && !self.shown && !self.blank
    }

    /// Where a person finds it.
    fn stands(&self) -> Origin {
        let place = if self.look.pages > 1 { self.origin.place.clone() } else { Some(self.place(0)) };
        Origin { place, ..self.origin.clone() }
    }

    /// It was read wholly.
    pub fn is_read(&self) -> bool {
        matches!(self.outcome, Outcome::Read(Legible::Text | Legible::Nothing))
    }

    /// Where a person finds a page of it.
    fn place(&self, page: usize) -> Place {
        let number = page.saturating_add(1);
        match (self.origin.place.as_deref(), self.look.pages > 1) {
            (None, false) => "picture".into(),
            (None, true) => format!("page {number}").into(),
            // The picture of a page is the page.
            (Some(of), false) if of.starts_with("page ") => of.into(),
            (Some(of), false) => format!("{of} picture").into(),
            (Some(of), true) => format!("{of} page {number}").into(),
        }
    }
}

/// Pictures found so far.
#[derive(Debug, Default)]
pub struct Album {
    pub pictures: Vec<Picture>,
    bytes: usize,
}

impl Album {
    /// Takes a picture in; its captions stand in `page`, its views belong before the one at `at`.
    pub(super) fn take(&mut self, origin: Origin, shown: bool, look: Look, bytes: &[u8], page: Page, at: usize) {
        let room = self.pictures.len() < MAX_WAITING && self.bytes.saturating_add(bytes.len()) <= MAX_BYTES;
        let kept = (room && look.is_readable()).then(|| bytes.to_vec());
        self.bytes = self.bytes.saturating_add(kept.as_ref().map_or(0, Vec::len));
        let blank = look.is_blank(bytes.len());
        let outcome = Outcome::Waiting;
        self.pictures.push(Picture { origin, shown, outcome, bytes: kept, look, blank, page: Some(page), at });
    }
}

impl Album {
    /// Pages that wait.
    fn pages(&self) -> usize {
        let waits = |picture: &&Picture| picture.outcome == Outcome::Waiting && picture.bytes.is_some();
        self.pictures.iter().filter(waits).map(|picture| picture.look.pages).fold(0, usize::saturating_add)
    }

    /// Where pictures stand that may show a person; `familiar` says by its number of which one that is sure not to.
    pub fn photos(&self, familiar: impl Fn(usize) -> bool) -> Vec<Origin> {
        let numbered = self.pictures.iter().enumerate();
        let photos = numbered.filter(|(number, picture)| picture.may_be_a_photo() && !familiar(*number));
        photos.map(|(_, picture)| picture.stands()).collect()
    }
}

impl Inspection {
    /// Whether somebody who reads pictures has something to do.
    pub fn waits_for_pictures(&self) -> bool {
        self.album.pages() > 0
    }

    /// Reads the pictures that wait, and puts their text in its place among the views. Afterwards none waits.
    pub fn read_pictures(&mut self, reader: &dyn Pictures) {
        let begun = Instant::now();
        let time = self.left.saturating_sub(KEPT_FOR_ASSESSING).min(MAX_TIME);
        let until = begun.checked_add(time).unwrap_or(begun);
        let mut pages = self.album.pages().min(MAX_PAGES);
        let mut album = std::mem::take(&mut self.album);
        let (shown, files): (Vec<_>, Vec<_>) = album.pictures.iter_mut().partition(|picture| picture.shown);
        for picture in files.into_iter().chain(shown) {
            if picture.outcome == Outcome::Waiting {
                let whole = read(picture, reader, &mut pages, until);
                if !whole {
                    self.note(&picture.origin.part, Reason::ImageOnly);
                }
            }
            picture.bytes = None;
        }
        backs_of_pages(&mut album.pictures);
        // From the last on, so that the places of the others stay true.
        for picture in album.pictures.iter_mut().rev() {
            if let Some(page) = picture.page.take() {
                let mut views = Vec::new();
                page.finish(&mut views);
                let at = picture.at.min(self.views.len());
                self.views.splice(at..at, views);
            }
        }
        album.bytes = 0;
        self.album = album;
        self.left = self.left.saturating_sub(begun.elapsed());
    }
}

/// A page without text among pages with text is an empty one, whatever grain the scanner gave it.
fn backs_of_pages(pictures: &mut [Picture]) {
    fn file(picture: &Picture) -> Option<&str> {
        picture.origin.place.as_deref().filter(|place| place.starts_with("page "))?;
        picture.origin.part.rsplit_once('/').map(|(file, _)| file)
    }
    let read = |picture: &&Picture| picture.outcome == Outcome::Read(Legible::Text);
    let with_text: Vec<String> = pictures.iter().filter(read).filter_map(file).map(str::to_owned).collect();
    for picture in pictures.iter_mut().filter(|picture| picture.outcome == Outcome::Read(Legible::Nothing)) {
        picture.blank |= file(picture).is_some_and(|file| with_text.iter().any(|other| other == file));
    }
}

/// Reads the pages of a picture. False when not all of it was read.
fn read(picture: &mut Picture, reader: &dyn Pictures, pages: &mut usize, until: Instant) -> bool {
    let mut outcome = None;
    // What a person sees only in motion is not seen by a reader of pictures; in logos nobody looks for it.
    let mut whole = !picture.look.moves || picture.shown;
    for page in 0..picture.look.pages {
        let read = match (&picture.bytes, pages.checked_sub(1)) {
            (Some(bytes), Some(left)) if Instant::now() < until => {
                let now = Instant::now();
                let share = until.saturating_duration_since(now).checked_div(u32::try_from(*pages).unwrap_or(u32::MAX));
                let share = share.and_then(|share| now.checked_add(share)).unwrap_or(until);
                *pages = left;
                reader.read(bytes, page, Time { until, share }).ok()
            }
            _ => None,
        };
        let Some(tables) = read else {
            whole = false;
            break;
        };
        let words = Words::of(&tables);
        let legible = words.legible();
        whole &= legible != Legible::Doubtful;
        outcome = outcome.max(Some(legible));
        let place = picture.place(page);
        if let Some(of) = &mut picture.page {
            of.add_at(Some(&place), &words.text);
        }
    }
    picture.outcome = match outcome {
        Some(legible) if whole || legible == Legible::Doubtful => Outcome::Read(legible),
        _ => Outcome::Unread,
    };
    whole
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
