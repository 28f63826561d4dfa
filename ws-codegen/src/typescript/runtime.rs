//! The part of a client that is the same for every contract: a TypeScript package of its own, embedded as it is.

use super::{Emit, OutputFile, first_line};

/// A module of the runtime, in its three forms.
struct Module {
    name: &'static str,
    source: &'static str,
    script: &'static str,
    declarations: &'static str,
}

/// The modules of the runtime.
const MODULES: [Module; 0] = [];

/// The runtime's files, in a folder of their own.
pub(super) fn files(emit: Emit) -> Vec<OutputFile> {
    let file = |module: &Module, extension: &str, contents: &str| OutputFile {
        path: format!("runtime/{}.{extension}", module.name),
        contents: first_line("from its runtime") + contents,
    };
    MODULES
        .iter()
        .flat_map(|module| match emit {
            Emit::Ts => vec![file(module, "ts", module.source)],
            Emit::Js => vec![
                file(module, "d.ts", module.declarations),
                file(module, "js", module.script),
            ],
        })
        .collect()
}
