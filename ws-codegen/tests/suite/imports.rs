//! How generated files name each other.

use std::collections::BTreeSet;

use ws_codegen::{Emit, ImportExtension, Options, OutputFile};

use crate::expected;

/// What a file imports of the others, by their paths within the folder as it writes them.
fn imported(file: &OutputFile) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let imports = file.contents.split("from \"./").skip(1);
    let names = imports.map(|rest| rest.split_once('"').unwrap().0);
    names
        .map(|name| {
            let path = format!("{folder}/{name}");
            path.trim_start_matches('/').to_owned()
        })
        .collect()
}

/// Generates every golden case, and gives each import in them with the paths of all files beside it.
fn each_import(options: &Options, look: impl Fn(&str, &BTreeSet<String>)) {
    let mut count = 0;
    for case in expected::cases("goldens") {
        let files = ws_codegen::typescript(&expected::contract(&case), options).unwrap();
        let paths: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
        for name in files.iter().flat_map(imported) {
            look(&name, &paths);
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn sources_are_imported_by_the_names_that_are_asked_for() {
    let options = Options::default();
    each_import(&options, |name, paths| {
        let module = name.strip_suffix(".js").unwrap();
        assert!(paths.contains(&format!("{module}.ts")), "{name}");
    });
    let options = Options::default().with_import_extension(ImportExtension::Ts);
    each_import(&options, |name, paths| {
        assert!(paths.contains(name), "{name}")
    });
    let options = Options::default().with_import_extension(ImportExtension::None);
    each_import(&options, |name, paths| {
        assert!(paths.contains(&format!("{name}.ts")), "{name}");
    });
}

#[test]
fn plain_modules_name_their_files_whatever_is_asked_for() {
    let options = Options::default().with_emit(Emit::Js);
    for extension in [ImportExtension::Ts, ImportExtension::None] {
        each_import(
            &options.clone().with_import_extension(extension),
            |name, paths| {
                assert!(paths.contains(name), "{name}");
            },
        );
    }
}

#[test]
fn docs_that_look_like_an_import_stay_as_they_are() {
    let docs = "import { a } from \\\"./a.js\\\";\\n} from \\\"./b.js\\\";";
    let contract = format!(
        r##"{{"x-ws-contract": {{"format": 1, "name": "page", "hash": "{}", "events": [
            {{"name": "example", "from": "server", "payload": {{"$ref": "#/$defs/Example"}}}}]}},
            "$defs": {{"Example": {{"type": "object", "description": "{docs}"}}}}}}"##,
        "0".repeat(32)
    );
    let options = Options::default().with_import_extension(ImportExtension::None);
    let files = ws_codegen::typescript(&contract, &options).unwrap();
    let module = files.iter().find(|file| file.path == "page.ts").unwrap();
    for line in [
        " * import { a } from \"./a.js\";\n",
        " * } from \"./b.js\";\n",
    ] {
        assert!(module.contents.contains(line), "{}", module.contents);
    }
}
