use serde::Deserialize;

use super::*;

/// A case of the suite that AWS publishes (Apache-2.0), as it comes with aws-sigv4.
#[derive(Deserialize)]
struct Case {
    name: String,
    request: String,
    normalize: bool,
    sign_body: bool,
    token: Option<String>,
    signature: String,
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn scope(region: &str, service: &str, seconds: i64) -> Scope {
    Scope { stamp: Stamp::at(seconds), region: region.to_owned(), service: service.to_owned() }
}

fn hash(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

#[test]
fn signatures_are_those_of_the_published_suite() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("suite.json")).unwrap();
    for case in &cases {
        let (head, body) = case.request.split_once("\n\n").unwrap_or((&case.request, ""));
        // A header that goes on in the next line.
        let head = head.replace("\n ", " ");
        let mut lines = head.lines();
        let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
        let path = path.trim_end_matches(" HTTP/1.1");
        let header =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
        let mut headers: Vec<(String, String)> = lines.filter(|line| !line.is_empty()).map(header).collect();
        let scope = scope("us-east-1", "service", 1_440_938_160);
        headers.push(("X-Amz-Date".to_owned(), scope.stamp.time.clone()));
        if let Some(token) = &case.token {
            headers.push(("X-Amz-Security-Token".to_owned(), token.clone()));
        }
        let payload = hash(body);
        if case.sign_body {
            headers.push(("x-amz-content-sha256".to_owned(), payload.clone()));
        }
        let paths = match (&*case.name, case.normalize) {
            // Its path is encoded once, the others' not yet.
            ("get-space-normalized", _) => Paths::OfS3,
            (_, true) => Paths::Normalized,
            (_, false) => Paths::AsTheyAre,
        };
        let canonical = Canonical::new(method, path, paths, &headers, &payload);
        assert_eq!(scope.sign(&canonical, SECRET), case.signature, "{}: {}", case.name, canonical.text);
    }
    assert_eq!(cases.len(), 38);
}

/// Of the documentation of S3, "Signature Calculations for the Authorization Header".
#[test]
fn signatures_are_those_of_the_examples_for_s3() {
    let scope = || scope("us-east-1", "s3", 1_369_353_600);
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let sign = |method: &str, path: &str, more: &[(&str, &str)], body: &str| {
        let payload = hash(body);
        let base = [
            ("Host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-content-sha256", &payload),
        ];
        let headers: Vec<_> =
            base.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        scope().sign(&Canonical::new(method, path, Paths::OfS3, &headers, &payload), secret)
    };
    assert_eq!(
        sign("GET", "/test.txt", &[("Range", "bytes=0-9")], ""),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
    let more = [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
    assert_eq!(
        sign("PUT", "/test%24file.text", &more, "Welcome to Amazon S3."),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    );
    assert_eq!(sign("GET", "/?lifecycle", &[], ""), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    assert_eq!(
        sign("GET", "/?max-keys=2&prefix=J", &[], ""),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

#[test]
fn what_is_encoded_is_encoded_once_more_but_for_s3() {
    let path = |paths| {
        let canonical = Canonical::new("POST", "/a@b/c%3D", paths, &[], "");
        canonical.text.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(path(Paths::Normalized), "/a%40b/c%253D");
    assert_eq!(path(Paths::OfS3), "/a%40b/c%3D");
}

#[test]
fn times_are_in_utc() {
    assert_eq!((&*Stamp::at(0).time, &*Stamp::at(951_782_400).date), ("19700101T000000Z", "20000229"));
    assert_eq!(Stamp::at(1_440_938_160).time, "20150830T123600Z");
}

#[test]
fn a_signed_request_has_new_headers_in_place_of_those_that_it_had() {
    let access = || Access {
        region: "us-east-1".to_owned(),
        service: "s3".to_owned(),
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
        unsigned_payload: false,
    };
    let request = SigningRequest { method: "GET", path_and_query: "/?max-keys=2&prefix=J", body: b"" };
    let headers: [(&str, &[u8]); 3] =
        [("Host", b"examplebucket.s3.amazonaws.com"), ("X-Amz-Date", b"19700101T000000Z"), ("accept", b"*/*")];
    let added = access().sign(Stamp::at(1_369_353_600), &request, headers).unwrap();
    assert_eq!(
        added.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["x-amz-date", "x-amz-content-sha256", "authorization"]
    );
    assert_eq!(
        added[2].1,
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
         Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
    let headers: [(&str, &[u8]); 1] = [("x-amz-meta-name", "ä".as_bytes())];
    let error = access().sign(Stamp::at(0), &request, headers).unwrap_err();
    assert_eq!(error.to_string(), "header \"x-amz-meta-name\" is not in ASCII, and cannot be signed");
}
