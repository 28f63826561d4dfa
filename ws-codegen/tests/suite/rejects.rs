//! `tests/rejects/<case>/`: a contract that is refused, and the message.

use std::collections::BTreeMap;

use ws_codegen::Options;

use crate::expected;

#[test]
fn contracts_are_refused_with_the_expected_messages() {
    let mut diff = String::new();
    for case in expected::cases("rejects") {
        let error = ws_codegen::typescript(&expected::contract(&case), &Options::default())
            .expect_err(&case.display().to_string());
        let actual = BTreeMap::from([("error.txt".to_owned(), format!("{error}\n"))]);
        diff.push_str(&expected::compare(&case, &actual));
    }
    expected::assert_same(&diff);
}
