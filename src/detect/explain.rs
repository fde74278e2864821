//! Why a category is confidential: the provisions behind it, as data.

use serde::Deserialize;

use super::category::Category;

const FILE: &str = "patterns/provisions.toml";
const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/provisions.toml"));
/// The version of the file this build reads.
const VERSION: u32 = 1;

/// Why a file of provisions was refused; the fault is in the file.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    #[error("{FILE}: {0}")]
    Syntax(#[from] Box<toml::de::Error>),
    #[error("{FILE}: version {0} is not known, {VERSION} is")]
    Version(u32),
    #[error("{FILE}: provision `{id}`: `{word}` is not a category")]
    Category { id: String, word: String },
    #[error("{FILE}: provision `{0}` stands twice")]
    Duplicate(String),
}

/// One provision and what it protects.
#[derive(Debug, Clone)]
pub struct Provision {
    /// `se.osl.26-1`
    pub id: String,
    /// `no`, `se` or `eu`.
    pub country: String,
    /// As lawyers write it.
    pub cite: String,
    /// In its own language.
    pub protects: String,
    /// Kind of unit it applies in; empty in every one.
    pub unit: String,
    pub categories: Vec<Category>,
}

/// The provisions of both countries.
#[derive(Debug)]
pub struct Provisions(Vec<Provision>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    provision: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    country: String,
    cite: String,
    protects: String,
    #[serde(default)]
    unit: String,
    categories: Vec<String>,
}

impl Provisions {
    /// The compiled-in table.
    pub fn builtin() -> Result<Provisions, ProvisionError> {
        Provisions::parse(TEXT)
    }

    fn parse(text: &str) -> Result<Provisions, ProvisionError> {
        let file: File = toml::from_str(text).map_err(Box::new)?;
        if file.version != VERSION {
            return Err(ProvisionError::Version(file.version));
        }
        let mut out: Vec<Provision> = Vec::with_capacity(file.provision.len());
        for written in file.provision {
            let Written { id, country, cite, protects, unit, categories } = written;
            if out.iter().any(|p| p.id == id) {
                return Err(ProvisionError::Duplicate(id));
            }
            let categories = categories
                .into_iter()
                .map(|word| Category::from_word(&word).ok_or_else(|| ProvisionError::Category { id: id.clone(), word }))
                .collect::<Result<_, _>>()?;
            out.push(Provision { id, country, cite, protects, unit, categories });
        }
        Ok(Provisions(out))
    }

    /// Those behind a category, in the order of the file.
    pub fn of(&self, category: Category) -> impl Iterator<Item = &Provision> {
        self.0.iter().filter(move |p| p.categories.contains(&category))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_a_provision() {
        let provisions = Provisions::builtin().unwrap();
        for category in Category::ALL {
            assert!(provisions.of(category).next().is_some(), "{}", category.as_str());
        }
    }

    #[test]
    fn faults_name_the_provision() {
        let row =
            "[[provision]]\nid = \"a\"\ncountry = \"no\"\ncite = \"x\"\nprotects = \"y\"\ncategories = [\"health\"]\n";
        for (text, reason) in [
            ("version = 2\nprovision = []".to_owned(), "version 2"),
            (format!("version = 1\n{row}{row}"), "`a` stands twice"),
            (format!("version = 1\n{}", row.replace("health", "fish")), "`fish` is not a category"),
            (format!("version = 1\n{}", row.replace("cite", "quote")), "unknown field"),
        ] {
            let error = Provisions::parse(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
