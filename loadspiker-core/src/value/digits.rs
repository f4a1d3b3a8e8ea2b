//! Integers in JSON that no [`Value`](super::Value) holds exactly, found by their digits.
//!
//! A parser of JSON gives such an integer as the nearest float. Whether that was written as an integer, only the text says.

/// Finds the integers beyond 64 bits in JSON, byte by byte.
#[derive(Debug, Default)]
pub(crate) struct BigIntegers {
    in_text: bool,
    escaped: bool,
    /// The number that is being read.
    number: Vec<u8>,
}

impl BigIntegers {
    /// Takes the next byte; gives an integer that has come to its end and is too big.
    pub(crate) fn feed(&mut self, byte: u8) -> Option<String> {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return None;
        }
        if byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E') {
            self.number.push(byte);
            return None;
        }
        self.in_text = byte == b'"';
        self.finish()
    }

    /// The number before, if it is an integer that is too big.
    pub(crate) fn finish(&mut self) -> Option<String> {
        // The shortest has 19 digits.
        if self.number.len() < 19 {
            self.number.clear();
            return None;
        }
        let number = String::from_utf8(std::mem::take(&mut self.number)).ok()?;
        let digits = number.strip_prefix('-').unwrap_or(&number);
        let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
        (is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err()).then_some(number)
    }
}

/// The first integer in a JSON text that is too big and is `wanted`.
pub(crate) fn find_big_integer(json: &[u8], wanted: impl Fn(&str) -> bool) -> Option<String> {
    let mut integers = BigIntegers::default();
    let mut found = json.iter().filter_map(|byte| integers.feed(*byte));
    let found = found.find(|number| wanted(number));
    found.or_else(|| integers.finish().filter(|number| wanted(number)))
}

/// What is told of such an integer.
pub(crate) fn too_big(integer: &str) -> String {
    let shown = crate::shown::abbreviate(integer);
    format!(
        "the integer {shown} has more than 64 bits, so it cannot be kept exactly; write it as a text, in quotation marks"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(json: &str) -> Option<String> {
        find_big_integer(json.as_bytes(), |_| true)
    }

    #[test]
    fn integers_of_more_than_64_bits_are_found() {
        assert_eq!(first("[1, 18446744073709551616, 2]").as_deref(), Some("18446744073709551616"));
        assert_eq!(first("{\"a\":-9223372036854775809}").as_deref(), Some("-9223372036854775809"));
        assert_eq!(first("99999999999999999999").as_deref(), Some("99999999999999999999"));
    }

    #[test]
    fn others_and_texts_are_left_alone() {
        for json in [
            "[18446744073709551615, -9223372036854775808, 1e30, 100000000000000000000.0, 1.5]",
            r#"{"99999999999999999999": "say \"99999999999999999999\""}"#,
            "",
        ] {
            assert_eq!(first(json), None, "{json}");
        }
    }
}
