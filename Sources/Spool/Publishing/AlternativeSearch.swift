/// Finds a free number in O(log n) look-ups when 1 to n are taken.
package enum AlternativeSearch {
    /// Numbers that are tried one after the other before the search gallops.
    private static let patience = 16

    /// The number of a free name, at least `first`: the next one, unless there are gaps beyond a long taken run.
    package static func freeNumber<Failure: Error>(
        from first: Int,
        isFree: (Int) throws(Failure) -> Bool
    ) throws(Failure) -> Int {
        for number in first..<first + patience where try isFree(number) {
            return number
        }
        var taken = first + patience - 1
        var step = patience
        while try !isFree(taken + step) {
            taken += step
            step *= 2
        }
        var free = taken + step
        while free - taken > 1 {
            let middle = taken + (free - taken) / 2
            if try isFree(middle) {
                free = middle
            } else {
                taken = middle
            }
        }
        return free
    }
}
