//! How many columns of a terminal a text takes.

use crate::screen::is_mark;

/// The columns of a line. Marks of colours take none; what will be written as an escape must be one already.
pub(crate) fn width_of(line: &str) -> usize {
    if line.is_ascii() { line.len() } else { line.chars().map(width_of_char).sum() }
}

/// The columns of a character: two for those that East Asian scripts and most terminals write wide (UAX #11), none for
/// what is joined to the character before.
pub(crate) fn width_of_char(c: char) -> usize {
    match c {
        ' '..='~' => 1,
        // Combining marks, joiners and selectors of variants.
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{200c}'
        | '\u{200d}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{e0100}'..='\u{e01ef}' => 0,
        c if is_mark(c) => 0,
        // Hangul, CJK, kana, fullwidth forms, emoji.
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{33ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a000}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_joined_ones_none() {
        for (text, width) in [("abc", 3), ("über", 4), ("漢字", 4), ("e\u{301}", 1), ("한국", 4), ("…•█", 3), ("🙂", 2)]
        {
            assert_eq!(width_of(text), width, "{text}");
        }
    }
}
