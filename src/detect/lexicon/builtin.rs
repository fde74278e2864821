//! The compiled-in pattern files. A test compares this table with the folder.

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/", $path)))),*]
    };
}

/// Path below `patterns/`, and text.
pub const FILES: &[(&str, &str)] = files![
    "ambiguous/en.txt",
    "ambiguous/nb.txt",
    "ambiguous/nn.txt",
    "ambiguous/sv.txt",
    "casework/child.txt",
    "casework/phrase.txt",
    "casework/role.txt",
    "casework/services.txt",
    "casework/units.txt",
    "casework/urgent.txt",
    "general/collective.txt",
    "general/functions.txt",
    "general/harmless.txt",
    "general/hypothetical.txt",
    "general/markers.txt",
    "general/not_human.txt",
    "general/past.txt",
    "general/public.txt",
    "lexicon/belief/everyday.txt",
    "lexicon/belief/orientation_union.txt",
    "lexicon/belief/religion_ethnicity_politics.txt",
    "lexicon/crime/everyday.txt",
    "lexicon/crime/terms.txt",
    "lexicon/economy/everyday.txt",
    "lexicon/economy/terms.txt",
    "lexicon/education/everyday.txt",
    "lexicon/education/terms.txt",
    "lexicon/family/everyday.txt",
    "lexicon/family/relations_custody.txt",
    "lexicon/family/violence.txt",
    "lexicon/health/addiction.txt",
    "lexicon/health/aid.txt",
    "lexicon/health/care_service.txt",
    "lexicon/health/clinical.txt",
    "lexicon/health/disability.txt",
    "lexicon/health/everyday.txt",
    "lexicon/health/infection.txt",
    "lexicon/health/measure.txt",
    "lexicon/health/medicine_brand.txt",
    "lexicon/health/medicine_inn.txt",
    "lexicon/health/mental.txt",
    "lexicon/health/professional_unit.txt",
    "lexicon/health/reproductive_sexual.txt",
    "lexicon/health/somatic.txt",
    "lexicon/health/specialties.txt",
    "lexicon/health/symptom.txt",
    "lexicon/health/treatment.txt",
    "lexicon/housing/everyday.txt",
    "lexicon/housing/terms.txt",
    "lexicon/migration/everyday.txt",
    "lexicon/migration/terms.txt",
    "lexicon/protected/markers.txt",
    "lexicon/social/child_protection.txt",
    "lexicon/social/everyday.txt",
    "lexicon/social/services.txt",
    "lexicon/work/everyday.txt",
    "lexicon/work/terms.txt",
];

/// Those of the pack `business`.
pub const BUSINESS: &[(&str, &str)] = files![
    "business/amount.txt",
    "business/price.txt",
    "business/public.txt",
    "business/secret.txt",
    "business/setting.txt",
];
