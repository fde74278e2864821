//! Facts of an event as they are read again: `key=value` words between spaces.

/// The facts of one entry. Nothing in them is trusted.
pub(super) struct Facts<'a>(&'a str);

impl<'a> Facts<'a> {
    pub fn of(detail: Option<&'a str>) -> Self {
        Facts(detail.unwrap_or_default())
    }

    /// Every value of this key, in order.
    pub fn words(&self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.split(' ').filter_map(move |fact| fact.strip_prefix(key)?.strip_prefix('='))
    }

    /// The first value of this key.
    pub fn word(&self, key: &'a str) -> Option<&'a str> {
        self.words(key).next()
    }

    pub fn number<N: std::str::FromStr>(&self, key: &'a str) -> Option<N> {
        self.word(key)?.parse().ok()
    }
}
