//! A function's name for a refusal or a failure, from the name section. It is read only then, leniently: it is not
//! validated, may contradict itself, and has no part in what a module means.

use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload};

use super::refusal::Refusal;

/// The longest name in a refusal, in characters.
const LONGEST: usize = 128;

/// Adds the function's name to the refusal's place, if it has one.
pub(super) fn complete(code: &[u8], mut refusal: Refusal) -> Refusal {
    if let Some(place) = refusal.place_mut()
        && let Some((index, name)) = &mut place.function
    {
        *name = function_name(code, *index);
    }
    refusal
}

/// The first name that a module gives its function of this index, if it gives one. Costs one walk over
/// the sections, not over the bodies.
pub fn function_name(code: &[u8], index: u32) -> Option<String> {
    sections(code).find_map(|section| {
        section
            .into_iter()
            .flatten()
            .map_while(Result::ok)
            .find_map(|name| match name {
                Name::Function(map) => map
                    .into_iter()
                    .map_while(Result::ok)
                    .find(|naming| naming.index == index)
                    .map(|naming| naming.name.chars().take(LONGEST).collect()),
                _ => None,
            })
    })
}

fn sections(code: &[u8]) -> impl Iterator<Item = Option<NameSectionReader<'_>>> {
    Parser::new(0)
        .parse_all(code)
        .map_while(Result::ok)
        .map(|payload| match payload {
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(names) => Some(names),
                _ => None,
            },
            _ => None,
        })
}
