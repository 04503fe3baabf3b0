extension [UInt64] {
    /// The position of `key` in an ascending array, or nil where it is missing.
    func position(of key: UInt64) -> Int? {
        let position = firstPosition(from: 0, atLeast: key)
        return position < count && self[position] == key ? position : nil
    }

    /// The first position from `start` on whose value is at least `key`, found in time logarithmic in its distance.
    func firstPosition(from start: Int, atLeast key: UInt64) -> Int {
        withUnsafeBufferPointer { keys in
            var low = start
            var step = 1
            while low + step < keys.count, keys[low + step] < key {
                low += step
                step *= 2
            }
            var high = Swift.min(low + step, keys.count)
            while low < high {
                let middle = (low + high) >> 1
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }
}
