//! What the fuzz targets try, with inputs near the grammar, in the usual run of tests.

#[path = "../../../fuzz/bodies.rs"]
mod bodies;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn separated_values(data in r#"(?s)([a-c]|,|"|""|\r|\n|\r\n| |é|;|\t|\x00){0,60}"#) {
        bodies::csv(data.as_bytes());
    }

    #[test]
    fn bytes_as_separated_values(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        bodies::csv(&data);
    }

    #[test]
    fn json_and_sitemaps(
        data in r#"(\[|\]|\{|\}|,|:|"a"|"b"|"\\u00e9"|-?[0-9]{1,3}|1e9|null|true|\n| |<urlset>|</urlset>|<url>|</url>|<loc>|</loc>|&amp;|x|\x00){0,16}"#
    ) {
        bodies::records(data.as_bytes());
        bodies::records(format!("[{data}]").as_bytes());
        bodies::records(format!("[{{\"a\":{data}}}]").as_bytes());
        bodies::records(format!("<urlset><url><loc>{data}</loc></url></urlset>").as_bytes());
    }

    #[test]
    fn expressions(
        text in r#"(#\{|\}|\\|\(|\)|\.|,|name|list|map|x|size\(\)|random\(\)|upper\(\)|exists\(\)|randomInt\(|currentDate\(|yyyy-MM|counter\(|env\(PATH\)|fakeName\(|-?[0-9]{1,3}|'|"| |é|#){0,14}"#
    ) {
        bodies::expression(&text);
    }

    #[test]
    fn texts_as_expressions(text in any::<String>()) {
        bodies::expression(&text);
        bodies::expression(&format!("#{{{text}}}"));
    }
}
