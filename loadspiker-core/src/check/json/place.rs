//! Places in a list, as JSONPath and JMESPath count them.

/// The place of an element; negative numbers count from the end.
pub(in crate::check) fn place(index: i64, len: usize) -> Option<usize> {
    if index >= 0 {
        return usize::try_from(index).ok();
    }
    len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
}

/// The places from `start` to before `end`, as Python has it. A step of 0 takes none.
pub(in crate::check) fn places(
    len: usize,
    start: Option<i64>,
    end: Option<i64>,
    step: i64,
) -> impl Iterator<Item = usize> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let bound = |bound: i64| if bound < 0 { bound.saturating_add(len) } else { bound }.clamp(lowest, highest);
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (mut next, end) = (start.map_or(first, bound), end.map_or(last, bound));
    std::iter::from_fn(move || {
        let place = next;
        next = next.saturating_add(step);
        let inside = step > 0 && place < end || step < 0 && place > end;
        usize::try_from(place).ok().filter(|_| inside)
    })
}
