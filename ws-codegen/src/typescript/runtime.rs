//! The part of a client that is the same for every contract: TypeScript packages of their own, embedded as they are.

use super::{Emit, OutputFile, header};

/// The names and the texts of all files of the runtime: sources (`.ts`), and what they are compiled to (`.js`, `.d.ts`).
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/runtime.rs"));

/// The runtime's files, in a folder of their own.
pub(super) fn files(emit: Emit) -> Vec<OutputFile> {
    let wanted = |name: &str| is_source(name) == (emit == Emit::Ts);
    let file = |(name, contents): &(&str, &str)| OutputFile {
        path: format!("runtime/{name}"),
        contents: header::header("from its runtime", name) + contents,
    };
    FILES
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(file)
        .collect()
}

fn is_source(name: &str) -> bool {
    name.ends_with(".ts") && !name.ends_with(".d.ts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_embedded_in_its_compiled_form_too() {
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        let (sources, compiled): (Vec<&str>, Vec<&str>) =
            names.iter().copied().partition(|name| is_source(name));
        assert!(!sources.is_empty());
        assert_eq!(compiled.len(), sources.len() * 2, "{names:?}");
        for source in sources {
            let module = source.trim_end_matches(".ts");
            for extension in ["js", "d.ts"] {
                let twin = format!("{module}.{extension}");
                assert!(
                    names.contains(&&*twin),
                    "{twin} is missing; npm run build makes it"
                );
            }
        }
    }
}
