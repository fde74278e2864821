//! The closed list of identifiers, by the names the vectors use.

/// Which register, and how the number is written as a `kind` of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Fodselsnummer,
    DNummer,
    HNummer,
    FhNummer,
    DufNummer,
    /// Nav's own number, month + 20.
    Npid,
    /// Norwegian test number: month + 80 or + 65, D-numbers included.
    Synthetic,
    /// Birth date plus a filler, used in reports about people without a number.
    Placeholder,
    Personnummer,
    Samordningsnummer,
    Interim,
    TfNummer,
    Reservnummer,
    Cpr,
    Erstatningspersonnummer,
    Henkilotunnus,
    Kennitala,
    Kerfiskennitala,
}

impl Kind {
    /// One place a kind, so that counts need no map.
    pub const COUNT: usize = 18;

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Fodselsnummer => "fodselsnummer",
            Kind::DNummer => "d-nummer",
            Kind::HNummer => "h-nummer",
            Kind::FhNummer => "fh-nummer",
            Kind::DufNummer => "duf-nummer",
            Kind::Npid => "npid",
            Kind::Synthetic => "synthetic",
            Kind::Placeholder => "placeholder",
            Kind::Personnummer => "personnummer",
            Kind::Samordningsnummer => "samordningsnummer",
            Kind::Interim => "interim",
            Kind::TfNummer => "tf-nummer",
            Kind::Reservnummer => "reservnummer",
            Kind::Cpr => "cpr",
            Kind::Erstatningspersonnummer => "erstatningspersonnummer",
            Kind::Henkilotunnus => "henkilotunnus",
            Kind::Kennitala => "kennitala",
            Kind::Kerfiskennitala => "kerfiskennitala",
        }
    }

    /// The id of the rule, country first.
    pub fn rule(self) -> &'static str {
        match self {
            Kind::Fodselsnummer => "no.fodselsnummer",
            Kind::DNummer => "no.d-nummer",
            Kind::HNummer => "no.h-nummer",
            Kind::FhNummer => "no.fh-nummer",
            Kind::DufNummer => "no.duf-nummer",
            Kind::Npid => "no.npid",
            Kind::Synthetic => "no.synthetic",
            Kind::Placeholder => "no.placeholder",
            Kind::Personnummer => "se.personnummer",
            Kind::Samordningsnummer => "se.samordningsnummer",
            Kind::Interim => "se.interim",
            Kind::TfNummer => "se.tf-nummer",
            Kind::Reservnummer => "se.reservnummer",
            Kind::Cpr => "dk.cpr",
            Kind::Erstatningspersonnummer => "dk.erstatningspersonnummer",
            Kind::Henkilotunnus => "fi.henkilotunnus",
            Kind::Kennitala => "is.kennitala",
            Kind::Kerfiskennitala => "is.kerfiskennitala",
        }
    }

    pub fn country(self) -> Country {
        match self {
            Kind::Fodselsnummer
            | Kind::DNummer
            | Kind::HNummer
            | Kind::FhNummer
            | Kind::DufNummer
            | Kind::Npid
            | Kind::Synthetic
            | Kind::Placeholder => Country::Norway,
            Kind::Personnummer | Kind::Samordningsnummer | Kind::Interim | Kind::TfNummer | Kind::Reservnummer => {
                Country::Sweden
            }
            Kind::Cpr | Kind::Erstatningspersonnummer => Country::Denmark,
            Kind::Henkilotunnus => Country::Finland,
            Kind::Kennitala | Kind::Kerfiskennitala => Country::Iceland,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Country {
    Norway,
    Sweden,
    Denmark,
    Finland,
    Iceland,
}

impl Country {
    /// In front of an identity, so that the same digits of two registers never compare equal.
    pub fn prefix(self) -> &'static str {
        match self {
            Country::Norway => "no:",
            Country::Sweden => "se:",
            Country::Denmark => "dk:",
            Country::Finland => "fi:",
            Country::Iceland => "is:",
        }
    }
}

/// How far the digits themselves prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proof {
    /// Passes whatever check there is, but the check is too weak or missing: only behind a label
    /// that names exactly this kind.
    LabelOnly,
    /// Passes, but ordinary numbers pass too often: a label or casework has to stand beside it.
    NeedsSupport,
    /// Date and check digits are right.
    Checked,
}

/// One number read in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub kind: Kind,
    pub proof: Proof,
    /// Short words for the finding: how it was proved.
    pub reason: &'static str,
}

impl Reading {
    pub fn checked(kind: Kind) -> Self {
        Reading { kind, proof: Proof::Checked, reason: "checksum" }
    }

    pub fn needs_support(kind: Kind, reason: &'static str) -> Self {
        Reading { kind, proof: Proof::NeedsSupport, reason }
    }

    pub fn label_only(kind: Kind, reason: &'static str) -> Self {
        Reading { kind, proof: Proof::LabelOnly, reason }
    }
}
